"""Nodes: the steps of a network from its input to its raw outputs, as plain data."""

from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np

from fastnn.model.kinds import KINDS

#: The source that is no node: the input.
INPUT = -1


@dataclass(frozen=True, eq=False)
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
    sources: tuple = (INPUT,)
    arrays: MappingProxyType = field(default_factory=dict)
    attributes: MappingProxyType = field(default_factory=dict)

    def __post_init__(self):
        object.__setattr__(self, "sources", tuple(self.sources))
        for name in ("arrays", "attributes"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

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
    widths, used = [], set()
    for number, node in enumerate(nodes):
        if not isinstance(node, Node) or node.kind not in KINDS:
            kind = node.kind if isinstance(node, Node) else type(node).__name__
            raise ValueError(f"node {number} is of the unknown kind {kind!r}; known: {_known()}")
        where = f"node {number} ({node.kind})"
        width = _source_width(node, number, n_in, widths, where)
        n_out = KINDS[node.kind].n_out(width, node.arrays)
        _check_arrays(node, {"n_in": width, "n_out": n_out}, dtype, where)
        _check_attributes(node, dtype, where)
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
    """The function of a node's kind in a consumer's table; a TypeError if it has none."""
    if node.kind not in functions:
        raise TypeError(f"{who} cannot take a network with a node of kind {node.kind!r}")
    return functions[node.kind]


def _known():
    return ", ".join(KINDS)


def _source_width(node, number, n_in, widths, where):
    n = KINDS[node.kind].n_sources
    if len(node.sources) != n:
        raise ValueError(f"{where} takes {n} sources, got {node.sources}")
    for source in node.sources:
        if type(source) is not int or not INPUT <= source < number:
            raise ValueError(f"{where} can only take the input and earlier nodes, got {source!r}")
    found = [n_in if source == INPUT else widths[source] for source in node.sources]
    if len(set(found)) > 1:
        raise ValueError(f"{where} takes sources of one width, got {found}")
    return found[0]


def _check_arrays(node, sizes, dtype, where):
    kind, found = KINDS[node.kind], node.arrays
    wrong = found.keys() ^ kind.arrays.keys() - (kind.optional - found.keys())
    if wrong:
        raise ValueError(f"{where} has {', '.join(kind.arrays)} as arrays, got {', '.join(found)}")
    for name, array in found.items():
        shape = tuple(sizes[size] for size in kind.arrays[name])
        is_array = isinstance(array, np.ndarray)
        if not is_array or array.dtype != dtype or array.shape != shape or 0 in shape:
            got = f"{array.dtype} array of shape {array.shape}" if is_array else type(array)
            wanted = f"{dtype} array of shape {_text(kind.arrays[name], sizes)}"
            raise ValueError(f"the {name} of {where} must be a {wanted}, got {got!s:.80}")


def _text(shape, sizes):
    names = ", ".join(str(sizes[size] or size) for size in shape)
    return f"({names},)" if len(shape) == 1 else f"({names})"


def _check_attributes(node, dtype, where):
    kind = KINDS[node.kind]
    if node.attributes.keys() != kind.attributes.keys():
        wanted, got = ", ".join(kind.attributes), ", ".join(node.attributes)
        raise ValueError(f"{where} has {wanted or 'nothing'} as attributes, got {got}")
    for name, check in kind.attributes.items():
        value = node.attributes[name]
        wanted = check(value, dtype)
        if wanted:
            raise ValueError(f"the {name} of {where} must be {wanted}, got {value!r:.80}")
