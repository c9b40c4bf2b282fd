"""Threads of ranks that share a machine: those of all are no more than its CPUs."""

import os

from fastnn.threads import effective_n_threads

__all__ = ["host", "share_of_cpus"]


def host():
    """Name of this machine, and the CPUs that this process may run on."""
    try:
        cpus = sorted(os.sched_getaffinity(0))
    except AttributeError:  # macOS
        cpus = list(range(os.cpu_count() or 1))
    return os.uname().nodename, cpus


def share_of_cpus(own, hosts):
    """Threads for a rank, so that those of all ranks of a machine are no more than its CPUs.

    Parameters
    ----------
    own : (name, cpus)
        Of this rank.
    hosts : list of (name, cpus)
        Of all ranks, this one among them.

    Returns
    -------
    int
        ``OMP_NUM_THREADS``, which is a rank's own, if it is set.
    """
    most = effective_n_threads(None)
    if os.environ.get("OMP_NUM_THREADS"):
        return most
    here = [cpus for name, cpus in hosts if name == own[0]]
    all_cpus = set().union(*here)
    if len(own[1]) == len(all_cpus):  # not bound to some: a container's quota is for all as well
        return max(1, most // len(here))
    return max(1, min(most, len(all_cpus) // len(here)))
