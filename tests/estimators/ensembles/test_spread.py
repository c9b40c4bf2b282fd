"""What knows how sure it is as one model: probabilities of Laplace's classifier, and
``Predictor.predict(X, return_std=True)``."""

import io
import pickle

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import fastnn
from fastnn import (
    DeepEnsembleRegressor,
    LaplaceClassifier,
    LaplaceRegressor,
    MLPClassifier,
    MLPRegressor,
    MonteCarloDropoutRegressor,
    Predictor,
)
from fastnn.model.folding import as_model

X, y = load_iris(return_X_y=True)
X, y, target = X[:, :3] - X[:, :3].mean(axis=0), y, X[:, 3]
LABELS = {
    "three classes": y,
    "two classes": y > 0,
    "labels": np.c_[y > 0, y > 1].astype(int),
    "one class": np.full(150, 3),
}
NEAR = np.concatenate([X, 3 * X])
every = pytest.mark.parametrize("labels", LABELS)
#: Far out as well, where variances are large.
FAR = np.concatenate([X, 20 * X, 1000 * X])


def classifier(labels, **parameters):
    net = MLPClassifier((9, 5), max_iter=15, random_state=0, batch_norm=True, **parameters)
    return LaplaceClassifier(net).fit(X, LABELS[labels])


@every
def test_probabilities_of_a_predictor(labels):
    model = classifier(labels)
    for dtype, rtol in (("float64", 1e-9), ("float32", 1e-4)):
        predictor = Predictor(model, dtype)
        np.testing.assert_allclose(predictor.predict_proba(FAR), model.predict_proba(FAR), rtol)
    assert (predictor.predict(X) == model.predict(X)).all()
    p = Predictor(model, "float64").predict_proba(FAR)
    for n_jobs in (1, 2, 4):
        assert (Predictor(model, "float64").predict_proba(FAR, n_jobs=n_jobs) == p).all()
    assert (p[7:9] == [Predictor(model, "float64").predict_proba(row)[0] for row in FAR[7:9]]).all()


@every
def test_probabilities_of_files_and_pipelines(labels):
    model, file = classifier(labels), io.BytesIO()
    fastnn.save(model, file)
    of_file = Predictor(file.getvalue(), "float64")
    assert (of_file.predict_proba(X) == Predictor(model, "float64").predict_proba(X)).all()
    behind = make_pipeline(StandardScaler(), LaplaceClassifier(MLPClassifier(random_state=0)))
    behind.fit(X, LABELS[labels])
    found = Predictor(behind, "float64").predict_proba(FAR)
    np.testing.assert_allclose(found, behind.predict_proba(FAR), rtol=1e-9)


@every
def test_probabilities_in_onnx(labels):
    pytest.importorskip("onnxruntime")
    from exported_onnx import assert_agrees, run

    model = classifier(labels)
    assert_agrees(run(fastnn.to_onnx(model, dtype="float64"), FAR), model, FAR, atol=1e-12)


def test_in_a_pipeline_of_skl2onnx():
    skl2onnx = pytest.importorskip("skl2onnx")
    from exported_onnx import run

    fastnn.register_with_skl2onnx()
    single = X.astype("f4")
    model = make_pipeline(StandardScaler(), LaplaceClassifier(MLPClassifier(random_state=0)))
    model.fit(single, y)
    proto = skl2onnx.to_onnx(model, single[:1], options={"zipmap": False})
    np.testing.assert_allclose(
        run(proto, single)["probabilities"], model.predict_proba(single), atol=1e-5
    )


@every
def test_probabilities_in_c(labels, tmp_path):
    from exported_c import COMPILER, build, score

    if COMPILER is None:
        pytest.skip("needs a C compiler")
    model = classifier(labels)
    library = build(fastnn.to_c(model, "net"), tmp_path)
    expected = model.predict_proba(FAR)
    _, values = score(library, "net", as_model(model), FAR, expected.shape[1])
    np.testing.assert_allclose(values, expected, atol=2e-5)


NET = {"hidden_layer_sizes": (9, 5), "max_iter": 15, "random_state": 0, "batch_norm": True}
TWO = np.c_[target, -2 * target]
NOISY = {"loss": "gaussian_nll", "variance_floor": 0.01}
MADE = {
    "variances": lambda to: MLPRegressor(**NOISY, **NET).fit(X, to),
    "ensemble": lambda to: DeepEnsembleRegressor(MLPRegressor(**NET), 3).fit(X, to),
    "ensemble of variances": lambda to: DeepEnsembleRegressor(MLPRegressor(**NOISY, **NET), 3).fit(
        X, to
    ),
    "dropout": lambda to: MonteCarloDropoutRegressor(MLPRegressor(**NET, dropout=0.2), 4).fit(
        X, to
    ),
    "laplace": lambda to: LaplaceRegressor(MLPRegressor(**NET)).fit(X, to),
}


@pytest.mark.parametrize("n_targets", [1, 2])
@pytest.mark.parametrize("name", MADE)
def test_standard_deviations(name, n_targets):
    model = MADE[name](target if n_targets == 1 else TWO)
    expected = model.predict(NEAR, return_std=True)
    predictor = Predictor(model, "float64")
    for scorer in (
        predictor,
        pickle.loads(pickle.dumps(predictor)),
        Predictor(predictor, "float64"),
    ):
        for n_jobs in (1, 2):
            mean, std = scorer.predict(NEAR, return_std=True, n_jobs=n_jobs)
            np.testing.assert_allclose(mean, expected[0], rtol=1e-11, atol=1e-14)
            np.testing.assert_allclose(std, expected[1], rtol=1e-11)
    assert (predictor.predict(NEAR[3], return_std=True)[1] == std[3]).all()
    lists = predictor.predict(NEAR.tolist(), return_std=True)
    assert (lists[1] == std).all()
    single = Predictor(model).predict(NEAR, return_std=True)
    assert single[1].dtype == np.float32
    np.testing.assert_allclose(single[1], expected[1], rtol=1e-3)


def test_standard_deviations_behind_a_scaler():
    model = make_pipeline(StandardScaler(), MADE["ensemble of variances"](target)).fit(X, target)
    expected = model.predict(X, return_std=True)
    np.testing.assert_allclose(
        Predictor(model, "float64").predict(X, return_std=True), expected, rtol=1e-9
    )


def test_where_there_are_none():
    laplace, file = MADE["laplace"](target), io.BytesIO()
    fastnn.save(laplace, file)
    for source in (MLPRegressor(**NET).fit(X, target), classifier("two classes"), file.getvalue()):
        with pytest.raises(ValueError, match=r"return_std needs .*fastnn\.load"):
            Predictor(source).predict(X, return_std=True)
    loaded = Predictor(fastnn.load(file.getvalue()), "float64").predict(X, return_std=True)
    np.testing.assert_allclose(loaded, laplace.predict(X, return_std=True), rtol=1e-11)
