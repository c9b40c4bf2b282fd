"""Nodes over sequences: what their attributes may be, and how wide everything is."""

from fastnn._kernels.layers.kinds import TRAITS
from fastnn._kernels.layers.specs import CELLS, OUTPUTS

__all__ = ["attributes_of", "fields_of", "outputs", "side_by_side", "sizes", "units_of"]


def count(value, dtype):
    """What a number of steps, or of numbers, must be."""
    return None if type(value) is int and value > 0 else "an int of at least 1"


def flag(value, dtype):
    """What a switch must be."""
    return None if type(value) is bool else "a bool"


def output(value, dtype):
    """What is made of the outputs of all steps."""
    return None if isinstance(value, str) and value in OUTPUTS else f"one of {', '.join(OUTPUTS)}"


def cell(value, dtype):
    """The function of an "rnn"."""
    return None if isinstance(value, str) and value in ("tanh", "relu") else "tanh or relu"


def levels(value, dtype):
    """How many categories a step's number may be of."""
    return None if type(value) is int and 0 <= value < 1 << 24 else "an int of at least 0"


#: Of a kind that shares its weights, and of one that recurs, or that may look a category up.
SHARED = {"places": count, "width": count, "ragged": flag}
STEPS = {**SHARED, "levels": levels}
RECURRENT = {**SHARED, "output": output, "reverse": flag}


def units_of(node):
    """Outputs of a step, 0 for what is no matrix of that many gates."""
    weight = node.arrays.get("weight")
    columns = weight.shape[1] if getattr(weight, "ndim", 0) == 2 else 0
    gates = TRAITS[node.kind].gates
    return 0 if columns % gates else columns // gates


def outputs(n_in, node):
    """Outputs of a row; its inputs must be the sequence, and perhaps the column of lengths."""
    steps, width = node.attributes["places"], node.attributes["width"]
    spare = n_in - steps * width
    if spare not in (0, 1) or (spare and not node.attributes["ragged"]):
        raise ValueError(
            f"a node ({node.kind}) has {steps} steps of {width} numbers, and its input has {n_in}"
        )
    return units_of(node) * (steps if node.attributes.get("output", "all") == "all" else 1)


def sizes(n_out, node):
    """The numbers that the shapes of its arrays are made of."""
    traits, units = TRAITS[node.kind], units_of(node)
    own = units + traits.own_bias if traits.recurs else 0
    width = node.attributes.get("levels") or node.attributes["width"]
    return {"inputs": own + width, "gates": traits.gates * units}


def side_by_side(n_in, node):
    """Outputs of a node that puts two of one width side by side, step by step."""
    if n_in % node.attributes["places"]:
        raise ValueError(f"a node (concat) of {node.attributes['places']} steps takes {n_in}")
    return 2 * n_in


def attributes_of(spec):
    """Those of the node that a stage becomes."""
    if TRAITS[spec.kind].n_sources > 1:
        return {"places": spec.places}
    found = {"places": spec.places, "width": spec.width, "ragged": spec.ragged}
    if TRAITS[spec.kind].recurs:
        found |= {"output": OUTPUTS[spec.output], "reverse": spec.reverse}
        if activation := CELLS[spec.cell].partition("_")[2]:
            found["activation"] = activation
    else:
        found["levels"] = spec.levels
    return found


def fields_of(node, n_out):
    """Those of the stage that a node becomes, beside its kind, sources and outputs."""
    attributes = node.attributes
    if node.kind == "concat":
        units = n_out // attributes["places"]
        return {"places": attributes["places"], "width": units // 2, "units": units}
    found = {name: attributes[name] for name in SHARED}
    found |= {"units": units_of(node), "bias": "bias" in node.arrays}
    found["levels"] = attributes.get("levels", 0)
    if TRAITS[node.kind].recurs:
        name = f"rnn_{attributes['activation']}" if node.kind == "rnn" else node.kind
        found |= {"cell": CELLS.index(name), "output": OUTPUTS.index(attributes["output"])}
        found["reverse"] = attributes["reverse"]
    return found
