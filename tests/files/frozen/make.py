"""Write the example files of a format version, when it is released: ``python make.py v2``.

Files that exist are never written again: every later version of fastnn must load these.
"""

import hashlib
import json
import sys
import warnings
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))

from scoring_models import data, fabricated, fit, labels_of, network, target, values_of
from sklearn.compose import TransformedTargetRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import fastnn
from fastnn import Network, Predictor
from fastnn.files.model_file import write_model_file
from fastnn.layers import (
    Activation,
    BatchNorm,
    CustomActivation,
    Dense,
    Dropout,
    GaussianNoise,
    LayerNorm,
    Residual,
)
from fastnn.losses import Quantile
from fastnn.model.folding import as_model
from fastnn.model.melting import fold_batch_norms
from fastnn.model.model import Model


def rows():
    """Inputs for the expected outputs; plain arithmetic, so that they are the same everywhere."""
    return (np.arange(12 * 7).reshape(12, 7) * 37 % 101 - 50) / 25


def bent(z):
    return z * np.tanh(z)


def bent_slope(z):
    return np.tanh(z) + z * (1 - np.tanh(z) ** 2)


#: What the examples with "custom" in their name need, which no file has.
ACTIVATIONS = {"bent": CustomActivation(bent, bent_slope, name="bent")}


def models_v3():
    """Name and model of each example of version 3: what is no chain of blocks, functions of one's
    own, and networks put together by hand."""
    own = ACTIVATIONS["bent"]
    deep = [
        *(Dense(6, "relu"), BatchNorm(), Dropout(0.1)),
        Residual([Dense(5), BatchNorm(), Activation("gelu"), BatchNorm(), Dropout(0.2)]),
        *(Residual([LayerNorm(), Dense(5, "silu"), Dense(5, "bernoulli")]), LayerNorm()),
    ]
    custom = [Dense(6, own), Residual([BatchNorm(), Activation(own), Dense(6, "tanh")])]
    for name, loss, layers in (
        ("residual_softmax_float64", "softmax_log_loss", [*deep, Dense(4)]),
        ("logistic_float32", "logistic_log_loss", [GaussianNoise(0.1), *deep, Dense(1)]),
        ("labels_float64", "logistic_log_loss", [*deep, Dense(3)]),
        ("hinge_float32", "hinge", [Dense(5, "tanh"), BatchNorm(), Dense(1)]),
        ("linear_float64", "squared_error", [Dense(3)]),
        ("quantiles_float32", Quantile((0.1, 0.5)), [*deep, Dense(2)]),
        ("poisson_float64", "poisson", [LayerNorm(), Dense(5, "mish"), Dense(1)]),
        ("custom_float64", "softmax_log_loss", [*custom, Dense(4)]),
    ):
        seed = None if name.startswith("linear") else np.random.RandomState(3)
        dtype = name.rpartition("_")[2]
        net = Network(layers, loss, dtype=dtype, random_state=9 if "hinge" in name else seed)
        kind = {
            *(("residual", "multiclass"), ("custom", "multiclass"), ("labels", "multilabel")),
            *(("linear", "multioutput"), ("poisson", "poisson"), ("quantiles", "regressor")),
        }
        y = target(dict(kind).get(name.partition("_")[0], "binary"))
        if y.dtype.kind in "iU" and y.ndim == 1:
            y = np.unique(y, return_inverse=True)[1]
        y = y if "softmax" in str(loss) else y.reshape(len(y), -1)
        y = np.repeat(y, 2, axis=1) if "quantiles" in name else y
        net.fit(data(), y, epochs=3)
        yield f"network_{name}", net
        if "softmax" in name or "custom" in name:
            names = tuple(f"column {i}" for i in range(7))
            yield f"predictor_{name}", as_model(net).with_head(feature_names=names)
    model = network("fastnn", "multiclass", hidden_layer_sizes=(5, 4), activation=[own, "relu"])
    yield "classifier_custom_float64", fit(model, data(), target("multiclass"))


def models_v2():
    """Name and model of each example of version 2: what version 1 could not hold."""
    names = tuple(f"column {i}" for i in range(7))
    for name, kind, blocks, activation, dtype in (
        ("multiclass_float32", "multiclass", "everything", "gelu", "float32"),
        ("binary_float64", "binary", "layer_norm", "silu", "float64"),
        ("multilabel_float32", "multilabel", "skips", "mish", "float32"),
        ("multioutput_float64", "multioutput", "everything", "selu", "float64"),
        ("poisson_float32", "poisson", "plain", "softplus", "float32"),
        ("hinge_binary_float32", "hinge_binary", "plain", "relu", "float32"),
        ("hinge_multiclass_float64", "hinge_multiclass", "skips", "leaky_relu", "float64"),
        ("hinge_multilabel_float64", "hinge_multilabel", "plain", "step", "float64"),
        ("regressor_float32", "regressor", "layer_norm", "elu", "float32"),
        ("identity_float64", "regressor", "skips", "softsign", "float64"),
    ):
        model = fold_batch_norms(fabricated(kind, blocks, activation)).astype(dtype)
        yield f"predictor_{name}", model.with_head(feature_names=names)
    X, small = data(), {"hidden_layer_sizes": (7, 4, 4), "max_iter": 4}
    for name, kind, params in (
        (
            "classifier_blocks_float64",
            "multiclass",
            {
                "batch_norm": True,
                "residual": True,
                "dropout": [0.1, 0.0, 0.2],
                "activation": ["gelu", "tanh", "relu"],
                "solver": "amsgrad",
            },
        ),
        (
            "classifier_sgd_everything_float32",
            "binary",
            {
                "layer_norm": True,
                "residual": True,
                "dropout": 0.1,
                "input_dropout": 0.1,
                "input_noise": 0.1,
                "clip_norm": 1.0,
                "clip_value": 0.5,
                "max_norm": 2.0,
                "l1_ratio": 0.5,
                "weight_decay": 0.01,
                "schedule": "cosine",
                "warmup": 2,
                "init": "he_normal",
                "solver": "sgd",
            },
        ),
        (
            "classifier_swa_float64",
            "multilabel",
            {
                "averaging": "swa",
                "averaging_start": 0.4,
                "activation": "bernoulli",
                "early_stopping": True,
                "batch_norm": True,
            },
        ),
        (
            "classifier_balanced_float32",
            "binary",
            {
                "class_weight": "balanced",
                "n_init": 2,
                "hidden_layer_sizes": "5-4",
                "layer_norm": True,
                "solver": "nadam",
            },
        ),
        (
            "regressor_ema_float64",
            "multioutput",
            {"averaging": "ema", "solver": "adamw", "residual": True, "averaging_decay": 0.9},
        ),
        (
            "regressor_lbfgs_float32",
            "regressor",
            {"batch_norm": True, "residual": True, "solver": "lbfgs", "activation": "silu"},
        ),
    ):
        dtype = np.float32 if name.endswith("float32") else np.float64
        y = target(kind)
        model = fit(network("fastnn", kind, **{**small, **params}), X.astype(dtype), y)
        goes_on = name.startswith(("classifier_blocks", "classifier_sgd"))
        yield name, model.partial_fit(X.astype(dtype), y) if goes_on else model


