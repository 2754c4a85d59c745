"""Functions of one element or of a row: special values, other number types, norms, reductions."""
import math

import numpy as np

import reference as ref

TINY = np.float32(1e-40)  # a denormal
SPECIAL = np.array([
    0, -0.0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 0.49999997, 3.7, -3.7, 16777216, -8388609, np.inf,
    -np.inf, np.nan, TINY, -TINY, 1.1754944e-38, 3.4028235e38, -3.4028235e38, 88.7, -87.5, -103.9,
    1e10, -1e10, 0.1, -0.1, 2147483647, -2147483904, 255.5, 6
], "float32")


def special(case):
    """The same bits where the arithmetic defines them."""
    case.input("x", SPECIAL)
    case.input("y", np.roll(SPECIAL, 5))
    x, y = SPECIAL, np.roll(SPECIAL, 5)
    nan = np.isnan(x)
    case.exactly("neg", "-x", -x)
    case.exactly("abs", "abs(x)", np.abs(x), "=")
    case.exactly("floor", "floor(x)", np.floor(x))
    case.exactly("ceil", "ceil(x)", np.ceil(x))
    case.exactly("trunc", "trunc(x)", np.trunc(x))
    case.exactly("round", "round(x)", np.round(x))
    case.exactly("sqrt", "sqrt(x)", np.sqrt(x))
    case.exactly("sum", "x + y", x + y)
    case.exactly("difference", "x - y", x - y)
    case.exactly("product", "x * y", x * y)
    case.exactly("quotient", "x / y", x / y)
    case.exactly("reciprocal", "1 / x", np.float32(1) / x)
    case.exactly("half", "x / 2", x / np.float32(2))
    case.exactly("less", "x < y", x < y)
    case.exactly("at_least", "x >= y", x >= y)
    case.exactly("equal", "x == y", x == y)
    case.exactly("unequal", "x != y", x != y)
    case.exactly("is_nan", "isnan(x)", nan)
    case.exactly("either", "where(x < y, x, y)", np.where(x < y, x, y))
    case.exactly("relu", "relu(x)", np.where(nan, x, np.maximum(x, 0)), "=")
    case.exactly("relu6", "relu6(x)", np.where(nan, x, np.clip(x, 0, 6)), "=")
    case.exactly("leaky", "leaky_relu(x, 0.5)", np.where(x < 0, x * np.float32(0.5), x))
    case.exactly("clamped", "clamp(x, -1.5, 2)",
                 np.where(nan, x, np.clip(x, -1.5, 2)).astype("float32"))
    case.exactly("to_i32", "cast(x, i32)", saturated(x, "int32"))
    case.exactly("to_u8", "cast(x, u8)", saturated(x, "uint8"))
    case.exactly("to_i8", "cast(x, i8)", saturated(x, "int8"))
    case.exactly("to_bool", "cast(x, bool)", x != 0)


def saturated(x, dtype):
    info = np.iinfo(dtype)
    kept = np.where(np.isnan(x), 0, x.astype("float64"))
    return np.trunc(np.clip(kept, info.min, info.max)).astype(dtype)


