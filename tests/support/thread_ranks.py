"""Ranks that are threads of one process, and one process that does by itself what ranks do."""

import copy
import queue
import threading
import warnings

import numpy as np
from sklearn.base import clone

from fastnn import MLPClassifier
from fastnn.distributed._errors import RankError
from fastnn.distributed._group import Group
from fastnn.distributed._ranks import train
from fastnn.distributed._shards import joined
from fastnn.estimators.mlp import solvers
from fastnn.estimators.mlp.hidden_layers import first_weights
from fastnn.losses import make_loss
from fastnn.network.compiled import CompiledNetwork
from fastnn.training.trainer import make_trainer

X = np.random.RandomState(0).normal(size=(600, 6)).astype(np.float32)
Y = (X[:, 0] > 0) * 1 + (X[:, 1] > 0)


def net(hidden=(12,), **more):
    options = {"batch_size": 16, "max_iter": 3, "tol": 0.0, "random_state": 0}
    return MLPClassifier(hidden, **(options | more))


def cut(*bounds):
    return [(X[a:b], Y[a:b]) for a, b in zip((0, *bounds), (*bounds, len(X)), strict=True)]


SHARDS = {
    1: cut(),
    2: cut(310),
    4: cut(100, 100, 350),  # the second has no rows
    8: cut(70, 150, 220, 300, 380, 460, 530),
}


class ThreadGroup(Group):
    """Sends copies through queues."""

    def __init__(self, rank, size, queues, patience=30.0):
        super().__init__(rank, size, patience)
        self._queues = queues

    def swap(self, outgoing, incoming, patience=None):
        for rank, arrays in outgoing.items():
            self._queues[self.rank, rank].put([array.copy() for array in arrays])
        for rank, arrays in incoming.items():
            try:
                found = self._queues[rank, self.rank].get(timeout=patience or 60)
            except queue.Empty:
                raise RankError(f"rank {rank} has been silent", rank) from None
            if isinstance(found, Exception):
                raise found
            for array, its in zip(arrays, found, strict=True):
                array[...] = its

    def fail(self, error):
        for rank in self.others:
            self._queues[self.rank, rank].put(self.told(error))


def on_threads(function, size, **options):
    """What ``function(group)`` returns on each of so many ranks, or the error that it raises."""
    queues = {(a, b): queue.Queue() for a in range(size) for b in range(size)}
    found = [None] * size

    def run(rank):
        group = ThreadGroup(rank, size, queues, **options)
        try:
            with group.together():
                found[rank] = function(group)
        except BaseException as error:
            found[rank] = error

    threads = [threading.Thread(target=run, args=(rank,)) for rank in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def fitted_by_ranks(estimator, shards, n_threads=1, report=None, begun=None):
    """The model of each rank, or its error; shards: (X, y) or (X, y, weight) of each."""
    models = [copy.deepcopy(begun) if begun else clone(estimator) for _ in shards]

    def rank(group):
        X, y, *weight = shards[group.rank]
        shard = joined([X], [y], [weight[0]] if weight else None)
        model = models[group.rank]
        if report and group.rank == 0:
            train(group, model, shard, n_threads=n_threads, report=report, reports=True)
        else:
            train(group, model, shard, n_threads=n_threads, reports=report is not None)
        return model

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return on_threads(rank, len(shards))


def fitted_by_one(estimator, shards, hidden, n_classes):
    """One process that computes each shard's whole gradient, adds them up as a tree by hand, and
    takes the step: coefs and losses. Rows in their order, one ReLU network with a softmax."""
    from fastnn.layers import Dense

    X, dtype = shards[0][0], shards[0][0].dtype
    layers = [Dense(n, "relu") for n in hidden] + [Dense(n_classes)]
    network = CompiledNetwork(X.shape[1], layers, make_loss("softmax_log_loss"), dtype)
    first_weights(network, estimator, np.random.RandomState(estimator.random_state), X, None)
    batch, n_rows = estimator.batch_size, sum(len(X) for X, _ in shards)
    engine, *_ = network.gradient_engine(batch, 1)
    adder = {}
    trainer = make_trainer(
        network,
        solvers.make_optimizer(estimator),
        alpha=estimator.alpha,
        batch_size=batch,
        epsilon=np.finfo(dtype).eps,
        exchange=lambda gradient, totals: _replace(gradient, totals, **adder),
    )
    losses = []
    for _ in range(estimator.max_iter):
        trainer.loss_sum = 0.0
        for step in range(max(-(-len(X) // batch) for X, _ in shards)):
            trainer.pull()
            found = [_gradient(network, engine, X, y, step, batch) for X, y in shards]
            adder.update(gradients=[g for g, _ in found], sums=[t for _, t in found])
            order = np.arange(len(X), dtype=np.intp)
            data = trainer.data(*shards[0])
            trainer.train(data, order, step, step + 1, estimator.learning_rate_init)
        losses.append(trainer.loss_sum / n_rows)
    trainer.pull()
    return [coef.copy() for coef in network.coefs], losses


def _gradient(network, engine, X, y, step, batch):
    rows = np.arange(step * batch, min(len(X), (step + 1) * batch), dtype=np.intp)
    if not len(rows):
        return np.zeros_like(engine.gradient), np.zeros(3)
    network.load(engine)
    engine.gradient[:] = 0
    mean = engine.run(*network.data(X, y), rows, 0, 1, len(rows), None, 1.0, 1)
    return engine.gradient.copy(), np.array([len(rows), len(rows), mean])


def _replace(gradient, totals, gradients, sums):
    gradient[:], totals[:] = tree(gradients), tree(sums)


def tree(parts):
    """(0 + 1) + (2 + 3) and so on."""
    if len(parts) == 1:
        return parts[0]
    half = 1 << (len(parts) - 1).bit_length() - 1
    return tree(parts[:half]) + tree(parts[half:])


__all__ = ["SHARDS", "X", "Y", "fitted_by_one", "fitted_by_ranks", "net", "on_threads", "tree"]
