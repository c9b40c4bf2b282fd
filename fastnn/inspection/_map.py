"""MapDisplay: a self-organizing map, unit by unit."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from fastnn._names import meant
from fastnn._types import MatrixLike
from fastnn.estimators.som.fitting import grid_of
from fastnn.estimators.som.som import SelfOrganizingMap
from fastnn.estimators.som.views import hits, majority, u_matrix
from fastnn.inspection._plotting import axes, entitled

__all__ = ["MapDisplay"]

KINDS = ("u_matrix", "component", "hits", "classes")
_WHAT = {"u_matrix": "mean distance to neighbours", "hits": "rows", "classes": "class"}


class MapDisplay:
    """A value of each unit, drawn where the unit lies on the grid.

    Use `from_estimator` to make one.

    Parameters
    ----------
    positions : array-like of shape (n_units, 2)
        Row and column of each unit, in the plane.
    values : array-like of shape (n_units,)
        Numbers, or with ``classes`` numbers of classes, of which -1 is none.
    hexagonal : bool, default=False
        Whether a unit is a hexagon rather than a square.
    classes : array-like of shape (n_classes,), default=None
        Names of the classes.
    shares : array-like of shape (n_units,), default=None
        How sure a class is: the colour fades with it.
    label : str, default=""
        What the values are.

    Attributes
    ----------
    ax_, figure_ : Axes and Figure
    units_ : PolyCollection
        A polygon for each unit.
    colorbar_ : Colorbar or None
    legend_ : Legend or None
    """

    def __init__(
        self,
        positions: ArrayLike,
        values: ArrayLike,
        *,
        hexagonal: bool = False,
        classes: ArrayLike | None = None,
        shares: ArrayLike | None = None,
        label: str = "",
    ) -> None:
        self.positions = positions
        self.values = values
        self.hexagonal = hexagonal
        self.classes = classes
        self.shares = shares
        self.label = label

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        kind: str = "u_matrix",
        *,
        X: MatrixLike | None = None,
        y: ArrayLike | None = None,
        feature: int | str = 0,
        ax: Any = None,
        **polygons: Any,
    ) -> Self:
        """Draw a fitted map.

        Parameters
        ----------
        estimator : SelfOrganizingMap or Pipeline that ends in one
        kind : {"u_matrix", "component", "hits", "classes"}, default="u_matrix"
            The mean distance of a unit to its neighbours on the grid, large between clusters; the
            value of one feature; the number of rows of X that a unit wins; the class in y that
            most of those have.
        X : {array-like, sparse matrix} of shape (n_samples, n_features), default=None
            Rows for "hits" and "classes".
        y : array-like of shape (n_samples,), default=None
            Labels for "classes".
        feature : int or str, default=0
            Number or name of the one for "component".
        ax : Axes, default=None
        **polygons
            Passed on to ``PolyCollection``, for example ``cmap``.

        Returns
        -------
        MapDisplay

        Raises
        ------
        ValueError
            For another kind, and where X or y that it needs are missing.
        TypeError
            For another estimator.
        """
        som = estimator[-1] if isinstance(estimator, Pipeline) else estimator
        if not isinstance(som, SelfOrganizingMap):
            raise TypeError(
                f"MapDisplay draws a SelfOrganizingMap, or a pipeline that ends in one, and got a "
                f"{type(som).__name__}."
            )
        check_is_fitted(som, "codebook_")
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {KINDS}, got {kind!r}{meant(kind, KINDS)}.")
        needed = {"hits": {"X": X}, "classes": {"X": X, "y": y}}.get(kind, {})
        if any(value is None for value in needed.values()):
            raise ValueError(f"kind={kind!r} needs {' and '.join(needed)}.")
        if X is not None and som is not estimator:
            X = estimator[:-1].transform(X)
        more = {"label": _WHAT.get(kind, "")}
        if kind == "u_matrix":
            values = u_matrix(som)
        elif kind == "hits":
            values = hits(som, X)
        elif kind == "classes":
            more["classes"], values, more["shares"] = majority(som, X, y)
        else:
            number, more["label"] = _feature(som, feature)
            values = som.codebook_[:, number]
        display = cls(grid_of(som).positions, values, hexagonal=som.topology == "hexagonal", **more)
        return display.plot(ax=ax, **polygons)

    def plot(self, ax: Any = None, **polygons: Any) -> Self:
        """Draw.

        Parameters
        ----------
        ax : Axes, default=None
        **polygons
            Passed on to ``PolyCollection``.

        Returns
        -------
        self : MapDisplay
        """
        self.figure_, self.ax_ = axes(ax, figsize=(5.4, 4.6))
        from matplotlib.collections import PolyCollection

        place = np.asarray(self.positions, float)[:, ::-1]
        if self.hexagonal:
            turns = np.pi * (np.arange(6) / 3 + 1 / 6)
            shape = np.stack([np.cos(turns), np.sin(turns)], axis=1) / np.sqrt(3)
        else:
            shape = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) / 2
        corners = place[:, None] + shape
        values = np.asarray(self.values)
        self.colorbar_ = self.legend_ = None
        style: dict[str, Any] = {"linewidths": 0.4, "edgecolors": "white"} | polygons
        if self.classes is None:
            self.units_ = PolyCollection(corners, array=values, **style)
        else:
            colors = self._colors(values)
            self.units_ = PolyCollection(corners, facecolors=colors, **style)
        self.ax_.add_collection(self.units_)
        low, high = corners.min(axis=(0, 1)), corners.max(axis=(0, 1))
        self.ax_.set(xlim=(low[0], high[0]), ylim=(high[1], low[1]), aspect="equal")
        self.ax_.set_axis_off()
        if self.classes is None:
            self.colorbar_ = self.figure_.colorbar(self.units_, ax=self.ax_, shrink=0.8)
            self.colorbar_.outline.set_visible(False)
        entitled(self.ax_, self.label)
        return self

    def _colors(self, values):
        """A colour of each class, white mixed in as far as other classes share the unit."""
        from matplotlib import colormaps
        from matplotlib.patches import Patch

        classes = list(self.classes)
        few = colormaps["tab10" if len(classes) <= 10 else "tab20"].colors
        palette = np.array([few[i % len(few)] for i in range(len(classes))] + [(0.93,) * 3])
        patches = [Patch(color=palette[i], label=str(name)) for i, name in enumerate(classes)]
        self.legend_ = self.ax_.legend(
            handles=patches, loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False
        )
        shares = np.ones(len(values)) if self.shares is None else np.asarray(self.shares, float)
        shares = np.where(values < 0, 1, shares)[:, None]
        return 1 - shares * (1 - palette[values])


def _feature(som, feature):
    """The number of a feature, and what it is called."""
    names = list(getattr(som, "feature_names_in_", []))
    if isinstance(feature, str):
        if feature not in names:
            raise ValueError(f"There is no feature {feature!r}{meant(feature, names)}.")
        return names.index(feature), feature
    n = som.codebook_.shape[1]
    if not -n <= feature < n:
        raise ValueError(f"feature must be below {n}, the number of features, got {feature}.")
    return feature, str(names[feature]) if names else f"feature {feature % n}"
