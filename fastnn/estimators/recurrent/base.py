"""What the recurrent estimators share: sequences on their way in, and states on their way out."""

from numbers import Integral
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import _fit_context
from sklearn.utils.validation import check_is_fitted

from fastnn.estimators.mlp.base import BaseMLP, unchanged_on_failure
from fastnn.estimators.mlp.blocks import Parts
from fastnn.estimators.recurrent.sequences import read
from fastnn.estimators.shared.hidden_features import as_asked
from fastnn.layers import GRU, LSTM, RNN, Dense, Dropout
from fastnn.network.compiled import CompiledNetwork
from fastnn.threads import effective_n_threads

__all__ = ["BaseRecurrent"]

_LAYERS = {"lstm": LSTM, "gru": GRU, "rnn": RNN}


class RecurrentBlock(NamedTuple):
    """A hidden layer of recurrent units, as `fastnn.estimators.mlp.blocks.Block` is of others."""

    width: int
    layer: Any
    dropout: float = 0.0
    norm: None = None
    residual: bool = False

    @property
    def n_matrices(self):
        """Matrices of weights: one a direction."""
        return 1 + self.layer.bidirectional

    def layers(self, of=None):
        """Return the layers that the block is made of, none of which can be tied to another."""
        return [self.layer, *([Dropout(self.dropout)] if self.dropout else [])], None


