"""A chaotic series ahead: fixed echoes and a linear readout, beside a trained recurrent network.

An echo state network (Jaeger and Haas, "Harnessing nonlinearity", Science 2004) leaves its
recurrent weights as they were drawn and learns by ridge regression what its units say of the time
to come: the few lines of `Echoes`. A GRU learns all of its weights by gradients through time. The
series is that of Mackey and Glass (1977), without noise, where each value depends on the one 17
steps before. If reservoirpy is installed, its network is there too.
"""

import time
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import RidgeCV

from fastnn import RecurrentRegressor

SEED, TRAIN, WASHOUT, AHEAD = 0, 2000, 100, (1, 10, 50)
EPOCHS = 100  # of the GRU


def mackey_glass(n, rng, lag=17, pieces=10):
    """x' = 0.2 x(t - lag) / (1 + x(t - lag)^10) - 0.1 x, each step in ten pieces by Euler's rule;
    standardised."""
    step, past = 1 / pieces, lag * pieces
    x = np.empty(past + (n + 500) * pieces)
    x[:past] = 1.1 + 0.2 * rng.uniform(size=past)
    for t in range(past, len(x)):
        far = x[t - past]
        x[t] = x[t - 1] + step * (0.2 * far / (1 + far**10) - 0.1 * x[t - 1])
    series = x[-n * pieces :: pieces]
    return (series - series[:TRAIN].mean()) / series[:TRAIN].std()


class Echoes:
    """Units with fixed random weights: their states as features for a linear model."""

    def __init__(self, n, rng, radius=0.9, leak=0.3):
        W = rng.normal(size=(n, n)) * (rng.uniform(size=(n, n)) < 0.1)
        self.W, self.leak = W * radius / np.abs(np.linalg.eigvals(W)).max(), leak
        self.V, self.b = rng.uniform(-1, 1, n), rng.uniform(-1, 1, n)

    def states(self, series):
        h, found = np.zeros(len(self.b)), np.empty((len(series), len(self.b)))
        for t, x in enumerate(series):
            h = (1 - self.leak) * h + self.leak * np.tanh(self.W @ h + self.V * x + self.b)
            found[t] = h
        return found


def errors(series, predicted):
    """Root mean squared errors of the test part over its standard deviation, by steps ahead."""
    test = series[TRAIN:]
    return [
        float(np.sqrt(np.mean((predicted[: len(test) - k, i] - test[k:]) ** 2)) / test.std())
        for i, k in enumerate(AHEAD)
    ]


def targets(series):
    """What comes so many steps later, (n, 3), of all times for which that is known."""
    n = len(series) - max(AHEAD)
    return np.stack([series[k : n + k] for k in AHEAD], axis=1)


def read_out(states, series):
    """Predictions of the test part by ridge regression on states; each penalty as it does best on
    rows left out."""
    y = targets(series[:TRAIN])[WASHOUT:]
    model = RidgeCV(np.logspace(-8, 2, 11), alpha_per_target=True)
    return model.fit(states[WASHOUT:][: len(y)], y).predict(states[TRAIN:])


def by_echoes(series, seed, epochs):
    return read_out(Echoes(300, np.random.RandomState(seed)).states(series), series)


def by_reservoirpy(series, seed, epochs):
    from reservoirpy.nodes import Reservoir

    node = Reservoir(300, sr=0.9, lr=0.3, seed=seed)
    return read_out(node.run(series[:, None]), series)


def by_gru(series, seed, epochs, steps=100):
    """Pieces of the training part, with all three targets at every step."""
    y, begins = targets(series[:TRAIN]), range(0, TRAIN - max(AHEAD) - steps, 10)
    X, Y = (np.stack([of[b : b + steps] for b in begins]) for of in (series[:, None], y))
    model = RecurrentRegressor(
        "gru",
        hidden_layer_sizes=32,
        output="all",
        learning_rate_init=0.01,
        schedule="one_cycle",
        batch_size=20,
        max_iter=epochs,
        n_iter_no_change=np.inf,
        random_state=seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X.astype(np.float32), Y)
    rest = series[None, TRAIN - WASHOUT :, None].astype(np.float32)
    return model.predict(rest)[0, WASHOUT:]


METHODS = {"300 echoes and ridge": by_echoes, "GRU of 32 units": by_gru}
try:
    import reservoirpy
except ImportError:
    pass
else:
    METHODS[f"reservoirpy {reservoirpy.__version__} and ridge"] = by_reservoirpy


def main(seed=SEED, n=4000, epochs=EPOCHS):
    series = mackey_glass(n, np.random.RandomState(seed))
    print(f"Mackey-Glass, {TRAIN} steps to learn from, {n - TRAIN} to tell ahead, seed {seed}\n")
    print(f"{'error over the spread':28}" + "".join(f"{f'{k} ahead':>10}" for k in AHEAD))
    results = {"series": series}
    still = errors(series, np.repeat(series[TRAIN:, None], 3, axis=1))
    print(f"{'as it is now':28}" + "".join(f"{error:10.4f}" for error in still))
    for name, method in METHODS.items():
        started = time.perf_counter()
        predicted = method(series, seed, epochs)
        seconds, found = time.perf_counter() - started, errors(series, predicted)
        results[name] = {"predicted": predicted, "errors": found, "seconds": seconds}
        print(f"{name:28}" + "".join(f"{e:10.4f}" for e in found) + f"{seconds:8.1f} s")
    return results


def plot(results):
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(2, 1, figsize=(8, 4.6), layout="constrained", sharex=True)
    series, far, shown = results["series"], max(AHEAD), 300
    axes[0].plot(series[TRAIN + far :][:shown], color="grey", linewidth=3, label="what came")
    for name in METHODS:
        predicted = results[name]["predicted"][:shown, -1]
        axes[0].plot(predicted, label=name, linewidth=1)
        axes[1].plot(np.abs(predicted - series[TRAIN + far :][:shown]), label=name, linewidth=1)
    axes[0].set(ylabel=f"{far} steps ahead")
    axes[0].legend(fontsize="small", loc="lower center", bbox_to_anchor=(0.5, 1), ncols=4)
    axes[1].set(ylabel="distance", xlabel="time", yscale="log")
    return figure


if __name__ == "__main__":
    from command_line import run

    run(main, plot)
