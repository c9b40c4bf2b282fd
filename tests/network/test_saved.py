"""A fitted Network as what it was: predicted by a Predictor, in a file, in ONNX, in C, copied."""

import copy
import io
import pickle

import numpy as np
import pytest
from bad_files import node_at, replaced, seal, split
from estimator_options import CUSTOM
from scipy.sparse import csr_array
from scoring_models import data, raw_of
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import fastnn
from fastnn import ModelFormatError, Network, Predictor
from fastnn.files.model_file import parse_model_file
from fastnn.layers import (
    Activation,
    ActivityL1,
    AveragePool,
    BatchNorm,
    Category,
    Columns,
    Conv1D,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Gain,
    Gated,
    GaussianNoise,
    GlobalAveragePool,
    Highway,
    LayerNorm,
    LocalWinners,
    MaxPool,
    Number,
    Residual,
    Scale,
    Softmax,
)
from fastnn.layers.piecewise import number_column
from fastnn.losses import Quantile
from fastnn.model.folding import as_model
from fastnn.model.of_network import network_model

X = data()[:150]
CLASSES = np.digitize(X[:, 0] + X[:, 1], [1, 3])
OWN = {"bent": CUSTOM}


def _number(x):
    """A column with bins whose edges float32 has too."""
    return number_column(x.astype(np.float32), 5)


#: Layers in front of the last one.
LAYERS = {
    "linear": [],
    "plain": [Dense(9, "relu"), Dense(6, "tanh")],
    "residual": [Dense(6, "relu"), Residual([Dense(6, "gelu")]), Residual([Dense(9), Dense(4)])],
    "residual input": [Residual([Dense(7, "tanh")]), Residual([Dense(3, "relu")])],
    "batch norm": [Dense(9), BatchNorm(), Activation("relu"), Dense(6, "silu"), BatchNorm()],
    "batch norm that stays": [BatchNorm(), Activation("tanh"), Dense(5), Activation("relu")],
    "layer norm": [LayerNorm(), Dense(5), LayerNorm(1e-3), Activation("elu")],
    "training only": [Dropout(0.1), GaussianNoise(0.2), Dense(9, "bernoulli"), Dropout(0.5)],
    "shares": [Dense(6, "tanh"), Softmax(), Scale(2.5), Residual([Dense(6), Softmax()])],
    "winners": [Dense(7, "lwta"), Dense(8), LocalWinners(3), Gated([Dense(8, "logistic")])],
    "highway": [Dense(6, "relu"), Highway([Dense(6, "tanh")]), Highway([Dense(4, "relu")])],
    "priced": [Dense(6, "relu"), ActivityL1(0.1)],
    "gains": [Gain(), Dense(6, "relu"), Gain(0.01), Residual([Gain(), Activation("tanh")])],
    "columns": [
        Columns([*map(_number, X.T[:5]), Category(2), Number(scale=0.5)]),
        Dense(9, "relu"),
    ],
    "one column of each": [Columns([*[Category(3)] * 7]), Dense(6), Activation("tanh")],
    "numbers": [GaussianNoise(0.1), Columns([*map(_number, X.T)]), Dense(20, "silu")],
    "images": [
        Dense(36),
        Conv2D(6, 3, padding="same", groups=2, input_shape=(3, 3, 4)),
        *(BatchNorm(), Activation("relu"), MaxPool(2, 1), BatchNorm()),
        Residual([Conv2D(3, 2, "tanh", padding="same"), AveragePool(2, 2, padding="same")]),
        *(BatchNorm(), Flatten(), BatchNorm(), Activation("elu")),
    ],
    "series": [
        Conv1D(5, 3, "gelu", padding="same", dilation=2, input_shape=(7, 1)),
        *(MaxPool(3, 2, padding=1), Conv1D(4, 2, CUSTOM, strides=2), GlobalAveragePool()),
    ],
    "custom": [Dense(8, CUSTOM), Dense(6), Activation(CUSTOM)],
    "everything": [
        *(GaussianNoise(0.1), Dense(9, "relu"), BatchNorm(), Dropout(0.2)),
        Residual([Dense(6), BatchNorm(), Activation(CUSTOM), BatchNorm(), Dropout(0.1)]),
        *(LayerNorm(), Residual([Residual([Dense(6, "bernoulli")]), Dense(6, CUSTOM)])),
    ],
}
LOSSES = {
    "softmax_log_loss": (3, CLASSES),
    "softmax_focal_loss": (3, CLASSES),
    "logistic_log_loss": (1, (CLASSES > 0)[:, None] * 1.0),
    "logistic_focal_loss": (3, (X[:, :3] > 1) * 1.0),
    "hinge": (1, (CLASSES > 1)[:, None] * 1.0),
    "perceptron": (3, np.eye(3)[CLASSES]),
    "squared_error": (2, X[:, :2] ** 2),
    "poisson": (1, np.exp(X[:, :1] / 3)),
    Quantile((0.2, 0.8)): (2, np.repeat(X[:, :1], 2, axis=1)),
}
every_layer = pytest.mark.parametrize("name", LAYERS)
every_loss = pytest.mark.parametrize("loss", LOSSES, ids=str)
both_dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])


