"""Convolutions, pools, products of matrices, recurrence, and a small network of all of these."""
import numpy as np

import reference as ref


def convs(case):
    x = case.input("x", case.numbers([1, 17, 9, 10]))
    p = case.input("p", case.numbers([1, 1, 11, 8]))
    r = case.input("r", case.numbers([1, 10, 9, 10]))
    kinds = [  # name, output channels, kernel, arguments
        ("one", 24, (1, 1), {}),
        ("same3", 10, (3, 3), {
            "padding": 1
        }),
        ("half", 5, (3, 3), {
            "padding": 1,
            "stride": 2
        }),
        ("quarter", 16, (1, 1), {
            "stride": 2
        }),
        ("dilated", 3, (3, 3), {
            "dilation": 2,
            "padding": 2
        }),
        ("wide", 1, (5, 5), {
            "padding": 2
        }),
        ("bare", 8, (3, 3), {}),
        ("line", 5, (1, 7), {
            "padding": [0, 3]
        }),
        ("column", 6, (4, 1), {
            "stride": [2, 1],
            "padding": [1, 0],
            "dilation": [1, 1]
        }),
    ]
    for name, count, kernel, more in kinds:
        convolve(case, name, "x", x, [count, 17, *kernel], more)
    w, b = case.weight("grey.w", 3, 1, 3, 3), case.weight("grey.b", 3)
    grey = ref.conv(p, w, b, padding=1)
    case.out("grey", "relu6(conv2d(p, grey.w, grey.b, padding=1))", np.clip(grey, 0, 6))
    w, b = case.weight("res.w", 10, 17, 3, 3), case.weight("res.b", 10)
    residual = np.maximum(ref.conv(x, w, b, padding=1) + r, 0)
    case.out("residual", "relu(conv2d(x, res.w, res.b, padding=1) + r)", residual)
    w = case.weight("even.w", 4, 17, 2, 2)
    case.out("even", 'conv2d(x, even.w, padding="same")', ref.conv(x, w, padding=[(0, 1), (0, 1)]))


def convolve(case, name, source, x, shape, more, function="conv2d"):
    w = case.weight(f"{name}.w", *shape)
    transposed = "transpose" in function
    b = case.weight(f"{name}.b", shape[1] * more.get("groups", 1) if transposed else shape[0])
    text = "".join(f", {key}={value}" for key, value in more.items())
    expected = (ref.conv_transpose if transposed else ref.conv)(x, w, b, **more)
    case.out(name, f"{function}({source}, {name}.w, {name}.b{text})", expected)


def grouped(case):
    x = case.input("x", case.numbers([1, 24, 8, 9]))
    t = case.input("t", case.numbers([2, 6, 13]))
    v = case.input("v", case.numbers([1, 3, 4, 5, 6]))
    convolve(case, "three", "x", x, [12, 8, 3, 3], {"padding": 1, "groups": 3})
    convolve(case, "pairs", "x", x, [24, 2, 1, 1], {"groups": 12})
    convolve(case, "depth", "x", x, [24, 1, 3, 3], {"padding": 1, "groups": 24})
    convolve(case, "depth2", "x", x, [24, 1, 3, 3], {"padding": 1, "stride": 2, "groups": 24})
    convolve(case, "depth5", "x", x, [24, 1, 5, 5], {"padding": 4, "dilation": 2, "groups": 24})
    convolve(case, "times2", "x", x, [48, 1, 3, 3], {"groups": 24})
    convolve(case, "first", "t", t, [5, 6, 4], {"padding": 2, "stride": 3}, "conv1d")
    convolve(case, "alone", "t", t, [6, 1, 3], {"groups": 6, "dilation": 3}, "conv1d")
    convolve(case, "space", "v", v, [4, 3, 2, 3, 3], {"padding": [0, 1, 1]}, "conv3d")


