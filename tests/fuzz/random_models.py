#!/usr/bin/env python3
"""Random ONNX models through `tinycc verify`: do all targets compute what the interpreter and ONNX
Runtime do? Each seed is a model of a few layers and one of the targets below.

    random_models.py [FIRST [LAST]]     seeds, 0 to 99 by default; needs onnx, numpy; $TINYCC
    random_models.py --keep 17          also leaves 17.onnx here, and prints the command that failed

Exit status 1 if any seed fails. Not part of the tests that always run: they give no two days the
same models. A failure becomes a case of tests/run or tests/onnx once it is mended.
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

TARGETS = ["c:cpu=native", "c:cpu=native,prefer=ram", "c:dialect=iso", "c:dialect=gnu,threads=2,thread_ns=0",
           "c:cpu=x86-64-v2", "c:dialect=iso,prefer=ram", "c:dialect=gnu,prefer=size"]
MOST_ELEMENTS = 60_000


class Model:
    """Nodes so far, and the values that later ones may read: name and shape."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.nodes, self.weights, self.names = [], [], 0
        image = [1, self.of(1, 17), self.of(3, 29), self.of(3, 29)]
        rows = [1, self.of(2, 40), self.of(2, 50)]
        self.input = ("x", image if self.chance(0.7) else rows)
        self.values = [self.input]

    def of(self, low, high):
        return int(self.random.integers(low, high))

    def one_of(self, *choices):
        return choices[self.of(0, len(choices))]

    def chance(self, share):
        return self.random.random() < share

    def numbers(self, *shape, scale=1.0):
        return self.constant((self.random.standard_normal(shape) * scale).astype(np.float32))

    def constant(self, array):
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def emit(self, op, inputs, *shapes, **attributes):
        """A node with a result of each shape; the first one's name and shape."""
        if any(np.prod(shape) > MOST_ELEMENTS or min(shape) < 1 for shape in shapes):
            return None
        results = [f"t{self.names + i}" for i in range(len(shapes))]
        self.names += len(shapes)
        self.nodes.append(helper.make_node(op, inputs, results, name=f"{op}_{results[0]}", **attributes))
        self.values += zip(results, map(list, shapes))
        return results[0], list(shapes[0])

    def like(self, shape):
        """Another value of this shape; perhaps the same one."""
        return self.one_of(*[v for v in self.values if v[1] == shape])


