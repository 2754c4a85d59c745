#!/usr/bin/env python3
"""networks.py NAME TYPE: writes model.yaml and weights.safetensors of a network with the layers of one of
MLPerf Tiny's (vww, kws, autoencoder, wakeword) and weights of a generator of random numbers; TYPE is f32,
or int8: as a quantiser leaves it, with a scale for each channel of a weight; or uint8: the same with
unsigned bytes beside those weights."""
import json
import math
import random
import struct
import sys

# Layers: (kind, channels out, kernel, stride, zeros around: left, right, above, below).
SAME, LATE = [1, 1, 1, 1], [0, 1, 0, 1]


def separable(out, stride):
    return [("depthwise", None, [3, 3], stride, SAME if stride == 1 else LATE), ("conv", out, [1, 1], 1, None)]


def by_time(kernel, out):
    return [("depthwise", None, [kernel, 1], 1, None), ("conv", out, [1, 1], 1, None)]


MOBILENET = [(16, 1), (32, 2), (32, 1), (64, 2), (64, 1), (128, 2)] + [(128, 1)] * 5 + [(256, 2), (256, 1)]
NETWORKS = {  # shape of the input, with channels last; layers; classes, or none
    "vww": ([1, 96, 96, 3], [("conv", 8, [3, 3], 2, LATE)] + sum((separable(*m) for m in MOBILENET), []), 2),
    "kws": ([1, 49, 10, 1], [("conv", 64, [10, 4], 2, [1, 1, 4, 5])] + separable(64, 1) * 4, 12),
    "wakeword": ([1, 30, 1, 40], by_time(3, 128) + by_time(5, 128) + by_time(10, 128) + by_time(15, 32), 3),
    "autoencoder": ([1, 640], [("linear", n, [], 1, None) for n in [128] * 4 + [8] + [128] * 4], 640),
}
HEAD = """tinycc: 1
name: {name}
inputs: {{x: "{dtype}{shape}"}}
weights: weights.safetensors
functions:
  bias(out): (cast(arange(out) % 5, f32) - 2) * 0.1
"""
TYPED = {
    "f32": """  input(x): x
  kept(x): x
  coded(x): x
  decoded(x): x
  probabilities(x): x
""",
    "int8": """  spread(out): (cast(arange(out) % 7, f32) + 10) * 0.1
  real(q): (cast(q, f32) + 128) * 0.04
  input(x): (cast(x, f32) - 3) * 0.02
  kept(x): real(cast(clamp(round(x / 0.04) - 128, -128, 127), i8))
  coded(x): cast(clamp(round(x / 0.1) - 9, -128, 127), i8)
  decoded(q): (cast(q, f32) + 9) * 0.1
  probabilities(x): cast(clamp(round(x / 0.00390625) - 128, -128, 127), i8)
""",
    "uint8": """  spread(out): (cast(arange(out) % 7, f32) + 10) * 0.1
  real(q): (cast(q, f32) - 3) * 0.04
  input(x): (cast(x, f32) - 131) * 0.02
  kept(x): real(cast(clamp(round(x / 0.04) + 3, 0, 255), u8))
  coded(x): cast(clamp(round(x / 0.1) + 119, 0, 255), u8)
  decoded(q): (cast(q, f32) - 119) * 0.1
  probabilities(x): cast(clamp(round(x / 0.00390625), 0, 255), u8)
""",
}


class Writer:
    """Lines of the model, and its weights: of 255 values, with a variance of 2 / fan-in."""

    def __init__(self, dtype):
        self.dtype, self.lines, self.header, self.data = dtype, [], {}, bytearray()
        self.generator = random.Random(1)

    def weights(self, shape):
        name, begin = f"w{len(self.header)}", len(self.data)
        codes = self.generator.randbytes(math.prod(shape)).replace(b"\x80", b"\x81")  # -127 to 127
        scale = math.sqrt(2 / math.prod(shape[1:])) / 94
        if self.dtype != "f32":
            self.data += codes
            ones = [shape[0]] + [1] * (len(shape) - 1)
            expression = f"cast({name}, f32) * reshape(spread({shape[0]}) * {scale:.6f}, {ones})"
        else:
            self.data += struct.pack(f"<{len(codes)}f", *((code ^ 128) * scale - 128 * scale for code in codes))
            expression = name
        self.header[name] = {"dtype": "F32" if self.dtype == "f32" else "I8", "shape": shape,
                             "data_offsets": [begin, len(self.data)]}
        return expression

    def linear(self, channels, out):
        return f"linear(h, {self.weights([out, channels])}, bias({out}))"

    def layer(self, channels, kind, out, kernel, stride, zeros):
        """Appends it; returns its channels."""
        out = out or channels
        groups = channels if kind == "depthwise" else 1
        value = self.linear(channels, out) if kind == "linear" else (
            f"conv2d({f'pad(h, {zeros})' if zeros else 'h'}, {self.weights([out, channels // groups] + kernel)}, "
            f"bias({out}), stride={stride}, groups={groups})")
        self.lines.append(f"kept(relu({value}))")
        return out

    def network(self, shape, layers, last):
        """Appends all; returns the output."""
        images = len(shape) == 4
        self.lines.append("permute(input(x), [0, 3, 1, 2])" if images else "input(x)")
        channels = shape[-1]
        for layer in layers:
            channels = self.layer(channels, *layer)
        if images:
            self.lines.append("kept(mean(h, dim=[2, 3]))")
        end = f"coded({self.linear(channels, last)})"
        return f"probabilities(softmax(decoded({end})))" if images else end


def write(name, dtype):
    writer, shape = Writer(dtype), NETWORKS[name][0]
    output = writer.network(*NETWORKS[name])
    with open("model.yaml", "w", encoding="utf-8") as model:
        model.write(HEAD.format(name=name, dtype={"int8": "i8", "uint8": "u8"}.get(dtype, dtype),
                                shape=json.dumps(shape, separators=(",", ":"))) + TYPED[dtype])
        model.write("let:\n" + "".join(f"  - h: {line}\n" for line in writer.lines))
        model.write(f"outputs: {{y: \"{output}\"}}\n")
    text = json.dumps(writer.header).encode()
    with open("weights.safetensors", "wb") as weights:
        weights.write(len(text).to_bytes(8, "little") + text + writer.data)


write(*sys.argv[1:])
