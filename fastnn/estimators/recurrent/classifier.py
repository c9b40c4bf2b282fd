"""RecurrentClassifier."""

from typing import Any, Self

from numpy.typing import ArrayLike
from sklearn.base import _fit_context

from fastnn.estimators.mlp.base import unchanged_on_failure
from fastnn.estimators.mlp.classifier import MLPClassifier
from fastnn.estimators.recurrent.base import BaseRecurrent
from fastnn.estimators.recurrent.parameters import RecurrentParameters
from fastnn.estimators.shared import labels
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

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self,
        X: Any,
        y: Any,
        sample_weight: ArrayLike | None = None,
        classes: ArrayLike | None = None,
    ) -> Self:
        """Train one epoch on these sequences, going on from the present weights and moments.

        Parameters
        ----------
        X, y, sample_weight
            As in ``fit``.
        classes : array-like of shape (n_classes,), default=None
            All classes that will ever come; needed in the first call.

        Returns
        -------
        self : RecurrentClassifier
        """
        with unchanged_on_failure(self):
            labels.learn_first_classes(self, y, classes)
            return self._fit_sequences(X, y, sample_weight, one_epoch=True)
