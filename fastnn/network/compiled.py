"""CompiledNetwork: layers over one flat parameter vector. The only Python that runs the training
kernels."""

import numpy as np

from fastnn._kernels.training.groups import number_of_groups
from fastnn.layers import Residual
from fastnn.layers.stages import Stages
from fastnn.network.layout import Layout
from fastnn.network.rows import input_rows, targets
from fastnn.threads import ThreadChoice
from fastnn.training.objective import Objective
from fastnn.training.trainer import StepOptions, Trainer

#: Most rows that go through the layers at a time; a larger batch adds up its blocks' gradients.
BLOCK_ROWS = 1024

#: Bytes of a block's rows in all layers that stay in a core's own cache.
_CACHE = 1 << 19


class CompiledNetwork(Layout):
    """Layers with a loss, for a known number of features; see `fastnn.network.layout.Layout`."""

    def forward(self, X, *, raw=False, n_threads=1, out=None):
        """Predictions of the network, or its raw outputs.

        Parameters
        ----------
        X : ndarray or CSR matrix of shape (n, n_in)
            C-contiguous float32 or float64; the other dtype is converted, an array block by block.
        raw : bool, default=False
            Leave out the output activation.
        n_threads : int, default=1
        out : ndarray of shape (n, n_out), optional

        Returns
        -------
        ndarray of shape (n, n_out)
        """
        engine = self._engine(1, n_threads, whole_gradient=False)
        return self._forward(engine, X, raw, out, n_threads)

    def _forward(self, engine, X, raw, out, n_threads):
        X, n = input_rows(X, self.n_in, self.dtype), X.shape[0]
        if out is None:
            out = np.empty((n, self.n_out), self.dtype)
        elif out.shape != (n, self.n_out) or out.dtype != self.dtype or not out.flags.carray:
            raise ValueError(
                f"out must be a writable C-ordered array of {self.dtype}, shape {(n, self.n_out)}"
            )
        if n:
            engine.forward(X, out, raw, min(n_threads, engine.n_threads))
        return out

    def loss_and_grad(self, X, y, *, sample_weight=None, alpha=0.0, n_threads=1, grad=None, seed=0):
        """Loss over all rows and its gradient by the parameters.

        ``sum(w_i loss_i) / S + alpha / (2 S) sum(coefs^2)`` with S the sum of the weights.

        Parameters
        ----------
        X : ndarray or CSR matrix of shape (n, n_in)
        y : ndarray
            ``(n,)`` class numbers of np.intp, or ``(n, n_out)`` of the network's dtype.
        sample_weight : ndarray of shape (n,), optional
        alpha : float, default=0.0
            Strength of the L2 penalty on the coefs.
        n_threads : int, default=1
        grad : ndarray of shape (n_params,), optional
            Where to write the gradient.
        seed : int, default=0
            Of the random numbers of dropout and noise, which are those of a first training step.

        Returns
        -------
        loss : float
        grad : ndarray of shape (n_params,)
        """
        objective = self.objective(
            X, y, sample_weight=sample_weight, alpha=alpha, n_threads=n_threads, seed=seed
        )
        return objective(grad)

    def objective(self, X, y, **options):
        """The function that `loss_and_grad` evaluates, for many evaluations on the same data: an
        `Objective`, with the same parameters but `grad`."""
        return Objective(self, X, y, **options)

    def _gradient_engine(self, n, n_threads):
        """An engine without update rule, kept for the next of a minimizer's many calls."""
        key = self._gradient_block(n), n_threads, self._groups(n)
        if self._kept is None or self._kept[0] != key:
            engine = self._engine(*key[:2], n_groups=key[2])
            choice = ThreadChoice(engine.n_threads, *self.work_of(n))
            self._kept = key, engine, choice
        return self._kept[1:]

    def work_of(self, n, rule=None):
        """What a `ThreadChoice` asks of a gradient over n rows, or of a step by a rule: multiply-
        adds, about, and the kind of work."""
        return 3.0 * n * self.n_params, (self.n_params, self.dtype, rule)

    def _gradient_block(self, n):
        """Rows that go through at a time: with batch statistics, all."""
        return max(n, 1) if self.has("batch_norm") else min(max(n, 1), self._cached_rows())

    def _groups(self, rows):
        """Groups of a batch's rows that threads share out: `fastnn._kernels.training.groups`."""
        if self.has("batch_norm") or self._stages.custom:
            return 1
        return number_of_groups(rows, self.n_params, self.dtype.itemsize)

    def _cached_rows(self):
        """Rows of a block where no update follows at once."""
        row = (self.n_in + 2 * sum(spec.n for spec in self._stages.specs)) * self.dtype.itemsize
        return min(BLOCK_ROWS, max(96, _CACHE // row // 48 * 48))

    def trainer(self, optimizer, *, batch_size, n_threads=1, **options):
        """A `Trainer` that starts from this network's parameters and the optimizer's state.

        ``options`` are the fields of `fastnn.training.trainer.StepOptions`.
        """
        options = StepOptions(**options)
        at_once = int(batch_size) <= BLOCK_ROWS or self.has("batch_norm")
        block_rows = int(batch_size) if at_once else self._cached_rows()
        whole = not at_once or options.clip_norm is not None
        groups = self._groups(int(batch_size))
        engine = self._engine(block_rows, n_threads, optimizer, whole, n_groups=groups)
        return Trainer(self, engine, optimizer, options, batch_size)

    def settle_statistics(self, X, y):
        """Set the running statistics of every BatchNorm to those of all rows at once."""
        if self.has("batch_norm"):
            n = X.shape[0]
            for mean, variance in self.running:
                mean[...] = variance[...] = 0  # no rounding that depends on what they were
            engine = self._engine(n, 1, plan=self._make_plan(momentum=1.0))
            engine.configure(track=True)
            batch = *self._data(X, y, None), np.arange(n, dtype=np.intp), 0, 1, n
            engine.run(*batch, None, 1.0, 1)
            self.store(engine, engine.packed)

    def layer_outputs(self, X, *, branches=False):
        """What each layer puts out at prediction, the raw outputs last.

        Parameters
        ----------
        X : ndarray or CSR matrix of shape (n, n_in)
        branches : bool, default=False
            Of a Residual, what its own layers put out, before its input is added.

        Returns
        -------
        list of ndarray of shape (n, width)
        """
        stages, ends = Stages(self.n_in), []
        for layer in self.layers:
            layer.add_to(stages)
            added = branches and isinstance(layer, Residual)
            ends.append(stages.specs[-1].source if added else stages.source)
        outputs = [None] * len(stages.specs)
        for end in ends:
            if end >= 0:
                outputs[end] = np.empty((X.shape[0], stages.width(end)), self.dtype)
        rows = input_rows(X, self.n_in, self.dtype)
        self._engine(self._cached_rows(), 1, whole_gradient=False).rows_through(rows, outputs)
        return [outputs[end] if end >= 0 else X for end in ends]

    def input_gradient(self, X, unit=0):
        """Gradient of a raw output by the input, row by row, at prediction.

        Parameters
        ----------
        X : ndarray of shape (n, n_in)
        unit : int, default=0
            Number of the output.

        Returns
        -------
        ndarray of shape (n, n_in)
        """
        if not 0 <= unit < self.n_out:
            raise ValueError(f"unit must be from 0 to {self.n_out - 1}, got {unit!r}")
        gradient = np.empty((X.shape[0], self.n_in), self.dtype)
        rows = input_rows(X, self.n_in, self.dtype)
        plan = self._make_plan(input_gradient=True)
        engine = self._engine(self._cached_rows(), 1, None, False, plan, True)
        engine.rows_through(rows, [None] * len(self._stages.specs), unit, gradient)
        return gradient

    def _data(self, X, y, sample_weight):
        """X, labels, y, weight as the kernels take them, with shapes checked."""
        n = X.shape[0]
        found = targets(self.loss, y, sample_weight, n, self.n_out, self.dtype)
        return input_rows(X, self.n_in, self.dtype), *found
