"""BernoulliRBM."""

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from fastnn._types import MatrixLike
from fastnn._warnings import warn
from fastnn.estimators.rbm.base import BaseRBM
from fastnn.estimators.rbm.energies import free_energies, linear, softplus
from fastnn.estimators.rbm.parameters import BernoulliParameters
from fastnn.estimators.shared.declare import parameters
from fastnn.estimators.shared.docs import documented

__all__ = ["BernoulliRBM"]

# Numbers that the pseudo-likelihood of all bits holds at a time.
_BLOCK = 1 << 22


@documented
@parameters
class BernoulliRBM(BaseRBM, BernoulliParameters):
    """Restricted Boltzmann machine with binary visible and hidden units.

    The distribution p(v) = sum over h of exp(b.v + c.h + h.W v) / Z of rows of zeros and ones, or
    of numbers between, which count as probabilities. In place of scikit-learn's of the same name:
    with batches of equal size, the same components from the same seed.

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
    .. [3] Hinton, "A practical guide to training restricted Boltzmann machines", 2010.
    .. [4] Salakhutdinov & Murray, "On the quantitative analysis of deep belief networks", ICML
       2008.

    Examples
    --------
    >>> from fastnn import BernoulliRBM
    >>> X = [[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 1]]
    >>> BernoulliRBM(n_components=2, random_state=0).fit(X).transform(X).shape
    (4, 2)
    """

    def _hashed(self):
        return self.rng == "counter"

    def _visible_energies(self, X):
        return -linear(X, self.intercept_visible_[:, None], _zero(self), self.n_jobs)[:, 0].astype(
            np.float64
        )

    def _check_values(self, X):
        values = X.data if issparse(X) else X
        if values.size and (values.min() < 0 or values.max() > 1):
            warn(
                f"X has values from {values.min():.3g} to {values.max():.3g}, but the visible "
                "units are probabilities from 0 to 1: scale X with MinMaxScaler(clip=True) or "
                "make bits of it with Binarizer; for standardised real numbers take GaussianRBM."
            )
        _warn_of_many_units(self.n_components, X.shape[1])

    def _draw_visibles(self, means, rng):
        return rng.uniform(size=means.shape) < means

    def score_samples(self, X: MatrixLike) -> np.ndarray:
        """Pseudo-likelihood of each row: how sure the model is of its bits, each given all others.

        Of all bits it is the sum; of one bit, see ``scored_bits``, n_features times its own.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows of zeros and ones.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        check_is_fitted(self)
        return self._scores(self._validated(X))

    def _scores(self, X):
        if self.scored_bits == "all":
            return self._all_bits(X)
        rng = check_random_state(self.random_state)
        n, n_features = X.shape
        bits = np.arange(n), rng.randint(0, n_features, n)
        flipped = (X.tolil() if issparse(X) else X).copy()
        flipped[bits] = 1 - (X[bits] if not issparse(X) else np.asarray(X[bits]).ravel())
        flipped = flipped.tocsr() if issparse(X) else flipped
        gain = free_energies(self, flipped) - free_energies(self, X)
        return -n_features * softplus(-gain)

    def _all_bits(self, X):
        """The sum over the bits of log p(bit | the others), row by row in double precision."""
        W = self.components_.astype(np.float64)
        b, c = self.intercept_visible_.astype(np.float64), self.intercept_hidden_.astype(np.float64)
        scores = np.empty(X.shape[0])
        for r in range(X.shape[0]):
            v = X[[r]].toarray()[0] if issparse(X) else X[r]
            v = v.astype(np.float64)
            z, scores[r] = W @ v + c, 0.0
            step = max(1, _BLOCK // len(c))
            for first in range(0, len(v), step):
                some = slice(first, first + step)
                turn = 1 - 2 * v[some]
                other = softplus(z[:, None] + W[:, some] * turn) - softplus(z)[:, None]
                scores[r] -= softplus(turn * b[some] + other.sum(axis=0)).sum()
        return scores

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.non_deterministic = self.scored_bits == "one"  # another row number, another bit
        return tags


def _zero(rbm):
    return np.zeros(1, rbm.intercept_visible_.dtype)


def _warn_of_many_units(n_components, n_features):
    """Warn of more hidden units than any distribution over so many bits can need."""
    if n_features < 60 and n_components > 2**n_features:
        warn(
            f"n_components={n_components} hidden units for {n_features} binary features, which "
            f"have {2**n_features} states: {2**n_features} units can stand for any distribution "
            "over them (Le Roux and Bengio 2008). Set n_components lower."
        )
