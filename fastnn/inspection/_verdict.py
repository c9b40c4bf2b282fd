"""A verdict, and the table of all thresholds with their reasons."""

from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["THRESHOLDS", "Verdict", "names_of_layers", "over", "value"]


class Threshold(NamedTuple):
    """A limit and why it lies there."""

    value: float
    reason: str


THRESHOLDS: dict[str, Threshold] = {
    "vanishing gradient": Threshold(
        1e-3,
        "of the gradient at the output. Nets that learn keep 0.1 to 10; the logistic function with "
        "Glorot weights loses a factor of 7 a layer.",
    ),
    "vanishing through time": Threshold(
        1e-5,
        "of the gradient by the nearest step: eight plain units have 1e-12 left after 100 steps. "
        "Gates lose much too until they have learned to stay open.",
    ),
    "exploding through time": Threshold(
        1e3, "of the gradient by the last step, at the first: no step of descent fits both."
    ),
    "vanishing signal": Threshold(
        1e-3,
        "of the inputs' spread, or of 1 if that is larger. In nets that learn it is 0.1 to 20 in "
        "every layer.",
    ),
    "gain": Threshold(
        4.0,
        "of a layer's weights on the size of signals. 1 to 1.4 at the start, up to 3.5 after good "
        "fits; larger weights can be right, hence only together with a loss near the constant's.",
    ),
    "dead units": Threshold(
        0.6,
        "of a layer. Two in five of an upper layer may be dead from the start, and over half after "
        "a good fit of a simple function with a large alpha.",
    ),
    "units that died": Threshold(
        0.18,
        "of a layer, beyond those dead with new first weights. Good fits lose up to a seventh; at "
        "learning rates of 0.1 and more Adam kills a fifth to nine tenths.",
    ),
    "few units": Threshold(5, "may die by chance in a small layer."),
    "strong penalty": Threshold(
        0.5,
        "an alpha that may switch units off which the function does not need, and whose penalty "
        "may be most of what falls in training.",
    ),
    "rows": Threshold(50, "below which a unit that is zero for all of them need not be dead."),
    "saturated": Threshold(0.5, "of a layer's outputs. Good fits stay below a quarter."),
    "input size": Threshold(
        30.0, "root mean square of a feature. Pixels of 0 to 16 still train well, 0 to 255 do not."
    ),
    "input spread": Threshold(
        1e3, "largest over median feature: the small ones would need weights as much larger."
    ),
    "small rows": Threshold(
        1e-2, "norm of a row. Unit rows (text) and unit columns (0.15) train, if slowly."
    ),
    "target size": Threshold(
        30.0, "root mean square of a target: Adam's steps add about 1 to an output in 1000 updates."
    ),
    "condition number": Threshold(
        1e6, "two features equal to 1 in 1000; real data with 1e5 (breast cancer) train well."
    ),
    "middle eigenvalue": Threshold(
        1e3, "largest over median eigenvalue: half of all directions learn as much more slowly."
    ),
    "overfitting": Threshold(
        0.4,
        "gap between held-out and training loss over the constant's loss: a gap of 0.4 in R "
        "squared. Good fits stay below a quarter.",
    ),
    "underfitting": Threshold(0.9, "of the loss of the best constant: an R squared of 0.1."),
    "rise": Threshold(
        3e-3, "mean rise an epoch in the second half, over the constant's loss; 2e-4 is normal."
    ),
    "relative rise": Threshold(
        0.03, "the same over the loss itself, so that noise around a small loss does not count."
    ),
    "worse again": Threshold(
        1.5,
        "last over least loss of the curve, while more than half of the constant's is left; or "
        "largest over first, if that is a jump too.",
    ),
    "jump": Threshold(
        2.0,
        "largest loss over the constant's. New weights begin at 1 to 1.5 of it, and a loss that "
        "came to rest near the constant's after more than that has run into flat land.",
    ),
    "still falling": Threshold(
        0.15, "of the whole fall in the last quarter of the epochs. Finished fits have up to 0.06."
    ),
    "cut off": Threshold(
        0.08,
        "of the constant's loss, in the last quarter of the epochs that were allowed: what a few "
        "more would bring. Fits of 100 epochs that are as good as done have up to 0.06.",
    ),
    "still moving": Threshold(
        0.005, "the same: worth a note, though fits that have long been good may do so."
    ),
    "left by the cut": Threshold(0.1, "of the constant's loss: else there is little to gain."),
    "left to learn": Threshold(0.3, "of the constant's loss: else slow does not matter."),
    "epochs": Threshold(8, "below which a curve says nothing."),
}


@dataclass
class Verdict:
    """Something that is wrong.

    Attributes
    ----------
    name : str
        One of ``"vanishing gradients"``, ``"vanishing signals"``, ``"exploding"``,
        ``"vanishing through time"``, ``"exploding through time"``,
        ``"dead units"``, ``"saturated"``, ``"unscaled inputs"``, ``"unscaled targets"``,
        ``"correlated inputs"``, ``"overfitting"``, ``"underfitting"``,
        ``"learning rate too high"``, ``"learning rate too low"``, ``"stopped early"``.
    finding : str
        What was seen.
    remedy : str
    layers : list of str
        Names of the layers concerned, if it concerns single layers.
    """

    name: str
    finding: str
    remedy: str
    layers: list[str]

    def __str__(self):
        where = f" in {names_of_layers(self.layers)}" if self.layers else ""
        return f"{self.name}{where}: {self.finding} Remedy: {self.remedy}"


def value(name):
    """A threshold."""
    return THRESHOLDS[name].value


def over(name, measured):
    """Whether something has been measured and lies over its threshold."""
    return measured is not None and measured > THRESHOLDS[name].value


def names_of_layers(layers):
    """``["hidden layer 1", "hidden layer 2", "output layer"]`` in fewer words."""
    hidden = [name.removeprefix("hidden layer ") for name in layers if name.startswith("hidden")]
    parts = [f"hidden layer{'s' if len(hidden) > 1 else ''} {', '.join(hidden)}"] if hidden else []
    return " and ".join(parts + [name for name in layers if not name.startswith("hidden")])
