"""Each kind of stage has the traits that the table gives it."""

import numpy as np
import pytest
from fastnn._kernels.layers.kinds import TRAITS, number_of
from scipy.sparse import csr_matrix

from fastnn import Network, Predictor, layers
from fastnn._kernels.layers.specs import matrix_shape
from fastnn.model.kinds import KINDS
from fastnn.network.compiled import CompiledNetwork
from fastnn.training.objective import loss_and_grad


class ByHand:
    """What no layer adds as the first thing to a series of 5 numbers."""

    n_in = 5

    def __init__(self, add):
        self._add = add

    def add_to(self, stages):
        stages.image((self.n_in, 1), 1, "ByHand")
        self._add(stages)


#: Layers whose stages are of one kind, or end with it; n outputs from n inputs.
LAYERS = {
    "dense": layers.Dense(5, "tanh"),
    "activation": layers.Activation("softplus"),
    "custom": layers.Activation(layers.CustomActivation(np.sin, np.cos)),
    "layer_norm": layers.LayerNorm(),
    "batch_norm": layers.BatchNorm(),
    "dropout": layers.Dropout(0.4),
    "noise": layers.GaussianNoise(0.3),
    "bernoulli": layers.Activation("bernoulli"),
    "add": layers.Residual([layers.Activation("tanh")]),
    "activity_l1": layers.ActivityL1(0.6),
    "multiply": layers.Gated([layers.Activation("tanh")]),
    "lwta": layers.LocalWinners(2),
    "softmax": layers.Softmax(),
    "scale": layers.Scale(-0.7),
    "gain": layers.Gain(),
    "steps": layers.PerStep(1),
    "rnn": layers.RNN(1, output="all"),
    "gru": layers.GRU(1, output="all"),
    "lstm": layers.LSTM(1, output="all"),
    "concat": layers.RNN(2, output="all", bidirectional=True),
    "columns": layers.Columns([layers.Number([0, 0.5, 1], [0.1, 0.2])] * 4 + [layers.Category(3)]),
    "convolution": layers.Conv1D(2, 3, "tanh", input_shape=(5, 1)),
    "pad": ByHand(lambda stages: stages.pad(((0, 0), (1, 2)))),
    "jitter": layers.RandomShift(2, True, input_shape=(5, 1)),
    "max_pool": layers.MaxPool(3, 1, padding="same", input_shape=(5, 1)),
    "average_pool": layers.AveragePool(3, 1, padding="same", input_shape=(5, 1)),
    "channel_norm": ByHand(layers.BatchNorm().add_to),
}
N = 5


def make(kind):
    """A network with a stage of this kind before its linear output layer, and some rows."""
    rng = np.random.RandomState(3)
    network = CompiledNetwork(N, [LAYERS[kind], layers.Dense(2)], "squared_error")
    network.params[...] = rng.uniform(-1, 1, network.n_params)
    assert network._stages.specs[-2].kind == kind
    return network, rng.uniform(0.2, 0.8, (8, N)), rng.randn(8, 2)


def raw_outputs(network, X, seed=0):
    """Raw outputs in training: from the mean loss (z - y)^2 / 2 with two targets for one output z
    of one row, z follows. Weights would change what batch normalisation does."""
    found = np.empty((len(X), 2))
    for place in np.ndindex(found.shape):
        y = np.zeros((len(X), 2))
        low = loss_and_grad(network, X, y, seed=seed)[0]
        y[place] = 1
        high = loss_and_grad(network, X, y, seed=seed)[0]
        found[place] = len(X) * (low - high) + 0.5
    return found


def test_every_kind_has_a_number_and_a_row():
    assert sorted(LAYERS) == sorted(TRAITS)
    assert sorted(number_of(kind) for kind in TRAITS) == list(range(len(TRAITS)))


def test_every_kind_that_is_there_at_prediction_is_one_of_nodes():
    assert set(KINDS) == {kind for kind, traits in TRAITS.items() if not traits.passes}
    assert all(len(KINDS[k].arrays) == arrays_of(TRAITS[k]) for k in KINDS)
    assert all(KINDS[k].n_sources == TRAITS[k].n_sources for k in KINDS)


def arrays_of(traits):
    return 2 * (traits.matrix + traits.scales + traits.running) - traits.unshifted


def test_a_stage_that_is_no_node_is_refused_by_name(monkeypatch):
    network = Network([layers.LayerNorm(), layers.Dense(1)], "squared_error").build(3)
    monkeypatch.delitem(KINDS, "layer_norm")
    with pytest.raises(TypeError, match=r"a Model cannot take .*'layer_norm'"):
        Predictor(network)


