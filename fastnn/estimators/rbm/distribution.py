"""What a restricted Boltzmann machine has learned: rows as it saw them, energies, likelihoods."""

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from fastnn._types import MatrixLike
from fastnn.estimators.rbm.energies import free_energies
from fastnn.estimators.rbm.likelihood import (
    annealed_log_partition,
    exact_log_partition,
    start_of_sampling,
)


class DistributionMixin:
    """What a fitted machine tells of its distribution; not for direct use."""

    def gibbs(self, v: ArrayLike) -> np.ndarray:
        """One Gibbs step from rows v: the hidden units, then the visible ones again.

        Parameters
        ----------
        v : array-like of shape (n_samples, n_features) or (n_features,)

        Returns
        -------
        ndarray of the same shape
        """
        check_is_fitted(self)
        if not hasattr(self, "random_state_"):
            self.random_state_ = check_random_state(self.random_state)
        h = self._sample_hiddens(v, self.random_state_)
        return self._sample_visibles(h, self.random_state_)

    def sample(
        self,
        n_samples: int = 1,
        n_steps: int = 1000,
        *,
        random_state: int | np.random.RandomState | None = None,
    ) -> np.ndarray:
        """Rows from the distribution of the model, by as many independent chains.

        Parameters
        ----------
        n_samples : int, default=1
        n_steps : int, default=1000
            Gibbs steps of each chain, from random states. Chains of a well-trained machine mix
            slowly: see that more steps change nothing.
        random_state : int, RandomState instance or None, default=None
            None: that of the estimator.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            Of the dtype of the model.
        """
        check_is_fitted(self)
        rng = check_random_state(self.random_state if random_state is None else random_state)
        v = start_of_sampling(self, n_samples, rng)
        for _ in range(n_steps):
            v = self._sample_visibles(self._sample_hiddens(v, rng), rng)
        return v.astype(self.components_.dtype)

    def free_energy(self, X: MatrixLike) -> np.ndarray:
        """Free energy of each row: minus its log-likelihood, but for a constant of the model.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        check_is_fitted(self)
        return free_energies(self, self._validated(X))

    def log_partition(self) -> float:
        """Logarithm of the partition function, by adding up all states of the smaller layer.

        Raises
        ------
        ValueError
            With more than 20 units in each layer that can be enumerated: see
            `annealed_log_partition`.
        """
        check_is_fitted(self)
        return exact_log_partition(self)

    def annealed_log_partition(
        self,
        n_runs: int = 100,
        n_steps: int = 1000,
        *,
        random_state: int | np.random.RandomState | None = None,
    ) -> tuple[float, float]:
        """Estimate the logarithm of the partition function by annealed importance sampling.

        Parameters
        ----------
        n_runs : int, default=100
        n_steps : int, default=1000
            Temperatures, from independent visible units to the model.
        random_state : int, RandomState instance or None, default=None
            None: that of the estimator.

        Returns
        -------
        estimate, error : float
            The error is one standard deviation of the estimate, by the spread of the runs.
        """
        check_is_fitted(self)
        rng = check_random_state(self.random_state if random_state is None else random_state)
        return annealed_log_partition(self, n_runs, n_steps, rng)

    def log_likelihood(self, X: MatrixLike, log_partition: float | None = None) -> np.ndarray:
        """Log-likelihood of each row.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        log_partition : float or None, default=None
            None: the exact one, for at most 20 units in a layer.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        found = self.log_partition() if log_partition is None else log_partition
        return -self.free_energy(X) - found
