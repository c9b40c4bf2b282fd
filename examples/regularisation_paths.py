"""Regularisation paths: what the strength of the penalty does to weights and to scores.

A larger ``alpha`` makes smaller weights: the fit to the training rows gets worse, that to other
rows first better, then worse too. Somewhere in between lies the best trade of variance for bias.
"""

import sys

import numpy as np
from sklearn.datasets import make_regression
from sklearn.model_selection import train_test_split

from fastnn import MLPRegressor

ALPHAS = np.logspace(-4, 3, 15)


def main():
    X, y = make_regression(160, 30, n_informative=6, noise=60.0, random_state=0)
    y = y / y.std()
    X_train, X_test, y_train, y_test = train_test_split(X, y, train_size=0.5, random_state=0)
    print("80 rows, 30 features of which 6 matter, a hidden layer of 20 units\n")
    print(f"{'alpha':>10}{'weight norm':>13}{'R2 training':>13}{'R2 test':>9}")
    results = {"alpha": ALPHAS, "norm": [], "train": [], "test": []}
    for alpha in ALPHAS:
        model = MLPRegressor(
            hidden_layer_sizes=(20,),
            activation="tanh",
            solver="lbfgs",
            alpha=alpha,
            max_iter=2000,
            random_state=0,
        ).fit(X_train, y_train)
        norm = np.sqrt(sum((coef**2).sum() for coef in model.coefs_))
        scores = model.score(X_train, y_train), model.score(X_test, y_test)
        for name, value in zip(("norm", "train", "test"), (norm, *scores), strict=True):
            results[name].append(value)
        print(f"{alpha:>10.4g}{norm:>13.2f}{scores[0]:>13.3f}{scores[1]:>9.3f}")
    best = ALPHAS[int(np.argmax(results["test"]))]
    print(f"\nbest on the test rows: alpha = {best:.3g}")
    return results


def plot(results):
    import matplotlib.pyplot as plt

    _, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    left.semilogx(results["alpha"], results["norm"], marker="o", color="#0072B2")
    left.set(xlabel="alpha", ylabel="norm of the weights")
    right.semilogx(results["alpha"], results["train"], "o-", color="#0072B2", label="training")
    right.semilogx(results["alpha"], results["test"], "s--", color="#D55E00", label="test")
    right.set(xlabel="alpha", ylabel="R squared")
    right.legend(frameon=False)
    plt.show()


if __name__ == "__main__":
    found = main()
    if "--plot" in sys.argv:
        plot(found)
