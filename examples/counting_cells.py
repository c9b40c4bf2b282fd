"""Recurrent networks over time: a cell that counts, and forecasts of a chaotic curve.

A network reads a's and b's and says after each symbol what comes next: to know when the b's are
over it has to count the a's, and its cells show how. Another one forecasts the Mackey-Glass curve
from its past, beside its last cycle once more (seasonal naive).
"""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from fastnn import RecurrentClassifier, RecurrentRegressor

A, B = 20, 20  # of the string whose cells are shown; training went to 12
PAST, HORIZON = 60, 32


def counter():
    """A network that has read a^n b^n for n up to 12."""
    texts = ["S" + "a" * n + "b" * n + "T" for n in range(1, 13)]
    model = RecurrentClassifier(
        hidden_layer_sizes=4,
        output="all",
        embedding=3,
        forget_bias=4,
        batch_size=1,
        max_iter=400,
        n_iter_no_change=np.inf,
        tol=0,
        schedule="cosine",
        learning_rate_init=0.02,
        alpha=0,
        random_state=0,
    )
    return model.fit([text[:-1] for text in texts], [text[1:] for text in texts])


def counts_to(model):
    """The largest n up to which it knows when the b's are over."""
    for n in range(1, 101):
        found = "".join(model.predict(["S" + "a" * n + "b" * n])[0][n + 1 :])
        if found != "b" * (n - 1) + "T":
            return n - 1
    return n


def cells(model, text):
    """The cells (T, units) after each symbol, and the probabilities of what comes next."""
    found, shares, state, units = [], [], None, model.hidden_layer_sizes
    for symbol in text:
        p, state = model.step(symbol, state)
        found.append(state.values.ravel()[-units:])  # outputs come first, then cells
        shares.append(p.ravel())
    return np.array(found), np.array(shares)


def mackey_glass(n, every=6):
    """Every sixth value of ``x' = 0.2 x_17 / (1 + x_17^10) - 0.1 x``, x_17 being 17 ago.

    Mackey and Glass, "Oscillation and chaos in physiological control systems", Science 197, 1977.
    """
    x = np.full(n * every + 300, 1.2)
    for t in range(17, len(x) - 1):
        x[t + 1] = x[t] + 0.2 * x[t - 17] / (1 + x[t - 17] ** 10) - 0.1 * x[t]
    return x[-n * every :: every]


def forecasts():
    """Truth, forecasts by a network and by the last cycle, (n, HORIZON) each; and a past."""
    x = mackey_glass(2000)
    mean, scale = x[:1500].mean(), x[:1500].std()
    z = (x - mean) / scale
    windows = np.lib.stride_tricks.sliding_window_view(z[:1500], PAST + 1)
    model = RecurrentRegressor(
        "gru",
        hidden_layer_sizes=24,
        output="all",
        learning_rate_init=0.01,
        schedule="cosine",
        alpha=0,
        batch_size=32,
        max_iter=15,
        random_state=0,
    )
    model.fit(windows[:, :-1], windows[:, 1:])
    origins = np.arange(1500 + PAST, 2000 - HORIZON, 5)
    past = np.stack([z[at - PAST : at] for at in origins])
    truth = np.stack([z[at : at + HORIZON] for at in origins])
    unlike = {n: np.abs(z[n:1500] - z[: 1500 - n]).mean() for n in range(5, PAST)}
    cycle = min(unlike, key=unlike.get)  # that after which the curve is most like itself
    naive = np.tile(past[:, -cycle:], HORIZON // cycle + 1)[:, :HORIZON]
    found = model.forecast(past, HORIZON)
    return {"truth": truth, "network": found, "last cycle": naive, "past": past}


def main():
    warnings.simplefilter("ignore", ConvergenceWarning)
    model = counter()
    text = "S" + "a" * A + "b" * B
    states, shares = cells(model, text)
    limit = counts_to(model)
    print(f"Trained on up to 12 a's, the network counts {limit}.")
    rises = np.diff(states[1 : A + 1], axis=0).mean(axis=0)
    falls = np.diff(states[A + 1 :], axis=0).mean(axis=0)
    at = int(np.argmax(np.minimum(np.abs(rises), np.abs(falls)) * (rises * falls < 0)))
    print(f"Cell {at} goes by {rises[at]:+.2f} with each a, and by {falls[at]:+.2f} with each b.")
    found = forecasts()
    errors = {name: np.abs(found[name] - found["truth"]) for name in ("network", "last cycle")}
    print("Mean absolute error of forecasts of the Mackey-Glass curve, in standard deviations:")
    for name, error in errors.items():
        print(f"  {name:10s} {error[:, :8].mean():.3f} over 8 steps, {error.mean():.3f} over 32")
    return {
        "counts to": limit,
        "text": text,
        "cells": states,
        "counter": at,
        "rises": rises[at],
        "falls": falls[at],
        "end": shares[:, list(model.classes_).index("T")],
        "forecasts": found,
        "errors": errors,
    }


def plot(results):
    import matplotlib.pyplot as plt

    figure, (top, middle, bottom) = plt.subplots(
        3, 1, figsize=(8, 7), layout="constrained", height_ratios=(2, 0.8, 2)
    )
    steps, text = np.arange(len(results["text"])), results["text"]
    for i, line in enumerate(results["cells"].T):
        counts = i == results["counter"]
        top.plot(
            steps,
            line,
            color="tab:red" if counts else "0.6",
            linewidth=2.5 if counts else 1,
            label="the cell that counts" if counts else None,
        )
    top.set(title="cells of an LSTM that reads aⁿbⁿ", xticks=steps, xticklabels=[*text])
    top.legend(frameon=False)
    middle.bar(steps, results["end"], color="tab:red")
    middle.set(title="probability that the string is over", ylim=(0, 1), xticks=[])
    middle.set_xlim(top.get_xlim())
    found, i = results["forecasts"], 3
    bottom.plot(np.arange(-PAST, 0), found["past"][i], color="0.3")
    ahead = np.arange(HORIZON)
    bottom.plot(ahead, found["truth"][i], color="0.3", label="what came")
    bottom.plot(ahead, found["network"][i], color="tab:red", label="network")
    bottom.plot(ahead, found["last cycle"][i], "--", color="tab:blue", label="last cycle once more")
    bottom.axvline(-0.5, color="0.8")
    bottom.set(title="a chaotic curve, forecast from its past", xlabel="steps")
    bottom.set_ylim(top=3)
    bottom.legend(frameon=False, loc="upper left", ncols=3)
    return figure


if __name__ == "__main__":
    from command_line import run

    run(main, plot)
