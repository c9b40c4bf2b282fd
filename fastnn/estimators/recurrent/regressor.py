"""RecurrentRegressor."""

from typing import Any

from fastnn.estimators.mlp.regressor import MLPRegressor
from fastnn.estimators.recurrent.base import BaseRecurrent
from fastnn.estimators.recurrent.parameters import RecurrentParameters
from fastnn.estimators.shared.declare import parameters
from fastnn.estimators.shared.docs import documented

__all__ = ["RecurrentRegressor"]


@documented
@parameters
class RecurrentRegressor(BaseRecurrent, MLPRegressor, RecurrentParameters):
    """Recurrent network that predicts real numbers from sequences.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    recurrent_coefs_ : list of ndarray
        Views of the weights between the units of a layer.
    step_width_ : int
        Numbers of a step.
    {attributes}

    See Also
    --------
    RecurrentClassifier : The same for classes, with more about X and the weights.

    References
    ----------
    .. [1] Hochreiter & Schmidhuber, "Long short-term memory", Neural Computation 9, 1997.
    .. [2] Cho et al., "Learning phrase representations using RNN encoder-decoder for statistical
       machine translation", EMNLP 2014.

    Examples
    --------
    The next number of a wave from the twenty before it.

    >>> import numpy as np
    >>> from fastnn import RecurrentRegressor
    >>> wave = np.sin(0.3 * np.arange(400))
    >>> X, y = np.lib.stride_tricks.sliding_window_view(wave[:-1], 20), wave[20:]
    >>> model = RecurrentRegressor("lstm", hidden_layer_sizes=8, learning_rate_init=0.01,
    ...                            batch_size=20, max_iter=30, random_state=0)
    >>> bool(model.fit(X[:300], y[:300]).score(X[300:], y[300:]) > 0.99)
    True
    """

    def predict(self, X: Any, return_std: bool = False) -> Any:
        """Predict the targets of each sequence or, with ``output="all"``, of each step.

        Parameters
        ----------
        X : as in ``fit``
        return_std : bool, default=False
            As of a ``MLPRegressor``.

        Returns
        -------
        mean : ndarray of shape (n,) or (n, n_outputs)
            With ``output="all"`` (n, T) or (n, T, n_outputs) or, if X is a list, a list of arrays.
        std : of the same shape
            Only with return_std.
        """
        return self._each_step(super().predict, X, return_std=return_std)
