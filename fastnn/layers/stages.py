"""Layers being put together from the stages of the engine.

A layer, the class of one of the files beside this one, has an ``add_to(stages)`` that appends what
makes it up: stages of the kinds whose traits fastnn/_kernels/layers/kinds.pyx lists.
"""

from dataclasses import dataclass, field
from math import prod

from fastnn._kernels.layers.kinds import TRAITS
from fastnn._kernels.layers.specs import StageSpec, WindowSpec, matrix_shape
from fastnn._kernels.native import table
from fastnn.layers.activations import BERNOULLI, LWTA, CustomActivation


@dataclass
class Stages:
    """Stages being put together: ``specs``, the index of the last one's output and its width.

    Attributes
    ----------
    n_in : int
        Features of the input.
    specs : list of StageSpec
    source : int
        The stage whose output comes next, -1 for the input.
    custom : list of CustomActivation
        Activations that are Python functions.
    shapes : dict
        Of stages whose outputs are images or series, by number: (height, width, channels) or
        (length, channels).
    activations : list of str
        What the outputs of each dense stage go through next, as far as that is a named activation.
    dense : dict
        The stage of each Dense layer, by the id of the layer.
    first_biases : dict
        What is added to the first biases of a stage with a matrix, by its number among these.
    step_width : int or None
        If the last stage's outputs are a sequence, the numbers of each of its steps.
    ragged : bool
        Whether the last column of the input says how many steps a row has.
    carried : int
        Columns of the input, behind those of its steps, that bring states of recurrent layers,
    next_state : int
        and the one where that of the next such layer begins, -1 if none are brought.
    """

    n_in: int
    specs: list = field(default_factory=list)
    source: int = -1
    custom: list = field(default_factory=list)
    activations: list = field(default_factory=list)
    dense: dict = field(default_factory=dict)
    first_biases: dict = field(default_factory=dict)
    step_width: int | None = None
    ragged: bool = False
    carried: int = 0
    next_state: int = -1
    shapes: dict = field(default_factory=dict)

    def width(self, stage=None):
        """Outputs of a stage, of the last one by default."""
        stage = self.source if stage is None else stage
        return self.specs[stage].n if stage >= 0 else self.n_in

    def shape(self, stage=None):
        """What the outputs of a stage, of the last one by default, are images or series of; or
        None."""
        return self.shapes.get(self.source if stage is None else stage)

    def widths_of_matrices(self):
        """Columns of the weights of each stage that multiplies by a matrix of them."""
        return [
            matrix_shape(spec, self.width(spec.source))[1]
            for spec in self.specs
            if TRAITS[spec.kind].matrix
        ]

    def add(self, kind, n=None, *, shape=(), **fields):
        """Append a stage that takes the last one's output, and make it the last.

        shape: what its outputs are images or series of; by default what its input is, unless the
        stage mixes that up.
        """
        fields = {"source": self.source, **fields}
        self._check_sources(kind, fields)
        if n is not None:
            self.step_width = None
        self.specs.append(StageSpec(kind=kind, n=n or self.width(), **fields))
        if TRAITS[kind].matrix:
            self.activations.append(kind if TRAITS[kind].recurs else "identity")
        if shape == () and not TRAITS[kind].matrix:
            shape = self.shape(fields["source"])
        self.source = len(self.specs) - 1
        if shape:
            self.shapes[self.source] = shape

    def add_matrix(self, kind, n, activation, **fields):
        """Append a stage of a kind with a matrix of weights, and an activation; return the number
        of the former."""
        fused = activation if activation in table.activations() else "identity"
        self.add(kind, n, activation=table.activations()[fused][0], **fields)
        number, self.activations[-1] = self.source, fused
        if fused != activation:
            self.activate(activation)
        return number

    def image(self, input_shape, dimensions, who):
        """The shape of the images or series that the layer `who` takes.

        input_shape : what the layer itself says of them, or None. dimensions : that it is for, 1
        or 2, or None for both.

        Raises
        ------
        ValueError
            If that is not known, or does not fit.
        """
        shape = self.shape()
        if shape is None:
            if input_shape is None:
                raise ValueError(
                    f"{who} sees images or series, and what comes in is plain rows: pass "
                    "input_shape=(height, width, channels), or (length, channels), to the first "
                    "layer that sees them"
                )
            shape = input_shape
            if prod(shape) != self.width():
                raise ValueError(
                    f"{who}: input_shape={shape} has {prod(shape)} numbers, and a row has "
                    f"{self.width()} here"
                )
            self.shapes[self.source] = shape
        elif input_shape not in (None, shape):
            raise ValueError(f"{who}: input_shape={input_shape}, but {shape} comes in here")
        if dimensions not in (None, len(shape) - 1):
            other = {1: "Conv2D is for images", 2: "Conv1D is for series"}[dimensions]
            raise ValueError(f"{who} takes another kind of input than {shape}: {other}")
        if prod(shape) >= 2**31:
            raise ValueError(f"{who}: input_shape={shape} is too large")
        return shape

    def pad(self, padding):
        """Append zeros around an image or series: ((above, below), (left, right)) cells."""
        shape = self.shape()
        image = shape if len(shape) == 3 else (1, *shape)
        out = tuple(n + sum(cells) for n, cells in zip(image, padding, strict=False))
        padded = (*out, shape[-1])[-len(shape) :]
        window = WindowSpec(image, (1, 1), out, padding=(padding[0][0], padding[1][0]))
        self.add("pad", prod(padded), shape=padded, window=window)

    def flatten(self):
        """What follows takes the last stage's outputs for plain rows."""
        self.shapes.pop(self.source, None)

    def _check_sources(self, kind, fields):
        """Refuse what would take encoded columns, which are never written down."""
        for source in (fields["source"], fields.get("other", -1)):
            encoded = source >= 0 and TRAITS[self.specs[source].kind].encodes
            if encoded and not TRAITS[kind].matrix:
                raise ValueError(
                    "Columns (and PiecewiseLinear and Embedding, which stand for them) must be "
                    f"followed by a Dense layer, not by one of kind {kind!r}; or transform X "
                    "ahead of the network"
                )

    def _follows_product(self):
        """Whether the last matrix is not that of a recurrent layer, with functions of its own."""
        matrices = [spec for spec in self.specs if TRAITS[spec.kind].matrix]
        return bool(matrices) and not TRAITS[matrices[-1].kind].recurs

    def take_state(self, size):
        """Where in the input the state of so many numbers begins, -1 if none is brought."""
        at = self.next_state
        self.next_state += size if self.carried else 0
        return at

    def activate(self, activation):
        """Append an activation, if it is more than the identity."""
        if self.activations and isinstance(activation, str) and self._follows_product():
            self.activations[-1] = activation
        if isinstance(activation, CustomActivation):
            self.custom.append(activation)
            self.add("custom", activation=len(self.custom) - 1)
        elif activation == LWTA:
            self.add("lwta", value=2.0)
        elif activation == BERNOULLI:
            self.activate("logistic")
            self.add("bernoulli")
        elif activation != "identity":
            self.add("activation", activation=table.activations()[activation][0])


def traits_of(spec):
    """What a stage is like: `fastnn._kernels.layers.kinds.Traits`."""
    return TRAITS[spec.kind]


def check_layers(layers):
    """Raise an error, a ValueError and a TypeError at once, for anything that is not a layer."""
    for layer in layers:
        if isinstance(layer, type) or not hasattr(layer, "add_to"):
            from sklearn.utils._param_validation import InvalidParameterError

            hint = f", a class: write {layer.__name__}(...)" if isinstance(layer, type) else ""
            raise InvalidParameterError(
                f"layers must be of fastnn.layers (Dense, Dropout ...), got {layer!r}{hint}"
            )


def shortest_input(layers):
    """Columns of the shortest input that layers may have, as far as they say: steps and states."""
    n_in = next((n for layer in layers if (n := getattr(layer, "n_in", None))), 1)
    return n_in + sum(getattr(layer, "n_carried", 0) for layer in layers)
