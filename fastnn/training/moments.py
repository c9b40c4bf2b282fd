"""Vectors beside the weights: an optimizer's moments, from its state into an engine and back; and
which weights may move."""

import numpy as np

__all__ = ["free_weights", "load_moments", "moments_of", "which_are_free"]


def load_moments(engine, optimizer, network, free=None, traces=None):
    """Give an engine the moments of the state, or the first ones. Weights that are not free have
    none, nor an anchor in the traces: nothing would move them then.

    Raises
    ------
    ValueError
        If one is not shaped as the parameters are.
    """
    for i, name in enumerate("mvu"[: len(engine.moments)]):
        moment = optimizer.state.get(name)
        if moment is None and name in optimizer.initial_moments:
            moment = np.full_like(network.params, optimizer.initial_moments[name])
        if moment is None:
            engine.moments[i][:] = 0
            continue
        moment = np.ascontiguousarray(moment, network.dtype)
        if moment.shape != network.params.shape:
            raise ValueError(
                f"the optimizer's state {name!r} must have shape "
                f"{network.params.shape}, got {moment.shape}"
            )
        engine.pack(moment, engine.moments[i])
        if free is not None:
            engine.moments[i] *= free
    if free is not None and traces is not None:
        traces.let_go_of(free == 0)


def moments_of(engine, network, *, spent=False):
    """The moments by name; of an engine that is spent, each is let go of on the way."""
    found = {}
    for i, name in enumerate("mvu"[: len(engine.moments)]):
        found[name] = np.empty_like(network.params)
        engine.store(engine.moments[i], found[name])
        if spent:
            engine.moments[i] = None
    return found


def which_are_free(network):
    """Of each parameter 0 if it is a weight that is exactly zero, else 1; biases are free."""
    free, n_coefs = np.ones_like(network.params), network.n_coefs
    free[:n_coefs] = network.params[:n_coefs] != 0
    return free


def free_weights(engine, network):
    """The same in the engine's order."""
    packed = np.zeros_like(engine.packed[: engine.plan.n_master])
    engine.pack(which_are_free(network), packed)
    return packed
