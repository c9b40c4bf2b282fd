"""Weights as the products of fewer bits read them: reduced precision, and float32 in slices."""

from fastnn._kernels.layers.reduced_weights import ReducedWeights, best_products
from fastnn.model.nodes import INPUT
from fastnn.model.precision import bfloat16_bits, int8_codes, reduced_nodes

#: Products to use instead of this machine's best: for tests, which ask for emulated ones.
KERNELS = {"bfloat16": None, "int8": None, "slices": None}

# Layers that are worth cutting: below, what comes before and after the products takes too long.
_FEWEST_INPUTS, _FEWEST_OUTPUTS, _FEWEST_WEIGHTS = 256, 64, 1 << 15
_MOST_FEATURES = 2048  # of a first layer: wider rows are mostly sparse, and go by what is not zero


def in_fewer_bits(node, precision, isa=None):
    """The weights of a dense node of reduced precision."""
    weight, bias, kernel = node.arrays["weight"], node.arrays.get("bias"), KERNELS[precision]
    if precision == "int8":
        codes, scale = int8_codes(weight)
        return ReducedWeights(codes, bias, scale, isa, kernel)
    return ReducedWeights(bfloat16_bits(weight), bias, None, isa, kernel)


def slices_of(model, precision="auto"):
    """The wide dense nodes of a float32 Model, cut into slices, by number; none where this machine
    does not gain by it.

    Depends on the machine and the weights alone, never on rows. A first layer behind a front is
    left as it is: its rows are pairs of labels and numbers, mostly.

    Raises
    ------
    ValueError
        If ``precision`` is neither "auto" nor "plain", which is none.
    """
    if precision not in ("auto", "plain"):
        raise ValueError(f"precision must be 'auto' or 'plain', got {precision!r}")
    kernel = KERNELS["slices"] or best_products("slices")
    usual = model.dtype == "float32" and model.precision is None
    if precision == "plain" or not usual or kernel is None:
        return {}
    found = {}
    for number in reduced_nodes(model.nodes):
        node = model.nodes[number]
        weight, first = node.arrays["weight"], node.sources[0] == INPUT
        n_in, n_out = weight.shape
        wide = (
            n_in >= _FEWEST_INPUTS and n_out >= _FEWEST_OUTPUTS and weight.size >= _FEWEST_WEIGHTS
        )
        if not wide or (first and (model.front is not None or n_in > _MOST_FEATURES)):
            continue
        try:
            found[number] = ReducedWeights(weight, node.arrays.get("bias"), kernel=kernel)
        except ValueError:  # too uneven for slices to be as exact
            continue
    return found
