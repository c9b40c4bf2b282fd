"""Few labels: what hidden layers gain that first learn from rows without labels.

Accuracy of one hidden layer of logistic units on rows apart, mean over seeds, without pre-training,
with an autoencoder's and with a restricted Boltzmann machine's. In brackets: the mean of the
differences from no pre-training of the same seed (the same rows, labels and rows apart), its
standard error, and the seeds for which it is better. All other rows of training are without
labels.

    python -m benchmarks.pretraining [--data mnist.npz] [--seeds 10] [--threads N] [--out FILE]

Without a file it is scikit-learn's digits alone; with one, rows of MNIST as well. A run that is
interrupted leaves the lines that it has.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning

from benchmarks import machine
from fastnn import MLPClassifier

LABELS = (100, 300, 1000)
UNITS = {"digits": 100, "MNIST": 200}
TRAIN, APART = 4000, 3000  # rows of MNIST
WAYS = {
    "none": {},
    "digits autoencoder": {"max_iter": 50, "noise": "mask", "noise_level": 0.3},
    "digits rbm": {"n_iter": 30, "learning_rate": 0.05},
    "MNIST autoencoder": {"max_iter": 20, "noise": "mask", "noise_level": 0.3},
    "MNIST rbm": {"n_iter": 10, "learning_rate": 0.05},
}


def digits(seed):
    """Rows and labels of training, and those apart."""
    X, y = load_digits(return_X_y=True)
    order = np.random.RandomState(seed).permutation(len(X))
    train, test = order[:1300], order[1300:]
    return X[train] / 16, y[train], X[test] / 16, y[test]


def mnist(path):
    """A function of the seed: rows and labels of training, and those apart, in float32."""
    with np.load(path) as file:
        X = (file["X_train"].reshape(len(file["X_train"]), -1) / 255).astype(np.float32)
        y = file["y_train"]

    def rows(seed):
        order = np.random.RandomState(seed).permutation(len(X))[: TRAIN + APART]
        train, test = order[:TRAIN], order[TRAIN:]
        return X[train], y[train], X[test], y[test]

    return rows


def accuracy(data, way, n_labels, seed, rows, n_jobs):
    """Accuracy on the rows apart of one way and seed."""
    X, y, X_test, y_test = rows
    shared = {"activation": "logistic", "max_iter": 300, "n_jobs": n_jobs}
    model = MLPClassifier((UNITS[data],), random_state=seed, **shared)
    if way == "none":
        return model.fit(X[:n_labels], y[:n_labels]).score(X_test, y_test)
    model.set_params(pretrain=way, pretrain_params=WAYS[f"{data} {way}"])
    model.fit(X[:n_labels], y[:n_labels], X_unlabeled=X[n_labels:])
    return model.score(X_test, y_test)


def cell(found, none):
    """The mean, and how it differs from no pre-training."""
    more = found - none
    error = more.std(ddof=1) / np.sqrt(len(more)) if len(more) > 1 else np.nan
    better = f"better {np.sum(more > 0)}, worse {np.sum(more < 0)} of {len(more)}"
    return f"{found.mean():.3f} ({more.mean():+.3f} ± {error:.3f}; {better})"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, help="an .npz with X_train and y_train of MNIST")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    sources = {"digits": digits}
    if options.data is not None:
        sources["MNIST"] = mnist(options.data)
    table = ["| data | labels | none | autoencoder | rbm |", "| --- | ---: | ---: | ---: | ---: |"]
    for n_labels in LABELS:
        for data, rows_of in sources.items():
            found = {"none": [], "autoencoder": [], "rbm": []}
            for seed in range(options.seeds):
                rows = rows_of(seed)
                for way, scores in found.items():
                    scores.append(accuracy(data, way, n_labels, seed, rows, options.threads))
            none, *others = (np.array(scores) for scores in found.values())
            cells = [data, str(n_labels), f"{none.mean():.3f}", *(cell(o, none) for o in others)]
            table.append("| " + " | ".join(cells) + " |")
            machine.publish("pretraining", __doc__, "\n".join(table), options)


if __name__ == "__main__":
    main()
