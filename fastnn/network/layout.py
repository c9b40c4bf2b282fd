"""Layout: the parameters of layers as one vector, and the engines that are made from them."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from sklearn.utils._param_validation import InvalidParameterError

from fastnn._kernels.layers.custom import CustomPair
from fastnn._kernels.layers.kinds import TRAITS
from fastnn._kernels.layers.plan import Plan
from fastnn._kernels.layers.specs import matrix_shape, uses
from fastnn._kernels.native import table
from fastnn._kernels.native.buffers import aligned_zeros
from fastnn._kernels.training.engine import Engine
from fastnn.layers import Dense, PerStep
from fastnn.layers.stages import Stages, check_layers, shortest_input
from fastnn.losses import EachStep, loss_for_outputs


def checked_parts(layers, loss, dtype):
    """What a network is made of, as a list of layers, a Loss and a dtype.

    Raises
    ------
    TypeError, ValueError
        For what a network cannot be made of, whatever the number of its features.
    """
    if isinstance(layers, str) or not isinstance(layers, Iterable):
        raise InvalidParameterError(f"layers must be a list of layers, got {layers!r}")
    layers = [Dense(*layer) if isinstance(layer, tuple) else layer for layer in layers]
    # A transformer that is a layer as well stands for what it has learned.
    made = (not isinstance(layer, type) and hasattr(layer, "as_layer") for layer in layers)
    layers = [a.as_layer() if known else a for a, known in zip(layers, made, strict=True)]
    check_layers(layers)
    last = layers[-1] if layers else None
    each_step = isinstance(loss, EachStep) and isinstance(last, PerStep)
    if not each_step and not (isinstance(last, Dense) and last.activation == "identity"):
        raise ValueError(
            "layers must end with a linear Dense layer, Dense(n_out): the loss brings its own "
            f"output activation; got {last!r} as the last one"
        )
    if not each_step:
        stages_of(shortest_input(layers), layers)
        loss = loss_for_outputs(loss, last.n_out)
    try:
        found = np.dtype(dtype)
    except TypeError:
        found = None
    if found not in (np.float32, np.float64):
        raise ValueError(f"dtype must be float32 or float64, got {dtype!r}")
    return layers, loss, found


def stages_of(n_in, layers):
    """The `Stages` that layers put together for so many features."""
    stages = Stages(n_in)
    for layer in layers:
        layer.add_to(stages)
    return stages


class Blocks(NamedTuple):
    """Views of a vector laid out like `Layout.params`, each a list of arrays.

    ``gains`` and ``shifts`` are those of normalisations and of gains, whose shifts are empty, in
    the order of the layers.
    """

    coefs: list
    intercepts: list
    gains: list
    shifts: list


class Layout:
    """What `CompiledNetwork` is made of; its parameters and attributes are described here.

    Parameters
    ----------
    n_in : int
        Number of features.
    layers : list of layers
        Of `fastnn.layers`. The last one is a linear Dense: the loss brings its own output
        activation.
    loss : str or Loss
        Name in `fastnn.losses.LOSSES`, or an object of `fastnn.losses`.
    dtype : {np.float32, np.float64}
    isa : str or None
        Instruction set to use, for tests and comparisons; None is the one chosen at import.

    Attributes
    ----------
    params : ndarray of shape (n_params,)
        All coefs, in the order of the layers and row-major (a residual projection where it is
        applied), then all intercepts, then gain and shift of every normalisation.
    coefs, intercepts, gains, shifts : list of ndarray
        Views of `params`; coefs have shape (n_in, n_out). A projection has no intercept: its place
        in `intercepts` is empty. That of a tied layer is the transpose of another one's.
    activations : list of str
        What follows each of `coefs`: initializers go by it.
    running : list of (mean, variance)
        The running statistics of each BatchNorm.
    rows_seen : int
        How many rows they are of.
    """

    def __init__(self, n_in, layers, loss, dtype=np.float64, *, isa=None):
        self.n_in = int(n_in)
        self.layers, self.loss, self.dtype = checked_parts(layers, loss, dtype)
        self._stages = stages_of(self.n_in, self.layers)
        self._isa, self.activations = isa, self._stages.activations
        self._plan = self._make_plan()
        self.n_params = self._plan.n_params
        self.n_out = self._stages.width()
        self.params = aligned_zeros(self.n_params, self.dtype)
        self.coefs, self.intercepts, self.gains, self.shifts = self.views(self.params)
        for gain in self.gains:
            gain[...] = 1
        widths = [spec.n_units for spec in self._stages.specs if TRAITS[spec.kind].running]
        self.running = [(np.zeros(n, self.dtype), np.ones(n, self.dtype)) for n in widths]
        self.rows_seen = 0
        self._kept = None

    def __reduce__(self):
        # What is made of the kernels is made anew.
        state = {"params": self.params, "running": self.running, "rows_seen": self.rows_seen}
        return type(self), (self.n_in, self.layers, self.loss, self.dtype), state

    def __setstate__(self, state):
        self.params[...] = state["params"]
        for own, given in zip(self.running, state["running"], strict=True):
            own[0][...], own[1][...] = given
        self.rows_seen = state["rows_seen"]

    def _make_plan(self, input_gradient=False, **changes):
        specs = [spec._replace(**changes) for spec in self._stages.specs]
        return Plan(self.n_in, specs, self.dtype, self._isa, input_gradient)

    @property
    def ties(self):
        """Of each of `coefs`, the number of the one that it is the transpose of, or -1."""
        return self._plan.ties()

    def has(self, trait):
        """Whether a stage among those that make up the layers has a trait, of those that
        `fastnn._kernels.layers.kinds.Traits` lists."""
        return any(getattr(TRAITS[spec.kind], trait) for spec in self._stages.specs)

    @property
    def custom_activations(self):
        """The CustomActivation of each stage of kind "custom", by its number there."""
        return self._stages.custom

    @property
    def stages(self):
        """The stages that make up the layers, a `StageSpec` each."""
        return self._stages.specs

    @property
    def n_coefs(self):
        """Number of weights: `params` begins with them, each once."""
        return sum(coef.size for coef, tied in zip(self.coefs, self.ties, strict=True) if tied < 0)

    def sizes(self):
        """(outputs, parameters, multiply-adds a row) of every layer."""
        stages, found, before = Stages(self.n_in), [], np.zeros(2, int)
        for layer in self.layers:
            layer.add_to(stages)
            now = np.zeros(2, int)
            for spec in stages.specs:
                n_in, traits = stages.width(spec.source), TRAITS[spec.kind]
                if traits.matrix:
                    columns = stages.specs[spec.source].columns if spec.source >= 0 else ()
                    n_in, n_out = matrix_shape(spec, n_in)
                    # Of a column two rows are looked up: a base and a slope.
                    own = n_in * (spec.tied < 0) + spec.bias
                    now += own * n_out, (2 * len(columns) or n_in) * n_out * uses(spec)
                now[0] += (traits.scales + (traits.scales and not traits.unshifted)) * spec.n_units
            found.append((stages.width(), *(int(n) for n in now - before)))
            before = now
        return found

    def views(self, vector):
        """The `Blocks` of a vector laid out like `params`."""
        shapes, ties = self._plan.shapes(), self.ties
        blocks, at = [], 0
        for i, shape in enumerate(shape for kind in shapes for shape in kind):
            if i < len(ties) and ties[i] >= 0:
                blocks.append(blocks[ties[i]].T)
                continue
            size = int(np.prod(shape))
            blocks.append(vector[at : at + size].reshape(shape))
            at += size
        n = len(shapes[0])
        return Blocks(blocks[:n], blocks[n : 2 * n], blocks[2 * n :: 2], blocks[2 * n + 1 :: 2])

    def copy_from(self, other):
        """Take the parameters and running statistics of a network of the same layers."""
        self.params[...] = other.params
        for own, given in zip(self.running, other.running, strict=True):
            own[0][...], own[1][...] = given

    def make_engine(
        self,
        block_rows,
        n_threads,
        optimizer=None,
        whole_gradient=True,
        plan=None,
        input_gradient=False,
        n_groups=1,
    ):
        rule, n_moments = table.updates()[optimizer.rule] if optimizer else (-1, 0)
        engine = Engine(
            plan or self._plan,
            table.losses()[self.loss.kernel],
            table.output_number(self.loss.output_activation),
            block_rows,
            1 if self._stages.custom else n_threads,
            rule,
            n_moments,
            whole_gradient,
            [CustomPair(custom.f, custom.slope) for custom in self._stages.custom],
            input_gradient,
            n_groups,
        )
        parameter = self.loss.parameter(self.n_out)
        engine.set_loss(
            None if parameter is None else parameter.astype(self.dtype), self.loss.steps
        )
        self.load(engine)
        return engine

    def begin_biases(self):
        """Add to the first biases what some layers have them begin at."""
        for number, value in self._stages.first_biases.items():
            self.intercepts[number] += value

    def load(self, engine):
        """Give an engine the parameters and the running statistics."""
        engine.load(self.params)
        for packed, own in zip(engine.statistics(), self.running, strict=True):
            packed[0][...], packed[1][...] = own

    def store(self, engine, packed):
        """Take them back from an engine's packed vector."""
        engine.store(packed, self.params)
        for own, found in zip(self.running, engine.statistics(), strict=True):
            own[0][...], own[1][...] = found
