"""Nodes of a Model as statements in C."""

import numpy as np

from fastnn.export._c_functions import ELEMENTWISE, FUNCTIONS
from fastnn.export._c_images import SEES_IMAGES, window_numbers
from fastnn.export._c_sequences import APART, WRITERS
from fastnn.model.kinds import KINDS
from fastnn.model.nodes import INPUT, function_for
from fastnn.model.precision import int8_codes, reduced_nodes


class Body:
    """What a C file has for the nodes of a model.

    Outputs of nodes lie in buffers, which are used again as soon as nobody reads them any more; all
    nodes but those of `_APART` work in the buffer of their source if they can.

    Parameters
    ----------
    model : Model
        In float32.
    prefix : str
        What the names of arrays and functions begin with.

    Attributes
    ----------
    prefix : str
    n_in, n_out : int
        Of the network.
    arrays : list of str
        Definitions of constant arrays.
    functions : dict of str to str
        Definitions by name.
    steps : list of str
        Statements that compute the raw outputs from ``x``.
    buffers : dict of str to int
        Sizes by name.
    last : str
        The buffer that then has the raw outputs.
    codes : int
        Most inputs of a node whose weights are int8, 0 without such.
    """

    def __init__(self, model, prefix):
        self._write_all(model, model.nodes, model.widths, prefix)

    def _write_all(self, model, nodes, widths, prefix):
        self.prefix, self.n_in, self.n_out = prefix, model.n_features_in, widths[-1]
        self.arrays, self.functions, self.steps, self.buffers = [], {}, [], {}
        self._free, self.codes = [], 0
        self._reduced = reduced_nodes(model.nodes) if model.precision else ()
        self._last_use = {s: number for number, node in enumerate(nodes) for s in node.sources}
        places = {INPUT: "x"}
        for number, node in enumerate(nodes):
            places[number] = self._write(node, number, places, widths)
        self.last = places[len(nodes) - 1]
        self.activate(model.head.still_to_apply, self.last, self.n_out)

    @property
    def declared(self):
        """Declarations of the buffers."""
        buffers = ", ".join(f"{buffer}[{size}]" for buffer, size in self.buffers.items())
        return f"float {buffers};" + (f"\n    short codes[{self.codes}];" if self.codes else "")

    def _write(self, node, number, places, widths):
        write = self.writers.get(node.kind, Body.plain)
        n, sources = widths[number], list(node.sources)
        # Of a sum it does not matter which one comes first.
        own = [s for s in sources if s != INPUT and self._last_use[s] == number]
        if node.kind in _APART:
            target = self.take_buffer(n)
        elif own:
            sources.remove(own[0])
            target = places[own[0]]
        else:
            target = self.take_buffer(n)
            self.call("copy", places[sources.pop(0)], target, n)
        write(self, node, number, [places[s] for s in sources], target, n)
        self._free += {places[s] for s in own} - {target}
        return target

    def take_buffer(self, n):
        """A buffer of at least n elements: a free one, or a new one."""
        name = self._free.pop() if self._free else f"h{len(self.buffers)}"
        self.buffers[name] = max(n, self.buffers.get(name, 0))
        return name

    def give_back(self, buffer):
        """Let others have a buffer that was taken to work with."""
        self._free.append(buffer)

    def define(self, *functions):
        """Have FUNCTIONS defined, in this order."""
        for function in functions:
            self.functions[function] = FUNCTIONS[function].replace("@", self.prefix)

    def call(self, function, *arguments):
        """Append a call of one of FUNCTIONS."""
        self.define(function)
        self.step(function, *arguments)

    def step(self, function, *arguments):
        """Append a call."""
        self.steps.append(f"{self.prefix}{function}({', '.join(map(str, arguments))});")

    def array(self, node, number, name):
        """Define an array of a node, and return its name; NULL if the node does not have it."""
        if name not in node.arrays:
            return "NULL"
        full = f"{self.prefix}{node.kind}{number}_{name}"
        self.arrays.append(constant_array(full, node.arrays[name]))
        return full

    def dense(self, node, number, sources, target, n):
        if number in self._reduced:
            self.dense_int8(node, number, sources, target, n)
            return
        weight, bias = (self.array(node, number, name) for name in ("weight", "bias"))
        self.call("dense", *sources, weight, bias, target, len(node.arrays["weight"]), n)

    def window(self, node, number):
        """Define the window of a node, and return its name."""
        name = f"{self.prefix}{node.kind}{number}_window"
        numbers = ", ".join(map(str, window_numbers(node.attributes["window"])))
        self.arrays.append(f"static const size_t {name}[] = {{{numbers}}};\n")
        return name

    def convolution(self, node, number, sources, target, n):
        weight, bias = (self.array(node, number, name) for name in ("weight", "bias"))
        n_out = node.arrays["weight"].shape[1]
        self.call(node.kind, *sources, weight, bias, target, self.window(node, number), n_out)

    def windowed(self, node, number, sources, target, n):
        self.call(node.kind, *sources, target, self.window(node, number), n)

    def channel_norm(self, node, number, sources, target, n):
        arrays = [self.array(node, number, name) for name in KINDS[node.kind].arrays]
        epsilon = float_literal(np.float32(node.attributes["epsilon"]))
        places = node.attributes["places"]
        self.call(node.kind, *sources, target, *arrays, epsilon, places, n)

    def dense_int8(self, node, number, sources, target, n):
        name, n_in = f"{self.prefix}dense{number}", len(node.arrays["weight"])
        codes, scale = int8_codes(node.arrays["weight"])
        self.arrays.append(integer_array(f"{name}_weight", codes.T))
        self.arrays.append(constant_array(f"{name}_scale", scale))
        bias, self.codes = self.array(node, number, "bias"), max(self.codes, n_in)
        arrays = (f"{name}_weight", f"{name}_scale", bias, target, "codes")
        self.call("dense_int8", *sources, *arrays, n_in, n)

    def columns(self, node, number, sources, target, n):
        numbers = []
        for c in node.attributes["columns"]:
            numbers += [len(c.edges), c.n_levels, c.value, c.scale, c.shift, *c.edges, *c.mean]
        name = f"{self.prefix}columns{number}"
        self.arrays.append(constant_array(name, np.array(numbers, np.float32)))
        self.call("columns", *sources, name, target, len(node.attributes["columns"]))

    def activation(self, node, number, sources, target, n):
        self.activate(node.attributes["name"], target, n)

    def activate(self, name, target, n):
        """Append an activation by name, in place."""
        if name == "identity":
            return
        if name == "softmax":
            self.call(name, target, n)
            return
        if f"{name}_layer" not in FUNCTIONS:
            raise TypeError(f"the activation {name!r} cannot be exported to C")
        self.call(f"{name}_layer", target, n)

    def custom(self, node, number, sources, target, n):
        function = node.attributes["function"]
        if function.c is None:
            raise TypeError(
                f"the custom activation {function.name!r} does not say what it is in C: make it"
                ' with CustomActivation(f, df, c="...")'
            )
        name = f"custom{number}"
        full = f"{self.prefix}{name}"
        of_one = f"static float {full}(float z)\n{{\n    return {function.c};\n}}\n\n"
        loop = ELEMENTWISE.format(name=name, expression=f"{full}(z[i])")
        self.functions[name] = of_one + loop.replace("@", self.prefix)
        self.step(f"{name}_layer", target, n)

    def lwta(self, node, number, sources, target, n):
        self.call("lwta", target, node.attributes["size"], n)

    def plain(self, node, number, sources, target, n):
        """Append a call of the function that is called as its kind, with all that the node has."""
        function_for(node, FUNCTIONS, "a C file")
        arrays = [self.array(node, number, name) for name in KINDS[node.kind].arrays]
        values = [node.attributes[name] for name in KINDS[node.kind].attributes]
        values = [float_literal(np.float32(value)) for value in values]
        self.call(node.kind, *sources, target, *arrays, *values, n)


