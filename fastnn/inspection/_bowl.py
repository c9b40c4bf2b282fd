"""Paths of optimizers on the squared error of a linear neuron: an elongated bowl."""

import copy
from collections.abc import Iterable, Mapping

import numpy as np

from fastnn import optimizers as known
from fastnn.layers import Dense
from fastnn.network.compiled import CompiledNetwork
from fastnn.training.trainer import make_trainer

__all__ = ["PATHS", "named", "paths_down"]

#: Name, rows a batch (0: all), optimizer and number of steps of each path.
PATHS = (
    ("batch", 0, known.SGD(1.85, 0.0), 40),
    ("mini-batch of 16", 16, known.SGD(0.5, 0.0), 150),
    ("stochastic", 1, known.SGD(0.06, 0.0), 900),
    ("batch with momentum 0.8", 0, known.SGD(0.25, 0.8, False), 60),
)

#: Learning rates that suit this bowl, of the optimizers given by name.
_RATES = {
    "sgd": 0.1,
    "adagrad": 0.8,
    "rmsprop": 0.05,
    "adadelta": 20.0,
    "adam": 0.15,
    "adamw": 0.15,
    "nadam": 0.15,
    "amsgrad": 0.15,
    "rprop": 0.1,
}


def paths_down(condition_number, ways, n_samples, noise, random_state):
    """Train a linear neuron with two weights in several ways.

    Parameters
    ----------
    condition_number, n_samples, noise, random_state
        As in `OptimizerPathDisplay.from_bowl`.
    ways : iterable of (name, rows a batch, optimizer, number of steps)
        0 rows stand for all.

    Returns
    -------
    paths, hessian, optimum
        As in `OptimizerPathDisplay`.
    """
    if not condition_number >= 1:
        raise ValueError(f"condition_number must be at least 1, got {condition_number!r}.")
    rng = np.random.RandomState(random_state)
    X, _ = np.linalg.qr(_centred(rng.normal(size=(n_samples, 2))))
    turn = np.array([[0.8, -0.6], [0.6, 0.8]])
    X = np.sqrt(n_samples) * X * [1.0, condition_number**-0.5] @ turn.T
    optimum = np.zeros(2)
    y = _centred(noise * rng.normal(size=n_samples))
    y -= X @ np.linalg.lstsq(X, y)[0]  # so that the least squares are at the optimum
    start = turn @ [1.0, -3.0]
    paths = {
        name: _path(optimizer, X, y, start, size or n_samples, steps, rng)
        for name, size, optimizer, steps in ways
    }
    return paths, X.T @ X / n_samples, optimum


def _centred(values):
    return values - values.mean(axis=0)


def named(optimizers):
    """Name -> optimizer, of whatever form the optimizers were given in."""
    if isinstance(optimizers, (str, known.Optimizer)):
        optimizers = [optimizers]
    if not isinstance(optimizers, Mapping):
        if not isinstance(optimizers, Iterable):
            raise ValueError(_wanted(optimizers))
        given = list(optimizers)
        names = [str(o) if isinstance(o, str) else type(o).__name__ for o in given]
        twice = {name for name in names if names.count(name) > 1}
        names = [
            f"{name} ({i})" if name in twice else name for i, name in enumerate(names, start=1)
        ]
        optimizers = dict(zip(names, given, strict=True))
    made = {}
    for name, optimizer in optimizers.items():
        if isinstance(optimizer, known.Optimizer):
            made[name] = optimizer
        elif isinstance(optimizer, str) and optimizer in known.OPTIMIZERS:
            made[name] = known.OPTIMIZERS[optimizer](_RATES[optimizer])
        else:
            raise ValueError(_wanted(optimizer))
    return made


def _wanted(optimizer):
    names = ", ".join(known.OPTIMIZERS)
    return (
        f"optimizers must be names ({names}) or objects of fastnn.optimizers, alone, in a list or "
        f"as values of a dict; got {optimizer!r}."
    )


def _path(optimizer, X, y, start, batch_size, n_steps, rng):
    """Weights after each step of a linear neuron."""
    optimizer = copy.deepcopy(optimizer)
    optimizer.state = {}
    network = CompiledNetwork(X.shape[1], [Dense(1)], "squared_error")
    network.coefs[0][:, 0] = start
    trainer = make_trainer(network, optimizer, batch_size=batch_size)
    data, rate = trainer.data(X, y[:, None]), optimizer.learning_rate_init
    path, rows = [np.array(start)], []
    for _ in range(n_steps):
        if len(rows) < batch_size:
            rows = list(rng.permutation(len(X)))
        batch, rows = np.array(rows[:batch_size], dtype=np.intp), rows[batch_size:]
        trainer.train(data, batch, 0, 1, learning_rate=rate)
        trainer.pull()
        path.append(network.coefs[0][:, 0].copy())
    return np.array(path)
