"""ConvClassifier and ConvRegressor: scikit-learn's checks, what images they take, what they learn,
and what comes of them."""

import pickle
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.utils.estimator_checks import check_estimator

import fastnn
from fastnn import ConvClassifier, ConvRegressor, MLPClassifier, Network, Predictor
from fastnn.layers import Conv2D, Dense

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = load_digits(return_X_y=True)
X = X.astype(np.float32) / 16
FEW = slice(0, 300)

#: Networks of all kinds, on the digits.
OPTIONS = {
    "default": {},
    "plain": {"conv_layers": [(5, 3)], "pool_size": 1, "padding": "valid", "activation": "tanh"},
    "norms": {"batch_norm": True, "hidden_layer_sizes": (20, 10), "dropout": [0.2, 0.1]},
    "residual": {"conv_layers": (6, 6, 9), "residual": True, "pool_size": (1, 1, 2)},
    "blocks": {"residual": True, "batch_norm": True, "activation": "gelu"},
    "series": {"input_shape": (16, 4), "series": True, "hidden_layer_sizes": ()},
    "moved": {"shift": 1, "flip": True, "input_noise": 0.1},
    "rows": {"layer_norm": True, "hidden_layer_sizes": 20},
}


def made(name="default", cls=ConvClassifier, **more):
    return cls(**{"max_iter": 3, "random_state": 0, "conv_layers": [4, 6], **OPTIONS[name], **more})


def moved(images, down, right):
    """Images (n, 64) moved by so many pixels, zeros behind them."""
    return np.roll(
        np.pad(images.reshape(-1, 8, 8), ((0, 0), (1, 1), (1, 1))), (down, right), (1, 2)
    )[:, 1:-1, 1:-1].reshape(-1, 64)


@pytest.mark.parametrize("cls", [ConvClassifier, ConvRegressor])
def test_scikit_learns_checks(cls):
    small = {"conv_layers": (4, 4), "hidden_layer_sizes": 16, "learning_rate_init": 0.02}
    check_estimator(cls(**small, max_iter=30))


def test_an_object_that_moved_is_still_known():
    """Trained where digits stand, tested one pixel aside: the dimension hopping of a dense net."""
    train, test = slice(0, 1200), slice(1200, None)
    options = {"random_state": 0, "max_iter": 20, "batch_size": 64}
    models = [ConvClassifier(**options), MLPClassifier(**options)]
    scores = []
    for model in models:
        model.fit(X[train], Y[train])
        aside = [
            model.score(moved(X[test], *by), Y[test]) for by in ((0, 1), (1, 0), (0, -1), (-1, 0))
        ]
        scores.append((model.score(X[test], Y[test]), np.mean(aside)))
    assert scores[0][0] > scores[1][0] + 0.005
    assert scores[0][1] > scores[1][1] + 0.1


def weights(model):
    return np.concatenate([coef.ravel() for coef in model.coefs_])


def test_defaults():
    """Parameters of a perceptron's that are other ones here, and what those stand for that are
    None: by the same bits as what they are said to be."""
    model = ConvClassifier()
    assert model.hidden_layer_sizes == (128,)
    assert not {"pretrain", "pretrain_params"} & set(model.get_params())
    rows = slice(0, 100)
    images = np.kron(X[rows].reshape(-1, 8, 8), np.ones((3, 3), np.float32))
    said = [
        (ConvClassifier, images, {}, {"schedule": "cosine", "shift": 1, "batch_size": 64}),
        (ConvClassifier, images, {"solver": "lbfgs"}, {"shift": 0}),
        (ConvClassifier, images[:, :, :19], {}, {"shift": 0}),
        (ConvRegressor, images, {}, {"schedule": "cosine", "shift": 0}),
    ]
    for cls, given, options, more in said:
        own, twin = (
            made(cls=cls, max_iter=2, **options, **m).fit(given, Y[rows]) for m in ({}, more)
        )
        np.testing.assert_array_equal(weights(own), weights(twin))
    halves = made(learning_rate_init=0.001), made(learning_rate_init=0.001, schedule="constant")
    for model in halves:
        model.partial_fit(X[rows], Y[rows], classes=range(10)).partial_fit(X[rows], Y[rows])
    np.testing.assert_array_equal(*map(weights, halves))


