"""Regularisation paths: what the strength of the penalty does to weights and to scores.

A larger ``alpha`` makes smaller weights: the fit to the training rows gets worse, that to other
rows first better, then worse too. Somewhere in between lies the best trade of variance for bias.

The L2 penalty makes all weights smaller and none zero. The L1 penalty (``l1_ratio=1``) makes more
and more of them exactly zero, and with all of its weights a feature drops out.
"""

import warnings

import numpy as np
from sklearn.datasets import make_regression
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from fastnn import MLPRegressor

ALPHAS = {"L2": np.logspace(-4, 3, 15), "L1": np.logspace(-2, 1.5, 8)}
SETTINGS = {
    "L2": {"solver": "lbfgs", "max_iter": 2000},
    "L1": {"l1_ratio": 1.0, "batch_size": 80, "learning_rate_init": 0.01, "max_iter": 400},
}


def main():
    warnings.simplefilter("ignore", ConvergenceWarning)  # a fixed number of epochs
    X, y = make_regression(160, 30, n_informative=6, noise=60.0, random_state=0)
    y = y / y.std()
    print("80 rows, 30 features of which 6 matter, a hidden layer of 20 units")
    data = train_test_split(X, y, train_size=0.5, random_state=0)
    return {penalty: path(penalty, *data) for penalty in ALPHAS}


def path(penalty, X_train, X_test, y_train, y_test):
    """Fit a network for every alpha; returns what became of it, a list of each measure."""
    columns = ("weight norm", "zeros", "features", "R2 training", "R2 test")
    print(f"\n{f'{penalty}, alpha':>12}" + "".join(f"{column:>13}" for column in columns))
    rows = []
    for alpha in ALPHAS[penalty]:
        model = MLPRegressor(
            hidden_layer_sizes=(20,), activation="tanh", alpha=alpha, random_state=0
        ).set_params(**SETTINGS[penalty], n_iter_no_change=2000)
        model.fit(X_train, y_train)
        weights = np.concatenate([coef.ravel() for coef in model.coefs_])
        norm, zeros = np.linalg.norm(weights), np.mean(weights == 0)
        features = int(model.coefs_[0].any(axis=1).sum())
        scores = model.score(X_train, y_train), model.score(X_test, y_test)
        rows.append((norm, zeros, features, *scores))
        print(f"{alpha:>12.4g}{norm:>13.2f}{zeros:>13.1%}{features:>13}", end="")
        print(f"{scores[0]:>13.3f}{scores[1]:>13.3f}")
    results = dict(zip(columns, map(np.array, zip(*rows, strict=True)), strict=True))
    best = ALPHAS[penalty][np.argmax(results["R2 test"])]
    print(f"best on the test rows: alpha = {best:.3g}")
    return results


def plot(results):
    import matplotlib.pyplot as plt

    blue, orange = "#0072B2", "#D55E00"
    figure, axes = plt.subplots(2, 2, figsize=(10, 7), layout="constrained", sharey="col")
    for (left, right), (penalty, found) in zip(axes, results.items(), strict=True):
        alpha = ALPHAS[penalty]
        left.semilogx(alpha, found["zeros"], marker="o", color=blue)
        left.set(xlabel="alpha", ylabel="share of weights that are zero", title=penalty)
        right.semilogx(alpha, found["R2 training"], "o-", color=blue, label="training")
        right.semilogx(alpha, found["R2 test"], "s--", color=orange, label="test")
        right.set(xlabel="alpha", ylabel="R squared", title=penalty)
        right.legend(frameon=False)
    return figure


if __name__ == "__main__":
    from command_line import run

    run(main, plot)
