#!/usr/bin/env python3
"""What a run on an OpenCL device takes, beside tinygrad, on the same files and the same device.

  devices.py [--record FILE] [--target TARGET] [NAME… | MODEL.onnx…]      networks.py's NETWORKS, by default

Kernels launched and bytes moved in a run: each element that a kernel touches counts once; tinycc's are
those of report.json, tinygrad's those of its GlobalCounters. Both are timed in turn within each round,
on one core where the device is the CPU; the median of the rounds' medians counts. What tinygrad cannot
compile is shown with tinycc's figures alone. Inputs are in_0.npy … beside a MODEL.onnx, or random
floats. Python must have numpy, onnx and tinygrad.
"""
import argparse
import datetime
import json
import os
import pathlib
import select
import statistics
import subprocess
import sys
import tempfile
import time

from common import commit, compile_model, run, table

try:
    import numpy as np
    import onnx
    import tinygrad
    import networks
except ImportError as missing:
    print(f"no peer to compare with: {missing}; PYTHON=… names a Python that has numpy, onnx and "
          "tinygrad")
    sys.exit(0)

ROUNDS = 5
ROUND_SECONDS = 0.5
PEER_LIMIT = 900  # seconds until its kernels are compiled
ENVIRONMENT = {"DEV": "CL", "POCL_MAX_PTHREAD_COUNT": "1", "POCL_CPU_MAX_CU_COUNT": "1"}
HEAD = ["", "kernels", "tinygrad", "MB", "tinygrad", "share", "ms", "tinygrad", "faster"]


def serve_peer(model, inputs):
    """In a process of its own: says what a run takes, then times as many as each line of stdin says."""
    from tinygrad import Device, GlobalCounters, Tensor, TinyJit
    from tinygrad.nn.onnx import OnnxRunner
    runner = OnnxRunner(model)
    feed = {name: Tensor(np.load(path)).realize() for name, path in zip(runner.graph_inputs, inputs)}

    @TinyJit
    def infer(**tensors):
        return [y.realize() for y in runner(tensors).values()]

    for _ in range(3):  # the second run is captured
        outputs = infer(**feed)
    GlobalCounters.reset()
    infer(**feed)
    Device[Device.DEFAULT].synchronize()
    print(json.dumps({"kernels": GlobalCounters.kernel_count, "bytes": GlobalCounters.global_mem,
                      "mean": [float(np.abs(y.numpy().astype("f8")).mean()) for y in outputs]}),
          flush=True)
    for line in sys.stdin:
        times = []
        for _ in range(int(line)):
            start = time.perf_counter()
            infer(**feed)
            Device[Device.DEFAULT].synchronize()
            times.append(time.perf_counter() - start)
        print(statistics.median(times), flush=True)


