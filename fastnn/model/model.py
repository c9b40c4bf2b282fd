"""The description of a fitted network: plain immutable data, the meeting point of every source
(estimators, networks, pipelines, files) and every consumer (Predictor, files, exports)."""

from dataclasses import dataclass, replace

import numpy as np

from fastnn.model.front import Front
from fastnn.model.head import DTYPES, Head
from fastnn.model.nodes import INPUT, check_nodes, check_numbers
from fastnn.model.precision import PRECISIONS, reduced


@dataclass(frozen=True, eq=False)
class Model:
    """A fitted network, ready to be scored, saved or exported.

    Parameters
    ----------
    n_features_in : int
    nodes : tuple of Node
        In an order in which each can be computed; the last one, which is dense or a scale, gives
        the raw outputs. Their arrays are kept as they are, without a copy, and made read-only.
    head : Head
    front : Front or None
        How the network's features come from the columns of a table, if they are not these.
    precision : {"bfloat16", "int8"} or None
        What the weights are held and multiplied in, if not in their dtype, which is then float32.
        They have been rounded to it: see `fastnn.model.precision`.

    Raises
    ------
    ValueError
        If the parts do not fit together, or a number in them is not finite.
    """

    n_features_in: int
    nodes: tuple
    head: Head
    front: Front | None = None
    precision: str | None = None

    def __post_init__(self):
        object.__setattr__(self, "nodes", tuple(self.nodes))
        if type(self.n_features_in) is not int or self.n_features_in < 1:
            raise ValueError(f"there must be a feature at least, got {self.n_features_in!r}")
        widths = check_nodes(self.n_features_in, self.nodes, self.head.dtype)
        if self.nodes[-1].kind not in ("dense", "scale", "steps"):
            last = self.nodes[-1].kind
            raise ValueError(f"the last node must be dense, steps or scale, got {last!r}")
        check_numbers(self.nodes)
        self.head.check(self.n_features_in, widths[-1])
        if self.front is not None and self.front.n_features != self.n_features_in:
            raise ValueError(
                f"the front gives {self.front.n_features} features to a network of"
                f" {self.n_features_in}"
            )
        object.__setattr__(self, "_widths", tuple(widths))
        if self.precision is not None and (
            self.precision not in PRECISIONS or self.dtype != "float32"
        ):
            raise ValueError(f"weights of {self.dtype} cannot be held in {self.precision!r}")
        for array in self.arrays:
            array.setflags(write=False)

    def __reduce__(self):
        # Unpickled arrays are writeable: build anew, which checks and freezes them.
        return Model, (self.n_features_in, self.nodes, self.head, self.front, self.precision)

    @property
    def arrays(self):
        """The arrays of all nodes."""
        return tuple(array for node in self.nodes for array in node.arrays.values())

    @property
    def widths(self):
        """Outputs of each node."""
        return self._widths

    @property
    def n_outputs(self):
        """Units of the last node (one for a binary classifier)."""
        return self._widths[-1]

    @property
    def sizes(self):
        """Features, and outputs of the dense nodes on the way from the input to the raw outputs;
        those of branches that are added to it are left out."""
        found, number = [], len(self.nodes) - 1
        while number != INPUT:
            if self.nodes[number].kind == "dense":
                found.append(self._widths[number])
            number = self.nodes[number].sources[0]
        return (self.n_features_in, *reversed(found))

    @property
    def binary(self):
        """Whether one output stands for two classes."""
        return self.head.is_binary(self.n_outputs)

    # What nearly everybody asks the head for.

    @property
    def kind(self):
        return self.head.kind

    @property
    def dtype(self):
        return self.head.dtype

    @property
    def scored_in(self):
        """What a Predictor of it has as its dtype."""
        return self.precision or self.dtype

    @property
    def output_activation(self):
        return self.head.output_activation

    @property
    def has_probabilities(self):
        return self.head.has_probabilities

    @property
    def classes(self):
        return self.head.classes

    @property
    def feature_names(self):
        """Names of the columns that users hand in."""
        return self.head.feature_names if self.front is None else self.front.names

    @property
    def n_columns(self):
        """Columns that users hand in."""
        return self.n_features_in if self.front is None else self.front.n_columns

    @property
    def flat(self):
        return self.head.flat

    @property
    def threshold(self):
        return self.head.threshold

    def with_head(self, **changes):
        """The model with some fields of its head replaced."""
        return replace(self, head=replace(self.head, **changes))

    def astype(self, dtype):
        """The model with arrays of another dtype, or with weights held in fewer bits.

        Raises
        ------
        ValueError
            If ``dtype`` is unknown, or a number is too large for it.
        """
        choices = DTYPES + PRECISIONS
        if dtype not in choices:
            raise ValueError(f"dtype must be one of {choices}, got {dtype!r}")
        if dtype == self.scored_in:
            return self
        with np.errstate(over="ignore"):
            if dtype in PRECISIONS:
                nodes = reduced(self.nodes, dtype)
            else:
                nodes = tuple(node.astype(dtype) for node in self.nodes)
        if not all(np.isfinite(a).all() for node in nodes for a in node.arrays.values()):
            raise ValueError(f"the model has weights too large for {dtype}; use dtype='float64'")
        precision, dtype = (dtype, "float32") if dtype in PRECISIONS else (None, dtype)
        head = replace(self.head, dtype=dtype)
        return replace(self, nodes=nodes, head=head, precision=precision)
