"""The nodes of a network as files from version 3 on have them: one entry a node, by kind."""

from fastnn.exceptions import ModelFormatError
from fastnn.files.values import decode, encode, take
from fastnn.layers import Category, Number
from fastnn.model.kinds import KINDS
from fastnn.model.nodes import Node
from fastnn.model.windows import WindowSpec


def describe_nodes(nodes, tensors):
    """The nodes as JSON; arrays go to ``tensors``."""
    described = []
    for number, node in enumerate(nodes):
        write, _ = _ATTRIBUTES.get(node.kind, _PLAIN)
        tensors.update({f"nodes.{number}.{name}": a for name, a in node.arrays.items()})
        described.append(
            {
                "kind": node.kind,
                "sources": list(node.sources),
                "arrays": list(node.arrays),
                "attributes": write(node.attributes),
            }
        )
    return described


def nodes_from(described, tensors, activations):
    """The nodes, whose arrays are taken out of ``tensors``; how they fit together is not checked.

    Raises
    ------
    ModelFormatError
        If an entry is not sound, or of an unknown kind.
    """
    if not isinstance(described, list):
        raise ModelFormatError("the nodes are not a list")
    return tuple(
        _node_from(entry, number, tensors, activations) for number, entry in enumerate(described)
    )


def _node_from(entry, number, tensors, activations):
    if not isinstance(entry, dict) or set(entry) != {"kind", "sources", "arrays", "attributes"}:
        raise ModelFormatError(f"node {number} has missing or unknown fields")
    kind, arrays, attributes = entry["kind"], entry["arrays"], entry["attributes"]
    if not isinstance(kind, str) or kind not in KINDS:
        raise ModelFormatError(
            f"node {number} is of the kind {str(kind)[:50]!r}, which this fastnn does not know"
        )
    known = isinstance(arrays, list) and all(
        isinstance(name, str) and name in KINDS[kind].arrays for name in arrays
    )
    if not known or len(set(arrays)) != len(arrays) or not isinstance(entry["sources"], list):
        raise ModelFormatError(f"the arrays or sources of node {number} are not sound")
    if not isinstance(attributes, dict):
        raise ModelFormatError(f"the attributes of node {number} are not sound")
    found = {name: take(tensors, f"nodes.{number}.{name}") for name in arrays}
    _, read = _ATTRIBUTES.get(kind, _PLAIN)
    return Node(kind, entry["sources"], found, read(attributes, activations))


def _write_plain(attributes):
    return dict(attributes)


def _read_plain(attributes, activations):
    return attributes


def _write_function(attributes):
    return {"function": encode(attributes["function"], "function", {})}


def _read_function(attributes, activations):
    return {name: decode(value, {}, activations) for name, value in attributes.items()}


def _write_columns(attributes):
    return {"columns": [list(column) for column in attributes["columns"]]}


def _read_columns(attributes, activations):
    """Columns from JSON; whether they are sound is checked with the node."""
    if set(attributes) != {"columns"} or not isinstance(attributes["columns"], list):
        raise ModelFormatError("the columns of a node are not sound")
    return {"columns": tuple(map(_column_from, attributes["columns"]))}


def _column_from(fields):
    types = (list, list, float, float, bool, int)
    if not isinstance(fields, list) or tuple(map(type, fields)) != types:
        raise ModelFormatError("a column of a node has missing or unknown fields")
    edges, mean, scale, shift, value, n_levels = fields
    if not all(type(number) is float for number in (*edges, *mean)):
        raise ModelFormatError("the edges of a column are not numbers")
    try:
        column = Category(n_levels) if n_levels else Number(edges, mean, scale, shift, value)
    except ValueError as error:
        raise ModelFormatError(f"a column is not sound: {error}") from None
    return column.spec


def _write_window(attributes):
    fields = attributes["window"]._asdict()
    shapes = {name: list(v) if isinstance(v, tuple) else v for name, v in fields.items()}
    return {**attributes, "window": shapes}


def _read_window(attributes, activations):
    """A window from JSON; whether it is sound is checked with the node."""
    fields = attributes.get("window")
    if not isinstance(fields, dict) or set(fields) != set(WindowSpec._fields):
        raise ModelFormatError("the window of a node has missing or unknown fields")
    shapes = {name: tuple(v) if isinstance(v, list) else v for name, v in fields.items()}
    return {**attributes, "window": WindowSpec(**shapes)}


# How attributes are written and read: plain ones are JSON as they are, those of other kinds not.
_PLAIN = _write_plain, _read_plain
_ATTRIBUTES = {
    "custom": (_write_function, _read_function),
    "columns": (_write_columns, _read_columns),
    **dict.fromkeys(
        ("convolution", "pad", "max_pool", "average_pool"), (_write_window, _read_window)
    ),
}