def transposed(case):
    x = case.input("x", case.numbers([1, 10, 5, 6]))
    t = case.input("t", case.numbers([2, 3, 7]))
    f = "conv_transpose2d"
    convolve(case, "twice", "x", x, [10, 5, 3, 3], {
        "stride": 2,
        "padding": 1,
        "output_padding": 1
    }, f)
    convolve(case, "apart", "x", x, [10, 3, 2, 2], {"stride": 2}, f)
    convolve(case, "thrice", "x", x, [10, 4, 5, 4], {"stride": [3, 2], "padding": [2, 1]}, f)
    convolve(case, "gaps", "x", x, [10, 17, 1, 1], {"stride": 2}, f)
    convolve(case, "groups", "x", x, [10, 3, 3, 3], {"groups": 5, "padding": 1}, f)
    convolve(case, "dilated", "x", x, [10, 2, 3, 3], {"dilation": 2, "stride": 2}, f)
    convolve(case, "line", "t", t, [3, 8, 4], {"stride": 2, "padding": 1}, "conv_transpose1d")


def pools(case):
    x = case.input("x", case.numbers([2, 5, 9, 11]))
    t = case.input("t", case.numbers([1, 17, 12]))
    for name, mean, more in [("most2", False, {
            "kernel": 2
    }), ("mean2", True, {
            "kernel": 2
    }), ("most3", False, {
            "kernel": 3,
            "stride": 2,
            "padding": 1
    }), ("mean3", True, {
            "kernel": 3,
            "stride": 2,
            "padding": 1
    }), ("inside", True, {
            "kernel": 3,
            "stride": 2,
            "padding": 1,
            "count_include_pad": False
    }), ("ceil", False, {
            "kernel": 3,
            "stride": 2,
            "ceil_mode": True
    }),
                             ("mean_ceil", True, {
                                 "kernel": [2, 3],
                                 "stride": [2, 2],
                                 "padding": [1, 1],
                                 "ceil_mode": True
                             }),
                             ("dilated", False, {
                                 "kernel": 3,
                                 "stride": 1,
                                 "dilation": 2,
                                 "padding": 1
                             })]:
        text = ", ".join(f"{k}={str(v).lower()}"
                         for k, v in more.items()).replace("kernel", "kernel_size")
        function = "avg_pool2d" if mean else "max_pool2d"
        case.out(name, f"{function}(x, {text})", ref.pool(x, mean=mean, **more))
    case.out("line", "max_pool1d(t, 4, stride=2, padding=1)", ref.pool(t, 4, 2, 1))
    case.out("line_mean", "avg_pool1d(t, 3)", ref.pool(t, 3, mean=True))
    case.out("parts", "adaptive_avg_pool1d(t, 4)", ref.pool(t, 3, mean=True))
    case.out("whole", "global_avg_pool(x)", x.mean((2, 3), keepdims=True))
    case.out("whole_most", "global_max_pool(x)", x.max((2, 3), keepdims=True))
    case.let("peaks", "max_pool2d(x, 3, stride=1, padding=1)")
    peaks = ref.pool(x, 3, 1, 1)
    case.let("double", "reshape(stack([peaks, peaks], dim=4), [2, 5, 9, 22])")  # read at (2x + k - 1) / 2
    case.out("of_double", "avg_pool2d(sigmoid(double), 2, stride=2, padding=1)",
             ref.pool(1 / (1 + np.exp(-np.repeat(peaks, 2, 3))), 2, 2, 1, mean=True))
    case.out("below", "max_pool2d(x - 9, 3, stride=2, padding=1)", ref.pool(x - 9, 3, 2, 1))


def matmuls(case):
    a, b = case.input("a", case.numbers([7, 10])), case.input("b", case.numbers([10, 17]))
    c, d = case.input("c", case.numbers([2, 3, 5, 8])), case.input("d", case.numbers([3, 8, 6]))
    v, l = case.input("v", case.numbers([10])), case.input("l", case.numbers([3, 70]))
    case.out("plain", "a @ b", a @ b)
    case.out("turned", "transpose(b, 0, 1) @ transpose(a, 0, 1)", b.T @ a.T)
    case.out("batch", "c @ d", c @ d)
    case.out("gram", "c @ transpose(c, -1, -2)", c @ np.swapaxes(c, -1, -2))
    case.out("row", "v @ b", v @ b)
    case.out("column", "a @ v", a @ v)
    case.out("inner", "v @ v", v @ v)
    case.out("einsum", 'einsum("bhij,hjk->kbi", [c, d])', np.einsum("bhij,hjk->kbi", c, d))
    w, bias = case.weight("fc.w", 33, 70), case.weight("fc.b", 33)
    case.out("linear", "relu(linear(l, fc.w, fc.b))", np.maximum(l @ w.T + bias, 0))
    case.out("gemm", "a @ b * 0.5 + plain_bias", a @ b * 0.5 + case.weight("plain_bias", 17))
    w = case.weight("one.w", 1, 70)
    case.out("single", "sigmoid(linear(l[0:1], one.w))", ref.sigmoid(l[:1] @ w.T))
    case.out("chain", "(a @ b) @ transpose(a @ b, 0, 1)", (a @ b) @ (a @ b).T)
    q = case.input("q", case.numbers([1, 2, 9, 8]))
    k = case.input("k", case.numbers([1, 2, 9, 8]))
    case.out("attention", "scaled_dot_product_attention(q, k, q)", ref.attention(q, k, q))
    case.out("causal", "scaled_dot_product_attention(q, k, k, is_causal=true)",
             ref.attention(q, k, k, causal=True))


