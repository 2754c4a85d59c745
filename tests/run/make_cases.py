#!/usr/bin/env python3
"""Writes cases/: small models with inputs and the outputs that they must have.

A case is a folder: model.yaml, weights.safetensors, in_K.npy, out_K.npy, and `tolerances`, a line
"NAME TOLERANCE" an output (compare.py says what it may be). Expected outputs are computed here and
in reference.py, in double precision, knowing nothing of tinycc. Many operators share a model, since
a model costs some compilations.

  make_cases.py [NAME…]     needs numpy; the same files each time
"""
import json
import pathlib
import sys

import numpy as np

import cases_linear
import cases_pointwise
import cases_shape

HERE = pathlib.Path(__file__).parent
TYPES = {
    "float32": "f32",
    "float64": "f64",
    "float16": "f16",
    "bool": "bool",
    "int64": "i64",
    "int32": "i32",
    "int16": "i16",
    "int8": "i8",
    "uint64": "u64",
    "uint32": "u32",
    "uint16": "u16",
    "uint8": "u8"
}
SAFETENSORS = {
    "float32": "F32",
    "int64": "I64",
    "int32": "I32",
    "float64": "F64",
    "uint8": "U8",
    "int8": "I8"
}


class Case:

    def __init__(self, name, seed):
        self.name, self.random = name, np.random.RandomState(seed)
        self.inputs, self.weights, self.lets, self.outputs = {}, {}, [], []
        self.states, self.ways = {}, []

    def numbers(self, shape, dtype="float32"):
        """Eighths between -2 and 2: exact in every float."""
        return (self.random.randint(-16, 17, shape) / 8).astype(dtype)

    def input(self, name, value):
        """Gives the value as doubles if it is one of floats: for the reference."""
        self.inputs[name] = value = np.asarray(value)
        return value.astype("float64") if value.dtype == "float32" else value

    def weight(self, name, *shape):
        self.weights[name] = self.numbers(shape)
        return self.weights[name].astype("float64")

    def let(self, name, expression):
        self.lets.append((name, expression))

    def state(self, name, kind, following):
        self.states[name] = (kind, following)

    def out(self, name, expression, value, tolerance=1e-5, dtype="float32"):
        self.outputs.append((name, expression, np.array(value, dtype, order="C"), tolerance))

    def exactly(self, name, expression, value, tolerance="bits"):
        value = np.asarray(value)
        kind = "float32" if value.dtype == "float64" else value.dtype
        self.out(name, expression, value, tolerance, kind)

    def write(self):
        folder = HERE / "cases" / self.name
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        (folder / "model.yaml").write_text(self.text())
        (folder / "tolerances").write_text("".join(f"{n} {t}\n" for n, _, _, t in self.outputs))
        if self.ways:
            (folder / "ways").write_text("".join(f"{way}\n" for way in self.ways))
        if self.weights:
            (folder / "weights.safetensors").write_bytes(safetensors(self.weights))
        for k, value in enumerate(self.inputs.values()):
            np.save(folder / f"in_{k}.npy", value)
        for k, (_, _, value, _) in enumerate(self.outputs):
            np.save(folder / f"out_{k}.npy", value)

    def text(self):
        lines = ["# Written by make_cases.py.", "tinycc: 1", f"name: {self.name}"]
        lines += ["inputs:"] * bool(self.inputs)
        for name, value in self.inputs.items():
            lines.append(f'  {name}: "{TYPES[value.dtype.name]}{list(value.shape)}"'.replace(
                ", ", ","))
        lines += ["weights: weights.safetensors"] * bool(self.weights)
        lines += ["state:"] * bool(self.states)
        lines += [
            f'  {n}: {{type: "{kind}", next: "{after}"}}'
            for n, (kind, after) in self.states.items()
        ]
        lines += ["let:"] * bool(self.lets) + [f"  {n}: {quoted(e)}" for n, e in self.lets]
        lines += ["outputs:"] + [f"  {n}: {quoted(e)}" for n, e, _, _ in self.outputs]
        return "\n".join(lines) + "\n"


def quoted(expression):
    return "'" + expression + "'"


def safetensors(weights):
    head, body = {}, b""
    for name, value in weights.items():
        data = np.ascontiguousarray(value).tobytes()
        head[name] = {
            "dtype": SAFETENSORS[value.dtype.name],
            "shape": list(value.shape),
            "data_offsets": [len(body), len(body) + len(data)]
        }
        body += data
    text = json.dumps(head).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + body


def main():
    for module in (cases_linear, cases_pointwise, cases_shape):
        for seed, make in enumerate(module.CASES):
            case = Case(make.__name__, seed + 1)
            if sys.argv[1:] and case.name not in sys.argv[1:]:
                continue
            with np.errstate(all="ignore"):
                make(case)
            case.write()
            size = sum(f.stat().st_size for f in (HERE / "cases" / case.name).iterdir())
            print(f"{case.name:12} {len(case.outputs):3} outputs {size:7} bytes")


if __name__ == "__main__":
    main()
