"""An ensemble as one model: Predictor, ONNX, C, files. Bits are those of the estimator."""

import io
import pickle

import numpy as np
import pytest
from bad_files import WRONG, paths, replaced, seal, split
from fastnn._kernels.scoring.places import places_of
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import fastnn
from fastnn import (
    DeepEnsembleClassifier,
    DeepEnsembleRegressor,
    LaplaceClassifier,
    LaplaceRegressor,
    MLPClassifier,
    MLPRegressor,
    ModelFormatError,
    MonteCarloDropoutClassifier,
    MonteCarloDropoutRegressor,
    Predictor,
)
from fastnn.model.folding import as_model

X, y = load_iris(return_X_y=True)
X, y, target = X[:, :3] - X[:, :3].mean(axis=0), y, X[:, 3]
NET = MLPClassifier((9,), max_iter=15, random_state=0)
NETR = MLPRegressor(hidden_layer_sizes=(9,), max_iter=15, random_state=0)
FEW = np.r_[0:3, 50:53, 100:103]  # bootstraps of these lack a class now and then


def deep(net=NET, y=y, rows=slice(None), n=3, **parameters):
    cls = DeepEnsembleClassifier if isinstance(net, MLPClassifier) else DeepEnsembleRegressor
    return cls(net, n, random_state=0, **parameters).fit(X[rows], y[rows])


def varied(net, **parameters):
    return type(net)(**{**net.get_params(), **parameters})


MADE = {
    "classes": deep,
    "two classes": lambda: deep(y=y > 0),
    "labels": lambda: deep(y=np.c_[y > 0, y > 1].astype(int)),
    "some lack a class": lambda: deep(rows=FEW, n=6, sample_by="bootstrap"),
    "one class": lambda: deep(y=np.full(150, 3)),
    "blocks": lambda: deep(varied(NET, hidden_layer_sizes=(6, 6), layer_norm=True, residual=True)),
    "targets": lambda: deep(NETR, np.c_[target, -target]),
    "poisson": lambda: deep(varied(NETR, loss="poisson"), target),
    "quantiles": lambda: deep(varied(NETR, loss="quantile", quantile=(0.2, 0.8)), target),
    "dropout": lambda: MonteCarloDropoutClassifier(varied(NET, dropout=0.3), 4, random_state=0).fit(
        X, y
    ),
    "frozen dropout": lambda: MonteCarloDropoutRegressor(
        FrozenEstimator(varied(NETR, dropout=0.3).fit(X, target)), 4
    ).fit(X, target),
    "laplace": lambda: LaplaceRegressor(NETR).fit(X, target),
}
every = pytest.mark.parametrize("name", MADE)


def proba(model, X):
    return (getattr(model, "predict_proba", None) or model.predict)(X)


@every
def test_a_predictor_has_its_bits(name):
    model = MADE[name]()
    assert name != "some lack a class" or not model._alike
    predictor = Predictor(model, "float64")
    regresses = not hasattr(model, "classes_")
    of_predictor = predictor.predict if regresses else predictor.predict_proba
    expected = proba(model, X)
    assert (of_predictor(X) == expected).all()
    assert (np.vstack([of_predictor(row).reshape(1, -1) for row in X[::9]])
            == expected[::9].reshape(17, -1)).all()  # fmt: skip
    many = np.tile(X, (40, 1))
    for n_jobs in (1, 2, 4):
        assert (of_predictor(many, n_jobs=n_jobs) == np.concatenate([expected] * 40)).all()
    assert (predictor.predict(X) == model.predict(X)).all()
    again = pickle.loads(pickle.dumps(predictor))
    assert (again.predict(X) == model.predict(X)).all()
    if not regresses:
        assert (again.classes_ == model.classes_).all()
        with np.errstate(divide="ignore"):
            np.testing.assert_allclose(again.predict_log_proba(X), np.log(expected), rtol=1e-12)


@every
def test_many_rows_go_through_all_members_at_once(name):
    """With the bits of few rows, which go through one after the other."""
    model = MADE[name]()
    many = np.tile(X, (30, 1)) + np.arange(4500)[:, None] / 9000
    parts = [proba(model, many[begin : begin + 500]) for begin in range(0, 4500, 500)]
    assert (proba(model, many) == np.concatenate(parts)).all()
    many[4000, 1] = np.nan
    with pytest.raises(ValueError, match="contains NaN"):
        proba(model, many)