def groups(case):
    """Large enough for the tiles of work-groups, and not divided by them."""
    case.ways = ["gnu-gcc", "cuda", "cuda-half", "hip", "metal-tiles", "opencl-tiles"]
    a, b = case.input("a", case.numbers([2, 50, 64])), case.input("b", case.numbers([2, 64, 72]))
    x, s = case.input("x", case.numbers([1, 16, 20, 21])), case.input("s", case.numbers([100, 70]))
    v = case.input("v", case.numbers([300]))
    case.out("batch", "a @ b", a @ b)
    case.out("turned", "transpose(b, 1, 2) @ transpose(a, 1, 2)", np.swapaxes(a @ b, 1, 2))
    w1, w2 = case.weight("w1", 96, 64), case.weight("w2", 40, 96)
    hidden = np.maximum(a @ w1.T * 0.25, 0)
    case.out("chain", "linear(relu(linear(a, w1) * 0.25), w2)", hidden @ w2.T)
    case.out("gram", "relu(linear(a, w1) * 0.25) @ transpose(relu(linear(a, w1) * 0.25), 1, 2)",
             hidden @ np.swapaxes(hidden, 1, 2))
    c1, c2 = case.weight("c1", 32, 16, 3, 3), case.weight("c2", 24, 32, 3, 3)
    hidden = np.maximum(ref.conv(x, c1, padding=1) * 0.0625, 0)
    case.out("convs", "conv2d(relu(conv2d(x, c1, padding=1) * 0.0625), c2, padding=1, stride=2)",
             ref.conv(hidden, c2, padding=1, stride=2))
    c3 = case.weight("c3", 48, 32, 1, 1)
    case.out("points", "conv2d(relu(conv2d(x, c1, padding=1) * 0.0625), c3)",
             ref.conv(hidden, c3))
    w3, w4 = case.weight("w3", 300, 90), case.weight("w4", 90, 300)
    case.out("row", "v @ w3", v @ w3)
    case.out("line", "linear(v, w4)", v @ w4.T)
    case.out("soft", "softmax(s)", ref.softmax(s))
    case.out("soft_rows", "softmax(s, dim=0)", ref.softmax(s, 0))
    case.out("layer", "layer_norm(s)", ref.normalise(s, (1, )))
    case.out("means", "mean(x, dim=[2, 3])", x.mean((2, 3)))
    case.out("largest", "amax(x, dim=[2, 3])", x.max((2, 3)))


