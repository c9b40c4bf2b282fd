"""RecurrentClassifier."""

from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from fastnn._kernels.scoring.activated import activate_rows
from fastnn.estimators.mlp.classifier import MLPClassifier
from fastnn.estimators.recurrent.base import BaseRecurrent
from fastnn.estimators.recurrent.categories import characters, numbers_of
from fastnn.estimators.recurrent.parameters import CellFirst, RecurrentParameters
from fastnn.estimators.shared import labels
from fastnn.estimators.shared.availability import (
    OF_MARGINS,
    available_unless,
    no_margins,
    no_probabilities,
)
from fastnn.estimators.shared.declare import parameters
from fastnn.estimators.shared.docs import documented

__all__ = ["RecurrentClassifier"]


@documented
@parameters
class RecurrentClassifier(RecurrentParameters, BaseRecurrent, MLPClassifier, CellFirst):
    """Recurrent network that classifies sequences.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class labels.
    recurrent_coefs_ : list of ndarray
        Views of the weights between the units of a layer.
    step_width_ : int
        Numbers of a step.
    {attributes}

    See Also
    --------
    RecurrentRegressor : The same for real numbers.

    Notes
    -----
    A row of X is a sequence. ``coefs_`` of a layer have the weights of the units' own outputs of
    the step before, then those of the step: see ``fastnn.layers``.

    References
    ----------
    .. [1] Hochreiter & Schmidhuber, "Long short-term memory", Neural Computation 9, 1997.
    .. [2] Cho et al., "Learning phrase representations using RNN encoder-decoder for statistical
       machine translation", EMNLP 2014.

    Examples
    --------
    Which sign came first?

    >>> import numpy as np
    >>> from fastnn import RecurrentClassifier
    >>> X = np.random.RandomState(0).choice([-1.0, 1.0], size=(300, 12))
    >>> model = RecurrentClassifier("gru", hidden_layer_sizes=8, learning_rate_init=0.02,
    ...                             batch_size=20, max_iter=40, random_state=0)
    >>> bool(model.fit(X, X[:, 0]).score(X, X[:, 0]) > 0.95)
    True
    """

    def predict(self, X: Any) -> Any:
        """Predict the class (or labels) of each sequence or, with ``output="all"``, of each step.

        Parameters
        ----------
        X : as in ``fit``

        Returns
        -------
        ndarray of shape (n,) or (n, n_labels)
            With ``output="all"`` (n, T) or (n, T, n_labels) or, if X is a list, a list of arrays.
        """
        return self._each_step(super().predict, X)

    @available_unless(no_margins)
    def decision_function(self, X: Any) -> Any:
        """Return the outputs themselves, for the losses 'hinge' and 'perceptron'.

        Parameters
        ----------
        X : as in ``fit``

        Returns
        -------
        ndarray of shape (n,) or (n, n_classes)
            With ``output="all"`` of each step, as ``predict``.
        """
        return self._each_step(super().decision_function, X)

    @available_unless(no_probabilities)
    def predict_proba(self, X: Any) -> Any:
        """Predict the probability of each class, in the order of ``classes_``.

        Parameters
        ----------
        X : as in ``fit``

        Returns
        -------
        ndarray of shape (n, n_classes)
            With ``output="all"`` of each step, (n, T, n_classes) or a list of arrays.
        """
        return self._each_step(super().predict_proba, X)

    @available_unless(no_probabilities)
    def predict_log_proba(self, X: Any) -> Any:
        """Predict the logarithm of ``predict_proba``, which may be -inf.

        Parameters
        ----------
        X : as in ``fit``

        Returns
        -------
        ndarray of shape (n, n_classes)
            With ``output="all"`` of each step, (n, T, n_classes) or a list of arrays.
        """
        return self._each_step(super().predict_log_proba, X)

    def _after_steps(self, out):
        """Outputs (..., n_outputs) of steps as probabilities or decision values."""
        if self.output != "all":
            return out
        rows = np.array(out.reshape(-1, out.shape[-1]))
        activate_rows(rows, self.out_activation_)
        if self.loss not in OF_MARGINS:
            rows = labels.columns_of_classes(rows, len(self.classes_))
        return rows.reshape(*out.shape[:-1], -1)

    def sample(
        self,
        n_steps: int,
        start: Any,
        *,
        temperature: float = 1.0,
        random_state: Any = None,
    ) -> Any:
        """Draw how a sequence goes on, of a network that has learned to tell the next category.

        Parameters
        ----------
        n_steps : int
            How many to draw.
        start : str or array-like of shape (T,)
            What the sequence begins with, one category at least.
        temperature : float, default=1.0
            What logits are divided by: below 1 likely categories become more so.
        random_state : int, RandomState instance or None, default=None

        Returns
        -------
        str or ndarray of shape (n_steps,)
            As ``start`` is.

        Raises
        ------
        ValueError
            If a class is no category of X, the network is bidirectional, or the numbers are not
            sound.
        """
        check_is_fitted(self)
        known = self.embedding is not None and self._binarizer().y_type_ != "multilabel-indicator"
        if not known or (numbers_of(self.categories_, self.classes_, "y") < 0).any():
            raise ValueError(
                "sample draws the next step, and so needs classes that are categories of X: fit "
                "with embedding, and the following categories as y"
            )
        if self.loss in OF_MARGINS:
            raise ValueError(f"loss={self.loss!r} makes no probabilities to draw from")
        if not (isinstance(n_steps, Integral) and n_steps >= 0):
            raise ValueError(f"n_steps must be an int of at least 0, got {n_steps!r}")
        if not (isinstance(temperature, Real) and 0 < temperature < np.inf):
            raise ValueError(f"temperature must be a positive number, got {temperature!r}")
        rng, codes = check_random_state(random_state), np.empty(n_steps, np.intp)
        text = isinstance(start, str)
        if np.size(start) == 0 or start == "":
            raise ValueError("start must have a category at least, got none")
        first = characters(start)
        p, state = self.step(first[None] if first.ndim else first.reshape(1, 1))
        p = p[:, -1]
        for i, at in enumerate(rng.random_sample(n_steps)):
            logits = np.log(np.maximum(p[0].astype(float), 1e-300)) / temperature
            shares = np.cumsum(np.exp(logits - logits.max()))
            codes[i] = min(np.searchsorted(shares, at * shares[-1], side="right"), len(shares) - 1)
            p, state = self.step(self.classes_[codes[i] : codes[i] + 1], state)
        found = self.classes_[codes]
        return "".join(found) if text else found
