"""Small models of every kind that a Predictor takes: fitted by both libraries, and fabricated.

With a twin in NumPy that scores any Model in float64.
"""

import warnings
from functools import cache
from itertools import pairwise

import numpy as np
import sklearn.neural_network
from reference_images import patches
from reference_layers import encoded_rows, local_winners
from reference_recurrent import run as recurrent
from scipy import special

import fastnn
from fastnn import Predictor
from fastnn.model.blocks import Block, Skip, nodes_of, norm_node
from fastnn.model.head import Head
from fastnn.model.model import Model
from fastnn.model.nodes import INPUT

LIBRARIES = ("fastnn", "sklearn")
CLASSIFIERS = ("binary", "multiclass", "multilabel", "two_labels", "single_class")
REGRESSORS = ("regressor", "multioutput", "poisson")
KINDS = CLASSIFIERS + REGRESSORS


@cache
def data():
    """200 rows of 7 features with unlike means and spreads, float64."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 7)) * [1, 2, 0.5, 3, 1, 1, 2] + [0, 1, -1, 2, 0, 0.5, 0]
    X.setflags(write=False)
    return X


def target(kind):
    """A target of that kind that `data` determines."""
    X = data()
    score = X[:, 0] + 0.5 * X[:, 3] - 1
    return {
        "binary": np.array(["no", "yes"])[(score > 0).astype(int)],
        "multiclass": np.digitize(score, [-1, 0.5, 1.5]) * 2**40 - 5,
        "multilabel": (X[:, :3] > [0, 1, -1]).astype(int),
        "two_labels": (X[:, :2] > [0, 1]).astype(int),
        "single_class": np.full(len(X), 3),
        "regressor": score,
        "multioutput": X[:, :3] @ np.array([[1.0, 0, 2], [0, 1, 1], [1, -1, 0]]),
        "poisson": np.exp(0.3 * score),
    }[kind]


def network(library, kind, **params):
    """An unfitted MLPClassifier or MLPRegressor that suits the kind."""
    module = fastnn if library == "fastnn" else sklearn.neural_network
    params = {"hidden_layer_sizes": (17, 9), "max_iter": 25, "random_state": 0, **params}
    if kind in CLASSIFIERS:
        return module.MLPClassifier(**params)
    loss = "poisson" if kind == "poisson" else "squared_error"
    return module.MLPRegressor(loss=loss, **params)


def fit(estimator, X, y):
    """Fit without a word about convergence."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return estimator.fit(X, y)


@cache
def fitted(library, kind, activation="relu"):
    """A fitted network; shared among tests, which must not change it."""
    return fit(network(library, kind, activation=activation), data(), target(kind))


HINGE = ("hinge_binary", "hinge_multiclass", "hinge_multilabel")
BLOCKS = ("plain", "layer_norm", "batch_norm", "skips", "everything")
_OUTPUTS = {
    "binary": ("classifier", "logistic", np.array(["no", "yes"])),
    "multiclass": ("classifier", "softmax", np.array([-3, 2, 5, 9])),
    "multilabel": ("multilabel", "logistic", np.arange(3)),
    "regressor": ("regressor", "identity", None),
    "multioutput": ("regressor", "identity", None),
    "poisson": ("regressor", "exp", None),
    "hinge_binary": ("classifier", "identity", np.array([4, 6])),
    "hinge_multiclass": ("classifier", "identity", np.array(["a", "b", "c", "d"])),
    "hinge_multilabel": ("multilabel", "identity", np.arange(3)),
}
FABRICATED = tuple(_OUTPUTS)
_N_OUTPUTS = {"multiclass": 4, "hinge_multiclass": 4, "multilabel": 3, "hinge_multilabel": 3}


def fabricated(kind="multiclass", blocks="everything", activation="gelu", dtype="float64"):
    """A Model 7-7-5-5 of arbitrary numbers, never fitted.

    ``blocks`` is one of BLOCKS: "everything" has a layer normalisation, a batch normalisation, and
    skips of all three forms.
    """
    rng = np.random.default_rng(len(blocks) + len(kind))
    kind_, output_activation, classes = _OUTPUTS[kind]
    n_outputs = 2 if kind == "multioutput" else _N_OUTPUTS.get(kind, 1)
    sizes = [7, 7, 5, 5, n_outputs]

    def array(*shape):
        return rng.normal(size=shape, scale=1 / np.sqrt(shape[0])).astype(dtype)

    def layer_norm(n):
        return norm_node("layer", 1 + array(n), array(n), 1e-3)

    def batch_norm(n):
        return norm_node("batch", 1 + array(n), array(n), 1e-5, array(n), array(n) ** 2)

    norms = {
        "layer_norm": (layer_norm(7), layer_norm(5), None),
        "batch_norm": (batch_norm(7), None, batch_norm(5)),
        "everything": (layer_norm(7), batch_norm(5), None),
    }.get(blocks, (None,) * 3)
    skips = (Skip(), Skip(array(7, 5)), Skip(array(5, 5), array(5)))
    skips = skips if blocks in ("skips", "everything") else (None,) * 3
    weights = [array(*shape) for shape in pairwise(sizes)]
    biases = [array(n) for n in sizes[1:]]
    flat = kind in ("regressor", "poisson")
    hidden = list(map(Block, weights[:-1], biases[:-1], norms, [activation] * 3, skips))
    head = Head(kind_, output_activation, dtype, classes, flat=flat)
    return chain(hidden, weights[-1], biases[-1], head)


