"""The kinds of stages, and what the code that handles all alike must know of each: its traits.

Whoever needs to know something of a stage asks this table; the kind itself is asked only where its kernels are called
(stages.pyx) and where files and exports have a function for each. A kind is a row here, which gives it its number.
"""

from typing import NamedTuple

from cpython.mem cimport PyMem_Malloc


class Traits(NamedTuple):
    """What a kind of stage is like.

    Attributes
    ----------
    matrix : bool
        It multiplies by a matrix of weights that it learns, with or without a bias, and may apply an activation to the
        product at once. Plan makes a Layer for it, with strips of the weights.
    scales : bool
        It learns a gain and a shift for each of its outputs,
    unshifted : bool
        or the gain alone.
    running : bool
        It keeps a running mean and variance of each of its outputs, which are not learned by gradient.
    n_sources : int
        How many stages' outputs it takes: one, or two.
    reads_sparse : bool
        As the first stage it takes sparse rows as they are; for others they are filled with zeros.
    in_place : bool
        On the way back it changes the gradient by its outputs where that lies: the memory may be that of its source's.
    keeps : bool
        The way back needs something as large as the outputs beside these: normalised inputs, say. (A stage with a
        matrix keeps its pre-activations if its activation asks for it.)
    row_values, column_values : int
        How many numbers it keeps for each row, or for each output, of a block: spreads and sums of statistics.
    over_batch : bool
        In training its outputs depend on all rows of the batch: threads meet in it, and a batch is not cut into blocks.
    random : bool
        In training it draws random bits.
    passes : bool
        At prediction it hands its input on as it is.
    penalises : bool
        In training it adds to the loss of a row, by its outputs (activity.pyx).
    encodes : bool
        Its outputs, many for each of its input, are never written down: it keeps a code for each of its input, and
        stages with a matrix, which alone may take it, look up (encoded.pyx).
    shares : bool
        A row uses its weights many times, once at each of `places` steps (shared.pyx); their gradient is the sum over all.
    recurs : bool
        At each step it takes its own outputs of the step before as well,
    gates : int
        and has so many numbers for each of its units.
    own_bias : bool
        What comes from its own outputs has biases of its own.
    windows : bool
        Its input is an image, of which each output sees what lies in a window (windows.pyx).
    """

    matrix: bool = False
    scales: bool = False
    unshifted: bool = False
    running: bool = False
    n_sources: int = 1
    reads_sparse: bool = False
    in_place: bool = False
    keeps: bool = False
    row_values: int = 0
    column_values: int = 0
    over_batch: bool = False
    random: bool = False
    passes: bool = False
    penalises: bool = False
    encodes: bool = False
    shares: bool = False
    recurs: bool = False
    gates: int = 0
    own_bias: bool = False
    windows: bool = False

    @property
    def learns(self):
        """Whether it has parameters that are learned by gradient."""
        return self.matrix or self.scales


# A "custom" activation is a pair of Python functions, a "bernoulli" a random bit with its input as the probability.
TRAITS = {
    "dense": Traits(matrix=True, reads_sparse=True),
    "activation": Traits(in_place=True),
    "custom": Traits(in_place=True),
    "layer_norm": Traits(scales=True, keeps=True, row_values=1),
    "batch_norm": Traits(scales=True, running=True, keeps=True, column_values=4, over_batch=True),
    "dropout": Traits(in_place=True, random=True, passes=True),
    "noise": Traits(in_place=True, random=True, passes=True),
    "bernoulli": Traits(in_place=True, random=True, passes=True),
    "activity_l1": Traits(in_place=True, passes=True, penalises=True),
    "add": Traits(n_sources=2, in_place=True),
    "multiply": Traits(n_sources=2, in_place=True),
    "lwta": Traits(in_place=True),
    "softmax": Traits(in_place=True),
    "scale": Traits(in_place=True),
    "gain": Traits(scales=True, unshifted=True),
    "columns": Traits(encodes=True),
    "steps": Traits(matrix=True, shares=True, gates=1, row_values=1),
    "rnn": Traits(matrix=True, shares=True, recurs=True, gates=1, row_values=1),
    "gru": Traits(matrix=True, shares=True, recurs=True, gates=3, own_bias=True, row_values=1),
    "lstm": Traits(matrix=True, shares=True, recurs=True, gates=4, row_values=1),
    "concat": Traits(n_sources=2),
    "convolution": Traits(matrix=True, windows=True),
    "pad": Traits(windows=True),
    "jitter": Traits(windows=True, random=True, passes=True),
    "max_pool": Traits(windows=True, keeps=True),
    "average_pool": Traits(windows=True),
    "channel_norm": Traits(scales=True, running=True, keeps=True, column_values=4, over_batch=True),
}

cdef KindTraits *rows = NULL


cdef int fill_rows() except -1:
    """The table as the kernels read it, by number; it is there as long as the process."""
    global rows
    rows = <KindTraits *> PyMem_Malloc(len(TRAITS) * sizeof(KindTraits))
    if rows == NULL:
        raise MemoryError()
    for kind in TRAITS:
        rows[number_of(kind)] = TRAITS[kind]._asdict()
    return 0


cpdef int number_of(str kind) except -1:
    """The number of a kind, given by name."""
    return list(TRAITS).index(kind)


fill_rows()


cdef const KindTraits *traits_of(int kind) noexcept:
    return &rows[kind]
