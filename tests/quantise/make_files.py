#!/usr/bin/env python3
"""Writes weights.npz and calib.npz of the cases: random numbers, with which no layer dies out."""
import os

import numpy

HERE = os.path.dirname(os.path.abspath(__file__))
SHAPES = {  # of weights; of inputs
    "layers": ({"a": (8, 3, 3, 3), "ab": (8,), "b": (8, 8, 3, 3), "bb": (8,), "d": (8, 1, 3, 3),
                "p": (12, 16, 1, 1), "f": (5, 12), "fb": (5,)}, {"x": (3, 12, 12)}),
    "gates": ({"a": (8, 4, 3, 3), "s": (4, 8), "t": (8, 4), "f": (6, 8)}, {"x": (4, 10, 10)}),
    "attention": ({"q": (16, 16), "k": (16, 16), "v": (16, 16), "o": (16, 16)}, {"x": (6, 16)}),
    "weights": ({"a": (64, 32), "b": (10, 64), "bb": (10,)}, {"x": (32,)}),
    "recurrent": ({"w": (24, 4), "u": (24, 6), "f": (3, 6)}, {"x": (5, 1, 4)}),
}

for name, (weights, inputs) in SHAPES.items():
    rng = numpy.random.default_rng(7)
    folder = os.path.join(HERE, "cases", name)
    tensors = {}
    for key, shape in weights.items():
        size = numpy.sqrt(3 / numpy.prod(shape[1:])) if len(shape) > 1 else 0.1
        tensors[key] = (rng.standard_normal(shape) * size).astype("float32")
    numpy.savez(os.path.join(folder, "weights.npz"), **tensors)
    samples = {k: rng.standard_normal((8, *s)).astype("float32") for k, s in inputs.items()}
    if name != "weights":
        numpy.savez(os.path.join(folder, "calib.npz"), **samples)
