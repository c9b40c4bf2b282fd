"""Gains: against NumPy, with a price, and what holds whatever the numbers."""

import dataclasses
import pickle

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.datasets import load_digits

import fastnn
from fastnn import ConvClassifier, MLPClassifier, MLPRegressor, Predictor, RecurrentClassifier
from fastnn.estimators.mlp.plasticity import PlasticityParameters, WithoutPlasticity
from fastnn.estimators.mlp.toolbox import PretrainingParameters

DIGITS, DIGIT = (a[:240] for a in load_digits(return_X_y=True))
DIGITS = DIGITS / 16
SMALL = {"hidden_layer_sizes": (24, 12), "batch_size": 40, "max_iter": 6, "random_state": 0}


def network(**params):
    return MLPClassifier(**{**SMALL, "gain": True, "learning_rate_init": 0.01, **params})


def arrays(model):
    return [*model.coefs_, *model.intercepts_, *model.gains_]


def same_arrays(a, b):
    return all((x == y).all() for x, y in zip(arrays(a), arrays(b), strict=True))


@pytest.mark.parametrize("price", [0.0, 0.3])
def test_steps_are_those_of_plain_descent(price, rng):
    """Two steps on all rows, written down; the second from gains that are not all one. With a
    price steps end at zero, and a gain that is there stays if the slope is less than the price."""
    X, y, rate = rng.normal(size=(30, 9)), rng.normal(size=(30, 2)), 0.3
    given = {"solver": "sgd", "momentum": 0.0, "batch_size": 30, "alpha": 0.0, "shuffle": False}
    model = MLPRegressor(hidden_layer_sizes=(7,), gain=True, gain_l1=price, random_state=0, **given)
    model.set_params(learning_rate_init=1e-300).partial_fit(X, y).set_params(
        learning_rate_init=rate
    )
    gains, coefs, intercepts = (
        [a.copy() for a in of] for of in (model.gains_, model.coefs_, model.intercepts_)
    )
    assert all((gain == 1).all() for gain in gains)
    gains[0][2], gains[1][3] = 0.0, -0.01
    model.gains_ = [gain.copy() for gain in gains]
    losses = []
    for _ in range(2):
        z = (gains[0] * X) @ coefs[0] + intercepts[0]
        h = np.maximum(z, 0)
        d = ((gains[1] * h) @ coefs[1] + intercepts[1] - y) / 30
        mean_square = 30 * (d**2).sum() / 2
        losses.append(mean_square / 2 + price * sum(np.abs(gain).sum() for gain in gains))
        back = (d @ coefs[1].T * gains[1]) * (z > 0)
        slopes = [(X * (back @ coefs[0].T)).sum(axis=0), (h * (d @ coefs[1].T)).sum(axis=0)]
        steps = [(gains[0] * X).T @ back, (gains[1] * h).T @ d]
        for k, bias in enumerate((back, d)):
            coefs[k], intercepts[k] = coefs[k] - rate * steps[k], intercepts[k] - rate * bias.sum(0)
            beyond = slopes[k] - np.clip(slopes[k], -price, price)
            slope = np.where(gains[k] == 0, beyond, slopes[k] + price * np.sign(gains[k]))
            after = gains[k] - rate * slope
            gains[k] = np.where(gains[k] * after < 0, 0 if price else after, after)
        model.partial_fit(X, y)
    expected = [*coefs, *intercepts, *gains]
    for own, twin in zip(arrays(model), expected, strict=True):
        np.testing.assert_allclose(own, twin, rtol=1e-9, atol=1e-12)
    assert (model.gains_[1][3] == 0) == bool(price)
    assert model.loss_ == pytest.approx(losses[-1])


def test_a_price_leaves_what_is_of_use():
    """Ten features of which the targets know three."""
    rng = np.random.RandomState(0)
    X = rng.normal(size=(300, 10))
    y = np.sin(X[:, 0]) + X[:, 1] * X[:, 2]
    model = MLPRegressor(hidden_layer_sizes=(20,), gain=True, gain_l1=0.02, alpha=1.0)
    model.set_params(learning_rate_init=0.01, max_iter=300, random_state=0).fit(X, y)
    assert (model.gains_[0][3:] == 0).all()
    assert (np.abs(model.gains_[0][:3]) > 0.1).all()
    assert 0.1 < (model.gains_[1] == 0).mean() < 1
    assert model.score(X, y) > 0.8


