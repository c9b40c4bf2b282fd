"""The parameters beyond scikit-learn's: what each does, by NumPy or by hand."""

import numpy as np
import pytest
import reference
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from fastnn import MLPClassifier, MLPRegressor, schedules
from fastnn.layers import ACTIVATIONS
from fastnn.optimizers import OPTIMIZERS

X, y = load_digits(return_X_y=True)
X, y = X[:400] / 16, y[:400]
X_IRIS, y_iris = load_iris(return_X_y=True)


def assert_same(one, other):
    for a, b in zip(one.coefs_ + one.intercepts_, other.coefs_ + other.intercepts_, strict=True):
        np.testing.assert_array_equal(a, b)


# Schedules


@pytest.mark.parametrize("solver", OPTIMIZERS)
@pytest.mark.parametrize("name", schedules.SCHEDULES)
def test_every_schedule_with_every_stochastic_solver(solver, name):
    model = MLPClassifier((8,), solver=solver, schedule=name, max_iter=3, random_state=0)
    assert len(model.fit(X, y).learning_rate_curve_) == 3
    assert min(model.learning_rate_curve_) >= 0
    assert max(model.learning_rate_curve_) <= 0.001


def test_a_schedule_moves_the_rate_of_every_step():
    model = MLPClassifier((8,), schedule="cosine", batch_size=100, max_iter=5, random_state=0)
    model.set_params(learning_rate_init=0.01, warmup=4).fit(X, y)
    # 20 steps, of which 4 warm up: the last of each epoch of 4 are steps 3, 7, 11, 15, 19.
    t = np.array([3, 7, 11, 15]) / 16
    expected = [0.01, *0.005 * (1 + np.cos(np.pi * t))]
    np.testing.assert_allclose(model.learning_rate_curve_, expected, rtol=1e-12)


@pytest.mark.parametrize(
    "same",
    [
        "cosine",
        schedules.Cosine(),
        lambda step, n_steps: (1 + np.cos(np.pi * step / n_steps)) / 2,
    ],
    ids=["name", "object", "function"],
)
def test_the_forms_of_a_schedule(same):
    model = MLPClassifier((8,), schedule=same, max_iter=4, random_state=0).fit(X, y)
    expected = clone(model).set_params(schedule=schedules.Cosine(final=0.0)).fit(X, y)
    assert_same(model, expected)


def test_the_object_of_the_user_stays_as_it_is():
    schedule = schedules.ReduceOnPlateau(patience=1)
    model = MLPClassifier((8,), schedule=schedule, tol=10.0, max_iter=10).fit(X, y)
    assert model.learning_rate_curve_[-1] < 1e-3
    assert model.schedule is schedule
    assert vars(schedule) == vars(schedules.ReduceOnPlateau(patience=1))


def test_adaptive_is_a_schedule_too():
    model = MLPClassifier((8,), solver="sgd", tol=10.0, n_iter_no_change=2, max_iter=9)
    model.set_params(random_state=0, learning_rate="adaptive").fit(X, y)
    by_object = clone(model).set_params(learning_rate="constant")
    by_object.set_params(schedule=schedules.ReduceOnPlateau(factor=0.2)).fit(X, y)
    assert_same(model, by_object)
    assert model.learning_rate_curve_ == by_object.learning_rate_curve_
    assert model.learning_rate_curve_[0] > model.learning_rate_curve_[-1]


def test_invscaling_takes_power_t():
    model = MLPClassifier((8,), schedule="invscaling", power_t=0.25, max_iter=3).fit(X, y)
    n = len(X)
    expected = 0.001 / np.array([1, (n + 1) ** 0.25, (2 * n + 1) ** 0.25])
    np.testing.assert_allclose(model.learning_rate_curve_, expected, rtol=1e-12)


def test_partial_fit_goes_on_with_the_schedule():
    model = MLPClassifier((8,), schedule="polynomial", warmup=3, batch_size=200, max_iter=4)
    for _ in range(6):
        model.partial_fit(X, y, classes=np.arange(10))
    # 8 steps are planned, 3 of them to warm up; two go with each call.
    expected = 0.001 * np.array([2 / 3, 1, 3 / 5, 1 / 5, 0, 0])
    np.testing.assert_allclose(model.learning_rate_curve_, expected, atol=1e-12)


