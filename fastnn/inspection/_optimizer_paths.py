"""OptimizerPathDisplay: ways down an elongated bowl."""

from typing import Any, Self

import numpy as np

from fastnn.inspection._bowl import PATHS, named, paths_down
from fastnn.inspection._plotting import COLORS, MARKERS, entitled, pyplot

__all__ = ["OptimizerPathDisplay"]


class OptimizerPathDisplay:
    """Paths of gradient descent on the squared error of a linear neuron with two weights.

    Use `from_bowl` to make one.

    Parameters
    ----------
    paths : dict of str to ndarray of shape (n_steps + 1, 2)
        Weights after every step, by the name of the method.
    hessian : ndarray of shape (2, 2)
        Of the loss, ``X^T X / n``.
    optimum : ndarray of shape (2,)

    Attributes
    ----------
    axes_ : ndarray of Axes
        One for each path.
    ax_ : Axes
        The first of them.
    figure_ : Figure
    lines_ : dict of str to Line2D
    """

    def __init__(
        self, paths: dict[str, np.ndarray], hessian: np.ndarray, optimum: np.ndarray
    ) -> None:
        self.paths = paths
        self.hessian = hessian
        self.optimum = optimum

    @classmethod
    def from_bowl(
        cls,
        condition_number: float = 15.0,
        *,
        optimizers: Any = None,
        n_steps: int = 100,
        batch_size: int | None = None,
        n_samples: int = 128,
        noise: float = 0.6,
        random_state: int = 0,
        ax: Any = None,
    ) -> Self:
        """Train a linear neuron by several optimizers, and draw its weights.

        Without optimizers of one's own there are four ways of gradient descent: full batches go
        straight down the steep sides and zigzag along the flat bottom; single rows take noisy
        steps, that are right on average; momentum damps the zigzag and gathers speed along the
        bottom.

        Parameters
        ----------
        condition_number : float, default=15.0
            Of ``X^T X``: squared ratio of the axes of the ellipses.
        optimizers : str, Optimizer, list or dict, default=None
            One or several, as names of `fastnn.optimizers.OPTIMIZERS` at a learning rate that suits
            the bowl, or as objects, which are not changed; a dict gives them names of its own.
        n_steps : int, default=100
            Of each of these optimizers.
        batch_size : int or None, default=None
            Rows of their batches; None is all of them.
        n_samples : int, default=128
        noise : float, default=0.6
            Standard deviation of the noise of the targets, without which single rows would agree.
        random_state : int, default=0
        ax : Axes, default=None
            Draw all paths into this one; None stands for one Axes each.

        Returns
        -------
        OptimizerPathDisplay

        Raises
        ------
        ValueError
            If the condition number is less than 1, or an optimizer is unknown.
        """
        rows = n_samples if batch_size is None else batch_size
        ways: Any = PATHS
        if optimizers is not None:
            ways = [(name, rows, way, n_steps) for name, way in named(optimizers).items()]
        found = paths_down(condition_number, ways, n_samples, noise, random_state)
        return cls(*found).plot(ax=ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw.

        Parameters
        ----------
        ax : Axes, default=None
            Draw all paths into this one; None stands for one Axes each.

        Returns
        -------
        self : OptimizerPathDisplay
        """
        plt = pyplot()
        n = len(self.paths)
        if ax is None:
            columns = int(np.ceil(np.sqrt(n)))
            self.figure_, grid = plt.subplots(
                -(-n // columns),
                columns,
                figsize=(3.8 * columns, 3.8 * -(-n // columns)),
                sharex=True,
                sharey=True,
                squeeze=False,
                layout="constrained",
            )
            self.axes_ = grid.ravel()
            for unused in self.axes_[n:]:
                unused.set_axis_off()
        else:
            self.axes_, self.figure_ = np.array([ax] * n), ax.figure
        self.ax_ = self.axes_[0]
        self.lines_ = {}
        points = np.concatenate([*self.paths.values(), [self.optimum]])
        low, high = points.min(axis=0), points.max(axis=0)
        margin = 0.08 * (high - low).max()
        for each in dict.fromkeys(self.axes_[:n]):
            self._contours(each, low - margin, high + margin)
        colors = [COLORS[name] for name in ("blue", "green", "pink", "orange", "grey")]
        for i, (name, path) in enumerate(self.paths.items()):
            each = self.axes_[i]
            (self.lines_[name],) = each.plot(
                *path.T,
                color=colors[i % 5],
                marker=MARKERS[i % 4],
                markersize=3.5 if len(path) < 100 else 1.5,
                linewidth=1.2 if len(path) < 100 else 0.8,
                label=f"{name}, {len(path) - 1} steps",
            )
            each.plot(*path[0], marker="o", color="black", markersize=5)
            each.plot(*self.optimum, marker="*", color="black", markersize=11)
            if ax is None:
                each.set_title(f"{name}: {len(path) - 1} steps", fontsize="medium")
        if ax is None:
            self.figure_.suptitle("Paths to the least squared error of two weights")
        else:
            entitled(ax, "Paths to the least squared error of two weights")
            ax.legend(frameon=False)
        return self

    def _contours(self, ax, low, high):
        u, v = np.meshgrid(*(np.linspace(low[i], high[i], 200) for i in (0, 1)))
        away = np.stack([u, v], axis=-1) - self.optimum
        loss = np.einsum("...i,ij,...j->...", away, self.hessian, away) / 2
        levels = loss.max() * np.linspace(0.04, 1.0, 12) ** 2
        ax.contour(u, v, loss, levels=levels, colors="0.8", linewidths=0.8)
        ax.set(xlabel="first weight", ylabel="second weight", aspect="equal")
        ax.label_outer()
