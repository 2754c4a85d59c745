#!/usr/bin/env python3
"""How fast is what tinycc writes, beside ONNX Runtime, on one core, and beside the machine's limits?

  peers.py [--record FILE] [--tune SECONDS] [NAME…]     networks and kernels of networks.py

Both sides run in turn within each round; the median of the rounds' medians counts. Prints tables; a
ratio above 1 means that tinycc is faster. --record also writes them to FILE, with the machine, the
date and this command. --tune searches schedules first, so many seconds for each compiler and model.
Python must have numpy, onnx and onnxruntime.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

from common import COMPILERS, TINYCC, commit, compile_model, limits, run, table

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
HEAD = ["", "MFLOP", "kB", "GCC µs", "Clang µs", "ORT µs", "faster", "GFLOP/s", "of limit", "GB/s"]


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

    def __init__(self, folder, name, compiler, x_file, tune):
        self.folder, self.x_file = folder / compiler, x_file
        options = ["--name", name, "--weights", "incbin"]
        if tune:
            options += ["--tune-file", folder / f"{compiler}.tune.yaml"]
            command = [TINYCC, "tune", folder / "model.onnx", *options[4:], "--budget", tune]
            command += ["--target", "c:cpu=native,dialect=gnu"]
            run(*command, *(["--tune-cc", "gcc"] if compiler == "gcc" else []))
        self.report = compile_model(folder / "model.onnx", self.folder, *options)
        run("make", "-s", "-C", self.folder, "cli", f"CC={COMPILERS[compiler]}")
        self.program = self.folder / f"{name}-cli"
        run(self.program, "--out", self.folder, x_file)
        self.result = np.load(self.folder / "out_0.npy")

    def median_us(self, runs):
        text = run(self.program, "--bench", runs, self.x_file)
        return json.loads(text.splitlines()[-1])["median_us"]


def cells(net, report, times, limit):
    """A row of the table: the work is the model's own, whatever the kernels make of it."""
    flops = 2 * report["macs"]
    moved = report["weight_bytes"] + 4 * sum(
        int(np.prod(port["shape"])) for port in report["inputs"] + report["outputs"])
    best = min(times[c] for c in COMPILERS)
    gflops = flops / best / 1e3
    return [
        net.name, f"{flops / 1e6:.1f}", f"{moved / 1e3:.0f}",
        *(f"{times[side]:.1f}" for side in (*COMPILERS, "ort")), f"{times['ort'] / best:.2f}",
        f"{gflops:.1f}" if flops else "", f"{100 * gflops / limit:.0f} %" if flops else "",
        f"{moved / best / 1e3:.1f}"
    ]


def measure(make, folder, tune):
    """The row, the ratio, and the limits that were measured beside it."""
    net, result = make()
    folder.mkdir()
    net.save(folder / "model.onnx", result)
    x = np.random.RandomState(2).randn(*net.input_shape).astype("float32")
    np.save(folder / "x.npy", x)
    sides = {"ort": Peer(folder / "model.onnx", x)}
    sides.update({c: Ours(folder, net.name, c, folder / "x.npy", tune) for c in COMPILERS})
    runs = max(5, int(ROUND_SECONDS * 1e6 / sides["ort"].median_us(20)))
    times = {side: [] for side in sides}
    for _ in range(ROUNDS):
        for side, program in sides.items():
            times[side].append(program.median_us(runs))
    times = {side: statistics.median(t) for side, t in times.items()}
    expected = sides["ort"].result
    for compiler in COMPILERS:
        if not np.allclose(sides[compiler].result, expected, rtol=1e-3, atol=1e-3):
            sys.exit(f"{net.name}: what {compiler} built computes something else")
    report = sides["clang"].report
    measured = [limits(c, report["vector_bytes"], folder) for c in COMPILERS]
    best = max(m["best"] for m in measured)
    ratio = times["ort"] / min(times[c] for c in COMPILERS)
    return cells(net, report, times, best), ratio, max(measured, key=lambda m: m["best"])


def version(command):
    return subprocess.run([command, "--version"], capture_output=True,
                          text=True).stdout.splitlines()[0]


def machine():
    """A list of what the figures depend on."""
    facts = {}
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        key, _, value = line.partition(":")
        facts.setdefault(key.strip(), value.strip())
    flags = facts.get("flags", "").split()
    vectors = next((v for v in ("avx512f", "avx2", "sse4_2") if v in flags), platform.machine())
    caches = [f"L{name[5]} {int(run('getconf', name)) >> 10} KiB" for name in
              ("LEVEL1_DCACHE_SIZE", "LEVEL2_CACHE_SIZE", "LEVEL3_CACHE_SIZE")]
    return [
        f"{facts.get('model name', platform.processor())} (family {facts.get('cpu family', '?')}, "
        f"{vectors}), {os.cpu_count()} cores, {', '.join(caches)}",
        f"{platform.system()} {platform.release()}, {version('gcc')}, {version('clang-19')}, "
        f"ONNX Runtime {onnxruntime.__version__}",
        f"load average when it began: {os.getloadavg()[0]:.1f}",
    ]


def heading(commit):
    facts = machine()
    command = "tests/bench/peers.py " + " ".join(
        a for a in sys.argv[1:]) if len(sys.argv) > 1 else "tests/bench/peers.py"
    return "\n".join([
        "# Measured", "",
        "Written by the command below, not by hand; run it on your machine. One thread, batch 1, float32,",
        "random weights; medians in microseconds. FLOP are the model's own (two a multiply-add), so",
        "Winograd's share of the limit can exceed 100 %. kB: weights, inputs and outputs, each once.", "",
        f"- `{command}`, {datetime.date.today()}, {commit}",
        *(f"- {fact}" for fact in facts)
    ])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--record", type=pathlib.Path)
    parser.add_argument("--tune", default="")
    options = parser.parse_args()
    head, sections, ratios, seen = heading(commit()), [], [], []
    with tempfile.TemporaryDirectory() as scratch:
        for title, makes in (("Networks", networks.NETWORKS), ("Kernels", networks.KERNELS)):
            rows = [HEAD]
            for make in makes:
                if options.names and make.__name__ not in options.names:
                    continue
                row, ratio, limit = measure(make, pathlib.Path(scratch) / make.__name__, options.tune)
                print("  ".join(f"{c:>9}" for c in row), file=sys.stderr, flush=True)
                rows.append(row)
                ratios.append(ratio)
                seen.append(limit)
            if len(rows) > 1:
                sections.append(f"## {title}\n\n{table(rows)}")
    best = max(seen, key=lambda m: m["best"])
    reads = ", ".join(f"{rate} of {size}" for size, rate in best["read"].items())
    head += f"\n- limits of one core (limits.c, best): {best['best']:.1f} GFLOP/s; GB/s read: {reads}"
    tail = (f"Geometric mean of the ratios: {statistics.geometric_mean(ratios):.2f}; least "
            f"{min(ratios):.2f}.")
    text = "\n\n".join([head, *sections, tail]) + "\n"
    print(text)
    if options.record:
        options.record.write_text(text)


if __name__ == "__main__":
    main()
