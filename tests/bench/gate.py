#!/usr/bin/env python3
"""The gate: a 3x3 convolution (gate.yaml) has to reach 85 % of the machine's FMA limit.

The limit (limits.c) and the kernel are measured in turn, best of several rounds, with GCC and with
Clang. The schedule stands here, by hand. Status 1 when a compiler stays below the limit.
"""
import pathlib
import random
import shutil
import struct
import sys
import tempfile

from common import COMPILERS, HERE, compile_model, kernel_times, limits, run

WANTED = 85  # percent
ROUNDS = 5
FLOPS = 2 * 64 * 64 * 9 * 56 * 56
# Output y is [n, y, x, c], whose axes are called n c y x. A tile: two vectors by as many pixels as
# the registers hold: 14 where there are 32 (vectors of 64 bytes), else 4.
SCHEDULE = ("tile x {two}; tile xi {lanes}; tile y {rows}; order c xo yo yi xio xii; "
            "register yi xio xii; order kc ky in; vectorize xii {lanes}; unroll yi xio")


def write_weights(path):
    numbers = random.Random(1)
    w, b = ([numbers.uniform(-1, 1) / 24 for _ in range(n)] for n in (64 * 64 * 9, 64))
    size = 4 * len(w)
    head = ('{"w":{"dtype":"F32","shape":[64,64,3,3],"data_offsets":[0,%d]},'
            '"b":{"dtype":"F32","shape":[64],"data_offsets":[%d,%d]}}' % (size, size, size + 256))
    data = struct.pack(f"<{len(w) + 64}f", *w, *b)
    path.write_bytes(len(head).to_bytes(8, "little") + head.encode() + data)


def build(folder):
    """The program for each compiler: its folder; and the bytes of a vector."""
    shutil.copy(HERE / "gate.yaml", folder / "gate.yaml")
    write_weights(folder / "weights.safetensors")
    width = compile_model(folder / "gate.yaml", folder / "plain", "--exact")["vector_bytes"]
    schedule = SCHEDULE.format(two=2 * width // 4, lanes=width // 4, rows=14 if width == 64 else 4)
    compile_model(folder / "gate.yaml", folder / "out", "--exact", "--schedule", f"r_y:{schedule}")
    for name, cc in COMPILERS.items():
        shutil.copytree(folder / "out", folder / name)
        run("make", "-s", "-C", folder / name, "check", "gate-bench", f"CC={cc}")
    return width


def main():
    best, limit = dict.fromkeys(COMPILERS, 0.0), 0.0
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        width = build(folder)
        for _ in range(ROUNDS):
            for name in COMPILERS:
                limit = max(limit, limits(name, width, folder)["best"])
                least = kernel_times(folder / name, "gate")["r_y"]
                best[name] = max(best[name], FLOPS / least * 1e-3)
    print(f"gate: 3x3 convolution 64 -> 64 on 56x56; FMA limit {limit:.1f} GFLOP/s")
    for name, rate in best.items():
        share = 100 * rate / limit
        verdict = "ok" if share >= WANTED else f"too slow, {WANTED} % wanted"
        print(f"  {name:6} {rate:6.1f} GFLOP/s  {share:5.1f} %  {verdict}")
    return 0 if all(100 * r / limit >= WANTED for r in best.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