def trained(name="everything", loss="softmax_log_loss", dtype="float64", random_state=5, **options):
    n_out, y = LOSSES[loss]
    layers = [*LAYERS[name], Dense(n_out)]
    net = Network(layers, loss, dtype=dtype, random_state=random_state)
    return net.fit(X, y, epochs=3, batch_size=50, **options)


def saved(net, path):
    fastnn.save(net, path / "net.fnn")
    return fastnn.load(path / "net.fnn", activations=OWN)


def tolerance(dtype):
    return 1e-5 if dtype == "float32" else 1e-12


@both_dtypes
@every_layer
def test_a_predictor_has_its_outputs(name, dtype):
    net = trained(name, dtype=dtype)
    expected = net.predict(X)
    predictor = Predictor(net, dtype)
    found = predictor.predict_proba(X)
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance(dtype))
    np.testing.assert_array_equal(predictor.predict(X), found.argmax(axis=1))
    assert "Predictor(classifier, 7-" in repr(predictor)
    for rows, expected in ((X[:1], found[:1]), (X[3], found[[3]])):
        np.testing.assert_array_equal(predictor.predict_proba(rows), expected)
    by_entries = predictor.predict_proba(csr_array(X))  # a narrow layer adds them up in their order
    np.testing.assert_allclose(by_entries, found, rtol=0, atol=tolerance(dtype))
    for n_jobs in (1, 2):
        np.testing.assert_array_equal(predictor.predict_proba(X, n_jobs=n_jobs), found)


@both_dtypes
@every_layer
def test_the_nodes_are_what_the_network_computes(name, dtype):
    """By NumPy, as they are and with batch normalisations melted."""
    net = trained(name, dtype=dtype)
    expected = net.predict(X, raw=True)
    for model in (network_model(net), as_model(net)):
        np.testing.assert_allclose(raw_of(model, X), expected, atol=10 * tolerance(dtype))


@every_loss
def test_a_predictor_has_the_methods_of_the_loss(loss):
    net = trained("residual", loss)
    predictor, p, z = Predictor(net, "float64"), net.predict(X), net.predict(X, raw=True)

    def same(found, expected):
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)

    same(predictor.decision_function(X).reshape(z.shape), z)
    if not isinstance(loss, str) or loss in ("squared_error", "poisson"):
        same(predictor.predict(X), p)
        assert predictor.predict(X).shape == p.shape
        with pytest.raises(AttributeError, match="no probabilities"):
            predictor.predict_proba(X)
        assert not hasattr(predictor, "classes_")
        return
    if loss in ("hinge", "perceptron"):
        with pytest.raises(AttributeError, match="no probabilities"):
            predictor.predict_proba(X)
    elif p.shape[1] == 1:
        same(predictor.predict_proba(X), np.hstack([1 - p, p]))
    else:
        same(predictor.predict_proba(X), p)
    if loss.startswith("softmax"):
        expected = z.argmax(axis=1)
    else:
        expected = (z > 0).astype(int)
        expected = expected[:, 0] if z.shape[1] == 1 else expected
    np.testing.assert_array_equal(predictor.predict(X), expected)
    np.testing.assert_array_equal(predictor.classes_, np.arange(max(2, z.shape[1])))


