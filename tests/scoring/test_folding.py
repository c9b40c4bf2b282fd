"""Affine steps around a network melt into its weights; all other steps are refused by name."""

import numpy as np
import pytest
from scoring_models import data, fit, labels_of, network, raw_of, target
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.decomposition import PCA
from sklearn.kernel_approximation import RBFSampler
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    RobustScaler,
    StandardScaler,
)

from fastnn import Predictor, to_c, to_onnx
from fastnn.model.blocks import blocks_of
from fastnn.model.folding import as_model
from fastnn.model.of_estimator import network_as_fitted

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
        (RBFSampler(), TypeError, "step 'odd', a RBFSampler"),
        (FunctionTransformer(np.sin), ValueError, "step 'odd': .*FunctionTransformer"),
        (Doubler(), TypeError, "step 'odd', a Doubler"),
        (make_pipeline(RBFSampler()), TypeError, "step 'rbfsampler'"),
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


def attributes(mlp, norms, projections=(None, None)):
    """The fitted network with hidden blocks that somebody set by hand."""
    mlp.norms_, mlp.projections_ = list(norms), list(projections)
    return mlp


def norm(kind, n, seed=0):
    rng = np.random.default_rng(seed)
    found = {"kind": kind, "gain": rng.normal(size=n), "shift": rng.normal(size=n), "epsilon": 1e-3}
    found |= {"mean": rng.normal(size=n), "variance": rng.random(n)}
    return found


class TestBlocks:
    """Normalisations and skips of a fitted network, told by its attributes."""

    @pytest.fixture
    def mlp(self):
        return fit(network("fastnn", "multiclass"), data(), target("multiclass"))

    def test_attributes_become_parts(self, mlp):
        matrix = np.ones((17, 9))
        model = as_model(attributes(mlp, [norm("layer", 17), None], [None, matrix]))
        blocks = blocks_of(model.nodes)
        assert blocks[0].norm.kind == "layer_norm"
        np.testing.assert_array_equal(blocks[0].norm.arrays["shift"], mlp.norms_[0]["shift"])
        np.testing.assert_array_equal(blocks[1].skip.matrix, matrix)
        assert blocks[1].skip.bias is None
        assert matrix.flags.writeable
        assert mlp.norms_[0]["gain"].flags.writeable

    def test_identity(self):
        mlp = network("fastnn", "regressor", hidden_layer_sizes=(7, 7))
        fit(mlp, data(), target("regressor"))
        model = as_model(attributes(mlp, [None, None], ["identity", "identity"]))
        assert [block.skip.matrix for block in blocks_of(model.nodes)[:-1]] == [None, None]
        h = data()
        for layer in range(2):
            h = np.maximum(h @ mlp.coefs_[layer] + mlp.intercepts_[layer], 0) + h
        expected = h @ mlp.coefs_[-1] + mlp.intercepts_[-1]
        np.testing.assert_allclose(raw_of(model, data()), expected, atol=1e-12)

    def test_batch_norms_melt_into_the_weights(self, mlp):
        plain = network_as_fitted(attributes(mlp, [norm("batch", 17), norm("batch", 9, 1)]))
        model = as_model(mlp)
        assert [node.kind for node in model.nodes] == [*["dense", "activation"] * 2, "dense"]
        h = data()
        for layer in range(2):
            z, n = h @ mlp.coefs_[layer] + mlp.intercepts_[layer], mlp.norms_[layer]
            z = (z - n["mean"]) / np.sqrt(n["variance"] + n["epsilon"]) * n["gain"] + n["shift"]
            h = np.maximum(z, 0)
        expected = h @ mlp.coefs_[-1] + mlp.intercepts_[-1]
        for described in (plain, model):
            np.testing.assert_allclose(raw_of(described, data()), expected, atol=1e-12)
        found = Predictor(mlp, "float64").decision_function(data())
        np.testing.assert_allclose(found, expected, atol=1e-12)

    @pytest.mark.parametrize("name", STEPS)
    @pytest.mark.parametrize("skip", ["identity", "projection"])
    def test_step_in_front_of_a_skip(self, name, skip):
        """An identity becomes a projection, with a bias if the step shifts."""
        steps = clone(STEPS[name]) if name != "passthrough" else name
        inner = data() if name == "passthrough" else steps.fit_transform(data())
        n = inner.shape[1]
        mlp = network("sklearn", "multioutput", hidden_layer_sizes=(n, 4), activation="tanh")
        fit(mlp, inner, target("multioutput"))
        rng = np.random.default_rng(0)
        first = "identity" if skip == "identity" else rng.normal(size=(n, n))
        attributes(mlp, [norm("layer", n), norm("batch", 4)], [first, rng.normal(size=(n, 4))])
        pipeline = Pipeline([("step", steps), ("net", mlp)])
        model = as_model(pipeline)
        assert model.n_features_in == 7
        expected = raw_of(network_as_fitted(mlp), inner)
        np.testing.assert_allclose(raw_of(model, data()), expected, rtol=0, atol=1e-11)

    def test_step_behind(self):
        regressor = network("sklearn", "multioutput", hidden_layer_sizes=(7,))
        model = TransformedTargetRegressor(regressor, transformer=StandardScaler())
        fit(model, data(), target("multioutput"))
        attributes(model.regressor_, [norm("layer", 7)], ["identity"])
        inner = raw_of(as_model(model.regressor_), data())
        expected = model.transformer_.inverse_transform(inner)
        np.testing.assert_allclose(raw_of(as_model(model), data()), expected, atol=1e-12)

    def test_what_does_not_fit_is_refused(self, mlp):
        attributes(mlp, [norm("layer", 16), None])
        with pytest.raises(ValueError, match="the gain of node 1"):
            Predictor(mlp)
        attributes(mlp, [None, None], ["identity", None])
        with pytest.raises(ValueError, match=r"node 2 .* sources of one width, got \[17, 7\]"):
            Predictor(mlp)


