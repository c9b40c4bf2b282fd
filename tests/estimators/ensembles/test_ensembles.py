"""DeepEnsembleClassifier and DeepEnsembleRegressor: members, samples, predictions, bad input."""

import pickle
import tracemalloc
import warnings
from contextlib import suppress

import numpy as np
import pytest
import scipy.sparse
from same_fits import assert_same
from sklearn.base import clone
from sklearn.datasets import (
    load_digits,
    make_classification,
    make_multilabel_classification,
    make_regression,
)
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, PredefinedSplit, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from fastnn import (
    DeepEnsembleClassifier,
    DeepEnsembleRegressor,
    DivergenceError,
    MLPClassifier,
    MLPRegressor,
)
from fastnn.scoring.means import mean_of

X, y = make_classification(200, 8, n_informative=5, n_classes=3, random_state=0)
names = np.array(["ant", "bee", "cat"])[y]
Xr, yr = make_regression(150, 5, noise=3.0, random_state=0)
yr /= 50
NET = MLPClassifier((12,), max_iter=8, batch_size=40)
NETR = MLPRegressor(hidden_layer_sizes=(12,), max_iter=8, batch_size=40)
WAYS = ["seed", "fold", "bootstrap"]


def classifier(n=4, net=NET, **parameters):
    return DeepEnsembleClassifier(net, n, **{"random_state": 0, **parameters})


def regressor(n=4, net=NETR, **parameters):
    return DeepEnsembleRegressor(net, n, **{"random_state": 0, **parameters})


SMALL = {"hidden_layer_sizes": (8,), "max_iter": 60, "learning_rate_init": 0.01}


@parametrize_with_checks(
    [
        DeepEnsembleClassifier(MLPClassifier(**SMALL), 2),
        DeepEnsembleRegressor(MLPRegressor(**SMALL), 2),
    ]
)
def test_checks(estimator, check):
    check(estimator)


def not_repetitions(estimator):
    """What scikit-learn expects of its own bagging: a row that is there twice is drawn, or dealt
    out, twice, and one with a weight of two once."""
    kinds = "dense", "sparse"
    why = "sample_weight is not equivalent to removing/repeating samples."
    return {f"check_sample_weight_equivalence_on_{kind}_data": why for kind in kinds}


@parametrize_with_checks(
    [
        DeepEnsembleClassifier(MLPClassifier(**SMALL), 3, sample_by="bootstrap", random_state=0),
        DeepEnsembleRegressor(MLPRegressor(**SMALL), 3, sample_by="fold", random_state=0),
    ],
    expected_failed_checks=not_repetitions,
)
def test_checks_of_samples(estimator, check):
    check(estimator)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("weighted", [False, True])
def test_every_member_is_the_network_fitted_alone(way, weighted):
    weight = np.random.RandomState(0).randint(3, size=len(X)) if weighted else None
    for model, data, targets in [(classifier(), X, names), (regressor(), Xr, yr)]:
        w = None if weight is None else weight[: len(data)]
        model.set_params(sample_by=way).fit(data, targets, w)
        for member, rows in zip(model.estimators_, model.estimators_samples_, strict=True):
            of = None if w is None else w[rows]
            assert_same(clone(member).fit(data[rows], targets[rows], of), member)
        seeds = [member.random_state for member in model.estimators_]
        assert len(set(seeds)) == 4


def test_bits_do_not_depend_on_threads():
    for way in WAYS:
        one, two = (
            classifier(5, sample_by=way, n_jobs=n_jobs).fit(X, y).predict_proba(X)
            for n_jobs in (1, 2)
        )
        assert (one == two).all()


def test_a_larger_ensemble_begins_with_the_smaller():
    for way in ("seed", "bootstrap"):
        few, many = (classifier(n, sample_by=way).fit(X, y) for n in (2, 3))
        for one, other in zip(few.estimators_, many.estimators_[:2], strict=True):
            assert_same(one, other)


