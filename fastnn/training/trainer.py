"""Trainer: the packed state of a network during a fit."""

import math
import time
from contextlib import contextmanager

import numpy as np

from fastnn._kernels.training.exchange import Exchange
from fastnn.threads import ThreadChoice
from fastnn.training.coefficients import Coefficients
from fastnn.training.moments import free_weights, load_moments, moments_of
from fastnn.training.options import StepOptions
from fastnn.training.plasticity import Traces
from fastnn.training.statistics import mean_of_weights, settle

__all__ = ["Trainer", "make_trainer"]


def make_trainer(
    network,
    optimizer,
    *,
    batch_size,
    n_threads=1,
    epsilon=0.0,
    exchange=None,
    plasticity=None,
    traces=None,
    **options,
):
    """A `Trainer` that starts from a network's parameters and an optimizer's state.

    Parameters
    ----------
    network : CompiledNetwork
    optimizer : Optimizer
    batch_size : int
    n_threads : int, default=1
    epsilon : float, default=0.0
        How far from 0 and 1 reported log losses take a probability to be, as in `Objective`.
    exchange : callable, optional
        See `fastnn._kernels.training.exchange`.
    plasticity : Plasticity, optional
        What makes weights stiff,
    traces : dict, optional
        and what is left of their use, as the attribute of that name gave it.
    **options
        Fields of `StepOptions`.

    Returns
    -------
    Trainer
    """
    options, batch_size = StepOptions(**options), int(batch_size)
    block = network.step_block(batch_size)
    added_to = max(network.ties) >= 0 or exchange is not None or network.has("shares")
    asked = options.clip_norm is not None or (plasticity and plasticity.kind == "gradient")
    whole_gradient = bool(block < batch_size or asked or added_to)
    groups = network.groups_of(batch_size)
    plan = network.plan_of(options.compute_dtype, groups)
    engine = network.make_engine(block, n_threads, optimizer, whole_gradient, plan, n_groups=groups)
    if plasticity is not None:
        plasticity = Traces(plasticity, network, groups, traces, alone=exchange is None)
    if exchange is not None:
        Exchange(engine, exchange)
    return Trainer(network, engine, optimizer, options, batch_size, epsilon, plasticity)


