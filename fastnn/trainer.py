"""Trainer: the packed state of a network during a fit."""

import time

import numpy as np

from fastnn.threads import THREAD_WORK, ThreadChoice


class Trainer:
    """The packed state of a network during a fit: weights, moments, workspace.

    The network's own `params` and the optimizer's `state` are read at construction and written by
    `pull`; nothing in between touches them, so a fit that fails leaves them as they were.

    Attributes
    ----------
    loss_sum : float
        Sum of batch loss times batch rows since the caller last set it to zero, the loss of a batch
        being that before its update, with the penalty.
    """

    def __init__(self, network, engine, optimizer, alpha, batch_size):
        self.network, self.optimizer = network, optimizer
        self.alpha, self.batch_size = float(alpha), int(batch_size)
        self._engine = engine
        self.loss_sum = 0.0
        self._threads = ThreadChoice(engine.n_threads, 3.0 * self.batch_size * network.n_params)
        self.push()

    def push(self):
        """Take weights and moments from the network and the optimizer."""
        self._engine.load(self.network.params)
        state = self.optimizer.state
        self._t = state.get("t", 0)
        for i, name in enumerate("mvu"[: len(self._engine.moments)]):
            moment = state.get(name)
            if moment is None and name in self.optimizer.initial_moments:
                value = self.optimizer.initial_moments[name]
                moment = np.full_like(self.network.params, value)
            if moment is not None:
                moment = np.ascontiguousarray(moment, self.network.dtype)
                if moment.shape != self.network.params.shape:
                    raise ValueError(
                        f"the optimizer's state {name!r} must have shape "
                        f"{self.network.params.shape}, got {moment.shape}"
                    )
                self._engine.load_moment(i, moment)
            else:
                self._engine.moments[i][:] = 0

    def pull(self):
        """Give weights to the network, moments and step count to the optimizer."""
        self._engine.store(self._engine.packed, self.network.params)
        state = {"t": self._t}
        for name, moment in zip("mvu", self._engine.moments, strict=False):
            state[name] = np.empty_like(self.network.params)
            self._engine.store(moment, state[name])
        self.optimizer.state = state

    def finish(self):
        """`pull`, giving memory back on the way: the last call of a fit; no other may follow."""
        engine, self._engine = self._engine, None
        packed, moments = engine.release()
        engine.store(packed, self.network.params)
        del packed
        state = {"t": self._t}
        for name in "mvu"[: len(moments)]:
            state[name] = np.empty_like(self.network.params)
            engine.store(moments.pop(0), state[name])
        self.optimizer.state = state

    def run(self, X, y, order, begin, end, *, learning_rate, sample_weight=None):
        """Train on batches begin..end-1; batch b holds the rows ``order[b *
        batch_size:][:batch_size]``."""
        X, labels, y, weight = self.network._data(X, y, sample_weight)
        scale = 1.0 / self.network.n_out if self.network.loss.averaged else 1.0
        while begin < end:
            n_threads, steps = self._threads.pick(end - begin)
            stop = begin + steps
            coefficients = self.optimizer.coefficients(self._t, steps, learning_rate)
            started = time.perf_counter()
            self.loss_sum = self._engine.run(
                X,
                labels,
                y,
                weight,
                order,
                begin,
                stop,
                self.batch_size,
                coefficients,
                self.alpha,
                scale,
                n_threads,
                loss_sum=self.loss_sum,
            )
            self._threads.took(n_threads, (time.perf_counter() - started) / steps, steps)
            self._t += steps
            begin = stop

    def forward(self, X, *, raw=False):
        """Predictions with the current weights."""
        work = X.shape[0] * self.network.n_params
        n_threads = max(1, min(self._engine.n_threads, work // THREAD_WORK))
        return self.network._forward(self._engine, X, raw, None, n_threads)

    def snapshot(self):
        """A copy of the weights."""
        return self._engine.packed.copy()

    def restore(self, snapshot):
        """Put back weights that `snapshot` returned."""
        self._engine.packed[:] = snapshot

    def all_finite(self):
        """Whether every weight is a finite number."""
        return bool(np.isfinite(self._engine.packed).all())
