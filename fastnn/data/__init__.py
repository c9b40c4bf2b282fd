"""Training on more rows than fit in memory."""

from fastnn.data._fitting import fit
from fastnn.data._stream import Stream, stream

__all__ = ["Stream", "fit", "stream"]