# Of the other kinds FUNCTIONS has the one that `plain` calls.
Body.writers = {
    "dense": Body.dense,
    "activation": Body.activation,
    "custom": Body.custom,
    "columns": Body.columns,
    "lwta": Body.lwta,
    "convolution": Body.convolution,
    "channel_norm": Body.channel_norm,
    **dict.fromkeys(("pad", "max_pool", "average_pool"), Body.windowed),
    **WRITERS,
}

# Kinds whose outputs cannot lie where their input does.
_APART = SEES_IMAGES | APART | {"dense", "columns"}


def constant_array(name, values):
    """A constant array; the shortest decimal of a float32 reads back as the same float32."""
    numbers = [float_literal(value) for value in values.ravel()]
    lines = [", ".join(numbers[i : i + 8]) for i in range(0, len(numbers), 8)]
    body = ",\n    ".join(lines)
    return f"static const float {name}[{len(numbers)}] = {{\n    {body}\n}};\n"


def integer_array(name, values):
    """A constant array of integers of 8 bits."""
    numbers = [str(value) for value in values.ravel()]
    lines = [", ".join(numbers[i : i + 20]) for i in range(0, len(numbers), 20)]
    body = ",\n    ".join(lines)
    return f"static const signed char {name}[{len(numbers)}] = {{\n    {body}\n}};\n"


def float_literal(value):
    """A float32 as C has it."""
    text = np.format_float_scientific(value, unique=True, trim="0", exp_digits=1)
    return f"{text}f"
