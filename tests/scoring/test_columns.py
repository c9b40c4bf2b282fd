"""A few rows on several threads, which share out the columns of each layer."""

import threading

import numpy as np
import pytest
from kernel_cases import DTYPES, ISAS, assert_same_bits, chain_scorer, make_network, same_bits

from fastnn import Predictor
from fastnn.layers import ACTIVATIONS

ROWS = [1, 2, 5, 12, 13, 47, 48]

#: Wide enough for several threads, on every ISA: full panels and a rest, a narrow last layer, none,
#: and more panels than a word has bits.
SIZES = [(777, 129, 10), (512, 512, 1), (640, 333), (1100, 7, 300, 2)]


def scorer_of(network, dtype, isa=None):
    activations = [layer.activation for layer in network.layers]
    return chain_scorer(network.coefs, network.intercepts, activations, "identity", dtype, isa=isa)


def rows_of(n, n_in, dtype, seed=0):
    return np.random.RandomState(seed).normal(size=(n, n_in)).astype(dtype)


@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_threads_change_no_bit(isa, dtype, sizes):
    network = make_network(331, sizes, "relu", "squared_error", dtype, isa)
    scorer = scorer_of(network, dtype, isa)
    for rows in ROWS:
        for other in DTYPES:
            X = rows_of(rows, 331, other)
            alone = scorer.raw(X, n_threads=1)
            for n_threads in (2, 3, 4, 9):
                for _ in range(5):  # members come at another moment each time
                    assert_same_bits(scorer.raw(X, n_threads=n_threads), alone, (rows, n_threads))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation(activation):
    network = make_network(300, (600, 130, 5), activation, "squared_error", np.float32)
    scorer = scorer_of(network, np.float32)
    for rows in (1, 7):
        X = rows_of(rows, 300, np.float32)
        alone = scorer.raw(X, n_threads=1)
        for _ in range(5):
            assert_same_bits(scorer.raw(X, n_threads=4), alone)


@pytest.mark.parametrize("depth", [15, 16, 17, 40])
def test_nets_of_any_depth(depth):
    network = make_network(100, (*[150] * depth, 3), "tanh", "squared_error", np.float32)
    scorer = scorer_of(network, np.float32)
    X = rows_of(9, 100, np.float32)
    alone = scorer.raw(X, n_threads=1)
    for _ in range(50):
        assert_same_bits(scorer.raw(X, n_threads=3), alone)


def test_a_bad_number_is_found_before_anything_is_written():
    network = make_network(784, (256, 128, 10), "relu", "squared_error", np.float32)
    scorer = scorer_of(network, np.float32)
    X = rows_of(16, 784, np.float32)
    X[15, 783] = np.nan
    out = np.full((16, 10), 7, np.float32)
    with pytest.raises(ValueError, match="NaN"):
        scorer.raw(X, out, 4)
    assert (out == 7).all()


def test_many_callers_at_once():
    """One has the team, the others work alone; all get the same."""
    network = make_network(784, (256, 128, 10), "relu", "softmax_log_loss", np.float32)
    scorer = scorer_of(network, np.float32)
    X = rows_of(64, 784, np.float32)
    expected = scorer.raw(X, n_threads=1)
    wrong = []

    def call(number):
        rng = np.random.RandomState(number)
        for _ in range(300):
            first = rng.randint(60)
            rows = rng.randint(1, 4)
            some = slice(first, first + rows)
            if not same_bits(scorer.raw(X[some], n_threads=4), expected[some]):
                wrong.append((number, some))

    callers = [threading.Thread(target=call, args=(number,)) for number in range(8)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert not wrong


def test_a_predictor_uses_it_for_one_row():
    from sklearn.neural_network import MLPClassifier

    X = rows_of(200, 784, np.float64)
    model = MLPClassifier((256, 128), max_iter=1).fit(X, np.arange(200) % 10)
    predictor = Predictor(model)
    expected = predictor.predict_proba(X, n_jobs=1)
    for n_jobs in (None, 2, 4):
        for i in range(200):
            row = slice(i, i + 1)
            assert_same_bits(predictor.predict_proba(X[row], n_jobs=n_jobs), expected[row])