@every_layer
def test_copies_predict_and_train_alike(name, tmp_path):
    watched = {"X_val": X[:20], "y_val": CLASSES[:20]} if "norm" in name else {}
    net = trained(name, **watched)
    p, y = net.predict(X), LOSSES["softmax_log_loss"][1]
    copies = [copy.deepcopy(net), pickle.loads(pickle.dumps(net)), saved(net, tmp_path)]
    for twin in copies:
        assert type(twin) is Network
        np.testing.assert_array_equal(twin.predict(X), p)
        assert twin.loss_curve_ == net.loss_curve_
        assert twin.validation_loss_curve_ == net.validation_loss_curve_
        assert twin.layers == net.layers
    net.fit(X, y, epochs=2)
    assert not np.array_equal(net.predict(X), p)
    for twin in copies:
        np.testing.assert_array_equal(twin.predict(X), p)
        twin.fit(X, y, epochs=2)  # the random numbers go on as well
        np.testing.assert_array_equal(twin.predict(X), net.predict(X))


@both_dtypes
@every_loss
def test_every_loss_comes_back(loss, dtype, tmp_path):
    net = trained("residual", loss, dtype)
    again = saved(net, tmp_path)
    assert (again.loss, again.dtype) == (net.loss, net.dtype)
    np.testing.assert_array_equal(again.predict(X), net.predict(X))
    assert split((tmp_path / "net.fnn").read_bytes())[0]["__metadata__"]["format_version"] == "3"


@pytest.mark.parametrize("seed", [None, 3, np.int64(3), np.random.RandomState(3)], ids=str)
def test_the_source_of_random_numbers_comes_back(seed, tmp_path):
    net = trained(random_state=seed)
    again = saved(net, tmp_path)
    assert type(again.random_state) is type(net.random_state) or again.random_state == 3
    if seed is not None:
        assert again._rng.randint(1 << 30) == net._rng.randint(1 << 30)


@every_layer
def test_a_clone_has_the_layers_and_no_weights(name):
    net = trained(name, random_state=np.random.RandomState(3))
    twin = clone(net)
    assert type(twin) is Network
    assert not hasattr(twin, "compiled")
    assert (twin.layers, twin.loss, twin.init, twin.dtype) == (
        *(net.layers, net.loss, net.init, net.dtype),
    )
    assert twin.random_state is not net.random_state
    twin.fit(X, CLASSES, epochs=1)
    assert clone(trained(random_state=4)).random_state == 4


@both_dtypes
@every_layer
def test_onnx(name, dtype):
    pytest.importorskip("onnxruntime")
    from exported_onnx import run

    net = trained(name, dtype=dtype)
    outputs = run(fastnn.to_onnx(net, dtype=dtype), X.astype(dtype))
    expected = net.predict(X.astype(dtype))
    np.testing.assert_allclose(outputs["probabilities"], expected, atol=tolerance(dtype))
    np.testing.assert_array_equal(outputs["label"], expected.argmax(axis=1))


@every_layer
def test_c(name, tmp_path):
    from exported_c import COMPILER, build, score

    if COMPILER is None:
        pytest.skip("needs a C compiler")
    net = trained(name, dtype="float32")
    source = fastnn.to_c(net, "net")
    assert ("net_channel_norm(" in source) == (name == "images")  # one behind pooling stays
    library = build(source, tmp_path)
    codes, p = score(library, "net", as_model(net), X, 3)
    expected = net.predict(X)
    np.testing.assert_allclose(p, expected, atol=1e-5)
    np.testing.assert_array_equal(codes, expected.argmax(axis=1))


def test_a_predictor_of_a_network_comes_back(tmp_path):
    predictor = Predictor(trained(), "float64")
    again = saved(predictor, tmp_path)
    assert type(again) is Predictor
    for twin in (again, pickle.loads(pickle.dumps(predictor)), copy.deepcopy(predictor)):
        np.testing.assert_array_equal(twin.predict_proba(X), predictor.predict_proba(X))


def test_a_predictor_keeps_what_it_was_made_of():
    net = trained()
    predictor, p = Predictor(net, "float64"), net.predict(X)
    net.fit(X, CLASSES, epochs=1)
    np.testing.assert_allclose(predictor.predict_proba(X), p, atol=1e-12)


