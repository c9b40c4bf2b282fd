"""HopfieldNetwork."""

from numbers import Real
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin, _fit_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from fastnn._numbers import check_numbers
from fastnn._types import MatrixLike
from fastnn._warnings import warn
from fastnn.estimators.hopfield.parameters import HopfieldParameters
from fastnn.estimators.hopfield.patterns import Coding, coding_of
from fastnn.estimators.hopfield.recall import (
    asynchronous,
    attention,
    dense_energy,
    energy,
    synchronous,
)
from fastnn.estimators.hopfield.rules import RULES
from fastnn.estimators.mlp.base import unchanged_on_failure
from fastnn.estimators.shared.docs import documented
from fastnn.estimators.shared.missing import located
from fastnn.estimators.shared.pickles import VersionedPickles
from fastnn.threads import effective_n_threads

__all__ = ["HopfieldNetwork"]

#: Patterns for each unit that a rule keeps, about, and what to do with more of them. That of Hebb's
#: rule: D. J. Amit, H. Gutfreund and H. Sompolinsky, Physical Review Letters 55, 1985.
_CAPACITY = {
    "hebb": (0.138, "set rule='pseudoinverse' or rule='dense'"),
    "storkey": (0.3, "set rule='pseudoinverse' or rule='dense'"),
    "pseudoinverse": (1.0, "set rule='dense'"),
}


