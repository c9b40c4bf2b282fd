"""RecurrentClassifier."""

from typing import Any

from fastnn.estimators.mlp.classifier import MLPClassifier
from fastnn.estimators.recurrent.base import BaseRecurrent
from fastnn.estimators.recurrent.parameters import RecurrentParameters
from fastnn.estimators.shared.availability import (
    available_unless,
    no_margins,
    no_probabilities,
)
from fastnn.estimators.shared.declare import parameters
from fastnn.estimators.shared.docs import documented

__all__ = ["RecurrentClassifier"]


@documented
@parameters
class RecurrentClassifier(BaseRecurrent, MLPClassifier, RecurrentParameters):
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
