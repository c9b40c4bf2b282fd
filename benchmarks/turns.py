"""Contenders that take turns, and lines of a table of what they took."""

import subprocess
import sys
import time

import numpy as np

__all__ = ["memory_rows", "rounds", "rows_of"]


def rounds(contenders, n, warm=False):
    """Seconds of each contender in each of n rounds, after one that does not count.

    Each begins after a pause: threads of OpenBLAS and OpenMP go on looking for work for a while, on
    cores that are then another's. warm: it does its work once before the time is taken, so that
    what is short finds its data in the caches.
    """
    seconds = {name: [] for name in contenders}
    for turn in range(n + 1):
        for name, work in contenders.items():
            time.sleep(0.2)
            if warm:
                work()
            begin = time.perf_counter()
            work()
            if turn:
                seconds[name].append(time.perf_counter() - begin)
    return {name: np.array(taken) for name, taken in seconds.items()}


def rows_of(what, seconds, unit, per):
    """Lines of the table: medians, and ratios to fastnn's of the same round."""
    own, found = seconds["fastnn"], []
    for name, taken in seconds.items():
        ratio = "" if name == "fastnn" else f"{np.median(taken / own):.2f}×"
        found.append(f"| {what} | {name} | {np.median(taken) / per:.3g} {unit} | {ratio} |")
    return found


def memory_rows(what, command):
    """Lines of the memory that fastnn and PyTorch take, which a module prints in megabytes at the
    end when it is called, in a process of its own, with ``--peak`` and the name."""
    found = []
    for who in ("fastnn", "PyTorch"):
        full = [sys.executable, "-m", *command, "--peak", who]
        done = subprocess.run(full, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            found.append(f"| {what} | {who} | {float(done.stdout.split()[-1]):.0f} MB | |")
    return found
