"""Sea surface temperatures a year ahead: a recurrent network beside last year's (seasonal naive).

    python -m benchmarks.forecast [--plot FILE]

The series is that of Niño 1+2, monthly from 1950 to 2010, which comes with statsmodels. Networks
learn the next month from all before it, in windows of six years up to 1990, and forecast twelve
months from every month of 1995 to 2009, their own predictions being the steps that follow. Told of
are the errors of the mean over five seeds, of each network, of last year's months, and of the
months' means up to 1990.
"""

import argparse

import numpy as np

from benchmarks.machine import as_lines, facts
from fastnn import RecurrentRegressor

WINDOW, HORIZON, SEEDS = 72, 12, 5


def series():
    """Temperatures by month from January 1950 on."""
    from statsmodels.datasets import elnino

    return elnino.load_pandas().data.iloc[:, 1:].to_numpy(float).ravel()


def main():
    """Fit, forecast and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plot", help="a picture of some forecasts")
    options = parser.parse_args()
    values, end = series(), 12 * 41
    mean, scale = values[:end].mean(), values[:end].std()
    z = (values - mean) / scale
    windows = np.lib.stride_tricks.sliding_window_view(z[:end], WINDOW + 1)
    origins = np.arange(12 * 45, len(values) - HORIZON + 1)
    past = np.stack([z[at - WINDOW : at] for at in origins])[:, :, None]
    truth = np.stack([values[at : at + HORIZON] for at in origins])
    found = []
    for seed in range(SEEDS):
        model = RecurrentRegressor(
            "gru",
            hidden_layer_sizes=16,
            output="all",
            learning_rate_init=0.01,
            batch_size=32,
            max_iter=60,
            averaging="ema",
            random_state=seed,
        )
        model.fit(windows[:, :-1], windows[:, 1:])
        found.append(mean + scale * model.forecast(past, HORIZON))
    naive = np.stack([values[at - 12 : at - 12 + HORIZON] for at in origins])
    by_month = values[:end].reshape(-1, 12).mean(axis=0)
    climate = np.stack([np.resize(np.roll(by_month, -at), HORIZON) for at in origins])
    together = np.mean(found, axis=0)
    print(as_lines(facts()))
    print("\n| mean absolute error, °C | 1 month | 3 | 6 | 12 | all |")
    print("| --- | --- | --- | --- | --- | --- |")
    rows = {"mean of five networks": together, "last year": naive, "months' means": climate}
    for name, forecast in rows.items():
        errors = np.abs(forecast - truth)
        cells = [errors[:, h - 1].mean() for h in (1, 3, 6, 12)] + [errors.mean()]
        print(f"| {name} | {' | '.join(f'{e:.3f}' for e in cells)} |")
    each = [np.abs(f - truth).mean() for f in found]
    print(f"\nEach network alone: {', '.join(f'{e:.3f}' for e in each)}.")
    if options.plot:
        plot(options.plot, values, origins, together, naive)


def plot(path, values, origins, forecasts, naive):
    """Three forecasts from Januaries, beside what came."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    _, axes = plt.subplots(1, 3, figsize=(10, 2.8), sharey=True, layout="constrained")
    for ax, year in zip(axes, (1996, 1999, 2006), strict=True):
        at = 12 * (year - 1950)
        i = int(np.searchsorted(origins, at))
        months = np.arange(-24, HORIZON)
        ax.plot(months, values[at - 24 : at + HORIZON], color="0.3", label="what came")
        ax.plot(np.arange(HORIZON), naive[i], "--", color="tab:blue", label="last year")
        ax.plot(np.arange(HORIZON), forecasts[i], color="tab:red", label="five networks")
        ax.axvline(-0.5, color="0.8", linewidth=0.8)
        ax.set(title=f"from January {year}", xlabel="months")
    axes[0].set_ylabel("sea surface, °C")
    axes[0].legend(frameon=False, fontsize=8)
    plt.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
