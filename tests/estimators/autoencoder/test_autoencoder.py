"""Autoencoder: contract, what it is known to learn, and its parts."""

import numpy as np
import pytest
import scipy.sparse
from scipy.linalg import subspace_angles
from scipy.special import expit
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.utils.estimator_checks import parametrize_with_checks

from fastnn import Autoencoder
from tests.support.kernel_cases import assert_same_bits

X = load_digits().data / 16
SMALL = {"max_iter": 4, "random_state": 0}


@parametrize_with_checks(
    [
        Autoencoder((4, 2), max_iter=15),
        Autoencoder(3, max_iter=15, solver="lbfgs", layer_norm=True),
    ]
)
def test_checks(estimator, check):
    check(estimator)


def test_a_linear_one_is_pca():
    """Baldi and Hornik: its best k units span the space of the first k principal components."""
    train, test = X[:1200], X[1200:]
    pca = PCA(6).fit(train)
    model = Autoencoder(
        6, activation="identity", solver="lbfgs", alpha=0, max_iter=3000, tol=1e-6, random_state=0
    ).fit(train)
    for rows in (train, test):
        of_pca = -((rows - pca.inverse_transform(pca.transform(rows))) ** 2).mean()
        assert model.score(rows) == pytest.approx(of_pca, rel=0.01)
    # the decoder's columns are the space that reconstructions lie in
    assert np.degrees(subspace_angles(model.coefs_[1].T, pca.components_.T)).max() < 6


def test_a_nonlinear_one_beats_pca_on_rows_apart():
    train, test = X[:1400], X[1400:]
    pca = PCA(6).fit(train)
    of_pca = -((test - pca.inverse_transform(pca.transform(test))) ** 2).mean()
    model = Autoencoder((128, 6), activation="tanh", max_iter=150, random_state=0, tol=0)
    model.set_params(learning_rate_init=0.003, batch_size=100).fit(train)
    assert model.score(test) > 0.8 * of_pca


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"layer_norm": True, "hidden_layer_sizes": (20, 20, 5), "residual": True},
        {
            "batch_norm": True,
            "output_activation": "logistic",
            "activation": ["relu", "tanh", "elu"],
        },
    ],
    ids=str,
)
def test_decoding_the_code_is_the_reconstruction(dtype, options):
    data = X[:300].astype(dtype)
    model = Autoencoder(**{"hidden_layer_sizes": (20, 5), **SMALL, **options}).fit(data)
    code = model.transform(data)
    assert code.shape == (300, 5)
    assert code.dtype == model.reconstruct(data).dtype == dtype
    assert_same_bits(model.inverse_transform(code), model.reconstruct(data))
    names = model.get_feature_names_out()
    assert len(names) == 5
    assert (model.transform(data, layer=0).shape[1]) == 20
    expected = -((data - model.reconstruct(data)).astype(float) ** 2).mean(axis=1)
    np.testing.assert_allclose(model.score_samples(data), expected, rtol=1e-4)


def test_a_logistic_output_has_the_cross_entropy(rng):
    bits = (X[:200] > 0.5).astype(float)
    model = Autoencoder(8, output_activation="logistic", alpha=0, tol=0, **SMALL).fit(bits)
    z = model.transform(bits) @ model.coefs_[1] + model.intercepts_[1]
    np.testing.assert_allclose(model.reconstruct(bits), expit(z))
    model.set_params(max_iter=1, warm_start=True, solver="sgd", learning_rate_init=1e-12).fit(bits)
    log_loss = (np.logaddexp(0, z) - bits * z).sum(axis=1).mean()
    assert model.loss_ == pytest.approx(log_loss, rel=1e-6)


