"""Regressors that predict a mean and a variance, alone and in ensembles; quantiles in order."""

import io

import numpy as np
import pytest
from sklearn.datasets import load_diabetes
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression
from sklearn.utils.estimator_checks import parametrize_with_checks

import fastnn
from fastnn import (
    DeepEnsembleRegressor,
    MLPRegressor,
    MonteCarloDropoutRegressor,
    Network,
    Predictor,
)
from fastnn.inspection import check_gradients
from fastnn.layers import Dense

X, y = load_diabetes(return_X_y=True)
X, y = 20 * X, (y - y.mean()) / y.std()
NET = MLPRegressor("gaussian_nll", (16,), max_iter=40, random_state=0, learning_rate_init=0.01)


@parametrize_with_checks([MLPRegressor("gaussian_nll", (8,), max_iter=80, learning_rate_init=0.01)])
def test_checks(estimator, check):
    check(estimator)


def test_without_hidden_layer_and_slope_of_the_variance_it_is_least_squares():
    """The likeliest constant variance is the mean square of the residuals."""
    rng = np.random.RandomState(0)
    rows = rng.normal(size=(4000, 3))
    target = rows @ [1.0, -2.0, 0.5] + 0.7 * rng.normal(size=4000)
    ours = MLPRegressor("gaussian_nll", (), solver="lbfgs", max_iter=999, tol=1e-9, alpha=0)
    mean, std = ours.fit(rows, target).predict(rows, return_std=True)
    line = LinearRegression().fit(rows, target)
    np.testing.assert_allclose(mean, line.predict(rows), atol=0.02)
    residual = np.std(target - line.predict(rows))
    np.testing.assert_allclose(np.sqrt((std**2).mean()), residual, rtol=0.01)


def test_noise_that_depends_on_the_input_is_found():
    rng = np.random.RandomState(0)
    x = rng.uniform(-1, 1, (3000, 1))
    noise = 0.05 + 0.5 * (x[:, 0] > 0)
    target = np.sin(3 * x[:, 0]) + noise * rng.normal(size=3000)
    net = MLPRegressor("gaussian_nll", (32,), max_iter=60, random_state=0, learning_rate_init=0.01)
    _, std = net.fit(x, target).predict(np.array([[-0.5], [0.5]]), return_std=True)
    np.testing.assert_allclose(std, [0.05, 0.55], rtol=0.35)
    floored = net.set_params(variance_floor=0.25).fit(x, target)
    assert floored.predict(x, return_std=True)[1].min() >= 0.5


def test_several_targets_have_a_mean_and_a_spread_each():
    both = np.c_[y, 3 * y]
    model = MLPRegressor(**{**NET.get_params(), "max_iter": 200}).fit(X, both)
    mean, std = model.predict(X, return_std=True)
    assert mean.shape == std.shape == both.shape
    assert model.n_outputs_ == 4
    assert std[:, 1].mean() > 2 * std[:, 0].mean()
    assert model.score(X, both) > 0.5
    one = NET.set_params(early_stopping=True).fit(X, y)
    NET.set_params(early_stopping=False)
    mean, std = one.predict(X, return_std=True)
    assert mean.shape == std.shape == y.shape
    assert 0 < one.best_validation_score_ < 1  # R squared of the means


def test_gradients_and_a_network_by_hand():
    net = Network([Dense(5, "tanh"), Dense(4)], "gaussian_nll", random_state=0)
    net.fit(X, np.c_[y, -y], epochs=2)  # two targets, which it repeats
    assert check_gradients(net, X[:20], np.c_[y, -y][:20]).passed
    with pytest.raises(ValueError, match="two a target"):
        Network([Dense(2)], "gaussian_nll").fit(X, np.c_[y, -y], epochs=1)
    with pytest.raises(ValueError, match="two outputs a target"):
        Network([Dense(3)], "gaussian_nll").fit(X, y, epochs=1)


def test_only_this_loss_has_a_standard_deviation():
    model = MLPRegressor(max_iter=2).fit(X, y)
    with pytest.raises(ValueError, match="return_std needs loss='gaussian_nll'"):
        model.predict(X, return_std=True)
    with pytest.raises(AttributeError, match="decompose needs networks"):
        DeepEnsembleRegressor(model, 2).fit(X, y).decompose(X)


