"""Networks that see images: the forward pass is the twin's and PyTorch's, the gradient the
numerical one, and the bits depend neither on threads nor on how rows are batched."""

import json
from pathlib import Path

import numpy as np
import pytest
from kernel_cases import DTYPES, ISAS, OPTIMIZERS, THREADS, assert_same_bits, make_data, train
from reference_layers import Twin, drawn

from fastnn import Network, Predictor
from fastnn.layers import (
    Activation,
    AveragePool,
    BatchNorm,
    Conv1D,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePool,
    MaxPool,
    RandomShift,
    Residual,
)
from fastnn.network.compiled import CompiledNetwork
from fastnn.training.objective import loss_and_grad

IMAGE, COLOURS, SERIES = (7, 6, 1), (6, 5, 3), (11, 4)

#: Layers in front of the last one; odd sizes, one channel and more, padding of all kinds.
NETS = {
    "plain": [Conv2D(5, 3, "tanh", input_shape=IMAGE), MaxPool(), Flatten()],
    "same": [
        Conv2D(8, 3, "relu", padding="same", input_shape=COLOURS),
        MaxPool(3, 2, padding="same"),
        Conv2D(17, (2, 3), "tanh", padding="same"),
    ],
    "steps": [
        Conv2D(6, (3, 2), "gelu", strides=(2, 1), padding=(1, 0), input_shape=COLOURS),
        AveragePool((2, 3), strides=1, padding="same"),
        Conv2D(3, 2, strides=2, padding="same"),
    ],
    "dilated": [
        Conv2D(4, 2, "tanh", dilation=(2, 3), padding="same", input_shape=IMAGE),
        Conv2D(33, 3, "logistic"),
        GlobalAveragePool(),
    ],
    "groups": [
        Conv2D(6, 2, "tanh", groups=3, input_shape=COLOURS),
        Conv2D(6, 3, groups=6, padding="same"),
        Conv2D(40, 1, "tanh", groups=2),
    ],
    "depthwise": [
        Conv2D(19, 1, "tanh", input_shape=IMAGE),
        Conv2D(19, 3, "relu", groups=19, padding="same"),
        Conv2D(19, (2, 3), "tanh", strides=(2, 1), dilation=(1, 2), padding=1, groups=19),
    ],
    "series": [
        Conv1D(9, 3, "tanh", padding="same", input_shape=SERIES),
        AveragePool(3),
        Conv1D(5, 2, "silu", dilation=2),
        MaxPool(1),
    ],
    "norms": [
        Conv2D(5, 3, padding="same", input_shape=IMAGE),
        *(BatchNorm(), Activation("tanh"), MaxPool(), BatchNorm(), Dropout(0.2), Flatten()),
        BatchNorm(),
    ],
    "residual": [
        Residual([Conv2D(20, 3, "tanh", padding="same", input_shape=COLOURS)]),
        Residual([Conv2D(20, 3, padding="same"), BatchNorm(), Activation("tanh")]),
        Residual([Conv2D(6, 3, "tanh", strides=2, padding="same")]),
    ],
    "moved": [
        Conv2D(3, 2, "tanh", input_shape=COLOURS),
        RandomShift(2, True),
        Conv2D(4, 2, "tanh"),
    ],
    "between": [
        Dense(30, "tanh"),
        MaxPool(2, 1, input_shape=(5, 3, 2)),
        Conv2D(2, 2, "relu"),
        Residual([Dense(12, "tanh")]),
    ],
}
every_net = pytest.mark.parametrize("name", NETS)


def build(name, dtype=np.float64, isa=None, loss="softmax_log_loss"):
    layers = [*NETS[name], Dense(3)]
    n_in = next((n for layer in layers if (n := getattr(layer, "n_in", None))), 7)
    net = CompiledNetwork(9 if name == "between" else n_in, layers, loss, dtype, isa=isa)
    return drawn(net)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
