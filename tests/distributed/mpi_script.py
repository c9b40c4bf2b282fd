"""What a test runs with mpiexec: a fit, one that rows end, one in which a rank is killed."""

import os
import signal
import sys
import time
import warnings

from mpi4py import MPI
from thread_ranks import SHARDS, net

from fastnn import save
from fastnn.distributed import RankError, fit
from fastnn.distributed._mpi import MPIGroup

folder, comm = sys.argv[1], MPI.COMM_WORLD
X, y = SHARDS[2][comm.rank]
warnings.simplefilter("ignore")
save(fit(net(), X, y, comm=comm), f"{folder}/rank{comm.rank}")


def failing(name, rows, **options):
    """A fit that ends with an error, which is written down."""
    try:
        fit(net(), rows, y, comm=comm, **options)
    except (RankError, ValueError) as error:
        with open(f"{folder}/{name}{comm.rank}", "w") as file:
            file.write(f"{type(error).__name__}: {error}")


def late(group, *arrays):
    time.sleep(3)
    return at_once(group, *arrays)


failing("error", X * float("nan") if comm.rank == 1 else X)
at_once = MPIGroup.sum
if comm.rank == 1:
    MPIGroup.sum = late
failing("silent", X, timeout=1.0)
MPIGroup.sum = at_once


def end(epoch, model):
    if epoch == 2:
        os.kill(os.getpid(), signal.SIGKILL)


fit(net(), X, y, comm=comm, checkpoint=f"{folder}/checkpoint", callback=end)