def test_in_single_precision():
    model = DeepEnsembleClassifier(NET, 3, random_state=0).fit(X.astype("f4"), y)
    found = Predictor(model).predict_proba(X.astype("f4"))
    assert found.dtype == np.float32
    assert (found == model.predict_proba(X.astype("f4"))).all()


def test_a_mean_of_probabilities_has_no_decision_function():
    with pytest.raises(AttributeError, match="mean of probabilities"):
        Predictor(deep()).decision_function(X)
    assert Predictor(deep(NETR, target)).decision_function(X).shape == (150,)


def test_inside_what_scikit_learn_puts_around():
    """Scalers melt into all first layers; thresholds, calibration and scaled targets go behind."""
    scaled = make_pipeline(StandardScaler(), DeepEnsembleClassifier(NET, 3, random_state=0))
    behind = TransformedTargetRegressor(deep(NETR, target), transformer=StandardScaler())
    positive = FixedThresholdClassifier(deep(y=y > 0), threshold=0.8).fit(X, y > 0)
    calibrated = CalibratedClassifierCV(FrozenEstimator(deep(y=y > 1)), ensemble=False)
    for model, targets in ((scaled, y), (behind, target), (positive, y > 0), (calibrated, y > 1)):
        model.fit(X, targets)
        predictor = Predictor(model, "float64")
        np.testing.assert_allclose(predictor.predict(X), model.predict(X), rtol=1e-10)
        if hasattr(model, "predict_proba"):
            np.testing.assert_allclose(
                predictor.predict_proba(X), model.predict_proba(X), rtol=1e-10
            )


@every
def test_onnx(name):
    pytest.importorskip("onnxruntime")
    from exported_onnx import assert_agrees, run

    model = MADE[name]()
    assert_agrees(run(fastnn.to_onnx(model, dtype="float64"), X), model, X, atol=1e-12)


@every
def test_c(name, tmp_path):
    from exported_c import COMPILER, build, score

    if COMPILER is None:
        pytest.skip("needs a C compiler")
    model = MADE[name]()
    library = build(fastnn.to_c(model, "net"), tmp_path)
    expected = proba(model, X).reshape(150, -1)
    _, values = score(library, "net", as_model(model), X, expected.shape[1])
    np.testing.assert_allclose(values, expected, atol=2e-5)


def test_in_a_pipeline_of_skl2onnx():
    skl2onnx = pytest.importorskip("skl2onnx")
    from exported_onnx import run

    fastnn.register_with_skl2onnx()
    model = make_pipeline(StandardScaler(), LogisticRegression())
    model.steps[-1] = ("net", DeepEnsembleClassifier(NET, 3, random_state=0))
    model.fit(X.astype("f4"), y)
    proto = skl2onnx.to_onnx(model, X[:1].astype("f4"), options={"zipmap": False})
    found = run(proto, X.astype("f4"))["probabilities"]
    np.testing.assert_allclose(found, model.predict_proba(X.astype("f4")), atol=1e-5)


SAVED = {
    **{name: make for name, make in MADE.items() if name != "one class"},
    "folds": lambda: deep(sample_by="fold", oob_score=True),
    "probit": lambda: LaplaceClassifier(NET).fit(X, y),
    "diagonal": lambda: LaplaceRegressor(NETR, subset="all_diagonal").fit(X, target),
}


def saved(model):
    file = io.BytesIO()
    fastnn.save(model, file)
    return file.getvalue()


@pytest.mark.parametrize("name", SAVED)
def test_a_file_gives_the_estimator_back(name):
    model = SAVED[name]()
    content = saved(model)
    again = fastnn.load(content)
    assert type(again) is type(model)
    assert (proba(again, X) == proba(model, X)).all()
    assert repr(again) == repr(model)
    assert saved(again) == content
    assert vars(again).keys() == vars(model).keys()
    if hasattr(model, "estimators_samples_"):
        for one, other in zip(again.estimators_samples_, model.estimators_samples_, strict=True):
            assert (one == other).all()
    if hasattr(model, "oof_predictions_"):
        assert (again.oof_predictions_ == model.oof_predictions_).all()
    if name == "classes":
        assert (proba(again.partial_fit(X, y), X) == proba(model.partial_fit(X, y), X)).all()


