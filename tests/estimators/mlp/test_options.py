"""Layers, steps and averages of estimators: bits, going on, and what they mean by NumPy."""

from itertools import product

import numpy as np
import pytest
from estimator_options import LAYERS, OPTIONS, SMALL, X, Y, assert_same, bent, by_numpy, learned
from reference_layers import Twin
from scipy.sparse import csr_matrix
from scipy.special import softmax
from sklearn.base import clone
from sklearn.linear_model import ElasticNet, Lasso

import fastnn.network.compiled
import fastnn.training.trainer
from fastnn import MLPClassifier, MLPRegressor
from fastnn.estimators.mlp import outputs
from fastnn.estimators.mlp.blocks import Parts, build_network, hidden_blocks
from fastnn.estimators.mlp.hidden_layers import hidden_widths
from fastnn.exceptions import DivergenceError
from fastnn.layers import CustomActivation
from fastnn.layers.activations import one_per_layer
from fastnn.threads import FixedThreads

T = X[:, :2] @ [[1.0, 0.5], [-1.0, 2.0]]
every_option = pytest.mark.parametrize("name", OPTIONS)
every_layer = pytest.mark.parametrize("name", LAYERS)
both_dtypes = pytest.mark.parametrize("dtype", [np.float64, np.float32])
# One step an epoch, on all rows in their order.
WHOLE = {"batch_size": len(X), "shuffle": False}


def classifier(name, **more):
    return MLPClassifier(**{**SMALL, **OPTIONS[name], **more})


def regressor(name, **more):
    return MLPRegressor(**{**SMALL, **OPTIONS[name], **more})


# Bits


@every_option
@both_dtypes
def test_threads_change_no_bit(name, dtype, monkeypatch):
    monkeypatch.setattr(fastnn.training.trainer, "ThreadChoice", FixedThreads)
    n_threads = (1, 4) if dtype == np.float64 else (1, 2)
    fits = [classifier(name, n_jobs=n).fit(X.astype(dtype), Y) for n in n_threads]
    for fit in fits[1:]:
        assert_same(learned(fit), learned(fits[0]))


@every_layer
def test_threads_change_no_bit_of_lbfgs(name, monkeypatch):
    monkeypatch.setattr(fastnn.network.compiled, "ThreadChoice", FixedThreads)
    more = {"solver": "lbfgs", "dropout": 0.0}
    if name == "bernoulli":
        more["activation"] = "elu"
    fits = [classifier(name, n_jobs=n, **more).fit(X, Y) for n in (1, 3)]
    assert_same(learned(fits[0]), learned(fits[1]))


@every_option
@both_dtypes
def test_a_row_alone_is_that_row_of_many(name, dtype):
    data = X.astype(dtype)
    model = classifier(name).fit(data, Y)
    whole, predicted = model.predict_proba(data), model.predict(data)
    assert whole.dtype == dtype
    for i in range(len(data)):
        np.testing.assert_array_equal(model.predict_proba(data[i : i + 1])[0], whole[i])
        assert model.predict(data[i : i + 1])[0] == predicted[i]
    values = regressor(name).fit(data, T)
    np.testing.assert_array_equal(values.predict(data[7:8])[0], values.predict(data)[7])


# Going on


@pytest.mark.parametrize("name", sorted(OPTIONS.keys() - {"ema", "swa", "everything"}))
@both_dtypes
def test_partial_fits_are_one_fit(name, dtype):
    data = X.astype(dtype)
    whole = classifier(name, max_iter=4, tol=0.0, **WHOLE).fit(data, Y)
    parts = clone(whole)
    for _ in range(4):
        parts.partial_fit(data, Y, classes=[0, 1, 2])
    one, other = learned(whole), learned(parts)
    assert (one.pop("n_iter_"), other.pop("n_iter_")) == (4, 1)
    for state in (one["_solver_state"], other["_solver_state"]):
        del state["resumable"], state["stale"]
    assert_same(one, other)