def test_sparse_rows_are_as_dense_ones():
    kept = np.where(X > 0.4, X, 0)
    ones = [
        Autoencoder(8, alpha=0, **SMALL).fit(data)
        for data in (kept, scipy.sparse.csr_array(kept), scipy.sparse.csc_matrix(kept))
    ]
    for model in ones[1:]:
        np.testing.assert_allclose(model.coefs_[0], ones[0].coefs_[0], atol=1e-10)
        np.testing.assert_allclose(
            model.score_samples(scipy.sparse.csr_array(kept)), ones[0].score_samples(kept)
        )


@pytest.mark.parametrize("noise", ["gaussian", "mask"])
def test_noise_is_that_of_the_input(noise):
    name = {"gaussian": "input_noise", "mask": "input_dropout"}[noise]
    data = X[:200]
    one = Autoencoder(8, noise=noise, noise_level=0.3, **SMALL).fit(data)
    assert_same_bits(one.coefs_[0], Autoencoder(8, **{name: 0.3}, **SMALL).fit(data).coefs_[0])
    assert not (one.coefs_[0] == Autoencoder(8, **SMALL).fit(data).coefs_[0]).all()
    with pytest.raises(ValueError, match=f"noise='{noise}' is {name}: set one of the two"):
        clone(one).set_params(**{name: 0.1}).fit(data)


def test_denoising_takes_noise_away(rng):
    noisy = X + 0.3 * rng.normal(size=X.shape)
    options = {"max_iter": 60, "learning_rate_init": 0.003, "random_state": 0}
    errors = [
        ((Autoencoder(32, noise=noise, noise_level=0.3, **options).fit(X[:1400])
          .reconstruct(noisy[1400:]) - X[1400:]) ** 2).mean()
        for noise in (None, "gaussian")
    ]  # fmt: skip
    assert errors[1] < 0.7 * errors[0]


def test_unusual_rows_are_told():
    y = load_digits().target
    model = Autoencoder((32, 8), max_iter=80, contamination=0.05, random_state=0).fit(X[y < 5])
    of_training = model.predict(X[y < 5])
    assert np.mean(of_training == -1) == pytest.approx(0.05, abs=0.01)
    assert (model.decision_function(X) == model.score_samples(X) - model.offset_).all()
    assert np.mean(model.predict(X[y >= 5]) == -1) > 0.3


def test_early_stopping_watches_rows_of_ones_own():
    model = Autoencoder(8, early_stopping=True, **SMALL).fit(X[:500], X_val=X[500:700])
    assert len(model.validation_scores_) == 4
    p = model.reconstruct(X[500:700])
    spread = ((X[500:700] - X[500:700].mean(axis=0)) ** 2).sum(axis=0)
    residual = ((X[500:700] - p) ** 2).sum(axis=0)
    scores = np.where(spread > 0, 1 - residual / np.where(spread > 0, spread, 1), 0)
    assert model.best_validation_score_ == pytest.approx(scores.mean(), abs=1e-6)


def test_partial_fit_goes_on_and_threads_do_not_matter():
    parts = Autoencoder((20, 5), random_state=0)
    for _ in range(3):
        assert parts.partial_fit(X[:300]) is parts
    assert parts.t_ == 900
    ones = [Autoencoder((20, 5), n_jobs=n, **SMALL).fit(X[:300]) for n in (1, 2, 4)]
    for other in ones[1:]:
        for a, b in zip(other.coefs_, ones[0].coefs_, strict=True):
            assert_same_bits(a, b)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hidden_layer_sizes": ()}, "must name the width of the code"),
        ({"output_activation": "logistic"}, r"numbers from 0 to 1, and X has values.*MinMaxScaler"),
        ({"noise": "mask", "noise_level": 1.0}, "must be below 1"),
        ({"noise": "gaussian", "solver": "lbfgs"}, "noise is for the stochastic solvers"),
    ],
)
def test_bad_input_is_named(options, message):
    model = Autoencoder(**{"hidden_layer_sizes": 4, **SMALL, **options})
    with pytest.raises(ValueError, match=message):
        model.fit(X[:50] * 4)
    assert not hasattr(model, "coefs_")
