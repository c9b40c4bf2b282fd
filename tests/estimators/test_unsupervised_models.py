"""Autoencoders and Boltzmann machines as models: Predictor, files, ONNX and C agree."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

import fastnn
from fastnn import Autoencoder, BernoulliRBM, GaussianRBM, Predictor
from tests.support import exported_c, exported_onnx
from tests.support.kernel_cases import assert_same_bits

X = load_digits().data[:300] / 16
CASES = {
    "autoencoder": (Autoencoder((12, 5), max_iter=3, random_state=0), "reconstruct"),
    "logistic": (
        Autoencoder(
            (12, 5), output_activation="logistic", batch_norm=True, max_iter=3, random_state=0
        ),
        "reconstruct",
    ),
    "tied": (
        Autoencoder((12, 5), tied=True, activity_l1=0.01, max_iter=3, random_state=0),
        "reconstruct",
    ),
    "bernoulli": (
        BernoulliRBM(9, n_iter=2, momentum=0.5, sparsity_target=0.1, random_state=0),
        "transform",
    ),
    "gaussian": (GaussianRBM(9, n_iter=2, random_state=0), "transform"),
}


@pytest.fixture(params=CASES, scope="module")
def fitted(request):
    model, method = CASES[request.param]
    model.fit(X)
    return model, getattr(model, method)(X)


def test_a_predictor_gives_the_values(fitted):
    model, expected = fitted
    np.testing.assert_allclose(Predictor(model, "float64").predict(X), expected, rtol=1e-12)


def test_it_comes_back_from_a_file(fitted, tmp_path):
    model, expected = fitted
    fastnn.save(model, tmp_path / "model.safetensors")
    loaded = fastnn.load(tmp_path / "model.safetensors")
    assert type(loaded) is type(model)
    assert loaded.get_params() == model.get_params()
    method = "transform" if hasattr(model, "components_") else "reconstruct"
    assert_same_bits(getattr(loaded, method)(X), expected)
    assert_same_bits(loaded.score_samples(X), model.score_samples(X))
    for again in (loaded, model):
        again.partial_fit(X[:100])
    assert_same_bits(getattr(loaded, method)(X), getattr(model, method)(X))


def test_it_leaves_by_onnx_and_c(fitted, tmp_path):
    pytest.importorskip("onnxruntime")
    model, _ = fitted
    predictor = Predictor(model)
    rows = X[:20].astype(np.float32)
    found = exported_onnx.run(fastnn.to_onnx(model), rows)["variable"]
    np.testing.assert_allclose(found, predictor.predict(rows), atol=1e-5)
    exported_c.assert_agrees(predictor, tmp_path, rows)


def test_the_encoder_is_a_network_of_its_own(tmp_path):
    model = Autoencoder((12, 5), activation=["relu", "tanh", "relu"], layer_norm=True, max_iter=3)
    code = model.set_params(random_state=0).fit(X).transform(X)
    assert_same_bits(model.encoder_.predict(X), code)
    np.testing.assert_allclose(Predictor(model.encoder_, "float64").predict(X), code, rtol=1e-9)
    fastnn.save(model.encoder_, tmp_path / "encoder.safetensors")
    assert_same_bits(fastnn.load(tmp_path / "encoder.safetensors").predict(X), code)
