"""Row numbers in scikit-learn's random order."""

from fastnn._kernels.families import shuffle as kernel

__all__ = ["shuffle_rows"]


def shuffle_rows(rng, rows):
    """Do ``rng.shuffle(rows)`` in a fraction of the time.

    Parameters
    ----------
    rng : numpy.random.RandomState
        Draws the same numbers, and is left in the same state.
    rows : ndarray of shape (n,) and dtype intp, C-contiguous
        Shuffled in place.
    """
    bit_generator = getattr(rng, "_bit_generator", None)  # a RandomState's, but no documented name
    if bit_generator is None:
        rng.shuffle(rows)
    else:
        kernel.shuffle(bit_generator, rows)
