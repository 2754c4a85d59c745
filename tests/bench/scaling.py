#!/usr/bin/env python3
"""How compile time grows with a model: a processor's seconds for 10 to 10,000 ONNX nodes.

  scaling.py [--sizes 10,100,1000] [--limit RATIO] [MODEL…]     models: the functions of MODELS

Growth is what a node costs in the largest model, against the next smaller one: 1 means linear.
Status 1 if it exceeds --limit somewhere; then --time-passes shows where the time goes. Python must
have numpy and onnx.
"""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from common import TINYCC


class Graph:
    """Nodes over 'x', of random weights."""

    def __init__(self, shape):
        self.shape, self.nodes, self.weights = shape, [], []
        self.random = np.random.RandomState(1)

    def weight(self, *shape):
        values = self.random.randn(*shape).astype("float32") / np.float32(np.prod(shape[1:])**0.5)
        self.weights.append(numpy_helper.from_array(values, f"w{len(self.weights)}"))
        return self.weights[-1].name

    def node(self, op, *inputs, **attributes):
        name = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [name], name=name, **attributes))
        return name

    def save(self, path, result):
        value = helper.make_tensor_value_info
        graph = helper.make_graph(self.nodes, "scaling", [value("x", TensorProto.FLOAT, self.shape)],
                                  [value(result, TensorProto.FLOAT, None)], self.weights)
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)],
                                    ir_version=8), path)


def chain(size):
    """Small dense layers, one after the other."""
    graph, x = Graph([1, 16]), "x"
    while len(graph.nodes) < size:
        x = graph.node("Relu", graph.node("MatMul", x, graph.weight(16, 16)))
    return graph, x


def elementwise(size):
    """Maps that can all be one kernel."""
    graph, x = Graph([1, 64]), "x"
    while len(graph.nodes) < size:
        x = graph.node("Tanh", graph.node("Add", x, graph.weight(64)))
    return graph, x


def residual(size):
    """Blocks of four branches that add up, with what came before."""
    graph, x = Graph([4, 16]), "x"
    while len(graph.nodes) < size:
        total = x
        for _ in range(4):
            branch = graph.node("Relu", graph.node("MatMul", x, graph.weight(16, 16)))
            total = graph.node("Add", total, branch)
        x = total
    return graph, x


def convolutions(size):
    """3x3 and 1x1 convolutions of changing widths."""
    graph, x, widths, k = Graph([1, 8, 8, 8]), "x", [8, 12, 16], 0
    while len(graph.nodes) < size:
        cin, cout, side = widths[k % 3], widths[(k + 1) % 3], 1 if k % 2 else 3
        if k % 2:
            x = graph.node("Conv", x, graph.weight(cout, cin, 1, 1), kernel_shape=[1, 1])
        else:
            x = graph.node("Conv", x, graph.weight(cout, cin, side, side),
                           kernel_shape=[side, side], pads=[1] * 4)
        x, k = graph.node("Relu", x), k + 1
    return graph, x


MODELS = [chain, elementwise, residual, convolutions]


def compile_seconds(path, out):
    """Of the processor, and the memory in MiB."""
    command = [TINYCC, str(path), "-o", str(out)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"failed: {' '.join(command)}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss >> 10


def measure(make, sizes, folder):
    """Prints a row a size; the growth."""
    last, growth = None, 0.0
    for size in sizes:
        graph, result = make(size)
        path = folder / f"{make.__name__}_{size}.onnx"
        graph.save(path, result)
        seconds, memory = compile_seconds(path, folder / path.stem)
        each = seconds / len(graph.nodes)
        growth = each / last if last else 0.0
        last = each
        print(f"{make.__name__:14}{len(graph.nodes):7}{seconds:9.2f}{1e3 * each:11.2f}{memory:8}",
              flush=True)
    return growth


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("models", nargs="*")
    parser.add_argument("--sizes", default="10,100,1000,10000")
    parser.add_argument("--limit", type=float, default=1.5)
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",")]
    print(f"{'model':14}{'nodes':>7}{'seconds':>9}{'ms a node':>11}{'MiB':>8}")
    chosen = [m for m in MODELS if not options.models or m.__name__ in options.models]
    with tempfile.TemporaryDirectory() as scratch:
        growths = {m.__name__: measure(m, sizes, pathlib.Path(scratch)) for m in chosen}
    for name, growth in growths.items():
        print(f"{name}: growth {growth:.2f}")
    return 1 if max(growths.values()) > options.limit else 0


if __name__ == "__main__":
    sys.exit(main())
