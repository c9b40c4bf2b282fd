"""How much an epoch is: of one process, or of several that train a network together."""

from typing import NamedTuple

__all__ = ["Extent"]


class Extent(NamedTuple):
    """What an epoch has, over all processes, and where a fit begins.

    ``n_rows`` are those of all processes, ``n_batches`` the steps, which is the batches of who has
    most. The first ``done`` epochs were trained by an earlier fit, which this one goes on from.
    """

    n_rows: int
    n_batches: int
    done: int = 0

    @classmethod
    def of(cls, n_rows, batch_size):
        """That of one process."""
        return cls(n_rows, -(-n_rows // batch_size))