@documented
class HopfieldNetwork(
    OneToOneFeatureMixin, TransformerMixin, HopfieldParameters, VersionedPickles, BaseEstimator
):
    """A net that stores patterns, and recalls the one that a damaged copy comes from [1]_.

    Each feature is a unit of value -1 or 1, and each is linked to each. A state is changed, unit by
    unit, into one in which all units have the sign of their field, ``W x``: a minimum of the energy
    ``-x^T W x / 2``, which stored patterns are, and mixtures of them, when there are too many.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    weights_ : ndarray of shape (n_features, n_features)
        Symmetric, without a diagonal. Not with 'dense'.
    patterns_ : ndarray of shape (n_samples, n_features)
        What is stored, as -1 and 1; with 'dense', and no threshold, as it was given.
    beta_ : float
        That of 'dense'; not with others.
    threshold_ : float, ndarray of shape (n_features,) or None
        Above which a value of X is 1, if values are cut.
    n_features_in_, feature_names_in_
        Number and, if X had them, names of the columns of X.

    References
    ----------
    .. [1] Hopfield, "Neural networks and physical systems with emergent collective computational
       abilities", Proceedings of the National Academy of Sciences 79, 1982.
    .. [2] Ramsauer et al., "Hopfield networks is all you need", ICLR 2021: 'dense'.

    Examples
    --------
    >>> import numpy as np
    >>> from fastnn import HopfieldNetwork
    >>> patterns = np.random.RandomState(0).choice([-1, 1], (5, 100))
    >>> damaged = np.where(np.arange(100) < 15, -patterns, patterns)
    >>> net = HopfieldNetwork(random_state=0).fit(patterns)
    >>> bool((net.predict(damaged) == patterns).all())
    True
    """

    weights_: np.ndarray
    patterns_: np.ndarray
    beta_: float
    threshold_: float | np.ndarray | None
    n_features_in_: int
    feature_names_in_: np.ndarray

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: MatrixLike, y: Any = None) -> Self:
        """Store the rows of X, and nothing else.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Patterns of -1 and 1, or 0 and 1; other numbers are cut, see ``threshold``.
        y : None
            Not used.

        Returns
        -------
        self : HopfieldNetwork

        Raises
        ------
        ValueError
            For patterns of other values, with ``threshold=None``; the net stays as it was.
        """
        with unchanged_on_failure(self):
            X = self._checked(X, reset=True)
            effective_n_threads(self.n_jobs)
            for name in ("weights_", "beta_"):  # of another rule
                self.__dict__.pop(name, None)
            self._low = self.threshold_ = None
            if self.rule != "dense" or isinstance(self.threshold, Real):
                coding = coding_of(X, self.threshold)
                self._low, self.threshold_ = coding.low, coding.threshold
            patterns = X.copy() if self._coding is None else self._coding.encode(X)
            if self.rule == "dense":
                squares = np.square(patterns, dtype=np.float64).sum(axis=1).mean()
                default = max(32.0, np.sqrt(X.shape[1])) / squares if squares > 0 else 1.0
                self.beta_ = float(default if self.beta is None else self.beta)
            else:
                self._warn_of_capacity(patterns)
                weights = RULES[self.rule](patterns.astype(np.float64))
                np.fill_diagonal(weights, 0)
                self.weights_ = ((weights + weights.T) / 2).astype(X.dtype)
            self.patterns_ = patterns
            self._seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        return self

    @property
    def _coding(self):
        """What stands for -1 and 1; None of a net that keeps real numbers."""
        return None if self._low is None else Coding(self._low, self.threshold_)

    def _warn_of_capacity(self, patterns):
        share, remedy = _CAPACITY[self.rule]
        n_patterns, n = patterns.shape
        if n_patterns >= share * n:
            warn(
                f"rule={self.rule!r} keeps some {share:g} patterns for each feature, and X has "
                f"{n_patterns} for {n}: many will not be recalled. Store fewer, or {remedy}."
            )

    def _checked(self, X, *, reset):
        check_numbers(X, kinds="MmV")
        dtype = (np.float64, np.float32) if reset else self.patterns_.dtype
        with located(X=X):
            return validate_data(self, X, dtype=dtype, order="C", reset=reset)

    def _states(self, X):
        """Rows as states of the net, in memory of their own."""
        check_is_fitted(self, "patterns_")
        X = self._checked(X, reset=False)
        return np.array(X, order="C") if self._coding is None else self._coding.encode(X)

    def transform(self, X: MatrixLike) -> np.ndarray:
        """Recall: the state in which the net comes to rest when it begins with a row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray or data frame of shape (n_samples, n_features)
            Of the values that the patterns had; with a threshold, where those were not 0 and 1, of
            -1 and 1.

        Raises
        ------
        ValueError
            For values that the patterns had not, without a threshold.
        """
        return self._recalled(X)

    def predict(self, X: MatrixLike) -> np.ndarray:
        """Recall, as ``transform``, always as an array.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_features)
        """
        return self._recalled(X)

    def _recalled(self, X):
        states, n_threads = self._states(X), effective_n_threads(self.n_jobs)
        if self.rule == "dense":
            at_rest = attention(
                self.patterns_, states, self.beta_, self.max_steps, self.tol, n_threads
            )
            if self._coding is not None:
                states = np.where(states > 0, 1, -1).astype(states.dtype)
        elif self.update == "synchronous":
            at_rest = synchronous(self.weights_, states, self.max_steps, n_threads)
        else:
            at_rest = asynchronous(self.weights_, states, self._seed, self.max_steps, n_threads)
        if not at_rest.all():
            n = np.count_nonzero(~at_rest)
            warn(
                f"{n} of {len(states)} states have not come to rest within "
                f"max_steps={self.max_steps}: set it higher.",
                ConvergenceWarning,
            )
        return states if self._coding is None else self._coding.decode(states)

    def energy(self, X: MatrixLike) -> np.ndarray:
        """The energy of states: ``-x^T W x / 2`` of -1 and 1; with 'dense'
        ``-log(sum_p exp(beta x_p . x)) / beta + |x|^2 / 2`` over the patterns.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        states, n_threads = self._states(X), effective_n_threads(self.n_jobs)
        if self.rule == "dense":
            return dense_energy(self.patterns_, states, self.beta_, n_threads)
        return energy(self.weights_, states, n_threads)

    def score(self, X: MatrixLike, y: Any = None, X_true: MatrixLike | None = None) -> float:
        """The mean overlap of what is recalled with what should be.

        The overlap of two states of -1 and 1 is the mean of their product, 1 if they are the same;
        with 'dense' and real numbers it is the cosine of their angle.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Where the net begins.
        y : None
            Not used.
        X_true : array-like of shape (n_samples, n_features), default=None
            What it should end in; with None X itself, of which this tells how stable it is.

        Returns
        -------
        float
        """
        expected = self._states(X if X_true is None else X_true).astype(np.float64)
        found = self._recalled(X)
        if self._coding is not None:
            found = self._coding.encode(found) if self._coding.low == 0 else found
        if len(found) != len(expected):
            raise ValueError(f"X has {len(found)} rows, and X_true has {len(expected)}.")
        lengths = np.linalg.norm(found, axis=1) * np.linalg.norm(expected, axis=1)
        products = np.einsum("ij,ij->i", found, expected)
        return float(np.mean(products / np.where(lengths > 0, lengths, 1)))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
