"""What only moves elements; models at the edge: scalars, outputs that are inputs, high ranks."""
import numpy as np

import reference as ref


def movement(case):
    x = case.input("x", case.numbers([2, 6, 5, 4]))
    y = case.input("y", case.numbers([2, 3, 5, 4]))
    z = case.input("z", case.numbers([24]))
    s = lambda t: t.astype("float32")
    case.exactly("joined", "concat([x, y, x * 2], dim=1)", s(np.concatenate([x, y, x * 2], 1)))
    case.exactly("joined_last", "concat([x[:, 0:3], y], dim=-1)",
                 s(np.concatenate([x[:, :3], y], -1)))
    case.exactly("stacked", "stack([y, y + 1], dim=2)", s(np.stack([y, y + 1], 2)))
    case.let("a, b, c", "split(x, [1, 3, 2], dim=1)")
    case.exactly("parts", "concat([c, b, a], dim=1)",
                 s(np.concatenate([x[:, 4:], x[:, 1:4], x[:, :1]], 1)))
    case.exactly("halves", "chunk(x, 2, dim=1)[1] + y", s(x[:, 3:] + y))
    case.exactly("steps", "x[:, ::-1, 1::2, ::3]", s(x[:, ::-1, 1::2, ::3]))
    case.exactly("back", "x[:, :, 3:0:-2]", s(x[:, :, 3:0:-2]))
    case.exactly("picked", "x[1, :, -1]", s(x[1, :, -1]))
    case.exactly("flipped", "flip(x, [0, 3])", s(x[::-1, :, :, ::-1]))
    case.exactly("padded", "pad(x, [1, 2, 0, 3], value=-1.5)",
                 s(np.pad(x, [(0, 0), (0, 0), (0, 3), (1, 2)], constant_values=-1.5)))
    for mode, name in [("reflect", "reflect"), ("replicate", "edge"), ("circular", "wrap")]:
        case.exactly(mode, f'pad(x, [1, 2, 2, 1], mode="{mode}")',
                     s(np.pad(x, [(0, 0), (0, 0), (2, 1), (1, 2)], name)))
    case.exactly("turned", "permute(x, [3, 1, 0, 2])", s(x.transpose(3, 1, 0, 2)))
    case.exactly("shuffled", "permute(reshape(x, [2, 3, 2, 5, 4]), [0, 2, 1, 3, 4]) * 1",
                 s(x.reshape(2, 3, 2, 5, 4).transpose(0, 2, 1, 3, 4)))
    case.exactly("chain", "reshape(permute(reshape(x, [12, 20]), [1, 0]), [8, 5, 6]) + 1",
                 s(x.reshape(12, 20).T.reshape(8, 5, 6) + 1))
    case.exactly("odd_shape", "reshape(transpose(x, 1, 3), [16, 15])",
                 s(x.swapaxes(1, 3).reshape(16, 15)))
    case.exactly("wide", "expand(reshape(z, [24, 1]), [24, 5])",
                 s(np.repeat(z.reshape(24, 1), 5, 1)))
    case.exactly("repeated", "repeat(y[0, 0], [2, 3])", s(np.tile(y[0, 0], [2, 3])))
    case.exactly("lower", "tril(x, diagonal=-1)", s(np.tril(x, -1)))
    case.exactly("upper", "triu(x)", s(np.triu(x)))
    shuffled = x[:, :4].reshape(2, 1, 2, 2, 5, 4).transpose(0, 1, 4, 2, 5, 3).reshape(2, 1, 10, 8)
    case.exactly("pixels", "pixel_shuffle(x[:, 0:4], 2)", s(shuffled))


def indexing(case):
    x = case.input("x", case.numbers([5, 3, 4]))
    i = case.input("i", np.array([4, 0, 2, 2, 1, 3], "int64"))
    j = case.input("j", case.random.randint(0, 5, [2, 3, 4]).astype("int64"))
    m = case.input("m", np.array([[3, 0], [6, 1]], "int32"))
    f = case.input("f", case.numbers([1, 3, 6, 5]))
    table = case.weight("table", 7, 9)
    s = lambda t: t.astype("float32")
    case.exactly("rows", "x[i]", s(x[i]))
    case.exactly("selected", "index_select(x, 2, i[1:4])", s(x[:, :, i[1:4]]))
    case.exactly("gathered", "gather(x, 0, j)", s(np.take_along_axis(x, j, 0)))
    case.exactly("words", "embedding(m, table)", s(table[m]))
    case.exactly("hot", "one_hot(i, 5)", s(np.eye(5)[i]))
    case.exactly("counted", "arange(6) * 2 + i", np.arange(6) * 2 + i)
    for name, size, mode, corners in [("nearest", [12, 10], "nearest", False),
                                      ("shrunk", [3, 7], "nearest", False),
                                      ("bilinear", [11, 10], "bilinear", False),
                                      ("corners", [13, 4], "bilinear", True),
                                      ("bicubic", [9, 10], "bicubic", False)]:
        flag = ", align_corners=true" if corners else ""
        case.out(name, f'interpolate(f, size={size}, mode="{mode}"{flag})',
                 ref.resize(f, size, mode, corners))


def edges(case):
    a = case.input("a", case.numbers([3, 4]))
    case.input("unused", case.numbers([2]))
    k = case.input("k", np.array(1.5, "float32"))
    n = case.input("n", np.array(-7, "int64"))
    r = case.input("r", case.numbers([1, 2, 1, 3, 2, 2, 1, 2]))
    w = case.weight("w", 3)
    s = lambda t: np.asarray(t).astype("float32")
    case.exactly("same", "a", s(a))
    case.exactly("again", "a", s(a))
    case.exactly("flat", "reshape(a, [12])", s(a.reshape(12)))
    case.let("t", "a * 2 + k")
    case.exactly("twice", "t", s(a * 2 + k))
    case.exactly("twice_more", "t", s(a * 2 + k))
    case.exactly("used_on", "t * t", s((a * 2 + k)**2))
    case.exactly("scalar", "k * 3", s(k * 3))
    case.exactly("scalar_same", "k", s(k))
    case.exactly("integer", "n % 4", np.asarray(n % 4))
    case.exactly("constant", "full([2, 3], 4)", np.full([2, 3], 4, "float32"))
    case.exactly("weight_itself", "w", s(w))
    case.exactly("weight_moved", "w[::-1] * 1", s(w[::-1]))
    case.exactly("rank8", "permute(r, [7, 3, 1, 0, 5, 6, 4, 2]) * 2",
                 s(r.transpose(7, 3, 1, 0, 5, 6, 4, 2) * 2))
    case.exactly("rank8_sum", "sum(r, dim=[1, 3, 5])", s(r.sum((1, 3, 5))))
    case.exactly("single", "a[0:1, 0:1] + a[2:3, 3:4]", s(a[:1, :1] + a[2:, 3:]))
    case.exactly("self_sum", "a + a", s(a + a))


CASES = [movement, indexing, edges]