def test_a_warm_start_begins_its_schedule_anew():
    model = MLPClassifier((8,), schedule="cosine", max_iter=3, warm_start=True).fit(X, y)
    curve = model.learning_rate_curve_
    assert model.fit(X, y).learning_rate_curve_ == 2 * curve


def test_one_cycle_trains_better_than_its_peak_alone():
    losses = [
        MLPClassifier((8,), learning_rate_init=0.05, max_iter=30, random_state=0, schedule=name)
        .fit(X, y)
        .loss_
        for name in ("one_cycle", None)
    ]
    assert losses[0] < losses[1]


# Solvers


@pytest.mark.parametrize("solver", OPTIMIZERS)
def test_every_solver_learns(solver):
    # Adadelta's rate is a factor of steps that begin at sqrt(epsilon).
    rates = {"adadelta": 1.0, "sgd": 0.1, "adagrad": 0.1}
    given = {"learning_rate_init": rates.get(solver, 0.01), "epsilon": 1e-6}
    model = MLPClassifier((16,), solver=solver, max_iter=60, random_state=0, **given)
    assert model.fit(X, y).score(X, y) > 0.9


@pytest.mark.parametrize("solver", OPTIMIZERS)
def test_parameters_reach_the_optimizer(solver):
    given = {"momentum": 0.5, "beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-4, "rho": 0.7}
    given |= {"nesterovs_momentum": False, "weight_decay": 0.5, "learning_rate_init": 0.02}
    from fastnn.estimators.mlp.solvers import make_optimizer

    optimizer = make_optimizer(MLPClassifier(solver=solver, **given))
    assert type(optimizer) is OPTIMIZERS[solver]
    names = {"nesterovs_momentum": "nesterov"}
    found = {key: getattr(optimizer, names.get(key, key), None) for key in given}
    assert {key: value for key, value in found.items() if value is not None} == {
        key: value for key, value in given.items() if hasattr(optimizer, names.get(key, key))
    }
    default = make_optimizer(MLPClassifier(solver=solver)).weight_decay
    assert default == (0.01 if solver == "adamw" else 0)


def test_rprop_takes_all_rows():
    model = MLPClassifier((8,), solver="rprop", max_iter=3).fit(X, y)
    assert model.t_ == 3 * len(X)
    assert model._solver_state["moments"]["t"] == 3
    model.set_params(batch_size=len(X)).fit(X, y)
    with pytest.raises(ValueError, match=r"solver='rprop' .* leave batch_size at 'auto'"):
        model.set_params(batch_size=200).fit(X, y)


def test_weight_decay_shrinks_by_hand():
    given = {"hidden_layer_sizes": (), "solver": "sgd", "learning_rate_init": 0.1, "momentum": 0.0}
    given |= {"max_iter": 1, "batch_size": len(X), "random_state": 0, "alpha": 0.0}
    plain, decayed, first = (
        MLPClassifier(**{**given, **more}).fit(X, y)
        for more in ({}, {"weight_decay": 0.5}, {"learning_rate_init": 1e-300})
    )
    expected = plain.coefs_[0] - 0.05 * first.coefs_[0]
    np.testing.assert_allclose(decayed.coefs_[0], expected, atol=1e-14)
    np.testing.assert_array_equal(decayed.intercepts_[0], plain.intercepts_[0])


# Layers


@pytest.mark.parametrize("X", [X, X.astype(np.float32), csr_matrix(X)], ids=["f8", "f4", "csr"])
@pytest.mark.parametrize("rows", [1, 400])
def test_an_activation_for_each_layer(X, rows):
    model = MLPClassifier((9, 8, 7), ["tanh", "relu", "logistic"], max_iter=3, random_state=0)
    model.fit(X, y)
    h = X[:rows].toarray() if hasattr(X, "toarray") else X[:rows].astype(np.float64)
    functions = [np.tanh, lambda z: np.maximum(z, 0), lambda z: 1 / (1 + np.exp(-z))]
    tolerance = 1e-5 if X.dtype == np.float32 else 1e-12
    for i, f in enumerate(functions):
        h = f(h @ model.coefs_[i] + model.intercepts_[i])
        for layer in (i, i - 3):
            found = model.transform(X[:rows], layer=layer)
            assert found.dtype == X.dtype
            np.testing.assert_allclose(found, h, atol=tolerance)
    np.testing.assert_array_equal(model.transform(X[:rows]), found)
    z = h @ model.coefs_[3] + model.intercepts_[3]
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.predict_proba(X[:rows]), p, atol=tolerance)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_learns(name):
    model = MLPClassifier((30,), name, init="glorot_normal", learning_rate_init=0.01)
    model.set_params(max_iter=40, random_state=0).fit(X, y)
    assert model.score(X, y) > 0.9
    h = reference.ACTIVATIONS[name][0](X @ model.coefs_[0] + model.intercepts_[0])
    np.testing.assert_allclose(model.transform(X), h, atol=1e-12)


