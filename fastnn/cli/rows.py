"""Pieces of a table as rows that a model takes: columns by name, text as numbers where it wants."""

from fastnn._names import meant
from fastnn.cli.columns import columns_of
from fastnn.cli.errors import CommandError
from fastnn.cli.tables import MISSING

__all__ = ["Rows", "number"]


class Rows:
    """What a model takes of a table.

    Parameters
    ----------
    predictor : Predictor
    table : Pieces
    where : str
        What the table is called in messages.
    """

    def __init__(self, predictor, table, where):
        model = predictor._model
        self._text, self._where = table.text, where
        self._columns = columns_of(model)
        names = model.feature_names
        if names is None:
            if len(table.names) != model.n_columns:
                raise CommandError(
                    f"{where} has {len(table.names)} columns, and the model, which knows no names,"
                    f" takes {model.n_columns}"
                )
            names = table.names
        missing = [name for name in names if name not in table.names]
        of_name = dict(zip(names, self._columns, strict=True))
        needed = [name for name in missing if of_name[name].used]
        if needed:
            raise CommandError(
                f"{where} lacks the column {needed[0]!r}{meant(needed[0], table.names)}; it has"
                f" {', '.join(table.names[:20])}"
            )
        self._names = names
        self._places = [table.names.index(n) if n not in missing else None for n in names]

    def of(self, piece, first):
        """Rows of a piece, as a list; ``first`` is the number of its first row."""
        n = len(piece[0])
        columns = [
            [None] * n if place is None else self._column(c, piece[place], first)
            for c, place in enumerate(self._places)
        ]
        return [list(row) for row in zip(*columns, strict=True)]

    def _column(self, c, cells, first):
        if self._columns[c].is_text:
            texts = [None if cell is None else str(cell) for cell in cells]
            return [None if text in MISSING else text for text in texts]
        if not self._text or self._columns[c].kind == "date":
            return cells
        found = [number(cell) for cell in cells]
        for r, value in enumerate(found):
            if value is NotImplemented:
                raise CommandError(
                    f"{self._where}, row {first + r}: the column {self._names[c]!r} holds"
                    f" {cells[r]!r}, where the model takes a number"
                )
        return found


def number(text):
    """The number that a text is, None if it stands for a missing value, else NotImplemented."""
    if text in MISSING:
        return None
    try:
        return float(text)
    except ValueError:
        return NotImplemented