def test_a_predictor_of_a_file():
    for model in (deep(), deep(NETR, target), LaplaceRegressor(NETR).fit(X, target)):
        assert (Predictor(saved(model), "float64").predict(X) == model.predict(X)).all()
    model = MADE["dropout"]()
    with pytest.raises(TypeError, match=r"pass fastnn\.load\(path\)"):
        Predictor(saved(model))
    predictor = Predictor(fastnn.load(saved(model)), "float64")
    again = fastnn.load(saved(predictor))
    assert (again.predict_proba(X) == model.predict_proba(X)).all()


@pytest.mark.parametrize("name", ["folds", "quantiles", "dropout", "probit", "diagonal"])
def test_a_wrong_field_is_refused(name):
    """Or, where a value of that type is as good as another, loaded; nothing else comes of it."""
    header, description, data = split(saved(SAVED[name]()))
    loaded = set()
    for path in paths(description):
        if "params" in path or "values" in path or (path[0] == "members" and path[1:2] > (0,)):
            continue
        for value in WRONG.values():
            changed = replaced(description, path, value)
            try:
                fastnn.load(seal(header, data, changed))
            except ModelFormatError:
                continue
            if changed != description and path[0] != "members":
                loaded.add(path[:2])
    free = {
        ("writer",),
        *(("fitted", name) for name in ("oob_score_", "draw", "_n_rows", "_seeds")),
    }
    assert loaded <= free


@pytest.mark.parametrize(
    ("name", "path", "value", "message"),
    [
        ("folds", ("class",), "MonteCarloDropoutClassifier", "parameter is unknown"),
        ("folds", ("class",), "DeepEnsembleRegressor", "members are not those"),
        ("folds", ("members",), [], "no members"),
        ("folds", ("members", 0, "network", "n_features_in"), 4, "weight"),
        ("folds", ("fitted", "_numbers"), [0, 1], "numbers of the members"),
        ("folds", ("fitted", "draw"), [[1, 2, 3], [1]], "drawn"),
        ("folds", ("params", "more"), 1, "parameter is unknown"),
        ("folds", ("classes", "values"), [0, 1, 3], "a class that the ensemble"),
        ("folds", ("feature_names",), ["a", "b", "c"], "feature names"),
        ("quantiles", ("fitted", "n_outputs_"), 3, "number of targets"),
        ("dropout", ("fitted", "_seeds"), [-1], "seeds"),
        ("probit", ("params", "estimator"), 3, "'estimator'"),
    ],
)
def test_parts_that_contradict_each_other(name, path, value, message):
    header, description, data = split(saved(SAVED[name]()))
    with pytest.raises(ModelFormatError, match=message):
        fastnn.load(seal(header, data, replaced(description, path, value)))


def test_a_posterior_that_does_not_fit_the_network():
    for name, value in (
        ("_factors", []),
        ("_center", np.zeros(3)),
        ("_center", np.full(9, np.nan)),
    ):
        model = SAVED["probit"]()
        setattr(model, name, value)
        with pytest.raises(ModelFormatError, match="posterior"):
            fastnn.load(saved(model))


def test_what_is_refused(tmp_path):
    unfitted = DeepEnsembleClassifier(NET)
    for use in (Predictor, lambda model: fastnn.save(model, tmp_path / "e.fnn")):
        with pytest.raises(NotFittedError):
            use(unfitted)
    with pytest.raises(TypeError, match=r"Predictor of its \.estimator_"):
        Predictor(LaplaceClassifier(NET, subset="all_diagonal").fit(X, y))
    scored = deep(sample_by="bootstrap", oob_score=lambda y, p: 0.0)
    with pytest.raises(TypeError, match=r"params\.oob_score"):
        fastnn.save(scored, tmp_path / "e.fnn")
    odd = deep()
    odd.note_ = "of mine"
    with pytest.raises(TypeError, match="'note_'"):
        fastnn.save(odd, tmp_path / "e.fnn")
    assert not any(tmp_path.iterdir())


def test_places_are_used_again():
    """Of a branch after the other the sum and the branch at hand need memory, and no more."""
    sources, strides, total = [], [], None
    for _ in range(5):
        begin = len(sources)
        sources += [(-1,), (begin,)]
        strides += [32, 8]
        if total is not None:
            sources.append((total, begin + 1))
            strides.append(8)
        total = len(sources) - 1
    found = places_of(sources, strides)
    assert max(found) < 4
    for reader, taken in enumerate(sources):  # nobody has written there since
        assert all(found[s] not in found[s + 1 : reader + 1] for s in taken if s >= 0)
