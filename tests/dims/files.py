#!/usr/bin/env python3
"""Inputs and outputs of programs whose inputs have symbolic dimensions. Needs nothing but Python.

    files.py make REPORT FOLDER NAME=D0,D1 ...   FOLDER/in_K.npy in the order of REPORT's inputs
    files.py compare EXPECTED ACTUAL             every out_K.npy, shapes and numbers
"""
import ast
import json
import math
import pathlib
import struct
import sys

FORMATS = {"f32": "<f4 f", "i64": "<i8 q", "i32": "<i4 i", "bool": "|b1 ?", "u8": "|u1 B"}
CODES = {row.split()[0]: row.split()[1] for row in FORMATS.values()}


def value_of(dtype, place, stream):
    if dtype == "f32":
        return math.sin(place * 1.3 + stream) * 0.9
    return (place * 7 + 3 + stream) % (2 if dtype == "bool" else 5)


def write(path, dtype, shape, stream):
    descr, code = FORMATS[dtype].split()
    values = [value_of(dtype, i, stream) for i in range(math.prod(shape))]
    head = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {tuple(shape)}, }}\n".encode()
    data = struct.pack(f"<{len(values)}{code}", *values)
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head + data)


def make(report, folder, shapes):
    given = dict(s.split("=") for s in shapes)
    for k, port in enumerate(json.loads(pathlib.Path(report).read_text())["inputs"]):
        shape = [int(d) for d in given[port["name"]].split(",") if d]
        write(pathlib.Path(folder) / f"in_{k}.npy", port["type"], shape, k)


def read(path):
    data = path.read_bytes()
    start = 10 + int.from_bytes(data[8:10], "little")
    head = ast.literal_eval(data[10:start].decode("latin-1"))
    count = math.prod(head["shape"])
    return head["shape"], struct.unpack(f"<{count}{CODES[head['descr']]}", data[start:])


def compare(expected, actual):
    wrong = []
    paths = sorted(pathlib.Path(expected).glob("out_*.npy"))
    for path in paths:
        (shape, wanted), (found, values) = read(path), read(pathlib.Path(actual) / path.name)
        tolerance = 1e-5 + 1e-4 * max([abs(v) for v in wanted if math.isfinite(v)], default=0)
        if shape != found:
            wrong.append(f"{path.name}: shape {found}, expected {shape}")
        elif bad := [i for i, (a, b) in enumerate(zip(wanted, values)) if not abs(a - b) <= tolerance]:
            wrong.append(f"{path.name} {shape}: element {bad[0]} is {values[bad[0]]}, expected "
                         f"{wanted[bad[0]]}; {len(bad)} differ")
    print("\n".join(wrong))
    return 1 if wrong or not paths else 0


if sys.argv[1] == "make":
    make(sys.argv[2], sys.argv[3], sys.argv[4:])
else:
    sys.exit(compare(*sys.argv[2:]))
