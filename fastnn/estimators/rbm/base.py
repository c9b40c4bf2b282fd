"""What restricted Boltzmann machines share: fitting, both conditional distributions, energies."""

from abc import ABC, abstractmethod
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import issparse
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    _fit_context,
)
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from fastnn._numbers import check_numbers
from fastnn._types import MatrixLike
from fastnn.estimators.mlp.base import unchanged_on_failure
from fastnn.estimators.rbm.distribution import DistributionMixin
from fastnn.estimators.rbm.energies import free_energies, given_hidden, given_visible
from fastnn.estimators.rbm.fitting import Learning, first_state, learn
from fastnn.estimators.rbm.parameters import RBMParameters
from fastnn.estimators.shared.callbacks import CallbackSupportMixin, FitCallbacks
from fastnn.estimators.shared.data import split_off_validation_rows
from fastnn.estimators.shared.missing import located
from fastnn.estimators.shared.pickles import VersionedPickles

_FLOATS = (np.float64, np.float32)


class BaseRBM(
    CallbackSupportMixin,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    DistributionMixin,
    RBMParameters,
    VersionedPickles,
    BaseEstimator,
    ABC,
):
    """Base of the restricted Boltzmann machines; not for direct use."""

    _gaussian = False
    _score_name = "pseudo-likelihood"

    @abstractmethod
    def _hashed(self):
        """Whether states are sampled by hashes and not by NumPy's generator."""

    @abstractmethod
    def _visible_energies(self, X):
        """The part of the free energy that has no hidden unit in it, (n,)."""

    @abstractmethod
    def _check_values(self, X):
        """Warn of rows that the visible units do not stand for."""

    @abstractmethod
    def _scores(self, X):
        """Score of each validated row."""

    @abstractmethod
    def _draw_visibles(self, means, rng):
        """States of the visible units with these means."""

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: MatrixLike, y: Any = None, *, X_val: MatrixLike | None = None) -> Self:
        """Learn the distribution of the rows of X, from new weights.

        If this fails or is interrupted, the estimator is as it was before.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            float32 is learned in float32, everything else in float64.
        y : None
            Ignored.
        X_val : {array-like, sparse matrix} of shape (n_val, n_features), default=None
            Rows for ``validation_curve_``, and for early stopping to watch in place of a part of X.

        Returns
        -------
        self : estimator

        Raises
        ------
        ValueError
            If a parameter or the data are not valid.
        DivergenceError
            A ValueError: if a weight became infinite or NaN.
        """
        with unchanged_on_failure(self):
            rows = self._validated(X, reset=True)
            self._check_values(rows)
            apart = None
            if X_val is not None:
                apart = self._validated(X_val, dtype=rows.dtype, name="X_val")
            rng = check_random_state(self.random_state)
            if apart is None and self.early_stopping:
                fraction = self.validation_fraction
                found = split_off_validation_rows(np.arange(rows.shape[0]), None, fraction, rng)
                rows, apart = (rows[np.sort(some)] for some in found)
            fitted = {}
            callbacks = FitCallbacks(self, X, None, None, self.n_iter, lambda: fitted)
            fitted.update(learn(self, rows, apart, rng, callbacks))
            for name in ("validation_curve_", "random_state_"):
                self.__dict__.pop(name, None)
            self.__dict__.update(fitted)
            callbacks.end()
        return self

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: MatrixLike, y: Any = None) -> Self:
        """Take one step with all rows of X as a batch.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The dtype of the first call, or of ``fit``, is kept.
        y : None
            Ignored.

        Returns
        -------
        self : estimator
        """
        with unchanged_on_failure(self):
            first = not hasattr(self, "components_")
            dtype = _FLOATS if first else self.components_.dtype
            rows = self._validated(X, dtype=dtype, reset=first)
            if first:
                self._check_values(rows)
            rng = getattr(self, "random_state_", None)
            rng = check_random_state(self.random_state) if rng is None else rng
            state = first_state(self, rows.shape[1], rows.dtype, rng) if first else self.__dict__
            learning = Learning(self, state, rows.shape[0], rng)
            learning.epoch(rows)
            learning.check_finite(1)
            self.__dict__.update(learning.attributes())
            self.random_state_ = rng
        return self

    def _validated(self, X, dtype=_FLOATS, *, reset=False, name="X"):
        check_numbers(X, name, "MmV")
        with located(name.removeprefix("X"), X=X):
            X = validate_data(self, X, accept_sparse="csr", order="C", dtype=dtype, reset=reset)
        if issparse(X) and not X.has_canonical_format:
            X = X.copy()
            X.sum_duplicates()
        return X if issparse(X) else np.require(X, requirements="A")

    def _states(self, values):
        """Values of units as the kernels read them, and whether they were one row."""
        if issparse(values):
            return values.tocsr(), False
        values = np.require(values, self.components_.dtype, ["C", "A"])
        single = values.ndim == 1
        return values.reshape(1, -1) if single else values, single

    def transform(self, X: MatrixLike) -> np.ndarray:
        """Probabilities of the hidden units given rows of X.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_components)
            Of the dtype of the model.
        """
        check_is_fitted(self)
        return given_visible(self, self._validated(X))

    def inverse_transform(self, X: ArrayLike) -> np.ndarray:
        """Means of the visible units given states, or probabilities, of the hidden ones.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_components)

        Returns
        -------
        ndarray of shape (n_samples, n_features)
        """
        check_is_fitted(self)
        H, _ = self._states(X)
        n_components = len(self.components_)
        if H.ndim != 2 or H.shape[1] != n_components:
            raise ValueError(f"X must have shape (n, {n_components}), got {np.shape(X)}")
        return self._mean_visibles(H)

    def _mean_hiddens(self, v):
        rows, single = self._states(v)
        p = given_visible(self, rows)
        return p[0] if single else p

    def _mean_visibles(self, h):
        rows, single = self._states(h)
        p = given_hidden(self, rows, "identity" if self._gaussian else "logistic")
        return p[0] if single else p

    def _sample_hiddens(self, v, rng):
        p = self._mean_hiddens(v)
        return rng.uniform(size=p.shape) < p

    def _sample_visibles(self, h, rng):
        return self._draw_visibles(self._mean_visibles(h), rng)

    def _free_energy(self, v):
        rows, single = self._states(v)
        energies = free_energies(self, rows)
        return energies[0] if single else energies

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