@pytest.mark.parametrize(
    "name", [*sorted(LAYERS.keys() - {"blocks", "bernoulli"}), "max_norm", "clip_norm"]
)
@pytest.mark.parametrize("batch_size", [len(X), 40])
def test_a_warm_start_is_a_longer_fit(name, batch_size):
    more = {"solver": "sgd", "momentum": 0.0, "tol": 0.0, "shuffle": False, "warm_start": True}
    model = classifier(name, max_iter=2, **{**more, "batch_size": batch_size}).fit(X, Y)
    longer = clone(model).set_params(max_iter=4).fit(X, Y)
    one, other = learned(model.fit(X, Y)), learned(longer)
    for found in (one, other):
        del found["n_iter_"], found["_solver_state"]
    assert_same(one, other)


@pytest.mark.parametrize("early_stopping", [False, True])
@every_option
def test_a_warm_start_goes_on_with_every_option(name, early_stopping):
    model = classifier(name, warm_start=True, early_stopping=early_stopping).fit(X, Y)
    before = learned(model)
    model.fit(X, Y)
    assert len(model.loss_curve_) == 10
    assert_same(before["coefs_"], clone(model).fit(X, Y).coefs_)  # not written to
    # The learning rates of some are too small for a better validation score.
    assert early_stopping or not np.array_equal(before["coefs_"][0], model.coefs_[0])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"batch_norm": True}),
        ({"batch_norm": True}, {"batch_norm": False}),
        ({"batch_norm": True}, {"batch_norm": False, "layer_norm": True}),
        ({"residual": True}, {"residual": False}),
        ({"residual": True, "hidden_layer_sizes": (11, 11)}, {"residual": False}),
        ({"hidden_layer_sizes": (11, 11)}, {"residual": True}),
        ({"residual": True}, {"hidden_layer_sizes": (9, 7)}),
    ],
    ids=str,
)
def test_other_layers_cannot_go_on(before, after):
    model = MLPClassifier(**{**SMALL, **before, "warm_start": True}).fit(X, Y)
    fitted = learned(model)
    model.set_params(**after)
    for go_on in (model.fit, model.partial_fit):
        with pytest.raises(ValueError, match="Training can go on only with the layers it began"):
            go_on(X, Y)
        assert_same(learned(model), fitted)
    model.set_params(warm_start=False).fit(X, Y)
    assert (getattr(model, "norms_", None) is None) is not (model.batch_norm or model.layer_norm)
    assert (getattr(model, "projections_", None) is None) is not model.residual


@pytest.mark.parametrize("scoring", ["loss", "neg_log_loss"])
@every_layer
def test_early_stopping_keeps_all_of_the_best_epoch(name, scoring):
    held_out = {"X_val": X[:40], "y_val": Y[:40]}
    more = {"early_stopping": True, "scoring": scoring, "learning_rate_init": 0.05}
    more |= {"n_iter_no_change": 99, "max_iter": 25}
    model = classifier(name, **more).fit(X[40:], Y[40:], **held_out)
    best = int(np.argmax(model.validation_scores_)) + 1
    assert best < 25
    shorter = clone(model).set_params(max_iter=best).fit(X[40:], Y[40:], **held_out)
    assert_same(Parts.fitted(model).arrays(), Parts.fitted(shorter).arrays())
    p = model.predict_proba(X[:40])[np.arange(40), Y[:40]]
    assert model.best_validation_score_ == pytest.approx(np.log(p).mean(), rel=1e-9)


def test_a_scorer_sees_no_layers_of_an_earlier_fit():
    seen = []

    def scorer(model, X, y):
        seen.append(Parts.fitted(model).norms)
        return model.score(X, y)

    model = MLPClassifier(**SMALL, batch_norm=True).fit(X, Y)
    model.set_params(batch_norm=False, early_stopping=True, scoring=scorer).fit(X, Y)
    assert seen == [None] * 5
    assert not hasattr(model, "norms_")


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
@every_layer
def test_a_fit_that_is_interrupted_leaves_no_trace(name, error):
    class Interruption:
        """The function of an activation, which ends in an error once it is armed."""

        armed = False

        def __call__(self, z):
            if self.armed:
                raise error("enough")
            return bent(z)

    function = Interruption()
    custom = CustomActivation(function, OPTIONS["custom"]["activation"].df)
    model = classifier(name, activation=custom).fit(X, Y)
    fitted, expected = learned(model), model.predict_proba(X)
    for fit in (model.fit, model.set_params(warm_start=True).fit, model.partial_fit):
        function.armed = True
        with pytest.raises(error, match="enough"):
            fit(X, Y)
        with pytest.raises(error, match="enough"):
            model.predict(X)
        function.armed = False
        assert_same(learned(model), fitted)
        np.testing.assert_array_equal(model.predict_proba(X), expected)


