"""The nodes of a recurrent network as they see a single step."""

from dataclasses import replace

from fastnn._kernels.layers.kinds import TRAITS
from fastnn.model.nodes import INPUT

__all__ = ["one_step"]

#: Kinds that treat each number of a sequence alike, whatever step it belongs to.
_ALIKE = ("activation", "custom", "add", "multiply", "scale")


def one_step(nodes):
    """Nodes for one step of a sequence, which compute what comes after it.

    Parameters
    ----------
    nodes : sequence of Node

    Returns
    -------
    nodes : list of Node
        As many, with the same arrays.
    width : int
        Numbers of a step of the input.

    Raises
    ------
    TypeError
        If the network is not recurrent, or has a node that needs the whole sequence.
    """
    first = next((node for node in nodes if INPUT in node.sources), None)
    if first is None or not TRAITS[first.kind].shares:
        raise TypeError(
            "only a network that begins with a recurrent layer can be asked step by step; use"
            " predict"
        )
    found, sequence = [], {INPUT: True}  # whether a node puts out a sequence of steps
    for number, node in enumerate(nodes):
        taken = {sequence[source] for source in node.sources}
        if node.attributes.get("reverse"):
            raise TypeError(
                "a bidirectional layer needs the whole sequence, so that it cannot be asked step"
                " by step: use predict, or bidirectional=False"
            )
        if TRAITS[node.kind].shares:
            sequence[number] = node.attributes.get("output", "all") == "all"
            node = replace(node, attributes={**node.attributes, "places": 1, "ragged": False})
        elif taken == {False} or (node.kind in _ALIKE and taken == {True}):
            sequence[number] = True in taken
        else:
            raise TypeError(
                f"a node of kind {node.kind!r} takes all steps of the sequence at once, so that the"
                " network cannot be asked step by step: let PerStep or a recurrent layer take them"
            )
        found.append(node)
    return found, first.attributes["width"]
