"""How large the networks are and how long they train: rules from the rows and the task."""

from typing import NamedTuple

__all__ = ["FEWEST_FOR_FOLDS", "FEWEST_FOR_LOSS", "PRESETS", "Plan", "Preset", "bins", "plan"]


class Preset(NamedTuple):
    """What a preset stands for: width of both hidden layers; epochs of small tables, their fewest
    steps; rows that a network is shown at most, counting each time; most bins of a code."""

    width: int
    epochs: int
    least_steps: int
    most_rows: int
    most_bins: int


PRESETS = {
    "fast": Preset(32, 32, 300, 300_000, 96),
    "default": Preset(64, 64, 600, 600_000, 128),
    "best": Preset(128, 64, 800, 1_500_000, 128),
}

#: Rows of a batch, from so many rows on.
_BATCHES = (
    *((0, 32), (400, 64), (1_500, 128), (5_000, 256)),
    *((100_000, 512), (500_000, 1024)),
)

#: Classifiers of fewer rows choose their best epoch by accuracy, with smoothed labels; of more, by
#: log loss.
FEWEST_FOR_LOSS = 5_000

#: Tables of fewer rows have no folds: a fold would have too few to judge a network by.
FEWEST_FOR_FOLDS = 50

#: Bins of a code: what tables have that are neither small nor large, and rows of a bin of these.
_BINS, _ROWS_OF_A_BIN = 32, 100


#: Regressions of so many rows have batches twice as large, steps twice as long and less dropout:
#: three quarters of the epochs then do.
_LARGE_REGRESSION = 5_000


class Plan(NamedTuple):
    """What a member is trained with: parameters of the perceptrons."""

    batch_size: int
    max_iter: int
    learning_rate_init: float = 0.0025
    dropout: float = 0.15


def bins(preset, n_rows):
    """Most bins of the code of a number: half as many where rows are few, more where many."""
    if n_rows < _BINS * 8:
        return _BINS // 2
    return max(_BINS, min(n_rows // _ROWS_OF_A_BIN, preset.most_bins))


def plan(preset, n_rows, *, regresses=False, tiny=False):
    """The Plan for a member that is trained on so many rows.

    Small tables have ``epochs`` epochs, or as many as make ``least_steps`` steps; large ones as
    many as show ``most_rows`` rows, and at least one. ``tiny`` ones, without folds, go through
    whole: a row of weight 2 is then two rows.
    """
    if tiny:
        return Plan(n_rows, preset.least_steps, 0.01, 0.0)
    size = [size for rows, size in _BATCHES if n_rows >= rows][-1]
    large = regresses and n_rows >= _LARGE_REGRESSION
    most = preset.most_rows * 3 // 4 if large else preset.most_rows
    batch_size = even_batches(n_rows, max(size, 512) if large else size)
    steps = -(-n_rows // batch_size)
    epochs = max(preset.epochs, -(-preset.least_steps // steps))
    epochs = max(1, min(epochs, most // n_rows))
    return Plan(batch_size, epochs, 0.005, 0.06) if large else Plan(batch_size, epochs)


def even_batches(n_rows, size):
    """Rows of a batch, about ``size``, that leave the last batch as full as may be: a step for few
    rows is as long as one for many, and leads astray."""
    if n_rows <= size * 5 // 4:
        return max(1, n_rows)
    sizes = range(size * 4 // 5, size * 5 // 4 + 1)
    return min(sizes, key=lambda s: ((-n_rows) % s / s, abs(s - size)))