def matrices(case):
    """Products of each type that some device multiplies as matrices, lying along the sum and across."""
    case.ways = ["cuda-half", "cuda-brain", "cuda-tf32", "cuda-75", "hip-float", "hip-cdna", "hip-rdna3",
                 "hip-rdna4", "metal-groups", "metal-half", "metal-brain"]
    a, b = case.input("a", case.numbers([2, 48, 64])), case.input("b", case.numbers([2, 64, 72]))
    case.out("batch", "a @ b", a @ b)
    case.out("turned", "transpose(b, 1, 2) @ transpose(a, 1, 2)", np.swapaxes(a @ b, 1, 2))
    w = case.weight("w", 80, 64)
    hidden = a @ w.T * 0.125
    case.let("hidden", "linear(a, w) * 0.125")
    case.out("gram", "hidden @ transpose(hidden, 1, 2)", hidden @ np.swapaxes(hidden, 1, 2))
    case.out("cross", "transpose(hidden, 1, 2) @ hidden", np.swapaxes(hidden, 1, 2) @ hidden)
    small = lambda *shape: case.random.randint(-128, 128, shape).astype("int8")
    x, y = case.input("x", small(48, 128)), case.input("y", small(128, 40))
    case.weights["v"] = small(64, 128)
    x, y, v = (n.astype("int64") for n in (x, y, case.weights["v"]))
    case.exactly("bytes", "cast(x, i32) @ cast(y, i32)", (x @ y).astype("int32"))
    case.exactly("bytes_dense", "cast(x, i32) @ transpose(cast(v, i32), 0, 1)",
                 (x @ v.T).astype("int32"))


def integers(case):
    """Sums of products of signed bytes, large enough for tiles of work-groups, and long sums of integers."""
    case.ways = ["cuda", "cuda-dot", "hip-dot", "metal-groups", "opencl", "opencl-dot"]
    small = lambda *shape: case.random.randint(-128, 128, shape).astype("int8")
    a, b = case.input("a", small(50, 64)), case.input("b", small(96, 72))
    x = case.input("x", small(1, 32, 10, 11))
    case.weights["w"], case.weights["c"] = small(96, 64), small(40, 32, 3, 3)
    w, c = (case.weights[n].astype("int64") for n in ("w", "c"))
    wide = a.astype("int64") @ w.T
    case.let("wide", "cast(a, i32) @ transpose(cast(w, i32), 0, 1)")
    case.exactly("dense", "wide", wide.astype("int32"))
    case.let("low", "cast(wide, i8)")
    low = wide.astype("int8").astype("int64")
    case.exactly("second", "cast(low, i32) @ cast(b, i32)", (low @ b.astype("int64")).astype("int32"))
    case.exactly("conv", "cast(conv2d(cast(x, f32), cast(c, f32), padding=1), i32)",
                 ref.conv(x.astype("float64"), c.astype("float64"), padding=1).astype("int32"))
    case.exactly("sums", "sum(wide, dim=1)", wide.sum(1).astype("int32"))
    case.exactly("largest", "amax(wide, dim=1)", wide.max(1).astype("int32"))


def recurrent(case):
    x = case.input("x", case.numbers([6, 2, 5]))
    w, r = case.weight("lstm.w", 28, 5), case.weight("lstm.r", 28, 7)
    b = case.weight("lstm.b", 28)
    case.let("y, h, c", "lstm(x, lstm.w, lstm.r, lstm.b)")
    y, h, c = ref.lstm(x, w, r, b)
    case.out("lstm_y", "y", y)
    case.out("lstm_h", "h", h)
    case.out("lstm_c", "c", c)
    case.out("one_step", "lstm(x[2:3], lstm.w, lstm.r, lstm.b)[0]", ref.lstm(x[2:3], w, r, b)[0])
    back = ref.lstm(x[::-1], w, r, b)[0][::-1]
    case.out("backwards", "lstm(x, lstm.w, lstm.r, lstm.b, reverse=true)[0]", back)
    w, r = case.weight("gru.w", 12, 5), case.weight("gru.r", 12, 4)
    bw, br = case.weight("gru.bw", 12), case.weight("gru.br", 12)
    case.out("gru", "gru(x, gru.w, gru.r, gru.bw, gru.br)[0]", ref.gru(x, w, r, bw, br)[0])
    case.out("running", "cumsum(x, 0)", np.cumsum(x, 0))
    case.state("old", "f32[2,5]", "old * 0.5 + x[0]")
    case.out("stateful", "old + x[1]", x[1])


