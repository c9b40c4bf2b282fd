"""A fitted Boltzmann machine as EstimatorParts, and back."""

import inspect

import numpy as np

from fastnn.estimators.shared.restored import (
    check_types,
    is_sound,
    of_the_input,
    with_parameters,
)
from fastnn.exceptions import ModelFormatError
from fastnn.files.parts import EstimatorParts

__all__ = ["build_machine", "machine_apart"]

# What a fitted one carries beside the weights to the hidden units, and of which types.
_FITTED = {
    "intercept_visible_": np.ndarray,
    "h_samples_": np.ndarray,
    "n_iter_": int,
    "validation_curve_": list,
    "random_state_": np.random.RandomState,
    "_learning_state": dict,
}
_STATE = {"speeds", "activity", "seed", "sampled"}


def machine_apart(machine):
    """What goes into a file beside the model of its hidden units."""
    defaults = inspect.signature(type(machine)).parameters
    params = {
        name: value
        for name, value in machine.get_params(deep=False).items()
        if type(value) is not type(defaults[name].default) or value != defaults[name].default
    }
    fitted = {name: value for name, value in vars(machine).items() if name in _FITTED}
    return EstimatorParts(type(machine).__name__, params, fitted)


def build_machine(model, parts):
    """Put a machine together; ModelFormatError if its parts contradict each other."""
    from fastnn import estimators

    cls = getattr(estimators, parts.name)
    machine = with_parameters(cls, parts.params)
    if [node.kind for node in model.nodes] != ["dense", "activation", "scale"]:
        raise ModelFormatError(f"the nodes are not those of a {parts.name}")
    arrays = model.nodes[0].arrays
    if set(arrays) != {"weight", "bias"}:
        raise ModelFormatError(f"a {parts.name} has weights and biases")
    _check_fitted(parts.fitted, *arrays["weight"].shape, model.dtype)
    vars(machine).update(
        parts.fitted,
        **of_the_input(model),
        components_=np.asfortranarray(arrays["weight"].T),
        intercept_hidden_=arrays["bias"].copy(),
        _n_features_out=model.n_outputs,
    )
    machine.components_.setflags(write=True)
    return machine


def _check_fitted(found, n_visible, n_hidden, dtype):
    check_types(found, _FITTED)
    weights = (n_hidden, n_visible), (n_hidden,), (n_visible,)
    chains = found.get("h_samples_", np.empty(0))
    state = found.get("_learning_state", {})
    speeds = state.get("speeds")
    speeds = [] if speeds is None else speeds
    sound = (
        is_sound(found.get("intercept_visible_"), weights[2], dtype)
        and chains.ndim == 2
        and is_sound(chains, (len(chains), n_hidden), dtype)
        and state.keys() <= _STATE
        and len(speeds) in (0, 3)
        and all(map(is_sound, speeds, weights, [dtype] * len(speeds)))
        and (state.get("activity") is None or is_sound(state["activity"], weights[1], dtype))
        and type(state.get("sampled", 0)) is int
        and (state.get("seed") is None or type(state["seed"]) is int)
    )
    if not sound:
        raise ModelFormatError("the biases, chains or the state of learning are not sound")