class TestActivations:
    """What an estimator says of its activations, as its Model has it."""

    @pytest.mark.parametrize(
        "names", [["tanh", "relu"], ("tanh", "relu"), np.array(["tanh", "relu"])]
    )
    def test_one_per_hidden_layer(self, names):
        mlp = fit(network("sklearn", "binary"), data(), target("binary"))
        mlp.activation = names
        blocks = blocks_of(as_model(mlp).nodes)
        assert [block.activation for block in blocks] == ["tanh", "relu", "identity"]

    def test_a_stochastic_unit_scores_with_its_expectation(self):
        mlp = fit(network("sklearn", "binary", activation="logistic"), data(), target("binary"))
        expected = Predictor(mlp).predict_proba(data())
        mlp.activation = ["bernoulli", "logistic"]
        np.testing.assert_array_equal(Predictor(mlp).predict_proba(data()), expected)

    @pytest.mark.parametrize("use", [Predictor, to_onnx, lambda m: to_c(m, "net")])
    def test_functions_are_refused(self, use):
        if use is to_onnx:
            pytest.importorskip("onnx")
        mlp = fit(network("fastnn", "binary"), data(), target("binary"))
        mlp.activation = ["relu", CustomActivation()]
        with pytest.raises(TypeError, match="hidden layer 1 is a CustomActivation"):
            use(mlp)
        mlp.activation = CustomActivation()
        with pytest.raises(TypeError, match="hidden layer 0 is a CustomActivation"):
            use(mlp)


class CustomActivation:
    """A function of a user."""


@pytest.mark.parametrize("labels", ["binary", "multiclass", "multilabel", "single_class"])
def test_a_classifier_without_probabilities(labels):
    mlp = fit(network("fastnn", labels), data(), target(labels))
    mlp.out_activation_ = "identity"
    predictor = Predictor(mlp, "float64")
    z = predictor.decision_function(data())
    expected = raw_of(as_model(mlp), data()).reshape(z.shape)
    np.testing.assert_allclose(z, expected, atol=1e-13)
    expected = labels_of(as_model(mlp), data()) if labels != "single_class" else np.full(200, 3)
    np.testing.assert_array_equal(predictor.predict(data()), expected)


def test_a_scaler_of_one_target_behind_several_quantiles():
    y = target("regressor")
    model = TransformedTargetRegressor(network("sklearn", "regressor"), transformer=MinMaxScaler())
    fit(model, data(), y)
    levels = fit(network("sklearn", "multioutput"), data(), target("multioutput"))
    model.regressor_ = levels
    expected = model.transformer_.inverse_transform(levels.predict(data()))
    found = Predictor(model, "float64").predict(data())
    np.testing.assert_allclose(found, expected, atol=1e-12)
    model.transformer_ = StandardScaler().fit(target("multioutput")[:, :2])
    with pytest.raises(ValueError, match="2 columns, which cannot be folded behind 3 outputs"):
        Predictor(model)