@every_net
def test_outputs_are_the_twins(name, isa, dtype):
    net = build(name, dtype, isa)
    X, y, _ = make_data(13, net)
    tolerance = 1e-11 if dtype == np.float64 else 5e-5
    for n in (13, 1):
        raw = net.forward(X[:n], raw=True)
        np.testing.assert_allclose(raw, Twin(net).forward(X[:n]), rtol=tolerance, atol=tolerance)
    z = Twin(net, training=True, seed=5).forward(X)
    loss = -np.mean(z[np.arange(13), y] - np.log(np.exp(z).sum(axis=1)))
    assert loss_and_grad(net, X, y, seed=5)[0] == pytest.approx(loss, rel=10 * tolerance)


@every_net
def test_the_gradient_is_the_numerical_one(name):
    net = build(name)
    X, y, weight = make_data(7, net)
    options = {"sample_weight": weight, "alpha": 0.3, "seed": 5}
    grad = loss_and_grad(net, X, y, **options)[1]
    places = np.random.RandomState(0).choice(net.n_params, min(60, net.n_params), replace=False)
    for i in places:
        shifted = []
        for step in (1e-5, -1e-5):
            net.params[i] += step
            shifted.append(loss_and_grad(net, X, y, **options)[0])
            net.params[i] -= step
        assert grad[i] == pytest.approx((shifted[0] - shifted[1]) / 2e-5, abs=1e-8, rel=1e-6)


