"""Nodes: the steps of a network from its input to its raw outputs, as plain data."""

from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from fastnn.model.kinds import KINDS

#: The source that is no node: the input.
INPUT = -1


_NOTHING = MappingProxyType({})


@dataclass(frozen=True, eq=False, init=False)
class Node:
    """One step.

    Parameters
    ----------
    kind : str
        Of `fastnn.model.kinds.KINDS`.
    sources : tuple of int
        The numbers of the nodes whose outputs it takes, INPUT for the input.
    arrays, attributes : mapping of str
        Those of its kind. Arrays are kept as they are, without a copy.
    """

    kind: str
    sources: tuple
    arrays: MappingProxyType
    attributes: MappingProxyType

    def __init__(self, kind, sources=(INPUT,), arrays=_NOTHING, attributes=_NOTHING):
        # An estimator makes its nodes anew for every call: at once, not field by field.
        self.__dict__.update(
            kind=kind,
            sources=tuple(sources),
            arrays=MappingProxyType(dict(arrays)),
            attributes=MappingProxyType(dict(attributes)),
        )

    def __reduce__(self):
        return Node, (self.kind, self.sources, dict(self.arrays), dict(self.attributes))

    def having(self, **arrays):
        """The node with some arrays in the place of its own."""
        return replace(self, arrays={**self.arrays, **arrays})

    def astype(self, dtype):
        """The node with arrays of another dtype."""
        return self.having(**{name: array.astype(dtype) for name, array in self.arrays.items()})


def check_nodes(n_in, nodes, dtype):
    """Check that nodes fit together, but not the numbers in their arrays.

    Parameters
    ----------
    n_in : int
        Features of the input.
    nodes : sequence of Node
    dtype : str
        Of all arrays.

    Returns
    -------
    list of int
        Outputs of each node.

    Raises
    ------
    ValueError
        That names the node and what does not fit.
    """
    dtype, widths, used = np.dtype(dtype), [], set()
    for number, node in enumerate(nodes):
        if not isinstance(node, Node) or node.kind not in KINDS:
            kind = node.kind if isinstance(node, Node) else type(node).__name__
            raise ValueError(f"node {number} is of the unknown kind {kind!r}; known: {_known()}")
        kind, where = KINDS[node.kind], f"node {number} ({node.kind})"
        width = _source_width(node.sources, kind, number, n_in, widths, where)
        if node.attributes or kind.attributes:
            _check_attributes(node.attributes, kind, dtype, where)
        n_out = kind.n_out(width, node)
        if node.arrays or kind.arrays:
            sizes = {"n_in": width, "n_out": n_out, **kind.sizes(n_out, node)}
            _check_arrays(node.arrays, kind, sizes, dtype, where)
        for source in node.sources:
            if source >= 0 and nodes[source].kind == "columns" and node.kind != "dense":
                raise ValueError(f"{where} takes encoded columns, which only a dense node can")
        widths.append(n_out)
        used.update(node.sources)
    unused = set(range(len(widths) - 1)) - used
    if not widths or unused:
        what = f"nothing takes the outputs of node {min(unused)}" if unused else "there is no node"
        raise ValueError(f"{what}: that makes no network")
    return widths


def check_numbers(nodes):
    """Refuse with a ValueError arrays that are not finite, or negative where they must not be."""
    for number, node in enumerate(nodes):
        for name, array in node.arrays.items():
            if not np.isfinite(array).all():
                raise ValueError(f"the {name} of node {number} ({node.kind}) is not finite")
            if name in KINDS[node.kind].not_negative and (array < 0).any():
                raise ValueError(f"the {name} of node {number} ({node.kind}) is negative")


def consumers(nodes):
    """For each node the numbers of those that take its outputs; under INPUT those of the input."""
    found = {number: [] for number in range(INPUT, len(nodes))}
    for number, node in enumerate(nodes):
        for source in dict.fromkeys(node.sources):
            found[source].append(number)
    return found


def function_for(node, functions, who):
    """What a consumer's table has for a node's kind, a function or what it knows of it; a TypeError
    if that is nothing."""
    if node.kind not in functions:
        raise TypeError(f"{who} cannot take a network with a node of kind {node.kind!r}")
    return functions[node.kind]


def _known():
    return ", ".join(KINDS)


def _source_width(sources, kind, number, n_in, widths, where):
    if len(sources) != kind.n_sources:
        raise ValueError(f"{where} takes {kind.n_sources} sources, got {sources}")
    found = []
    for source in sources:
        if type(source) is not int or not INPUT <= source < number:
            raise ValueError(f"{where} can only take the input and earlier nodes, got {source!r}")
        found.append(n_in if source == INPUT else widths[source])
    if found.count(found[0]) != len(found):
        raise ValueError(f"{where} takes sources of one width, got {found}")
    return found[0]


def _check_arrays(found, kind, sizes, dtype, where):
    missing_or_more = found.keys() ^ kind.arrays.keys()
    if missing_or_more and not missing_or_more <= kind.optional:
        wanted, got = ", ".join(kind.arrays) or "nothing", ", ".join(found) or "nothing"
        raise ValueError(f"{where} has {wanted} as arrays, got {got}")
    for name, array in found.items():
        shape = tuple([sizes[size] for size in kind.arrays[name]])
        is_array = isinstance(array, np.ndarray)
        if not (is_array and array.shape == shape and array.dtype == dtype and all(shape)):
            got = f"{array.dtype} array of shape {array.shape}" if is_array else type(array)
            wanted = f"{dtype} array of shape {_text(kind.arrays[name], sizes)}"
            raise ValueError(f"the {name} of {where} must be a {wanted}, got {got!s:.80}")


def _text(shape, sizes):
    names = ", ".join(str(sizes[size] or size) for size in shape)
    return f"({names},)" if len(shape) == 1 else f"({names})"


def _check_attributes(found, kind, dtype, where):
    if found.keys() != kind.attributes.keys():
        wanted, got = ", ".join(kind.attributes) or "nothing", ", ".join(found) or "nothing"
        raise ValueError(f"{where} has {wanted} as attributes, got {got}")
    for name, check in kind.attributes.items():
        wanted = check(found[name], dtype)
        if wanted:
            raise ValueError(f"the {name} of {where} must be {wanted}, got {found[name]!r:.80}")
