"""The front of a model: how the columns that users hand in become the features of its network.

A front is a short program, the same for each row. A step makes a number, of a column or of an
earlier step's number, or a choice: one of so many rows of the network's first matrix. The features
of the network are the numbers and choices that the `Emit`s name, one after the other; a choice of
k takes k features, of which one is 1 and the others are 0.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fastnn.model.steps import MORE, STEPS


@dataclass(frozen=True)
class Step:
    """One step.

    Parameters
    ----------
    kind : str
        Of `fastnn.model.steps.STEPS`.
    source : int
        A column, or an earlier step, as the kind wants.
    attributes : mapping of str
        Those of its kind.
    """

    kind: str
    source: int
    attributes: Mapping = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Rows of the matrix that a choice is among; 0 for a number."""
        return STEPS[self.kind].size(self.attributes)


@dataclass(frozen=True)
class Emit:
    """What goes into the network: a step's choice, or ``number * scale + shift``, in float64."""

    step: int
    scale: float = 1.0
    shift: float = 0.0


@dataclass(frozen=True)
class Front:
    """The program.

    Parameters
    ----------
    n_columns : int
        Of the tables that users hand in.
    names : tuple of str or None
        Theirs.
    steps : tuple of Step
    emits : tuple of Emit

    Raises
    ------
    ValueError
        If the parts do not fit together.
    """

    n_columns: int
    names: tuple | None
    steps: tuple = field(default=())
    emits: tuple = field(default=())

    def __post_init__(self):
        if type(self.n_columns) is not int or self.n_columns < 1:
            raise ValueError(f"there must be a column at least, got {self.n_columns!r}")
        if self.names is not None and len(self.names) != self.n_columns:
            raise ValueError(f"there are {len(self.names)} names for {self.n_columns} columns")
        for number, step in enumerate(self.steps):
            self._check(number, step)
        for emit in self.emits:
            numbers = emit.scale, emit.shift
            sound = type(emit.step) is int and 0 <= emit.step < len(self.steps)
            if not sound or not all(type(x) is float and np.isfinite(x) for x in numbers):
                raise ValueError(f"{emit} does not fit {len(self.steps)} steps")
        if not self.emits:
            raise ValueError("no feature goes into the network")

    def _check(self, number, step):
        kind, where = STEPS.get(step.kind), f"step {number} of the front ({step.kind!r:.50})"
        if kind is None:
            raise ValueError(f"{where} is of an unknown kind; known: {', '.join(STEPS)}")
        most = self.n_columns if kind.of_column else number
        if type(step.source) is not int or not 0 <= step.source < most:
            raise ValueError(f"{where} has the unsound source {step.source!r}")
        if not kind.of_column and bool(self.steps[step.source].size) != kind.of_choice:
            taken = "choice" if kind.of_choice else "number"
            raise ValueError(f"{where} takes a {taken}, which step {step.source} is not")
        if step.attributes.keys() != kind.attributes.keys():
            raise ValueError(f"{where} has other attributes than {', '.join(kind.attributes)}")
        for name, check in kind.attributes.items():
            if not check(step.attributes[name]):
                raise ValueError(f"the {name} of {where} is not sound")
        kind.check(step.attributes, where)
        more = step.attributes.get(MORE, ())
        if any(other >= number or self.steps[other].size for other in more):
            raise ValueError(f"{where} takes numbers of earlier steps, not all of {more}")
        if kind.of_choice and len(step.attributes["values"]) != self.steps[step.source].size:
            raise ValueError(f"{where} does not have a value for each row of its choice")

    @property
    def n_features(self) -> int:
        """Features of the network."""
        return sum(self.steps[emit.step].size or 1 for emit in self.emits)

    @property
    def used(self) -> tuple:
        """The columns that are read, in order."""
        return tuple(sorted({s.source for s in self.steps if STEPS[s.kind].of_column}))

    def name(self, column: int) -> Any:
        """What to call a column in a message."""
        return repr(self.names[column]) if self.names is not None else str(column)