def test_predictions_are_means_in_the_order_of_members():
    model = classifier(3).fit(X, names)
    p = [member.predict_proba(X) for member in model.estimators_]
    mean = (p[0] + p[1] + p[2]) * (1 / 3)
    assert (model.predict_proba(X) == mean).all()
    assert (model.predict_log_proba(X) == np.log(mean)).all()
    assert (model.predict(X) == model.classes_[mean.argmax(axis=1)]).all()
    model = regressor(3).fit(Xr, yr)
    p = np.array([member.predict(Xr) for member in model.estimators_])
    assert (model.predict(Xr) == (p[0] + p[1] + p[2]) * (1 / 3)).all()
    mean, std = model.predict(Xr, return_std=True)
    np.testing.assert_allclose(mean, p.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(std, p.std(axis=0), rtol=1e-12)


def test_binary_multilabel_two_targets_and_sparse():
    binary = classifier(2).fit(X, names == "ant")
    second = [member.predict_proba(X)[:, 1] for member in binary.estimators_]
    assert (binary.predict_proba(X)[:, 1] == (second[0] + second[1]) / 2).all()
    many = np.tile(X, (400, 1))  # more than a block
    assert (binary.predict_proba(many) == np.tile(binary.predict_proba(X), (400, 1))).all()
    with pytest.raises(ValueError, match="NaN"):
        binary.predict(np.r_[many, np.full((1, 8), np.nan)])
    assert binary.predict_proba(X).shape == (200, 2)
    assert binary.predict(X).dtype == bool
    Xm, ym = make_multilabel_classification(120, 6, n_classes=4, random_state=0)
    several = classifier(2, sample_by="fold").fit(Xm, ym)
    assert several.predict(Xm).shape == several.predict_proba(Xm).shape == (120, 4)
    assert several.oof_predictions_.shape == (120, 4)
    assert several.decompose(Xm).total.shape == (120, 4)
    two = regressor(2, sample_by="bootstrap", oob_score=True).fit(Xr, np.column_stack([yr, -yr]))
    mean, std = two.predict(Xr, return_std=True)
    assert mean.shape == std.shape == (150, 2)
    sparse = scipy.sparse.csr_matrix(np.where(X > 0, X, 0))
    for way in WAYS:
        model = classifier(2, sample_by=way).fit(sparse, y)
        assert (model.predict_proba(sparse) == model.predict_proba(sparse.toarray())).all()


def test_float32_stays_float32():
    model = classifier(2).fit(X.astype(np.float32), y)
    assert model.predict_proba(X.astype(np.float32)).dtype == np.float32
    assert model.estimators_[0].coefs_[0].dtype == np.float32


def test_out_of_fold_predictions_are_those_of_cross_validation():
    model = classifier(5, sample_by="fold", oob_score=True).fit(X, names)
    split = PredefinedSplit(model.folds_)
    for fold, member in enumerate(model.estimators_):
        rows = model.folds_ == fold
        expected = cross_val_predict(clone(member), X, names, cv=split, method="predict_proba")
        assert (model.oof_predictions_[rows] == expected[rows]).all()
    assert model.oob_score_ == np.mean(
        model.classes_[model.oof_predictions_.argmax(axis=1)] == names
    )
    shares = [np.bincount(y[model.folds_ == fold]) for fold in range(5)]
    assert np.ptp(shares, axis=0).max() <= 1  # stratified
    ours = regressor(3, sample_by="fold").fit(Xr, yr)
    for fold, member in enumerate(ours.estimators_):
        expected = cross_val_predict(clone(member), Xr, yr, cv=PredefinedSplit(ours.folds_))
        assert (ours.oof_predictions_ == expected)[ours.folds_ == fold].all()
    assert not hasattr(ours, "oob_score_")


def test_out_of_bag_predictions():
    model = regressor(12, sample_by="bootstrap", oob_score=True).fit(Xr, yr)
    total, count = np.zeros(150), np.zeros(150)
    for member, rows in zip(model.estimators_, model.estimators_samples_, strict=True):
        unseen = np.setdiff1d(np.arange(150), rows)
        total[unseen] += member.predict(Xr[unseen])
        count[unseen] += 1
    known = count > 0
    np.testing.assert_allclose(model.oof_predictions_[known], (total / count.clip(1))[known])
    with pytest.warns(UserWarning, match="no out-of-bag prediction"):
        few = regressor(1, sample_by="bootstrap", oob_score=lambda a, b: len(a)).fit(Xr, yr)
    assert few.oob_score_ == np.isfinite(few.oof_predictions_).sum() < 150
    assert not hasattr(few.set_params(sample_by="seed", oob_score=False).fit(Xr, yr), "oob_score_")


def test_a_class_that_a_sample_lacks_has_probability_zero():
    rare = y.copy()
    rare[:] = 0
    rare[:100], rare[7] = 1, 2
    model = classifier(6, sample_by="bootstrap").fit(X, rare)
    lacking = [m for m in model.estimators_ if len(m.classes_) == 2]
    assert lacking
    p = model._of_member(lacking[0], X, True)
    assert (p[:, :2] == lacking[0].predict_proba(X)).all()
    assert (p[:, 2] == 0).all()
    both = [m for m in model.estimators_ if len(m.classes_) == 2][:2]  # as many outputs, but not
    model.estimators_ = both  # those of all classes
    assert not model._outputs_agree()
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1)


