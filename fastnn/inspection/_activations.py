"""ActivationDisplay: what the units of each hidden layer put out."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from fastnn.inspection import _network, _twins
from fastnn.inspection._opening import opened
from fastnn.inspection._plotting import COLORS, axes, entitled

__all__ = ["ActivationDisplay"]

#: Share of the outputs that the picture may leave out at each end.
_TAIL = 0.002


class ActivationDisplay:
    """A histogram of the outputs of every hidden layer, one above the other.

    They are what the activations put out at prediction, before a skip connection adds the input.
    Use `from_estimator` to make one. Outputs that are exactly zero, most of a ReLU layer's, are not
    in the histogram; their share is written beside it.

    Parameters
    ----------
    outputs : list of ndarray of shape (n_samples, n_units)
        Of the hidden layers, the first one first.
    names : list of str, default=None

    Attributes
    ----------
    ax_, figure_ : Axes and Figure
    histograms_ : list of PolyCollection
    texts_ : list of Text
    """

    def __init__(self, outputs: list[np.ndarray], names: list[str] | None = None) -> None:
        self.outputs = outputs
        self.names = names

    @classmethod
    def from_estimator(
        cls, estimator: Any, X: Any, y: ArrayLike, *, ax: Any = None, bins: int = 60, **fill: Any
    ) -> Self:
        """Compute the outputs on some rows and draw them.

        Parameters
        ----------
        estimator : MLPClassifier, MLPRegressor, Network or Pipeline that ends in one
            Fitted, or not yet: then with its initial weights. It is not changed.
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The number of outputs of an estimator that is not fitted depends on it.
        ax : Axes, default=None
        bins : int, default=60
        **fill
            Passed on to ``Axes.fill_between``.

        Returns
        -------
        ActivationDisplay

        Raises
        ------
        ValueError
            If the network has no hidden layer.
        """
        estimator, X, _ = opened(estimator, X, y, "ActivationDisplay.from_estimator")
        problem = _network.problem_of(estimator, X, y)
        units, _ = _twins.layer_outputs(*_twins.twins(problem))
        used = _twins.activations(problem)[:-1]
        names = [f"hidden {k} ({name})" for k, name in enumerate(used, start=1)]
        return cls(units[:-1], names).plot(ax=ax, bins=bins, **fill)

    def plot(self, ax: Any = None, *, bins: int = 60, **fill: Any) -> Self:
        """Draw.

        Parameters
        ----------
        ax : Axes, default=None
        bins : int, default=60
        **fill
            Passed on to ``Axes.fill_between``.

        Returns
        -------
        self : ActivationDisplay
        """
        if not self.outputs:
            raise ValueError("There is no hidden layer whose activations could be shown.")
        n = len(self.outputs)
        self.figure_, self.ax_ = axes(ax, figsize=(6.4, 1.2 + 0.55 * max(n, 4)))
        low = min(np.quantile(h, _TAIL) for h in self.outputs)
        high = max(np.quantile(h, 1 - _TAIL) for h in self.outputs)
        margin = 0.02 * (high - low) or 1.0
        edges = np.linspace(low - margin, high + margin, bins + 1)
        centres = (edges[1:] + edges[:-1]) / 2
        self.histograms_, self.texts_ = [], []
        style = {"color": COLORS["blue"], "alpha": 0.75, "linewidth": 0.0, "step": "mid"} | fill
        for k, h in enumerate(self.outputs):
            base = n - 1 - k
            counts, _ = np.histogram(h[h != 0], edges)
            heights = 0.85 * counts / max(counts.max(), 1)
            self.histograms_.append(self.ax_.fill_between(centres, base, base + heights, **style))
            self.ax_.axhline(base, color="0.8", linewidth=0.8, zorder=0)
            zeros = np.mean(h == 0)
            note = f"{zeros:.0%} zero" if zeros else ""
            self.texts_.append(
                self.ax_.annotate(
                    note, (1.01, base + 0.15), xycoords=("axes fraction", "data"), color="0.3"
                )
            )
        names = self.names or [f"hidden {k + 1}" for k in range(n)]
        self.ax_.set_yticks(np.arange(n)[::-1] + 0.15, names)
        self.ax_.tick_params(axis="y", length=0)
        self.ax_.spines[["top", "right", "left"]].set_visible(False)
        entitled(self.ax_, "Outputs of the hidden layers")
        self.ax_.set(xlabel="output of a unit", xlim=(edges[0], edges[-1]), ylim=(-0.05, n))
        return self
