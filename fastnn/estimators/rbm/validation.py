"""Early stopping by the free-energy gap.

The partition function is the same for all rows, so the difference between the mean free energies of
held-out rows and of as many rows of training is a difference of log-likelihoods that one can know.
It grows when the machine learns rows by heart (Hinton, "A practical guide to training restricted
Boltzmann machines", 2010, section 6).
"""

import copy

import numpy as np

from fastnn.estimators.rbm.energies import free_energies

__all__ = ["FreeEnergyGap"]


class FreeEnergyGap:
    """Watches the gap after every epoch.

    Parameters
    ----------
    X, X_val : rows of training, and rows apart
    rbm : BaseRBM

    Attributes
    ----------
    curve : list of float
        The gaps.
    best : dict or None
        Attributes after the last epoch whose gap was tolerated.
    """

    def __init__(self, X, X_val, rbm):
        step = max(1, X.shape[0] // X_val.shape[0])  # as many rows, from all over
        self._of_training = X[np.arange(0, X.shape[0], step)[: X_val.shape[0]]]
        self._X_val, self._rbm = X_val, rbm
        self.curve, self.best, self._larger = [], None, 0

    def watch(self, attributes):
        """Take note of the gap; true if it has been too large for long enough."""
        fitted = copy.copy(self._rbm)
        fitted.__dict__.update(attributes)
        train, apart = (free_energies(fitted, X) for X in (self._of_training, self._X_val))
        self.curve.append(float(apart.mean() - train.mean()))
        if self.curve[-1] <= self._rbm.tol * np.std(train):
            self._larger, self.best = 0, attributes
            return False
        self._larger += 1
        return self._larger >= self._rbm.n_iter_no_change