class BaseRecurrent(BaseMLP):
    """Base of the recurrent estimators; not for direct use."""

    step_width_: int

    _reading = None  # the Sequences of a fit under way

    def _hidden_blocks(self, widths, activations):
        if not widths:
            raise ValueError(
                "hidden_layer_sizes must name the units of a recurrent layer at least, such as "
                f"(64,); got {self.hidden_layer_sizes!r}."
            )
        return self._blocks(widths, self._reading.width, self._reading.ragged)

    def _blocks(self, widths, step_width, ragged, *, output=None, dropout=True):
        rates = np.broadcast_to(np.asarray(self.dropout if dropout else 0.0, float), len(widths))
        blocks, last = [], len(widths) - 1
        for i, (width, rate) in enumerate(zip(widths, rates, strict=True)):
            layer = _LAYERS[self.cell](
                width,
                step_width if i == 0 else None,
                "all" if i < last else output or self.output,
                self.bidirectional,
                ragged and i == 0,
                self.bptt,
            )
            blocks.append(RecurrentBlock(width, layer, float(rate)))
        return blocks

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: ArrayLike | None = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: ArrayLike | None = None,
    ) -> Self:
        """Train the network from new weights, or with ``warm_start`` from the present ones.

        If this fails or is interrupted, the estimator is as it was before.

        Parameters
        ----------
        X : array-like of shape (n, T, d) or (n, T), or list of n arrays of shape (T_i, d)
            Sequences: of T steps of d numbers, of T numbers, or each of a length of its own.
            float32 is trained in float32, everything else in float64.
        y : array-like of shape (n,) or (n, n_outputs)
            Class labels, or real numbers.
        sample_weight : array-like of shape (n,), default=None
            Weight of each sequence; one of zero is as good as absent.
        X_val, y_val, sample_weight_val : default=None
            Sequences for early stopping to watch, in place of a part of X.

        Returns
        -------
        self : estimator

        Raises
        ------
        ValueError
            If a parameter or the data are not valid: sequences without steps, of several widths,
            numbers that are not finite.
        DivergenceError
            A ValueError: if the loss or a weight became infinite or NaN.
        """
        with unchanged_on_failure(self):
            return self._fit_sequences(X, y, sample_weight, (X_val, y_val, sample_weight_val))

    def _fit_sequences(self, X, y, sample_weight, held_out=(None, None, None), **options):
        new = not hasattr(self, "coefs_")
        anew = new or not (options.get("one_epoch", False) or self.warm_start)
        sequences = read(self, X, reset=anew)
        held_out = self._laid_out_alike(sequences, held_out)
        univariate, names = sequences.univariate, self.__dict__.pop("feature_names_in_", None)
        self.n_features_in_ = sequences.rows.shape[1]
        self._reading = sequences
        try:
            self._fit(sequences.rows, y, sample_weight, held_out, **options)
        finally:
            self.__dict__.pop("_reading", None)
        self.step_width_ = sequences.width
        self.sequence_shape_ = sequences.steps, sequences.ragged
        self.n_features_in_ = sequences.steps if univariate else sequences.width
        if univariate and names is not None:
            self.feature_names_in_ = names
        return self

    def _laid_out_alike(self, sequences, held_out):
        """X_val as rows like those of X."""
        X_val, *more = held_out
        if X_val is None:
            return held_out
        known = self.__dict__.get("step_width_")
        self.step_width_ = sequences.width
        try:
            found = read(self, X_val, reset=False, name="X_val")
        finally:
            if known is None:
                del self.step_width_
        if found.ragged != sequences.ragged or found.steps > sequences.steps:
            raise ValueError(
                f"X_val has sequences of up to {found.steps} steps and X of {sequences.steps}"
                f"{' (in a list)' if sequences.ragged else ''}: pass both in the same form, none "
                "of X_val being longer than the longest of X"
            )
        rows, width = found.rows, sequences.rows.shape[1]
        if rows.shape[1] < width:
            rows = np.insert(rows, [rows.shape[1] - 1] * (width - rows.shape[1]), 0, axis=1)
        return rows, *more

    def _network_for(self, steps, ragged, *, output=None):
        """A network with the fitted weights for sequences of up to so many steps."""
        widths = self._hidden_widths()
        blocks = self._blocks(widths, self.step_width_, ragged, output=output, dropout=False)
        layers = [block.layer for block in blocks]
        dtype = np.float32 if self.coefs_[0].dtype == np.float32 else np.float64
        n_outputs = self.coefs_[-1].shape[1]
        n_in = steps * self.step_width_ + ragged
        network = CompiledNetwork(n_in, [*layers, Dense(n_outputs)], self._loss(), dtype)
        if output is None:
            Parts.of(network, blocks).take(Parts.fitted(self))
        else:  # without the last layer, whose inputs are others
            fitted = zip(self.coefs_[:-1], self.intercepts_[:-1], strict=True)
            for i, (coef, intercept) in enumerate(fitted):
                network.coefs[i][...], network.intercepts[i][...] = coef, intercept
        return network, len(layers)

    def _outputs(self, X):
        check_is_fitted(self)
        sequences = read(self, X, reset=False)
        network, _ = self._network_for(sequences.steps, sequences.ragged)
        rows, order = sequences.rows, None
        if sequences.ragged:  # neighbours of one length go through together
            order = np.argsort(-sequences.lengths, kind="stable")
            rows = rows[order]
        n_threads = network.threads_for(rows, effective_n_threads(self.n_jobs))
        found = network.forward(rows, n_threads=n_threads)
        if order is not None:
            found[order] = found.copy()
        return found

    def transform(self, X: Any, layer: int = -1, *, output: str = "last") -> Any:
        """Return the outputs of a recurrent layer: its states, as features for another model.

        Parameters
        ----------
        X : as in ``fit``
        layer : int, default=-1
            Number of the layer, from 0 or, if negative, from the last one back.
        output : {"last", "mean", "all"}, default="last"
            After the last step, their mean over the steps, or after each step.

        Returns
        -------
        ndarray of shape (n, n_units), data frame or, of "all", ndarray of shape (n, T, n_units)
            Of the dtype of the model; a frame if ``set_output`` has asked for one. In the last form
            steps that a sequence has not are zero.
        """
        check_is_fitted(self)
        n = len(self._hidden_widths())
        if not (isinstance(layer, Integral) and -n <= layer < n):
            raise ValueError(f"layer must be an int from {-n} to {n - 1}, got {layer!r}.")
        if output not in ("last", "mean", "all"):
            raise ValueError(f"output must be 'last', 'mean' or 'all', got {output!r}.")
        sequences = read(self, X, reset=False)
        network, _ = self._network_for(sequences.steps, sequences.ragged, output="all")
        states = network.layer_outputs(sequences.rows)[layer % n]
        states = states.reshape(len(states), sequences.steps, -1)
        if output == "all":
            return states
        if not sequences.ragged:
            lengths = np.full(len(states), sequences.steps)
        else:
            lengths = sequences.lengths
        if output == "mean":
            found = states.sum(axis=1) / lengths[:, None].astype(states.dtype)
        else:
            found = self._last(states, lengths)
        return as_asked(self, np.ascontiguousarray(found), X)

    def _last(self, states, lengths):
        found = states[np.arange(len(states)), lengths - 1]
        if self.bidirectional:  # the other direction ends at the first step
            half = found.shape[1] // 2
            found[:, half:] = states[:, 0, half:]
        return found

    def input_gradients(self, X: Any) -> np.ndarray:
        """Return the gradient of each raw output by every number of every step.

        Parameters
        ----------
        X : as in ``fit``

        Returns
        -------
        ndarray of shape (n, T, d) or (n, n_outputs, T, d)
            The former of a network with one output.
        """
        check_is_fitted(self)
        sequences = read(self, X, reset=False)
        network, _ = self._network_for(sequences.steps, sequences.ragged)
        shape = len(sequences.rows), sequences.steps, sequences.width
        size = sequences.steps * sequences.width
        units = [network.input_gradient(sequences.rows, u) for u in range(network.n_out)]
        found = [gradient[:, :size].reshape(shape) for gradient in units]
        return found[0] if len(found) == 1 else np.stack(found, axis=1)

    @property
    def recurrent_coefs_(self) -> list[np.ndarray]:
        """Views of the weights (n_units, n_gates * n_units) that lead from a layer's outputs to its
        next step, one a layer and direction; they are the first rows of ``coefs_``."""
        check_is_fitted(self)
        widths = [w for w in self._hidden_widths() for _ in range(1 + self.bidirectional)]
        return [coef[:n] for coef, n in zip(self.coefs_, widths, strict=False)]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False
        tags.input_tags.three_d_array = True
        return tags