def network(case):
    """Everything that fuses: batch norm, residual sums, activations, concatenation, padding."""
    x = case.input("image", case.numbers([1, 3, 16, 12]) / np.float32(4))
    w = [
        case.weight("stem.w", 16, 3, 3, 3) / 1,
        case.weight("a.w", 16, 16, 3, 3),
        case.weight("b.w", 16, 1, 3, 3),
        case.weight("c.w", 8, 32, 1, 1)
    ]
    gain, shift, mean = (case.weight(f"bn.{n}", 16) for n in ("gain", "shift", "mean"))
    var = np.abs(case.weight("bn.var", 16)) + 0.5
    case.weights["bn.var"] = var.astype("float32")
    case.let(
        "s",
        "relu(batch_norm(conv2d(image, stem.w, stride=2, padding=1), bn.mean, bn.var, bn.gain, bn.shift))"
    )
    s = ref.conv(x, w[0], stride=2, padding=1)
    per = lambda t: t.reshape(1, -1, 1, 1)
    s = np.maximum((s - per(mean)) / np.sqrt(per(var) + 1e-5) * per(gain) + per(shift), 0)
    case.let("r", "relu(s + conv2d(s, a.w, padding=1) / 64)")
    r = np.maximum(s + ref.conv(s, w[1], padding=1) / 64, 0)
    case.let("d",
             "relu6(conv2d(pad(r, [0, 1, 0, 1]), b.w, groups=16, padding=[1, 1])[:, :, 1:, 1:])")
    d = ref.conv(np.pad(r, [(0, 0), (0, 0), (0, 1), (0, 1)]), w[2], padding=1, groups=16)[:, :, 1:,
                                                                                          1:]
    d = np.clip(d, 0, 6)
    case.out("thrice", "concat([d, d, d], dim=1)", np.concatenate([d, d, d], 1))
    case.let("j", "concat([d, s], dim=1)")
    j = np.concatenate([d, s], 1)
    case.let("e", "max_pool2d(conv2d(j, c.w), 2)")
    e = ref.pool(ref.conv(j, w[3]), 2)
    fc, b = case.weight("fc.w", 10, 96), case.weight("fc.b", 10)
    case.let("logits", "linear(flatten(e), fc.w, fc.b) / 64")
    logits = (e.reshape(1, -1) @ fc.T + b) / 64
    case.out("probs", "softmax(logits)", ref.softmax(logits), 2e-5)
    case.out("features", "e", e)
    case.out("joined", "j", j)
    case.out("squeezed", "mean(r * sigmoid(mean(r, dim=[2, 3], keepdim=true)), dim=1)",
             (r * ref.sigmoid(r.mean((2, 3), keepdims=True))).mean(1))


class Bytes:
    """Small integers that stand for reals, as a quantiser writes them, in i8 or, around 128, in u8."""

    def __init__(self, case, middle=0):
        self.case, self.middle, self.type = case, middle, "u8" if middle else "i8"

    def input(self, name, shape, scale, zero):
        """Its value."""
        x = self.case.random.randint(-128, 128, shape)
        self.case.inputs[name] = (x + self.middle).astype("uint8" if self.middle else "int8")
        return (x.astype("float64") - zero) * scale

    def real(self, name, scale, zero):
        return f"((cast({name}, f32) - {zero + self.middle}) * {scale})"

    def small(self, name, expression, value, scale, zero, steps=2):
        """Quantises; what is left of the value. A step off in one layer may be two in the next."""
        least, most, zero = self.middle - 128, self.middle + 127, zero + self.middle
        self.case.let(
            name, f"cast(clamp(round(({expression}) / {scale}) + {zero}, {least}, {most}), {self.type})")
        q = np.clip(np.rint(value / scale) + zero, least, most)
        self.case.out(name + "_q", name, q, round((steps + 0.01) / np.abs(q).max(), 6),
                      "uint8" if self.middle else "int8")
        return (q - zero) * scale

    def weights(self, name, *shape):
        case = self.case
        case.weights[name] = case.random.randint(-127, 128, shape).astype("int8")
        case.weights[name + "_s"] = (0.01 + case.random.rand(shape[0]) / 50).astype("float32")
        scale = case.weights[name + "_s"].reshape([-1] + [1] * (len(shape) - 1))
        case.let(name + "_r", f"cast({name}, f32) * reshape({name}_s, {list(scale.shape)})")
        return case.weights[name] * scale.astype("float64")


IDIOMS = ["gnu-gcc", "gnu-clang", "gnu-sdot", "gnu-i8mm", "gnu-vnni", "gnu-smull", "gnu-vwmacc",
          "iso-dot", "iso-mve", "iso-ram"]


