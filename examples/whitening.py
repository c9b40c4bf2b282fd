"""Correlated inputs slow gradient descent down; PCA whitening in the pipeline speeds it up.

Gradient descent can go no faster than its steepest direction allows, and along the flattest one it
needs as many times more steps as the condition number says. Whitening makes all directions alike.
"""

import warnings

import numpy as np
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fastnn import MLPRegressor
from fastnn.inspection import diagnose

MOST_EPOCHS = 2000
RATES = (0.003, 0.01, 0.03, 0.1, 0.3)
PIPELINES = {
    "scaled": lambda: make_pipeline(StandardScaler()),
    "whitened": lambda: make_pipeline(StandardScaler(), PCA(whiten=True)),
}


def make_data(rng, n=500, n_features=10):
    """Features that share one common factor; the target looks at their differences."""
    X = rng.normal(size=(n, 1)) + 0.1 * rng.normal(size=(n, n_features))
    y = (X[:, 0] - X[:, 1]) + (X[:, 2] - X[:, 3])
    return X, y / y.std() + 0.1 * rng.normal(size=n)


def main():
    warnings.simplefilter("ignore", ConvergenceWarning)
    X, y = make_data(np.random.default_rng(0))
    print("Epochs until the loss is below 0.02, with the best of a few learning rates\n")
    print(f"{'inputs':<12}{'condition number':>18}{'best rate':>11}{'epochs':>8}")
    results = {}
    for name, make in PIPELINES.items():
        features = make().fit_transform(X)
        condition = diagnose(network(0.01), features, y).measures.inputs.condition_number
        epochs, rate, curve = min(
            (epochs_needed(features, y, rate) for rate in RATES), key=lambda found: found[0]
        )
        shown = f"> {MOST_EPOCHS}" if epochs > MOST_EPOCHS else epochs
        print(f"{name:<12}{condition:>18.0f}{rate:>11}{shown:>8}")
        results[name] = {"condition": condition, "epochs": epochs, "curve": curve}
    ratio = results["scaled"]["epochs"] / results["whitened"]["epochs"]
    print(f"\nWhitening makes training take {ratio:.0f} times fewer epochs.")
    return results


def network(rate):
    return MLPRegressor(
        hidden_layer_sizes=(),
        solver="sgd",
        momentum=0.0,
        alpha=0.0,
        batch_size=500,
        learning_rate_init=rate,
        max_iter=MOST_EPOCHS,
        n_iter_no_change=MOST_EPOCHS,
        random_state=0,
    )


def epochs_needed(X, y, rate):
    """Epochs of full-batch gradient descent, the rate, and the losses."""
    try:
        curve = np.array(network(rate).fit(X, y).loss_curve_)
    except ValueError:  # the rate is too large: diverged
        return np.inf, rate, None
    below = np.flatnonzero(curve < 0.02)
    return (int(below[0]) + 1 if below.size else MOST_EPOCHS + 1), rate, curve


def plot(results):
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(layout="constrained")
    for name, style in (("scaled", "-"), ("whitened", "--")):
        curve = results[name]["curve"]
        ax.loglog(np.arange(1, len(curve) + 1), curve, style, label=name)
    ax.set(xlabel="epoch", ylabel="loss")
    ax.legend(frameon=False)
    return figure


if __name__ == "__main__":
    from command_line import run

    run(main, plot)
