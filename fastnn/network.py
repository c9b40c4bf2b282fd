"""Network: layers over one flat parameter vector. The only Python that calls the training kernels.
Network: layers over one flat parameter vector. The only Python that calls the training kernels."""

import time
from itertools import pairwise

import numpy as np
from scipy.sparse import issparse

from fastnn._kernels import table
from fastnn._kernels.engine import Engine, aligned_zeros
from fastnn._kernels.plan import Plan
from fastnn._kernels.sparse import SparseRows
from fastnn.layers import Dense
from fastnn.losses import LOSSES
from fastnn.threads import ThreadChoice
from fastnn.trainer import Trainer

#: Most rows that go through the layers at a time; a larger batch adds up its blocks' gradients.
BLOCK_ROWS = 1024

#: Bytes of a block's rows in all layers that stay in a core's own cache.
_CACHE = 1 << 19

#: Multiply-adds of a forward pass that take some tens of milliseconds to train on.
_STRETCH_WORK = 5e8


class Network:
    """A stack of dense layers with a loss.

    Parameters
    ----------
    n_in : int
        Number of features.
    layers : list of Dense
        The last one is linear: the loss brings its own output activation.
    loss : str
        Name in `fastnn.losses.LOSSES`.
    dtype : {np.float32, np.float64}
    isa : str or None
        Instruction set to use, for tests and comparisons; None is the one chosen at import.

    Attributes
    ----------
    params : ndarray of shape (n_params,)
        All coefs, layer by layer and row-major, then all intercepts.
    coefs : list of ndarray of shape (n_in, n_out)
        Views of `params`.
    intercepts : list of ndarray of shape (n_out,)
        Views of `params`.
    """

    def __init__(self, n_in, layers, loss, dtype=np.float64, *, isa=None):
        layers = [layer if isinstance(layer, Dense) else Dense(*layer) for layer in layers]
        if not layers or layers[-1].activation != "identity":
            raise ValueError(
                "layers must end with a linear Dense layer: the loss brings its own "
                "output activation"
            )
        if loss not in LOSSES:
            raise ValueError(f"loss must be one of {', '.join(LOSSES)}; got {loss!r}")
        self.n_in, self.layers, self.loss = int(n_in), layers, LOSSES[loss]
        self.dtype = np.dtype(dtype)
        if self.dtype not in (np.float32, np.float64):
            raise ValueError(f"dtype must be float32 or float64, got {self.dtype}")
        numbers = table.activations()
        self._plan = Plan(
            [self.n_in, *(layer.n_out for layer in layers)],
            [numbers[layer.activation][0] for layer in layers],
            self.dtype == np.float64,
            isa,
        )
        self.n_params = self._plan.n_params
        self.n_out = layers[-1].n_out
        self.params = aligned_zeros(self.n_params, self.dtype)
        self.coefs, self.intercepts = self.views(self.params)
        self._kept = None

    def views(self, vector):
        """The blocks of a vector laid out like `params`: coefs, intercepts."""
        sizes = [self.n_in, *(layer.n_out for layer in self.layers)]
        blocks, at = [], 0
        for shape in [*pairwise(sizes), *((n,) for n in sizes[1:])]:
            size = int(np.prod(shape))
            blocks.append(vector[at : at + size].reshape(shape))
            at += size
        return blocks[: len(self.layers)], blocks[len(self.layers) :]

    def _engine(self, block_rows, n_threads, optimizer=None, whole_gradient=True):
        rule, n_moments = table.updates()[optimizer.rule] if optimizer else (-1, 0)
        engine = Engine(
            self._plan,
            table.losses()[self.loss.name],
            table.output_number(self.loss.output_activation),
            block_rows,
            n_threads,
            rule,
            n_moments,
            whole_gradient,
        )
        engine.load(self.params)
        return engine

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
        X, n = _rows(X, self.n_in, self.dtype), X.shape[0]
        if out is None:
            out = np.empty((n, self.n_out), self.dtype)
        elif out.shape != (n, self.n_out) or out.dtype != self.dtype or not out.flags.carray:
            raise ValueError(
                f"out must be a writable C-ordered array of {self.dtype}, shape {(n, self.n_out)}"
            )
        if n:
            engine.forward(X, out, raw, n_threads)
        return out

    def loss_and_grad(self, X, y, *, sample_weight=None, alpha=0.0, n_threads=1, grad=None):
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

        Returns
        -------
        loss : float
        grad : ndarray of shape (n_params,)
        """
        n = X.shape[0]
        X, labels, y, weight = self._data(X, y, sample_weight)
        total = float(n if weight is None else np.sum(weight, dtype=np.float64))
        engine, threads = self._gradient_engine(n, n_threads)
        engine.load(self.params)
        engine.gradient[:] = 0
        data_loss = 0.0
        block = self._cached_rows()
        step = block * max(1, int(_STRETCH_WORK / (block * self.n_params)))
        for begin in range(0, n, step):  # in stretches, between which Ctrl-C is heard
            rows = np.arange(begin, min(begin + step, n), dtype=np.intp)
            (chosen, _), started = threads.pick(100), time.perf_counter()
            batch = labels, y, weight, rows, 0, 1, len(rows)
            no_step = np.zeros((1, table.N_COEFFICIENTS))
            loss = engine.run(X, *batch, no_step, 0.0, 1.0, chosen, True)
            threads.took(chosen, time.perf_counter() - started)
            part = len(rows) if weight is None else float(np.sum(weight[rows], dtype=np.float64))
            data_loss += loss / len(rows) * part
        if grad is None:
            grad = np.empty_like(self.params)
        elif grad.shape != self.params.shape:
            raise ValueError(f"grad must have shape {self.params.shape}, got {grad.shape}")
        engine.store(engine.gradient, grad)
        grad /= total
        penalty = 0.0
        if alpha:
            n_coefs = self.n_params - sum(b.size for b in self.intercepts)
            coefs = self.params[:n_coefs]
            grad[:n_coefs] += (alpha / total) * coefs
            penalty = 0.5 * alpha / total * float(np.dot(coefs, coefs))
        return data_loss / total + penalty, grad

    def _gradient_engine(self, n, n_threads):
        """An engine without update rule, kept for the next of a minimizer's many calls."""
        key = (min(max(n, 1), self._cached_rows()), n_threads)
        if self._kept is None or self._kept[0] != key:
            choice = ThreadChoice(n_threads, 3.0 * key[0] * self.n_params)
            self._kept = key, self._engine(*key), choice
        return self._kept[1:]

    def _cached_rows(self):
        """Rows of a block where no update follows at once. The bits do not depend on it: a sum over
        rows goes on where the block before left it."""
        row = (self.n_in + 2 * sum(layer.n_out for layer in self.layers)) * self.dtype.itemsize
        return min(BLOCK_ROWS, max(96, _CACHE // row // 48 * 48))

    def trainer(self, optimizer, *, alpha=0.0, batch_size, n_threads=1):
        """A `Trainer` that starts from this network's parameters and the optimizer's state."""
        at_once = int(batch_size) <= BLOCK_ROWS
        block_rows = int(batch_size) if at_once else self._cached_rows()
        engine = self._engine(block_rows, n_threads, optimizer, not at_once)
        return Trainer(self, engine, optimizer, alpha, batch_size)

    def _data(self, X, y, sample_weight):
        """X, labels, y, weight as the kernels take them, with shapes checked."""
        n = X.shape[0]
        return _rows(X, self.n_in, self.dtype), *self._targets(y, sample_weight, n)

    def _targets(self, y, sample_weight, n):
        weight = None
        if sample_weight is not None:
            weight = np.require(sample_weight, self.dtype, ["C", "A"])
            if weight.shape != (n,):
                raise ValueError(f"sample_weight must have shape ({n},), got {weight.shape}")
        if self.loss.integer_targets:
            labels = np.require(y, np.intp, ["C", "A"])
            if labels.shape != (n,):
                raise ValueError(f"y must hold {n} class numbers, got shape {labels.shape}")
            if n and not 0 <= labels.min() <= labels.max() < self.n_out:
                raise ValueError(f"y must hold class numbers from 0 to {self.n_out - 1}")
            return labels, None, weight
        y = np.require(y, self.dtype, ["C", "A"])
        if y.shape != (n, self.n_out):
            raise ValueError(f"y must have shape ({n}, {self.n_out}), got {y.shape}")
        return None, y, weight


_WANTED_X = "X must be a C-contiguous array or a CSR matrix (X.tocsr()) of float32 or float64"


def _rows(X, n_in, dtype):
    """X as the engine takes it."""
    if X.ndim != 2 or X.shape[1] != n_in:
        raise ValueError(f"X must have shape (n, {n_in}), got {X.shape}")
    if X.dtype not in (np.float32, np.float64):
        raise ValueError(_WANTED_X)
    if issparse(X):
        if X.format != "csr":
            raise ValueError(_WANTED_X)
        return SparseRows(X, dtype)
    if not X.flags.c_contiguous:
        raise ValueError(_WANTED_X)
    return X if X.flags.aligned else X.copy()
