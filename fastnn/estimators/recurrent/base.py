"""What the recurrent estimators share: sequences on their way in, and states on their way out."""

from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import _check_sample_weight, check_is_fitted

from fastnn.estimators.mlp.base import BaseMLP
from fastnn.estimators.mlp.blocks import Parts
from fastnn.estimators.recurrent.blocks import recurrent_blocks
from fastnn.estimators.recurrent.categories import with_labels
from fastnn.estimators.recurrent.rows import Sequences
from fastnn.estimators.recurrent.sequences import read
from fastnn.estimators.recurrent.stepping import Stepping
from fastnn.estimators.recurrent.targets import StepTargets, read_targets, step_labels
from fastnn.estimators.shared.hidden_features import as_asked
from fastnn.layers import Dense, PerStep
from fastnn.losses import EachStep, make_loss
from fastnn.model.nodes import check_nodes
from fastnn.model.of_network import nodes_of_layers
from fastnn.network.compiled import CompiledNetwork
from fastnn.scoring.arrays import score_nodes
from fastnn.threads import effective_n_threads

__all__ = ["BaseRecurrent"]


class BaseRecurrent(Stepping, BaseMLP):
    """Base of the recurrent estimators; not for direct use."""

    step_width_: int
    sequence_shape_: tuple[int, bool]
    categories_: np.ndarray

    _reading = None  # the Sequences of a fit under way
    _carries = False  # whether these bring states

    def _hidden_blocks(self, widths, activations):
        if not widths:
            raise ValueError(
                "hidden_layer_sizes must name the units of a recurrent layer at least, such as "
                f"(64,); got {self.hidden_layer_sizes!r}."
            )
        shape = self._reading.width, self._reading.ragged
        return recurrent_blocks(self, widths, *shape, carried=self._carries)

    def _stretches(self, X, y, sample_weight, held_out=(None, None, None), **options):
        one_epoch = options.get("one_epoch", False)
        anew = not hasattr(self, "coefs_") or not (one_epoch or self.warm_start)
        self._check_together()
        sequences, y = self._read(X, y, anew, one_epoch)
        plain = sequences
        held_out = self._laid_out_alike(sequences, held_out)
        self._carries = self.stateful and one_epoch
        if self._carries:
            dtype = sequences.rows.dtype if anew else self.coefs_[0].dtype
            sequences = sequences.bringing(self._states_before(sequences, dtype))
        univariate, names = sequences.univariate, self.__dict__.pop("feature_names_in_", None)
        self.n_features_in_ = sequences.rows.shape[1]
        self._reading = sequences
        try:
            yield from super()._stretches(sequences.rows, y, sample_weight, held_out, **options)
        finally:
            self.__dict__.pop("_reading", None)
            carries = self.__dict__.pop("_carries")
        self.step_width_ = sequences.width
        self.sequence_shape_ = sequences.steps, sequences.ragged
        self.n_features_in_ = sequences.steps if univariate else sequences.width
        if univariate and names is not None:
            self.feature_names_in_ = names
        before = self.__dict__.pop("states_", None)
        if carries:
            self.states_ = self._last_outputs(self._stepper(), plain, before)[1]
        return self

    def _as_rows(self, X, y):
        self._check_together()
        sequences, y = self._read(X, y, not hasattr(self, "coefs_"))
        self.__dict__.pop("feature_names_in_", None)
        self.n_features_in_, self._reading = sequences.rows.shape[1], sequences
        return sequences.rows, y

    def _read(self, X, y, anew, one_epoch=False):
        """X as Sequences, and its targets."""
        sequences = read(self, X, reset=anew)
        y = self._targets(y, sequences)
        labels = isinstance(y, StepTargets) and not self._y_numeric and y.values.ndim == 1
        if anew and labels and self.embedding is not None:
            known = self._label_binarizer.classes_ if one_epoch else y.values
            sequences = with_labels(self, sequences, known)
        return sequences, y

    def _check_together(self):
        """Refuse parameters that each are valid but do not go together."""
        if self.stateful and (self.bidirectional or self.output == "mean"):
            raise ValueError(
                "stateful=True goes on from the last step of a sequence: set bidirectional=False, "
                "and output='last' or 'all'"
            )
        if self.output == "all" and getattr(self, "class_weight", None) is not None:
            raise ValueError(
                "class_weight is for one label a sequence: leave it at None with output='all', and "
                "pass sample_weight to weigh sequences"
            )

    def _laid_out_alike(self, sequences, held_out):
        """X_val as rows like those of X."""
        X_val, y_val, weight = held_out
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
        y_val = None if y_val is None else self._targets(y_val, found, "y_val", "X_val")
        rows, width = found.rows, sequences.rows.shape[1]
        if rows.shape[1] < width:
            end = rows.shape[1] - found.ragged
            rows = np.insert(rows, [end] * (width - rows.shape[1]), 0, axis=1)
        return rows, y_val, weight

    def _targets(self, y, sequences, name="y", of="X"):
        """y, or StepTargets if there are targets for each step."""
        if self.output != "all":
            if isinstance(y, list | tuple) and _are_of_steps(y, sequences):
                raise ValueError(
                    f"{name} has a target for each step of {of}, and with output={self.output!r} a "
                    "sequence has one: set output='all'"
                )
            return y
        return read_targets(y, sequences, name, of, numeric=self._y_numeric)

    def _checked_data(self, X, y, *, reset, suffix=""):
        if isinstance(y, StepTargets):
            return np.require(X, requirements="A"), y
        return super()._checked_data(X, y, reset=reset, suffix=suffix)

    def _first_labels(self, y):
        return step_labels(y) if self.output == "all" else y

    def _learn_targets(self, y, continuing, one_epoch):
        if not isinstance(y, StepTargets):
            return super()._learn_targets(y, continuing, one_epoch)
        return EachStep(
            super()._learn_targets(y.values, continuing, one_epoch), self._reading.steps
        )

    def _check_further_targets(self, y):
        super()._check_further_targets(y.values if isinstance(y, StepTargets) else y)

    def _encode(self, y, dtype):
        if not isinstance(y, StepTargets):
            return super()._encode(y, dtype)
        return y.spread(super()._encode(y.values, dtype), self._reading.steps)

    def _n_outputs(self, y):
        if self.output != "all" or y.dtype.kind == "i":
            return len(self.classes_) if y.dtype.kind == "i" else super()._n_outputs(y)
        return y.shape[1] // self._reading.steps

    def _class_factors(self, y, weight):
        """A sequence weighs as much as its steps, so that each step counts alike."""
        if not isinstance(y, StepTargets):
            return super()._class_factors(y, weight)
        some = y.lengths if weight is None or not weight.any() else y.lengths[weight != 0]
        return None if (some == some[0]).all() else y.lengths / some.mean()

    def _strata(self, y):
        return None if self.output == "all" else super()._strata(y)

    def _default_score(self, loss, p, y, weight):
        if not loss.steps:
            return super()._default_score(loss, p, y, weight)
        if weight is not None:
            n_steps = loss.present(y).sum(axis=1)
            weight = np.repeat(weight / n_steps, n_steps)
        return super()._default_score(loss.of, *loss.at_present(p, y), weight)

    def _measurements(self, X):
        if self.embedding is not None:
            return None
        return X[:, : self._reading.steps * self._reading.width]

    def _layers_for(self, steps, ragged):
        """Blocks, layers and loss of the fitted network for sequences of up to so many steps."""
        widths, width = self._hidden_widths(), self.step_width_
        blocks = recurrent_blocks(self, widths, width, ragged, dropout=False)
        layers = [block.layer for block in blocks]
        n_outputs, loss = self.coefs_[-1].shape[1], make_loss(self._loss())
        if self.output == "all":
            return blocks, [*layers, PerStep(n_outputs)], EachStep(loss, steps)
        return blocks, [*layers, Dense(n_outputs)], loss

    def _network_for(self, steps, ragged):
        """That network, with the fitted weights."""
        blocks, layers, loss = self._layers_for(steps, ragged)
        dtype = np.float32 if self.coefs_[0].dtype == np.float32 else np.float64
        network = CompiledNetwork(steps * self.step_width_ + ragged, layers, loss, dtype)
        Parts.of(network, blocks).take(Parts.fitted(self))
        return network

    def _outputs(self, X):
        """Of each sequence; with ``output="all"`` of each step that there is, in one array."""
        check_is_fitted(self)
        sequences = read(self, X, reset=False)
        network = self._network_for(sequences.steps, sequences.ragged)
        rows, order = sequences.rows, None
        if sequences.ragged:  # neighbours of one length go through together
            order = np.argsort(-sequences.lengths, kind="stable")
            rows = rows[order]
        n_threads = network.threads_for(rows, effective_n_threads(self.n_jobs))
        found = network.forward(rows, n_threads=n_threads)
        if order is not None:
            found[order] = found.copy()
        return sequences.present(found) if self.output == "all" else found

    def _each_step(self, method, X, **options):
        """What a method gives of each step, by sequences; a Sequences gets it as it is."""
        check_is_fitted(self)
        if self.output != "all" or isinstance(X, Sequences):
            return method(X, **options)
        sequences = read(self, X, reset=False)
        found = method(sequences, **options)
        if isinstance(found, tuple):
            return tuple(map(sequences.split, found))
        return sequences.split(found)

    def score(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> float:
        """Return the accuracy, or R squared; with ``output="all"`` that of all steps.

        Parameters
        ----------
        X, y, sample_weight
            As in ``fit``.

        Returns
        -------
        float
        """
        if self.output != "all":
            return super().score(X, y, sample_weight)
        check_is_fitted(self)
        sequences = read(self, X, reset=False)
        targets = self._targets(y, sequences)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, targets)
            sample_weight = np.repeat(sample_weight, targets.lengths)
        return super().score(sequences, targets.values, sample_weight)

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
        found = self._states(sequences, layer % n, output)
        if output == "all":
            return found.reshape(len(found), sequences.steps, -1)
        return as_asked(self, found, X)

    def _states(self, sequences, layer, output):
        """Outputs of a recurrent layer by its number, of no layer behind it."""
        widths = self._hidden_widths()[: layer + 1]
        more = {"output": output, "dropout": False}
        blocks = recurrent_blocks(self, widths, self.step_width_, sequences.ragged, **more)
        layers, n = [block.layer for block in blocks], sum(block.n_matrices for block in blocks)
        dtype = np.dtype("f4" if self.coefs_[0].dtype == np.float32 else "f8")
        arrays = zip(self.coefs_[:n], self.intercepts_[:n], strict=True)
        arrays = [[np.ascontiguousarray(array, dtype) for array in pair] for pair in arrays]
        nodes = nodes_of_layers(sequences.rows.shape[1], layers, arrays)
        widths = check_nodes(sequences.rows.shape[1], nodes, dtype)
        n_threads = 0 if self.n_jobs is None else effective_n_threads(self.n_jobs)
        return score_nodes(nodes, widths, "identity", dtype, sequences.rows, n_threads, False)

    def input_gradients(self, X: Any) -> np.ndarray:
        """Return the gradient of each raw output by every number of every step.

        Parameters
        ----------
        X : as in ``fit``

        Returns
        -------
        ndarray of shape (n, T, d) or (n, n_outputs, T, d)
            The former of a network with one output. With ``output="all"`` a step has n_outputs of
            its own, those of the first step come first.
        """
        check_is_fitted(self)
        if self.embedding is not None:
            raise ValueError("input_gradients is for numbers, and with embedding X is categories.")
        sequences = read(self, X, reset=False)
        network = self._network_for(sequences.steps, sequences.ragged)
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
        coefs = self.coefs_[self.embedding is not None :]
        return [coef[:n] for coef, n in zip(coefs, widths, strict=False)]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False
        tags.input_tags.three_d_array = True
        return tags


def _are_of_steps(y, sequences):
    """Whether targets in a list look like those of every step of sequences in a list."""
    if len(y) != len(sequences.rows) or not sequences.ragged:
        return False
    lengths = [len(t) if isinstance(t, list | tuple | np.ndarray) and np.ndim(t) else 0 for t in y]
    return len(set(lengths)) > 1 and bool((lengths == sequences.n_steps).all())