def quantised_u8(case):
    """The same in unsigned bytes; where the CPU's idioms have something to do with them."""
    case.ways = IDIOMS
    quantised(case, 128)


def quantised(case, middle=0):
    """What quantised networks are made of."""
    q = Bytes(case, middle)
    real, small, weights = q.real, q.small, q.weights
    r = q.input("x", [1, 4, 9, 8], 0.04, -5)
    w, v, u = weights("w", 8, 4, 3, 3), weights("v", 8, 1, 3, 3), weights("u", 8, 8, 3, 3)
    bias = case.weight("bias", 8).reshape(1, 8, 1, 1)
    a = small("a", f"relu(conv2d({real('x', 0.04, -5)}, w_r, bias, padding=1))",
              np.maximum(ref.conv(r, w, padding=1) + bias, 0), 0.4, -128)
    b = small("b", f"conv2d({real('a', 0.4, -128)}, v_r, groups=8, padding=1)",
              ref.conv(a, v, padding=1, groups=8), 3.0, 7)
    c = small("c", f"relu({real('b', 3.0, 7)} + {real('a', 0.4, -128)})", np.maximum(a + b, 0), 2.0,
              -128)
    d = small("d", f"conv2d({real('c', 2.0, -128)}, u_r, stride=2)", ref.conv(c, u, stride=2), 150.0,
              -3)
    e = small("e", f"max_pool2d({real('c', 2.0, -128)}, 2)", ref.pool(c, 2), 2.0, -128)
    small("f", f"sigmoid({real('d', 150.0, -3)} / 4000)", ref.sigmoid(d / 4000), 1 / 256, -128, 4)
    m = small("m", f"mean({real('e', 2.0, -128)}, dim=[2, 3])", e.mean((2, 3)), 1.0, -128)
    small("g", f"softmax({real('m', 1.0, -128)} / 16)", ref.softmax(m / 16), 1 / 256, -128)


def quantised_rows(case, middle=0):
    """Sums along eights, for rows that come in pairs, and for one that is left over."""
    case.ways = IDIOMS
    q = Bytes(case, middle)
    x = q.input("x", [1, 16, 5, 12], 0.04, -5)
    w, v, u = q.weights("w", 32, 16, 1, 1), q.weights("v", 8, 32, 3, 3), q.weights("u", 20, 480)
    a = q.small("a", f"relu(conv2d({q.real('x', 0.04, -5)}, w_r))", np.maximum(ref.conv(x, w), 0), 0.5, -128)
    b = q.small("b", f"conv2d({q.real('a', 0.5, -128)}, v_r, padding=1)", ref.conv(a, v, padding=1), 24.0, 9)
    flat = f"reshape({q.real('b', 24.0, 9)}, [1, 480])"
    q.small("c", f"linear({flat}, u_r)", b.reshape(1, 480) @ u.T, 1600.0, 3)


def weight_only(case):
    """Bytes as weights of real sums: by rows, around a zero point, and some that are used often."""
    case.ways = ["gnu-gcc", "gnu-clang", "gnu-sanitize", "gnu-ram", "gnu-smull", "gnu-vwmacc", "iso-gcc", "iso-ram",
                 "opencl"]

    def weights(name, zero, *shape):
        scales = (0.01 + case.random.rand(*shape[:1]) / 50).astype("float32")
        case.weights[name] = case.random.randint(0, 256, shape).astype("uint8") if zero else \
            case.random.randint(-128, 128, shape).astype("int8")
        case.weights[name + "_s"] = scales
        scale = scales.reshape([-1] + [1] * (len(shape) - 1))
        case.let(name + "_r", f"(cast({name}, f32) - {zero}) * reshape({name}_s, {list(scale.shape)})")
        return (case.weights[name].astype("float64") - zero) * scale.astype("float64")

    x = case.input("x", case.numbers([3, 40]))
    rows = x @ weights("a", 0, 35, 40).T
    case.out("rows", "relu(linear(x, a_r))", np.maximum(rows, 0))
    case.out("around", "linear(x, b_r)", x @ weights("b", 128, 33, 40).T)
    case.out("beside", "linear(x, f_r)", x @ weights("f", 130, 7, 40).T)
    case.out("one", "linear(x[:1], d_r) * 0.5", x[:1] @ weights("d", 0, 20, 40).T * 0.5)
    image = case.input("image", case.numbers([1, 6, 9, 11]))
    case.out("often", "conv2d(image, c_r, padding=1)", ref.conv(image, weights("c", 0, 10, 6, 3, 3), padding=1))
    case.out("few", "conv2d(image, e_r, stride=4)", ref.conv(image, weights("e", 0, 10, 6, 3, 3), stride=4))


