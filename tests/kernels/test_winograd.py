"""Convolutions with fewer multiplications, as scoring has them: the outputs of plain sums, nearly
to the bit, whatever the shapes, and the same bits in any batch."""

import numpy as np
import pytest
from kernel_cases import DTYPES, ISAS, assert_same_bits, make_data
from reference_layers import Twin, drawn

from fastnn._kernels.layers.minimal import POINTS, filtering, outputs_at_once
from fastnn._kernels.layers.specs import WindowSpec
from fastnn.layers import Conv1D, Conv2D, Dense, GlobalAveragePool, MaxPool
from fastnn.model.nodes import check_nodes
from fastnn.model.of_network import compiled_nodes
from fastnn.network.compiled import CompiledNetwork
from fastnn.scoring.scorer import scorer_of

#: Layers of which the last convolution is taken that way: tiles that overlap at the end of a line,
#: bands of lines of which the last one is shorter, channels that fill no vector, all lengths.
NETS = {
    "lenet": [Conv2D(16, 5, "relu", input_shape=(12, 12, 9)), MaxPool()],
    "same": [Conv2D(33, 3, "tanh", padding="same", input_shape=(5, 7, 8)), MaxPool(2)],
    "bands": [Conv2D(8, (2, 4), input_shape=(61, 20, 8)), GlobalAveragePool()],
    "down": [Conv2D(9, 3, "relu", strides=(3, 1), dilation=(2, 1), input_shape=(18, 8, 17))],
    "series": [Conv1D(12, 7, "gelu", padding="same", input_shape=(23, 10))],
    "pairs": [Conv2D(10, (1, 2), input_shape=(3, 6, 11))],
}


def made(name, dtype, isa):
    layers = [*NETS[name], Dense(3)]
    net = drawn(CompiledNetwork(layers[0].n_in, layers, "squared_error", dtype, isa=isa))
    nodes = compiled_nodes(net)
    widths = check_nodes(net.n_in, nodes, net.dtype.name)
    windows = [node.attributes["window"] for node in nodes if node.kind == "convolution"]
    assert outputs_at_once(windows[-1], layers[0].n_out)
    return net, scorer_of(net.n_in, nodes, widths, "identity", net.dtype.name, isa=isa)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("name", NETS)
def test_outputs_are_those_of_plain_sums_in_any_batch(name, isa, dtype):
    net, scorer = made(name, dtype, isa)
    X, *_ = make_data(9, net)
    expected = Twin(net).forward(X)
    found = scorer.raw(X, None, 1)
    tolerance = 2e-14 if dtype == np.float64 else 5e-6
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * abs(expected).max())
    for n_threads in (2, 4):
        assert_same_bits(scorer.raw(np.tile(X, (9, 1)), None, n_threads), np.tile(found, (9, 1)))
    assert_same_bits(scorer.raw(X[4:5], None, 1), found[4:5])


@pytest.mark.parametrize("t", POINTS)
def test_products_of_sums_are_sums_of_products(t):
    rng = np.random.default_rng(0)
    for r in range(1, t):
        m = t - r + 1
        out, taps, to = filtering(m, r)
        d, g = rng.normal(size=t), rng.normal(size=r)
        found = out @ ((taps @ g) * (to @ d))
        np.testing.assert_allclose(found, np.correlate(d, g, "valid"), rtol=0, atol=1e-13)


def test_where_it_pays():
    """The fewest multiplications, and plain sums where windows do not slide cell by cell."""
    window = WindowSpec((12, 12, 16), (5, 5), (8, 8))
    assert outputs_at_once(window, 32) == 4
    for other in (
        {"strides": (1, 2)},
        {"dilation": (1, 2)},
        {"groups": 2},
        {"shape": (12, 12, 3)},
        {"kernel": (5, 1)},
        {"out": (8, 1)},
    ):
        assert outputs_at_once(window._replace(**other), 32) == 0
    assert outputs_at_once(window, 4) == 0
