"""Training with products of bfloat16: what is rounded, and that nothing else is."""

from itertools import pairwise

import numpy as np
import pytest
from kernel_cases import (
    ISAS,
    THREADS,
    assert_same_bits,
    dense_layers,
    make_data,
    needs_amx,
    train,
)
from reference_precision import nearest_bfloat16
from scipy.sparse import csr_matrix

from fastnn import Network
from fastnn._kernels.layers import halves
from fastnn._kernels.native import sizes
from fastnn.layers import (
    LSTM,
    BatchNorm,
    Columns,
    Conv2D,
    Dense,
    Dropout,
    LayerNorm,
    Number,
    Residual,
)
from fastnn.layers.dense import TiedDense
from fastnn.network.compiled import CompiledNetwork
from fastnn.optimizers import SGD, Adam
from fastnn.training.trainer import make_trainer

ROWS, N_IN, HIDDEN, RATE = 32, 70, 41, 2.0**-34


@pytest.fixture(params=["", "AMX, emulated"], ids=["float32", "tiles"])
def tiles(request):
    """By what products are computed: the ordinary tiles over rounded numbers, or those of AMX."""
    before = halves.set_tiles(request.param)
    yield request.param
    halves.set_tiles(before)


def nine_bits(rng, *shape):
    """Whole numbers of nine bits, of which bfloat16 has eight."""
    return rng.randint(256, 512, shape).astype(np.float64)


def exact_network(n_out, isa):
    """A network, rows for two steps, and their targets, for which each sum is exact in float32 in
    any order: two inputs a hidden unit, nothing that cancels, numbers of nine bits; and the
    parameters after both steps, by NumPy."""
    rng = np.random.RandomState(0)
    W = nine_bits(rng, N_IN, HIDDEN), nine_bits(rng, HIDDEN, n_out)
    chosen = rng.permutation(2 * HIDDEN).reshape(HIDDEN, 2) % N_IN
    kept = np.zeros_like(W[0])
    kept[chosen, np.arange(HIDDEN)[:, None]] = 1
    W[0][:] *= kept
    W[0][:, ::3] *= -1  # units that never fire
    b = [rng.randint(2048, 4096, HIDDEN) * 4.0, rng.randint(2048, 4096, n_out) * 2048.0]
    X, y = nine_bits(rng, 2 * ROWS, N_IN), np.zeros((2 * ROWS, n_out))
    network = CompiledNetwork(
        N_IN, dense_layers((HIDDEN, n_out), "relu"), "squared_error", "f4", isa=isa
    )
    for own, given in zip((*network.coefs, *network.intercepts), (*W, *b), strict=True):
        own[:] = given
    for step in range(2):
        rows = slice(step * ROWS, (step + 1) * ROWS)
        x, w1, w2 = (nearest_bfloat16(a) for a in (X[rows], *W))
        h = nearest_bfloat16(np.maximum(x @ w1 + b[0], 0))
        z = h @ w2 + b[1]
        slopes = nine_bits(rng, ROWS, n_out) * 2048
        y[rows] = z - slopes
        d2 = nearest_bfloat16(slopes)
        d1 = nearest_bfloat16((d2 @ w2.T) * (h > 0))
        gradients = (x.T @ d1) * kept, h.T @ d2, d1.sum(axis=0), d2.sum(axis=0)
        for a, g in zip((*W, *b), gradients, strict=True):
            a[:] = np.float32(a - RATE / ROWS * g)
    return network, X.astype(np.float32), y.astype(np.float32), (*W, *b)


@pytest.mark.parametrize("n_out", [2, 10, 35])  # narrow; in one panel; in several
@pytest.mark.parametrize("isa", ISAS)
def test_three_products_take_rounded_operands_and_nothing_else_does(isa, n_out, tiles):
    for n_threads in THREADS:
        network, X, y, expected = exact_network(n_out, isa)
        trainer = make_trainer(
            network,
            SGD(momentum=0.0, nesterov=False),
            batch_size=ROWS,
            n_threads=n_threads,
            keep_zeros=True,
            compute_dtype="bfloat16",
        )
        before = nearest_bfloat16(network.coefs[1])
        trainer.run(X, y, np.arange(2 * ROWS), 0, 2, learning_rate=RATE)
        trainer.pull()
        for own, given in zip((*network.coefs, *network.intercepts), expected, strict=True):
            np.testing.assert_array_equal(own, np.float32(given))
        assert (
            np.mean(nearest_bfloat16(network.coefs[1]) != before) > 0.5
        )  # weights are rounded anew
        assert_same_bits(trainer.forward(X), network.forward(X))  # scores are float32's


NETS = {
    "groups": dense_layers((40, 20, 3), "tanh"),  # a small net: rows go to gradients in groups
    "narrow": dense_layers((9, 5, 3), "relu"),
    "skips": [
        Residual((Dense(33, "elu"), LayerNorm())),  # others take the input as well
        Residual((Dense(20, "relu"), Dropout(0.2), Dense(33, "relu"))),
        BatchNorm(),
        Dense(3),
    ],
    "tied": [CODE := Dense(20, "tanh"), TiedDense(33, "relu", of=CODE), Dense(3)],
}
STEPS = {
    "plain": {},
    "bounds": {"clip_norm": 0.5, "max_norm": 0.3, "average_decay": 0.9},
}


