"""Hidden layers that learn from rows without labels first: what it brings, by the number of labels.

Digits, most of them without a label. Greedy pre-training helps where labels are few, and fades.
"""

import warnings

import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning

from fastnn import MLPClassifier

LABELS = (50, 400)
SEEDS = 4  # ten, and more numbers of labels, for the figures of docs/autoencoder.md
WAYS = {
    "none": {},
    "autoencoder": {"pretrain_params": {"max_iter": 50, "noise": "mask", "noise_level": 0.3}},
    "rbm": {"pretrain_params": {"n_iter": 30, "learning_rate": 0.05}},
}


def score(way, n_labels, seed, X, y):
    order = np.random.RandomState(seed).permutation(len(X))
    train, test = order[:1300], order[1300:]
    few, others = train[:n_labels], train[n_labels:]
    pretrain = None if way == "none" else way
    model = MLPClassifier((100,), activation="logistic", max_iter=300, random_state=seed)
    model.set_params(pretrain=pretrain, **WAYS[way])
    more = {"X_unlabeled": X[others]} if pretrain else {}
    return model.fit(X[few], y[few], **more).score(X[test], y[test])


def main():
    warnings.simplefilter("ignore", ConvergenceWarning)
    X, y = load_digits(return_X_y=True)
    X = X / 16
    print(f"Accuracy on rows apart, mean of {SEEDS} seeds, by pre-training\n")
    print(f"{'labels':>6}" + "".join(f"{way:>14}" for way in WAYS))
    results = {way: [] for way in WAYS}
    for n_labels in LABELS:
        for way, means in results.items():
            scores = [score(way, n_labels, seed, X, y) for seed in range(SEEDS)]
            means.append(float(np.mean(scores)))
        print(f"{n_labels:>6}" + "".join(f"{means[-1]:>14.3f}" for means in results.values()))
    return results


def plot(results):
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(layout="constrained")
    for way, means in results.items():
        ax.semilogx(LABELS, means, "o-", label=way)
    ax.set(xlabel="labels", ylabel="accuracy on rows apart", xticks=LABELS)
    ax.set_xticklabels(LABELS)
    ax.legend(title="pre-training", frameon=False)
    return figure


if __name__ == "__main__":
    from command_line import run

    run(main, plot)
