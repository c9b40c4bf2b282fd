"""A function in C for a step of a sequence that goes on, with a state that its caller keeps."""

from typing import ClassVar

from fastnn.export._c_nodes import Body
from fastnn.export._c_sequences import define_step, state_numbers, work_numbers
from fastnn.model.nodes import check_nodes
from fastnn.model.one_step import one_step
from fastnn.model.sequences import units_of

#: What a program declares.
STATE = "typedef struct {{\n{fields}\n}} {name}_state;"
STEP = "void {name}_step({name}_state *state, const float *x, float *{values})"

USE = """{name}_step takes the next step of a sequence that goes on: x points to its {width}
numbers, {values} to room for {n_values} values of a sequence that would end there. What the step
before has left, the caller keeps: {name}_state state = {{0}}; at the beginning."""


class StepBody(Body):
    """What a C file has for the nodes of a network that sees one step.

    Attributes
    ----------
    fields : dict of str to int
        Numbers that go from step to step, by name.
    """

    def __init__(self, model, prefix):
        self.fields = {}
        nodes, self.width = one_step(model.nodes)
        self._write_all(model, nodes, check_nodes(self.width, nodes, model.dtype), prefix)

    def recurrent(self, node, number, sources, target, n):
        """One step of a recurrent node, and what becomes of its outputs."""
        field, cell = f"{node.kind}{number}", define_step(self, node)
        self.fields[field] = state_numbers(node)
        work, state = self.take_buffer(work_numbers(node)), f"state->{field}"
        arrays = [self.array(node, number, name) for name in ("weight", "bias")]
        sizes = node.attributes["width"], units_of(node)
        self.call(f"{cell}_step", *sources, *arrays, state, work, *sizes)
        self.give_back(work)
        if node.attributes["output"] == "mean":
            self.fields[f"{field}_total"] = n + 1
            self.call("mean_step", state, f"{state}_total", target, n)
        else:
            self.call("copy", state, target, n)

    writers: ClassVar = {**Body.writers, **dict.fromkeys(("rnn", "gru", "lstm"), recurrent)}


def step_body(model, prefix):
    """The body of a step; None if the network cannot be asked step by step."""
    try:
        return StepBody(model, prefix)
    except TypeError:
        return None


def declarations(body, fill):
    """The type of the state, and the function."""
    fields = "\n".join(f"    float {name}[{size}];" for name, size in body.fields.items())
    return f"{STATE.format(fields=fields, **fill)}\n{STEP.format(**fill)};"


def step_function(model, body, fill):
    """Its definition."""
    values, last = fill["values"], body.last
    if model.binary:
        first = f"1.0f - {last}[0]" if model.has_probabilities else f"-{last}[0]"
        end = f"{values}[0] = {first};\n    {values}[1] = {last}[0];"
    else:
        end = f"for (int i = 0; i < {body.n_out}; i++)\n        {values}[i] = {last}[i];"
    lines = [body.declared, *body.steps, end]
    return f"{STEP.format(**fill)}\n{{\n    " + "\n    ".join(lines) + "\n}\n"
