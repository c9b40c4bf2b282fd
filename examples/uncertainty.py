"""How sure a network is: intervals on a curve, and probabilities as large as they are right.

Forty points of a cubic (Lakshminarayanan, Pritzel & Blundell, NIPS 2017): between them the networks
of an ensemble agree, and so does the normal distribution of one network's last weights; outside
they differ the more the further away, though not as much as they err: ReLU nets go straight on.

A network that was trained for long is surer of its classes than it is right. Its expected
calibration error is the mean difference between the two, over ten bins of how sure it is. One
number that its raw outputs are divided by, or the mean of several networks, makes it smaller.
"""

import warnings

import numpy as np
from sklearn.datasets import make_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss

from fastnn import (
    DeepEnsembleClassifier,
    DeepEnsembleRegressor,
    LaplaceRegressor,
    MLPClassifier,
    MLPRegressor,
)


def curve():
    """Mean and standard deviation by two ways along a line, and the points fitted."""
    rng = np.random.RandomState(1)
    x = rng.uniform(-4, 4, (40, 1))
    y = x[:, 0] ** 3 / 30 + rng.normal(scale=0.1, size=40)
    line = np.linspace(-7, 7, 141).reshape(-1, 1)
    net = MLPRegressor(hidden_layer_sizes=(100,), learning_rate_init=0.02, max_iter=1000, tol=0)
    one = MLPRegressor(hidden_layer_sizes=(50,), solver="lbfgs", random_state=0)
    models = {
        "ensemble of 8": DeepEnsembleRegressor(net, 8, random_state=0),
        "Laplace": LaplaceRegressor(one),
    }
    found = {name: model.fit(x, y).predict(line, return_std=True) for name, model in models.items()}
    print("A cubic known from -4 to 4: standard deviation of the prediction\n")
    print(f"{'':<16}{'at 0':>8}{'at 5.5':>8}{'at 7':>8}")
    for name, (_, std) in found.items():
        print(f"{name:<16}{std[70]:>8.2f}{std[125]:>8.2f}{std[140]:>8.2f}")
    return {"points": (x, y), "line": line, "found": found}


def reliability(sure, right, n_bins=10):
    """Bins of how sure predictions are: their number, mean sureness and share that is right."""
    number = np.minimum((sure * n_bins).astype(int), n_bins - 1)
    count = np.bincount(number, minlength=n_bins)
    some = count > 0
    means = [np.bincount(number, v, n_bins)[some] / count[some] for v in (sure, right)]
    return count[some], *means


def classes():
    """Log loss, calibration error and bins of three classifiers."""
    X, y = make_classification(4000, 20, n_informative=8, n_classes=3, flip_y=0, random_state=0)
    net = MLPClassifier(
        (100, 100),
        learning_rate_init=0.005,
        early_stopping=True,
        n_iter_no_change=120,
        max_iter=120,
        random_state=0,
    )
    models = {
        "one network": net,
        "with temperature": MLPClassifier(**net.get_params()).set_params(calibrate="temperature"),
        "ensemble of 8": DeepEnsembleClassifier(net, 8, random_state=0),
    }
    held_out = {"X_val": X[1000:1500], "y_val": y[1000:1500]}
    print(f"\n{'three classes':<20}{'accuracy':>10}{'log loss':>10}{'calibration error':>20}")
    results = {}
    for name, model in models.items():
        p = model.fit(X[:1000], y[:1000], **held_out).predict_proba(X[1500:])
        right = p.argmax(axis=1) == y[1500:]
        count, sure, share = reliability(p.max(axis=1), right)
        error = np.average(np.abs(sure - share), weights=count)
        results[name] = {
            "loss": log_loss(y[1500:], p),
            "error": error,
            "bins": (sure[count > 20], share[count > 20]),
        }
        print(f"{name:<20}{right.mean():>10.3f}{results[name]['loss']:>10.3f}{error:>20.3f}")
    return results


def main():
    warnings.simplefilter("ignore", ConvergenceWarning)
    return {"curve": curve(), "classes": classes()}


def plot(results):
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 3, figsize=(13, 4), layout="constrained")
    (x, y), line = results["curve"]["points"], results["curve"]["line"][:, 0]
    for ax, (name, (mean, std)) in zip(axes, results["curve"]["found"].items(), strict=False):
        ax.fill_between(line, mean - 2 * std, mean + 2 * std, alpha=0.3, label="± 2 std")
        ax.plot(line, mean, label="mean")
        ax.plot(line, line**3 / 30, ":", color="gray", label="truth")
        ax.plot(x, y, "k.", markersize=3)
        ax.set(title=name, ylim=(-9, 9))
        ax.legend()
    for name, found in results["classes"].items():
        axes[2].plot(*found["bins"], "o-", label=name)
    axes[2].plot([0.3, 1], [0.3, 1], ":", color="gray")
    axes[2].set(title="reliability", xlabel="how sure", ylabel="share that is right")
    axes[2].legend()
    return figure


if __name__ == "__main__":
    from command_line import run

    run(main, plot)
