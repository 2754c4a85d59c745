#!/usr/bin/env python3
"""Writes models/NAME.onnx and models/NAME.npz (in_0 …, out_0 …: what ONNX Runtime gives without
optimisation) for onnx_test.cc. Needs the Python packages onnx, onnxruntime and numpy; run it when
a case is added:

    python3 tests/onnx/make_models.py
"""

import pathlib

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

FOLDER = pathlib.Path(__file__).resolve().parent / "models"
RANDOM = np.random.default_rng(7)
OPSET = 18


def floats(*shape):
    return RANDOM.standard_normal(shape).astype(np.float32)


def ints(*values):
    return np.array(values, dtype=np.int64)


def node(op, inputs, outputs, **attributes):
    return helper.make_node(op, inputs.split(), outputs.split(), name=outputs.split()[0], **attributes)


def value(name, array):
    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)


def untyped(name):
    return onnx.ValueInfoProto(name=name)


def graph_of(nodes, inputs, outputs, weights, name="g"):
    return helper.make_graph(nodes, name, [value(k, v) for k, v in inputs.items()],
                             [untyped(o) for o in outputs],
                             [numpy_helper.from_array(w, k) for k, w in weights.items()])


def model_of(nodes, inputs, outputs, weights, opset=OPSET, functions=()):
    domains = sorted({n.domain for n in nodes if n.domain})
    imports = [helper.make_opsetid("", opset)] + [helper.make_opsetid(domain, 1) for domain in domains]
    model = helper.make_model(graph_of(nodes, inputs, outputs, weights), opset_imports=imports,
                              functions=list(functions))
    model.ir_version = 8
    return model


def with_output_types(model, results):
    for info, result in zip(model.graph.output, results):
        info.CopyFrom(value(info.name, np.asarray(result)))


def results_of(model, inputs):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(model.SerializeToString(), options).run(None, inputs)


def plain(array, width=None):
    """Strings as rows of bytes, of this width or that of the longest."""
    array = np.asarray(array)
    if array.dtype != object:
        return array
    encoded = np.array([s.encode() for s in array.ravel()], f"S{width}" if width else "S")
    return encoded.view(np.uint8).reshape(*array.shape, -1)


def save(name, model, inputs):
    results = results_of(model, inputs)
    with_output_types(model, results)
    onnx.save(model, FOLDER / f"{name}.onnx")
    arrays = {f"in_{i}": plain(v, 64) for i, v in enumerate(inputs.values())}
    arrays.update({f"out_{i}": plain(v) for i, v in enumerate(results)})
    np.savez_compressed(FOLDER / f"{name}.npz", **arrays)


def case(name, nodes, inputs, weights=None, opset=OPSET, functions=()):
    """Every value that no node uses is an output."""
    used = {i for n in nodes for i in n.input}
    outputs = [o for n in nodes for o in n.output if o and o not in used]
    weights = {k: w for k, w in (weights or {}).items() if k in used}
    save(name, model_of(nodes, inputs, outputs, weights, opset, functions), inputs)


def convolutions():
    x = {"x": floats(1, 4, 7, 6)}
    w = {"w": floats(6, 4, 3, 3), "b": floats(6), "wg": floats(6, 2, 3, 3), "wd": floats(4, 1, 3, 3),
         "wm": floats(8, 1, 3, 3), "w1": floats(5, 4, 1, 1), "wt": floats(4, 3, 3, 3), "wtg": floats(4, 3, 3, 2)}
    case("conv", [
        node("Conv", "x w b", "plain"),
        node("Conv", "x w b", "strided", strides=[2, 1], pads=[1, 2, 0, 1], dilations=[2, 1]),
        node("Conv", "x w", "same", auto_pad="SAME_LOWER", strides=[2, 2]),
        node("Conv", "x wg b", "grouped", group=2, pads=[1, 1, 1, 1]),
        node("Conv", "x wd", "depthwise", group=4, strides=[2, 2], pads=[1, 1, 1, 1]),
        node("Conv", "x wm", "multiplied", group=4),
        node("Conv", "x w1", "pointwise", strides=[2, 3]),
    ], x, w)
    case("conv_transpose", [
        node("ConvTranspose", "x wt", "plain"),
        node("ConvTranspose", "x wt", "strided", strides=[2, 3], pads=[1, 0, 1, 2], output_padding=[1, 0]),
        node("ConvTranspose", "x wt", "dilated", strides=[3, 2], dilations=[2, 2]),
        node("ConvTranspose", "x wtg", "grouped", group=2, strides=[2, 2]),
    ], x, w)
    case("conv_1d_3d", [node("Conv", "s ws", "one", pads=[1, 1]), node("Conv", "v wv", "three", strides=[1, 2, 1])],
         {"s": floats(2, 3, 8), "v": floats(1, 2, 4, 5, 3)}, {"ws": floats(2, 3, 3), "wv": floats(3, 2, 2, 3, 2)})