def test_weights_of_zero_are_absent():
    weight = np.r_[np.ones(150), np.zeros(50)]
    for way in ("seed", "bootstrap"):
        some = classifier(3, sample_by=way).fit(X, y, weight)
        fewer = classifier(3, sample_by=way).fit(X[:150], y[:150])
        assert (some.predict_proba(X) == fewer.predict_proba(X)).all()


def test_entropies():
    model = classifier(4).fit(X, names)
    total, aleatoric, epistemic = model.decompose(X)
    p = np.array([member.predict_proba(X) for member in model.estimators_])
    np.testing.assert_allclose(total, -(p.mean(0) * np.log(p.mean(0))).sum(1))
    np.testing.assert_allclose(aleatoric, -(p * np.log(p)).sum(2).mean(0))
    assert (epistemic >= 0).all()
    assert (total == aleatoric + epistemic).all()
    far = model.decompose(100 * X)
    assert far.aleatoric.mean() < far.epistemic.mean()  # sure of itself, each of something else
    one = classifier(1).fit(X, names)
    assert np.abs(one.decompose(X).epistemic).max() < 1e-12


def test_the_mean_has_a_lower_loss_than_the_members():
    digits, digit = load_digits(return_X_y=True)
    digits /= 16
    model = classifier(5, clone(NET).set_params(max_iter=20)).fit(digits[:1000], digit[:1000])
    loss = log_loss(digit[1000:], model.predict_proba(digits[1000:]))
    each = [log_loss(digit[1000:], m.predict_proba(digits[1000:])) for m in model.estimators_]
    assert loss < 0.98 * np.mean(each)


def test_the_spread_grows_outside_the_data():
    """The cubic of Lakshminarayanan et al. (2017): 20 points in [-4, 4], noise of 3."""
    rng = np.random.RandomState(1)
    x = rng.uniform(-4, 4, (20, 1))
    net = MLPRegressor(hidden_layer_sizes=(100,), max_iter=2000, learning_rate_init=0.02, tol=0)
    model = DeepEnsembleRegressor(net, 5, random_state=0).fit(x, x[:, 0] ** 3 / 30)
    _, std = model.predict(np.array([[-6.0], [0.0], [6.0]]), return_std=True)
    assert min(std[0], std[2]) > 3 * std[1]


def test_quantiles_do_not_cross():
    net = MLPRegressor("quantile", (12,), quantile=[0.1, 0.5, 0.9], max_iter=5)
    model = regressor(3, net).fit(Xr, yr)
    found = model.predict_quantiles(Xr)
    assert found.shape == (150, 3)
    assert (np.diff(found) >= 0).all()
    assert (np.sort(model.predict(Xr)) == found).all()
    assert (np.diff(model.predict(Xr)) < 0).any()  # without sorting they do
    assert model.score(Xr, yr) == model.score(Xr, yr, np.ones(150))
    assert regressor(2, net).fit(Xr, np.c_[yr, yr]).predict_quantiles(Xr).shape == (150, 2, 3)
    assert not hasattr(regressor(), "predict_quantiles")
    with pytest.raises(AttributeError, match="loss='quantile'"):
        _ = regressor().predict_quantiles