@pytest.mark.parametrize("name", ["layer_norm", "batch_norm", "projections", "ema", "swa"])
def test_a_fit_that_diverges_leaves_no_trace(name):
    model = regressor(name, warm_start=True).fit(X, T)
    fitted = learned(model)
    with pytest.raises(DivergenceError):
        model.set_params(solver="sgd", learning_rate_init=1e200).fit(X, T)
    assert_same(learned(model), fitted)


# Meaning


@every_layer
@both_dtypes
def test_predictions_are_those_of_the_attributes(name, dtype):
    data, tolerance = X.astype(dtype), 1e-12 if dtype == np.float64 else 2e-5
    model = classifier(name).fit(data, Y)
    raw, hidden = by_numpy(model, data)
    np.testing.assert_allclose(
        model.predict_proba(data), softmax(raw, axis=1), atol=tolerance, rtol=tolerance
    )
    for layer, expected in enumerate(hidden):
        found = model.transform(data, layer=layer)
        assert found.dtype == dtype
        np.testing.assert_allclose(found, expected, atol=tolerance, rtol=tolerance)
    values = regressor(name).fit(data, T)
    np.testing.assert_allclose(
        values.predict(data), by_numpy(values, data)[0], atol=tolerance, rtol=tolerance
    )


STILL = {"learning_rate_init": 1e-300, "solver": "sgd", "max_iter": 1, "l1_ratio": 0.0}


@pytest.mark.parametrize("name", [*LAYERS, "dropout", "input_dropout", "input_noise", "everything"])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_the_first_step_is_that_of_the_twin(name, early_stopping):
    """Its loss, masks and noise included, and the statistics that it leaves."""
    steps = {"averaging": None, "weight_decay": None, "max_norm": None, "schedule": None}
    more = {**WHOLE, **STILL, **steps, "warmup": 0, "alpha": 0.7, "early_stopping": early_stopping}
    model = regressor(name, **more).fit(
        X, T, **({"X_val": X, "y_val": T} if early_stopping else {})
    )
    widths = hidden_widths(model.hidden_layer_sizes)
    blocks = hidden_blocks(model, widths, one_per_layer(model.activation, len(widths)))
    network = build_network(11, blocks, 2, "squared_error", np.float64, estimator=model)
    Parts.of(network, blocks).take(Parts.fitted(model))
    twin = Twin(network, training=True, seed=np.random.RandomState(0).randint(2**31))
    raw = twin.forward(X)
    loss = 0.5 * ((raw - T) ** 2).mean(axis=1).mean()
    loss += 0.7 / 2 / len(X) * sum((coef**2).sum() for coef in network.coefs)
    assert model.loss_ == pytest.approx(loss, rel=1e-9)
    norms = [norm for norm in getattr(model, "norms_", None) or [] if norm["kind"] == "batch"]
    if not early_stopping:  # else the first weights may have been the best
        for norm, (mean, variance) in zip(norms, twin.batch, strict=True):
            np.testing.assert_allclose(norm["mean"], mean, atol=1e-12)
            np.testing.assert_allclose(norm["variance"], variance, rtol=1e-12)


@pytest.mark.parametrize("l1_ratio", [0.0, 0.4, 1.0])
def test_the_loss_has_both_penalties(l1_ratio):
    more = {**WHOLE, **STILL, "l1_ratio": l1_ratio, "alpha": 0.7}
    model = regressor("projections", **more).fit(X, T)
    arrays = [*model.coefs_, *model.projections_]
    l1, l2 = (sum((np.abs(a) ** power).sum() for a in arrays) for power in (1, 2))
    loss = ((model.predict(X) - T) ** 2).mean() / 2
    loss += 0.7 / len(X) * (l1_ratio * l1 + (1 - l1_ratio) / 2 * l2)
    assert model.loss_ == pytest.approx(loss, rel=1e-9)