def windows(m, extents, kernel, stride, dilation, pad):
    return [(e + 2 * pad - dilation * (kernel - 1) - 1) // stride + 1 for e in extents]


def conv(m, x, shape):
    _, c, *extents = shape
    kernel, stride, dilation = m.one_of(1, 1, 3, 3, 3, 5, 2), m.one_of(1, 1, 1, 2, 3), m.one_of(1, 1, 1, 2)
    pad = m.of(0, kernel // 2 * dilation + 1)
    group = m.one_of(1, 1, 1, c)
    out = m.one_of(m.of(1, 20), 8, 16, 24, 32) if group == 1 else c * m.of(1, 3)
    w = m.numbers(out, c // group, kernel, kernel, scale=1 / np.sqrt(c // group * kernel * kernel))
    m.emit("Conv", [x, w, m.numbers(out)], [1, out, *windows(m, extents, kernel, stride, dilation, pad)],
           kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[pad] * 4, dilations=[dilation] * 2, group=group)


def conv_transpose(m, x, shape):
    _, c, *extents = shape
    out, kernel, stride, pad = m.of(1, 9), m.one_of(2, 3, 4), m.one_of(1, 2), m.of(0, 2)
    m.emit("ConvTranspose", [x, m.numbers(c, out, kernel, kernel, scale=1 / kernel)],
           [1, out, *[(e - 1) * stride - 2 * pad + kernel for e in extents]],
           kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[pad] * 4)


def pool(m, x, shape):
    kernel, stride = m.one_of(2, 3, 5), m.one_of(1, 2)
    pad = m.of(0, kernel // 2 + 1)
    op = m.one_of("MaxPool", "AveragePool")
    more = {"count_include_pad": m.of(0, 2)} if op == "AveragePool" else {}
    m.emit(op, [x], [*shape[:2], *windows(m, shape[2:], kernel, stride, 1, pad)],
           kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[pad] * 4, **more)


def resize(m, x, shape):
    mode = m.one_of("nearest", "linear")
    more = {"nearest_mode": "floor"} if mode == "nearest" else {}
    m.emit("Resize", [x, "", m.constant(np.array([1, 1, 2, 2], np.float32))],
           [*shape[:2], *[2 * e for e in shape[2:]]], mode=mode,
           coordinate_transformation_mode=m.one_of("asymmetric", "half_pixel"), **more)


def concat(m, x, shape):
    fits = [v for v in m.values if len(v[1]) == len(shape) and v[1][2:] == shape[2:]]
    parts = [m.one_of(*fits), m.one_of(*fits), (x, shape)]
    m.emit("Concat", [p[0] for p in parts], [1, sum(p[1][1] for p in parts), *shape[2:]], axis=1)


def split(m, x, shape):
    if shape[1] % 2 == 0:
        half = [1, shape[1] // 2, *shape[2:]]
        m.emit("Split", [x, m.constant(np.array([half[1]] * 2))], half, half, axis=1)


def two(m, x, shape):
    m.emit(m.one_of("Add", "Mul", "Sub", "Max", "Min"), [x, m.like(shape)[0]], shape)


def by_channel(m, x, shape):
    m.emit(m.one_of("Add", "Mul"), [x, m.numbers(1, shape[1], *[1] * (len(shape) - 2))], shape)


def batch_norm(m, x, shape):
    c = shape[1]
    variance = m.constant((m.random.random(c) + 0.5).astype(np.float32))
    m.emit("BatchNormalization", [x, m.numbers(c), m.numbers(c), m.numbers(c), variance], shape)


def squeeze_excite(m, x, shape):
    pooled, thin = m.emit("GlobalAveragePool", [x], [*shape[:2], 1, 1])
    m.emit("Mul", [x, m.emit("Sigmoid", [pooled], thin)[0]], shape)


def to_rows(m, x, shape):
    _, c, h, w = shape
    turned, _ = m.emit("Transpose", [x], [1, h, w, c], perm=[0, 2, 3, 1])
    m.emit("Reshape", [turned, m.constant(np.array([1, h * w, c]))], [1, h * w, c])


def activation(m, x, shape):
    op = m.one_of("Relu", "Sigmoid", "Tanh", "HardSwish", "LeakyRelu", "Softplus", "Erf", "Neg", "Abs", "Clip")
    bounds = [m.constant(np.float32(-1)), m.constant(np.float32(2))] if op == "Clip" else []
    m.emit(op, [x, *bounds], shape)


def matmul(m, x, shape):
    k, n = shape[-1], m.one_of(1, 4, 7, 8, 16, 24, 33)
    product = m.emit("MatMul", [x, m.numbers(k, n, scale=1 / np.sqrt(k))], [*shape[:-1], n])
    if m.chance(0.5):
        m.emit("Add", [product[0], m.numbers(n)], product[1])


def attention(m, x, shape):
    _, rows, columns = shape
    turned, _ = m.emit("Transpose", [x], [1, columns, rows], perm=[0, 2, 1])
    scores = m.emit("MatMul", [x, turned], [1, rows, rows])
    shares = m.emit("Softmax", [scores[0]], scores[1], axis=-1)
    m.emit("MatMul", [shares[0], x], shape)


def softmax(m, x, shape):
    m.emit("Softmax", [x], shape, axis=m.of(1, len(shape)))


def layer_norm(m, x, shape):
    m.emit("LayerNormalization", [x, m.numbers(shape[-1]), m.numbers(shape[-1])], shape, axis=-1)


def turn(m, x, shape):
    m.emit("Transpose", [x], [1, shape[2], shape[1]], perm=[0, 2, 1])


def mean(m, x, shape):
    m.emit(m.one_of("ReduceMean", "ReduceMax", "ReduceSum"), [x, m.constant(np.array([1]))], [1, 1, *shape[2:]])


def every_other(m, x, shape):
    at = [m.constant(np.array([n])) for n in (1, shape[1], 1, 2)]
    m.emit("Slice", [x, *at], [1, shape[1] // 2, *shape[2:]])


def gather(m, x, shape):
    m.emit("Gather", [x, m.constant(m.random.integers(0, shape[1], 5))], [1, 5, *shape[2:]], axis=1)


ANY = [activation, activation, activation, two, two, concat, softmax, mean, gather, every_other, by_channel]
IMAGE = [conv] * 6 + [pool, pool, resize, split, batch_norm, squeeze_excite, to_rows, conv_transpose]
ROWS = [matmul] * 5 + [attention, layer_norm, layer_norm, turn]


def model_of(seed):
    m = Model(seed)
    for _ in range(m.of(2, 9)):
        x, shape = m.values[m.of(max(0, len(m.values) - 2), len(m.values))]
        m.one_of(*ANY, *(IMAGE if len(shape) == 4 else ROWS))(m, x, shape)
    if not m.nodes:
        activation(m, *m.input)
    used = {i for node in m.nodes for i in node.input}
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None)
               for name, _ in m.values[1:] if name not in used]
    graph = helper.make_graph(m.nodes, "random", [helper.make_tensor_value_info("x", TensorProto.FLOAT, m.input[1])],
                              outputs, m.weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)


def failure_of(path, seed):
    """What went wrong, or nothing."""
    command = [os.environ.get("TINYCC", "build/tinycc"), "verify", str(path), "--target", TARGETS[seed % len(TARGETS)],
               "--seed", str(seed + 1)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    if done.returncode == 0:
        return ""
    return f"seed {seed}, status {done.returncode}: {' '.join(command)}\n{(done.stdout + done.stderr)[-1500:]}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("first", nargs="?", type=int, default=0)
    parser.add_argument("last", nargs="?", type=int)
    parser.add_argument("--keep", type=int)
    a = parser.parse_args()
    seeds = [a.keep] if a.keep is not None else range(a.first, (a.last if a.last is not None else a.first + 99) + 1)
    failed = 0
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(f"{seed}.onnx") if a.keep is not None else pathlib.Path(folder) / "model.onnx"
            onnx.save(model_of(seed), path)
            what = failure_of(path, seed)
            failed += bool(what)
            if what:
                print(what, flush=True)
    print(f"{len(seeds)} models, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