@every_net
def test_the_gradient_by_the_input_is_the_numerical_one(name):
    net = build(name)
    X = make_data(3, net)[0]
    grad = net.input_gradient(X, 1)
    for j in range(net.n_in):
        moved = []
        for step in (1e-5, -1e-5):
            Z = X.copy()
            Z[:, j] += step
            moved.append(net.forward(Z, raw=True)[:, 1])
        np.testing.assert_allclose(grad[:, j], (moved[0] - moved[1]) / 2e-5, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
@every_net
def test_bits_depend_on_neither_threads_nor_batches(name, isa, dtype):
    results = []
    for n_threads in THREADS:
        net = build(name, dtype, isa)
        X, y, weight = make_data(41, net)
        rule = OPTIMIZERS["adam"]()
        trainer = train(net, rule, X, y, steps=5, batch_size=16, weight=weight, n_threads=n_threads)
        results.append([net.params, np.array(trainer.loss_sum), rule.state["m"]])
        results[-1].append(loss_and_grad(net, X, y, n_threads=n_threads)[1])
        results[-1].append(net.forward(X, n_threads=n_threads))
    assert np.isfinite(results[0][0]).all()
    for other in results[1:]:
        assert_same_bits(other, results[0])
    for r in range(0, 41, 9):
        assert_same_bits(net.forward(X[r : r + 1]), results[0][-1][r : r + 1])


def normed():
    return [Conv2D(4, 3, padding="same"), BatchNorm(), Activation("relu"), Conv2D(4, 3)]


@pytest.mark.parametrize(
    ("layers", "stay"),
    [
        ([Residual([*normed()[:3], Conv2D(4, 2, padding="same"), BatchNorm()])], 0),
        ([Residual([*normed()[:2]]), Activation("relu"), Residual([*normed()[:2], MaxPool()])], 0),
        ([MaxPool(), BatchNorm(), Conv2D(4, 2, groups=2), Activation("tanh"), BatchNorm()], 0),
        ([Residual([BatchNorm(), *normed()[2:3], *normed()[:2]]), Activation("relu")], 1),
        ([MaxPool(), BatchNorm(), *normed()[:2]], 1),
    ],
)
def test_norms_of_channels_melt_where_they_may(layers, stay):
    """Into the convolution in front, in residual blocks too, or into what takes them without
    padding; one whose input others take, or which zeros of padding follow, stays."""
    first = Conv2D(4, 3, "relu", padding="same", input_shape=COLOURS)
    net = Network([first, *layers, Dense(3)], "softmax_log_loss", random_state=0)
    X, y = np.random.RandomState(1).randn(60, 90), np.arange(60) % 3
    net.fit(X, y, epochs=3, batch_size=20, optimizer="adam")
    net.compiled.gains[0][1] = -0.7
    predictor = Predictor(net, "float64")
    found = predictor.predict_proba(X)
    kinds = [node.kind for node in predictor._model.nodes]
    assert kinds.count("channel_norm") + kinds.count("batch_norm") == stay
    np.testing.assert_allclose(found, net.predict(X), atol=1e-12)
    for n_jobs in (2, 4):
        np.testing.assert_array_equal(predictor.predict_proba(X, n_jobs=n_jobs), found)
    np.testing.assert_array_equal(predictor.predict_proba(X[7:9]), found[7:9])


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_solver_takes_the_gradient(optimizer):
    """A step is that of the gradient, which is tested above, in the order of the parameters."""
    from reference_optimizers import step

    net, by_hand = build("same"), build("same")
    X, y, weight = make_data(12, net)
    rule, state = OPTIMIZERS[optimizer](), {"t": 0}
    grad = loss_and_grad(by_hand, X, y, sample_weight=weight, alpha=0.1)[1]
    train(net, rule, X, y, steps=1, batch_size=12, weight=weight, learning_rate=0.05)
    coefs = np.arange(net.n_params) < net.n_coefs
    expected = step(rule, state, by_hand.params, grad, 0.05, penalised=coefs)
    np.testing.assert_allclose(net.params, expected, rtol=1e-10, atol=1e-12)


def test_a_network_by_hand_learns_where_something_is():
    """A bar stands somewhere: convolution and pooling find it where a place has never had one."""
    rng = np.random.RandomState(0)
    X, y = np.zeros((400, 8, 8, 1), np.float32), rng.randint(2, size=400)
    at = rng.randint(1, 6, (400, 2))
    for image, upright, (i, j) in zip(X, y, at, strict=True):
        image[(slice(i, i + 3), j) if upright else (i, slice(j, j + 3))] = 1
    X = X.reshape(400, 64)
    layers = [Conv2D(6, 3, "relu", input_shape=(8, 8, 1)), MaxPool(6), Dense(2)]
    net = Network(layers, "softmax_log_loss", dtype="float32", random_state=0)
    seen = at[:, 1] < 4
    net.fit(X[seen], y[seen], epochs=60, batch_size=32, optimizer="adam", learning_rate=0.02)
    assert (net.predict(X[~seen]).argmax(axis=1) == y[~seen]).mean() > 0.98
    assert "Conv2D(6" in net.summary()


@pytest.mark.parametrize(
    ("layers", "n_in", "message"),
    [
        ([Conv2D(4)], 9, "pass input_shape="),
        ([MaxPool()], 9, "pass input_shape="),
        ([GlobalAveragePool()], 9, "pass input_shape="),
        ([Dense(9), Conv2D(4, input_shape=(3, 2, 1))], 9, "has 6 numbers, and a row has 9"),
        ([Conv2D(4, 4, input_shape=(3, 9, 1))], 27, "a window of .4, 4. is larger than"),
        ([Conv2D(4, 2, dilation=4, input_shape=(4, 4, 1))], 16, "with dilation .* is larger"),
        ([Conv1D(4, 5, input_shape=(4, 4))], 16, "a window of 5 is larger than the series"),
        ([Conv2D(4, groups=2, input_shape=COLOURS)], 90, "must divide the channels .* 3"),
        ([Conv1D(4, 2, input_shape=(4, 4)), Conv2D(4, 2)], 16, "Conv1D is for series"),
        ([Conv2D(4, 2, input_shape=IMAGE), Flatten(), MaxPool()], 42, "pass input_shape="),
        ([Residual([Conv2D(4, 2, input_shape=IMAGE)])], 42, "padding='same' in them"),
        ([MaxPool(2, padding=2, input_shape=IMAGE)], 42, "hold no cell"),
    ],
)
def test_what_does_not_fit_is_an_error(layers, n_in, message):
    with pytest.raises(ValueError, match=message):
        Network([*layers, Dense(2)], "squared_error").build(n_in)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Conv2D(0), "n_out must be at least 1"),
        (lambda: Conv2D(4, 0), "kernel_size must be a positive int"),
        (lambda: Conv2D(4, (3, 3, 3)), "kernel_size must be a positive int"),
        (lambda: Conv1D(4, (3, 3)), "kernel_size must be a positive int"),
        (lambda: Conv2D(4, strides="2"), "strides must be"),
        (lambda: Conv2D(4, padding="full"), "padding must be 'valid', 'same'"),
        (lambda: Conv2D(4, groups=3), "must divide n_out"),
        (lambda: Conv2D(4, activation="magic"), "activation must be"),
        (lambda: Conv2D(4, input_shape=(8, 8)), "height, width, channels"),
        (lambda: Conv1D(4, input_shape=(8, 8, 1)), "length, channels"),
        (lambda: MaxPool(input_shape=(8, 0, 1)), "positive ints"),
        (lambda: MaxPool(strides=0), "strides must be"),
    ],
)
def test_unsound_numbers_are_refused_at_once(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def layer_of(case):
    """The layer of a recorded case of PyTorch's, and what its arrays are."""
    convolution = Conv1D if len(case["options"]["input_shape"]) == 2 else Conv2D
    kinds = {"conv": convolution, "max": MaxPool, "mean": AveragePool}
    options = {k: tuple(v) if isinstance(v, list) else v for k, v in case["options"].items()}
    return kinds[case["kind"]](**options)


CASES = json.loads((Path(__file__).parent / "torch_images.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_outputs_are_those_of_pytorch(case):
    """Which side has the odd cell of "same", among others; recorded by torch_images.py."""
    layer, n = layer_of(case), len(case["x"])
    x, expected = (np.moveaxis(np.array(case[k]), 1, -1).reshape(n, -1) for k in ("x", "y"))
    net = CompiledNetwork(x.shape[1], [layer, Dense(1)], "squared_error")
    if case["kind"] == "conv":
        weight = np.array(case["weight"])
        net.coefs[0][...] = np.moveaxis(weight, (1, 0), (-2, -1)).reshape(-1, len(weight))
        net.intercepts[0][...] = case["bias"]
    found = net.layer_outputs(x)[0]
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize(("kernel", "strides"), [((4, 3), (1, 2)), ((3, 2), (2, 3))])
def test_the_odd_cell_lies_where_onnx_has_it(kernel, strides):
    """Of "same" with strides, which PyTorch has not."""
    pytest.importorskip("onnxruntime")
    from exported_onnx import run
    from onnx import TensorProto, helper

    rng = np.random.RandomState(0)
    weight = rng.randn(2, 1, *kernel)
    x, w, y = (helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in "xwy")
    w = helper.make_tensor("w", TensorProto.FLOAT, weight.shape, weight.ravel())
    conv = helper.make_node("Conv", ["x", "w"], ["y"], auto_pad="SAME_UPPER", strides=strides)
    graph = helper.make_graph([conv], "same", [x], [y], [w])
    opset = [helper.make_opsetid("", 13)]
    image = rng.randn(1, 1, 7, 6)
    expected = run(helper.make_model(graph, ir_version=8, opset_imports=opset), image.astype("f4"))
    layer = Conv2D(2, kernel, strides=strides, padding="same", input_shape=(7, 6, 1))
    net = CompiledNetwork(42, [layer, Dense(1)], "squared_error")
    net.coefs[0][...] = np.moveaxis(weight, (1, 0), (-2, -1)).reshape(-1, 2)
    found = net.layer_outputs(image.reshape(1, 42))[0].reshape(*expected["y"].shape[2:], 2)
    np.testing.assert_allclose(found, np.moveaxis(expected["y"][0], 0, -1), atol=1e-5)
