"""The moments of an optimizer, from its state into an engine and back."""

import numpy as np

__all__ = ["load_moments", "moments_of"]


def load_moments(engine, optimizer, network):
    """Give an engine the moments of the state, or the first ones.

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
        engine.load_moment(i, moment)


def moments_of(engine, network, *, spent=False):
    """The moments by name; of an engine that is spent, each is let go of on the way."""
    found = {}
    for i, name in enumerate("mvu"[: len(engine.moments)]):
        found[name] = np.empty_like(network.params)
        engine.store(engine.moments[i], found[name])
        if spent:
            engine.moments[i] = None
    return found
