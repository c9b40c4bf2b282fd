"""Steps of a front as ONNX nodes that combine numbers, or send one along a curve; all float64."""

import numpy as np
from onnx import TensorProto

from fastnn.model.normal import COEFFICIENTS, MIDDLE, SHIFTS, SPLIT


class Curves:
    """The part of a front's writer that has these kinds, a method each."""

    def _binary(self, op, a, b, name):
        """A node of two inputs, each a name or a number."""
        inputs = [
            x if isinstance(x, str) else self._double(f"{name}_{i}", x)
            for i, x in enumerate((a, b))
        ]
        return self._graph.node(op, inputs, name)

    def _where(self, condition, yes, no, name):
        inputs = [
            x if isinstance(x, str) else self._double(f"{name}_{i}", x)
            for i, x in enumerate((yes, no))
        ]
        return self._graph.node("Where", [condition, *inputs], name)

    def _looked_up(self, values, which, name):
        """Values by their numbers, of shape (n, 1)."""
        table = self._graph.constant(f"{name}_table", np.array(values, np.float64))
        return self._graph.node("Gather", [table, which], name)

    def _count(self, x, edges, name, below=False):
        """How many edges are at most x, or below x."""
        sides = [x, self._double(f"{name}_edges", [edges])]
        found = self._graph.node("Less", sides[::-1] if below else sides, f"{name}_less")
        if not below:
            found = self._graph.node("Not", [found], f"{name}_not")
        ones = self._graph.node("Cast", [found], f"{name}_ones", to=TensorProto.INT64)
        axis = self._int(f"{name}_axis", [1])
        return self._graph.node("ReduceSum", [ones, axis], name, keepdims=1)

    def divide(self, step, name):
        return self._binary("Div", self._found[step.source], step.attributes["by"], name)

    def smooth_clip(self, step, name):
        x = self._found[step.source]
        bent = self._binary("Div", x, step.attributes["bend"], f"{name}_bent")
        square = self._binary("Mul", bent, bent, f"{name}_square")
        root = self._graph.node(
            "Sqrt", [self._binary("Add", square, 1.0, f"{name}_more")], f"{name}_root"
        )
        return self._binary("Div", x, root, name)

    def value(self, step, name):
        values = [*step.attributes["values"], np.nan]  # of what is refused
        return self._looked_up(values, self._found[step.source], name)

    def _side_by_side(self, step, name):
        parts = [self._found[i] for i in (step.source, *step.attributes["more"])]
        return self._graph.node("Concat", parts, f"{name}_all", axis=1)

    def sum(self, step, name):
        given = step.attributes
        column = [[coef] for coef in given["coefs"]]
        x = self._binary("MatMul", self._side_by_side(step, name), column, f"{name}_product")
        return self._binary("Add", x, given["shift"], name)

    def product(self, step, name):
        found = self._found[step.source]
        for i, other in enumerate(step.attributes["more"]):
            found = self._binary("Mul", found, self._found[other], f"{name}_{i}")
        return found

    def inverse_norm(self, step, name):
        norm = step.attributes["norm"]
        if norm == "max":
            parts = [self._found[i] for i in (step.source, *step.attributes["more"])]
            parts = [self._graph.node("Abs", [x], f"{name}_abs_{i}") for i, x in enumerate(parts)]
            found = self._graph.node("Max", parts, f"{name}_max")
        else:
            x = self._side_by_side(step, name)
            if norm == "l2":
                x = self._binary("Mul", x, x, f"{name}_square")
            else:
                x = self._graph.node("Abs", [x], f"{name}_abs")
            axis = self._int(f"{name}_axis", [1])
            found = self._graph.node("ReduceSum", [x, axis], f"{name}_sum", keepdims=1)
            if norm == "l2":
                found = self._graph.node("Sqrt", [found], f"{name}_root")
        tiny = self._binary("Less", found, 10 * np.finfo(float).eps, f"{name}_tiny")
        inverse = self._graph.node("Reciprocal", [found], f"{name}_inverse")
        return self._where(tiny, 1.0, inverse, name)

    def quantile(self, step, name):
        given, x = step.attributes, self._found[step.source]
        at, to, margin = np.array(given["at"]), np.array(given["to"]), given["margin"]
        last, apart = len(at) - 1, np.diff(at) > 0
        slopes = np.divide(np.diff(to), np.diff(at), out=np.zeros(last), where=apart)
        sides = []
        for side, of_point in (("left", np.append(slopes, 0)), ("right", np.append(0, slopes))):
            which = self._count(x, given["at"], f"{name}_{side}_count", below=side == "right")
            if side == "left":
                one = self._int(f"{name}_one", 1)
                which = self._graph.node("Sub", [which, one], f"{name}_before")
            ends = [self._int(f"{name}_{side}_{end}", end) for end in (0, last)]
            which = self._graph.node("Clip", [which, *ends], f"{name}_{side}_point")
            x0 = self._looked_up(at, which, f"{name}_{side}_x")
            away = self._binary("Sub", x, x0, f"{name}_{side}_away")
            slope = self._looked_up(of_point, which, f"{name}_{side}_slope")
            rise = self._binary("Mul", away, slope, f"{name}_{side}_rise")
            y0 = self._looked_up(to, which, f"{name}_{side}_y")
            sides.append(self._binary("Add", rise, y0, f"{name}_{side}"))
        found = self._binary("Add", *sides, f"{name}_both")
        found = self._binary("Mul", found, 0.5, f"{name}_mean")
        for end, op, reached in ((0, "Less", 0.0), (last, "Greater", 1.0)):
            beyond = self._binary(op, x, at[end], f"{name}_beyond_{end}")
            found = self._where(beyond, to[end], found, f"{name}_until_{end}")
            if margin:
                moved = self._binary("Add", x, margin if end else -margin, f"{name}_moved_{end}")
                at_end = self._binary(op, moved, at[end], f"{name}_at_{end}")
            else:
                at_end = self._binary("Equal", x, at[end], f"{name}_at_{end}")
            found = self._where(at_end, reached, found, f"{name}_with_{end}")
        absent = self._graph.node("IsNaN", [x], f"{name}_absent")
        return self._where(absent, x, found, name)

    def _polynomial(self, coefs, x, name):
        """Coefficients, numbers or names, highest power first."""
        found = coefs[0]
        for i, coef in enumerate(coefs[1:]):
            found = self._binary("Mul", found, x, f"{name}_{i}_times")
            found = self._binary("Add", found, coef, f"{name}_{i}_plus")
        return found

    def _quotient(self, k, x, name):
        over, under = (
            self._polynomial(COEFFICIENTS[2 * k + i, ::-1].tolist(), x, f"{name}_{i}")
            for i in (0, 1)
        )
        return self._binary("Div", over, under, name)

    def normal(self, step, name):
        p, given = self._found[step.source], step.attributes
        q = self._binary("Sub", p, 0.5, f"{name}_q")
        size = self._graph.node("Abs", [q], f"{name}_size")
        square = self._binary("Mul", q, q, f"{name}_square")
        square = self._binary("Sub", MIDDLE, square, f"{name}_less_square")
        middle = self._binary(
            "Mul", q, self._quotient(0, square, f"{name}_inner"), f"{name}_middle"
        )
        tail = self._binary("Sub", 1.0, p, f"{name}_above")
        negative = self._binary("Less", q, 0.0, f"{name}_negative")
        tail = self._where(negative, p, tail, f"{name}_tail")
        root = self._graph.node("Log", [tail], f"{name}_log")
        root = self._graph.node("Neg", [root], f"{name}_neg")
        root = self._graph.node("Sqrt", [root], f"{name}_root")
        near, far = (
            self._quotient(k, self._binary("Sub", root, shift, f"{name}_x{k}"), f"{name}_outer{k}")
            for k, shift in enumerate(SHIFTS, 1)
        )
        is_far = self._binary("Greater", root, SHIFTS[1], f"{name}_is_far")
        outer = self._where(is_far, far, near, f"{name}_outer")
        minus = self._graph.node("Neg", [outer], f"{name}_minus")
        outer = self._where(negative, minus, outer, f"{name}_signed")
        is_outer = self._binary("Greater", size, SPLIT, f"{name}_is_outer")
        found = self._where(is_outer, outer, middle, f"{name}_found")
        for end, value, bound in ((0, 0.0, given["low"]), (1, 1.0, given["high"])):
            at_end = self._binary("Equal", p, value, f"{name}_is_{end}")
            found = self._where(at_end, bound, found, f"{name}_with_{end}")
        bounds = [self._double(f"{name}_{end}", given[end]) for end in ("low", "high")]
        return self._graph.node("Clip", [found, *bounds], name)

    def piecewise(self, step, name):
        given, x = step.attributes, self._found[step.source]
        which = self._count(x, given["edges"], f"{name}_piece")
        origin = self._looked_up(given["origins"], which, f"{name}_origin")
        away = self._binary("Sub", x, origin, f"{name}_away")
        coefs = np.array(given["coefs"]).reshape(-1, given["degree"] + 1)
        found = self._polynomial(
            [self._looked_up(c, which, f"{name}_coef_{i}") for i, c in enumerate(coefs.T)],
            away,
            name,
        )
        absent = self._graph.node("IsNaN", [x], f"{name}_absent")
        return self._where(absent, x, found, f"{name}_found")

    def wrap(self, step, name):
        low, period = step.attributes["low"], step.attributes["period"]
        over = self._binary("Sub", self._found[step.source], low, f"{name}_over")
        divisor = self._double(f"{name}_period", period)
        rest = self._graph.node("Mod", [over, divisor], f"{name}_rest", fmod=1)
        negative = self._binary("Less", rest, 0.0, f"{name}_negative")
        more = self._binary("Add", rest, period, f"{name}_more")
        rest = self._where(negative, more, rest, f"{name}_wrapped")
        return self._binary("Add", rest, low, name)

    def within(self, step, name):
        x = self._found[step.source]
        for end, op in (("low", "Less"), ("high", "Greater")):
            beyond = self._binary(op, x, step.attributes[end], f"{name}_{end}_beyond")
            x = self._where(beyond, np.nan, x, f"{name}_{end}")
        return x