@pytest.mark.parametrize("steps", STEPS)
@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("isa", ISAS)
def test_bits_depend_on_no_threads_and_gradients_are_near_float32s(isa, net, steps, tiles):
    results, n_in = [], 33
    batch = 70 if tiles else 200  # no multiple of a step; groups, which know no tiles
    usual = sizes.change(copied_weights=0, rows_across=0)
    try:
        for compute_dtype, n_threads in [(None, 1), *(("bfloat16", n) for n in THREADS)]:
            network = CompiledNetwork(n_in, NETS[net], "softmax_log_loss", np.float32, isa=isa)
            network.params[:] = np.random.RandomState(1).uniform(-0.3, 0.3, network.n_params)
            X, y, weight = make_data(230, network)
            options = {**STEPS[steps], "compute_dtype": compute_dtype, "n_threads": n_threads}
            trainer = train(
                network, Adam(), X, y, steps=4, batch_size=batch, weight=weight, **options
            )
            found = network.params.copy(), np.array(trainer.loss_sum), trainer.forward(X)
            results.append((*found, *np.ravel(network.running)))
    finally:
        sizes.change(**usual)
    plain, first, *others = results
    for other in others:
        assert_same_bits(other, first)
    assert 0 < abs(first[1] - plain[1]) < 1e-2 * abs(plain[1])
    assert np.abs(first[2] - plain[2]).max() < 0.05


@pytest.mark.parametrize("net", ["groups", "narrow"])
def test_rounded_weights_are_those_of_the_step_before(net, tiles):
    """Whatever changes weights: a trainer that begins with them rounds them all."""
    results = []
    for cuts in ([0, 4], [0, 1, 2, 3, 4]):
        network, optimizer = CompiledNetwork(33, NETS[net], "softmax_log_loss", "f4"), Adam()
        network.params[:] = np.random.RandomState(1).uniform(-0.3, 0.3, network.n_params)
        X, y, _ = make_data(160, network)
        for begin, end in pairwise(cuts):
            options = {"batch_size": 40, "max_norm": 0.3, "compute_dtype": "bfloat16"}
            trainer = make_trainer(network, optimizer, **options)
            trainer.run(X, y, np.arange(160), begin, end, learning_rate=0.01)
            trainer.pull()
        results.append(network.params)
    assert_same_bits(*results)


@pytest.mark.parametrize(
    ("layers", "batch"),
    [(NETS["skips"], 70), (dense_layers((130, 400, 3), "relu"), 1300)],
    ids=["gradients that add up", "blocks that add up"],
)
def test_tiles_sum_the_same_products_in_another_order(layers, batch):
    steps, before = [], halves.set_tiles("")
    for name in ("", "AMX, emulated"):
        halves.set_tiles(name)
        network = CompiledNetwork(33, layers, "softmax_log_loss", np.float32)
        network.params[:] = start = np.random.RandomState(1).uniform(-0.3, 0.3, network.n_params)
        X, y, _ = make_data(batch, network)
        sgd = SGD(momentum=0.0, nesterov=False)
        options = {"batch_size": batch, "learning_rate": 1e3, "compute_dtype": "bfloat16"}
        train(network, sgd, X, y, steps=1, **options)
        steps.append(network.params - start)
    halves.set_tiles(before)
    assert 0 < np.abs(steps[1] - steps[0]).max() < 2e-3 * np.abs(steps[0]).max()


def test_amx_gives_the_bits_that_it_is_emulated_with():
    needs_amx("bfloat16")
    results = []
    for name in ("AMX", "AMX, emulated"):
        before = halves.set_tiles(name)
        network = CompiledNetwork(33, NETS["skips"], "softmax_log_loss", np.float32)
        network.params[:] = np.random.RandomState(1).uniform(-0.3, 0.3, network.n_params)
        X, y, _ = make_data(130, network)
        options = {"batch_size": 70, "n_threads": 2, "compute_dtype": "bfloat16"}
        train(network, Adam(), X, y, steps=4, **options)
        halves.set_tiles(before)
        results.append(network.params)
    assert_same_bits(*results)


@pytest.mark.parametrize("sizes", [(3,), (40, 3)])
def test_sparse_rows_and_encoded_columns_meet_float32_weights(sizes, tiles):
    """A single layer over them is trained to float32's bits; another one behind it is not."""
    rng = np.random.RandomState(0)
    X = np.where(rng.uniform(size=(200, 50)) < 0.1, rng.normal(size=(200, 50)), 0).astype("f4")
    y = rng.randint(3, size=200)
    columns = Columns([Number(np.linspace(-1, 1, 9))] * 50)
    for rows, first in ((csr_matrix(X), ()), (X, (columns,))):
        found = []
        for compute_dtype, n_jobs in ((None, 1), ("bfloat16", 1), ("bfloat16", 2)):
            layers = [*first, *dense_layers(sizes, "relu")]
            net = Network(layers, "log_loss", dtype="float32", random_state=0)
            net.fit(rows, y, epochs=2, batch_size=64, compute_dtype=compute_dtype, n_jobs=n_jobs)
            found.append(net.parameters.copy())
        assert_same_bits(found[2], found[1])
        assert (len(sizes) == 1) == np.array_equal(found[0], found[1])


def test_what_cannot_be_is_refused_by_name():
    X, y = np.zeros((4, 8), np.float32), np.arange(4) % 2
    net = Network([Dense(2)], "log_loss", dtype="float32", random_state=0)
    with pytest.raises(ValueError, match=r"must be 'float32', 'bfloat16' or None.*got 'float16'"):
        net.fit(X, y, compute_dtype="float16")
    assert not hasattr(net, "compiled")
    wide = Network([Dense(2)], "log_loss", random_state=0)
    with pytest.raises(ValueError, match=r"networks of float32.*of float64: make it Network"):
        wide.fit(X, y, compute_dtype="bfloat16")
    for layers in ([Conv2D(2, 3, input_shape=(2, 4, 1), padding="same")], [LSTM(2)]):
        shares = Network([*layers, Dense(2)], "log_loss", dtype="float32", random_state=0)
        with pytest.raises(ValueError, match="convolutions or recurrent layers"):
            shares.fit(X, y, compute_dtype="bfloat16")
