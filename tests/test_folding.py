"""Affine steps around a network melt into its weights; all other steps are refused by name."""

import numpy as np
import pytest
from scoring_models import data, fit, network, target
from sklearn.compose import TransformedTargetRegressor
from sklearn.decomposition import PCA
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    PolynomialFeatures,
    RobustScaler,
    StandardScaler,
)

from fastnn import Predictor

STEPS = {
    "standard": StandardScaler(),
    "mean_only": StandardScaler(with_std=False),
    "deviation_only": StandardScaler(with_mean=False),
    "neither": StandardScaler(with_mean=False, with_std=False),
    "min_max": MinMaxScaler((-1, 3)),
    "max_abs": MaxAbsScaler(),
    "robust": RobustScaler(),
    "robust_center": RobustScaler(with_scaling=False),
    "robust_scale": RobustScaler(with_centering=False, unit_variance=True),
    "pca": PCA(4),
    "pca_whiten": PCA(5, whiten=True),
    "identity": FunctionTransformer(),
    "passthrough": "passthrough",
    "nested": make_pipeline(StandardScaler(), make_pipeline(PCA(3), "passthrough"), MinMaxScaler()),
}
TARGET_STEPS = {**STEPS, "pca": PCA(2), "pca_whiten": PCA(2, whiten=True)}
TARGET_STEPS["nested"] = make_pipeline(StandardScaler(), make_pipeline(PCA(3), MinMaxScaler()))
del TARGET_STEPS["passthrough"]  # not a transformer of targets


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("kind", ["binary", "multioutput"])
def test_step_in_front(name, kind):
    pipeline = Pipeline([("step", STEPS[name]), ("net", network("sklearn", kind))])
    fit(pipeline, data(), target(kind))
    predictor = Predictor(pipeline, "float64")
    assert predictor.n_features_in_ == 7
    np.testing.assert_allclose(
        predictor.decision_function(data()),
        _raw(pipeline, data()),
        rtol=0,
        atol=1e-12,
    )
    if kind == "binary":
        np.testing.assert_array_equal(predictor.predict(data()), pipeline.predict(data()))


def _raw(pipeline, X):
    if hasattr(pipeline, "predict_proba"):
        p = pipeline.predict_proba(X)
        return np.log(p[:, 1]) - np.log(p[:, 0])
    return pipeline.predict(X)


def test_float32_is_cast_after_folding():
    """Means and variances out of float32's range are none of the folded weights."""
    X = data() * 1e30
    pipeline = make_pipeline(StandardScaler(), PCA(3, whiten=True), network("sklearn", "binary"))
    fit(pipeline, X, target("binary"))
    found = Predictor(pipeline).predict_proba(X)
    np.testing.assert_allclose(found, pipeline.predict_proba(X), atol=1e-5)


@pytest.mark.parametrize("library", ["fastnn", "sklearn"])
def test_float32_pipeline(library):
    X = data().astype(np.float32)
    pipeline = make_pipeline(StandardScaler(), PCA(5), network(library, "multiclass"))
    fit(pipeline, X, target("multiclass"))
    predictor = Predictor(pipeline)
    np.testing.assert_allclose(predictor.predict_proba(X), pipeline.predict_proba(X), atol=1e-5)


@pytest.mark.parametrize(
    ("name", "kind"),
    [(name, "multioutput") for name in TARGET_STEPS]
    + [(name, "regressor") for name in TARGET_STEPS if not name.startswith(("pca", "nested"))],
)
def test_step_behind(name, kind):
    regressor = make_pipeline(StandardScaler(), network("sklearn", kind))
    model = TransformedTargetRegressor(regressor, transformer=TARGET_STEPS[name])
    fit(model, data(), target(kind))
    expected = model.predict(data())
    found = Predictor(model, "float64").predict(data())
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_predictions_have_the_dimensions_of_the_targets():
    for y in (target("regressor"), target("regressor").reshape(-1, 1)):
        model = TransformedTargetRegressor(
            network("sklearn", "regressor"), transformer=MinMaxScaler()
        )
        fit(model, data(), y)
        predictor = Predictor(model)
        assert predictor.predict(data()).shape == model.predict(data()).shape == y.shape
        assert predictor.predict(data(), out=np.empty(y.shape, np.float32)).shape == y.shape


def test_target_transformer_inside_a_pipeline():
    model = make_pipeline(
        MinMaxScaler(),
        TransformedTargetRegressor(network("sklearn", "regressor"), transformer=StandardScaler()),
    )
    fit(model, data(), target("regressor"))
    np.testing.assert_allclose(
        Predictor(model, "float64").predict(data()), model.predict(data()), atol=1e-12
    )


def test_poisson_folds_a_scale_and_no_shift():
    y = target("poisson")
    scaled = TransformedTargetRegressor(network("sklearn", "poisson"), transformer=MaxAbsScaler())
    fit(scaled, data(), y)
    np.testing.assert_allclose(
        Predictor(scaled, "float64").predict(data()), scaled.predict(data()), rtol=1e-12
    )
    shifted = TransformedTargetRegressor(network("sklearn", "poisson"), transformer=MinMaxScaler())
    fit(shifted, data(), y)
    with pytest.raises(ValueError, match="poisson"):
        Predictor(shifted)


def test_names_are_those_of_the_first_step():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(data(), columns=list("abcdefg"))
    scaler = StandardScaler().set_output(transform="pandas")
    pca = PCA(3).set_output(transform="pandas")
    pipeline = fit(
        make_pipeline(scaler, pca, network("sklearn", "binary")), frame, target("binary")
    )
    assert list(Predictor(pipeline).feature_names_in_) == list("abcdefg")


class Doubler(StandardScaler):
    def transform(self, X):
        return 2 * super().transform(X)


@pytest.mark.parametrize(
    ("step", "error", "message"),
    [
        (PolynomialFeatures(), TypeError, "step 'odd', a PolynomialFeatures"),
        (MinMaxScaler(clip=True), ValueError, r"step 'odd': MinMaxScaler\(clip=True\)"),
        (FunctionTransformer(np.sin), ValueError, "step 'odd': .*FunctionTransformer"),
        (Doubler(), TypeError, "step 'odd', a Doubler"),
        (make_pipeline(PolynomialFeatures()), TypeError, "step 'polynomialfeatures'"),
    ],
)
def test_other_steps_are_refused_by_name(step, error, message):
    steps = [("scale", StandardScaler()), ("odd", step), ("net", MLPClassifier((3,), max_iter=3))]
    pipeline = fit(Pipeline(steps), data(), target("binary"))
    with pytest.raises(error, match=message):
        Predictor(pipeline)


def test_other_ends_are_refused():
    with pytest.raises(TypeError, match="cannot score a StandardScaler"):
        Predictor(make_pipeline(StandardScaler()).fit(data()))
    with pytest.raises(ValueError, match="not fitted"):
        Predictor(TransformedTargetRegressor(network("sklearn", "regressor")))
    target_function = TransformedTargetRegressor(
        network("sklearn", "regressor"), func=np.log1p, inverse_func=np.expm1
    )
    fit(target_function, data(), target("poisson"))
    with pytest.raises(ValueError, match="the target's transformer"):
        Predictor(target_function)