def chain(blocks, weight, bias, head):
    """A Model of hidden blocks and an output layer."""
    n_in = len(blocks[0].weight if blocks else weight)
    return Model(n_in, nodes_of(blocks, weight, bias)[0], head)


def one_unit(activation, dtype="float64"):
    """A regressor 1-1-1 that gives the activation of its input."""
    one, zero = np.ones((1, 1), dtype), np.zeros(1, dtype)
    head = Head("regressor", "identity", dtype, flat=True)
    return chain([Block(one, zero, None, activation)], one, zero, head)


NEAR_AND_FAR = np.hstack([np.linspace(-12, 12, 201), -1e4, -150, -90, 90, 150, 1e4])[:, None]


def with_blocks(dtype=np.float64):
    """A fitted multiclass network 7-7-5-4 that somebody gave normalisations and a skip."""
    model = network("fastnn", "multiclass", hidden_layer_sizes=(7, 5), max_iter=2)
    fit(model, data().astype(dtype), target("multiclass"))
    rng = np.random.default_rng(5)
    batch, layer = ({"kind": k} for k in ("batch", "layer"))
    for norm, n in ((batch, 7), (layer, 5)):
        norm |= {"gain": rng.normal(size=n), "shift": rng.normal(size=n)}
        statistics = (rng.normal(size=n), rng.random(n)) if norm is batch else (None, None)
        norm |= dict(zip(("mean", "variance"), statistics, strict=True))
        norm |= {k: v.astype(dtype) for k, v in norm.items() if isinstance(v, np.ndarray)}
        norm["epsilon"] = 1e-3
    model.norms_ = [batch, layer]
    model.projections_ = ["identity", rng.normal(size=(7, 5)).astype(dtype)]
    moments = model._solver_state["moments"]
    n_params = sum(a.size for a in (*model.coefs_, *model.intercepts_)) + 2 * 7 + 2 * 5 + 35
    for name, value in moments.items():
        if isinstance(value, np.ndarray):
            moments[name] = np.resize(value, n_params)
    return model


ACTIVATIONS = {
    "identity": lambda z: z,
    "relu": lambda z: np.maximum(z, 0),
    "tanh": np.tanh,
    "logistic": special.expit,
    "leaky_relu": lambda z: np.where(z > 0, z, 0.01 * z),
    "elu": lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))),
    "selu": lambda z: (
        1.0507009873554804934
        * np.where(z > 0, z, 1.6732632423543772848 * np.expm1(np.minimum(z, 0)))
    ),
    "gelu": lambda z: z * special.ndtr(z),
    "silu": lambda z: z * special.expit(z),
    "mish": lambda z: z * np.tanh(np.logaddexp(0, z)),
    "softplus": lambda z: np.logaddexp(0, z),
    "softsign": lambda z: z / (1 + np.abs(z)),
    "step": lambda z: np.where(z > 0, 1.0, 0.0),
}


def raw_of(model, X):
    """The raw outputs of a Model (n, n_outputs), by NumPy in float64."""
    outputs = {INPUT: np.asarray(X, dtype=np.float64)}
    for number, node in enumerate(model.astype("float64").nodes):
        sources = [outputs[source] for source in node.sources]
        outputs[number] = NODES[node.kind](*sources, **node.arrays, **node.attributes)
    return outputs[len(model.nodes) - 1]


def _normalised(x, gain, shift, epsilon, mean, variance):
    return (x - mean) / np.sqrt(variance + epsilon) * gain + shift


def _layer_norm(x, **parts):
    statistics = {"mean": x.mean(axis=1, keepdims=True), "variance": x.var(axis=1, keepdims=True)}
    return _normalised(x, **parts, **statistics)


