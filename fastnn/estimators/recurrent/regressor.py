"""RecurrentRegressor."""

from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from fastnn.estimators.mlp.regressor import MLPRegressor
from fastnn.estimators.recurrent.base import BaseRecurrent
from fastnn.estimators.recurrent.parameters import CellFirst, RecurrentParameters
from fastnn.estimators.recurrent.sequences import read
from fastnn.estimators.shared.declare import parameters
from fastnn.estimators.shared.docs import documented

__all__ = ["RecurrentRegressor"]


@documented
@parameters
class RecurrentRegressor(RecurrentParameters, BaseRecurrent, MLPRegressor, CellFirst):
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

    def _after_steps(self, out):
        """Outputs (..., n_outputs) of steps as targets."""
        found = self._targets_of(np.array(out.reshape(-1, out.shape[-1])))
        return found.reshape(*out.shape[:-1], -1)

    def forecast(self, X: Any, horizon: int) -> np.ndarray:
        """Predict the steps that follow, of a network that has learned to tell the next one: each
        prediction is the step that comes next.

        Parameters
        ----------
        X : as in ``fit``
            Sequences up to now.
        horizon : int
            How many steps to predict.

        Returns
        -------
        ndarray of shape (n, horizon) or (n, horizon, d)
            The former of steps of one number.

        Raises
        ------
        ValueError
            If a prediction has not as many numbers as a step, or the network is bidirectional.
        """
        check_is_fitted(self)
        if not (isinstance(horizon, Integral) and horizon >= 1):
            raise ValueError(f"horizon must be an int of at least 1, got {horizon!r}")
        sequences, stepper = read(self, X, reset=False), self._stepper()
        out, states = self._last_outputs(stepper, sequences)
        found = [self._after_steps(out)]
        if found[0].shape[1] != self.step_width_ or self.embedding is not None:
            raise ValueError(
                f"forecast hands predictions of {found[0].shape[1]} numbers on as steps, which "
                f"have {self.step_width_}: fit with the next step as y"
            )
        for _ in range(horizon - 1):
            out, states = stepper.step(found[-1], states)
            found.append(self._after_steps(out))
        steps = np.stack(found, axis=1)
        return steps[:, :, 0] if self.step_width_ == 1 else steps
