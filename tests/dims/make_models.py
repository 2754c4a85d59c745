#!/usr/bin/env python3
"""Writes the ONNX models of the cases: cases/NAME/model.onnx, and what tests/errors has to refuse. Only
needed to change them; wants the package onnx."""
import pathlib

import onnx
from onnx import parser

HERE = pathlib.Path(__file__).resolve().parent

# Every way in which exporters say a shape: Shape, Gather, Slice, Concat, arithmetic, -1 and 0.
LENGTHS = """
<ir_version: 8, opset_import: ["": 17]>
net (float[B, T, 12] x, int64[B, T] mask) => (float[B, T, 12] y, float[M, 12] rows, float[B, 12] pooled,
     float[T] ramp, float[B, H, 12] half, float[B, T, T] causal, float[B, T, 24] twice, int64[N] size)
<int64[1] zero = {0}, int64[1] one = {1}, int64[1] two = {2}, int64[1] three = {3}, int64[1] four = {4},
 int64[1] minus = {-1}, int64[1] twelve = {12}, int64[1] last = {9223372036854775807}, int64 i0 = {0},
 int64 i1 = {1}, float low = {-1000.0}, float unit = {1.0}, int64[4] heads = {0, 0, 3, 4}>
{
  shape = Shape(x)
  batch = Gather<axis = 0>(shape, zero)
  time = Gather<axis = 0>(shape, one)
  length = Gather<axis = 0>(shape, i1)
  q4 = Reshape(x, heads)
  q = Transpose<perm = [0, 2, 1, 3]>(q4)
  k = Transpose<perm = [0, 2, 3, 1]>(q4)
  scores = MatMul(q, k)
  wide = Unsqueeze(mask, onetwo)
  seen = Cast<to = 1>(wide)
  hidden = Sub(unit, seen)
  bias = Mul(hidden, low)
  biased = Add(scores, bias)
  weights = Softmax<axis = -1>(biased)
  mixed = MatMul(weights, q)
  back = Transpose<perm = [0, 2, 1, 3]>(mixed)
  dims3 = Concat<axis = 0>(batch, time, minus)
  flat = Reshape(back, dims3)
  y = Add(flat, x)
  product = Mul(batch, time)
  dims2 = Concat<axis = 0>(product, twelve)
  rows = Reshape(y, dims2)
  pooled = ReduceMean<axes = [1], keepdims = 0>(y)
  numbers = Range(i0, length, i1)
  ramp = Cast<to = 1>(numbers)
  longer = Add(time, one)
  middle = Div(longer, two)
  half = Slice(y, zero, middle, one)
  square = Concat<axis = 0>(batch, time, time)
  ones = ConstantOfShape<value = float[1] {1.0}>(square)
  causal = Trilu<upper = 0>(ones)
  small = Cast<to = 6>(shape)
  big = Cast<to = 7>(small)
  again = Expand(x, big)
  twice = Concat<axis = 2>(x, again)
  size = Shape(rows)
}
"""

REFUSED = """
<ir_version: 8, opset_import: ["": 17]>
net (float[1, T] x, int64[1] n) => (float[1, K] a, float[1, U] b, float[1, V] c)
<int64[1] three = {3}, float[1] scales = {1.0}>
{
  a, places = TopK(x, three)
  y = Relu(x)
  p, q = Split<axis = 1>(y)
  b = Add(p, q)
  c = Expand(a, n)
}
"""


def write(text, path, initializers=()):
    model = parser.parse_model(text)
    model.graph.initializer.extend(initializers)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString())


write(LENGTHS, HERE / "cases" / "onnx" / "model.onnx",
      [onnx.helper.make_tensor("onetwo", onnx.TensorProto.INT64, [2], [1, 2])])
write(REFUSED, HERE.parent / "errors" / "cases" / "onnx_symbolic" / "net.onnx")