def test_partial_fit_is_that_of_every_member():
    model = classifier(3)
    alone = [
        clone(NET).set_params(random_state=m.random_state) for m in model.fit(X, y).estimators_
    ]
    model = classifier(3)
    before = None
    for begin in (0, 100):
        rows = slice(begin, begin + 100)
        model.partial_fit(X[rows], names[rows], classes=["ant", "bee", "cat", "dog"])
        for member, one in zip(model.estimators_, alone, strict=True):
            one.partial_fit(X[rows], names[rows], classes=["ant", "bee", "cat", "dog"])
            assert_same(one, member)
        assert before is None or (before[0].coefs_[0] != model.estimators_[0].coefs_[0]).any()
        before = model.estimators_
    assert regressor(2).partial_fit(Xr, yr).partial_fit(Xr, yr).estimators_[0].t_ == 300
    assert not hasattr(classifier(sample_by="fold"), "partial_fit")
    assert not hasattr(classifier(net=MLPClassifier(solver="lbfgs")), "partial_fit")


def test_lbfgs_and_held_out_rows():
    model = regressor(3, MLPRegressor(hidden_layer_sizes=(5,), solver="lbfgs", max_iter=20))
    for way in WAYS:
        model.set_params(sample_by=way).fit(Xr, yr)
        for member, rows in zip(model.estimators_, model.estimators_samples_, strict=True):
            assert_same(clone(member).fit(Xr[rows], yr[rows]), member)
    net = clone(NET).set_params(early_stopping=True)
    model = classifier(2, net).fit(X[:150], y[:150], X_val=X[150:], y_val=y[150:])
    alone = clone(model.estimators_[1]).fit(X[:150], y[:150], X_val=X[150:], y_val=y[150:])
    assert_same(alone, model.estimators_[1])


def test_members_that_diverge_are_left_out():
    net = MLPRegressor(
        hidden_layer_sizes=(5,), solver="sgd", momentum=0, batch_size=150, max_iter=40, tol=0
    )
    for rate in np.geomspace(0.3, 30, 30):
        model = regressor(8, clone(net).set_params(learning_rate_init=rate))
        with warnings.catch_warnings(record=True) as found, suppress(DivergenceError):
            warnings.simplefilter("always")
            model.fit(Xr, yr)
        if len(getattr(model, "estimators_", ())) in range(1, 8):
            break
    else:
        pytest.fail("at no rate do some and not all diverge")
    message = next(str(w.message) for w in found if "left out" in str(w.message))
    assert message.startswith("DeepEnsembleRegressor: members ")
    assert "of 8 diverged" in message
    assert np.isfinite(model.predict(Xr)).all()
    assert len(model.estimators_samples_) == len(model.estimators_)
    before = dict(vars(model))
    hopeless = clone(net).set_params(learning_rate_init=1e200)
    with pytest.raises(DivergenceError, match="All 8 members diverged"):
        model.set_params(estimator=hopeless).fit(Xr, yr)
    assert vars(model) == {**before, "estimator": hopeless}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_estimators": 0}, "'n_estimators' parameter .* must be an int in the range"),
        ({"sample_by": "rows"}, "'sample_by' parameter"),
        ({"sample_by": "fold", "n_estimators": 1}, "at least n_estimators=2"),
        ({"sample_by": "fold", "n_estimators": 201}, "lower n_estimators to at most 200"),
        ({"estimator": LogisticRegression()}, "estimator must be a fastnn.MLPClassifier, got Log"),
        ({"estimator": MLPRegressor()}, "must be a fastnn.MLPClassifier, got MLPReg"),
        ({"estimator": make_pipeline(StandardScaler(), NET)}, "pipeline around the ensemble"),
        ({"estimator": MLPClassifier(loss="hinge")}, "mean of probabilities.*'hinge'"),
        ({"estimator": MLPClassifier(alpha=-1)}, "'alpha' parameter of MLPClassifier"),
        ({"estimator": MLPClassifier(batch_norm=True, layer_norm=True)}, "set one of them"),
        ({"oob_score": True}, "sample_by='bootstrap' or 'fold'"),
        ({"n_jobs": 0}, "n_jobs == 0"),
    ],
)
def test_bad_parameters(parameters, message):
    model = classifier(2).fit(X, y)
    before = dict(vars(model))
    model.set_params(**parameters)
    with pytest.raises(ValueError, match=message):
        model.fit(X, y)
    assert vars(model) == {**before, **parameters}


