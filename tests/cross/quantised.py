#!/usr/bin/env python3
"""Writes model.yaml and weights.safetensors: MLPerf Tiny's ResNet-8 as a quantiser leaves it, with weights
from a generator of random numbers."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "tools"))
import int8_model  # noqa: E402

MODEL = """tinycc: 1
name: quantised
inputs: {image: "i8[1,32,32,3]"}
weights: weights.safetensors
functions:
  weights(w, out): cast(w, f32) * reshape((cast(arange(out) % 7, f32) + 10) * 0.0002, [out, 1, 1, 1])
  bias(out): (cast(arange(out) % 5, f32) - 2) * 0.1
  small(x): cast(clamp(round(x / 0.04) - 128, -128, 127), i8)
  real(q): (cast(q, f32) + 128) * 0.04
  conv(q, w, out): conv2d(real(q), weights(w, out), bias(out), padding=1)
  halved(q, w, out): conv2d(pad(real(q), [0, 1, 0, 1]), weights(w, out), bias(out), stride=2)
  sum(q, w, x, out):
    y: cast(clamp(round(conv(q, w, out) / 0.07) + 5, -128, 127), i8)
    return: small(relu((cast(y, f32) - 5) * 0.07 + x))
  short(q, w, out):
    y: conv2d(real(q), weights(w, out), bias(out), stride=2)
    return: (cast(cast(clamp(round(y / 0.05) - 7, -128, 127), i8), f32) + 7) * 0.05
let:
  a: small(relu(conv(permute(image, [0, 3, 1, 2]), w0, 16)))
  b: sum(small(relu(conv(a, w1, 16))), w2, real(a), 16)
  c: sum(small(relu(halved(b, w3, 32))), w4, short(b, w5, 32), 32)
  d: sum(small(relu(halved(c, w6, 64))), w7, short(c, w8, 64), 64)
  pooled: small(mean(real(d), dim=[2, 3]))
  y: cast(clamp(round(linear(real(pooled), cast(w9, f32) * 0.002) / 0.1), -128, 127), i8)
outputs:
  classes: cast(clamp(round(softmax(cast(y, f32) * 0.1) / 0.00390625) - 128, -128, 127), i8)
"""
SHAPES = [[16, 3, 3, 3], [16, 16, 3, 3], [16, 16, 3, 3], [32, 16, 3, 3], [32, 32, 3, 3], [32, 16, 1, 1],
          [64, 32, 3, 3], [64, 64, 3, 3], [64, 32, 1, 1], [10, 64]]

int8_model.write(MODEL, SHAPES)
