"""Activations: the names that the kernels know, and functions of one's own."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from fastnn._kernels.native import table

__all__ = [
    "ACTIVATIONS",
    "BERNOULLI",
    "LWTA",
    "NAMES",
    "Activation",
    "CustomActivation",
    "one_per_layer",
]

#: Names of the activations a hidden layer may have. They come from a line each of
#: csrc/formulas/activations.def.
ACTIVATIONS = tuple(name for name in table.activations() if name != "exp")

#: One more: in training a unit is 1 with the probability that the logistic function gives and 0
#: else, at prediction that probability. The gradient is that of the probability ("straight
#: through": Bengio, Léonard and Courville, "Estimating or propagating gradients through stochastic
#: neurons", 2013).
BERNOULLI = "bernoulli"

#: And one more that is no function of single numbers: of two neighbouring units the larger keeps
#: its value, and the other one is 0 (`fastnn.layers.LocalWinners`).
LWTA = "lwta"

#: All names that a layer may have.
NAMES = (*ACTIVATIONS, BERNOULLI, LWTA)


@dataclass(frozen=True)
class CustomActivation:
    """An activation of one's own, in NumPy. It works everywhere in training and prediction, slower.

    The derivative is checked numerically when the object is made.

    Parameters
    ----------
    f : callable
        ``f(z) -> h``, elementwise over an array (n, n_units) of float32 or float64, which it must
        not change.
    df : callable
        ``df(z)``, its derivative.
    name : str, default="custom"
        What it is called in a model file, which has no more of it, and in errors.
    c : str, optional
        What it is in C: an expression of ``z``, a float, such as ``"z * expf(-z * z)"``, of the
        functions of <math.h>. For `fastnn.to_c`.
    onnx : callable, optional
        ``onnx(add, z)`` puts it together of ONNX operators, for `fastnn.to_onnx`: ``add("Mul", z,
        z)`` adds one and returns the name of what it gives, ``add.number(0.5)`` is that of a
        constant.

    Raises
    ------
    ValueError
        If f or df does not return an array of the shape of z, or df is not the derivative of f
        (a kink here and there is allowed).
    """

    f: Any
    df: Any
    name: str = "custom"
    c: str | None = None
    onnx: Any = None

    def slope(self, z: np.ndarray, h: np.ndarray) -> np.ndarray:
        """The derivative as the kernels ask for it, with the outputs h = f(z) at hand."""
        return self.df(z)

    def __post_init__(self) -> None:
        # Points that are no round numbers: kinks lie at those. A tenth may still be off.
        z = np.linspace(-3.03, 3.01, 101).reshape(1, -1)
        step = 1e-6
        h, slope = np.asarray(self.f(z)), np.asarray(self.df(z))
        if h.shape != z.shape or slope.shape != z.shape:
            raise ValueError(
                "f and df must return an array of the shape of their argument, elementwise; got "
                f"{h.shape} and {slope.shape} for {z.shape}"
            )
        measured = (np.asarray(self.f(z + step)) - np.asarray(self.f(z - step))) / (2 * step)
        wrong = ~(np.abs(slope - measured) <= 1e-4 * (1 + np.abs(measured)))
        if wrong.mean() > 0.1:
            at = z[wrong][0]
            raise ValueError(
                f"df must be the derivative of f: at z = {at:g} it gives {slope[wrong][0]:g}, but "
                f"f rises by {measured[wrong][0]:g} per unit"
            )


@dataclass(frozen=True)
class Activation:
    """An activation on its own: behind a normalisation, say.

    Parameters
    ----------
    activation : str or CustomActivation
        As in `Dense`.
    """

    activation: str | CustomActivation

    def __post_init__(self) -> None:
        check_activation(self.activation)

    def add_to(self, stages: Any) -> None:
        """Append the layer's stages."""
        stages.activate(self.activation)


def check_activation(activation):
    """Raise a ValueError for an unknown activation."""
    if not isinstance(activation, CustomActivation) and activation not in NAMES:
        raise ValueError(
            f"activation must be one of {', '.join(NAMES)}, or a CustomActivation; "
            f"got {activation!r}"
        )


def one_per_layer(activation, n_hidden):
    """Return the activation of each hidden layer as a list; one value is that of all.

    Raises
    ------
    ValueError
        For a list of another length.
    """
    if isinstance(activation, str | CustomActivation):
        return [activation] * n_hidden
    if len(activation) != n_hidden:
        raise ValueError(
            f"activation must be one value or a list with one for each of the {n_hidden} hidden "
            f"layers that the network has; got {activation!r}."
        )
    return list(activation)
