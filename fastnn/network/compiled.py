"""CompiledNetwork: layers over one flat parameter vector, and what their engines compute."""

import numpy as np

from fastnn._kernels.layers.entries import entries_of
from fastnn._kernels.layers.halves import tiles_in_use
from fastnn._kernels.layers.kinds import TRAITS
from fastnn._kernels.layers.plan import Plan
from fastnn._kernels.layers.specs import uses
from fastnn._kernels.scoring.activated import activate_rows
from fastnn._kernels.training.groups import number_of_groups
from fastnn.layers import Residual
from fastnn.layers.stages import Stages
from fastnn.network.layout import Layout
from fastnn.network.rows import check_compute_dtype, input_rows, row_weights, targets
from fastnn.threads import ThreadChoice, n_threads_for

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
        engine = self.make_engine(1, n_threads, whole_gradient=False)
        return self.forward_with(engine, X, raw, out, n_threads)

    def threads_for(self, X, most):
        """Threads that `forward` of X is worth, at most so many."""
        chain = self._plan.chain and isinstance(X, np.ndarray)
        return n_threads_for(X.shape[0], self.work_of_row(), chain, most)

    def forward_with(self, engine, X, raw, out, n_threads):
        """`forward` by an engine that may have other weights by now, those of a fit."""
        X, n = input_rows(X, self.n_in, self.dtype), X.shape[0]
        if out is None:
            out = np.empty((n, self.n_out), self.dtype)
        elif out.shape != (n, self.n_out) or out.dtype != self.dtype or not out.flags.carray:
            raise ValueError(
                f"out must be a writable C-ordered array of {self.dtype}, shape {(n, self.n_out)}"
            )
        if n:
            at_once = raw or self.loss.steps
            engine.forward(X, out, at_once, min(n_threads, engine.n_threads))
            if at_once and not raw:
                steps = out.reshape(n * self.loss.steps, -1)
                activate_rows(steps, self.loss.output_activation, self._isa)
        return out

    def gradient_engine(self, n, n_threads):
        """What computes gradients over n rows: an engine without update rule, and the choice of
        its threads. Kept for the next of a minimizer's many calls."""
        key = self.gradient_block(n), n_threads, self.groups_of(n)
        if self._kept is None or self._kept[0] != key:
            engine = self.make_engine(*key[:2], n_groups=key[2])
            choice = ThreadChoice(engine.n_threads, *self.work_of(n))
            self._kept = key, engine, choice
        return self._kept[1:]

    def plan_of(self, compute_dtype, n_groups=1):
        """The Plan of a training that multiplies such numbers, in so many groups of rows; None is
        the network's own.

        Raises
        ------
        ValueError
            If the network is of another dtype, or has layers that cannot.
        """
        if compute_dtype is None:
            return None
        check_compute_dtype(compute_dtype, self.dtype, "make it Network(..., dtype='float32')")
        if compute_dtype == "float32":
            return None
        if any(TRAITS[s.kind].matrix and (TRAITS[s.kind].shares or s.window) for s in self.stages):
            raise ValueError(
                "compute_dtype='bfloat16' is for the products of dense layers, and this network "
                "has convolutions or recurrent layers, which it does not know: leave it at None"
            )
        # Small nets, whose rows go in groups, have nothing that tiles would pay for.
        tiles = tiles_in_use() if n_groups == 1 and self._plan.lanes >= 8 else None
        return Plan(self.n_in, self.stages, self.dtype, self._isa, rounded=True, tiles=tiles)

    def work_of(self, n, rule=None):
        """What a `ThreadChoice` asks of a gradient over n rows, or of a step by a rule: multiply-
        adds, about, and the kind of work."""
        return 3.0 * n * self.work_of_row(), (self.n_params, self.dtype, rule)

    def work_of_row(self):
        """Multiply-adds of a row on its way forward, about: parameters as often as it uses them."""
        shapes = [coef.size for coef in self.coefs]
        matrices = [spec for spec in self.stages if TRAITS[spec.kind].matrix]
        more = sum(n * (uses(spec) - 1) for n, spec in zip(shapes, matrices, strict=True))
        return self.n_params + more

    def gradient_block(self, n):
        """Rows that go through at a time: with batch statistics, all."""
        return max(n, 1) if self.has("over_batch") else min(max(n, 1), self.cached_rows())

    def step_block(self, batch_size):
        """Rows of a training step that go through at a time: the batch, unless it is large."""
        if batch_size <= BLOCK_ROWS or self.has("over_batch"):
            return batch_size
        return self.cached_rows()

    def groups_of(self, rows):
        """Groups of a batch's rows that threads share out: `fastnn._kernels.training.groups`."""
        if (
            self.has("over_batch")
            or self.has("shares")
            or self.has("windows")
            or self._stages.custom
        ):
            return 1
        return number_of_groups(rows, self.n_params, self.dtype.itemsize)

    def cached_rows(self):
        """Rows of a block where no update follows at once."""
        row = (self.n_in + 2 * sum(spec.n for spec in self._stages.specs)) * self.dtype.itemsize
        return min(BLOCK_ROWS, max(96, _CACHE // row // 48 * 48))

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
        return self.stage_outputs(X, ends)

    def stage_outputs(self, X, numbers):
        """What these of the network's `stages` put out at prediction, (n, width) each; of -1, X."""
        outputs = [None] * len(self.stages)
        encoded = [n for n in numbers if n >= 0 and self.stages[n].columns]
        for number in {*numbers, *(self.stages[n].source for n in encoded)} - {-1, *encoded}:
            outputs[number] = np.empty((X.shape[0], self.stages[number].n), self.dtype)
        rows = input_rows(X, self.n_in, self.dtype)
        self.make_engine(self.cached_rows(), 1, whole_gradient=False).rows_through(rows, outputs)
        for number in encoded:  # the kernels never write these down
            spec = self.stages[number]
            before = X if spec.source < 0 else outputs[spec.source]
            outputs[number] = entries_of(spec.columns, before.astype(self.dtype, copy=False))
        return [outputs[number] if number >= 0 else X for number in numbers]

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
        engine = self._input_engine()
        engine.rows_through(rows, [None] * len(self._stages.specs), unit, gradient)
        return gradient

    def slopes(self, X):
        """Of each dense layer its inputs, and the gradient of each raw output by what it puts out
        before its activation, row by row, at prediction.

        The gradient of output o by the weight from input i to unit k is then ``inputs[:, i] *
        slopes[o, :, k]``.

        Parameters
        ----------
        X : ndarray of shape (n, n_in)

        Returns
        -------
        list of (inputs (n, n_in of the layer), slopes (n_out, n, n_out of the layer))
        """
        n, stages = X.shape[0], self.stages
        dense = [number for number, spec in enumerate(stages) if TRAITS[spec.kind].matrix]
        outputs = [np.empty((n, stage.n), self.dtype) for stage in stages]
        slopes = {t: np.empty((self.n_out, n, stages[t].n), self.dtype) for t in dense}
        rows, engine = input_rows(X, self.n_in, self.dtype), self._input_engine()
        for unit in range(self.n_out):
            of_unit = [slopes[t][unit] if t in slopes else None for t in range(len(stages))]
            engine.rows_through(rows, outputs, unit, None, of_unit)
        sources = {-1: X, **dict(enumerate(outputs))}
        return [(sources[stages[t].source], slopes[t]) for t in dense]

    def _input_engine(self):
        plan = self._make_plan(input_gradient=True)
        return self.make_engine(self.cached_rows(), 1, None, False, plan, True)

    def data(self, X, y, sample_weight=None):
        """X, labels, y, weight as the kernels take them, with shapes checked."""
        n = X.shape[0]
        if y is X and not isinstance(X, np.ndarray):  # sparse rows as their own targets
            if X.shape[1] != self.n_out or self.loss.integer_targets:
                raise ValueError(f"y must have shape ({n}, {self.n_out}), got {y.shape}")
            rows = input_rows(X, self.n_in, self.dtype)
            return rows, None, rows, row_weights(sample_weight, n, self.dtype)
        found = targets(self.loss, y, sample_weight, n, self.n_out, self.dtype)
        return input_rows(X, self.n_in, self.dtype), *found