def test_bad_data():
    model = classifier(2).fit(X, y)
    with pytest.raises(ValueError, match="contains NaN"):
        model.predict(np.full((3, 8), np.nan))
    with pytest.raises(ValueError, match="8 features"):
        model.predict(X[:, :5])
    with pytest.raises(ValueError, match="non-zero"):
        model.fit(X, y, np.zeros(200))
    with pytest.raises(NotFittedError):
        classifier().predict(X)
    with pytest.raises(NotFittedError):
        _ = classifier().estimators_samples_


def test_pickle_and_names_and_meta_estimators():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=list("abcdefgh"))
    model = classifier(2, sample_by="bootstrap").fit(frame, names)
    again = pickle.loads(pickle.dumps(model))
    assert (again.predict_proba(frame) == model.predict_proba(frame)).all()
    assert (again.estimators_samples_[1] == model.estimators_samples_[1]).all()
    assert (model.estimators_[0].feature_names_in_ == frame.columns).all()
    model.estimators_[0].predict(frame)
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame[["b", "a", *"cdefgh"]])
    grid = GridSearchCV(
        make_pipeline(StandardScaler(), classifier(2)),
        {"deepensembleclassifier__estimator__alpha": [0.1, 1.0]},
        cv=2,
    ).fit(X, names)
    assert grid.predict(X).shape == (200,)


def test_no_parameter_of_the_users_estimator_changes():
    net = clone(NET).set_params(random_state=5, n_jobs=1)
    model = classifier(2, net).fit(X, y)
    assert (net.random_state, net.n_jobs) == (5, 1)
    assert not hasattr(net, "coefs_")
    assert model.estimator is net


def test_the_data_are_in_memory_once():
    big = np.random.RandomState(0).normal(size=(20000, 100))
    target = big[:, 0]
    net = MLPRegressor(hidden_layer_sizes=(5,), max_iter=1)
    for way in ("seed", "bootstrap"):  # of the latter every member has row numbers and targets
        tracemalloc.start()
        regressor(8, net, sample_by=way).fit(big, target)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < big.nbytes


@pytest.mark.parametrize("way", WAYS)
def test_callbacks_hear_of_every_member(way):
    pytest.importorskip("sklearn.callback")
    heard = []

    class Listener:
        def setup(self, estimator, context):
            heard.append(("setup", len(estimator.__dict__.get("coefs_", ()))))

        def on_fit_task_begin(self, estimator, context, *, X=None, y=None, **kwargs):
            heard.append(("begin", None if X is None else len(X)))

        def on_fit_task_end(self, estimator, context, **kwargs):
            return context.task_name == "epoch" and context.task_id == 1

        def teardown(self, estimator, context):
            heard.append(("teardown", None))

    net = clone(NET)
    net.set_callbacks(Listener())
    model = classifier(2, net, sample_by=way).fit(X, names)
    assert [m.n_iter_ for m in model.estimators_] == [2, 2]
    assert heard.count(("setup", 0)) == heard.count(("teardown", None)) == 2
    assert not any(name.startswith("_callback") for m in model.estimators_ for name in vars(m))


def test_means_of_arrays():
    for dtype in (np.float32, np.float64):
        arrays = [np.full((3, 2), value, dtype) for value in (0.1, 0.2, 0.4)]
        expected = (arrays[0] + arrays[1] + arrays[2]) * dtype(1 / 3)
        assert mean_of(arrays) is arrays[0]
        assert (arrays[0] == expected).all()
    with pytest.raises(ValueError, match="have no mean"):
        mean_of([np.ones((2, 1)), np.ones((3, 1))])
    with pytest.raises(TypeError, match="buffer"):
        mean_of([np.ones(2), np.ones(2, np.float32)])
    with pytest.raises(TypeError, match="dtype must be float32 or float64"):
        mean_of([np.ones(2, int), np.ones(2, int)])