def functions(case):
    """Relative to the largest finite value of the output; infinities and NaN in the same places."""
    x = case.input("x", SPECIAL)
    near = case.input("n", np.linspace(-4, 4, 50).astype("float32"))
    unit = case.input("u", np.linspace(-1, 1, 41).astype("float32"))
    up = case.input("p", np.geomspace(1e-40, 1e38, 60).astype("float32"))
    case.out("exp_all", "exp(clamp(x, -200, 80))", np.exp(np.where(x != x, x, np.clip(x, -200,
                                                                                      80))))
    case.out("exp_ends", "exp(x) == inf", np.exp(x) > 3.4028235e38, "bits", "bool")
    case.out("exp_low", "exp(n * 3 - 90) * 16777216.0 * 16777216.0 * 16777216.0 * 16777216.0",
             np.exp(near * 3 - 90) * 2.0**96, 1e-3)
    case.out("log_all", "log(x)", np.log(x))
    case.out("log_up", "log(p)", np.log(up))
    case.out("sigmoid_all", "sigmoid(x)", ref.sigmoid(x))
    case.out("tanh_all", "tanh(x)", np.tanh(x))
    case.out("erf_all", "erf(x)", ref.erf(x))
    case.out("softplus", "softplus(n * 20)", np.log1p(np.exp(near * 20)))
    case.out("rsqrt", "rsqrt(p + 1)", 1 / np.sqrt(up + 1))
    erf = ref.erf(near / math.sqrt(2))
    case.out("gelu", "gelu(n)", near * 0.5 * (1 + erf))
    inner = math.sqrt(2 / math.pi) * (near + 0.044715 * near**3)
    case.out("gelu_tanh", 'gelu(n, "tanh")', near * 0.5 * (1 + np.tanh(inner)))
    case.out("silu", "silu(n)", near * ref.sigmoid(near))
    case.out("mish", "mish(n)", near * np.tanh(np.log1p(np.exp(near))))
    case.out("elu", "elu(n, 0.75)", np.where(near < 0, 0.75 * np.expm1(near), near))
    selu = 1.0507009873554805 * np.where(near < 0, 1.6732632423543772 * np.expm1(near), near)
    case.out("selu", "selu(n)", selu)
    case.out("hardswish", "hardswish(n)", near * np.clip(near / 6 + 0.5, 0, 1))
    for name, function in [("sin", np.sin), ("cos", np.cos), ("sinh", np.sinh), ("cosh", np.cosh),
                           ("atan", np.arctan), ("tan", np.tan)]:
        scale = "" if name != "tan" else " * 0.3"
        case.out(name, f"{name}(n{scale})", function(near * (0.3 if scale else 1)))
    case.out("asin", "asin(u)", np.arcsin(unit))
    case.out("acos", "acos(u)", np.arccos(unit))
    case.out("power", "pow(abs(n) + 0.25, 2.5)", (np.abs(near) + 0.25)**2.5)
    case.out("square", "n ** 2", near**2)
    case.out("cube", "n ** 3", near**3)
    case.out("fmod", "fmod(n * 3, 1.25)", np.fmod(near * 3, 1.25))
    case.out("modulo", "(n * 3) % 1.25", np.mod((near * 3), 1.25))


def types(case):
    random = case.random
    for bits in (8, 16, 32, 64):
        for kind in ("i", "u"):
            dtype = {"i": "int", "u": "uint"}[kind] + str(bits)
            info = np.iinfo(dtype)
            a = random.randint(info.min, info.max, 12, dtype=dtype)
            b = random.randint(info.min, info.max, 12, dtype=dtype)
            a[:4], b[:4] = [info.min, info.max, info.max, 0], [info.max, info.max, 1, 3]
            a, b = case.input(f"a_{kind}{bits}", a), case.input(f"b_{kind}{bits}", b)
            at, bt = f"a_{kind}{bits}", f"b_{kind}{bits}"
            case.exactly(f"sum_{kind}{bits}", f"{at} + {bt}", a + b)
            case.exactly(f"product_{kind}{bits}", f"{at} * {bt} - {at}", a * b - a)
            case.exactly(f"less_{kind}{bits}", f"{at} < {bt}", a < b)
            case.exactly(f"most_{kind}{bits}", f"maximum({at}, {bt})", np.maximum(a, b))
            safe = np.where(b == 0, 1, b).astype(dtype)
            if kind == "i":
                case.exactly(f"mod_{kind}{bits}", f"{at} % where({bt} == 0, 1, {bt})",
                             np.mod(a, safe))
    d = case.input("d", np.linspace(-3, 3, 11))
    case.out("double", "sum(exp(d) * d / 3) + d[0]",
             np.sum(np.exp(d) * d / 3) + d[0], 1e-12, "float64")
    t = case.input("t", random.randint(0, 2, [4, 6]).astype(bool))
    case.exactly("any", "logical_or(t[0], logical_not(t[1]))", t[0] | ~t[1])
    case.exactly("count", "sum(cast(t, i32), dim=1)", t.sum(1).astype("int32"))
    case.exactly("selected", "where(t, 7, a_i32[0])",
                 np.where(t, 7, case.inputs["a_i32"][0]).astype("int32"))
    case.exactly("narrow", "cast(cast(a_i64, i16), i64)",
                 case.inputs["a_i64"].astype("int16").astype("int64"))
    pixel = case.inputs["a_u8"]
    case.out("pixel", "cast(a_u8, f32) / 255 - 0.5", pixel / 255.0 - 0.5)