@pytest.mark.parametrize("name", ["plain", "residual input", "batch norm that stays"])
def test_behind_a_scaler(name):
    scaler = StandardScaler().fit(X)
    net = Network([*LAYERS[name], Dense(3)], "softmax_log_loss", random_state=0)
    net.fit(scaler.transform(X), CLASSES, epochs=3)
    expected = net.predict(scaler.transform(X))
    found = Predictor(make_pipeline(scaler, net), "float64").predict_proba(X)
    np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize("use", [Predictor, lambda net: fastnn.to_c(net, "net")])
def test_a_network_without_weights_is_refused(use, tmp_path):
    with pytest.raises(NotFittedError, match="no weights yet"):
        use(Network([Dense(2)]))
    with pytest.raises(NotFittedError, match="no weights yet"):
        fastnn.save(Network([Dense(2)]), tmp_path / "net.fnn")
    assert not any(tmp_path.iterdir())


def test_a_function_as_init_has_no_place_in_a_file(tmp_path):
    net = Network([Dense(1)], init=lambda shape, rng, activation: np.ones(shape))
    net.fit(X, X[:, :1], epochs=1)
    with pytest.raises(TypeError, match=r"cannot save params\.init"):
        fastnn.save(net, tmp_path / "net.fnn")
    np.testing.assert_array_equal(copy.deepcopy(net).predict(X), net.predict(X))


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("class",), "MLPClassifier", "parameter .* is unknown"),
        (("class",), "Trainer", "unknown class"),
        (("params", "loss"), "squared_error", "the loss is not that of the network"),
        (("params", "loss"), "mystery", "not sound"),
        (("params", "loss"), None, "not sound"),
        (("params", "dtype"), "float32", "another dtype"),
        (("params", "init"), "magic", "init must be"),
        (("params", "init"), ["zeros"], "not sound"),
        (("params", "random_state"), "x", "not sound"),
        (("params", "more"), 1, "not those of a Network"),
        (("params", "layers"), [], "not those of the network"),
        (("params", "layers"), None, "not a list"),
        (("params", "layers"), [1], "not sound"),
        (("params", "layers", 0), {"layer": {"class": "Dense"}}, "missing or unknown"),
        (("params", "layers", 0, "layer", "class"), "Conv", "unknown class"),
        (("params", "layers", 0, "layer", "class"), "Stages", "unknown class"),
        (("params", "layers", 0, "layer", "fields", "n_out"), 10**12, "not those of the network"),
        (("params", "layers", 0, "layer", "fields", "n_out"), 5, "not those of the network"),
        (("params", "layers", 0, "layer", "fields", "n_out"), "6", "not sound"),
        (("params", "layers", 0, "layer", "fields", "activation"), "tanh", "not those of the"),
        (("params", "layers", 0, "layer", "fields", "activation"), "magic", "not sound"),
        (("params", "layers", 0, "layer", "fields", "more"), 1, "not sound"),
        (("params", "layers", 1, "layer", "fields", "layers"), {"tuple": []}, "not sound"),
        (("fitted", "loss_curve_"), lambda old: {"tuple": [old]}, "not a list of floats"),
        (("fitted", "rng"), lambda old: {"tuple": [old]}, "not a random state"),
        (("fitted", "more"), 3, "unknown"),
        (("network", "nodes", 3, "kind"), "tanh", "kind 'tanh', which this fastnn does not know"),
    ],
)
def test_a_file_that_contradicts_itself(path, value, message, tmp_path):
    saved(trained("residual"), tmp_path)
    file = tmp_path / "net.fnn"
    header, description, payload = split(file.read_bytes())
    value = value(node_at(description, path)) if callable(value) else value
    file.write_bytes(seal(header, payload, replaced(description, path, value)))
    with pytest.raises(ModelFormatError, match=message):
        fastnn.load(file)


def test_a_network_is_none_of_version_2(tmp_path):
    saved(trained("plain", "squared_error"), tmp_path)
    header, description, payload = split((tmp_path / "net.fnn").read_bytes())
    header["__metadata__"]["format_version"] = "2"
    content = seal(header, payload, description)
    with pytest.raises(ModelFormatError, match="missing or unknown fields"):
        parse_model_file(io.BytesIO(content), len(content))