def _windows(x, window, fill):
    """Windows of images, of padded cells the fill: as `reference_images.patches`."""
    height, width, channels = window.shape
    needed = [
        (out - 1) * step + (cells - 1) * apart + 1
        for out, step, cells, apart in zip(
            window.out, window.strides, window.kernel, window.dilation, strict=True
        )
    ]
    around = [
        (before, max(n - before - cells, 0))
        for n, before, cells in zip(needed, window.padding, (height, width), strict=True)
    ]
    image = np.pad(
        x.reshape(-1, height, width, channels), [(0, 0), *around, (0, 0)], constant_values=fill
    )
    return patches(image, window.kernel, window.strides, window.dilation, window.out)


def _convolution(x, weight, window, bias=0.0):
    found = _windows(x, window, 0.0)
    channels, n_out = found.shape[-1] // window.groups, weight.shape[1] // window.groups
    parts = [
        found[..., g * channels : (g + 1) * channels].reshape(*found.shape[:3], -1)
        @ weight[:, g * n_out : (g + 1) * n_out]
        for g in range(window.groups)
    ]
    return (np.concatenate(parts, axis=-1) + bias).reshape(len(x), -1)


def _pad(x, window):
    return _windows(x, window, 0.0).reshape(len(x), -1)


def _channel_norm(x, places, **parts):
    return _normalised(x.reshape(len(x) * places, -1), **parts).reshape(len(x), -1)


def _cell(kind, gates):
    """A recurrent node; a ragged one may have the lengths as its last column."""

    def of(x, weight, places, width, ragged, output, reverse, bias=0.0, activation="tanh"):
        units, rows = weight.shape[1] // gates, []
        for row in x:
            n = int(row[-1]) if ragged and len(row) > places * width else places
            sequence = row[: n * width].reshape(n, width)
            options = {"reverse": reverse, "activation": activation}
            outputs, (last, _) = recurrent(kind, units, weight, bias, sequence, **options)
            every = np.concatenate([outputs, np.zeros((places - n, units))])
            rows.append({"last": last, "mean": outputs.mean(axis=0), "all": every.ravel()}[output])
        return np.array(rows)

    return of


def _steps(x, weight, places, width, ragged, levels, bias=0.0):
    steps = x[:, : places * width].reshape(len(x), places, width)
    if levels:
        steps = (steps == np.arange(levels)).astype(weight.dtype)
    found = steps @ weight + bias
    if ragged and x.shape[1] > places * width:
        found[np.arange(places) >= x[:, -1:]] = 0
    return found.reshape(len(x), -1)


def _concat(x, y, places):
    both = (of.reshape(len(of), places, -1) for of in (x, y))
    return np.concatenate(list(both), axis=2).reshape(len(x), -1)


NODES = {
    "rnn": _cell("rnn", 1),
    "gru": _cell("gru", 3),
    "lstm": _cell("lstm", 4),
    "steps": _steps,
    "concat": _concat,
    "convolution": _convolution,
    "pad": _pad,
    "max_pool": lambda x, window: np.nanmax(_windows(x, window, np.nan), axis=(3, 4)).reshape(
        len(x), -1
    ),
    "average_pool": lambda x, window: np.nanmean(_windows(x, window, np.nan), axis=(3, 4)).reshape(
        len(x), -1
    ),
    "channel_norm": _channel_norm,
    "dense": lambda x, weight, bias=0.0: x @ weight + bias,
    "activation": lambda x, name: ACTIVATIONS[name](x),
    "custom": lambda x, function: function.f(x),
    "layer_norm": _layer_norm,
    "batch_norm": _normalised,
    "add": lambda x, y: x + y,
    "columns": encoded_rows,
    "multiply": lambda x, y: x * y,
    "lwta": local_winners,
    "softmax": lambda x: special.softmax(x, axis=1),
    "scale": lambda x, factor: factor * x,
    "gain": lambda x, gain: gain * x,
}


def values_of(model, X):
    """Probabilities, decision values a class, or what a regressor predicts, by `raw_of`."""
    z = raw_of(model, X)
    if model.binary:
        p = special.expit(z) if model.has_probabilities else z
        return np.hstack([1 - p if model.has_probabilities else -p, p])
    functions = {"softmax": lambda z: special.softmax(z, axis=1), "exp": np.exp}
    functions |= {"logistic": special.expit, "identity": lambda z: z}
    return functions[model.output_activation](z)


def labels_of(model, X):
    """The labels of a classifier, by `raw_of`."""
    z = raw_of(model, X)
    if model.kind == "multilabel":
        return (z > 0).astype(np.int64)
    return model.classes[(z[:, 0] > 0).astype(int) if model.binary else z.argmax(axis=1)]


def predictor_of(model, dtype="float64"):
    """A Predictor of a model, computing in this dtype."""
    return Predictor(model, dtype)