def test_images_are_taken_as_rows_or_as_they_are():
    model = made().fit(X[FEW], Y[FEW])
    assert model.input_shape_ == (8, 8, 1)
    p = model.predict_proba(X[FEW])
    for shape in ((8, 8), (8, 8, 1)):
        images = X[FEW].reshape(-1, *shape)
        twin = made().fit(images, Y[FEW])
        np.testing.assert_array_equal(twin.predict_proba(images), p)
        np.testing.assert_array_equal(model.predict_proba(images), p)
        gradients = model.input_gradients(images)
        assert gradients.shape == (300, 10, *shape)
        np.testing.assert_array_equal(gradients.reshape(300, 10, 64), model.input_gradients(X[FEW]))
    held_out = {"X_val": X[300:400].reshape(-1, 8, 8), "y_val": Y[300:400]}
    watched = made(early_stopping=True).fit(X[FEW], Y[FEW], **held_out)
    assert len(watched.validation_scores_) == 3
    colours = np.repeat(X[FEW].reshape(-1, 8, 8, 1), 3, axis=3)
    assert made().fit(colours, Y[FEW]).input_shape_ == (8, 8, 3)
    series = made(series=True).fit(X[FEW].reshape(-1, 16, 4), Y[FEW])
    assert series.input_shape_ == (16, 4)
    assert series.coefs_[0].shape == (12, 4)


@pytest.mark.parametrize("name", OPTIONS)
def test_a_fitted_one_is_the_same_everywhere(name, tmp_path):
    model = made(name).fit(X[FEW], Y[FEW])
    p = model.predict_proba(X[FEW])
    fastnn.save(model, tmp_path / "model.fnn")
    again = fastnn.load(tmp_path / "model.fnn")
    assert type(again) is ConvClassifier
    assert again.get_params() == model.get_params()
    for twin in (again, pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(twin.predict_proba(X[FEW]), p)
        np.testing.assert_array_equal(twin.transform(X[:5]), model.transform(X[:5]))
    twin = clone(model).set_params(n_jobs=2).fit(X[FEW], Y[FEW])
    np.testing.assert_array_equal(twin.predict_proba(X[FEW]), p)
    predictor = Predictor(model)
    np.testing.assert_allclose(predictor.predict_proba(X[FEW]), p, atol=2e-6)
    one = predictor.predict_proba(X[7])
    np.testing.assert_array_equal(one, predictor.predict_proba(X[FEW])[7:8])
    kinds = [node.kind for node in predictor._model.nodes]
    assert not {"channel_norm", "batch_norm", "jitter"} & set(kinds)
    again.partial_fit(X[FEW], Y[FEW])
    model.partial_fit(X[FEW], Y[FEW])
    np.testing.assert_array_equal(again.predict_proba(X[FEW]), model.predict_proba(X[FEW]))


@pytest.mark.parametrize("name", ["default", "blocks", "series"])
def test_exports(name, tmp_path):
    onnx = pytest.importorskip("onnxruntime")
    from exported_c import COMPILER, build, score
    from exported_onnx import run

    from fastnn.model.folding import as_model

    assert onnx
    model = made(name).fit(X[FEW], Y[FEW])
    p = model.predict_proba(X[FEW])
    outputs = run(fastnn.to_onnx(model), X[FEW])
    np.testing.assert_allclose(outputs["probabilities"], p, atol=1e-5)
    if COMPILER is not None:
        library = build(fastnn.to_c(model, "net"), tmp_path)
        _, found = score(library, "net", as_model(model), X[FEW], 10)
        np.testing.assert_allclose(found, p, atol=1e-5)


def test_regression_and_full_batches():
    rng = np.random.RandomState(0)
    f, begin = rng.uniform(0.5, 1.5, 300), rng.uniform(0, 6, 300)
    waves = np.sin(f[:, None] * np.arange(24) + begin[:, None])
    options = {"input_shape": (24, 1), "series": True, "hidden_layer_sizes": 16}
    for more in ({"max_iter": 60}, {"solver": "lbfgs", "max_iter": 60}):
        model = ConvRegressor(conv_layers=(8, 8), random_state=0, **options, **more)
        assert model.fit(waves[:200], f[:200]).score(waves[200:], f[200:]) > 0.9
        np.testing.assert_allclose(
            Predictor(model, "float64").predict(waves), model.predict(waves), atol=1e-9
        )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"input_shape": (7, 9)}, "input_shape=.7, 9. has 63 numbers, and X has 64"),
        ({"input_shape": (64,)}, "input_shape must be"),
        ({"input_shape": (8, 8, 2)}, "has 128 numbers"),
        ({"conv_layers": [(4, 9)], "padding": "valid"}, "larger than the images"),
        ({"conv_layers": [(4, 5), (4, 5)], "padding": "valid"}, "larger than the images"),
        ({"conv_layers": []}, "conv_layers must have"),
        ({"conv_layers": [(4, 3, 2)]}, "conv_layers must have"),
        ({"conv_layers": [(0, 3)]}, "conv_layers=.*: n_out must be at least 1"),
        ({"conv_layers": [4, None]}, "conv_layers=.*: n_out must be at least 1"),
        ({"pool_size": (2, 2, 2)}, "pool_size must be"),
        ({"residual": True, "padding": "valid"}, "padding='same'"),
        ({"solver": "lbfgs", "shift": 1}, "stochastic solvers"),
        ({"shift": 9}, "not larger than 9 cells"),
        ({"shift": -1}, "'shift' parameter"),
        ({"conv_layers": [(4, "3")]}, "kernel_size must be a positive int"),
        ({"pool_size": (2, 0)}, "pool_size must be a positive int"),
    ],
)
def test_what_does_not_fit_is_an_error(options, message):
    model = made(**options)
    with pytest.raises(ValueError, match=message):
        model.fit(X[FEW], Y[FEW])
    assert not hasattr(model, "coefs_")
    assert not hasattr(model, "input_shape_")