@pytest.mark.parametrize("name", ["blocks", "dropout", "bernoulli"])
def test_the_best_of_several_starts(name):
    seeds = 0, *np.random.RandomState(0).randint(2**31, size=2)
    best = min((regressor(name, random_state=s).fit(X, T) for s in seeds), key=lambda m: m.loss_)
    model = regressor(name, n_init=3).fit(X, T)
    assert_same(Parts.fitted(model).arrays(), Parts.fitted(best).arrays())
    assert model.loss_ == best.loss_


@every_layer
def test_rows_of_the_other_dtype(name):
    for dtype, other in ((np.float32, np.float64), (np.float64, np.float32)):
        model, data = regressor(name).fit(X.astype(dtype), T), X.astype(other)
        for method in (model.predict, model.transform, model.input_gradients):
            found = method(data)
            assert found.dtype == dtype
            np.testing.assert_array_equal(found, method(data.astype(dtype)))
        model.partial_fit(data, T)
        assert {a.dtype for a in Parts.fitted(model).arrays().values()} == {np.dtype(dtype)}


def test_the_first_weights_are_those_without_dropout():
    plain, dropped = (
        MLPClassifier(**{**SMALL, **STILL, "dropout": rate}).fit(X, Y) for rate in (0.0, 0.5)
    )
    assert_same(plain.coefs_, dropped.coefs_)


def weights_after(name, n, **more):
    model = regressor(name, **{**WHOLE, "max_iter": n, "tol": 0.0, **more}).fit(X, T)
    return np.concatenate([array.ravel() for array in (*model.coefs_, *model.intercepts_)])


@pytest.mark.parametrize("decay", [0.2, 0.999])
def test_ema_is_the_moving_average(decay):
    more = {"averaging_decay": decay}
    expected = weights_after("ema", 1, averaging=None, learning_rate_init=1e-300)
    for t in range(6):
        share = min(decay, (1 + t) / (10 + t))
        expected = share * expected + (1 - share) * weights_after("ema", t + 1, averaging=None)
    np.testing.assert_allclose(weights_after("ema", 6, **more), expected, atol=1e-13)


def test_ema_is_what_early_stopping_watches_and_keeps():
    more = {"early_stopping": True, "scoring": "loss", "n_iter_no_change": 99, "max_iter": 20}
    model = classifier("ema", learning_rate_init=0.05, **more)
    model.fit(X[40:], Y[40:], X_val=X[:40], y_val=Y[:40])
    p = model.predict_proba(X[:40])[np.arange(40), Y[:40]]
    assert model.best_validation_score_ == pytest.approx(np.log(p).mean(), rel=1e-9)
    assert model.best_validation_score_ == max(model.validation_scores_)


SGD = {"solver": "sgd", "momentum": 0.0, "learning_rate_init": 0.1, "alpha": 0.0}


def first_step(name, **more):
    first = weights_after(name, 1, **{**SGD, "learning_rate_init": 1e-300, **more})
    return (weights_after(name, 1, **{**SGD, **more}) - first) / 0.1


def test_clip_norm_scales_the_gradient():
    plain = first_step("clip_norm", clip_norm=None)
    assert np.linalg.norm(plain) > 0.1
    expected = plain * 0.1 / np.linalg.norm(plain)
    np.testing.assert_allclose(first_step("clip_norm"), expected, atol=1e-14)
    np.testing.assert_array_equal(first_step("clip_norm", clip_norm=1e9), plain)


def test_clip_value_bounds_each_component():
    plain = first_step("clip_value", clip_value=None)
    assert np.abs(plain).max() > 0.01
    np.testing.assert_allclose(first_step("clip_value"), np.clip(plain, -0.01, 0.01), atol=1e-14)


@pytest.mark.parametrize("name", ["max_norm", "projections"])
def test_max_norm_bounds_what_leads_into_a_unit(name):
    model = regressor(name, max_norm=0.5, max_iter=30, learning_rate_init=0.02).fit(X, T)
    projections = [p for p in getattr(model, "projections_", []) if p is not None]
    norms = [np.linalg.norm(coef, axis=0) for coef in (*model.coefs_, *projections)]
    assert len(norms) == 3 + len(projections)
    assert np.concatenate(norms).max() == pytest.approx(0.5, rel=1e-12)


