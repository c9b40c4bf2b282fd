"""A fitted Hopfield net as EstimatorParts, and back."""

import numpy as np

from fastnn.estimators.shared.restored import is_sound, of_the_input, with_parameters
from fastnn.exceptions import ModelFormatError
from fastnn.files.parts import EstimatorParts

__all__ = ["build_net", "net_apart"]

_WEIGHTS, _DENSE = {"weights_"}, {"beta_"}
_ALWAYS = {"threshold_", "_low", "_seed"}


def net_apart(net):
    """What goes into a file beside the model, which has the patterns."""
    fitted = {n: v for n, v in vars(net).items() if n in _ALWAYS | _WEIGHTS | _DENSE}
    return EstimatorParts("HopfieldNetwork", net.get_params(deep=False), fitted)


def build_net(model, parts):
    """Put a net together; ModelFormatError if its parts contradict each other."""
    from fastnn import estimators

    cls = estimators.HopfieldNetwork
    net = with_parameters(cls, parts.params)
    if [node.kind for node in model.nodes] != ["dense"] or "bias" in model.nodes[0].arrays:
        raise ModelFormatError("the nodes are not those of a HopfieldNetwork")
    patterns = np.ascontiguousarray(model.nodes[0].arrays["weight"].T)
    _check_fitted(parts.fitted, patterns, net.rule == "dense")
    vars(net).update(parts.fitted, **of_the_input(model), patterns_=patterns)
    for array in (patterns, getattr(net, "weights_", patterns)):
        array.setflags(write=True)  # they are the user's to change
    return net


def _check_fitted(found, patterns, is_dense):
    if set(found) != _ALWAYS | (_DENSE if is_dense else _WEIGHTS):
        raise ModelFormatError("fitted attributes are missing or unknown")
    n, dtype = patterns.shape[1], patterns.dtype
    cut = found["threshold_"]
    if isinstance(cut, np.ndarray):
        sound = is_sound(cut, (n,), dtype)
    else:
        sound = cut is None or (type(cut) in (int, float) and np.isfinite(cut))
    if found["_low"] is not None:
        sound = sound and type(found["_low"]) is int and found["_low"] in (-1, 0)
        sound = sound and bool((np.abs(patterns) == 1).all())
    else:
        sound = sound and is_dense
    if is_dense:
        sound = sound and type(found["beta_"]) is float and 0 < found["beta_"] < np.inf
    else:
        sound = sound and is_sound(found["weights_"], (n, n), dtype)
    if not sound or type(found["_seed"]) is not int:
        raise ModelFormatError("the weights, patterns or thresholds are not sound")