def test_an_ensemble_is_the_mixture():
    model = DeepEnsembleRegressor(NET, 3, random_state=0).fit(X, y)
    each = [member.predict(X, return_std=True) for member in model.estimators_]
    means, stds = (np.array(values) for values in zip(*each, strict=True))
    mean, std = model.predict(X, return_std=True)
    np.testing.assert_allclose(mean, means.mean(axis=0), rtol=1e-12)
    second = (stds**2 + means**2).mean(axis=0)
    np.testing.assert_allclose(std**2, second - means.mean(axis=0) ** 2, rtol=1e-9)
    total, aleatoric, epistemic = model.decompose(X)
    np.testing.assert_allclose(total, std**2)
    np.testing.assert_allclose(aleatoric, (stds**2).mean(axis=0))
    np.testing.assert_allclose(epistemic, means.var(axis=0))
    assert (model.predict(X) == mean).all()
    folded = DeepEnsembleRegressor(NET, 3, sample_by="fold", random_state=0, oob_score=True)
    folded.fit(X, y)
    assert folded.oof_predictions_.shape == y.shape
    assert 0.3 < folded.oob_score_ < 0.6
    frozen = FrozenEstimator(MLPRegressor(**{**NET.get_params(), "dropout": 0.1}).fit(X, y))
    dropped = MonteCarloDropoutRegressor(frozen, 8, random_state=0).fit(X, y)
    assert (dropped.predict(X, return_std=True)[1] ** 2 > dropped.decompose(X).aleatoric).all()


def test_the_spread_of_the_cubic_toy_grows_outside_the_data():
    """20 points of x^3 with noise of standard deviation 3 on [-4, 4], five networks of 100 units
    (Lakshminarayanan et al. 2017, figure 1)."""
    rng = np.random.RandomState(0)
    x = rng.uniform(-4, 4, (20, 1))
    target = (x[:, 0] ** 3 + 3 * rng.normal(size=20)) / 20
    net = MLPRegressor("gaussian_nll", (100,), learning_rate_init=0.01, max_iter=300)
    model = DeepEnsembleRegressor(net, 5, random_state=0).fit(x, target)
    inside, outside = np.linspace(-3, 3, 31)[:, None], np.array([[-6.0], [6.0]])
    near, far = (model.predict(rows, return_std=True)[1] for rows in (inside, outside))
    assert near.mean() < 0.5
    assert (far > 2 * near.mean()).all()
    assert (model.decompose(outside).epistemic > 4 * model.decompose(inside).epistemic.mean()).all()


MODELS = {
    "one": lambda: NET.fit(X, y),
    "two targets": lambda: MLPRegressor(**NET.get_params()).fit(X, np.c_[y, y**2]),
    "ensemble": lambda: DeepEnsembleRegressor(NET, 3, random_state=0).fit(X, np.c_[y, y**2]),
}


@pytest.mark.parametrize("name", MODELS)
def test_files_and_exports_have_the_means(name, tmp_path):
    model, file = MODELS[name](), io.BytesIO()
    mean, std = model.predict(X, return_std=True)
    fastnn.save(model, file)
    again = fastnn.load(file.getvalue())
    assert (np.array(again.predict(X, return_std=True)) == np.array([mean, std])).all()
    for source in (model, file.getvalue()):
        found = Predictor(source, "float64").predict(X)
        assert found.shape == mean.shape
        np.testing.assert_allclose(found, mean, rtol=1e-12)
    pytest.importorskip("onnxruntime")
    from exported_c import COMPILER, build, score
    from exported_onnx import assert_agrees, run

    assert_agrees(run(fastnn.to_onnx(model, dtype="float64"), X), model, X, atol=1e-12)
    if COMPILER is not None:
        library = build(fastnn.to_c(model, "net"), tmp_path)
        _, values = score(library, "net", Predictor(model)._model, X, mean[0].size)
        np.testing.assert_allclose(values.reshape(mean.shape), mean, atol=1e-4)


def test_levels_never_cross_if_that_is_asked_for():
    levels = [0.9, 0.1, 0.5]
    net = MLPRegressor("quantile", (16,), quantile=levels, max_iter=3, random_state=0)
    plain = net.fit(X, np.c_[y, -y]).predict(X)
    net.non_crossing = True
    found = net.predict(X).reshape(len(X), 2, 3)
    assert (np.diff(plain.reshape(len(X), 2, 3)[..., [1, 2, 0]]) < 0).any()
    assert (np.diff(found[..., [1, 2, 0]]) >= 0).all()
    assert (np.sort(found) == np.sort(plain.reshape(found.shape))).all()
    assert net.score(X, np.c_[y, -y]) > -1
    with pytest.raises(TypeError, match="non_crossing"):
        Predictor(net)
    file = io.BytesIO()
    fastnn.save(net, file)
    assert (fastnn.load(file.getvalue()).predict(X) == net.predict(X)).all()
    with pytest.raises(TypeError, match="non_crossing"):
        Predictor(file.getvalue())
    ensemble = DeepEnsembleRegressor(net, 2, random_state=0).fit(X, y)
    assert (np.diff(ensemble.predict(X)[:, [1, 2, 0]]) >= 0).all()
