"""Model averaging: the mean of the predictions of several networks, or of the weights of one.

Networks that start from other weights and see other rows make other mistakes; the mean of their
predictions makes fewer than a typical one of them.

A single network that is trained in steps as long as ever does not settle: its weights walk about
good ones. The mean of the weights along the way comes nearer, whether all epochs after some epoch
count the same ("swa") or the last steps count most ("ema"); at the cost of one network.
"""

import warnings

import numpy as np
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.ensemble import BaggingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from fastnn import MLPClassifier

N_MODELS = 20
EPOCHS = 40

#: Which weights a training ends with.
WEIGHTS = [
    ("the last", {}),
    ("exponential mean", {"averaging": "ema", "averaging_decay": 0.99}),
    ("mean of last half", {"averaging": "swa", "averaging_start": 0.5}),
]


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
    averaged = averaged_weights(X_train, X_test, y_train, y_test)
    accuracy = bagging.score(X_test, y_test)
    return {"alone": alone, "together": together, "bagging": accuracy, "averaged": averaged}


def averaged_weights(X_train, X_test, y_train, y_test):
    """Test accuracies of networks of the same random states, with other averages of weights."""
    warnings.simplefilter("ignore", ConvergenceWarning)  # a fixed number of epochs
    print(f"\n{N_MODELS} trainings on all 300 rows in long steps of SGD, one network each")
    print(f"{'weights kept':<20}{'mean':>8}{'worst':>8}{'best':>8}")
    averaged = {}
    for name, parameters in WEIGHTS:
        network = MLPClassifier(
            (30,),
            solver="sgd",
            momentum=0.5,
            learning_rate_init=0.3,
            batch_size=10,
            alpha=0.1,
            max_iter=EPOCHS,
            n_iter_no_change=EPOCHS,
        ).set_params(**parameters)
        fitted = [clone(network).set_params(random_state=k) for k in range(N_MODELS)]
        scores = [model.fit(X_train, y_train).score(X_test, y_test) for model in fitted]
        print(f"{name:<20}{np.mean(scores):>8.3f}{min(scores):>8.3f}{max(scores):>8.3f}")
        averaged[name] = np.array(scores)
    return averaged


def plot(results):
    import matplotlib.pyplot as plt

    blue, orange = "#0072B2", "#D55E00"
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(10, 4.5), layout="constrained", sharey=True, width_ratios=(3, 2)
    )
    n = np.arange(1, N_MODELS + 1)
    left.plot(n, results["together"], "o-", color=blue, label="mean of the first networks")
    left.plot(n, results["alone"], "s", color=orange, label="each network alone")
    left.axhline(results["alone"].mean(), color=orange, linestyle="--", linewidth=1)
    left.set(xlabel="number of networks", ylabel="test accuracy")
    left.xaxis.get_major_locator().set_params(integer=True)
    left.legend(frameon=False)
    for place, scores in enumerate(results["averaged"].values()):
        right.plot(np.full(N_MODELS, place), scores, "o", color=blue, alpha=0.4)
        right.plot(place, scores.mean(), "_", color="black", markersize=40)
    right.set(xlabel="weights kept", xlim=(-0.5, len(WEIGHTS) - 0.5))
    right.set_xticks(range(len(WEIGHTS)), ["last", "ema", "swa"])
    return figure


if __name__ == "__main__":
    from command_line import run

    run(main, plot)