def test_no_bit_depends_on_threads_and_a_stream_goes_on(tmp_path):
    given = {"dropout": 0.2, "gain_l1": 0.003, "plasticity": "activity", "averaging": "ema"}
    models = [network(n_jobs=n, **given).fit(DIGITS, DIGIT) for n in (1, 2, 4)]
    assert same_arrays(models[0], models[1])
    assert same_arrays(models[0], models[2])
    model = network(gain_l1=0.003).partial_fit(DIGITS, DIGIT, classes=range(10))
    fastnn.save(model, tmp_path / "model.fastnn")
    others = pickle.loads(pickle.dumps(model)), fastnn.load(tmp_path / "model.fastnn")
    for it in (model, *others):
        it.partial_fit(DIGITS, DIGIT)
        assert same_arrays(it, model)
    assert (Predictor(others[1]).predict(DIGITS) == model.predict(DIGITS)).all()
    assert np.ptp(model.gains_[1]) > 0


def test_scoring_pays_nothing():
    """The gains lie in the weights of what scores."""
    model = network(residual=True, layer_norm=True).fit(DIGITS, DIGIT)
    folded = fastnn.model.folding.as_model(model)
    assert "gain" not in {node.kind for node in folded.nodes}
    np.testing.assert_allclose(
        Predictor(model, "float64").predict_proba(DIGITS), model.predict_proba(DIGITS), rtol=1e-9
    )


def test_units_that_are_off_can_be_taken_out():
    model = network(gain_l1=0.02, max_iter=40, alpha=1.0).fit(DIGITS, DIGIT)
    heard = [int((gain != 0).sum()) for gain in model.gains_]
    assert heard[1] < 24
    small = fastnn.prune(model, 0, units=True)
    assert small.coefs_[1].shape == tuple(heard[1:])
    np.testing.assert_allclose(
        small.predict_proba(DIGITS), model.predict_proba(DIGITS), rtol=1e-9, atol=1e-12
    )
    small.partial_fit(DIGITS, DIGIT)
    assert [len(gain) for gain in small.gains_] == [64, *heard[1:]]


@pytest.mark.parametrize(
    ("params", "X", "match"),
    [
        ({}, csr_array(DIGITS), "gain has a factor for each feature"),
        ({"gain": False, "gain_l1": 0.1}, DIGITS, "set gain=True"),
        ({"gain_l1": -1}, DIGITS, "gain_l1"),
        ({"gain_l1": 0.1, "solver": "lbfgs"}, DIGITS, "gain_l1 is for the stochastic solvers"),
    ],
)
def test_what_makes_no_sense_is_refused(params, X, match):
    model = network(**params)
    with pytest.raises(ValueError, match=match):
        model.fit(X, DIGIT)
    assert not hasattr(model, "coefs_")


def test_a_fit_with_gains_does_not_go_on_without():
    model = network().fit(DIGITS, DIGIT).set_params(gain=False, warm_start=True)
    with pytest.raises(ValueError, match=r"gains_\[0\]"):
        model.fit(DIGITS, DIGIT)
    assert not hasattr(model.set_params(warm_start=False).fit(DIGITS, DIGIT), "gains_")


def test_other_estimators_have_none_of_what_only_perceptrons_have():
    own = {"compute_dtype"} | {
        f.name
        for of in (PlasticityParameters, PretrainingParameters)
        for f in dataclasses.fields(of)
    }
    assert own == set(vars(WithoutPlasticity)["__annotations__"])
    for kind in (ConvClassifier, RecurrentClassifier):
        assert not own & kind().get_params().keys()
        with pytest.raises(TypeError, match="'plasticity'"):
            kind(plasticity="input")
        with pytest.raises(TypeError, match="'compute_dtype'"):
            kind(compute_dtype="bfloat16")
