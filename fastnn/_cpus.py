"""How many CPUs this process may use: affinity, the container's quota and joblib's own limit."""

import math
import os
from pathlib import Path

__all__ = ["cpu_count"]

_QUOTA_V2 = Path("/sys/fs/cgroup/cpu.max")
_QUOTA_V1 = Path("/sys/fs/cgroup/cpu/cpu.cfs_quota_us")
_PERIOD_V1 = Path("/sys/fs/cgroup/cpu/cpu.cfs_period_us")


def cpu_count() -> int:
    """The same number as `joblib.cpu_count`, which scoring shall not have to import.

    Returns
    -------
    int
        At least 1: the least of the CPUs there are, those of the affinity mask, the quota of the
        control group (rounded up) and ``LOKY_MAX_CPU_COUNT``.
    """
    everywhere = os.cpu_count() or 1
    most = int(os.environ.get("LOKY_MAX_CPU_COUNT", everywhere))
    return max(1, min(everywhere, _affinity(everywhere), _quota(everywhere), most))


def _affinity(everywhere: int) -> int:
    try:
        return len(os.sched_getaffinity(0))
    except (AttributeError, NotImplementedError):  # macOS
        return everywhere


def _quota(everywhere: int) -> int:
    """CPUs' worth of time that the control group has, of version 2 or 1."""
    quota, period = "max", "0"
    try:
        if _QUOTA_V2.exists():
            quota, period = _QUOTA_V2.read_text().split()
        elif _QUOTA_V1.exists() and _PERIOD_V1.exists():
            quota, period = _QUOTA_V1.read_text(), _PERIOD_V1.read_text()
        share = 0.0 if quota == "max" else int(quota) / int(period)
    except (OSError, ValueError, ZeroDivisionError):  # not ours to read, or of another form
        return everywhere
    return math.ceil(share) if share > 0 else everywhere