def test_adamw_decays_beside_adam():
    first = weights_after("adamw", 1, learning_rate_init=1e-300, weight_decay=0.0, alpha=0.0)
    plain = weights_after("adamw", 1, learning_rate_init=0.1, weight_decay=0.0, alpha=0.0)
    decayed = weights_after("adamw", 1, learning_rate_init=0.1, weight_decay=0.3, alpha=0.0)
    n_coefs = 11 * 9 + 9 * 6 + 6 * 2
    decay = 0.1 * 0.3 * np.where(np.arange(len(first)) < n_coefs, first, 0)
    np.testing.assert_allclose(decayed, plain - decay, atol=1e-14)


@pytest.mark.parametrize("l1_ratio", [1.0, 0.5])
def test_an_l1_penalty_is_the_lasso(l1_ratio):
    """Proximal steps end at its solution, zeros and all."""
    strength, y = 0.3, T[:, 0] + 0.1 * X[:, 5]
    model = MLPRegressor(hidden_layer_sizes=(), **{**SGD, **WHOLE}, tol=0.0, max_iter=2000)
    model.set_params(l1_ratio=l1_ratio, alpha=strength * len(X), n_iter_no_change=3000).fit(X, y)
    kind = Lasso if l1_ratio == 1 else ElasticNet
    other = kind(**({} if l1_ratio == 1 else {"l1_ratio": l1_ratio}), alpha=strength, tol=1e-12)
    other.fit(X, y)
    zeros = other.coef_ == 0
    assert 0 < zeros.sum() < len(zeros)
    np.testing.assert_array_equal(model.coefs_[0][:, 0] == 0, zeros)
    np.testing.assert_allclose(model.coefs_[0][:, 0], other.coef_, atol=1e-9)
    np.testing.assert_allclose(model.intercepts_[0], other.intercept_, atol=1e-9)


@pytest.mark.parametrize("kind", ["batch_norm", "layer_norm"])
@both_dtypes
def test_lbfgs_trains_normalised_layers(kind, dtype):
    more = {"solver": "lbfgs", "residual": True, kind: True, "max_iter": 200, "alpha": 1e-3}
    model = MLPRegressor(**{**SMALL, **more}).fit(X.astype(dtype), T)
    assert model.score(X.astype(dtype), T) > 0.99
    assert {array.dtype for array in Parts.fitted(model).arrays().values()} == {np.dtype(dtype)}
    if kind == "batch_norm":  # of all rows, at the solution
        z = X @ model.coefs_[0] + model.intercepts_[0]
        norm, tolerance = model.norms_[0], 1e-9 if dtype == np.float64 else 1e-4
        np.testing.assert_allclose(norm["mean"], z.mean(axis=0), atol=tolerance)
        np.testing.assert_allclose(norm["variance"], z.var(axis=0, ddof=1), rtol=tolerance)


# Data


@pytest.mark.parametrize(
    ("solver", "name"),
    [
        *product(["adam", "lbfgs"], ["batch_norm", "projections"]),
        *product(["adam"], ["dropout", "bernoulli", "everything"]),
    ],
)
def test_rows_of_weight_zero_are_as_good_as_absent(solver, name):
    weight = np.arange(len(X)) % 3 * 0.5
    kept = weight > 0
    model = classifier(name, class_weight="balanced", solver=solver).fit(X, Y, weight)
    expected = clone(model).fit(X[kept], Y[kept], weight[kept])
    if solver == "lbfgs":  # where the sums run over blocks of other rows
        for name, array in Parts.fitted(model).arrays().items():
            other = Parts.fitted(expected).arrays()[name]
            np.testing.assert_allclose(array, other, rtol=1e-6, atol=1e-9)
    else:
        assert_same(learned(model), learned(expected))
    assert not np.array_equal(clone(model).fit(X, Y).coefs_[0], model.coefs_[0])


NOT_SPARSE = {"input_dropout": "input_dropout", "input_noise": "input_noise"}
NOT_SPARSE |= {"residual": "residual", "blocks": "residual", "everything": "input_dropout"}
NOT_SPARSE |= {"gain": "gain", "gain_l1": "gain"}


