"""Piecewise-linear codes whose edges are learned from the data: a transformer, and a layer."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from fastnn._types import MatrixLike
from fastnn.layers import Category, Columns
from fastnn.layers.columns import MOST_EDGES
from fastnn.layers.piecewise import number_column

__all__ = ["PiecewiseLinear"]


class PiecewiseLinear(TransformerMixin, BaseEstimator):
    """Each number beside its piecewise-linear code, with edges at the quantiles of the data.

    As a transformer it gives the wide rows; as the first layer of a `fastnn.Network`, once it is
    fitted, it stands for `Columns`, which computes the same without writing them down.

    Parameters
    ----------
    n_bins : int, default=32
        Bins of a column, at most 256.
    value : bool, default=True
        Whether the number itself is an entry beside its code.
    categories : sequence of int or None, default=None
        Numbers of the columns that hold category numbers from 0: these become indicators.

    Attributes
    ----------
    columns_ : list of Number and Category
        How each column is encoded.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features,)
        Only of X with names.

    See Also
    --------
    fastnn.layers.Number : The formula of a code.

    Notes
    -----
    Edges are the ``n_bins + 1`` quantiles of a column. Where several of them are one value, that of
    many rows, the edges left over are spent on quantiles of the other values that occur. A column
    with fewer than three edges has no code, and is itself.

    References
    ----------
    Gorishniy, Rubachev and Babenko, "On embeddings for numerical features in tabular deep
    learning", NeurIPS 2022.

    Examples
    --------
    >>> import numpy as np
    >>> from fastnn import Network, PiecewiseLinear
    >>> from fastnn.layers import Dense
    >>> X = np.random.RandomState(0).normal(size=(500, 2))
    >>> y = np.sign(np.sin(4 * X[:, :1]))
    >>> net = Network([PiecewiseLinear(16).fit(X), Dense(1)], random_state=0)
    >>> net = net.fit(X, y, epochs=30, learning_rate=0.03)
    >>> bool(np.mean(np.sign(net.predict(X)) == y) > 0.9)
    True
    """

    columns_: list[Any]
    n_features_in_: int
    feature_names_in_: np.ndarray

    def __init__(
        self, n_bins: int = 32, *, value: bool = True, categories: ArrayLike | None = None
    ) -> None:
        self.n_bins = n_bins
        self.value = value
        self.categories = categories

    def fit(self, X: MatrixLike, y: Any = None) -> Self:
        """Learn the edges of the bins, and the means of the codes.

        Parameters
        ----------
        X : array-like of shape (n, n_features)
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        ValueError
            For bins or categories that cannot be, or X that is not finite.
        """
        if not isinstance(self.n_bins, int | np.integer) or not 2 <= self.n_bins < MOST_EDGES:
            raise ValueError(
                f"n_bins must be an int from 2 to {MOST_EDGES - 1}, got {self.n_bins!r}"
            )
        X = validate_data(self, X, dtype=[np.float64, np.float32])
        categories = self._categories(X)
        self.columns_ = [
            Category(int(x.max()) + 1)
            if number in categories
            else number_column(x, self.n_bins, value=self.value)
            for number, x in enumerate(X.T)
        ]
        return self

    def _categories(self, X):
        """The columns of category numbers, checked."""
        given = [] if self.categories is None else list(self.categories)
        for number in given:
            if not isinstance(number, int | np.integer) or not 0 <= number < X.shape[1]:
                raise ValueError(
                    f"categories must be numbers of columns, from 0 to {X.shape[1] - 1}; got "
                    f"{number!r}"
                )
            x = X[:, number]
            if (x != np.floor(x)).any() or x.min() < 0:
                raise ValueError(
                    f"column {number} must hold category numbers from 0, as "
                    "sklearn.preprocessing.OrdinalEncoder gives them"
                )
        return {int(number) for number in given}

    def transform(self, X: MatrixLike) -> np.ndarray:
        """Return the encoded rows, (n, n_entries), of the dtype of X."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=[np.float64, np.float32], reset=False)
        return self.as_layer().transform(X)

    def as_layer(self) -> Columns:
        """Return the `Columns` that compute the same in a network.

        Raises
        ------
        sklearn.exceptions.NotFittedError
        """
        check_is_fitted(self)
        return Columns(self.columns_)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the names of the entries: that of the column, and "_" and a number for a code."""
        check_is_fitted(self)
        given = getattr(self, "feature_names_in_", input_features)
        if input_features is not None and not np.array_equal(given, input_features):
            raise ValueError("input_features is not equal to feature_names_in_")
        names = [f"x{i}" for i in range(self.n_features_in_)] if given is None else given
        if len(names) != self.n_features_in_:
            raise ValueError(f"input_features should have length equal to {self.n_features_in_}")
        found = []
        for name, column in zip(names, self.columns_, strict=True):
            spec = column.spec
            n_codes = spec.n_entries - spec.value
            found += [name] * spec.value + [f"{name}_{i}" for i in range(n_codes)]
        return np.array(found, dtype=object)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
