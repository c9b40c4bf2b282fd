"""Network: layers put together by hand, from data to predictions."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

import fastnn
from fastnn import Network
from fastnn.layers import Activation, BatchNorm, Dense, Dropout, LayerNorm, Residual
from fastnn.optimizers import SGD
from fastnn.schedules import OneCycle

LAYERS = [Dense(64, "relu"), Dropout(0.2), BatchNorm(), Dense(10)]


def blobs(n=600, n_classes=3, seed=0):
    rng = np.random.RandomState(seed)
    y = rng.randint(0, n_classes, n)
    return rng.normal(size=(n, 5)) + 3 * np.eye(5)[y], y


def test_shapes_follow_from_the_data():
    X, y = blobs()
    net = Network(LAYERS, "softmax_log_loss", random_state=0).fit(X, y, epochs=20, batch_size=50)
    assert net.named_parameters["coef_0"].shape == (5, 64)
    assert net.predict(X).shape == (600, 10)
    assert (net.predict(X).argmax(axis=1) == y).mean() > 0.9
    assert len(net.loss_curve_) == 20
    before = net.loss_curve_[-1]
    assert net.fit(X, y, epochs=20, batch_size=50).loss_curve_[-1] < before


def test_the_same_seed_gives_the_same_bits_whatever_the_threads():
    X, y = blobs()
    nets = [
        Network(LAYERS, "softmax_log_loss", random_state=7, dtype="float32").fit(
            X, y, epochs=3, n_jobs=n_jobs, clip_norm=0.1, average_decay=0.9
        )
        for n_jobs in (1, 2)
    ]
    np.testing.assert_array_equal(nets[0].parameters, nets[1].parameters)


def test_sparse_rows_and_schedules():
    X, y = blobs()
    X[np.abs(X) < 0.5] = 0
    kwargs = {"epochs": 5, "optimizer": SGD(learning_rate_init=0.1), "schedule": OneCycle()}
    layers = [Dense(8), LayerNorm(), Activation("tanh"), Residual([Dense(8, "relu")]), Dense(3)]
    dense = Network(layers, "softmax_log_loss", random_state=0).fit(X, y, **kwargs)
    kwargs["optimizer"] = SGD(learning_rate_init=0.1)
    sparse = Network(layers, "softmax_log_loss", random_state=0).fit(csr_matrix(X), y, **kwargs)
    np.testing.assert_allclose(sparse.predict(csr_matrix(X)), dense.predict(X), atol=1e-10)


def test_parameters_are_one_vector_and_named_views():
    net = Network([Dense(3, "tanh"), BatchNorm(), Dense(2)], n_in=4, random_state=0)
    names = ["coef_0", "coef_1", "intercept_0", "intercept_1", "gain_0", "shift_0"]
    assert list(net.named_parameters) == names
    assert net.parameters.shape == (4 * 3 + 3 * 2 + 3 + 2 + 6,)
    net.parameters = np.arange(29)
    assert net.named_parameters["coef_1"].tolist() == [[12, 13], [14, 15], [16, 17]]
    with pytest.raises(ValueError, match=r"parameters must have shape \(29,\)"):
        net.parameters = np.zeros(3)


def test_gradients_are_those_of_the_predictions():
    net = Network([Dense(6, "tanh"), Dense(2)], n_in=4, random_state=0)
    X, y = np.random.RandomState(1).normal(size=(2, 5, 4)).reshape(2, 5, 4)
    y = y[:, :2]
    loss, gradient = net.loss_and_grad(X, y)
    assert loss == pytest.approx(0.5 * ((net.predict(X) - y) ** 2).sum() / 5)
    assert gradient.shape == net.parameters.shape
    step = np.zeros_like(X)
    step[:, 2] = 1e-6
    rise = (net.predict(X + step) - net.predict(X - step))[:, 1] / 2e-6
    np.testing.assert_allclose(net.input_gradient(X, 1)[:, 2], rise, atol=1e-8)
    assert [h.shape for h in net.layer_outputs(X)] == [(5, 6), (5, 2)]


def test_summary_names_layers_and_sizes():
    net = Network([Dense(64, "relu"), Residual([Dense(32)]), BatchNorm(), Dense(10)], n_in=20)
    text = net.summary()
    assert "Dense(64, 'relu')" in text
    assert "1,344" in text  # 20 * 64 + 64
    assert "4,128" in text  # 64 * 32 + 32 and the projection's 64 * 32
    assert text.splitlines()[-1].split()[-2] == f"{net.parameters.size:,}"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Network([]), "must end with a linear Dense"),
        (lambda: Network([Dense(3, "relu")]), "must end with a linear Dense"),
        (lambda: Network([Dense(3)], "no_loss"), "loss must be one of"),
        (lambda: Network([Dense(3)]).predict(np.ones((2, 2))), "call fit, or build"),
        (lambda: Network([Dense(3)], n_in=4).predict(np.ones((2, 2))), r"shape \(n, 4\)"),
    ],
)
def test_what_does_not_fit_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_network_is_public():
    assert fastnn.Network is Network