class Peer:

    def __init__(self, model, inputs):
        self.child = subprocess.Popen([sys.executable, __file__, "--serve", model, *inputs],
                                      env=os.environ | ENVIRONMENT, text=True, stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        ready = select.select([self.child.stdout], [], [], PEER_LIMIT)[0]
        line = self.child.stdout.readline() if ready else ""
        self.facts = json.loads(line) if line.startswith("{") else None

    def median_s(self, runs):
        print(runs, file=self.child.stdin, flush=True)
        return float(self.child.stdout.readline())

    def close(self):
        self.child.kill()
        self.child.wait()


class Ours:

    def __init__(self, model, inputs, out, target):
        self.report = compile_model(model, out, "--name", "net", target=target)
        run("make", "-s", "-C", out, "cli")
        self.program, self.inputs = out / "net-cli", inputs
        os.environ.update(ENVIRONMENT)
        run(self.program, "--out", out, *inputs)
        self.mean = [float(np.abs(np.load(out / f"out_{k}.npy").astype("f8")).mean())
                     for k in range(len(self.report["outputs"]))]

        rows = self.report["kernels"]
        self.kernels = sum(k["calls"] for k in rows)
        self.bytes = sum(k["calls"] * (k["bytes_read"] + k["bytes_written"]) for k in rows)

    def median_s(self, runs):
        text = run(self.program, "--bench", runs, *self.inputs)
        return json.loads(text.splitlines()[-1])["median_us"] / 1e6


def random_inputs(model, folder):
    """in_K.npy beside the model, or floats from a seed, in files."""
    graph, paths = onnx.load(model, load_external_data=False).graph, []
    weights = {w.name for w in graph.initializer}
    for value in (v for v in graph.input if v.name not in weights):
        path = model.parent / f"in_{len(paths)}.npy"
        if not path.exists():
            kind = value.type.tensor_type
            if kind.elem_type != onnx.TensorProto.FLOAT:
                sys.exit(f"{model}: {value.name} is no float32: put in_{len(paths)}.npy beside it")
            shape = [d.dim_value for d in kind.shape.dim]
            path = folder / path.name
            np.save(path, np.random.RandomState(2).randn(*shape).astype("float32"))
        paths.append(str(path))
    return paths


def times_of(sides):
    """The median of each side's medians, in turn."""
    runs = {s: max(2, min(1000, int(ROUND_SECONDS / s.median_s(2)))) for s in sides}
    times = {s: [] for s in sides}
    for _ in range(ROUNDS):
        for side in sides:
            times[side].append(side.median_s(runs[side]))
    return [1e3 * statistics.median(times[s]) for s in sides]


def measure(name, model, folder, target):
    """The row, and how many times faster tinycc is, if tinygrad compiles the model."""
    inputs = random_inputs(model, folder)
    ours = Ours(model, inputs, folder / "out", target)
    peer = Peer(str(model), inputs)
    row = [name, str(ours.kernels), "", f"{ours.bytes / 1e6:.2f}", "", ""]
    if peer.facts is None:
        peer.close()
        return row + [f"{times_of([ours])[0]:.2f}", "fails", ""], None
    if not np.allclose(ours.mean, peer.facts["mean"], rtol=0.02, atol=1e-4):
        print(f"{name}: the outputs differ: {ours.mean} {peer.facts['mean']}", file=sys.stderr)
    mine, its = times_of([ours, peer])
    peer.close()
    row[2], row[4] = str(peer.facts["kernels"]), f"{peer.facts['bytes'] / 1e6:.2f}"
    row[5] = f"{ours.bytes / peer.facts['bytes']:.2f}"
    return row + [f"{mine:.2f}", f"{its:.2f}", f"{its / mine:.2f}"], its / mine


def device_text():
    """What OpenCL's first device calls itself."""
    code = "from tinygrad import Device; d = Device['CL']; print(getattr(d, 'device_name', '?'))"
    done = subprocess.run([sys.executable, "-c", code], env=os.environ | ENVIRONMENT,
                          capture_output=True, text=True)
    return done.stdout.strip() or "an OpenCL device"


def heading(target):
    import importlib.metadata
    return "\n".join([
        "# Devices, beside tinygrad", "",
        "Written by the command below, not by hand. Kernels launched and megabytes moved in a run, each",
        "element that a kernel touches counted once; share: of tinygrad's bytes; medians of time.", "",
        f"- `{' '.join(['tests/bench/devices.py', *sys.argv[1:]])}`, {datetime.date.today()}, {commit()}",
        f"- {device_text()}, one core; target {target}, tinygrad "
        f"{importlib.metadata.version('tinygrad')} (JIT, no search)"
    ])


def models_of(names, scratch):
    """Name and file: of ONNX files as given, else of networks.py, saved."""
    known = networks.NETWORKS + networks.LARGE
    makes = [m for m in known if m.__name__ in names] if names else networks.NETWORKS
    for path in (pathlib.Path(n) for n in names if n.endswith(".onnx")):
        yield path.parent.name if path.stem == "model" else path.stem, path
    for make in makes:
        net, result = make()
        path = scratch / f"{net.name}.onnx"
        net.save(path, result)
        yield net.name, path


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--record", type=pathlib.Path)
    parser.add_argument("--target", default="opencl")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        return serve_peer(options.names[0], options.names[1:])
    rows, ratios = [HEAD], []
    with tempfile.TemporaryDirectory() as scratch:
        for name, model in models_of(options.names, pathlib.Path(scratch)):
            folder = pathlib.Path(scratch) / f"{name}.out"
            folder.mkdir()
            row, ratio = measure(name, model, folder, options.target)
            print("  ".join(f"{c:>10}" for c in row), file=sys.stderr, flush=True)
            rows.append(row)
            ratios += [ratio] if ratio else []
    tail = f"Geometric mean of the ratios: {statistics.geometric_mean(ratios):.2f}." if ratios else ""
    text = "\n\n".join([heading(options.target), table(rows), tail]) + "\n"
    print(text)
    if options.record:
        options.record.write_text(text)


if __name__ == "__main__":
    main()
