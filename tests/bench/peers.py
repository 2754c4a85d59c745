#!/usr/bin/env python3
"""How fast is what tinycc writes, beside ONNX Runtime, on one core?

  peers.py [NAME…]     networks of networks.py; Python must have onnx and onnxruntime

Both sides run in turn within each round; the median of the rounds' medians counts. Prints a table;
a ratio above 1 means that tinycc is faster.
"""
import json
import pathlib
import statistics
import sys
import tempfile
import time

from common import COMPILERS, compile_model, peak, run

try:
    import numpy as np
    import onnxruntime
    import networks
except ImportError as missing:
    print(f"no peer to compare with: {missing}; PYTHON=… names a Python that has numpy, onnx and "
          "onnxruntime")
    sys.exit(0)

ROUNDS = 7
ROUND_SECONDS = 0.1


class Peer:
    """One session on one thread."""

    def __init__(self, model, x):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(model,
                                                    options,
                                                    providers=["CPUExecutionProvider"])
        self.feed = {"x": x}
        self.result = self.session.run(None, self.feed)[0]

    def median_us(self, runs):
        times = []
        for _ in range(runs):
            start = time.perf_counter()
            self.session.run(None, self.feed)
            times.append(time.perf_counter() - start)
        return statistics.median(times) * 1e6


class Ours:
    """What tinycc writes, built by one compiler."""

    def __init__(self, source, name, compiler, x_file):
        self.folder, self.x_file = source.parent / compiler, x_file
        run("cp", "-r", source, self.folder)
        run("make", "-s", "-C", self.folder, "cli", f"CC={COMPILERS[compiler]}")
        self.program = self.folder / f"{name}-cli"
        run(self.program, "--out", self.folder, x_file)
        self.result = np.load(self.folder / "out_0.npy")

    def median_us(self, runs):
        text = run(self.program, "--bench", runs, self.x_file)
        return json.loads(text.splitlines()[-1])["median_us"]


def measure(make, folder):
    net, result = make()
    folder.mkdir()
    net.save(folder / "model.onnx", result)
    x = np.random.RandomState(2).randn(*net.input_shape).astype("float32")
    np.save(folder / "x.npy", x)
    report = compile_model(folder / "model.onnx", folder / "out", "--name", net.name)
    sides = {"ort": Peer(folder / "model.onnx", x)}
    sides.update({c: Ours(folder / "out", net.name, c, folder / "x.npy") for c in COMPILERS})
    runs = max(5, int(ROUND_SECONDS * 1e6 / sides["ort"].median_us(20)))
    times = {side: [] for side in sides}
    for _ in range(ROUNDS):
        for side, program in sides.items():
            times[side].append(program.median_us(runs))
    times = {side: statistics.median(t) for side, t in times.items()}
    limit = max(peak(c, report["vector_bytes"], folder) for c in COMPILERS)
    best = min(times[c] for c in COMPILERS)
    share = 2e-3 * report["macs"] / best / limit * 100
    worst = max(float(np.abs(sides[c].result - sides["ort"].result).max()) for c in COMPILERS)
    print(
        f"{net.name:12} {report['macs'] / 1e6:7.2f} {times['gcc']:9.1f} {times['clang']:9.1f} "
        f"{times['ort']:9.1f} {times['ort'] / best:6.2f} {share:8.1f} {worst:11.1e}",
        flush=True)
    return times["ort"] / best


def main():
    chosen = [make for make in networks.ALL if not sys.argv[1:] or make.__name__ in sys.argv[1:]]
    ratios = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        print(
            f"ONNX Runtime {onnxruntime.__version__}, one thread; medians in microseconds; share of "
            "the FMA limit")
        print("model           MMAC       gcc     clang       ort  ratio  % limit  difference")
        for make in chosen:
            ratios.append(measure(make, folder / make.__name__))
    print(f"geometric mean of the ratios: {statistics.geometric_mean(ratios):.2f}, least "
          f"{min(ratios):.2f}")


if __name__ == "__main__":
    main()