def test_equal_activations_may_be_listed():
    one = MLPClassifier((9, 8), "tanh", max_iter=3, random_state=0).fit(X, y)
    listed = MLPClassifier((9, 8), ("tanh", "tanh"), max_iter=3, random_state=0).fit(X, y)
    assert_same(one, listed)
    np.testing.assert_allclose(one.predict_proba(X[:3]), listed.predict_proba(X[:3]), rtol=1e-12)


def test_hidden_features_in_a_pipeline():
    model = make_pipeline(MLPClassifier((30,), random_state=0), LogisticRegression(max_iter=500))
    assert model.fit(X, y).score(X, y) > 0.97
    network = model[0]
    np.testing.assert_array_equal(clone(network).fit_transform(X, y), network.transform(X))


@pytest.mark.parametrize("layer", [-3, 2, 0.5])
def test_transform_of_a_layer_that_is_not(layer):
    model = MLPRegressor(hidden_layer_sizes=(4, 3), max_iter=2).fit(X, y)
    with pytest.raises(ValueError, match=r"layer must be .* -2 to 1"):
        model.transform(X, layer=layer)


def test_transform_needs_a_hidden_layer():
    assert hasattr(MLPRegressor(), "transform")
    model = MLPRegressor(hidden_layer_sizes="").fit(X, y)
    assert not hasattr(model, "transform")
    with pytest.raises(AttributeError, match="with hidden_layer_sizes='' there is none"):
        model.transform(X)


# Class weights


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("given", [False, True])
@pytest.mark.parametrize("names", [[0, 1, 2], ["a", "b", "c"]])
def test_class_weights_are_sample_weights(solver, given, names):
    labels = np.array(names)[y_iris][20:]
    data = X_IRIS[20:]
    weight = np.linspace(0.5, 2, len(data)) if given else np.ones(len(data))
    factors = {names[0]: 3.0, names[2]: 0.0}
    of_rows = weight * [factors.get(label, 1.0) for label in labels.tolist()]
    model = MLPClassifier(solver=solver, class_weight=factors, random_state=0, max_iter=5)
    model.fit(data, labels, weight if given else None)
    expected = clone(model).set_params(class_weight=None).fit(data, labels, of_rows)
    assert_same(model, expected)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("classes", [2, 3])
def test_balanced_gives_every_class_the_same_weight(weighted, classes):
    kept = y_iris < classes
    data, labels = X_IRIS[kept][15:], y_iris[kept][15:]
    weight = np.linspace(0.5, 2, len(data)) if weighted else np.ones(len(data))
    totals = np.array([weight[labels == c].sum() for c in range(classes)])
    of_rows = weight * weight.sum() / (classes * totals[labels])
    model = MLPClassifier(class_weight="balanced", random_state=0, max_iter=5)
    model.fit(data, labels, weight if weighted else None)
    expected = clone(model).set_params(class_weight=None).fit(data, labels, of_rows)
    for a, b in zip(model.coefs_, expected.coefs_, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)


def test_balanced_counts_no_row_of_weight_zero():
    weight = (y_iris != 1).astype(float)
    model = MLPClassifier(class_weight="balanced", random_state=0, max_iter=5)
    model.fit(X_IRIS, y_iris, weight)
    expected = clone(model).set_params(class_weight=None).fit(X_IRIS, y_iris, weight)
    assert_same(model, expected)


