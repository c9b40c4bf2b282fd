"""What the tests of kernels and engine share: the ISAs of this machine, networks, data."""

from functools import partial
from itertools import pairwise

import numpy as np
import pytest
import reference
from fastnn._kernels.scoring.scorer import Scorer
from reference_losses import targets

from fastnn import optimizers
from fastnn._kernels.layers.specs import chain
from fastnn._kernels.native import table
from fastnn._kernels.testing import probe
from fastnn.layers import ACTIVATIONS, Dense
from fastnn.losses import LOSSES
from fastnn.model.blocks import Block, nodes_of
from fastnn.model.nodes import check_nodes
from fastnn.network.compiled import CompiledNetwork
from fastnn.scoring.arrays import chain_rows, score_nodes
from fastnn.threads import FixedThreads
from fastnn.training.objective import loss_and_grad
from fastnn.training.trainer import make_trainer

ISAS = table.isas_available()
DTYPES = [np.float32, np.float64]
TOLERANCE = {np.float64: 1e-12, np.float32: 1e-4}  # of the twin's largest number
THREADS = [1, 2, 4]
#: A loss of each activation of the output; predictions know no more of it.
OUTPUTS = list({loss.output_activation: name for name, loss in LOSSES.items()}.values())
OPTIMIZERS = {
    **optimizers.OPTIMIZERS,
    "sgd": partial(optimizers.SGD, momentum=0.9, nesterov=False),
    "nesterov": partial(optimizers.SGD, momentum=0.9, nesterov=True),
}


#: Every activation and every loss of one output a target, not each with each: they meet only at the
#: last layer. tests/training/test_losses.py has the losses of two outputs a target.
EACH_ONCE = [(a, "softmax_log_loss") for a in ACTIVATIONS]
SINGLE = [name for name, loss in LOSSES.items() if not loss.paired]
EACH_ONCE += [("tanh", loss) for loss in SINGLE if loss != "softmax_log_loss"]


def needs_amx(kind):
    """Skip a test of AMX's instructions, with the reason, where they are missing for "bfloat16" or
    "int8"; the emulation of them, which all machines test, gives the same bits."""
    if (missing := table.no_amx(kind)) is not None:
        pytest.skip(missing)


def sizes_around(unit):
    """Ragged sizes: one, a unit and its neighbours, a prime beyond it."""
    return sorted({1, 2, max(1, unit - 1), unit, unit + 1, 2 * unit + 1, 37})


def tile(dtype, isa):
    """(lanes of a vector, most rows of a register tile)."""
    return probe.tile(dtype == np.float64, isa)


