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
    imports = [helper.make_opsetid("", opset)] + [helper.make_opsetid(f.domain, 1) for f in functions]
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


def save(name, model, inputs):
    results = results_of(model, inputs)
    with_output_types(model, results)
    onnx.save(model, FOLDER / f"{name}.onnx")
    arrays = {f"in_{i}": v for i, v in enumerate(inputs.values())}
    arrays.update({f"out_{i}": np.asarray(v) for i, v in enumerate(results)})
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
                                      ("linear", "up", "half_pixel"), ("linear", "odd", "align_corners"),
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


def external():
    x, w = {"x": floats(2, 8)}, {"w": floats(8, 4)}
    model = model_of([node("MatMul", "x w", "y")], x, ["y"], w)
    save("external", model, x)
    onnx.save(model, FOLDER / "external.onnx", save_as_external_data=True, location="external.bin", size_threshold=0)


def main():
    FOLDER.mkdir(exist_ok=True)
    for make in (convolutions, pools, resizes, recurrent, shapes, indexing, arithmetic, products, reductions,
                 control, quantised, suppression, external):
        make()


if __name__ == "__main__":
    main()
