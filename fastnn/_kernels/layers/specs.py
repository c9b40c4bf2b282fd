"""Stages as Python describes them to `Plan`."""

from typing import NamedTuple

from fastnn._kernels.layers.kinds import TRAITS


class ColumnSpec(NamedTuple):
    """What a raw column of the input becomes: a number with its code, or a category's indicators.

    Attributes
    ----------
    edges : tuple of float
        Of the bins, strictly increasing: one more than bins, or none.
    mean : tuple of float
        Subtracted from the code, one a bin.
    scale, shift : float
        The number itself is ``scale * x + shift``,
    value : bool
        if it is an entry.
    n_levels : int
        Of a category; 0 for a number.
    """

    edges: tuple = ()
    mean: tuple = ()
    scale: float = 1.0
    shift: float = 0.0
    value: bool = True
    n_levels: int = 0

    @property
    def n_entries(self):
        """How many entries of the encoded row it is."""
        return self.n_levels or self.value + len(self.mean)


#: Cells by number, and what is made of the outputs of a row's steps: as csrc/layers/recurrent.h and
#: shared.pxd have them.
CELLS = ("rnn_tanh", "rnn_relu", "gru", "lstm")
OUTPUTS = ("all", "last", "mean")


class WindowSpec(NamedTuple):
    """What a stage sees of an image, a row (height, width, channels) of its input, at each place.

    A series (length, channels) is an image of height 1.

    Attributes
    ----------
    shape : tuple of int
        Of the image: (height, width, channels).
    kernel : tuple of int
        Cells of the window, (height, width).
    out : tuple of int
        Places, (height, width).
    strides, dilation : tuple of int
        Cells from a window to the next one, and from a cell of the window to the next one.
    padding : tuple of int
        Cells above and to the left of the image; what is needed below and to the right follows
        from `out`.
    groups : int
        Of channels, each with outputs of its own.
    """

    shape: tuple
    kernel: tuple
    out: tuple
    strides: tuple = (1, 1)
    dilation: tuple = (1, 1)
    padding: tuple = (0, 0)
    groups: int = 1

    @property
    def places(self):
        """How many times the same weights are used in a row."""
        return self.out[0] * self.out[1]

    @property
    def n_inputs(self):
        """Elements of a window, of one group of channels."""
        return self.kernel[0] * self.kernel[1] * self.shape[2] // self.groups


class StageSpec(NamedTuple):
    """One step of the forward pass.

    Attributes
    ----------
    kind : str
        Of `fastnn._kernels.layers.kinds.TRAITS`.
    source, other : int
        Stages whose outputs it takes, -1 for the input; ``other`` is the second one of
        a kind with two.
    n : int
        Outputs.
    activation : int
        Number in the C table, 0 for none; of "custom", the number of the pair of functions.
    value : float
        Epsilon of a norm, rate of "dropout", standard deviation of "noise", strength of
        "activity_l1", units of which one wins of "lwta".
    momentum : float
        Of "batch_norm".
    bias : bool
        Whether "dense" has one.
    columns : tuple of ColumnSpec
        Of "columns", one for each output of its source.
    tied : int
        Of "dense": the stage whose matrix, transposed, is also that of this one; -1 for none.
    window : WindowSpec or None
        Of kinds that see an image through one.
    places : int
        How many times a row uses the stage's parameters: the places of an image, or steps one after
        the other; of "concat" the steps, whose outputs go side by side.
    width : int
        Inputs of a step.
    units : int
        Outputs of a step.
    cell : int
        Number in CELLS, of a kind that recurs.
    output : int
        Number in OUTPUTS.
    reverse : bool
        Whether the last step comes first.
    levels : int
        Of "steps": a step is one number, that of one of so many categories; 0 if not.
    ragged : bool
        Whether the input's last column says how many steps of a row there are.
    truncate : int
        Steps that a gradient goes back through at most, 0 for all: see shared.pyx.
    carried : int
        Column of the input where the outputs and the state before the first step begin, -1 if they
        are zero: see carry.pxd.
    total : int
        Of a mean over the steps that goes on from earlier ones: column of the input where their sum
        lies, and behind it their number; -1 if there are none.
    """

    kind: str
    source: int
    other: int = -1
    n: int = 0
    activation: int = 0
    value: float = 0.0
    momentum: float = 0.0
    bias: bool = True
    columns: tuple = ()
    tied: int = -1
    window: WindowSpec | None = None
    places: int = 1
    width: int = 0
    units: int = 0
    cell: int = -1
    output: int = 0
    reverse: bool = False
    levels: int = 0
    ragged: bool = False
    truncate: int = 0
    carried: int = -1
    total: int = -1

    @property
    def n_units(self):
        """Outputs of a place: so many have parameters of their own."""
        return self.units or self.n // self.places

    def n_inputs(self, width):
        """How many inputs each unit has, of a source of that width."""
        return self.window.n_inputs if self.window else width


def sources(spec):
    """The stages whose outputs it takes."""
    return (spec.source, spec.other)[: TRAITS[spec.kind].n_sources]


def matrix_shape(spec, n_in):
    """(inputs, outputs) of the matrix of a stage that has one and takes so many numbers.

    Of a recurrent one the inputs are the units' own outputs of the step before, of a "gru" a one,
    whose weights are the biases of what comes from these, and then the step's; the outputs are the
    units' gates, one gate after the other.
    """
    traits = TRAITS[spec.kind]
    if not traits.shares:
        return spec.n_inputs(n_in), spec.n_units
    own = spec.units + traits.own_bias if traits.recurs else 0
    return own + (spec.levels or spec.width), traits.gates * spec.units


def uses(spec):
    """How many times a row uses the weights of a stage."""
    return spec.places if TRAITS[spec.kind].shares or spec.window else 1


def learning(specs, input_gradient):
    """The stages that need a gradient: parameters, or the input if asked, lie there or before."""
    found = {-1} if input_gradient else set()
    for stage, spec in enumerate(specs):
        if TRAITS[spec.kind].learns or found.intersection(sources(spec)):
            found.add(stage)
    return found


def chain(widths, activations):
    """Stages of dense layers, one after the other."""
    return [
        StageSpec("dense", i - 1, n=n, activation=a)
        for i, (n, a) in enumerate(zip(widths, activations, strict=True))
    ]
