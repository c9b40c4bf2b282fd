"""The front of a model as ONNX nodes: an input for each column, one array of features behind them.

ONNX knows no missing text: the empty one stands for it, where the model knows no such label. It has
no errors for rows either: what the model refuses, such as an unknown category, becomes NaN.
"""

import numpy as np
from onnx import TensorProto, helper

from fastnn.export._onnx_curves import Curves
from fastnn.model.steps import STEPS

_OUTPUTS = ("label", "probabilities", "scores", "variable")
_OPSET = 13  # the first that looks for NaN in float64


def add_front(graph, front, dtype):
    """Add the nodes of a front.

    Returns
    -------
    inputs : list of ValueInfoProto
        Of the used columns, in order, of shape (n, 1): text, or numbers of ``dtype``.
    features : str
        The name of the features of the network.

    Raises
    ------
    ValueError
        For an opset before 13.
    TypeError
        For a column whose labels are of several types.
    """
    if graph.opset < _OPSET:
        raise ValueError(
            f"a model that takes tables needs target_opset={_OPSET} or more, got {graph.opset}"
        )
    made = _Front(graph, front, dtype)
    return made.inputs, made.features


class _Front(Curves):
    def __init__(self, graph, front, dtype):
        self._graph, self._front, self._dtype = graph, front, np.dtype(dtype)
        self._element = helper.np_dtype_to_tensor_dtype(self._dtype)
        self._of_column = {}
        text = {column: self._is_text(column) for column in front.used}
        self.inputs = [self._input(column, text[column]) for column in front.used]
        self._found = []
        for number, step in enumerate(front.steps):
            self._found.append(_STEPS[step.kind](self, step, f"step_{number}"))
        parts = [self._emit(emit, f"emit_{number}") for number, emit in enumerate(front.emits)]
        self.features = graph.node("Concat", parts, "features", axis=1)

    def _is_text(self, column):
        labels = [
            label
            for step in self._front.steps
            if step.kind == "label" and step.source == column
            for label in step.attributes["labels"]
        ]
        text = {isinstance(label, str) for label in labels}
        if len(text) > 1:
            raise TypeError(
                f"column {self._front.name(column)} has labels that are text and others that are"
                " numbers, which no input of ONNX has"
            )
        return text == {True}

    def _input(self, column, text):
        names = self._front.names
        name = f"column_{column}" if names is None else str(names[column])
        name = f"{name}_column" if name in _OUTPUTS else name
        self._of_column[column] = name
        element = TensorProto.STRING if text else self._element
        return helper.make_tensor_value_info(name, element, ["n", 1])

    def _double(self, name, value):
        return self._graph.constant(name, np.array(value, np.float64))

    def _int(self, name, value):
        return self._graph.constant(name, np.array(value, np.int64))

    def number(self, step, name):
        source = self._of_column[step.source]
        return self._graph.node("Cast", [source], name, to=TensorProto.DOUBLE)

    def label(self, step, name):
        """The row of each label, (n, 1) of int64; ``size`` for what is refused."""
        given, source = step.attributes, self._of_column[step.source]
        size = given["size"]
        rows, missing, other = (
            [size if row < 0 else row for row in rows]
            for rows in (given["rows"], [given["missing"]], [given["other"]])
        )
        chosen = {"default_int64": other[0], "domain": "ai.onnx.ml"}
        if self._is_text(step.source):
            keys = list(given["labels"])
            if "" not in keys:
                keys, rows = [*keys, ""], rows + missing
            return self._graph.node(
                "LabelEncoder", [source], name, keys_strings=keys, values_int64s=rows, **chosen
            )
        number = self._graph.node("Cast", [source], f"{name}_number", to=TensorProto.FLOAT)
        if not given["labels"]:
            found = self._int(f"{name}_other", other[0])
        else:
            keys = [float(label) for label in given["labels"]]
            found = self._graph.node(
                "LabelEncoder", [number], f"{name}_row", keys_floats=keys, values_int64s=rows,
                **chosen,
            )  # fmt: skip
        absent = self._graph.node("IsNaN", [number], f"{name}_absent")
        return self._graph.node(
            "Where", [absent, self._int(f"{name}_missing", missing[0]), found], name
        )

    def impute(self, step, name):
        x, missing = self._found[step.source], step.attributes["missing"]
        if np.isnan(missing):
            absent = self._graph.node("IsNaN", [x], f"{name}_absent")
        else:
            value = self._double(f"{name}_missing", missing)
            absent = self._graph.node("Equal", [x, value], f"{name}_absent")
        fill = self._double(f"{name}_fill", step.attributes["fill"])
        return self._graph.node("Where", [absent, fill, x], name)

    def affine(self, step, name):
        given = step.attributes
        return self._scaled(self._found[step.source], given["scale"], given["shift"], name)

    def _scaled(self, x, scale, shift, name):
        x = self._graph.node("Mul", [x, self._double(f"{name}_scale", scale)], f"{name}_scaled")
        return self._graph.node("Add", [x, self._double(f"{name}_shift", shift)], name)

    def clip(self, step, name):
        bounds = [self._double(f"{name}_{end}", step.attributes[end]) for end in ("low", "high")]
        return self._graph.node("Clip", [self._found[step.source], *bounds], name)

    def above(self, step, name):
        x = self._found[step.source]
        threshold = self._double(f"{name}_threshold", step.attributes["threshold"])
        above = self._graph.node("Greater", [x, threshold], f"{name}_flag")
        above = self._graph.node("Cast", [above], f"{name}_value", to=TensorProto.DOUBLE)
        absent = self._graph.node("IsNaN", [x], f"{name}_absent")
        return self._graph.node("Where", [absent, x, above], name)

    def yeo_johnson(self, step, name):
        x, power = self._found[step.source], step.attributes["power"]
        more = self._power(x, power, f"{name}_more")
        less = self._power(self._graph.node("Neg", [x], f"{name}_neg"), 2 - power, f"{name}_less")
        less = self._graph.node("Neg", [less], f"{name}_below")
        negative = self._graph.node("Less", [x, self._double(f"{name}_0", 0.0)], f"{name}_is_less")
        return self._graph.node("Where", [negative, less, more], name)

    def box_cox(self, step, name):
        x, one = self._found[step.source], self._double(f"{name}_one", 1.0)
        less = self._graph.node("Sub", [x, one], f"{name}_less")
        found = self._power(less, step.attributes["power"], f"{name}_power")
        zero, nan = self._double(f"{name}_0", 0.0), self._double(f"{name}_nan", np.nan)
        positive = self._graph.node("Greater", [x, zero], f"{name}_is_positive")
        return self._graph.node("Where", [positive, found, nan], name)

    def _power(self, x, power, name):
        """((x + 1) ** power - 1) / power, and its limit where that is no number."""
        one = self._double(f"{name}_one", 1.0)
        log = self._graph.node("Add", [x, one], f"{name}_plus")
        log = self._graph.node("Log", [log], f"{name}_log")
        if abs(power) < np.finfo(float).eps:
            return log
        factor = self._double(f"{name}_power", power)
        found = self._graph.node("Mul", [log, factor], f"{name}_times")
        found = self._graph.node("Exp", [found], f"{name}_exp")
        found = self._graph.node("Sub", [found, one], f"{name}_minus")
        return self._graph.node("Div", [found, factor], f"{name}_over")

    def bin(self, step, name):
        """How many edges are at most x; their number plus one, which is refused, for NaN."""
        x, edges = self._found[step.source], step.attributes["edges"]
        absent = self._graph.node("IsNaN", [x], f"{name}_absent")
        refused = self._int(f"{name}_refused", len(edges) + 1)
        if not edges:
            return self._graph.node("Where", [absent, refused, self._int(f"{name}_0", 0)], name)
        count = self._count(x, edges, f"{name}_count")
        return self._graph.node("Where", [absent, refused, count], name)

    def _emit(self, emit, name):
        found, size = self._found[emit.step], self._front.steps[emit.step].size
        if not size:
            x = self._scaled(found, emit.scale, emit.shift, f"{name}_number")
            return self._graph.node("Cast", [x], name, to=self._element)
        flat = self._graph.node("Reshape", [found, self._int(f"{name}_flat", [-1])], f"{name}_row")
        values = self._graph.constant(f"{name}_values", np.array([0, 1], np.float32))
        ones = self._graph.node(
            "OneHot", [flat, self._int(f"{name}_size", size), values], f"{name}_ones", axis=-1
        )
        if self._element != TensorProto.FLOAT:  # onnxruntime has no other
            ones = self._graph.node("Cast", [ones], f"{name}_cast", to=self._element)
        refused = self._graph.node(
            "Equal", [found, self._int(f"{name}_refused", size)], f"{name}_is_refused"
        )
        nan = self._graph.constant(f"{name}_nan", np.array(np.nan, self._dtype))
        return self._graph.node("Where", [refused, nan, ones], name)


_STEPS = {kind: getattr(_Front, kind) for kind in STEPS}