@pytest.mark.parametrize("kind", TRAITS)
def test_learns(kind):
    network, _, _ = make(kind)
    spec = network.stages[-2]
    own = network.n_params - (2 * spec.n + 2)
    if kind == "concat":  # what it puts side by side has weights, and it has none
        network = CompiledNetwork(N, [*[LAYERS[kind]] * 2, layers.Dense(2)], "squared_error")
        assert len(network.coefs) == 5
        return
    per_unit = 2 * TRAITS[kind].scales - TRAITS[kind].unshifted
    assert own == per_unit * spec.n_units + TRAITS[kind].matrix * numbers_of(kind)
    assert len(network.running) == TRAITS[kind].running
    assert network.sizes()[0][1] == own


def numbers_of(kind):
    """Weights and biases of a stage with a matrix."""
    n_in, n_out = matrix_shape(make(kind)[0].stages[-2], N)
    if TRAITS[kind].shares:  # of one unit over one number a step
        assert (n_in, n_out) == (1 + TRAITS[kind].recurs + (kind == "gru"), TRAITS[kind].gates)
    return (n_in + 1) * n_out


@pytest.mark.parametrize("kind", TRAITS)
def test_random(kind):
    network, X, _ = make(kind)
    assert np.allclose(raw_outputs(network, X), raw_outputs(network, X), atol=1e-12)
    changed = not np.allclose(raw_outputs(network, X), raw_outputs(network, X, seed=1), atol=1e-6)
    assert changed == TRAITS[kind].random == network.has("random")


@pytest.mark.parametrize("kind", TRAITS)
def test_over_batch(kind):
    network, X, _ = make(kind)
    Z = X.copy()
    Z[1:] += 0.1
    changed = not np.allclose(raw_outputs(network, X)[0], raw_outputs(network, Z)[0], atol=1e-9)
    assert changed == TRAITS[kind].over_batch == network.has("over_batch")


@pytest.mark.parametrize("kind", TRAITS)
def test_passes(kind):
    network, X, _ = make(kind)
    engine = network.make_engine(len(X), 1, whole_gradient=False)
    outputs = [np.empty((len(X), spec.n)) for spec in network._stages.specs]
    engine.rows_through(X, outputs)
    before = outputs[-3] if len(outputs) > 2 else X
    assert np.array_equal(outputs[-2], before) == TRAITS[kind].passes


@pytest.mark.parametrize("kind", TRAITS)
def test_reads_sparse(kind):
    network, X, y = make(kind)
    sparse = csr_matrix(X * (X > 0.4))
    if TRAITS[kind].reads_sparse:
        dense_loss, dense_grad = loss_and_grad(network, sparse.toarray(), y)
        loss, grad = loss_and_grad(network, sparse, y)
        assert loss == pytest.approx(dense_loss)
        assert np.allclose(grad, dense_grad)
    else:
        with pytest.raises(ValueError, match="begin with a Dense layer"):
            loss_and_grad(network, sparse, y)
    assert np.allclose(network.forward(sparse), network.forward(sparse.toarray()))


# A random bit has the gradient of its probability, which differences do not show.
@pytest.mark.parametrize("kind", [kind for kind in TRAITS if kind != "bernoulli"])
def test_the_gradient_knows_what_a_kind_keeps_and_where_it_works(kind):
    """`keeps`, `in_place`, `n_sources` and the numbers kept for rows and columns are what the way
    back relies on, at the source of one reader and of two."""
    two = [layers.Dense(N), layers.Residual([LAYERS[kind], layers.Dense(N)]), layers.Dense(2)]
    one = [layers.Dense(N), LAYERS[kind], layers.Dense(2)]
    _, X, y = make(kind)
    for stack in (one, two):
        network = CompiledNetwork(N, stack, "squared_error")
        network.params[...] = np.random.RandomState(5).uniform(-0.6, 0.6, network.n_params)
        grad = loss_and_grad(network, X, y)[1]
        for i in range(0, network.n_params, 7):
            shifted = []
            for step in (1e-5, -1e-5):
                network.params[i] += step
                shifted.append(loss_and_grad(network, X, y)[0])
                network.params[i] -= step
            assert grad[i] == pytest.approx((shifted[0] - shifted[1]) / 2e-5, abs=1e-7, rel=1e-5)
