"""Images with blank parts: first convolutions leave them out, and nothing tells. Small whole
numbers make sums exact, so that outputs equal a plain twin's."""

import numpy as np
import pytest
from kernel_cases import DTYPES, ISAS, assert_same_bits
from reference_layers import Twin, drawn

from fastnn.layers import Conv1D, Conv2D, Dense, MaxPool
from fastnn.model.nodes import check_nodes
from fastnn.model.of_network import compiled_nodes
from fastnn.network.compiled import CompiledNetwork
from fastnn.scoring.scorer import scorer_of

#: Windows that end within a line, holes, groups, lines that two words tell of, lines cut by tiles.
NETS = {
    "digits": [Conv2D(9, 5, "relu", input_shape=(28, 28, 1)), MaxPool(2)],
    "colours": [Conv2D(16, 3, padding="same", input_shape=(13, 10, 3))],
    "holes": [Conv2D(5, (3, 2), dilation=(3, 2), strides=(2, 3), input_shape=(20, 17, 2))],
    "groups": [Conv2D(6, 3, groups=3, input_shape=(11, 9, 3))],
    "tall": [Conv2D(4, (33, 2), input_shape=(60, 7, 1))],
    "series": [Conv1D(3, 4, input_shape=(40, 2))],
}


def drawings(n_in, shape, dtype):
    """An empty image, one without a blank, lines, columns and dots."""
    rng = np.random.default_rng(3)
    images = rng.integers(1, 4, (12, *shape)).astype(dtype)
    images[0] = 0
    for image in images[2:]:
        image[rng.random(shape[0]) < 0.7] = 0
        image[:, rng.random(shape[1]) < 0.5] = 0
    return images.reshape(12, n_in)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("name", NETS)
def test_blank_parts_change_nothing(name, isa, dtype):
    layers = [*NETS[name], Dense(2)]
    net = drawn(CompiledNetwork(layers[0].n_in, layers, "squared_error", dtype, isa=isa))
    net.params[:] = np.round(4 * net.params)
    shape = layers[0].input_shape
    X = drawings(net.n_in, (1, *shape) if len(shape) == 2 else shape, net.dtype)
    nodes = compiled_nodes(net)
    widths = check_nodes(net.n_in, nodes, net.dtype.name)
    scorer = scorer_of(net.n_in, nodes, widths, "identity", net.dtype.name, isa=isa)
    expected = Twin(net).forward(X).astype(net.dtype)
    assert_same_bits(scorer.raw(X, None, 1), expected)
    assert_same_bits(net.forward(X), expected)
    assert_same_bits(scorer.raw(X[5:6], None, 1), expected[5:6])
    assert_same_bits(scorer.raw(np.tile(X, (9, 1)), None, 4), np.tile(expected, (9, 1)))
