"""Wide sparse models: an estimator scores with the weights of the features that X touches."""

import tracemalloc

import numpy as np
import pytest
from scipy import sparse

import fastnn
from fastnn.scoring.touched import touched_coefs, touched_nodes

WIDTH = 30_000
NETS = {
    "narrow": {"hidden_layer_sizes": (3,)},
    "a few columns": {"hidden_layer_sizes": (10,)},
    "whole panels": {"hidden_layer_sizes": (32, 5)},
    "two activations": {"hidden_layer_sizes": (16, 5), "activation": ("relu", "tanh")},
    "layer_norm": {"hidden_layer_sizes": (16,), "layer_norm": True},
    "batch_norm": {"hidden_layer_sizes": (16,), "batch_norm": True},
    "residual": {"hidden_layer_sizes": (16, 16), "residual": True},
    "hinge": {"hidden_layer_sizes": (16,), "loss": "hinge"},
    "no hidden layer": {"hidden_layer_sizes": ()},
}


def words(n_rows, dtype=np.float64):
    X = sparse.random(n_rows, WIDTH, density=5e-4, format="csr", random_state=n_rows)
    X.data = np.ceil(9 * X.data).astype(dtype)
    return X


@pytest.fixture(scope="module", params=NETS)
def model(request):
    X = words(99)
    net = fastnn.MLPClassifier(**NETS[request.param], random_state=0)
    return net.partial_fit(X, np.arange(99) % 3, classes=[0, 1, 2])


def methods(model):
    yield model.predict
    yield model.decision_function if model.loss == "hinge" else model.predict_proba
    if model.hidden_layer_sizes:
        yield model.transform
        yield lambda X: model.transform(X, layer=0)


@pytest.mark.parametrize(("n_rows", "dtype"), [(1, np.int64), (20, np.float64), (150, bool)])
def test_the_weights_of_other_features_are_not_read(model, n_rows, dtype):
    """Memory stands for work: what is packed or converted is allocated."""
    X = words(n_rows).astype(dtype)
    for method in methods(model):
        method(X[:1])
        tracemalloc.start()
        method(X)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        units = max(model.coefs_[0].shape[1], 8)
        # An int32 for each feature, which nobody touches, and the weights of some, several times.
        assert peak < 4 * WIDTH + 100_000 + 8 * 8 * units * X.nnz
        if n_rows < 99 and model.coefs_[0].shape[1] >= 10:
            assert peak < model.coefs_[0].nbytes / 4


def test_bits_are_those_of_all_weights(model, monkeypatch):
    some = words(200)
    for X, n_jobs in ((some[:7], 1), (some, 2)):
        model.n_jobs = n_jobs
        for method in methods(model):
            found = method(X)
            with monkeypatch.context() as patch:
                patch.setattr("fastnn.scoring.touched._FEW_WEIGHTS", 1 << 40)
                assert (found == method(X)).all()


def test_rows_without_values(model):
    X = sparse.csr_array((70, WIDTH))
    for method in methods(model):
        assert (method(X) == method(sparse.csr_array(X[:1]))).all()


def test_only_what_is_touched_is_kept():
    X = sparse.csr_array(np.array([[0, 5.0, 0, 0, 7], [0, 0, 0, 0, 1]]))
    X.resize(2, 5000)
    W = np.arange(20_000.0).reshape(5000, 4)
    few, (first, second) = touched_coefs(X, [W, np.eye(4)])
    assert sorted(first[:, 0]) == [4, 16]
    assert second.shape == (4, 4)
    assert ((few @ first) == (X @ W)).all()
    assert touched_coefs(X.toarray(), [W])[1][0] is W
    assert touched_coefs(X[:, :50], [W[:50]])[1][0].shape == (50, 4)


@pytest.mark.parametrize("index", [-1, 5000, 2**40])
def test_an_index_outside_is_left_for_others_to_refuse(index):
    X = sparse.csr_array((np.ones(1), np.array([3]), np.array([0, 1])), shape=(1, 5000))
    X.indices = np.array([index])
    W = np.ones((5000, 4))
    assert touched_coefs(X, [W])[1][0] is W


def test_int64_indices_and_arrays_of_both_types():
    for make in (sparse.csr_array, sparse.csr_matrix):
        X = make(words(3))
        X.indices, X.indptr = X.indices.astype(np.int64), X.indptr.astype(np.int64)
        W = np.random.default_rng(0).normal(size=(WIDTH, 4))
        few, (first,) = touched_coefs(X, [W])
        assert len(first) <= X.nnz
        assert type(few) is make
        np.testing.assert_array_equal(few @ first, X @ W)


def test_nodes_that_take_x_itself_keep_all():
    from fastnn.model.nodes import Node

    nodes = [Node("dense", arrays={"weight": np.ones((WIDTH, 2))}), Node("add", (0, -1))]
    X = words(2)
    assert touched_nodes(X, nodes) == (X, nodes)
