#!/usr/bin/env python3
"""Writes the weight files that data_test.cc reads. Needs NumPy:

    python3 tests/data/make_files.py
"""

import json
import pathlib
import struct

import numpy as np

FOLDER = pathlib.Path(__file__).resolve().parent / "files"


def main():
    FOLDER.mkdir(exist_ok=True)
    a = np.arange(6, dtype=np.float32).reshape(2, 3) / 4
    b = np.array([-1, 2, 300], dtype=np.int16)
    np.save(FOLDER / "plain.npy", a)
    np.save(FOLDER / "columns.npy", np.asfortranarray(a))
    np.save(FOLDER / "big_endian.npy", a.astype(">f4"))
    np.save(FOLDER / "scalar.npy", np.float64(2.5))
    np.savez(FOLDER / "stored.npz", a=a, b=b)
    np.savez_compressed(FOLDER / "deflated.npz", a=a, b=b)
    header = {"__metadata__": {"format": "pt"},
              "a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
              "b": {"dtype": "I16", "shape": [3], "data_offsets": [24, 30]}}
    text = json.dumps(header).encode()
    data = struct.pack("<Q", len(text)) + text + a.tobytes() + b.tobytes()
    (FOLDER / "both.safetensors").write_bytes(data)


if __name__ == "__main__":
    main()
