"""Outputs of a hidden layer as the features of a transformer: their names, and the frames that
``set_output`` asks for."""

from types import SimpleNamespace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils._set_output import _wrap_data_with_container
from sklearn.utils.validation import _generate_get_feature_names_out, check_is_fitted

from fastnn._types import MatrixLike
from fastnn.estimators.shared.availability import available_unless, no_hidden_layers

__all__ = ["HiddenFeaturesMixin", "as_asked"]


class HiddenFeaturesMixin:
    """What a transformer has beside ``fit`` and ``transform``, where there is a hidden layer.

    scikit-learn's ``TransformerMixin`` would wrap ``transform`` for all parameters, and not know
    that another layer than the last has other features.
    """

    @available_unless(no_hidden_layers)
    def fit_transform(self, X: MatrixLike, y: Any = None, **fit_params: Any) -> Any:
        """Fit, and return the outputs of the last hidden layer.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        **fit_params
            Of ``fit``.

        Returns
        -------
        ndarray or data frame of shape (n_samples, n_units)
        """
        return super().fit_transform(X, y, **fit_params)

    def set_output(self, *, transform: Any = None) -> Self:
        """Set what ``transform`` and ``fit_transform`` return.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"} or None, default=None
            An array, a data frame, or what it was.

        Returns
        -------
        self : estimator
        """
        if transform is not None:
            # Not in place: copies of the estimator share the dict.
            known = self.__dict__.get("_sklearn_output_config", {})
            self._sklearn_output_config = {**known, "transform": transform}
        return self

    @available_unless(no_hidden_layers)
    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> np.ndarray:
        """Names of the columns that ``transform`` returns: those of the units.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Not used, but checked against ``feature_names_in_``.

        Returns
        -------
        ndarray of str objects
        """
        check_is_fitted(self)
        n_units = self.coefs_[-2].shape[1]
        return _generate_get_feature_names_out(self, n_units, input_features=input_features)


def as_asked(estimator, features, X):
    """Return outputs of a hidden layer, of rows X, in the container that was asked for."""
    n_units = features.shape[1]
    asked = SimpleNamespace(
        _sklearn_output_config=getattr(estimator, "_sklearn_output_config", {}),
        _sklearn_auto_wrap_output_keys={"transform"},
        get_feature_names_out=lambda: _generate_get_feature_names_out(estimator, n_units),
    )
    return _wrap_data_with_container("transform", features, X, asked)
