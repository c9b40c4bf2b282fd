"""Zeros are left out: the bits are those with them, of sparse rows too, whatever the threads."""

import signal
import time

import numpy as np
import pytest
import scipy.sparse
from fastnn._kernels.families.rbm_means import hidden_means

from fastnn import BernoulliRBM, GaussianRBM
from fastnn.estimators.rbm import energies
from tests.support.kernel_cases import assert_same_bits


def rows(n, n_features, dtype, density=0.2):
    rng = np.random.default_rng(0)
    X = rng.random((n, n_features)) * (rng.random((n, n_features)) < density)
    return X.astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_components", [35, 70])
def test_many_rows_have_the_bits_of_the_kernels_that_score(dtype, n_components, monkeypatch):
    """Widths and numbers of rows that fill neither vectors, strips nor blocks."""
    X = rows(341, 61, dtype)
    model = BernoulliRBM(n_components, n_iter=1, random_state=0).fit(X)
    few = energies.linear(X, model.components_.T, model.intercept_hidden_, 1, "logistic")
    taken = []
    monkeypatch.setattr(energies, "hidden_means", lambda *a: taken.append(1) or hidden_means(*a))
    assert_same_bits(model.transform(X), few)
    assert taken
    taken.clear()
    model.transform(rows(341, 61, dtype, density=0.9))
    assert not taken  # dense rows go through the tiles of products
    W, c = model.components_, model.intercept_hidden_
    for n_threads in (1, 2, 4):
        found = hidden_means(X, W, c, energies._ACTIVATIONS["logistic"], n_threads)
        assert_same_bits(found, few)
    softplus = hidden_means(X, W, c, energies._ACTIVATIONS["softplus"], 1)
    np.testing.assert_allclose(softplus, np.logaddexp(0, X @ W.T + c), rtol=1e-5)


def test_signals_are_heard_on_the_way():
    """Handlers run between stretches of rows and not only when all are done."""
    X, heard = np.tile(rows(500, 200, np.float32), (100, 1)), []
    W, c = np.ones((64, 200), np.float32), np.zeros(64, np.float32)
    before = signal.signal(signal.SIGALRM, lambda *_: heard.append(time.perf_counter()))
    signal.setitimer(signal.ITIMER_REAL, 1e-3, 1e-3)
    try:
        hidden_means(X, W, c, 0, 1)
        during = len(heard)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert during > 3


@pytest.mark.parametrize("model", [BernoulliRBM, GaussianRBM])
@pytest.mark.parametrize("persistent", [True, False])
@pytest.mark.filterwarnings("ignore:the columns of X")
def test_sparse_rows_train_to_the_bits_of_dense_ones(model, persistent):
    """With more than 64 rows of batch and chains, so that bits of rows need several words."""
    X = rows(170, 101, np.float32)
    options = {"batch_size": 45, "n_iter": 2, "persistent": persistent, "random_state": 0}
    dense = model(21, **options).fit(X)
    sparse = model(21, **options).fit(scipy.sparse.csr_matrix(X))
    assert_same_bits(sparse.components_, dense.components_)
    assert_same_bits(sparse.intercept_visible_, dense.intercept_visible_)
