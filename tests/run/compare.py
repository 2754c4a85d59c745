#!/usr/bin/env python3
"""compare.py CASE FOLDER [LEAST]: are FOLDER/out_K.npy what CASE/out_K.npy say, within CASE/tolerances?

Needs nothing but Python. A tolerance is relative to the largest finite magnitude expected; "=" wants
the same numbers, "bits" also zeros of the same sign. NaN and infinities have to stand in the same
places. No tolerance is below LEAST, but for those of integers.
"""
import ast
import math
import pathlib
import struct
import sys

FORMATS = {
    "f4": "f",
    "f8": "d",
    "f2": "e",
    "b1": "?",
    "i8": "q",
    "i4": "i",
    "i2": "h",
    "i1": "b",
    "u8": "Q",
    "u4": "I",
    "u2": "H",
    "u1": "B"
}


def read(path):
    data = path.read_bytes()
    start = 10 + int.from_bytes(data[8:10], "little")
    head = ast.literal_eval(data[10:start].decode("latin-1"))
    code = FORMATS[head["descr"][1:]]
    count = math.prod(head["shape"])
    return head["descr"][1:], head["shape"], struct.unpack(f"<{count}{code}", data[start:])


def same_bits(a, b):
    if isinstance(a, float):
        return (a != a and b != b) or (a == b and math.copysign(1, a) == math.copysign(1, b))
    return a == b


def same(a, b):
    return a == b or (a != a and b != b)


def close(a, b, bound):
    if not (math.isfinite(a) and math.isfinite(b)):
        return same(a, b)
    return abs(a - b) <= bound


def mistakes(got, want, tolerance):
    """(index, got, want) of elements that are too far off."""
    finite = [abs(v) for v in want if math.isfinite(v)]
    fine = {"=": same, "bits": same_bits}.get(tolerance)
    if not fine:
        bound = float(tolerance) * max(finite, default=0)
        fine = lambda a, b: close(a, b, bound)
    return [(i, a, b) for i, (a, b) in enumerate(zip(got, want)) if not fine(a, b)]


def main():
    case, folder = map(pathlib.Path, sys.argv[1:3])
    least = float(sys.argv[3]) if len(sys.argv) > 3 else 0
    failed = 0
    for k, line in enumerate((case / "tolerances").read_text().splitlines()):
        name, tolerance = line.split()
        got, want = read(folder / f"out_{k}.npy"), read(case / f"out_{k}.npy")
        if got[:2] != want[:2]:
            print(f"{name}: is {got[0]}{list(got[1])}, must be {want[0]}{list(want[1])}")
            failed += 1
            continue
        if least > 0 and got[0][0] == "f":
            tolerance = max(least, float(tolerance) if tolerance[0].isdigit() else 0)
        wrong = mistakes(got[2], want[2], tolerance)
        if wrong:
            print(f"{name} (output {k}): {len(wrong)} of {len(want[2])} wrong, the first: " +
                  "; ".join(f"[{i}] is {a!r}, must be {b!r}" for i, a, b in wrong[:3]))
            failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
