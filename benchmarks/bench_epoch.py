"""An epoch of the engine and a call of the Predictor against NumPy by hand (numpy_mlp.py)."""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from benchmarks.machine import cpu_count
from benchmarks.numpy_mlp import NumpyMLP
from benchmarks.peers import fastnn_peer, numpy_peer
from benchmarks.peers.cases import BY_NAME, Scoring
from benchmarks.peers.worker import check_probabilities
from fastnn.layers import Dense
from fastnn.network.compiled import CompiledNetwork
from fastnn.optimizers import Adam
from fastnn.training.trainer import make_trainer

THREADS = sorted({1, cpu_count()})
CASES = ["tiny", "small", "medium"]


def network(case, dtype):
    *hidden, n_out = case.layer_sizes[1:]
    layers = [Dense(n, "relu") for n in hidden] + [Dense(n_out)]
    loss = "logistic_log_loss" if n_out == 1 else "softmax_log_loss"
    net = CompiledNetwork(case.sizes[0], layers, loss, dtype)
    start = NumpyMLP(case.layer_sizes, case.batch, dtype)
    for own, value in zip(net.coefs + net.intercepts, start.weights + start.biases, strict=True):
        own[:] = value
    return net


def targets(case, X, y):
    return y.astype(X.dtype)[:, None] if case.layer_sizes[-1] == 1 else y


def fastnn_epoch(case, X, y, threads):
    net, y = network(case, X.dtype), targets(case, X, y)
    trainer = make_trainer(net, Adam(), batch_size=case.batch, n_threads=threads)
    rng = np.random.default_rng(0)

    def epoch():
        order = rng.permutation(len(X))
        trainer.run(X, y, order, 0, case.steps, learning_rate=1e-3)

    return epoch


def numpy_epoch(case, X, y, threads):
    net = NumpyMLP(case.layer_sizes, case.batch, X.dtype)
    return lambda: net.epoch(X, y)


EPOCHS = {"fastnn": fastnn_epoch, "NumPy": numpy_epoch}
SCORERS = {"fastnn": fastnn_peer.score, "NumPy": numpy_peer.score}


@pytest.mark.parametrize("contender", EPOCHS)
@pytest.mark.parametrize("threads", THREADS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", CASES)
def bench_epoch(benchmark, name, dtype, threads, contender):
    case = BY_NAME[name]
    X, y = case.data()
    X = X.astype(dtype)
    describe(benchmark, case, dtype, threads, contender, f"epoch of {case.rows:,} rows")
    with threadpool_limits(threads, "blas"):
        epoch = EPOCHS[contender](case, X, y, threads)
        benchmark.pedantic(epoch, rounds=5, warmup_rounds=1)


@pytest.mark.parametrize("contender", SCORERS)
@pytest.mark.parametrize("threads", THREADS)
@pytest.mark.parametrize("rows", [1, 100, 10_000])
@pytest.mark.parametrize("sizes", [(30, 100, 2), (784, 256, 128, 10)], ids=["small", "medium"])
def bench_scoring(benchmark, sizes, rows, threads, contender):
    case = Scoring("", sizes, rows)
    X, model = case.data(), case.model()
    describe(benchmark, case, "float32", threads, contender, f"scoring {rows:,} rows")
    with threadpool_limits(threads, "blas"):
        proba = SCORERS[contender](case, model, threads)
        check_probabilities(proba(X), model, X)
        benchmark(proba, X)


def describe(benchmark, case, dtype, threads, contender, what):
    sizes = "-".join(map(str, case.layer_sizes))
    batch = f", batch {case.batch}" if case.kind == "train" else ""
    benchmark.group = f"{what}, {sizes}{batch}, {dtype}, {threads} thread{'s' * (threads > 1)}"
    benchmark.extra_info["contender"] = contender