def norms(case):
    x = case.input("x", case.numbers([2, 6, 5, 7]))
    r = case.input("r", case.numbers([3, 100]) * np.float32(20))
    g, b = case.weight("g", 6), case.weight("b", 6)
    g7, b7 = case.weight("g7", 7), case.weight("b7", 7)
    for axis in range(4):
        case.out(f"softmax{axis}", f"softmax(x, dim={axis})", ref.softmax(x, axis))
    case.out("large", "softmax(r)", ref.softmax(r))
    case.out("logs", "log_softmax(r)", np.log(ref.softmax(r)))
    case.out("log_sum", "logsumexp(x, dim=1)", np.log(np.exp(x).sum(1)))
    case.out("layer", "layer_norm(x, g7, b7)", ref.normalise(x, (3, )) * g7 + b7)
    case.out("layers", "layer_norm(x, dim=1)", ref.normalise(x, (1, 2, 3)))
    case.out("long", "layer_norm(r)", ref.normalise(r, (1, )))
    rms = r / np.sqrt((r**2).mean(1, keepdims=True) + 1e-5)
    case.out("rms", "rms_norm(r)", rms)
    groups = ref.normalise(x.reshape(2, 3, -1), (2, )).reshape(x.shape)
    affine = lambda t: t * g.reshape(1, -1, 1, 1) + b.reshape(1, -1, 1, 1)
    case.out("group", "group_norm(x, 3, g, b)", affine(groups))
    case.out("instance", "instance_norm(x, g, b)", affine(ref.normalise(x, (2, 3))))
    squares = np.pad(x**2, [(0, 0), (1, 1), (0, 0), (0, 0)])
    near = sum(squares[:, i:i + 6] for i in range(3))
    case.out("response", "local_response_norm(x, 3, alpha=0.1)", x / (1 + 0.1 * near / 3)**0.75)
    case.out("variance", "var(x, dim=2)", x.var(2, ddof=1))


def reductions(case):
    x = case.input("x", case.numbers([3, 5, 6, 10]) / np.float32(2))
    for axis in range(4):
        case.out(f"sum{axis}", f"sum(x, dim={axis})", x.sum(axis))
        case.out(f"most{axis}", f"amax(x, dim={axis}, keepdim=true)", x.max(axis, keepdims=True),
                 "=")
        case.exactly(f"argmax{axis}", f"argmax(x, dim={axis})", x.argmax(axis).astype("int64"))
    case.out("sum_ends", "sum(x, dim=[0, 3])", x.sum((0, 3)))
    case.out("sum_middle", "mean(x, dim=[1, 2])", x.mean((1, 2)))
    case.out("all", "sum(x)", x.sum())
    case.out("least", "amin(x)", x.min(), "=")
    case.out("product", "prod(x + 2, dim=2)", (x + 2).prod(2))
    case.exactly("argmin", "argmin(x, dim=1)", x.argmin(1).astype("int64"))
    case.let("top, where_top", "topk(x[0, 0], 3)")
    order = np.argsort(-x[0, 0], axis=1, kind="stable")[:, :3]
    case.out("top", "top", np.take_along_axis(x[0, 0], order, 1), "=")
    case.exactly("top_at", "where_top", order.astype("int64"))
    case.out("relu_sum", "sum(relu(x - 0.5) * x, dim=3)", (np.maximum(x - 0.5, 0) * x).sum(3))
    case.out("nested", "sum(x * sum(x, dim=3, keepdim=true), dim=[0, 1])",
             (x * x.sum(3, keepdims=True)).sum((0, 1)))


INTEGERS = [kind + str(bits) for bits in (8, 16, 32, 64) for kind in ("i", "u")]


def dtype_of(name):
    return {"i": "int", "u": "uint", "f": "float"}[name[0]] + name[1:]


def any_integers(case, name, count):
    """Of all magnitudes, the ends among them."""
    info = np.iinfo(dtype_of(name))
    wide = case.random.randint(info.min, info.max, count, dtype=dtype_of(name))
    shifts = case.random.randint(0, info.bits, count).astype(dtype_of(name))
    wide = wide >> shifts
    wide[:4] = [info.min, info.max, 0, 1]
    return wide


