#!/usr/bin/env python3
"""Trains the network of model.yaml on scikit-learn's bundled handwritten digits.

Needs `pip install numpy scikit-learn`; only to train again, since what it writes is in the
repository: digits.safetensors (the weights) and heldout_images.npy, heldout_labels.npy (pictures
that it did not learn from, for the sample program). Takes under a minute; the same library versions
give the same weights.
"""

import json
import os
import struct

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # more threads add up in another order

import numpy as np
from sklearn.datasets import load_digits

HELD_OUT = 297
EPOCHS, BATCH = 40, 32


def load_data(random):
    digits = load_digits()
    order = random.permutation(len(digits.target))
    images = (digits.images[order] / 16).astype(np.float32)[:, None]
    labels = digits.target[order].astype(np.uint8)
    return images[:-HELD_OUT], labels[:-HELD_OUT], images[-HELD_OUT:], labels[-HELD_OUT:]


def initial_weights(random):
    def he(*shape):  # keeps the variance of what passes a relu
        scale = np.sqrt(2 / np.prod(shape[1:]))
        return (random.standard_normal(shape) * scale).astype(np.float32)

    weights = {"conv1.weight": he(8, 1, 3, 3), "conv2.weight": he(16, 8, 3, 3),
               "fc.weight": he(10, 256)}
    for name in list(weights):
        bias = name.replace("weight", "bias")
        weights[bias] = np.zeros(len(weights[name]), np.float32)
    return weights


def windows(x):
    """[n,c,h,w] -> [n,c,h,w,3,3]: the neighbourhood of each pixel, zeros beyond the border."""
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    return np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))


class Conv:
    """relu(conv2d(x, weight, bias, padding=1))"""

    def __init__(self, name):
        self.weight, self.bias = name + ".weight", name + ".bias"

    def forward(self, weights, x):
        self.windows = windows(x)
        sums = np.einsum("nchwyx,ocyx->nohw", self.windows, weights[self.weight], optimize=True)
        self.out = np.maximum(sums + weights[self.bias][:, None, None], 0)
        return self.out

    def backward(self, weights, gradients, slope):
        slope = slope * (self.out > 0)
        gradients[self.bias] = slope.sum((0, 2, 3))
        gradients[self.weight] = np.einsum("nohw,nchwyx->ocyx", slope, self.windows, optimize=True)
        flipped = weights[self.weight][:, :, ::-1, ::-1]
        return np.einsum("nohwyx,ocyx->nchw", windows(slope), flipped, optimize=True)


class MaxPool:
    """max_pool2d(x, 2)"""

    def forward(self, x):
        n, c, h, w = x.shape
        blocks = x.reshape(n, c, h // 2, 2, w // 2, 2)
        out = blocks.max((3, 5), keepdims=True)
        largest = blocks == out
        self.share = largest / largest.sum((3, 5), keepdims=True)  # equal ones share the slope
        return out.reshape(n, c, h // 2, w // 2)

    def backward(self, slope):
        n, c, h, w = slope.shape
        return (self.share * slope[:, :, :, None, :, None]).reshape(n, c, 2 * h, 2 * w)


class Network:
    def __init__(self):
        self.conv1, self.conv2, self.pool = Conv("conv1"), Conv("conv2"), MaxPool()

    def forward(self, weights, images):
        h2 = self.conv2.forward(weights, self.conv1.forward(weights, images))
        self.flat = self.pool.forward(h2).reshape(len(images), -1)
        logits = self.flat @ weights["fc.weight"].T + weights["fc.bias"]
        powers = np.exp(logits - logits.max(1, keepdims=True))
        return powers / powers.sum(1, keepdims=True)

    def gradients(self, weights, images, labels):
        """Of the mean cross entropy."""
        slope = self.forward(weights, images)
        slope[np.arange(len(labels)), labels] -= 1
        slope /= len(labels)
        result = {"fc.weight": slope.T @ self.flat, "fc.bias": slope.sum(0)}
        pooled = (slope @ weights["fc.weight"]).reshape(-1, 16, 4, 4)
        h1 = self.conv2.backward(weights, result, self.pool.backward(pooled))
        self.conv1.backward(weights, result, h1)
        return result


def train(random, weights, images, labels):
    """Adam, with a rate that falls to zero along a cosine."""
    network = Network()
    mean = {name: np.zeros_like(w) for name, w in weights.items()}
    square = {name: np.zeros_like(w) for name, w in weights.items()}
    steps = EPOCHS * (len(images) // BATCH)
    for step in range(steps):
        at = step % (len(images) // BATCH) * BATCH
        if at == 0:
            order = random.permutation(len(images))
        batch = order[at:at + BATCH]
        rate = 2e-3 * (1 + np.cos(np.pi * step / steps)) / 2
        for name, g in network.gradients(weights, images[batch], labels[batch]).items():
            mean[name] = 0.9 * mean[name] + 0.1 * g
            square[name] = 0.999 * square[name] + 0.001 * g * g
            unbiased = mean[name] / (1 - 0.9 ** (step + 1))
            spread = np.sqrt(square[name] / (1 - 0.999 ** (step + 1)))
            weights[name] = (weights[name] - rate * unbiased / (spread + 1e-8)).astype(np.float32)


def save_safetensors(path, tensors):
    """The format: length of the header (8 bytes, little-endian), header (JSON), data."""
    header, data = {}, b""
    for name in sorted(tensors):
        raw = tensors[name].astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensors[name].shape),
                        "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # so that the data is aligned
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def main():
    os.chdir(os.path.dirname(os.path.abspath(__file__)))
    random = np.random.default_rng(1)
    images, labels, heldout_images, heldout_labels = load_data(random)
    weights = initial_weights(random)
    train(random, weights, images, labels)
    guesses = Network().forward(weights, heldout_images).argmax(1)
    print(f"right: {(guesses == heldout_labels).sum()} of {HELD_OUT} held-out images")
    save_safetensors("digits.safetensors", weights)
    np.save("heldout_images.npy", heldout_images)
    np.save("heldout_labels.npy", heldout_labels)


if __name__ == "__main__":
    main()
