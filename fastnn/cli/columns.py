"""The columns that a model takes, whatever it does with them."""

from typing import NamedTuple

__all__ = ["Column", "columns_of"]


class Column(NamedTuple):
    """A column.

    Attributes
    ----------
    name : str or None
    labels : list
        Those that the model knows; empty for numbers.
    used : bool
        Whether the model looks at it.
    kind : str
        "label", "number", or "date".
    """

    name: str | None
    labels: list
    used: bool
    kind: str

    @property
    def is_text(self):
        """Whether its labels are text."""
        return any(isinstance(label, str) for label in self.labels)


def columns_of(model):
    """A Column for each column of the tables that a Model takes."""
    from fastnn.tables.described import Table

    names = model.feature_names or [None] * model.n_columns
    front = model.front
    if front is None:
        return [Column(name, [], True, "number") for name in names]
    if isinstance(front, Table):
        learned = front.encoder.columns[: front.n_columns]
        return [_of_learned(name, c) for name, c in zip(names, learned, strict=True)]
    labels = {}
    for step in front.steps:
        if step.kind == "label":
            labels.setdefault(step.source, []).extend(step.attributes["labels"])
    return [
        Column(name, found := labels.get(c, []), c in front.used, "label" if found else "number")
        for c, name in enumerate(names)
    ]


def _of_learned(name, column):
    if column.kind == "category":
        return Column(name, list(column.category.levels), True, "label")
    return Column(name, [], True, column.kind)
