"""OptimizerPathDisplay: ways down an elongated bowl."""

import numpy as np

from fastnn.estimators import MLPRegressor
from fastnn.inspection._plotting import COLORS, MARKERS, pyplot

__all__ = ["OptimizerPathDisplay"]

#: Name, rows a batch (0: all), learning rate, momentum and number of steps of each path.
_PATHS = (
    ("batch", 0, 1.85, 0.0, 40),
    ("mini-batch of 16", 16, 0.5, 0.0, 150),
    ("stochastic", 1, 0.06, 0.0, 900),
    ("batch with momentum 0.8", 0, 0.25, 0.8, 60),
)


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

    def __init__(self, paths, hessian, optimum):
        self.paths = paths
        self.hessian = hessian
        self.optimum = optimum

    @classmethod
    def from_bowl(cls, condition_number=15.0, *, n_samples=128, noise=0.6, random_state=0, ax=None):
        """Train an ``MLPRegressor(hidden_layer_sizes=())`` in four ways, and draw its weights.

        Full batches go straight down the steep sides and zigzag along the flat bottom; single rows
        take noisy steps, that are right on average; momentum damps the zigzag and gathers speed
        along the bottom.

        Parameters
        ----------
        condition_number : float, default=15.0
            Of ``X^T X``: squared ratio of the axes of the ellipses.
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
            If the condition number is less than 1.
        """
        if not condition_number >= 1:
            raise ValueError(f"condition_number must be at least 1, got {condition_number!r}.")
        rng = np.random.RandomState(random_state)
        X, _ = np.linalg.qr(_centred(rng.normal(size=(n_samples, 2))))
        turn = np.array([[0.8, -0.6], [0.6, 0.8]])
        X = np.sqrt(n_samples) * X * [1.0, condition_number**-0.5] @ turn.T
        optimum = np.zeros(2)
        y = _centred(noise * rng.normal(size=n_samples))
        y -= X @ np.linalg.lstsq(X, y)[0]  # so that the least squares are at the optimum
        start = turn @ [1.0, -3.0]
        paths = {}
        for name, batch_size, rate, momentum, n_steps in _PATHS:
            model = MLPRegressor(
                hidden_layer_sizes=(),
                solver="sgd",
                alpha=0.0,
                batch_size=batch_size or n_samples,
                momentum=momentum,
                nesterovs_momentum=False,
                n_jobs=1,
            )
            paths[name] = _path(model, X, y, start, rate, n_steps, rng)
        return cls(paths, X.T @ X / n_samples, optimum).plot(ax=ax)

    def plot(self, ax=None):
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
        colors = [COLORS[name] for name in ("blue", "green", "pink", "orange")]
        for i, (name, path) in enumerate(self.paths.items()):
            each = self.axes_[i]
            (self.lines_[name],) = each.plot(
                *path.T,
                color=colors[i % 4],
                marker=MARKERS[i % 4],
                markersize=3.5 if len(path) < 100 else 1.5,
                linewidth=1.2 if len(path) < 100 else 0.8,
                label=f"{name}, {len(path) - 1} steps",
            )
            each.plot(*path[0], marker="o", color="black", markersize=5)
            each.plot(*self.optimum, marker="*", color="black", markersize=11)
            if ax is None:
                each.set_title(f"{name}: {len(path) - 1} steps", fontsize="medium")
        if ax is not None:
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


def _centred(values):
    return values - values.mean(axis=0)


def _path(model, X, y, start, learning_rate, n_steps, rng):
    """Weights after each of so many steps of ``partial_fit``."""
    n, batch_size = len(X), model.batch_size
    model.set_params(learning_rate_init=1e-300).partial_fit(X, y)  # only to have weights
    model.set_params(learning_rate_init=learning_rate)
    model.coefs_[0][:, 0], model.intercepts_[0][:] = start, 0.0
    path, rows = [np.array(start)], []
    for _ in range(n_steps):
        if len(rows) < batch_size:
            rows = list(rng.permutation(n))
        batch, rows = rows[:batch_size], rows[batch_size:]
        model.partial_fit(X[batch], y[batch])
        path.append(model.coefs_[0][:, 0].copy())
    return np.array(path)
