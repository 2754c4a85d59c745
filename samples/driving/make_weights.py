#!/usr/bin/env python3
"""Writes driving.safetensors: random weights, the same on every run, of the shapes that model.yaml
names. They make the network's numbers tame, not its driving good. Needs numpy."""
import json
import math
import pathlib
import struct

import numpy as np

WIDTH, HIDDEN, HISTORY = 64, 128, 8


def layer(shapes, name, *shape):
    shapes[name + ".weight"] = shape
    shapes[name + ".bias"] = (shape[0],)


def shapes():
    s = {}
    layer(s, "stem", 16, 24, 4, 4)
    for stage, width in enumerate((16, 32, WIDTH)):
        if stage > 0:
            layer(s, f"down.{stage}", width, width // 2, 3, 3)
        layer(s, f"block.{stage}.depth", width, 1, 5, 5)
        layer(s, f"block.{stage}.up", 2 * width, width, 1, 1)
        layer(s, f"block.{stage}.out", width, 2 * width, 1, 1)
    for i in range(2):
        layer(s, f"layers.{i}.norm1", WIDTH)
        layer(s, f"layers.{i}.qkv", 3 * WIDTH, WIDTH)
        layer(s, f"layers.{i}.proj", WIDTH, WIDTH)
        layer(s, f"layers.{i}.norm2", WIDTH)
        layer(s, f"layers.{i}.up", HIDDEN, WIDTH)
        layer(s, f"layers.{i}.down", WIDTH, HIDDEN)
    layer(s, "look", WIDTH, HISTORY * WIDTH)
    layer(s, "gru.w", 3 * WIDTH, 2 * WIDTH + 10)
    layer(s, "gru.u", 3 * WIDTH, WIDTH)
    layer(s, "policy", HIDDEN, 2 * WIDTH)
    layer(s, "plan", 33 * 4, HIDDEN)
    layer(s, "lanes", 4 * 16, HIDDEN)
    return s


def main():
    random = np.random.default_rng(7)
    header, data = {}, b""
    for name, shape in sorted(shapes().items()):
        norm = ".norm" in name
        fan_in = math.prod(shape[1:]) if len(shape) > 1 else 100
        values = random.standard_normal(shape) / math.sqrt(fan_in)
        values = values * 0.1 + 1 if norm and name.endswith("weight") else values
        raw = values.astype("<f2").tobytes()
        header[name] = {"dtype": "F16", "shape": shape, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    out = pathlib.Path(__file__).parent / "driving.safetensors"
    out.write_bytes(struct.pack("<Q", len(text)) + text + data)


if __name__ == "__main__":
    main()
