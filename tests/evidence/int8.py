#!/usr/bin/env python3
"""Writes model.yaml and weights.safetensors: a small network as a quantiser leaves it, with a residual
sum, a pool and softmax, and weights from a generator of random numbers."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "tools"))
import int8_model  # noqa: E402

MODEL = """tinycc: 1
name: small
inputs: {image: "i8[1,8,8,3]"}
weights: weights.safetensors
functions:
  weights(w, out): cast(w, f32) * reshape((cast(arange(out) % 7, f32) + 10) * 0.0002, [out, 1, 1, 1])
  small(x): cast(clamp(round(x / 0.04) - 128, -128, 127), i8)
  real(q): (cast(q, f32) + 128) * 0.04
let:
  a: small(relu(conv2d(real(permute(image, [0, 3, 1, 2])), weights(w0, 8), padding=1)))
  b: cast(clamp(round(conv2d(real(a), weights(w1, 8), padding=1) / 0.07) + 5, -128, 127), i8)
  c: small(relu((cast(b, f32) - 5) * 0.07 + real(a)))
  pooled: small(mean(real(c), dim=[2, 3]))
  y: cast(clamp(round(linear(real(pooled), cast(w2, f32) * 0.002) / 0.1), -128, 127), i8)
outputs:
  classes: cast(clamp(round(softmax(cast(y, f32) * 0.1) / 0.00390625) - 128, -128, 127), i8)
"""
SHAPES = [[8, 3, 3, 3], [8, 8, 3, 3], [10, 8]]

int8_model.write(MODEL, SHAPES)