def models_v1():
    """Name and model of each example of version 1."""
    X, small = data(), {"hidden_layer_sizes": (4, 3), "max_iter": 4}
    import pandas as pd

    frame = pd.DataFrame(X, columns=["a", "b", "c", "größe", "e", "f", "g"])

    def trained(kind, X=X, library="fastnn", **params):
        return fit(network(library, kind, **{**small, **params}), X, target(kind))

    yield "predictor_binary_float32", Predictor(trained("binary", library="sklearn"))
    yield "predictor_multiclass_float64", Predictor(trained("multiclass", frame), "float64")
    yield "predictor_multilabel_float32", Predictor(trained("multilabel", activation="tanh"))
    pipeline = make_pipeline(StandardScaler(), network("sklearn", "multioutput", **small))
    scaled = TransformedTargetRegressor(pipeline, transformer=StandardScaler())
    yield "predictor_multioutput_float32", Predictor(fit(scaled, X, target("multioutput")))
    yield "predictor_poisson_float64", Predictor(trained("poisson"), "float64")
    continued = trained("multiclass", frame, activation="logistic")
    yield "classifier_adam_float64", continued.partial_fit(frame, target("multiclass"))
    seeded = {"random_state": np.random.RandomState(3), "learning_rate": "adaptive"}
    stream = trained("binary", X.astype(np.float32), solver="sgd", **seeded)
    yield "classifier_sgd_float32", stream
    early = trained("multilabel", early_stopping=True, n_iter_no_change=np.inf)
    yield "classifier_early_stopping_float64", early
    yield "regressor_lbfgs_float64", trained("multioutput", solver="lbfgs", activation="tanh")
    linear = trained("poisson", X.astype(np.float32), hidden_layer_sizes=())
    yield "regressor_single_layer_float32", linear


def outputs(model):
    """What the model gives for the rows and tells of its training, as JSON."""
    X, found = rows(), {}
    if isinstance(model, Model):  # by NumPy in float64
        values = values_of(model, X)
        predicted = values.ravel() if model.flat else values
        found["predict"] = predicted.tolist()
        if model.classes is not None:
            found["predict"] = labels_of(model, X).tolist()
            found["classes_"] = model.classes.tolist()
            if model.has_probabilities:
                found["predict_proba"] = values.tolist()
            else:
                scores = values[:, 1] if model.binary else values
                found["decision_function"] = scores.tolist()
        return {**found, "feature_names_in_": list(model.feature_names)}
    if isinstance(model, Network):
        found = {"outputs": model.predict(X).tolist(), "loss_curve_": model.loss_curve_}
        model = Predictor(model, model.dtype.name)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "X does not have valid feature names")
        found["predict"] = model.predict(X).tolist()
        if hasattr(model, "classes_"):
            if has_probabilities(model):
                found["predict_proba"] = model.predict_proba(X).tolist()
            else:
                found["decision_function"] = model.decision_function(X).tolist()
            found["classes_"] = model.classes_.tolist()
    if hasattr(model, "feature_names_in_"):
        found["feature_names_in_"] = model.feature_names_in_.tolist()
    for name in ("n_iter_", "t_", "loss_", "loss_curve_", "validation_scores_"):
        if hasattr(model, name):
            found[name] = getattr(model, name)
    return found


def has_probabilities(model):
    try:
        model.predict_proba(rows()[:1])
    except AttributeError:
        return False
    return True


def main(folder):
    """Write the examples that do not exist yet, and add to what is expected of them."""
    folder.mkdir(exist_ok=True)
    record = folder / "expected.json"
    expected = json.loads(record.read_text()) if record.exists() else {}
    for name, model in {"v1": models_v1, "v2": models_v2, "v3": models_v3}[folder.name]():
        path = folder / f"{name}.fnn"
        if path.name in expected:
            continue
        plain = isinstance(model, Model)
        write_model_file(path, model) if plain else fastnn.save(model, path)
        expected[path.name] = {
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "type": "Predictor" if plain else type(model).__name__,
            "outputs": outputs(model),
        }
    record.write_text(json.dumps(expected, indent=1, default=float) + "\n")


if __name__ == "__main__":
    main(Path(__file__).resolve().parent / sys.argv[1])