def test_class_weights_count_in_early_stopping():
    model = MLPClassifier(early_stopping=True, random_state=0, max_iter=5)
    model.set_params(class_weight={1: 5.0}, scoring="loss").fit(X_IRIS, y_iris)
    weight = np.where(y_iris == 1, 5.0, 1.0)
    expected = clone(model).set_params(class_weight=None).fit(X_IRIS, y_iris, weight)
    assert model.validation_scores_ == expected.validation_scores_


def test_class_weights_count_in_given_validation_rows():
    factors = {1: 5.0, 2: 0.5}
    of_rows = np.array([1, 5, 0.5])[y_iris]
    model = MLPClassifier(early_stopping=True, random_state=0, max_iter=5, class_weight=factors)
    model.fit(X_IRIS[::2], y_iris[::2], X_val=X_IRIS[1::2], y_val=y_iris[1::2])
    expected = clone(model).set_params(class_weight=None)
    given = {"X_val": X_IRIS[1::2], "y_val": y_iris[1::2], "sample_weight_val": of_rows[1::2]}
    expected.fit(X_IRIS[::2], y_iris[::2], of_rows[::2], **given)
    assert model.validation_scores_ == expected.validation_scores_


def test_class_weights_in_partial_fit():
    model = MLPClassifier((5,), class_weight={0: 2.0}, random_state=0)
    model.partial_fit(X_IRIS, y_iris, classes=[0, 1, 2])
    expected = clone(model).set_params(class_weight=None)
    expected.partial_fit(X_IRIS, y_iris, np.where(y_iris == 0, 2.0, 1.0), classes=[0, 1, 2])
    assert_same(model, expected)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({0: -1.0}, "class_weight must hold finite numbers"),
        ({0: np.nan}, "class_weight must hold finite numbers"),
        ({0: 0, 1: 0, 2: 0}, "at least one non-zero"),
        ({5: 1.0}, "The classes, .* are not in class_weight"),
        ("even", "The 'class_weight' parameter"),
    ],
)
def test_errors_of_class_weight(weights, message):
    with pytest.raises(ValueError, match=message):
        MLPClassifier(class_weight=weights).fit(X_IRIS, y_iris)


def test_class_weight_is_not_for_several_labels():
    Y = np.c_[y_iris > 0, y_iris > 1].astype(int)
    with pytest.raises(ValueError, match="class_weight is for one label a row"):
        MLPClassifier(class_weight="balanced").fit(X_IRIS, Y)


# Several starts


@pytest.mark.parametrize(("solver", "seed"), [("adam", 0), ("lbfgs", 1)])
def test_the_best_of_several_starts(solver, seed):
    others = np.random.RandomState(seed).randint(2**31, size=3)
    given = {"hidden_layer_sizes": (3,), "solver": solver, "max_iter": 8}
    single = [MLPRegressor(random_state=s, **given).fit(X_IRIS, y_iris) for s in (seed, *others)]
    best = min(single, key=lambda model: model.loss_)
    assert best is not single[0]
    model = MLPRegressor(n_init=4, random_state=seed, **given).fit(X_IRIS, y_iris)
    assert_same(model, best)
    assert model.loss_ == best.loss_
    assert model.t_ == best.t_
    assert_same(clone(model).fit(X_IRIS, y_iris), model)


def test_the_best_of_several_starts_by_validation_score():
    given = {"hidden_layer_sizes": (3,), "early_stopping": True, "max_iter": 5, "random_state": 0}
    scores = [
        MLPRegressor(n_init=n, **given).fit(X_IRIS, y_iris).best_validation_score_
        for n in range(1, 6)
    ]
    assert scores == sorted(scores)
    assert scores[-1] > scores[0]


def test_starts_that_diverge_do_not_count():
    def init(shape, rng, activation):
        drawn.append(rng.normal(size=shape))
        return drawn[-1] * (1e200 if len(drawn) <= 2 else 0.1)

    drawn = []
    model = MLPRegressor(hidden_layer_sizes=(3,), init=init, n_init=2, max_iter=3, random_state=0)
    model.fit(X_IRIS, y_iris)
    assert len(drawn) == 4
    assert np.isfinite(model.loss_)
    drawn = []
    with pytest.raises(ValueError, match="non-finite parameter weights"):
        model.set_params(n_init=1).fit(X_IRIS, y_iris)


def test_several_starts_print_which(capsys):
    MLPRegressor(n_init=2, max_iter=1, verbose=True).fit(X_IRIS, y_iris)
    assert "Start 2 of 2\nIteration 1, loss" in capsys.readouterr().out


