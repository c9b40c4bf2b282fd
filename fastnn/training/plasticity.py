"""Plasticity: weights that use makes harder to change, and what is left of use between fits.

The formulas are in ``fastnn/_kernels/training/plastic.pyx``. What is left, the *traces*, is a dict
of plain data: ``kind``; ``steps`` and ``use``, the decaying sums of ones and of the units' mean
activity; or vectors like the network's parameters, ``thickness`` by gradient, ``importance`` and
``anchor`` of elastic weights.
"""

from dataclasses import dataclass

import numpy as np

from fastnn._kernels.layers.kinds import TRAITS
from fastnn._kernels.layers.specs import sources
from fastnn._kernels.training.myelin import Myelin

__all__ = ["Plasticity", "Traces", "fits", "thickness"]

_OF_UNITS = ("activity", "input")


@dataclass(frozen=True)
class Plasticity:
    """What makes a weight stiff, and how much.

    Parameters
    ----------
    kind : {"activity", "input", "gradient", "ewc"}
    strength : float
        Of the thickness of a weight, or of the pull to its anchor.
    decay : float
        What a step leaves of the traces.
    floor : float
        Least plasticity of a weight.
    loss : float
        Share of a signal that is lost on a path that has never been used.
    """

    kind: str
    strength: float
    decay: float = 1.0
    floor: float = 0.0
    loss: float = 0.0


class Traces:
    """The traces of a network during a fit, with an engine.

    Parameters
    ----------
    plasticity : Plasticity
    network : CompiledNetwork
    n_groups : int
        Groups of a batch's rows.
    before : dict or None
        What `state` was; None, or traces of another kind or network: none yet.
    alone : bool, default=True
        Whether no other process trains the same network.

    Raises
    ------
    ValueError
        For what each process would count for itself.

    Attributes
    ----------
    kernel : Myelin or None
        None while there is nothing that steps should know.
    """

    def __init__(self, plasticity, network, n_groups, before=None, *, alone=True):
        if not alone and plasticity.kind in _OF_UNITS:
            raise ValueError(
                f"plasticity={plasticity.kind!r} counts what units say to the rows of one process: "
                "train in one, or choose 'gradient', which all processes have in common."
            )
        self.plasticity = plasticity
        before = before if fits(before, plasticity.kind, network) else None
        self._before, self.kernel = before, None
        if plasticity.kind == "ewc" and before is None:
            return
        sides, inputs, outputs = _ends(network)
        numbers = plasticity.strength, plasticity.decay, plasticity.floor, plasticity.loss
        self.kernel = Myelin(
            network._plan, n_groups, plasticity.kind, sides, inputs, outputs, *numbers
        )
        if before is None:
            return
        if plasticity.kind in _OF_UNITS:
            self.kernel.take(before["steps"], before["use"])
        elif plasticity.kind == "gradient":
            self.kernel.take_vectors(before["thickness"])
        else:
            self.kernel.take_vectors(before["importance"], before["anchor"])

    def let_go_of(self, which):
        """Draw these weights, given in the engine's order, to no anchor."""
        if self.kernel is not None and self.plasticity.kind == "ewc":
            self.kernel.thickness[which] = 0

    def state(self):
        """What is left of use up to now, or None."""
        if self.plasticity.kind in _OF_UNITS:
            return {
                "kind": self.plasticity.kind,
                "steps": float(self.kernel.steps),
                "use": self.kernel.use(),
            }
        if self.plasticity.kind == "gradient":
            thick = self.kernel.vector(self.kernel.thickness)
            return {"kind": "gradient", "thickness": thick}
        return self._before


def fits(state, kind, network):
    """Whether traces are of this kind and network."""
    if state is None or state["kind"] != kind:
        return False
    if kind in _OF_UNITS:
        return len(state["use"]) == sum(n for _, n in _ends(network)[0])
    vectors = [value for value in state.values() if isinstance(value, np.ndarray)]
    return all(v.shape == network.params.shape and v.dtype == network.dtype for v in vectors)


def thickness(state, network):
    """The thickness of each of a network's `coefs` that traces make, (n_in, n_out) each."""
    if state["kind"] not in _OF_UNITS:
        vector = state["thickness" if state["kind"] == "gradient" else "importance"]
        return [np.array(coef, float) for coef in network.views(vector).coefs]
    sides, inputs, outputs = _ends(network)
    ends = np.cumsum([n for _, n in sides])[:-1]
    factors = [_over_mean(use) for use in np.split(state["use"], ends)]
    found = []
    for coef, before, behind in zip(network.coefs, inputs, outputs, strict=True):
        counted = behind >= 0 and state["kind"] == "activity"
        columns = factors[behind] if counted else np.ones(coef.shape[1])
        found.append(state["steps"] * np.outer(factors[before], columns))
    return found


def _over_mean(use):
    mean = use.mean()
    return use / mean if mean > 0 else np.zeros_like(use)


def _ends(network):
    """Whose use is counted, [(stage, units)], and of each layer the numbers of the sides before and
    behind it; behind the last one nothing is, as the target says what its units are to say."""
    specs = network.stages
    layers = [t for t, spec in enumerate(specs) if TRAITS[spec.kind].matrix]
    before = [specs[t].source for t in layers]
    behind = [_sent_on(specs, t) for t in layers[:-1]]
    counted = sorted({*before, *behind})
    number = {t: i for i, t in enumerate(counted)}
    sides = [(t, specs[t].n if t >= 0 else network.n_in) for t in counted]
    return sides, [number[t] for t in before], [*(number[t] for t in behind), -1]


def _sent_on(specs, t):
    """The stage behind which a layer's outputs are as another layer, or a sum, takes them."""
    while True:
        takers = [u for u, spec in enumerate(specs) if t in sources(spec)]
        if len(takers) != 1 or not _goes_on(specs[takers[0]], specs[t].n):
            return t
        t = takers[0]


def _goes_on(spec, n):
    traits = TRAITS[spec.kind]
    return not traits.matrix and traits.n_sources == 1 and spec.n == n
