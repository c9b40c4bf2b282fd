"""More rows than fit in memory, or on one machine: training on them, and scoring them."""

from fastnn.data._fitting import fit
from fastnn.data._scoring import score
from fastnn.data._stream import Stream, stream

__all__ = ["Stream", "fit", "score", "stream"]