def padded(A, isa, fill=np.nan):
    """A (rows, n) in rows padded to whole vectors, and to one more than needed; padding = fill."""
    lanes, _ = tile(A.dtype, isa)
    rows, n = A.shape
    result = np.full((rows, (n + lanes - 1) // lanes * lanes + lanes), fill, A.dtype)
    result[:, :n] = A
    return result


def dense_layers(sizes, activation):
    """Hidden layers of the given sizes with one activation, then a linear one."""
    return [*(Dense(n, activation) for n in sizes[:-1]), Dense(sizes[-1])]


def make_network(
    n_in=7, sizes=(5, 3), activation="tanh", loss="softmax_log_loss", dtype=np.float64, isa=None
):
    """A network with random parameters of the usual size."""
    network = CompiledNetwork(n_in, dense_layers(sizes, activation), loss, dtype, isa=isa)
    rng = np.random.RandomState(1)
    for block in [*network.coefs, *network.intercepts]:
        block[...] = rng.uniform(-1, 1, block.shape) * (1.5 / np.sqrt(block.shape[0]))
    return network


def chain_scorer(coefs, intercepts, activations, output_activation, dtype, isa=None):
    """A Scorer of dense layers one after the other, with an activation each."""
    numbers = [table.activations()[name][0] for name in activations]
    stages = chain([coef.shape[1] for coef in coefs], numbers)
    arrays = [*coefs, *intercepts]
    return Scorer(len(coefs[0]), stages, arrays, output_activation, dtype, isa=isa)


def forward_arrays(
    coefs, intercepts, activation, loss, X, raw=False, n_threads=1, check_finite=False
):
    """Outputs of a network given as arrays, as estimators give theirs."""
    output = "identity" if raw else LOSSES[loss].output_activation
    result = chain_rows(coefs, intercepts, activation, output, X, n_threads, check_finite)
    if result is not NotImplemented:
        return result
    hidden = [
        Block(*arrays, activation=activation) for arrays in zip(coefs, intercepts, strict=True)
    ][:-1]
    nodes, _ = nodes_of(hidden, coefs[-1], intercepts[-1])
    dtype = coefs[0].dtype.name
    widths = check_nodes(X.shape[1], nodes, dtype)
    return score_nodes(nodes, widths, output, dtype, X, n_threads, check_finite)


def make_data(n, network, seed=0):
    """X, y and sample weights of the network's dtype, targets as its loss wants them."""
    rng = np.random.RandomState(seed)
    X = rng.normal(size=(n, network.n_in)).astype(network.dtype)
    weight = rng.uniform(0.5, 1.5, n).astype(network.dtype)
    y = targets(network.loss.name, rng, n, network.n_out)
    return X, y if y.dtype == np.intp else y.astype(network.dtype), weight


def threads_of(network, n_threads):
    """As many as asked for, but for a network with functions of Python in it."""
    stages = getattr(network, "_stages", None)
    return 1 if stages and stages.custom else n_threads


def train(
    network,
    optimizer,
    X,
    y,
    *,
    steps=20,
    batch_size=32,
    n_threads=1,
    alpha=0.1,
    weight=None,
    calls=1,
    learning_rate=0.01,
    shares=None,
    **options,
):
    """Train on shuffled batches, epoch by epoch, in `calls` calls an epoch; returns the trainer.

    shares: what the threads begin with, if not equal shares. options: of the trainer. The results
    lie in network.params and optimizer.state.
    """
    is_twin = isinstance(network, reference.Network)
    make = network.trainer if is_twin else partial(make_trainer, network)
    trainer = make(optimizer, alpha=alpha, batch_size=batch_size, n_threads=n_threads, **options)
    trainer._threads = FixedThreads(threads_of(network, n_threads))
    if shares is not None:
        trainer._engine.share_out(shares)
    rng = np.random.RandomState(2)
    n_batches = -(-X.shape[0] // batch_size)
    while steps > 0:
        order = rng.permutation(X.shape[0]).astype(np.intp)
        todo = min(steps, n_batches)
        edges = np.linspace(0, todo, min(calls, todo) + 1).astype(int)
        for begin, end in pairwise(edges):
            trainer.run(
                X,
                y,
                order,
                int(begin),
                int(end),
                learning_rate=learning_rate,
                sample_weight=weight,
            )
        steps -= todo
    trainer.pull()
    return trainer


def twin_of(network):
    """The plain NumPy network of the same layers and parameters."""
    twin = reference.Network(network.n_in, network.layers, network.loss.name, network.dtype)
    twin.params[:] = network.params
    return twin


def check_gradients(network, X, y, threads, **options):
    """The loss and gradient are those of the twin, with the same bits for any number of threads."""
    expected, expected_grad = twin_of(network).loss_and_grad(X, y, **options)
    tolerance = TOLERANCE[np.dtype(network.dtype).type]
    found = [loss_and_grad(network, X, y, n_threads=n, **options) for n in threads]
    for loss, grad in found:
        assert abs(loss - expected) < tolerance * abs(expected)
        assert np.abs(grad - expected_grad).max() < tolerance * np.abs(expected_grad).max()
        assert loss == found[0][0]
        assert_same_bits(grad, found[0][1])


def same_bits(a, b):
    """Whether two arrays hold the same bytes: -0.0 differs from 0.0 and a NaN equals itself."""
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def assert_same_bits(actual, expected, where=""):
    """Fail unless two arrays or numbers, or two sequences of them, hold the same bytes."""
    if isinstance(expected, list | tuple):
        assert len(actual) == len(expected), where
        for i, (a, e) in enumerate(zip(actual, expected, strict=True)):
            assert_same_bits(a, e, f"{where}[{i}]")
    else:
        assert same_bits(np.asarray(actual), np.asarray(expected)), where