@every_option
@both_dtypes
def test_sparse_rows(name, dtype):
    dense = np.where(np.abs(X) > 0.8, X, 0).astype(dtype)
    sparse = csr_matrix(dense)
    model = classifier(name)
    tolerance = 1e-11 if dtype == np.float64 else 1e-4
    if name in NOT_SPARSE:
        with pytest.raises(ValueError, match=rf"{NOT_SPARSE[name]} .*pass X.toarray\(\)"):
            model.fit(sparse, Y)
        assert not hasattr(model, "n_features_in_")
        model.fit(dense, Y)
    else:
        expected = clone(model).fit(dense, Y).coefs_
        for found, other in zip(model.fit(sparse, Y).coefs_, expected, strict=True):
            np.testing.assert_allclose(found, other, atol=tolerance)
    for method in (model.predict_proba, model.transform):
        np.testing.assert_allclose(method(sparse), method(dense), atol=tolerance)
    np.testing.assert_array_equal(model.predict_proba(sparse[5]), model.predict_proba(sparse)[5:6])


@pytest.mark.parametrize("name", ["blocks", "layer_norm"])
def test_attributes_that_do_not_fit_together(name):
    model = classifier(name).fit(X, Y)
    model.coefs_[1] = model.coefs_[1][:, :3]
    for method in (model.predict, model.transform, model.input_gradients):
        with pytest.raises(ValueError, match=r"coefs_, .* do not fit together: .*\(\d+, 3\)"):
            method(X)


@pytest.mark.parametrize("n_jobs", [1, 2, None])
@both_dtypes
@pytest.mark.parametrize("name", [*LAYERS, "custom"])
def test_a_scorer_gives_the_bits_of_the_network(name, dtype, n_jobs):
    model = classifier(name, n_jobs=n_jobs).fit(X.astype(dtype), Y)
    parts = Parts.fitted(model)
    blocks = outputs.fitted_blocks(parts, one_per_layer(model.activation, len(parts.coefs) - 1))
    network = outputs._fitted_network(parts, blocks, "softmax_log_loss")
    rows = np.tile(X, (9, 1))
    ends = np.cumsum([len(block.layers()[0]) for block in blocks])
    for given in (rows, rows.astype(np.float32), X[:1], csr_matrix(np.where(rows > 1, rows, 0))):
        found = outputs.outputs(model, given, check_finite=True)
        assert found.dtype == dtype
        expected = network.forward(given)
        np.testing.assert_array_equal(found, expected)
        np.testing.assert_array_equal(model.predict_proba(given), expected)
        by_layer = network.layer_outputs(given if isinstance(given, np.ndarray) else X[:1])
        for layer, end in enumerate(ends):
            if isinstance(given, np.ndarray):
                np.testing.assert_array_equal(model.transform(given, layer), by_layer[end - 1])


@pytest.mark.parametrize("name", ["layer_norm", "residual", "projections", "bernoulli"])
def test_predictions_follow_the_arrays(name):
    """They are read at every call: another one assigned, or written into."""
    model = classifier(name).fit(X, Y)
    before = model.predict_proba(X)
    for change in ("assign", "write"):
        for array in list(Parts.fitted(model).arrays()):
            twin = clone(model).fit(X, Y)
            changed = Parts.fitted(twin).arrays()[array]
            if change == "assign" and array.startswith("coefs_"):
                twin.coefs_[int(array[7])] = np.asfortranarray(changed * 1.5)
            else:
                changed += 0.5
            assert not np.array_equal(twin.predict_proba(X), before)
            np.testing.assert_allclose(twin.predict_proba(X), softmax(by_numpy(twin, X)[0], axis=1))
    np.testing.assert_array_equal(model.predict_proba(X), before)


@pytest.mark.parametrize(
    ("name", "attribute", "wrong"),
    [
        ("layer_norm", "intercepts_", lambda array: array[:3]),
        ("projections", "projections_", lambda array: array[:, :3]),
        ("projections", "projections_", lambda array: "identity"),
    ],
)
def test_skips_and_intercepts_that_do_not_fit(name, attribute, wrong):
    model = classifier(name).fit(X, Y)
    arrays = getattr(model, attribute)
    arrays[0] = wrong(arrays[0])
    with pytest.raises(ValueError, match=r"coefs_, .* do not fit together"):
        model.predict(X)


def test_a_gain_that_does_not_fit():
    model = classifier("layer_norm").fit(X, Y)
    model.norms_[1]["gain"] = model.norms_[1]["gain"][:2]
    with pytest.raises(ValueError, match=r"coefs_, .* do not fit together"):
        model.predict(X)


