"""Training one network on the rows of several processes, over Dask or MPI."""

from fastnn.distributed._errors import RankError
from fastnn.distributed._fitting import fit

__all__ = ["RankError", "fit"]
