"""Zeros are left out: the bits are those with them, of sparse rows too, whatever the threads."""

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
    monkeypatch.setattr(
        energies, "hidden_means", lambda *a: taken.append(1) or hidden_means(*a), raising=True
    )
    for n_jobs in (1, 2, 4):
        assert_same_bits(model.set_params(n_jobs=n_jobs).transform(X), few)
    assert len(taken) == 3
    model.transform(rows(341, 61, dtype, density=0.9))
    assert len(taken) == 3  # dense rows go through the tiles of products
    activation = energies._ACTIVATIONS["softplus"]
    hidden, c = hidden_means(X, model.components_, model.intercept_hidden_, activation, 1), model
    np.testing.assert_allclose(
        hidden, np.logaddexp(0, X @ c.components_.T + c.intercept_hidden_), rtol=1e-5
    )


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