def test_a_list_of_activations_that_has_lost_one():
    model = classifier("bernoulli").fit(X, Y).set_params(activation=["bernoulli"])
    for method in (model.predict, model.transform, model.input_gradients):
        with pytest.raises(ValueError, match=r"activation must be .* 2 hidden layers"):
            method(X)


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("target", ["binary", "multilabel", "poisson", "single class"])
def test_every_target_with_every_layer(name, target):
    if target == "poisson":
        model = regressor(name, loss="poisson").fit(X, np.exp(T / 3))
        np.testing.assert_allclose(model.predict(X), np.exp(by_numpy(model, X)[0]), rtol=1e-11)
        return
    labels = {"binary": Y > 0, "multilabel": np.c_[Y > 0, Y > 1].astype(int)}
    labels["single class"] = np.zeros(len(Y), int)
    model = classifier(name).fit(X, labels[target])
    p = model.predict_proba(X)
    if target != "single class":
        expected = 1 / (1 + np.exp(-by_numpy(model, X)[0]))
        found = p[:, 1:] if target == "binary" else p
        np.testing.assert_allclose(found, expected, rtol=1e-11)
    assert model.predict(X).shape == labels[target].shape


def test_layers_where_nothing_is_hidden():
    more = {"hidden_layer_sizes": (), "dropout": 0.5, "batch_norm": True, "residual": True}
    model = MLPClassifier(**{**SMALL, **more}).fit(X, Y)
    plain = MLPClassifier(**{**SMALL, "hidden_layer_sizes": ()}).fit(X, Y)
    assert_same(learned(model), learned(plain))


# Gradients by the input


def measured_gradients(values, X, step=1e-5):
    """(n, n_outputs, n_features) by central differences of values(X) (n, n_outputs)."""
    columns = []
    for j in range(X.shape[1]):
        there, back = X.copy(), X.copy()
        there[:, j] += step
        back[:, j] -= step
        columns.append((values(there) - values(back)) / (2 * step))
    return np.stack(columns, axis=-1)


@every_option
def test_input_gradients(name):
    model = regressor(name).fit(X, T)
    found = model.input_gradients(X)
    assert found.shape == (len(X), 2, 11)
    wrong = np.abs(found - measured_gradients(model.predict, X)) > 1e-7
    assert wrong.any(axis=(1, 2)).mean() < 0.02  # a step may go across a kink
    np.testing.assert_array_equal(model.input_gradients(X[3:4]), found[3:4])
    np.testing.assert_array_equal(model.input_gradients(X.tolist()), found)
    single = regressor(name).fit(X.astype(np.float32), T[:, 0])
    found = single.input_gradients(X)
    assert found.dtype == np.float32
    assert found.shape == X.shape
    double = regressor(name).fit(X, T[:, 0])
    for array, other in zip(
        Parts.fitted(double).arrays().values(), Parts.fitted(single).arrays().values(), strict=True
    ):
        array[...] = other
    near = np.isclose(found, double.input_gradients(X), rtol=1e-3, atol=1e-4)
    assert near.all(axis=1).mean() > 0.98


@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu", "softplus", "logistic"])
@pytest.mark.parametrize("target", ["two classes", "three classes", "labels"])
def test_input_gradients_of_decision_values(activation, target):
    labels = {"two classes": Y > 0, "three classes": Y, "labels": np.c_[Y > 0, Y > 1].astype(int)}
    model = MLPClassifier(**SMALL, activation=activation).fit(X, labels[target])
    gradients = model.input_gradients(X)
    measured = measured_gradients(lambda X: by_numpy(model, X)[0], X)
    if target == "two classes":
        measured = measured[:, 0]
    assert gradients.shape == measured.shape
    np.testing.assert_allclose(gradients, measured, atol=1e-8)


def test_input_gradients_of_bad_input():
    model = MLPRegressor(**SMALL)
    with pytest.raises(ValueError, match="not fitted"):
        model.input_gradients(X)
    model.fit(X, T)
    with pytest.raises(ValueError, match=r"input_gradients is for dense X.*X.toarray\(\)"):
        model.input_gradients(csr_matrix(X))
    with pytest.raises(ValueError, match="expecting 11 features"):
        model.input_gradients(X[:, :3])
    with pytest.raises(ValueError, match="contains NaN"):
        model.input_gradients(np.full((1, 11), np.nan))
