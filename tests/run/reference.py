"""What big operators mean, in NumPy, as PyTorch defines them: slow, plain, apart from tinycc."""
import math

import numpy as np


def each(value, count):
    return list(value) if isinstance(value, (list, tuple)) else [value] * count


def taps(x, kernel, stride, dilation, out):
    """For each tap of the kernel: its index, and the elements of x under it, one an output."""
    for tap in np.ndindex(*kernel):
        cut = tuple(
            slice(t * d, t * d + s * (o - 1) + 1, s)
            for t, d, s, o in zip(tap, dilation, stride, out))
        yield tap, x[(slice(None), slice(None)) + cut]


def conv(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    axes = w.ndim - 2
    stride, padding, dilation = (each(v, axes) for v in (stride, padding, dilation))
    padding = [p if isinstance(p, tuple) else (p, p) for p in padding]
    x = np.pad(x, [(0, 0), (0, 0)] + padding)
    out = [(l - d * (k - 1) - 1) // s + 1
           for l, k, s, d in zip(x.shape[2:], w.shape[2:], stride, dilation)]
    parts = []
    for xg, wg in zip(np.split(x, groups, axis=1), np.split(w, groups, axis=0)):
        parts.append(
            sum(
                np.einsum("nc...,oc->no...", under, wg[(slice(None), slice(None)) + tap])
                for tap, under in taps(xg, w.shape[2:], stride, dilation, out)))
    y = np.concatenate(parts, axis=1)
    return y if b is None else y + b.reshape([-1] + [1] * axes)


def conv_transpose(x, w, b=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    axes = w.ndim - 2
    stride, padding, more, dilation = (each(v, axes)
                                       for v in (stride, padding, output_padding, dilation))
    size = [(l - 1) * s + d * (k - 1) + 1 + m
            for l, k, s, d, m in zip(x.shape[2:], w.shape[2:], stride, dilation, more)]
    parts = []
    for xg, wg in zip(np.split(x, groups, axis=1), np.split(w, groups, axis=0)):
        y = np.zeros([x.shape[0], w.shape[1]] + size)
        for tap in np.ndindex(*w.shape[2:]):
            to = tuple(
                slice(t * d, t * d + s * (l - 1) + 1, s)
                for t, d, s, l in zip(tap, dilation, stride, x.shape[2:]))
            y[(slice(None), slice(None)) + to] += np.einsum("nc...,co->no...", xg,
                                                            wg[(slice(None), slice(None)) + tap])
        parts.append(y)
    y = np.concatenate(parts, axis=1)
    y = y[(slice(None), slice(None)) + tuple(slice(p, l - p) for p, l in zip(padding, size))]
    return y if b is None else y + b.reshape([-1] + [1] * axes)


def pool(x,
         kernel,
         stride=None,
         padding=0,
         dilation=1,
         ceil_mode=False,
         mean=False,
         count_include_pad=True):
    axes = x.ndim - 2
    kernel, padding, dilation = (each(v, axes) for v in (kernel, padding, dilation))
    stride = kernel if stride is None else each(stride, axes)
    ranges = []
    for l, k, s, p, d in zip(x.shape[2:], kernel, stride, padding, dilation):
        room = l + 2 * p - d * (k - 1) - 1
        count = (-(-room // s) if ceil_mode else room // s) + 1
        if ceil_mode and (count - 1) * s >= l + p:
            count -= 1
        ranges.append([range(o * s - p, o * s - p + d * (k - 1) + 1, d) for o in range(count)])
    y = np.zeros(list(x.shape[:2]) + [len(r) for r in ranges])
    for at in np.ndindex(*y.shape[2:]):
        windows = [r[o] for r, o in zip(ranges, at)]
        inside = [[i for i in w if 0 <= i < l] for w, l in zip(windows, x.shape[2:])]
        values = x[(slice(None), slice(None)) + np.ix_(*inside)].reshape(*x.shape[:2], -1)
        within = [[i for i in w if i < l + p] for w, l, p in zip(windows, x.shape[2:], padding)]
        count = np.prod([len(w) for w in (within if count_include_pad else inside)])
        y[(slice(None), slice(None)) + at] = (values.sum(-1) / count if mean else values.max(-1))
    return y


def softmax(x, axis=-1):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def normalise(x, axes, eps=1e-5):
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + eps)


def attention(q, k, v, causal=False):
    s = q @ np.swapaxes(k, -1, -2) / np.sqrt(q.shape[-1])
    if causal:
        s = np.where(np.tril(np.ones(s.shape[-2:], bool)), s, -np.inf)
    return softmax(s) @ v


def erf(x):
    return np.vectorize(math.erf, otypes=[float])(x)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm(x, w, r, b):
    """x [t, n, in]; gates in the order i f g o. Gives y, last h, last c."""
    h = c = np.zeros([x.shape[1], r.shape[1]])
    rows = []
    for row in x:
        i, f, g, o = np.split(row @ w.T + h @ r.T + b, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        rows.append(h)
    return np.stack(rows), h, c


def gru(x, w, r, bw, br):
    h = np.zeros([x.shape[1], r.shape[1]])
    rows = []
    for row in x:
        (ri, zi, ni), (rh, zh, nh) = np.split(row @ w.T + bw, 3, 1), np.split(h @ r.T + br, 3, 1)
        z = sigmoid(zi + zh)
        h = (1 - z) * np.tanh(ni + sigmoid(ri + rh) * nh) + z * h
        rows.append(h)
    return np.stack(rows), h


def resize(x, size, mode, align_corners=False):
    """Of the last two axes; nearest, bilinear or bicubic (A = -0.75), as PyTorch's interpolate."""
    for axis, count in zip((-2, -1), size):
        x = np.moveaxis(resize_axis(np.moveaxis(x, axis, 0), count, mode, align_corners), 0, axis)
    return x


def resize_axis(x, count, mode, align_corners):
    length, rows = x.shape[0], []
    for o in range(count):
        if mode == "nearest":
            rows.append(x[o * length // count])
            continue
        at = (o * (length - 1) / max(count - 1, 1) if align_corners else
              (o + 0.5) * length / count - 0.5)
        if mode == "bilinear":
            at = max(at, 0)
        low = int(np.floor(at))
        weights = ({
            0: 1 - (at - low),
            1: at - low
        } if mode == "bilinear" else {
            i: cubic(at - low - i)
            for i in range(-1, 3)
        })
        rows.append(sum(w * x[min(max(low + i, 0), length - 1)] for i, w in weights.items()))
    return np.stack(rows)


def cubic(d, a=-0.75):
    d = abs(d)
    if d <= 1:
        return (a + 2) * d**3 - (a + 3) * d**2 + 1
    return a * d**3 - 5 * a * d**2 + 8 * a * d - 4 * a if d < 2 else 0.0
