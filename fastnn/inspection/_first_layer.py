"""FirstLayerWeightsDisplay: what the first layer looks for, as images."""

import numpy as np

from fastnn.inspection._opening import opened
from fastnn.inspection._plotting import axes

__all__ = ["FirstLayerWeightsDisplay"]


class FirstLayerWeightsDisplay:
    """The weights into each unit of the first layer as an image.

    Use `from_estimator` to make one.

    Parameters
    ----------
    weights : ndarray of shape (n_features, n_units)
    image_shape : (int, int), default=None
        Rows and columns of an image; None stands for a square one.
    n_units : int, default=64
        Units to show: those with the largest weights, the largest first.

    Attributes
    ----------
    ax_, figure_ : Axes and Figure
    im_ : AxesImage
    colorbar_ : Colorbar
    units_ : ndarray
        Numbers of the units, row by row.
    """

    def __init__(self, weights, image_shape=None, *, n_units=64):
        self.weights = weights
        self.image_shape = image_shape
        self.n_units = n_units

    @classmethod
    def from_estimator(cls, estimator, *, image_shape=None, n_units=64, ax=None, **image):
        """Draw the first layer of a fitted estimator.

        Parameters
        ----------
        estimator : MLPClassifier or MLPRegressor
        image_shape : (int, int), default=None
            Rows and columns of an image; None stands for a square one.
        n_units : int, default=64
            Most units to show.
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
        estimator = opened(estimator, None, None, "FirstLayerWeightsDisplay.from_estimator").model
        if not hasattr(estimator, "coefs_"):
            raise ValueError("The estimator is not fitted: it has no coefs_. Call fit first.")
        display = cls(estimator.coefs_[0], image_shape, n_units=n_units)
        return display.plot(ax=ax, **image)

    def plot(self, ax=None, **image):
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
        mosaic = self._mosaic()
        self.figure_, self.ax_ = axes(ax, figsize=(6.4, 5.4))
        limit = np.nanmax(np.abs(mosaic)) or 1.0
        style = {"cmap": "RdBu_r", "vmin": -limit, "vmax": limit, "interpolation": "nearest"}
        self.im_ = self.ax_.imshow(mosaic, **style | image)
        self.ax_.set_axis_off()
        self.colorbar_ = self.figure_.colorbar(self.im_, ax=self.ax_, shrink=0.8, label="weight")
        self.colorbar_.outline.set_visible(False)
        return self

    def _mosaic(self):
        """All images side by side, with NaN in between."""
        weights = np.asarray(self.weights, dtype=np.float64)
        n_features, n_units = weights.shape
        height, width = self.image_shape or (round(np.sqrt(n_features)),) * 2
        if height * width != n_features:
            raise ValueError(
                f"{n_features} features do not fill an image of {height} x {width}: pass "
                "image_shape=(rows, columns) with rows * columns = n_features."
            )
        order = np.argsort(-np.linalg.norm(weights, axis=0), kind="stable")
        self.units_ = order[: min(self.n_units, n_units)]
        columns = int(np.ceil(np.sqrt(len(self.units_))))
        rows = -(-len(self.units_) // columns)
        mosaic = np.full((rows * (height + 1) - 1, columns * (width + 1) - 1), np.nan)
        for i, unit in enumerate(self.units_):
            top, left = i // columns * (height + 1), i % columns * (width + 1)
            tile = weights[:, unit].reshape(height, width)
            mosaic[top : top + height, left : left + width] = tile
        return mosaic