class Trainer:
    """The packed state of a network during a fit: weights, moments, workspace.

    The network's `params` and the optimizer's `state` are read at construction and written by
    `pull`, not in between: a fit that fails leaves them as they were.

    Attributes
    ----------
    loss_sum : float
        Sum of batch loss, before the update, times batch rows since the caller set it to zero.
    """

    def __init__(self, network, engine, optimizer, options, batch_size, epsilon, traces=None):
        self.network, self.optimizer = network, optimizer
        self.options, self.batch_size = options, batch_size
        self.whole_batch = options.whole_batch or batch_size
        self._engine, self._epsilon, self._traces = engine, epsilon, traces
        self._mean_weight, self._trained_on, self.loss_sum = 1.0, None, 0.0
        work = network.work_of(self.batch_size, optimizer.rule)
        self._threads = ThreadChoice(engine.n_threads, *work)
        self.push()

    def push(self):
        """Take weights and moments from the network and the optimizer."""
        self.network.load(self._engine)
        self._configure()
        self._t = self.optimizer.state.get("t", 0)
        self._coefficients = Coefficients(self.optimizer)
        load_moments(self._engine, self.optimizer, self.network, self._free, self._traces)

    @property
    def traces(self):
        """What use has left of itself up to now, see `fastnn.training.plasticity`, or None."""
        return self._traces and self._traces.state()

    def pull(self):
        """Give weights to the network, moments and step count to the optimizer."""
        with self.averaged():
            self.network.store(self._engine, self._engine.packed)
        self.optimizer.state = {"t": self._t, **moments_of(self._engine, self.network)}

    def finish(self):
        """`pull`, giving memory back on the way: the last call of a fit; no other may follow."""
        engine = self._engine
        if self._average is not None:
            self._put_average()
            self._average = None
        self._engine = self._trained_on = None
        self.network.store(engine, engine.packed)
        engine.release()
        self.optimizer.state = {"t": self._t, **moments_of(engine, self.network, spent=True)}

    def data(self, X, y, sample_weight=None, rows=None):
        """Rows and targets, checked, for any number of calls of `train`. `rows`: which, or all."""
        data = self.network.data(X, y, sample_weight)
        weight = data[-1] if data[-1] is None or rows is None else data[-1][rows]
        self._mean_weight = mean_of_weights(weight)
        return data

    def run(self, X, y, order, begin, end, *, learning_rate, sample_weight=None):
        """`train` on data that no other call will see."""
        self.train(self.data(X, y, sample_weight), order, begin, end, learning_rate)

    def train(self, data, order, begin, end, learning_rate, rows_before=math.inf):
        """Train on batches begin..end-1; batch b holds the rows ``order[b *
        batch_size:][:batch_size]``. The learning rate is one number or an array, one per batch.

        The running statistics of batch norms are the mean over their rows, ``rows_before`` before
        these, until a whole batch moves them by more: by its momentum.
        """
        each, done = isinstance(learning_rate, np.ndarray), 0
        while begin < end:
            n_threads, steps = self._threads.pick(end - begin)
            stop = begin + steps
            rates = learning_rate[done : done + steps] if each else learning_rate
            engine = self.prepare(data, order, begin, stop, rates, rows_before)
            rows_before += steps * self.batch_size
            started = time.perf_counter()
            engine.sweep(n_threads)
            self._threads.took(n_threads, (time.perf_counter() - started) / steps, steps)
            self.trained(steps)
            begin, done = stop, done + steps

    def prepare(self, data, order, begin, end, learning_rate, rows_before=math.inf):
        """`train` up to the arithmetic: the engine, which is ready for it. `trained` follows."""
        self._trained_on = data, order
        if isinstance(learning_rate, np.ndarray):
            coefficients = self.optimizer.coefficients(self._t, end - begin, learning_rate)
        else:
            coefficients = self._coefficients.of(self._t, end - begin, learning_rate)
        self._engine.prepare(
            *data,
            order,
            begin,
            end,
            self.batch_size,
            coefficients,
            1.0 / self.network.loss.averaged_over(self.network.n_out),
            step=self._t,
            loss_sum=self.loss_sum,
            mean_weight=self._mean_weight,
            whole_batch=self.whole_batch,
            rows_before=rows_before,
        )
        return self._engine

    def trained(self, steps):
        """Take what the engine has found in the steps that were prepared."""
        self.loss_sum = self._engine.result()
        self._t += steps

    def _configure(self):
        """Tell the engine the options; the moving average begins at the present weights."""
        options, engine = self.options, self._engine
        bounds = {n: getattr(options, n) for n in ("clip_value", "clip_norm", "max_norm")}
        self._average = self._settled = None
        if options.average_decay is not None:
            self._average = engine.packed[: engine.plan.n_master].copy()
        self._free = free_weights(engine, self.network) if options.keep_zeros else None
        engine.configure(
            l2=options.alpha,
            l1=self.optimizer.l1,
            average=self._average,
            average_decay=options.average_decay or 0.0,
            seed=options.seed,
            epsilon=self._epsilon,
            track=True,
            plasticity=self._traces and self._traces.kernel,
            free=self._free,
            **{name: bound for name, bound in bounds.items() if bound is not None},
        )

    @contextmanager
    def averaged(self):
        """Within the block the engine has the averaged weights, if any: enough to score with."""
        if self._average is None:
            yield
            return
        kept = self._engine.packed.copy()
        self._put_average()
        try:
            yield
        finally:
            self._engine.packed[:] = kept

    def _put_average(self):
        """Give the engine the averaged weights, with the statistics of the rows under them."""
        packed = self._engine.packed
        self._engine.put(self._average)
        if self._settled is None or self._settled[0] != self._t:
            self.settle()
            self._settled = self._t, packed[len(self._average) :].copy()
        packed[len(self._average) :] = self._settled[1]

    def settle(self):
        """Set the running statistics to those of the rows trained on, under the present weights."""
        if self._trained_on is not None:
            (X, _, _, weight), order = self._trained_on
            settle(self._engine, X, weight, order, self.batch_size)

    def forward(self, X, *, raw=False):
        """Predictions with the current weights, averaged if they are."""
        n_threads = self.network.threads_for(X, self._engine.n_threads)
        with self.averaged():
            return self.network.forward_with(self._engine, X, raw, None, n_threads)

    def snapshot(self):
        """A copy of the weights that `forward` uses."""
        with self.averaged():
            return self._engine.packed.copy()

    def restore(self, snapshot):
        """Put back weights that `snapshot` returned; there is no average of them any more."""
        self._engine.put(snapshot)
        self._settled = None
        if self._average is not None:
            self._average[:] = snapshot[: len(self._average)]

    def all_finite(self):
        """Whether every weight is a finite number."""
        return self._engine.all_finite()