def quantised_rows_u8(case):
    quantised_rows(case, 128)


def blocks(case):
    """What passes by blocks from one sum to the next, sums of one tensor, views of what is joined."""
    case.ways = ["gnu-gcc", "iso-ram", "cuda", "cuda-brain", "opencl", "opencl-brain", "opencl-asan",
                 "images-half"]
    x = case.input("x", case.numbers([1, 3, 32, 48]))

    def conv(name, source, value, count, size, **more):
        """A layer with a ReLU; its value."""
        channels = 1 if "groups" in more else value.shape[1]
        w, b = case.weight(f"{name}.w", count, channels, size, size), case.weight(f"{name}.b", count)
        text = "".join(f", {k}={v}" for k, v in more.items())
        case.let(name, f"relu(conv2d({source}, {name}.w, {name}.b{text})) / 16")
        return np.maximum(ref.conv(value, w, b, **more), 0) / 16

    def residual(name, a, left, b, right, count):
        """Two convolutions of one pixel, added up."""
        w, v = (case.weight(f"{name}.{n}", count, x.shape[1], 1, 1) for n, x in (("w", left), ("v", right)))
        case.let(name, f"relu(conv2d({a}, {name}.w) + conv2d({b}, {name}.v)) / 16")
        return np.maximum(ref.conv(left, w) + ref.conv(right, v), 0) / 16

    corners = ["::2, ::2", "1::2, ::2", "::2, 1::2", "1::2, 1::2"]
    case.let("focus", "concat([" + ", ".join(f"x[:, :, {c}]" for c in corners) + "], dim=1)")
    f = np.concatenate([x[:, :, i::2, j::2] for j in (0, 1) for i in (0, 1)], 1)
    s = conv("stem", "focus", f, 16, 3, padding=1)
    d = conv("deep", "stem", s, 16, 3, padding=1, groups=16)
    p = conv("point", "deep", d, 24, 1)
    t = residual("twin", "deep", d, "point", p, 32)
    case.out("pooled", "mean(relu(conv2d(twin, last.w)), dim=[2, 3])",
             np.maximum(ref.conv(t, case.weight("last.w", 40, 32, 1, 1)), 0).mean((2, 3)))
    a, b = conv("left", "point", p, 12, 1), conv("right", "point", p, 12, 1)
    r = conv("inner", "left", a, 12, 3, padding=1)
    case.let("sum", "left + relu(conv2d(inner, back.w))")
    r = a + np.maximum(ref.conv(r, case.weight("back.w", 12, 12, 1, 1)), 0)
    case.let("both", "concat([sum, right], dim=1)")
    half = conv("down", "both", np.concatenate([r, b], 1), 24, 3, padding=1, stride=2)
    heads = []
    for n, (name, value) in enumerate([("both", np.concatenate([r, b], 1)), ("down", half)]):
        box, score = case.weight(f"box{n}.w", 4, 24, 1, 1), case.weight(f"score{n}.w", 3, 24, 1, 1)
        case.let(f"head{n}", f"concat([conv2d({name}, box{n}.w) / 64, "
                 f"sigmoid(conv2d({name}, score{n}.w) / 64)], dim=1)")
        parts = [ref.conv(value, box) / 64, ref.sigmoid(ref.conv(value, score) / 64)]
        heads.append(np.concatenate(parts, 1).reshape(1, 7, -1))
    joined = ", ".join(f"reshape(head{n}, [1, 7, -1])" for n in range(2))
    case.out("found", f"permute(concat([{joined}], dim=2), [0, 2, 1])",
             np.concatenate(heads, 2).transpose(0, 2, 1), 2e-5)


CASES = [
    convs, grouped, transposed, pools, matmuls, recurrent, network, quantised, groups, blocks,
    integers, matrices, quantised_u8, quantised_rows, quantised_rows_u8, weight_only
]
