"""Memory and time of a large table: ``python -m benchmarks.table_memory [--rows N] [--columns N]``.

A frame of float32 numbers is fitted at the defaults with a time budget. "Peak" is that of the
resident memory in the fit less what was resident before the frame was made, with the library
imported and a small table fitted: the frame is in it, and so are the networks. Reads /proc, so it
needs Linux.
"""

import argparse
import time
from pathlib import Path

from benchmarks.memory import resident
from benchmarks.table_sets import wide
from fastnn import TabularRegressor


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=50)
    parser.add_argument("--budget", type=float, default=120)
    options = parser.parse_args()
    TabularRegressor(preset="fast", n_estimators=1).fit(*wide(500, 4))
    before = resident("VmRSS")
    X, y = wide(options.rows, options.columns)
    frame = X.to_numpy().nbytes
    Path("/proc/self/clear_refs").write_text("5")  # the peak is from now on
    began = time.perf_counter()
    model = TabularRegressor(time_budget=options.budget, random_state=0).fit(X, y)
    seconds = time.perf_counter() - began
    peak = resident("VmHWM") - before
    weights = sum(a.nbytes for m in model.estimators_ for a in (*m.coefs_, *m.intercepts_))
    print(
        f"{options.rows:,} x {options.columns}, time_budget={options.budget:g}: {seconds:.0f} s, "
        f"{len(model.estimators_)} networks of {model.estimators_[0].n_iter_} epochs, "
        f"R2 out of fold {model.oof_score_:.4f}; frame {frame / 1e6:.0f} MB, "
        f"networks {weights / 1e6:.1f} MB, peak {peak / 1e6:.0f} MB: {peak / frame:.2f} frames"
    )


if __name__ == "__main__":
    main()
