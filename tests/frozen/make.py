"""Write the example files of a format version, once, when it is released: ``python make.py v1``.

Files that exist are never written again: every later version of fastnn must load these.
"""

import hashlib
import json
import sys
import warnings
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scoring_models import data, fit, network, target
from sklearn.compose import TransformedTargetRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import fastnn
from fastnn import Predictor


def rows():
    """Inputs for the expected outputs; plain arithmetic, so that they are the same everywhere."""
    return (np.arange(12 * 7).reshape(12, 7) * 37 % 101 - 50) / 25


def models():
    """Name and model of each example."""
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
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "X does not have valid feature names")
        found["predict"] = model.predict(X).tolist()
        if hasattr(model, "classes_"):
            found["predict_proba"] = model.predict_proba(X).tolist()
            found["classes_"] = model.classes_.tolist()
    if hasattr(model, "feature_names_in_"):
        found["feature_names_in_"] = model.feature_names_in_.tolist()
    for name in ("n_iter_", "t_", "loss_", "loss_curve_", "validation_scores_"):
        if hasattr(model, name):
            found[name] = getattr(model, name)
    return found


def main(folder):
    folder.mkdir()
    expected = {}
    for name, model in models():
        path = folder / f"{name}.fnn"
        fastnn.save(model, path)
        expected[path.name] = {
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "type": type(model).__name__,
            "outputs": outputs(model),
        }
    text = json.dumps(expected, indent=1, default=float)
    (folder / "expected.json").write_text(text + "\n")


if __name__ == "__main__":
    main(Path(__file__).resolve().parent / sys.argv[1])