def pools():
    case("pool", [
        node("MaxPool", "x", "greatest", kernel_shape=[3, 2], strides=[2, 2], pads=[1, 0, 1, 1]),
        node("MaxPool", "x", "reaching", kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1),
        node("AveragePool", "x", "middle", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        node("AveragePool", "x", "padded", kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1),
        node("GlobalAveragePool", "x", "all"), node("GlobalMaxPool", "x", "top"),
        node("LRN", "x", "local", size=3),
    ], {"x": floats(1, 4, 7, 6)})


def resizes():
    sizes = {"up": np.array([1, 1, 2, 3], np.float32), "odd": np.array([1, 1, 1.7, 0.6], np.float32)}
    nodes = []
    for mode, scales, coordinates in [("nearest", "up", "asymmetric"), ("nearest", "odd", "half_pixel"),
                                      ("linear", "up", "half_pixel"), ("linear", "odd", "half_pixel"),
                                      ("cubic", "up", "half_pixel"), ("cubic", "odd", "pytorch_half_pixel")]:
        more = {"nearest_mode": "floor"} if mode == "nearest" else {}
        nodes.append(helper.make_node("Resize", ["x", "", scales], [mode + "_" + scales], mode=mode,
                                      coordinate_transformation_mode=coordinates, **more))
    case("resize", nodes, {"x": floats(1, 2, 4, 5)}, sizes)


def recurrent():
    def weights(gates, directions, suffix, hidden=4, inputs=3):
        return {"w" + suffix: floats(directions, gates * hidden, inputs), "r" + suffix: floats(directions, gates * hidden, hidden),
                "b" + suffix: floats(directions, 2 * gates * hidden)}
    both = {**weights(4, 1, "l"), **weights(3, 1, "g"), **weights(1, 1, "r"), "p": floats(1, 12)}
    for name, steps in (("recurrent_short", 3), ("recurrent_long", 12)):
        case(name, [
            node("LSTM", "x wl rl bl", "y h c", hidden_size=4),
            helper.make_node("LSTM", ["x", "wl", "rl", "bl", "", "h0", "h0", "p"], ["yp"], hidden_size=4),
            node("GRU", "x wg rg bg", "yg", hidden_size=4),
            node("GRU", "x wg rg bg", "yl", hidden_size=4, linear_before_reset=1),
            node("RNN", "x wr rr br", "yr", hidden_size=4),
        ], {"x": floats(steps, 2, 3), "h0": floats(1, 2, 4)}, both)


def shapes():
    case("shape_arithmetic", [
        node("Shape", "x", "s"), node("Gather", "s zero", "n"), node("Gather", "s two", "w"),
        node("Mul", "w two", "w2"), node("Unsqueeze", "n first", "n1"), node("Unsqueeze", "w2 first", "w1"),
        node("Div", "w1 twos", "half"), node("Concat", "n1 half minus", "target", axis=0),
        node("Reshape", "x target", "y"), node("Size", "x", "count"),
        node("ConstantOfShape", "target3", "filled", value=helper.make_tensor("v", TensorProto.FLOAT, [1], [2.5])),
        node("Range", "zero count2 two", "steps"), node("Flatten", "x", "flat", axis=2),
    ], {"x": floats(2, 3, 4)}, {"zero": np.array(0), "two": np.array(2), "first": ints(0), "minus": ints(-1),
                                "twos": ints(2), "target3": ints(2, 1), "count2": np.array(9)})
    case("movement", [
        node("Slice", "x from to axes steps", "sliced"), node("Transpose", "x", "turned", perm=[2, 0, 1]),
        node("Pad", "x pads", "zeros"), node("Pad", "x pads", "mirror", mode="reflect"),
        node("Pad", "x pads", "edges", mode="edge"), node("Split", "x parts", "a b", axis=1),
        node("Tile", "x repeats", "tiled"), node("Expand", "e wide", "grown"), node("Squeeze", "e", "thin"),
        node("DepthToSpace", "d", "space", blocksize=2), node("SpaceToDepth", "space", "depth", blocksize=2),
        node("Trilu", "x", "upper"), node("Concat", "x x", "twice", axis=-1),
    ], {"x": floats(2, 5, 4), "e": floats(3, 1), "d": floats(1, 8, 2, 3)},
         {"from": ints(-1, 1), "to": ints(-100, 4), "axes": ints(1, 2), "steps": ints(-2, 2),
          "pads": ints(0, 2, 1, 1, 0, 2), "parts": ints(2, 3), "repeats": ints(1, 2, 1), "wide": ints(2, 1, 4)})


def indexing():
    case("indexing", [
        node("Gather", "x i", "rows", axis=1), node("Gather", "x regular", "every", axis=2),
        node("GatherElements", "x at", "picked", axis=1), node("GatherND", "x tuples", "points"),
        node("ScatterElements", "x at upd", "put", axis=1), node("ScatterND", "x tuples one", "added", reduction="add"),
        node("OneHot", "i depth values", "hot"), node("CumSum", "x axis", "running"),
        node("TopK", "x k", "best where"), node("ArgMax", "x", "arg", axis=2), node("Where", "c x zero", "chosen"),
    ], {"x": floats(2, 4, 5), "i": ints(3, -1, 0), "c": RANDOM.random((2, 4, 5)) < 0.5},
         {"at": RANDOM.integers(-4, 4, (2, 1, 5)), "tuples": ints(1, 0, 0, 3, 1, -1).reshape(3, 2), "upd": floats(2, 1, 5),
          "one": floats(3, 5), "depth": ints(4), "values": np.array([0, 2], np.float32), "axis": np.array(1),
          "k": ints(3), "zero": np.array(0, np.float32), "regular": ints(0, 2, 4)})


def arithmetic():
    unary = ["Abs", "Ceil", "Erf", "Exp", "Floor", "HardSigmoid", "HardSwish", "Neg", "Relu", "Round", "Sigmoid",
             "Softplus", "Softsign", "Tanh", "Elu", "Selu", "LeakyRelu", "Sin", "Cos", "Atan", "Sinh", "Mish", "Sign"]
    nodes = [node(op, "x", op.lower()) for op in unary]
    nodes += [node("Log", "abs", "log"), node("Sqrt", "abs", "sqrt"), node("Reciprocal", "x", "reciprocal")]
    nodes += [node("Pow", "abs p", "power"), node("Pow", "x three", "cube"), node("PRelu", "x slope", "prelu")]
    nodes += [node("Clip", "x low high", "clip"), node("Max", "x slope p", "max"), node("Div", "x p", "div")]
    nodes += [node("Less", "x slope", "less"), node("Div", "i j", "whole"), node("Mod", "i j", "rest"),
              node("Mod", "i j", "frest", fmod=1), node("Cast", "x", "cast", to=TensorProto.INT32)]
    case("elementwise", nodes, {"x": 2 * floats(3, 4), "i": ints(7, -7, 8, -8)},
         {"p": np.abs(floats(4)) + 1, "three": np.array(3, np.float32), "slope": floats(4), "low": np.array(-1, np.float32),
          "high": np.array(1, np.float32), "j": ints(2, 2, -3, -3)})


def products():
    x = {"a": floats(2, 3, 4), "b": floats(4, 5), "v": floats(4)}
    case("products", [
        node("MatMul", "a b", "batch"), node("MatMul", "a v", "column"), node("MatMul", "v b", "row"),
        node("Gemm", "c d e", "gemm", transA=1, alpha=0.5, beta=2.0), node("Einsum", "a a", "gram", equation="bij,bkj->bik"),
        node("Einsum", "a b v", "chain", equation="bij,jk,j->bk"), node("Einsum", "a", "summed", equation="...j->..."),
    ], x, {"c": floats(4, 3), "d": floats(4, 5), "e": floats(5)})


def reductions():
    kinds = ["L1", "L2", "LogSumExp", "Max", "Mean", "Min", "Prod", "Sum", "SumSquare"]
    nodes = [node("Reduce" + k, "x axes", k.lower(), keepdims=i % 2) for i, k in enumerate(kinds)]
    nodes += [node("Softmax", "x", "softmax", axis=1), node("LogSoftmax", "x", "log")]
    nodes += [node("LayerNormalization", "x s b", "layer"), node("InstanceNormalization", "x c c", "instance"),
              node("BatchNormalization", "x c c c v", "batch")]
    case("reductions", nodes, {"x": floats(2, 3, 4)},
         {"axes": ints(0, -1), "s": floats(4), "b": floats(4), "c": floats(3), "v": np.abs(floats(3))})
    case("softmax_of_old", [node("Softmax", "x", "y", axis=1)], {"x": floats(2, 3, 4)}, opset=11)


def control():
    def branch(op):
        return helper.make_graph([node(op, "x y", "r")], op, [], [untyped("r")])
    nodes = [helper.make_node("If", ["c"], ["picked"], then_branch=branch("Add"), else_branch=branch("Mul")),
             helper.make_node("If", ["known"], ["taken"], then_branch=branch("Sub"), else_branch=branch("Div"))]
    case("branches", nodes, {"x": floats(3), "y": floats(3), "c": np.array(False)}, {"known": np.array(True)})
    body = [node("Mul", "a a", "s"), node("Add", "s b", "r"),
            node("LeakyRelu", "r", "t")]
    reference = onnx.AttributeProto(name="alpha", ref_attr_name="slope", type=onnx.AttributeProto.FLOAT)
    body[2].attribute.append(reference)
    function = helper.make_function("local", "SquarePlus", ["a", "b"], ["t"], body, [helper.make_opsetid("", OPSET)], ["slope"])
    case("function", [helper.make_node("SquarePlus", ["x", "y"], ["z"], domain="local", slope=0.25)],
         {"x": floats(3), "y": floats(3)}, functions=[function])


def quantised():
    case("quantised", [
        node("QuantizeLinear", "x s z", "q"), node("DequantizeLinear", "q s z", "d"),
        node("DequantizeLinear", "w sw", "dw", axis=0), node("MatMul", "d dw", "y"),
    ], {"x": floats(3, 4)}, {"s": np.array(0.02, np.float32), "z": np.array(5, np.int8),
                             "w": RANDOM.integers(-128, 127, (4, 2)).astype(np.int8), "sw": np.abs(floats(4))})


def suppression():
    corner = RANDOM.random((1, 12, 2)).astype(np.float32)
    boxes = np.concatenate([corner, corner + 0.4], axis=2)
    case("suppression", [node("NonMaxSuppression", "boxes scores k iou low", "kept")],
         {"boxes": boxes, "scores": RANDOM.random((1, 2, 12)).astype(np.float32)},
         {"k": ints(4), "iou": np.array([0.4], np.float32), "low": np.array([0.2], np.float32)}, opset=11)


def strings():
    words = np.array([["apple", "Bob", ""], ["cherry pie", "a-b-c", "Zoë"]], object)
    mapper = helper.make_node("CategoryMapper", ["s"], ["codes"], domain="ai.onnx.ml", cats_strings=["Bob", "apple"],
                              cats_int64s=[7, 9], default_int64=-5)
    back = helper.make_node("CategoryMapper", ["n"], ["words"], domain="ai.onnx.ml", cats_strings=["one", "two"],
                            cats_int64s=[1, 2], default_string="some other number")
    case("strings", [
        node("Gather", "s last", "gathered", axis=1), node("Transpose", "s", "turned"), node("Reshape", "s wide", "shaped"),
        node("Where", "c s alt", "chosen"), node("Concat", "s s", "joined", axis=0), node("Equal", "s alt", "equal"),
        node("StringConcat", "s alt", "longer"), node("RegexFullMatch", "s", "matched", pattern="[a-z]+( pie)?|.{3}"),
        node("Size", "s", "size"), mapper, back,
    ], {"s": words, "c": np.array([[1, 0, 1], [0, 1, 0]], bool), "n": ints(2, 5, 1)},
         {"alt": np.array(["x", "Bob", "zzz"], object), "last": ints(2, -3), "wide": ints(3, 2)}, opset=20)


def theirs(op, inputs, outputs, **attributes):
    """An operator of com.microsoft; "-" is an operand or a result that is not there."""
    inputs, outputs = (["" if i == "-" else i for i in names.split()] for names in (inputs, outputs))
    return helper.make_node(op, inputs, outputs, domain="com.microsoft", **attributes)


def microsoft():
    case("microsoft", [
        theirs("BiasGelu", "x b", "bias_gelu"), theirs("FastGelu", "x b", "fast_gelu"),
        theirs("FusedMatMul", "m x", "product", transA=1, alpha=0.5), theirs("FusedMatMul", "x m2", "turned", transB=1),
        theirs("FusedGemm", "g h c", "gemm", transB=1, alpha=0.5, beta=2.0, activation="LeakyRelu", activation_alpha=0.1),
        theirs("SkipLayerNormalization", "x x2 s b b", "layer - - total", epsilon=1e-5),
        theirs("SkipSimplifiedLayerNormalization", "x x2 s b", "rms"),
        helper.make_node("SimplifiedLayerNormalization", ["x", "s"], ["rms2"], axis=-1, epsilon=1e-5),
        theirs("EmbedLayerNormalization", "ids ids2 words places kinds s b mask", "embedded lengths"),
    ], {"x": floats(2, 3, 4), "x2": floats(2, 3, 4), "m": floats(2, 3, 5), "g": floats(3, 4),
        "ids": RANDOM.integers(0, 6, (2, 3)).astype(np.int32),
        "ids2": RANDOM.integers(0, 2, (2, 3)).astype(np.int32), "mask": np.array([[1, 1, 1], [1, 1, 0]], np.int32)},
         {"b": floats(4), "m2": floats(2, 6, 4), "h": floats(5, 4), "c": floats(5),
          "s": floats(4), "words": floats(6, 4), "places": floats(8, 4), "kinds": floats(2, 4)})
    past = {"k_past": floats(2, 2, 3, 16), "v_past": floats(2, 2, 3, 16)}
    case("microsoft_attention", [
        theirs("Attention", "x w b mask", "plain", num_heads=2),
        theirs("Attention", "x w b lengths past", "masked present", num_heads=2, unidirectional=1, scale=0.4),
        theirs("MultiHeadAttention", "q k v b", "own", num_heads=2),
        theirs("MultiHeadAttention", "q k v - mask wide", "cross", num_heads=2),
        theirs("RotaryEmbedding", "x4 at cos sin", "rotary"),
        theirs("RotaryEmbedding", "x start cos sin", "flat", interleaved=1, num_heads=2),
    ], {"x": floats(2, 4, 8), "q": floats(2, 3, 8), "k": floats(2, 4, 8), "v": floats(2, 4, 8), "x4": floats(2, 2, 4, 4),
        "mask": np.array([[1, 1, 1, 0], [1, 1, 1, 1]], np.int32), "lengths": np.array([[1] * 7, [1] * 5 + [0] * 2], np.int32),
        "past": floats(2, 2, 2, 3, 4), "wide": floats(1, 2, 3, 4), "at": RANDOM.integers(0, 9, (2, 4)), "start": ints(2)},
         {"w": floats(8, 24), "b": floats(24), "cos": floats(9, 2), "sin": floats(9, 2)})
    case("microsoft_grouped", [
        theirs("GroupQueryAttention", "q k v k_past v_past last total", "y keys values", num_heads=4, kv_num_heads=2),
        theirs("GroupQueryAttention", "q k v k_past v_past last total cos sin", "r rk rv", num_heads=4, kv_num_heads=2,
               do_rotary=1, local_window_size=2),
        theirs("GroupQueryAttention", "p - - - - last2 total2 cos sin", "first fk fv", num_heads=4, kv_num_heads=2, do_rotary=1,
               rotary_interleaved=1, softcap=2.0, scale=0.3),
    ], {"q": floats(2, 1, 64), "k": floats(2, 1, 32), "v": floats(2, 1, 32), **past, "p": floats(2, 4, 128),
        "last": np.array([3, 3], np.int32)},
         {"total": np.array(4, np.int32), "total2": np.array(4, np.int32), "last2": np.array([3, 3], np.int32),
          "cos": floats(9, 8), "sin": floats(9, 8)})


def microsoft_quantised():
    def bytes_of(*shape):
        return RANDOM.integers(0, 256, shape).astype(np.uint8)

    def scale(number):
        return np.array(number, np.float32)

    constants = {"sa": scale(0.031), "sb": scale(0.017), "sy": scale(0.043), "za": np.array(120, np.uint8),
                 "zb": np.array(131, np.uint8), "zy": np.array(99, np.uint8)}
    case("microsoft_quantised", [
        theirs("QLinearAdd", "a sa za b sb zb sy zy", "added"), theirs("QLinearMul", "a sa za b sb zb sy zy", "multiplied"),
        theirs("QLinearSigmoid", "a sa za s1 z1", "sigmoid"), theirs("QLinearLeakyRelu", "a sa za sy zy", "leaky", alpha=0.1),
        theirs("QLinearGlobalAveragePool", "m sa za sy zy", "pooled", channels_last=0),
        theirs("QLinearConcat", "sy zy a sa za b sb zb", "joined", axis=1),
        theirs("QLinearSoftmax", "a sa za s1 z1", "softmax", axis=-1, opset=13),
        theirs("QLinearWhere", "c a sa za b sb zb sy zy", "chosen"),
        theirs("QGemm", "g sa za h sh zh bias sy zy", "gemm", transB=1), theirs("QGemm", "g sa za h sh zh bias", "real", transB=1),
        theirs("MatMulIntegerToFloat", "g h2 sa sh za zh rb", "product"),
        theirs("DynamicQuantizeMatMul", "x h2 sh zh rb", "dynamic"),
        theirs("QuantizeLinear", "x sx zx", "wide"), theirs("DequantizeLinear", "wide sx zx", "back"),
    ], {"a": bytes_of(2, 3, 4), "b": bytes_of(2, 3, 4), "m": bytes_of(1, 3, 4, 5), "g": bytes_of(3, 4), "x": floats(3, 4),
        "c": RANDOM.random((2, 3, 4)) < 0.5},
         {**constants, "s1": scale(1 / 256), "z1": np.array(0, np.uint8), "h": bytes_of(5, 4), "h2": bytes_of(4, 5),
          "sh": scale(0.011), "zh": np.array(127, np.uint8), "bias": RANDOM.integers(-500, 500, 5).astype(np.int32),
          "rb": floats(5), "sx": scale(1e-4), "zx": np.array(3, np.int16)})
    case("microsoft_bits", [
        theirs("MatMulNBits", "x w4 s", "four", K=40, N=6, bits=4, block_size=16),
        theirs("MatMulNBits", "x w4 s z4", "zeros", K=40, N=6, bits=4, block_size=16),
        theirs("MatMulNBits", "x w8 s z8 - b", "eight", K=40, N=6, bits=8, block_size=16),
    ], {"x": floats(2, 3, 40)},
         {"w4": bytes_of(6, 3, 8), "w8": bytes_of(6, 3, 16), "s": floats(6, 3), "z4": bytes_of(6, 2), "z8": bytes_of(6, 3),
          "b": floats(6)})


def microsoft_saved():
    """What ONNX Runtime's optimiser and quantiser write into the models that they save."""
    def bytes_of(*shape):
        return RANDOM.integers(0, 256, shape).astype(np.uint8)

    def scale(number):
        return np.array(number, np.float32)

    case("microsoft_saved", [
        theirs("FusedConv", "x w b z", "added", pads=[1, 1, 1, 1], activation="Relu"),
        theirs("FusedConv", "x w", "leaky", strides=[2, 2], activation="LeakyRelu", activation_params=[0.1]),
        theirs("FusedConv", "x w b", "hard", auto_pad="SAME_UPPER", activation="HardSigmoid", activation_params=[0.3, 0.4]),
        theirs("FusedConv", "x w b", "clipped", activation="Clip", activation_params=[-0.5, 0.8]),
        theirs("QLinearConv", "q sx zx k sk zk sy zy c", "conv", channels_last=1, strides=[1, 2], pads=[1, 0, 1, 0]),
        theirs("QLinearAveragePool", "q sx zx sp zy", "mean", channels_last=1, kernel_shape=[2, 3], pads=[0, 1, 0, 1]),
        theirs("QLinearAveragePool", "q sx zx sp zy", "mean2", kernel_shape=[2, 2], strides=[2, 2]),
        theirs("NhwcMaxPool", "q", "most", kernel_shape=[2, 2], strides=[1, 2]),
        theirs("MatMulBnb4", "m n a", "fp4", K=24, N=4, block_size=16, quant_type=0),
        theirs("MatMulBnb4", "m n a", "nf4", K=24, N=4, block_size=16, quant_type=1),
        theirs("GatherBlockQuantized", "table ids ts tz", "rows", bits=4, block_size=16, gather_axis=0, quantize_axis=1),
        theirs("GatherBlockQuantized", "table ids ts", "plain", bits=4, block_size=16, gather_axis=0, quantize_axis=1),
        theirs("QAttention", "aq aw ab sx sk mask zx zk", "attention", num_heads=2),
    ], {"x": floats(1, 4, 6, 5), "z": floats(1, 3, 6, 5), "q": bytes_of(1, 6, 6, 4), "m": floats(2, 24),
        "ids": ints(2, 0, 5), "aq": bytes_of(2, 3, 8), "mask": np.array([[1, 1, 0], [1, 1, 1]], np.int32)},
         {"w": floats(3, 4, 3, 3), "b": floats(3), "k": bytes_of(5, 4, 3, 3), "sx": scale(0.02), "zx": np.array(120, np.uint8),
          "sk": scale(0.01), "zk": np.array(128, np.uint8), "sy": scale(0.05), "sp": scale(0.0437), "zy": np.array(110, np.uint8),
          "c": RANDOM.integers(-500, 500, 5).astype(np.int32), "n": bytes_of(48), "a": RANDOM.random(6).astype(np.float32),
          "table": bytes_of(6, 16), "ts": floats(6, 2), "tz": bytes_of(6, 1), "aw": bytes_of(8, 24), "ab": floats(24)})


def external():
    x, w = {"x": floats(2, 8)}, {"w": floats(8, 4)}
    model = model_of([node("MatMul", "x w", "y")], x, ["y"], w)
    save("external", model, x)
    onnx.save(model, FOLDER / "external.onnx", save_as_external_data=True, location="external.bin", size_threshold=0)


def main():
    FOLDER.mkdir(exist_ok=True)
    for make in (convolutions, pools, resizes, recurrent, shapes, indexing, arithmetic, products, reductions,
                 control, quantised, suppression, strings, external, microsoft, microsoft_quantised,
                 microsoft_saved):
        make()


if __name__ == "__main__":
    main()
