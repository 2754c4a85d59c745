"""A model whose weights are bytes from a generator of random numbers, as files of the current folder."""
import json
import math
import random


def write(model, shapes):
    """model.yaml, and weights.safetensors with w0, w1 ... of these shapes, each from -127 to 127."""
    generator = random.Random(1)
    header, data = {}, bytearray()
    for i, shape in enumerate(shapes):
        begin = len(data)
        data += bytes(generator.randrange(1, 256) ^ 128 for _ in range(math.prod(shape)))
        header[f"w{i}"] = {"dtype": "I8", "shape": shape, "data_offsets": [begin, len(data)]}
    text = json.dumps(header).encode()
    with open("weights.safetensors", "wb") as weights:
        weights.write(len(text).to_bytes(8, "little") + text + data)
    with open("model.yaml", "w", encoding="utf-8") as file:
        file.write(model)
