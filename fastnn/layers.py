"""Layers as users name them: shapes and activations, no numbers."""

from dataclasses import dataclass

from fastnn._kernels import table

#: Names of the activations a hidden layer may have. They come from csrc/activations.def, a line
#: each.
ACTIVATIONS = tuple(name for name in table.activations() if name != "exp")


@dataclass(frozen=True)
class Dense:
    """A fully connected layer, ``h = f(x W + b)``.

    Parameters
    ----------
    n_out : int
        Number of units.
    activation : str, default="identity"
        One of `fastnn.layers.ACTIVATIONS`.

    Raises
    ------
    ValueError
        For fewer than one unit or an unknown activation.
    """

    n_out: int
    activation: str = "identity"

    def __post_init__(self):
        if self.n_out < 1:
            raise ValueError(f"n_out must be at least 1, got {self.n_out!r}")
        if self.activation not in ACTIVATIONS:
            raise ValueError(
                f"activation must be one of {', '.join(ACTIVATIONS)}; got {self.activation!r}"
            )
