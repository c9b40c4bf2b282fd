"""The front of a model in C: a function that turns the columns of a row into the features."""

import numpy as np

from fastnn.export._c_curves import FUNCTIONS, PARTS, Curves
from fastnn.model.steps import MORE, STEPS

ENCODE = "int {name}_encode(const double *numbers, const char *const *labels, float *x)"

USE = """Rows of a table go through {name}_encode first, which writes the features to x. A row is
numbers[c] or, of columns of text, labels[c] for each column c; NAN and NULL are missing values.
The result is 0, or c + 1 for a column whose value the model refuses.
"""

_FIND_TEXT = """static int {name}_find_text(const char *text, const char *const *labels,
{pad}const int *rows, int n, int missing, int other)
{{
    if (text == NULL)
        return missing;
    for (int i = 0; i < n; i++)
        if (strcmp(text, labels[i]) == 0)
            return rows[i];
    return other;
}}
"""

_FIND_NUMBER = """static int {name}_find_number(double value, const double *labels,
{pad}const int *rows, int n, int missing, int other)
{{
    if (value != value)
        return missing;
    for (int i = 0; i < n; i++)
        if (value == labels[i])
            return rows[i];
    return other;
}}
"""


def columns(front):
    """A line for each used column: what it is called and where it goes."""
    for column in front.used:
        array = "labels" if _is_text(front, column) else "numbers"
        yield f"{array}[{column}]: {front.name(column)}"


def encode(front, name, string):
    """The source of the function; ``string`` makes a literal of a text.

    Raises
    ------
    TypeError
        For a column whose labels are of several types.
    """
    made = _Front(front, name, string)
    numbers = [n for n, step in enumerate(front.steps) if not step.size]
    choices = [n for n, step in enumerate(front.steps) if step.size]
    declared = "".join(
        f"    {kind} {', '.join(f'{letter}{n}' for n in found)};\n"
        for kind, letter, found in (("double", "v", numbers), ("int", "c", choices))
        if found
    )
    body = "".join(f"    {line}\n" for line in made.lines)
    functions = "".join(
        text.format(name=name, pad=" " * 20, **PARTS) + "\n"
        for kind, text in (
            ("find_text", _FIND_TEXT),
            ("find_number", _FIND_NUMBER),
            *FUNCTIONS.items(),
        )
        if f"{name}_{kind}(" in body
    )
    tables, n = "".join(made.tables), front.n_features
    return (
        f"#include <string.h>\n\n{functions}{tables}\n{ENCODE.format(name=name)}\n{{\n{declared}\n"
        "    (void) numbers;\n    (void) labels;\n"
        f"    for (int i = 0; i < {n}; i++)\n        x[i] = 0.0f;\n{body}    return 0;\n}}\n"
    )


def _is_text(front, column):
    kinds = {
        isinstance(label, str)
        for step in front.steps
        if step.kind == "label" and step.source == column
        for label in step.attributes["labels"]
    }
    if len(kinds) > 1:
        raise TypeError(
            f"column {front.name(column)} has labels that are text and others that are numbers,"
            " which no array of C holds"
        )
    return kinds == {True}


def _taken(front):
    """The numbers of the steps that other steps take."""
    for step in front.steps:
        if not STEPS[step.kind].of_column:
            yield step.source
        yield from step.attributes.get(MORE, ())


class _Front(Curves):
    def __init__(self, front, name, string):
        self._front, self._name, self._string = front, name, string
        self.tables, self.lines = [], []
        for number, step in enumerate(front.steps):
            _STEPS[step.kind](self, number, step.source, step.attributes)
        taken = {emit.step for emit in front.emits} | set(_taken(front))
        self.lines += [
            f"(void) {'c' if step.size else 'v'}{number};"
            for number, step in enumerate(front.steps)
            if number not in taken
        ]
        at = 0
        for emit in front.emits:
            size = front.steps[emit.step].size
            if size:
                self.lines.append(f"x[{at} + c{emit.step}] = 1.0f;")
            else:
                value = f"v{emit.step} * {emit.scale!r} + {emit.shift!r}"
                self.lines.append(f"x[{at}] = (float) ({value});")
            at += size or 1

    def _table(self, kind, name, values):
        values = ", ".join(values) or "0"
        self.tables.append(f"static const {kind} {self._name}_{name}[] = {{ {values} }};\n")
        return f"{self._name}_{name}"

    def number(self, n, column, given):
        self.lines.append(f"v{n} = numbers[{column}];")

    def label(self, n, column, given):
        labels, end = given["labels"], f"{given['missing']}, {given['other']}"
        rows = self._table("int", f"rows_{n}", map(str, given["rows"]))
        if _is_text(self._front, column):
            table = self._table("char *const", f"labels_{n}", map(self._string, labels))
            found = f"{self._name}_find_text(labels[{column}]"
        else:
            table = self._table("double", f"labels_{n}", (repr(float(v)) for v in labels))
            found = f"{self._name}_find_number(numbers[{column}]"
        self.lines.append(f"c{n} = {found}, {table}, {rows}, {len(labels)}, {end});")
        self._refuse(f"c{n} < 0", column)

    def _refuse(self, condition, column):
        self.lines += [f"if ({condition})", f"    return {column + 1};"]

    def impute(self, n, source, given):
        missing, x = given["missing"], f"v{source}"
        absent = f"{x} != {x}" if np.isnan(missing) else f"{x} == {missing!r}"
        self.lines.append(f"v{n} = {absent} ? {given['fill']!r} : {x};")

    def affine(self, n, source, given):
        self.lines.append(f"v{n} = v{source} * {given['scale']!r} + {given['shift']!r};")

    def clip(self, n, source, given):
        x, low, high = f"v{source}", repr(given["low"]), repr(given["high"])
        self.lines.append(f"v{n} = {x} < {low} ? {low} : {x} > {high} ? {high} : {x};")

    def above(self, n, source, given):
        x = f"v{source}"
        self.lines.append(f"v{n} = {x} != {x} ? {x} : {x} > {given['threshold']!r} ? 1.0 : 0.0;")

    def yeo_johnson(self, n, source, given):
        x, power = f"v{source}", given["power"]
        more, less = _power(x, power), _power(f"(-{x})", 2.0 - power)
        self.lines.append(f"v{n} = {x} >= 0.0 ? {more} : -{less};")

    def box_cox(self, n, source, given):
        x = f"v{source}"
        self._refuse(f"{x} <= 0.0", self._column(source))
        self.lines.append(f"v{n} = {_power(f'({x} - 1.0)', given['power'])};")

    def bin(self, n, source, given):
        edges = self._table("double", f"edges_{n}", map(repr, given["edges"]))
        self._refuse(f"v{source} != v{source}", self._column(source))
        self.lines.append(f"c{n} = 0;")
        self.lines.append(f"while (c{n} < {len(given['edges'])} && {edges}[c{n}] <= v{source})")
        self.lines.append(f"    c{n}++;")

    def _column(self, number):
        """The column that a step's number comes from."""
        step = self._front.steps[number]
        return step.source if step.kind == "number" else self._column(step.source)


def _power(x, power):
    """((x + 1) ** power - 1) / power, and its limit where that is no number."""
    if abs(power) < np.finfo(float).eps:
        return f"log1p({x})"
    return f"(expm1({power!r} * log1p({x})) / {power!r})"


_STEPS = {kind: getattr(_Front, kind) for kind in STEPS}