def test_channels_that_come_first_are_asked_about():
    first = np.zeros((6, 3, 8, 8), np.float32)
    with pytest.warns(UserWarning, match=r"height 3, width 8 and 8 .*transpose\(0, 2, 3, 1\)"):
        made(max_iter=1).fit(first, np.arange(6) % 2)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="X has images")
        made(max_iter=1, input_shape=(3, 8, 8)).fit(first, np.arange(6) % 2)
        made(max_iter=1).fit(first.transpose(0, 2, 3, 1), np.arange(6) % 2)


def test_images_of_another_shape_are_refused():
    model = made().fit(X[FEW], Y[FEW])
    with pytest.raises(ValueError, match=r"images of shape .4, 16, 1., but"):
        model.predict(X[FEW].reshape(-1, 4, 16))
    with pytest.raises(ValueError, match="has learned from images"):
        model.partial_fit(X[FEW].reshape(-1, 16, 4), Y[FEW])
    with pytest.raises(ValueError, match="but X has images of shape"):
        made(input_shape=(4, 16)).fit(X[FEW].reshape(-1, 8, 8), Y[FEW])
    with pytest.raises(ValueError, match="expecting 64"):
        model.predict(X[FEW][:, :60])
    with pytest.raises(ValueError, match=r"of shape .8, 8, 3., but"):
        model.predict(np.repeat(X[FEW].reshape(-1, 8, 8, 1), 3, axis=3))
    with pytest.raises(ValueError, match=r"with or without channels .* \(300, 8, 8, 1, 1\)"):
        made().fit(X[FEW].reshape(-1, 8, 8, 1, 1), Y[FEW])
    with pytest.raises(ValueError, match="images of several shapes"):
        made().fit([np.zeros((8, 8)), np.zeros((8, 9))], [0, 1])
    with pytest.raises(ValueError, match=r"images are rows as X.reshape\(len\(X\), -1\)"):
        Predictor(model).predict(X[FEW].reshape(-1, 8, 8))
    net = Network([Conv2D(2, input_shape=(8, 8, 1)), Dense(2)], "squared_error")
    with pytest.raises(ValueError, match=r"Images .* X.reshape\(len\(X\), -1\)"):
        net.fit(X[FEW].reshape(-1, 8, 8, 1), np.zeros((300, 2)), epochs=1)
