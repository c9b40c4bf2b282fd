"""What a test runs with mpiexec: a fit, one that rows end, one in which a rank is killed."""

import os
import signal
import sys
import warnings

from mpi4py import MPI
from thread_ranks import SHARDS, net

from fastnn import save
from fastnn.distributed import RankError, fit

folder, comm = sys.argv[1], MPI.COMM_WORLD
X, y = SHARDS[2][comm.rank]
warnings.simplefilter("ignore")
save(fit(net(), X, y, comm=comm), f"{folder}/rank{comm.rank}")
try:
    fit(net(), X * float("nan") if comm.rank == 1 else X, y, comm=comm)
except (RankError, ValueError) as error:
    with open(f"{folder}/error{comm.rank}", "w") as file:
        file.write(f"{type(error).__name__}: {error}")


def end(epoch, model):
    if epoch == 2:
        os.kill(os.getpid(), signal.SIGKILL)


fit(net(), X, y, comm=comm, checkpoint=f"{folder}/checkpoint", callback=end)
