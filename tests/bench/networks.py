"""Small networks of well-known shapes and single kernels as ONNX, weights random: what the peers are
timed on."""
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Net:

    def __init__(self, name, shape):
        self.name, self.input_shape = name, shape
        self.nodes, self.weights, self.random = [], [], np.random.RandomState(1)

    def weight(self, *shape):
        fan_in = int(np.prod(shape[1:])) if len(shape) > 1 else 100
        values = self.random.randn(*shape).astype("float32") / np.float32(fan_in**0.5)
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(values, name))
        return name

    def constant(self, value):
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.float32(value), name))
        return name

    def node(self, op, *inputs, **attributes):
        name = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [name], **attributes))
        return name

    def conv(self, x, cin, cout, k, stride=1, groups=1, relu=True):
        """Padded as TensorFlow's SAME, on even extents."""
        kernel, strides = (list(v) if isinstance(v, tuple) else [v, v] for v in (k, stride))
        total = [size - step for size, step in zip(kernel, strides)]
        total = [max(t, 0) for t in total]
        pads = [t // 2 for t in total] + [t - t // 2 for t in total]
        w, b = self.weight(cout, cin // groups, *kernel), self.weight(cout)
        y = self.node("Conv",
                      x,
                      w,
                      b,
                      kernel_shape=kernel,
                      strides=strides,
                      pads=pads,
                      group=groups)
        return self.node("Relu", y) if relu else y

    def dense(self, x, cin, cout, relu=False):
        y = self.node("Gemm", x, self.weight(cout, cin), self.weight(cout), transB=1)
        return self.node("Relu", y) if relu else y

    def pooled(self, x):
        return self.node("Flatten", self.node("GlobalAveragePool", x))

    def save(self, path, result):
        self.nodes.append(helper.make_node("Identity", [result], ["y"]))
        value = helper.make_tensor_value_info
        graph = helper.make_graph(self.nodes, self.name,
                                  [value("x", TensorProto.FLOAT, self.input_shape)],
                                  [value("y", TensorProto.FLOAT, None)], self.weights)
        onnx.save(
            helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8),
            path)


def resnet8():
    net = Net("resnet8", [1, 3, 32, 32])
    x, cin = net.conv("x", 3, 16, 3), 16
    for cout, stride in ((16, 1), (32, 2), (64, 2)):
        y = net.conv(net.conv(x, cin, cout, 3, stride), cout, cout, 3, relu=False)
        shortcut = x if stride == 1 else net.conv(x, cin, cout, 1, stride, relu=False)
        x, cin = net.node("Relu", net.node("Add", shortcut, y)), cout
    return net, net.node("Softmax", net.dense(net.pooled(x), 64, 10))


def separable(net, x, cin, cout, stride=1):
    return net.conv(net.conv(x, cin, cin, 3, stride, groups=cin), cin, cout, 1)


def vww():
    """MobileNetV1 of a quarter width on 96 x 96."""
    net = Net("vww", [1, 3, 96, 96])
    x, cin = net.conv("x", 3, 8, 3, 2), 8
    for cout, stride in ((16, 1), (32, 2), (32, 1), (64, 2), (64, 1), (128, 2), *[(128, 1)] * 5,
                         (256, 2), (256, 1)):
        x, cin = separable(net, x, cin, cout, stride), cout
    return net, net.node("Softmax", net.dense(net.pooled(x), 256, 2))


def kws():
    """DS-CNN on 49 x 10 features."""
    net = Net("kws", [1, 1, 50, 10])
    x = net.conv("x", 1, 64, (10, 4), 2)
    for _ in range(4):
        x = separable(net, x, 64, 64)
    return net, net.node("Softmax", net.dense(net.pooled(x), 64, 12))


def autoencoder():
    net = Net("autoencoder", [1, 640])
    x, cin = "x", 640
    for cout in (128, 128, 128, 128, 8, 128, 128, 128, 128):
        x, cin = net.dense(x, cin, cout, relu=True), cout
    return net, net.dense(x, cin, 640)


def mnist():
    net = Net("mnist", [1, 1, 28, 28])
    x = net.node("MaxPool", net.conv("x", 1, 8, 5), kernel_shape=[2, 2], strides=[2, 2])
    x = net.node("MaxPool", net.conv(x, 8, 16, 5), kernel_shape=[2, 2], strides=[2, 2])
    return net, net.dense(net.node("Flatten", x), 784, 10)


def resnet50():
    net = Net("resnet50", [1, 3, 224, 224])
    x, cin = net.node("MaxPool", net.conv("x", 3, 64, 7, 2), kernel_shape=[3, 3], strides=[2, 2],
                      pads=[1, 1, 1, 1]), 64
    for width, blocks in ((64, 3), (128, 4), (256, 6), (512, 3)):
        for k in range(blocks):
            stride = 2 if k == 0 and width > 64 else 1
            y = net.conv(net.conv(x, cin, width, 1), width, width, 3, stride)
            y = net.conv(y, width, 4 * width, 1, relu=False)
            shortcut = net.conv(x, cin, 4 * width, 1, stride, relu=False) if k == 0 else x
            x, cin = net.node("Relu", net.node("Add", shortcut, y)), 4 * width
    return net, net.dense(net.pooled(x), 2048, 1000)


def mobilenetv2():
    net = Net("mobilenetv2", [1, 3, 224, 224])
    x, cin = net.conv("x", 3, 32, 3, 2), 32
    for factor, cout, blocks, first in ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2),
                                        (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)):
        for k in range(blocks):
            stride, wide = first if k == 0 else 1, factor * cin
            y = x if factor == 1 else net.conv(x, cin, wide, 1)
            y = net.conv(net.conv(y, wide, wide, 3, stride, groups=wide), wide, cout, 1, relu=False)
            x, cin = net.node("Add", x, y) if stride == 1 and cin == cout else y, cout
    return net, net.dense(net.pooled(net.conv(x, 320, 1280, 1)), 1280, 1000)