def vectors(case):
    """Whole vectors of each number type: arithmetic, comparisons, selections."""
    for t in INTEGERS:
        a, b = any_integers(case, t, 64), any_integers(case, t, 64)[::-1].copy()
        case.input(f"a_{t}", a)
        case.input(f"b_{t}", b)
        x, y = f"a_{t}", f"b_{t}"
        case.exactly(f"sum_{t}", f"{x} + {y} * {x} - {y}", a + b * a - b)
        case.exactly(f"sign_{t}", f"where({x} < {y}, {x}, -{y})", np.where(a < b, a, -b))
        case.exactly(f"middle_{t}", f"minimum(maximum({x}, {y}), 100)",
                     np.minimum(np.maximum(a, b), np.array(100, a.dtype)))
        case.exactly(f"same_{t}", f"logical_or({x} == {y}, logical_not({x} < 7))", (a == b) | ~(a < 7))
        safe = np.where(b == 0, 1, b).astype(a.dtype)
        case.exactly(f"rest_{t}", f"{x} + ({y} % where({y} == 0, 1, {y}))", a + np.mod(b, safe))
        total = a.astype(dtype_of(t)).sum(dtype=dtype_of(t))
        case.exactly(f"total_{t}", f"sum({x})", total)
        case.exactly(f"least_{t}", f"amin({x} + {y})", (a + b).min())
    d = case.input("d", case.numbers([64], "float64") + 1e-9)
    case.out("whole_f64", "trunc(d * 8) - floor(d)", np.trunc(d * 8) - np.floor(d), 1e-15, "float64")
    case.out("root_f64", "where(d < 0, -d, sqrt(d))", np.where(d < 0, -d, np.sqrt(np.abs(d))), 1e-15,
             "float64")
    case.out("exp_f64", "exp(d) + sin(d) * log(d * d)", np.exp(d) + np.sin(d) * np.log(d * d), 1e-14,
             "float64")
    t = case.input("t", case.random.randint(0, 2, 64).astype(bool))
    u = case.input("u", case.random.randint(0, 2, 64).astype(bool))
    case.exactly("logic", "logical_xor(logical_and(t, u), logical_not(t)) == (t < u)",
                 ((t & u) ^ ~t) == (~t & u))
    x = case.input("x", case.numbers([64]))
    case.out("mixed", "where(logical_and(t, x < cast(a_i8, f32)), d, x) + a_u16",
             np.where(t & (x < case.inputs["a_i8"]), d, x) + case.inputs["a_u16"], 1e-15, "float64")
    case.out("counted", "cast(t, f32) * 3 + cast(u, i16)", t * 3.0 + u)


def cast_from(case, sources):
    """To each number type, whole vectors at a time."""
    for t, value in sources.items():
        case.input(f"x_{t}", value)
        for to in INTEGERS + ["f32", "f64"]:
            saturates = t[0] == "f" and to[0] != "f"
            want = clamped(value, dtype_of(to)) if saturates else value.astype(dtype_of(to))
            if to != t:
                case.outputs.append((f"{t}_{to}", f"cast(x_{t}, {to})", want, "bits"))
        if t != "bool":
            case.exactly(f"{t}_bool", f"cast(x_{t}, bool)", value != 0)


def casts_narrow(case):
    cast_from(case, {t: any_integers(case, t, 64) for t in INTEGERS[:4]})


def casts_wide(case):
    cast_from(case, {t: any_integers(case, t, 64) for t in INTEGERS[4:]})


def casts_float(case):
    ends = [2.0**k for k in (7, 8, 15, 16, 31, 32, 63, 64)]
    special = [0, -0.0, 0.5, -0.5, -1, 1.5, -1.5, np.nan, np.inf, -np.inf, 1e30, -1e30]
    special += ends + [-e for e in ends] + [np.nextafter(np.float32(e), np.float32(0)) for e in ends]
    special += [-np.nextafter(np.float32(e), np.float32(np.inf)) for e in ends] + [99.9] * 12
    single, double = np.array(special, "float32"), np.array(special, "float64")
    double[-4:] = [2147483647.5, -2147483648.5, 127.99999999, 4294967295.5]
    flags = case.random.randint(0, 2, 64).astype(bool)
    cast_from(case, {"f32": single, "f64": double, "bool": flags})


def clamped(x, dtype):
    """x towards zero, saturated: in Python's integers, since no float holds all ends."""
    info = np.iinfo(dtype)
    whole = [0 if v != v else info.max if v > 1e30 else info.min if v < -1e30 else int(v)
             for v in x.tolist()]
    return np.array([min(max(v, info.min), info.max) for v in whole], dtype)


CASES = [special, functions, types, norms, reductions, vectors, casts_narrow, casts_wide, casts_float]
