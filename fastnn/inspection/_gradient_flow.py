"""GradientFlowDisplay: how large gradients are from layer to layer."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from fastnn.inspection import _network, _twins
from fastnn.inspection._layer_measures import layer_measures
from fastnn.inspection._opening import opened
from fastnn.inspection._plotting import COLORS, MARKERS, axes, entitled, tidy

__all__ = ["GradientFlowDisplay"]


class GradientFlowDisplay:
    """Size of the gradient in every layer, on a logarithmic scale.

    Use `from_estimator` to make one. A straight line that falls towards the input is a vanishing
    gradient, one that rises an exploding one. What is random in training is left out.

    Parameters
    ----------
    names : list of str
        Layers, the first hidden one first.
    weight_gradients : array-like of shape (n_layers,)
        Root mean square over the weights of a layer of the gradient by them, penalty left out.
    activation_gradients : array-like of shape (n_layers,)
        Root mean square over rows and units of a row's gradient by the pre-activations, behind a
        normalisation, at prediction.

    Attributes
    ----------
    ax_, figure_ : Axes and Figure
    line_, activation_line_ : Line2D
        Of the weights and of the pre-activations.
    """

    def __init__(
        self, names: list[str], weight_gradients: ArrayLike, activation_gradients: ArrayLike
    ) -> None:
        self.names = names
        self.weight_gradients = weight_gradients
        self.activation_gradients = activation_gradients

    @classmethod
    def from_estimator(
        cls, estimator: Any, X: Any, y: ArrayLike, *, ax: Any = None, **line: Any
    ) -> Self:
        """Measure the gradients on some rows and draw them.

        Parameters
        ----------
        estimator : MLPClassifier, MLPRegressor, Network or Pipeline that ends in one
            Fitted, or not yet: then at its initial weights. It is not changed.
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        ax : Axes, default=None
        **line
            Passed on to ``Axes.plot`` for the gradient by the weights.

        Returns
        -------
        GradientFlowDisplay
        """
        estimator, X, _ = opened(estimator, X, y, "GradientFlowDisplay.from_estimator")
        problem = _network.problem_of(estimator, X, y)
        problem.alpha = 0.0
        training, prediction = _twins.twins(problem)
        layers = layer_measures(training, prediction, _twins.activations(problem))
        display = cls(
            [layer.name for layer in layers],
            np.array([layer.gradient_norm / np.sqrt(layer.n_weights) for layer in layers]),
            np.array([layer.delta / np.sqrt(layer.n_units) for layer in layers]),
        )
        return display.plot(ax=ax, **line)

    def plot(self, ax: Any = None, **line: Any) -> Self:
        """Draw.

        Parameters
        ----------
        ax : Axes, default=None
        **line
            Passed on to ``Axes.plot`` for the gradient by the weights.

        Returns
        -------
        self : GradientFlowDisplay
        """
        self.figure_, self.ax_ = axes(ax, figsize=(6.4, 4.0))
        at = np.arange(1, len(self.names) + 1)
        style = {"color": COLORS["blue"], "marker": MARKERS[0], "label": "by the weights"} | line
        (self.line_,) = self.ax_.plot(at, _positive(self.weight_gradients), **style)
        (self.activation_line_,) = self.ax_.plot(
            at,
            _positive(self.activation_gradients),
            color=COLORS["orange"],
            marker=MARKERS[1],
            linestyle="--",
            label="by the pre-activations, a row at a time",
        )
        self.ax_.set_yscale("log")
        step = -(-len(at) // 15)
        labels = [name.removeprefix("hidden layer ").removesuffix(" layer") for name in self.names]
        ticks = [i for i in range(len(at)) if i % step == 0 and i + step <= len(at) - 1]
        ticks.append(len(at) - 1)
        self.ax_.set_xticks(at[ticks], [labels[i] for i in ticks])
        self.ax_.set(xlabel="layer", ylabel="gradient, root mean square (log scale)")
        entitled(self.ax_, "Gradient by layer")
        tidy(self.ax_)
        self.ax_.legend(frameon=False)
        return self


def _positive(values):
    """Without zeros, which a logarithm does not have."""
    return np.where(np.asarray(values) > 0, values, np.nan)