def conv3x3():
    net = Net("conv3x3", [1, 64, 56, 56])
    return net, net.conv("x", 64, 64, (3, 3), relu=False)


def conv1x1():
    net = Net("conv1x1", [1, 256, 56, 56])
    return net, net.conv("x", 256, 64, 1, relu=False)


def depthwise():
    net = Net("depthwise", [1, 144, 56, 56])
    return net, net.conv("x", 144, 144, 3, groups=144, relu=False)


def matmul():
    net = Net("matmul", [512, 512])
    return net, net.node("MatMul", "x", net.weight(512, 512))


def gemv():
    net = Net("gemv", [1, 4096])
    return net, net.node("MatMul", "x", net.weight(4096, 4096))


def softmax():
    net = Net("softmax", [12, 128, 128])
    return net, net.node("Softmax", "x", axis=-1)


def layernorm():
    net = Net("layernorm", [128, 768])
    return net, net.node("LayerNormalization", "x", net.weight(768), net.weight(768), axis=-1)


def gelu():
    net = Net("gelu", [128, 3072])
    half, one, root = (net.constant(v) for v in (0.5, 1, 2**0.5))
    erf = net.node("Erf", net.node("Div", "x", root))
    return net, net.node("Mul", net.node("Mul", "x", half), net.node("Add", erf, one))


def attention():
    """Of queries, keys and values that are the same tensor."""
    net = Net("attention", [1, 12, 128, 64])
    keys = net.node("Transpose", "x", perm=[0, 1, 3, 2])
    scores = net.node("Mul", net.node("MatMul", "x", keys), net.constant(0.125))
    return net, net.node("MatMul", net.node("Softmax", scores, axis=-1), "x")


NETWORKS = [resnet8, vww, kws, autoencoder, mnist]
LARGE = [mobilenetv2, resnet50]
KERNELS = [conv3x3, conv1x1, depthwise, matmul, gemv, softmax, layernorm, gelu, attention]
