"""GaussianRBM."""

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.validation import check_is_fitted

from fastnn._types import MatrixLike
from fastnn._warnings import warn
from fastnn.estimators.mlp.parameters import POSITIVE
from fastnn.estimators.rbm.base import BaseRBM
from fastnn.estimators.rbm.energies import free_energies
from fastnn.estimators.shared.declare import parameter, parameters
from fastnn.estimators.shared.docs import documented

__all__ = ["GaussianRBM"]

# Means and standard deviations that standardised columns do not have.
_FAR, _WIDE = 1.0, 3.0


@documented
@parameters
class GaussianRBM(BaseRBM):
    """Restricted Boltzmann machine with real visible units of variance one, and binary hidden ones.

    The density ``p(v) = sum over h of exp(-|v - b|^2 / 2 + c.h + h.W v) / Z`` of standardised rows:
    given the hidden units, the visible ones are normal around b + h W. States are sampled by hashes
    of seed, update, row and unit.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    components_ : ndarray of shape (n_components, n_features)
        Weights W.
    intercept_hidden_, intercept_visible_ : ndarray of shape (n_components,), (n_features,)
        Biases c and b.
    h_samples_ : ndarray of shape (batch_size, n_components)
        States of the hidden units of the persistent chains.
    n_iter_ : int
        Epochs of the last fit.
    validation_curve_ : list of float
        Free energy of held-out rows less that of rows of training after each epoch, where ``fit``
        has held any out.
    random_state_ : RandomState
        What ``partial_fit`` and ``gibbs`` draw from.
    n_features_in_, feature_names_in_
        Number and, if X had them, names of the columns of X.

    References
    ----------
    .. [1] Hinton, "Training products of experts by minimizing contrastive divergence", Neural
       Computation 14, 2002.
    .. [2] Tieleman, "Training restricted Boltzmann machines using approximations to the likelihood
       gradient", ICML 2008.
    .. [3] Hinton, "A practical guide to training restricted Boltzmann machines", 2010: section 13.2
       on Gaussian units.
    .. [4] Salakhutdinov & Murray, "On the quantitative analysis of deep belief networks", ICML
       2008.

    Examples
    --------
    >>> from fastnn import GaussianRBM
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.preprocessing import scale
    >>> X = scale(load_iris().data)
    >>> GaussianRBM(n_components=3, random_state=0).fit(X).transform(X).shape
    (150, 3)
    """

    _gaussian = True
    _score_name = "minus free energy"

    learning_rate: float = parameter(
        "float",
        "Step of the weights and biases along the gradient of the mean log-likelihood. Real units "
        "want a smaller one than bits.",
        default=0.01,
        valid=[POSITIVE],
    )

    def _hashed(self):
        return True

    def _visible_energies(self, X):
        b = self.intercept_visible_.astype(np.float64)
        if issparse(X):
            X = X.astype(np.float64)
            squares = X.multiply(X).sum(axis=1)
            return 0.5 * (np.asarray(squares).ravel() + (b**2).sum()) - X @ b
        return 0.5 * ((X - b) ** 2).sum(axis=1, dtype=np.float64)

    def _check_values(self, X):
        if issparse(X) or len(X) < 2:
            return
        mean, spread = np.abs(X.mean(axis=0)).max(), X.std(axis=0).max()
        if mean > _FAR or spread > _WIDE:
            warn(
                f"the columns of X have means up to {mean:.3g} and standard deviations up to "
                f"{spread:.3g}, but the visible units have variance one: put a StandardScaler "
                "before the GaussianRBM."
            )

    def _draw_visibles(self, means, rng):
        return means + rng.normal(size=means.shape)

    def score_samples(self, X: MatrixLike) -> np.ndarray:
        """Minus the free energy of each row: its log-density, but for a constant of the model.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        check_is_fitted(self)
        return self._scores(self._validated(X))

    def _scores(self, X):
        return -free_energies(self, X)
