"""FirstLayerWeightsDisplay: what the first layer looks for, as images or as a table."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from fastnn.inspection._kernels import kernels, network_of
from fastnn.inspection._opening import opened
from fastnn.inspection._plotting import axes, entitled

__all__ = ["FirstLayerWeightsDisplay"]

#: Most features in the rows of a table, and units in its columns.
_ROWS, _COLUMNS = 40, 30


class FirstLayerWeightsDisplay:
    """The weights into the units of the first layer: as an image each, or as a heat map.

    Kernels of a convolution are images, of several channels side by side. Pixels make an image of
    every unit, side by side; the features of a table are the rows of one heat map whose columns are
    the units. Use `from_estimator` to make one.

    Parameters
    ----------
    weights : ndarray of shape (n_features, n_units)
    image_shape : (int, int), default=None
        Rows and columns of an image. None stands for a square one where the features fill it and
        have no names, else for the heat map.
    n_units : int, default=None
        Units to show: those with the largest weights, the largest first. None is 64 images, or
        30 columns.
    feature_names : sequence of str, default=None
        For the rows of the heat map, which are at most the 40 with the largest weights.

    Attributes
    ----------
    ax_, figure_ : Axes and Figure
    im_ : AxesImage
    colorbar_ : Colorbar
    units_ : ndarray
        Numbers of the units, image by image row by row, or column by column.
    features_ : ndarray or None
        Numbers of the features in the rows of the heat map.
    """

    def __init__(
        self,
        weights: ArrayLike,
        image_shape: tuple[int, int] | None = None,
        *,
        n_units: int | None = None,
        feature_names: ArrayLike | None = None,
    ) -> None:
        self.weights = weights
        self.image_shape = image_shape
        self.n_units = n_units
        self.feature_names = feature_names

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        image_shape: tuple[int, int] | None = None,
        n_units: int | None = None,
        feature_names: ArrayLike | None = None,
        ax: Any = None,
        **image: Any,
    ) -> Self:
        """Draw the first layer of a fitted estimator.

        Parameters
        ----------
        estimator : MLPClassifier, MLPRegressor, Network or Pipeline that ends in one
        image_shape : (int, int), default=None
            Rows and columns of an image. None stands for a square one where the features fill it
            and have no names, else for a heat map of features and units.
        n_units : int, default=None
            Most units to show.
        feature_names : sequence of str, default=None
            None stands for those that the estimator was fitted with.
        ax : Axes, default=None
        **image
            Passed on to ``Axes.imshow``.

        Returns
        -------
        FirstLayerWeightsDisplay

        Raises
        ------
        ValueError
            If the features do not fill the image, or the estimator is not fitted.
        """
        caller = "FirstLayerWeightsDisplay.from_estimator"
        model, _, names = opened(estimator, None, None, caller)
        network = network_of(model)
        if network is not None:
            coef, of_kernel = kernels(network)
        elif hasattr(model, "coefs_"):
            coef, of_kernel = model.coefs_[0], None
        else:
            raise ValueError("The estimator is not fitted: it has no weights. Call fit first.")
        if of_kernel is not None:  # its elements have no names
            image_shape = of_kernel if image_shape is None else image_shape
        elif feature_names is None:
            feature_names = names
        display = cls(coef, image_shape, n_units=n_units, feature_names=feature_names)
        return display.plot(ax=ax, **image)

    def plot(self, ax: Any = None, **image: Any) -> Self:
        """Draw.

        Parameters
        ----------
        ax : Axes, default=None
        **image
            Passed on to ``Axes.imshow``.

        Returns
        -------
        self : FirstLayerWeightsDisplay
        """
        weights = np.asarray(self.weights, dtype=np.float64)
        self.units_ = np.argsort(-np.linalg.norm(weights, axis=0), kind="stable")
        side = round(np.sqrt(len(weights)))
        as_table = self.image_shape is None and (
            side * side != len(weights) or self.feature_names is not None
        )
        draw = self._table if as_table else self._images
        shown = draw(weights, self.image_shape or (side, side))
        size = (6.4, max(3.0, min(1.6 + 0.21 * len(shown), 10.0))) if as_table else (6.4, 5.4)
        self.figure_, self.ax_ = axes(ax, figsize=size)
        limit = np.nanmax(np.abs(shown)) or 1.0
        style = {"cmap": "RdBu_r", "vmin": -limit, "vmax": limit, "interpolation": "nearest"}
        if as_table:
            style["aspect"] = "auto"
        self.im_ = self.ax_.imshow(shown, **style | image)
        if as_table:
            self._label()
        else:
            self.ax_.set_axis_off()
        entitled(self.ax_, f"First-layer weights of {len(self.units_)} units")
        self.colorbar_ = self.figure_.colorbar(self.im_, ax=self.ax_, shrink=0.8, label="weight")
        self.colorbar_.outline.set_visible(False)
        return self

    def _table(self, weights, _):
        """Features and units, those with the largest weights."""
        self.units_ = self.units_[: self.n_units or _COLUMNS]
        size = np.linalg.norm(weights[:, self.units_], axis=1)
        self.features_ = np.sort(np.argsort(-size, kind="stable")[:_ROWS])
        return weights[np.ix_(self.features_, self.units_)]

    def _label(self):
        names = self.feature_names
        if names is None:
            names = [f"feature {i}" for i in range(len(self.weights))]
        rows, columns = np.arange(len(self.features_)), np.arange(len(self.units_))
        self.ax_.set_yticks(rows, [str(names[i]) for i in self.features_], fontsize="small")
        self.ax_.set_xticks(columns, self.units_, fontsize="small", rotation=90)
        self.ax_.tick_params(length=0)
        self.ax_.spines[:].set_visible(False)
        self.ax_.set(xlabel="unit, the largest weights first")

    def _images(self, weights, shape):
        """All images side by side, with NaN in between."""
        self.features_ = None
        height, width = shape
        if height * width != len(weights):
            raise ValueError(
                f"{len(weights)} features do not fill an image of {height} x {width}: pass "
                "image_shape=(rows, columns) with rows * columns = n_features, or leave it out."
            )
        self.units_ = self.units_[: self.n_units or 64]
        columns = int(np.ceil(np.sqrt(len(self.units_))))
        rows = -(-len(self.units_) // columns)
        mosaic = np.full((rows * (height + 1) - 1, columns * (width + 1) - 1), np.nan)
        for i, unit in enumerate(self.units_):
            top, left = i // columns * (height + 1), i % columns * (width + 1)
            tile = weights[:, unit].reshape(height, width)
            mosaic[top : top + height, left : left + width] = tile
        return mosaic