def test_a_warm_start_has_one_start():
    model = MLPRegressor(n_init=3, warm_start=True, max_iter=2).fit(X_IRIS, y_iris)
    assert len(model.fit(X_IRIS, y_iris).loss_curve_) == 4


# Averaging


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_swa_is_the_mean_of_the_weights_after_epochs(dtype):
    data = X.astype(dtype)
    given = {"hidden_layer_sizes": (8,), "max_iter": 10, "n_iter_no_change": 99}
    model = MLPClassifier(averaging="swa", averaging_start=0.6, random_state=0, **given)
    model.fit(data, y)
    weights = []
    for n in (7, 8, 9, 10):
        shorter = MLPClassifier(random_state=0, **{**given, "max_iter": n}).fit(data, y)
        weights.append(shorter.coefs_ + shorter.intercepts_)
    assert model.loss_curve_ == shorter.loss_curve_
    tolerance = 1e-6 if dtype == np.float32 else 1e-14
    for found, *each in zip(model.coefs_ + model.intercepts_, *weights, strict=True):
        assert found.dtype == dtype
        np.testing.assert_allclose(found, np.mean(each, axis=0, dtype=float), atol=tolerance)


def test_early_stopping_watches_the_average():
    given = {"hidden_layer_sizes": (8,), "max_iter": 12, "random_state": 0, "scoring": "loss"}
    given |= {"early_stopping": True, "n_iter_no_change": 99, "averaging_start": 0.5}
    X_val, y_val = X[300:], y[300:]
    model = MLPClassifier(averaging="swa", **given).fit(X[:300], y[:300], X_val=X_val, y_val=y_val)
    plain = MLPClassifier(**given).fit(X[:300], y[:300], X_val=X_val, y_val=y_val)
    assert model.validation_scores_[:7] == plain.validation_scores_[:7]
    assert model.validation_scores_[7:] != plain.validation_scores_[7:]
    p = model.predict_proba(X_val)[np.arange(100), y_val]
    assert model.best_validation_score_ == pytest.approx(np.log(p).mean(), rel=1e-9)


def test_an_average_of_nothing_is_a_warning():
    model = MLPClassifier(averaging="swa", tol=10.0, n_iter_no_change=2, max_iter=100)
    with pytest.warns(UserWarning, match="averaging='swa' has averaged nothing: .* 4 epochs"):
        model.fit(X, y)


# Margins


@pytest.mark.parametrize("loss", ["hinge", "perceptron"])
@pytest.mark.parametrize("target", ["binary", "multiclass", "multilabel"])
def test_losses_of_margins_have_a_decision_function_and_no_probabilities(loss, target):
    labels = {
        "binary": np.where(y_iris > 0, "yes", "no"),
        "multiclass": np.array(["a", "b", "c"])[y_iris],
        "multilabel": np.c_[y_iris > 0, y_iris > 1].astype(int),
    }[target]
    model = MLPClassifier((5,), max_iter=20, random_state=0).fit(X_IRIS, labels)
    with pytest.raises(AttributeError, match=r"decision_function is for .* use predict_proba"):
        model.decision_function(X_IRIS)
    p = model.predict_proba(X_IRIS)
    predicted = model.predict(X_IRIS)
    # What training by such a loss makes: outputs that nothing is applied to.
    model.loss, model.out_activation_ = loss, "identity"
    z = model.decision_function(X_IRIS)
    if target == "multiclass":
        np.testing.assert_allclose(np.exp(z) / np.exp(z).sum(axis=1, keepdims=True), p, rtol=1e-9)
    else:
        expected = p[:, 1] if target == "binary" else p
        np.testing.assert_allclose(1 / (1 + np.exp(-z)), expected, rtol=1e-9)
    np.testing.assert_array_equal(model.predict(X_IRIS), predicted)
    for method in ("predict_proba", "predict_log_proba"):
        assert not hasattr(model, method)
        with pytest.raises(AttributeError, match=f"loss='{loss}' makes no probabilities"):
            getattr(model, method)(X_IRIS)


# Combinations

