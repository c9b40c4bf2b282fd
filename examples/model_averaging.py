"""Model averaging: several networks, each trained on its own sample of the rows, predict together.

Networks that start from other weights and see other rows make other mistakes; their mean makes
fewer than a typical one of them.
"""

import sys

import numpy as np
from sklearn.datasets import make_classification
from sklearn.ensemble import BaggingClassifier
from sklearn.model_selection import train_test_split

from fastnn import MLPClassifier

N_MODELS = 20


def main():
    X, y = make_classification(900, 20, n_informative=8, n_classes=3, flip_y=0.05, random_state=0)
    X_train, X_test, y_train, y_test = train_test_split(X, y, train_size=300, random_state=0)
    network = MLPClassifier((30,), max_iter=150, learning_rate_init=0.01, tol=1e-3)
    bagging = BaggingClassifier(network, n_estimators=N_MODELS, random_state=0)
    bagging.fit(X_train, y_train)
    alone = np.array([member.score(X_test, y_test) for member in bagging.estimators_])
    proba = np.array([member.predict_proba(X_test) for member in bagging.estimators_])
    together = [
        float((proba[:k].mean(axis=0).argmax(axis=1) == y_test).mean())
        for k in range(1, N_MODELS + 1)
    ]
    print(f"{N_MODELS} networks, each trained on its own bootstrap sample of 300 rows\n")
    print(f"one network:          {alone.mean():.3f} (from {alone.min():.3f} to {alone.max():.3f})")
    for k in (3, 10, N_MODELS):
        print(f"mean of {k:>2} networks:  {together[k - 1]:.3f}")
    print(f"BaggingClassifier:    {bagging.score(X_test, y_test):.3f}, the same mean")
    return {"alone": alone, "together": together, "bagging": bagging.score(X_test, y_test)}


def plot(results):
    import matplotlib.pyplot as plt

    _, ax = plt.subplots(layout="constrained")
    n = np.arange(1, N_MODELS + 1)
    ax.plot(n, results["together"], "o-", color="#0072B2", label="mean of the first networks")
    ax.plot(n, results["alone"], "s", color="#D55E00", label="each network alone")
    ax.axhline(results["alone"].mean(), color="#D55E00", linestyle="--", linewidth=1)
    ax.set(xlabel="number of networks", ylabel="test accuracy")
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.legend(frameon=False)
    plt.show()


if __name__ == "__main__":
    found = main()
    if "--plot" in sys.argv:
        plot(found)
