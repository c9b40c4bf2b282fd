"""compute_dtype="bfloat16" of the perceptrons."""

import pickle

import numpy as np
import pytest
from same_fits import assert_same
from sklearn.base import clone
from sklearn.datasets import load_digits

import fastnn
from fastnn import DeepEnsembleClassifier, MLPClassifier, MLPRegressor
from fastnn._kernels.native import table

X, y = load_digits(return_X_y=True)
X = (X / 16).astype(np.float32)
QUICK = {"hidden_layer_sizes": (20,), "max_iter": 3, "random_state": 0, "tol": 0.0}
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def fitted(compute_dtype, rows=300, **parameters):
    model = MLPClassifier(**{**QUICK, **parameters}, compute_dtype=compute_dtype)
    return model.fit(X[:rows], y[:rows])


def test_losses_fall_as_those_of_float32_do():
    """Curves of several seeds: the formats differ less than the seeds do."""
    curves = {}
    for compute_dtype in ("float32", "bfloat16"):
        models = [
            fitted(compute_dtype, 1200, hidden_layer_sizes=(48, 24), max_iter=15, random_state=seed)
            for seed in range(3)
        ]
        curves[compute_dtype] = np.array([model.loss_curve_ for model in models])
    full, rounded = curves["float32"], curves["bfloat16"]
    assert (full != rounded).all()
    difference = np.abs(full.mean(axis=0) - rounded.mean(axis=0))
    assert (difference < full.std(axis=0, ddof=1)).all()
    assert (difference < 0.01 * full.mean(axis=0)).all()


def test_what_is_kept_is_float32_and_scored_in_it():
    model = fitted("bfloat16")
    assert {array.dtype.name for array in (*model.coefs_, *model.intercepts_)} == {"float32"}
    low = model.coefs_[0].view(np.uint32) & 0xFFFF
    assert np.mean(low != 0) > 0.9  # bits that bfloat16 has not
    z = np.maximum(X @ model.coefs_[0] + model.intercepts_[0], 0) @ model.coefs_[1]
    np.testing.assert_array_equal(model.predict(X), (z + model.intercepts_[1]).argmax(axis=1))


def test_none_and_float32_are_the_same():
    assert_same(fitted(None).set_params(compute_dtype="float32"), fitted("float32"))


def test_it_goes_through_clones_pickles_files_and_further_fits(tmp_path):
    model = fitted("bfloat16")
    assert_same(clone(model).fit(X[:300], y[:300]), model)
    fastnn.save(model, tmp_path / "model.safetensors")
    others = [pickle.loads(pickle.dumps(model)), fastnn.load(tmp_path / "model.safetensors")]
    others.append(clone(model).fit(X[:300], y[:300]))
    for other in others:
        assert other.compute_dtype == "bfloat16"
        other.set_params(warm_start=True).fit(X[300:], y[300:])
    assert_same(others[0], others[2])
    assert_same(others[1], others[2])
    plain = clone(model).set_params(compute_dtype=None)
    for one in (plain, again := clone(model)):
        one.partial_fit(X, y, classes=np.arange(10)).partial_fit(X, y)
    assert not np.array_equal(plain.coefs_[0], again.coefs_[0])


def test_members_of_an_ensemble_are_what_they_are_alone():
    member = MLPClassifier(**QUICK, compute_dtype="bfloat16")
    ensemble = DeepEnsembleClassifier(member, 2, random_state=0).fit(X[:300], y[:300])
    for one in ensemble.estimators_:
        assert_same(clone(one).fit(X[:300], y[:300]), one)


@pytest.mark.parametrize("solver", ["sgd", "rmsprop", "rprop"])
def test_every_stochastic_solver_takes_it(solver):
    model = MLPRegressor(**QUICK, solver=solver, compute_dtype="bfloat16").fit(X[:200], y[:200])
    assert np.isfinite(model.predict(X)).all()


def test_what_it_cannot_do_is_refused_before_any_work():
    rows = X[:300].astype(np.float64)
    for parameters, data, message in [
        ({"compute_dtype": "bfloat16"}, rows, r"networks of float32.*X\.astype\(numpy\.float32\)"),
        ({"compute_dtype": "float32"}, rows, "compute_dtype='float32' is for networks of float32"),
        ({"compute_dtype": "float16"}, X[:300], "'compute_dtype' parameter of MLPClassifier must"),
        ({"compute_dtype": "bfloat16", "solver": "lbfgs"}, X[:300], "compute_dtype is for the st"),
    ]:
        model = MLPClassifier(**QUICK, **parameters)
        before = dict(vars(model))
        with pytest.raises(ValueError, match=message):
            model.fit(data, y[:300])
        assert vars(model) == before
    for cls in (fastnn.RecurrentClassifier, fastnn.ConvClassifier):
        with pytest.raises(TypeError, match="compute_dtype"):
            cls(compute_dtype="bfloat16")


def test_the_configuration_says_what_it_is_computed_with(monkeypatch):
    by = "AMX" if table.no_amx("bfloat16") is None else "float32"
    assert fastnn.config()["bfloat16_training"] == by
    monkeypatch.setenv("FASTNN_AMX", "0")
    assert fastnn.config()["bfloat16_training"] == "float32"
