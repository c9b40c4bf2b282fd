"""Models of raw tables as other languages take them: what was learned of the columns as a front.

What the scorer does to a column (fastnn/tables) is written as steps here, so that the writers of
fronts have it; columns of dates have no steps. The values of a regression follow from the outputs
in two dense nodes.
"""

from dataclasses import replace

import numpy as np

from fastnn.files.sources import describe
from fastnn.model.front import Emit, Front
from fastnn.model.nodes import Node
from fastnn.model.pipelines.builder import Builder
from fastnn.tables.categories import MISSING, Category
from fastnn.tables.described import Table
from fastnn.tables.numbers import BEND, FARTHEST

#: Beginnings of dtypes whose categories are numbers in the table.
_NUMBERS = ("int", "uint", "float", "bool", "double")


def describe_for_export(source):
    """The Model of whatever `Predictor` accepts, with a front for raw tables.

    Raises
    ------
    TypeError
        For a table with a column of dates; the message names it. For a regressor of tables whose
        weights are held in fewer bits.
    """
    model = describe(source)
    if not isinstance(model.front, Table):
        return model
    front = _front_of(model.front)
    if model.front.scale is not None:
        if model.precision is not None:
            raise TypeError(
                f"cannot write values that are scaled behind weights of {model.precision}: pass"
                " Predictor(model, dtype='float32')"
            )
        model = _with_values(model, model.front.scale)
    return replace(model, front=front)


def _front_of(table):
    encoder = table.encoder
    builder = Builder(table.n_columns, table.names)
    emits = []
    for number, column in enumerate(encoder.columns):
        features = [f for f in encoder.features if f.column == number]
        if features and column.kind == "date":
            raise TypeError(
                f"cannot write a model whose column {column.name!r} is a date in another language:"
                " fit it on the numbers that matter of the date (days since a day, the month), or"
                " score with fastnn.Predictor, which needs NumPy alone"
            )
        if column.kind == "cross":
            found = _pair(builder, encoder, number)
        else:
            of_column = _category if column.kind == "category" else _number
            found = of_column(builder, encoder, number, features)
        emits += [Emit(step) for step in found]
    if not emits:  # a column of zeros
        nothing = builder.step("label", 0, labels=[], rows=[], missing=0, other=0, size=1)
        emits.append(Emit(builder.step("value", nothing, values=[0.0])))
    return Front(table.n_columns, table.names, builder.steps, tuple(emits))


def _category(builder, encoder, number, features):
    """A step for each feature: a value for each level."""
    if not features:
        return []
    choice = _level(builder, encoder, number)
    return [
        builder.step("value", choice, values=values.astype(float).tolist())
        for values in encoder.values_of_levels(number)
    ]


def _level(builder, encoder, number):
    """A choice: the level of a column of categories, or of one that repeats values."""
    column = encoder.columns[number]
    if not isinstance(column.category, Category):
        known = column.category.levels[~np.isnan(column.category.levels)]
        most = float(np.finfo(float).max)
        edges = [*(known[:-1] + (known[1:] - known[:-1]) / 2).tolist(), most]
        x = builder.step("number", number)
        filled = builder.step("impute", x, missing=float("nan"), fill=most)
        return builder.step("bin", filled, edges=edges)
    levels = [level for level in column.category.levels if level != MISSING]
    n = len(column.category.levels)
    labels = [_label(level, column.dtype) for level in levels]
    missing = n - 1 if n > len(levels) else n
    return builder.step(
        *("label", number),
        labels=labels,
        rows=list(range(len(labels))),
        missing=missing,
        other=n,
        size=n + 1,
    )


def _pair(builder, encoder, number):
    """The means of a pair's cell, whose number follows from the levels of both columns."""
    pair, both = encoder.columns[number].category, []
    for source, factor in ((pair.first, pair.n_second), (pair.second, 1)):
        choice = _level(builder, encoder, source)
        values = (np.arange(float(builder.steps[choice].size)) * factor).tolist()
        both.append(builder.step("value", choice, values=values))
    cell = builder.step("sum", both[0], more=both[1:], coefs=[1.0, 1.0], shift=0.0)
    choice = builder.step("bin", cell, edges=[c + 0.5 for c in pair.levels[:-1]])
    means = encoder.means[number][: len(pair.levels)]
    return [builder.step("value", choice, values=v) for v in means.T.astype(float).tolist()]


def _label(level, dtype):
    """The key of a level as the table has it."""
    if not dtype.lower().startswith(_NUMBERS):
        return level
    return float({"True": 1, "False": 0}.get(level, level))


def _number(builder, encoder, number, features):
    """Filled in and scaled; whether it was missing; the means of values that repeat."""
    column = encoder.columns[number]
    learned, found = column.numbers[""], []
    x = builder.step("number", number)
    for kind in (f.kind for f in features if f.kind != "mean"):
        if kind == "gap":
            absent = builder.step("label", number, labels=[], rows=[], missing=1, other=0, size=2)
            found.append(builder.step("value", absent, values=[0.0, 1.0]))
            continue
        z = builder.step("impute", x, missing=float("nan"), fill=float(learned.median))
        z = builder.step("affine", z, scale=1.0, shift=-float(learned.centre))
        z = builder.step("affine", z, scale=float(learned.scale), shift=0.0)
        if learned.clipped:
            z = builder.step("clip", z, low=-FARTHEST, high=FARTHEST)
            z = builder.step("smooth_clip", z, bend=BEND)
        found.append(z)
    means = [f for f in features if f.kind == "mean"]
    if means and not isinstance(column.category, Category):
        choice = _level(builder, encoder, number)
        values = encoder.means[number][: builder.steps[choice].size]
        found += [builder.step("value", choice, values=v) for v in values.T.astype(float).tolist()]
    return found


def _with_values(model, scale):
    """The model with ``output * width + centre``, within least and most, as its outputs.

    The bounds are two hidden units: least + relu(value - least) - relu(value - most).
    """
    model = model.astype("float64")  # which holds a centre that is large beside the width
    levels = model.n_outputs // len(scale.centre)
    centre, width, least, most = (np.repeat(part, levels) for part in scale)
    nodes, last = list(model.nodes), len(model.nodes) - 1
    if model.head.still_to_apply != "identity":
        nodes.append(Node("activation", (last,), {}, {"name": model.head.still_to_apply}))
        last += 1
    eye = np.eye(len(width))
    over = {
        "weight": np.concatenate([eye * width, eye * width], axis=1),
        "bias": np.concatenate([centre - least, centre - most]),
    }
    both = {"weight": np.concatenate([eye, -eye]), "bias": np.array(least, float)}
    nodes.append(Node("dense", (last,), over))
    nodes.append(Node("activation", (last + 1,), {}, {"name": "relu"}))
    nodes.append(Node("dense", (last + 2,), both))
    head = replace(model.head, output_activation="identity", activated=False)
    return replace(model, nodes=nodes, head=head)


def in_dtype(model, dtype, precisions):
    """The model in a dtype; in the precision of its weights if that is one which can be written.

    Raises
    ------
    TypeError
        If its precision is another one.
    """
    if model.precision is None:
        return model.astype(dtype)
    if model.precision not in precisions or dtype != "float32":
        raise TypeError(
            f"cannot write weights of {model.precision} with numbers of {dtype} in this format:"
            " pass Predictor(model, dtype='float32') for the same rounded weights as numbers"
        )
    return model