LBFGS = {
    "schedule": "cosine",
    "warmup": 3,
    "l1_ratio": 0.5,
    "weight_decay": 0.1,
    "max_norm": 1.0,
    "dropout": [0.5],
    "input_dropout": 0.1,
    "input_noise": 0.1,
    "averaging": "swa",
    "clip_value": 1.0,
    "clip_norm": 1.0,
}


@pytest.mark.parametrize("name", LBFGS)
def test_what_lbfgs_cannot_do(name):
    with pytest.raises(ValueError, match=f"{name} is for the stochastic solvers: leave it at"):
        MLPClassifier(solver="lbfgs", **{name: LBFGS[name]}).fit(X, y)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"solver": "lbfgs", "activation": "bernoulli"}, "'bernoulli' has a gradient that is not"),
        (
            {"hidden_layer_sizes": "5-5", "solver": "lbfgs", "activation": ["relu", "bernoulli"]},
            "'bernoulli' has a gradient that is not",
        ),
        ({"batch_norm": True, "layer_norm": True}, "batch_norm and layer_norm .* set one of them"),
        (
            {"solver": "sgd", "learning_rate": "adaptive", "schedule": "step"},
            "learning_rate='adaptive' and schedule both set the learning rate",
        ),
        (
            {"hidden_layer_sizes": (5, 5), "activation": ["relu"]},
            r"activation must be one value or a list .* each of the 2 hidden layers of .*\(5, 5\)",
        ),
        ({"activation": ["relu6"]}, "activation must be one of .*'relu6'"),
        ({"activation": [["relu"]]}, "activation must be one value or a list"),
        ({"dropout": [0.1, 0.1]}, "dropout must be one value or a list .* 1 hidden layers"),
        ({"dropout": [1.0]}, "dropout must be a list of numbers from 0 to below 1; got 1.0 in it"),
        ({"dropout": ["much"]}, "dropout must be a list of numbers .* got 'much' in it"),
        ({"schedule": "cosinus"}, "The 'schedule' parameter"),
        ({"schedule": schedules.Cosine}, "schedule must be an object: schedules.Cosine()"),
        ({"warmup": 1.5}, "The 'warmup' parameter"),
        ({"warmup": -1}, "The 'warmup' parameter"),
        ({"n_init": 0}, "The 'n_init' parameter"),
        ({"init": "xavier"}, "The 'init' parameter"),
        ({"init_scale": 0.0}, "The 'init_scale' parameter"),
        ({"averaging_start": 1.0}, "The 'averaging_start' parameter"),
        ({"rho": 1.0}, "The 'rho' parameter"),
        ({"weight_decay": -0.1}, "The 'weight_decay' parameter"),
        ({"weight_decay": 2e3}, "weight_decay .* must be below 1: lower weight_decay"),
    ],
    ids=str,
)
def test_errors(parameters, message):
    with pytest.raises(ValueError, match=message):
        MLPClassifier(**parameters).fit(X, y)


@pytest.mark.parametrize(
    "parameters", [{"n_init": 2}, {"averaging": "swa"}, {"class_weight": "balanced"}]
)
def test_partial_fit_is_not_there_for_what_needs_a_whole_fit(parameters):
    assert hasattr(MLPClassifier(), "partial_fit")
    model = MLPClassifier(**parameters)
    assert not hasattr(model, "partial_fit")
    for error in (ValueError, AttributeError):
        with pytest.raises(error, match=f"partial_fit.*{next(iter(parameters))}"):
            model.partial_fit(X, y, classes=np.arange(10))


@pytest.mark.parametrize("name", ["input_dropout", "input_noise"])
def test_noise_on_the_input_is_for_dense_data(name):
    with pytest.raises(
        ValueError, match=rf"{name} is for dense X, .* sparse: set {name}=0, or pass X.toarray"
    ):
        MLPRegressor(**{name: 0.5}).fit(csr_matrix(X), y)


def test_a_pickle_of_before_lacks_the_parameters_and_works():
    model = MLPClassifier((8,), max_iter=2, random_state=0).fit(X, y)
    state = model.__getstate__()
    for name in ("schedule", "warmup", "init", "n_init", "class_weight", "dropout", "loss"):
        del state[name]
    old = MLPClassifier.__new__(MLPClassifier)
    old.__setstate__(state)
    assert old.get_params() == model.get_params()
    assert_same(old.fit(X, y), model)
