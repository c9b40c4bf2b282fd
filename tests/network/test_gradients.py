"""loss_and_grad: its gradient is the numerical one, for every activation, loss and depth."""

import numpy as np
import pytest
from kernel_cases import DTYPES, EACH_ONCE, ISAS, make_data, make_network
from numerical import assert_gradient, numerical_gradient
from reference import STRAIGHT_THROUGH

from fastnn.losses import LOSSES
from fastnn.training.objective import loss_and_grad


@pytest.mark.parametrize("sizes", [(3,), (5, 3), (4, 6, 3)], ids=lambda s: f"{len(s)}-layers")
@pytest.mark.parametrize(
    ("activation", "loss"), [pair for pair in EACH_ONCE if pair[0] not in STRAIGHT_THROUGH]
)
def test_gradient(activation, loss, sizes):
    network = make_network(4, sizes, activation, loss)
    X, y, weight = make_data(9, network)
    assert_gradient(network, X, y)
    assert_gradient(network, X, y, sample_weight=weight, alpha=0.7)


@pytest.mark.parametrize("activation", sorted(STRAIGHT_THROUGH))
def test_gradient_past_a_step_is_not_the_derivative(activation):
    """Above the step it is the numerical one; below, where that is zero, it is what can learn."""
    network = make_network(4, (6, 3), activation)
    X, y, _ = make_data(9, network)
    _, grad = loss_and_grad(network, X, y)
    numerical = numerical_gradient(network, X, y)
    (below, above), (below_bias, above_bias), *_ = network.views(grad)
    expected = network.views(numerical)
    np.testing.assert_allclose(above, expected.coefs[1], atol=1e-9)
    np.testing.assert_allclose(above_bias, expected.intercepts[1], atol=1e-9)
    assert (expected.coefs[0] == 0).all()
    assert np.abs(below).max() > 1e-3
    assert np.abs(below_bias).max() > 1e-3


@pytest.mark.parametrize(
    ("n_out", "loss"),
    [(n, "squared_error") for n in (1, 2, 5, 10)] + [(4, loss) for loss in LOSSES],
)
@pytest.mark.parametrize("isa", ISAS)
def test_gradient_of_narrow_and_wide_layers(isa, n_out, loss):
    network = make_network(3, (17, 1, 9, n_out), "tanh", loss, isa=isa)
    X, y, weight = make_data(5, network)
    assert_gradient(network, X, y, sample_weight=weight, alpha=0.3)


@pytest.mark.parametrize("loss", LOSSES)
def test_gradient_in_float32_is_that_in_float64(loss):
    double = make_network(11, (33, 4), "logistic", loss)
    single = make_network(11, (33, 4), "logistic", loss, np.float32)
    single.params[:] = double.params
    double.params[:] = single.params
    X, y, weight = make_data(50, single)
    y = y if y.dtype == np.intp else y.astype(np.float64)
    value, grad = loss_and_grad(double, X, y, sample_weight=weight, alpha=0.5)
    single_value, single_grad = loss_and_grad(
        single,
        X,
        y.astype(np.float32) if y.dtype == np.float64 else y,
        sample_weight=weight,
        alpha=0.5,
    )
    assert abs(single_value - value) < 1e-5 * abs(value)
    assert np.linalg.norm(single_grad - grad) < 1e-5 * np.linalg.norm(grad)


@pytest.mark.parametrize("dtype", DTYPES)
def test_gradient_is_written_where_asked(dtype):
    network = make_network(dtype=dtype)
    X, y, _ = make_data(6, network)
    _, expected = loss_and_grad(network, X, y)
    out = np.full(network.n_params, np.nan, dtype)
    _, grad = loss_and_grad(network, X, y, grad=out)
    assert grad is out
    np.testing.assert_array_equal(out, expected)
