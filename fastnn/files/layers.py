"""The nodes as files of versions 1 and 2 have them: layers, each with what belongs to it."""

from fastnn.exceptions import ModelFormatError
from fastnn.files.values import take
from fastnn.model.blocks import Block, Skip, blocks_of, nodes_of, norm_node

_NORMS = {"layer": ("gain", "shift"), "batch": ("gain", "shift", "mean", "variance")}


def describe_layers(model, tensors, version):
    """The layers of a Model that is a chain of blocks; arrays go to ``tensors``."""
    layers, blocks = [], blocks_of(model.nodes)
    activations = [*(block.activation for block in blocks[:-1]), model.output_activation]
    for index, (block, activation) in enumerate(zip(blocks, activations, strict=True)):
        tensors[f"layers.{index}.weight"] = block.weight
        tensors[f"layers.{index}.bias"] = block.bias
        layers.append({"n_out": block.weight.shape[1], "activation": activation})
    if version > 1:
        for index, block in enumerate(blocks[:-1]):
            layers[index] |= {
                "norm": _describe_norm(block.norm, f"layers.{index}.norm", tensors),
                "skip": _describe_skip(block.skip, f"layers.{index}.skip", tensors),
            }
    return layers


def _describe_norm(norm, name, tensors):
    if norm is None:
        return None
    tensors.update({f"{name}.{key}": array for key, array in norm.arrays.items()})
    return {"kind": norm.kind.removesuffix("_norm"), "epsilon": norm.attributes["epsilon"]}


def _describe_skip(skip, name, tensors):
    if skip is None:
        return None
    arrays = {key: array for key, array in skip._asdict().items() if array is not None}
    tensors.update({f"{name}.{key}": array for key, array in arrays.items()})
    return ("identity", "projection", "affine")[len(arrays)]


def nodes_from_layers(layers, tensors, version):
    """The nodes of the layers, whose arrays are taken out of ``tensors``, and the last activation.

    Raises
    ------
    ModelFormatError
        If the layers are not sound.
    """
    if not isinstance(layers, list) or not layers:
        raise ModelFormatError("the layers are not sound")
    n_blocks = len(layers) - 1 if version > 1 else 0
    if not all(_is_layer(layer, index < n_blocks) for index, layer in enumerate(layers)):
        raise ModelFormatError("the layers are not sound")
    blocks = []
    for index, layer in enumerate(layers):
        name = f"layers.{index}"
        weight, bias = take(tensors, f"{name}.weight"), take(tensors, f"{name}.bias")
        if weight.shape[1:] != (layer["n_out"],):
            raise ModelFormatError(f"layer {index} has not the shape described")
        norm = _norm_from(layer.get("norm"), f"{name}.norm", tensors)
        skip = _skip_from(layer.get("skip"), f"{name}.skip", tensors)
        blocks.append(Block(weight, bias, norm, layer["activation"], skip))
    last = blocks.pop()
    return nodes_of(blocks, last.weight, last.bias)[0], last.activation


def _is_layer(layer, block):
    fields = {"n_out", "activation"} | ({"norm", "skip"} if block else set())
    return (
        isinstance(layer, dict)
        and set(layer) == fields
        and type(layer["n_out"]) is int
        and isinstance(layer["activation"], str)
    )


def _norm_from(norm, name, tensors):
    if norm is None:
        return None
    if not isinstance(norm, dict) or set(norm) != {"kind", "epsilon"}:
        raise ModelFormatError("a normalisation has missing or unknown fields")
    if not isinstance(norm["kind"], str) or norm["kind"] not in _NORMS:
        raise ModelFormatError(f"a normalisation is of an unknown kind; known: {', '.join(_NORMS)}")
    arrays = {key: take(tensors, f"{name}.{key}") for key in _NORMS[norm["kind"]]}
    return norm_node(norm["kind"], epsilon=norm["epsilon"], **arrays)


def _skip_from(skip, name, tensors):
    if skip is None:
        return None
    if skip not in ("identity", "projection", "affine"):
        raise ModelFormatError("a skip is of an unknown form")
    matrix = None if skip == "identity" else take(tensors, f"{name}.matrix")
    return Skip(matrix, take(tensors, f"{name}.bias") if skip == "affine" else None)
