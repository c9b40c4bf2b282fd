"""The options of estimators that change the network or its steps, and data to try them on."""

import numpy as np

from fastnn.layers import CustomActivation
from fastnn.optimizers import OPTIMIZERS


def make_data(rng):
    X, y = rng.normal(size=(131, 11)), rng.randint(0, 3, 131)
    X[:, 0] += y
    return X, y


X, Y = make_data(np.random.RandomState(0))


def bent(z):
    return z / (1 + z * z)


def bent_slope(z):
    return (1 - z * z) / (1 + z * z) ** 2


def bent_onnx(add, z):
    return add("Div", z, add("Add", add.number(1), add("Mul", z, z)))


CUSTOM = CustomActivation(bent, bent_slope, "bent", c="z / (1.0f + z * z)", onnx=bent_onnx)

#: All that makes a network other than Dense layers, at prediction too.
LAYERS = {
    "batch_norm": {"batch_norm": True},
    "layer_norm": {"layer_norm": True, "activation": "tanh"},
    "residual": {"residual": True, "hidden_layer_sizes": (11, 11)},
    "projections": {"residual": True, "hidden_layer_sizes": (7, 13)},
    "highway": {"residual": "highway", "hidden_layer_sizes": (8, 8, 11), "layer_norm": True},
    "blocks": {
        "residual": True,
        "batch_norm": True,
        "hidden_layer_sizes": (11, 8, 8),
        "activation": ["gelu", "tanh", "relu"],
        "dropout": [0.2, 0.0, 0.1],
    },
    "bernoulli": {"activation": ["bernoulli", "elu"]},
    "gain": {"gain": True, "residual": True, "batch_norm": True},
}

OPTIONS = {
    **LAYERS,
    "custom": {"activation": CUSTOM},
    "dropout": {"dropout": 0.3},
    "input_dropout": {"input_dropout": 0.2},
    "input_noise": {"input_noise": 0.3},
    "ema": {"averaging": "ema", "averaging_decay": 0.9},
    "swa": {"averaging": "swa", "averaging_start": 0.4},
    "gain_l1": {"gain": True, "gain_l1": 0.02},
    "clip_value": {"clip_value": 0.01},
    "clip_norm": {"clip_norm": 0.1},
    "max_norm": {"max_norm": 0.5},
    "l1_ratio": {"l1_ratio": 0.5, "alpha": 0.5},
    "weight_decay": {"weight_decay": 0.1},
    "everything": {
        "residual": True,
        "layer_norm": True,
        "activation": ["selu", "bernoulli"],
        "dropout": [0.2, 0.1],
        "input_dropout": 0.1,
        "input_noise": 0.1,
        "averaging": "ema",
        "clip_value": 0.2,
        "clip_norm": 0.5,
        "max_norm": 2.0,
        "l1_ratio": 0.5,
        "weight_decay": 0.01,
        "schedule": "cosine",
        "warmup": 3,
        "init": "he_normal",
    },
    **{solver: {"solver": solver, "batch_size": "auto"} for solver in OPTIMIZERS},
}

#: Parameters of a quick fit, to be updated with those of an option.
SMALL = {"hidden_layer_sizes": (9, 6), "max_iter": 5, "random_state": 0, "batch_size": 40}


def learned(model):
    """All that a fit has set, the optimizer's state included."""
    fitted = {name: value for name, value in vars(model).items() if name.endswith("_")}
    return {**fitted, "_solver_state": getattr(model, "_solver_state", None)}


def assert_same(one, other, where=""):
    """Equal to the bit, whatever lists and dicts of arrays and numbers they are."""
    assert type(one) is type(other), where
    if isinstance(one, np.ndarray):
        assert one.dtype == other.dtype, where
        np.testing.assert_array_equal(one, other, err_msg=where)
    elif isinstance(one, dict):
        assert one.keys() == other.keys(), where
        for name, value in one.items():
            assert_same(value, other[name], f"{where}[{name!r}]")
    elif isinstance(one, list | tuple):
        assert len(one) == len(other), where
        for i, (a, b) in enumerate(zip(one, other, strict=True)):
            assert_same(a, b, f"{where}[{i}]")
    else:
        assert one == other, where


def by_numpy(model, X):
    """Raw outputs of a fitted model, and the outputs of its hidden layers, from its attributes in
    float64."""
    import reference

    h, hidden, n = X.astype(float), [], len(model.coefs_) - 1
    names = [model.activation] * n if isinstance(model.activation, str) else model.activation
    norms = getattr(model, "norms_", None) or [None] * n
    skips = getattr(model, "projections_", None) or [None] * n
    gains = getattr(model, "gains_", None) or [1.0] * (n + 1)
    for i, (name, norm, skip) in enumerate(zip(names, norms, skips, strict=True)):
        z = (gains[i] * h) @ model.coefs_[i].astype(float) + model.intercepts_[i]
        if norm is not None:
            layer = norm["kind"] == "layer"
            mean = z.mean(axis=1, keepdims=True) if layer else norm["mean"]
            variance = z.var(axis=1, keepdims=True) if layer else norm["variance"].astype(float)
            z = (z - mean) / np.sqrt(variance + norm["epsilon"]) * norm["gain"] + norm["shift"]
        a = reference.ACTIVATIONS["logistic" if name == "bernoulli" else name][0](z)
        if isinstance(skip, dict):
            t = reference.ACTIVATIONS["logistic"][0](h @ skip["gate"].astype(float) + skip["bias"])
            carried = skip["carried"]
            carried = h if isinstance(carried, str) else h @ carried.astype(float)
            a = t * a + (1 - t) * carried
        elif skip is not None:
            a = a + (h if isinstance(skip, str) else h @ skip.astype(float))
        h = a
        hidden.append(h)
    return (gains[-1] * h) @ model.coefs_[-1].astype(float) + model.intercepts_[-1], hidden
