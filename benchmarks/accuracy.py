"""The same fits with fastnn and scikit-learn on real data: ``python -m benchmarks.accuracy``.

Prints scores and times. Needs the folder that the environment variable FASTNN_DATA names, with
mnist.npz and california_housing.csv.
"""

import os
import time
import warnings
from pathlib import Path

import numpy as np
from sklearn import neural_network
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import fastnn
from benchmarks import data

LIBRARIES = {"scikit-learn": neural_network, "fastnn": fastnn}


def mnist(seed):
    X, y, _ = data.mnist()
    stored = np.load(Path(os.environ["FASTNN_DATA"]) / "mnist.npz")
    X_test = stored["X_test"].reshape(-1, 784).astype(np.float32) / 255
    settings = {"batch_size": 128, "max_iter": 10, "random_state": seed}
    for name, library in LIBRARIES.items():
        model = library.MLPClassifier((256, 128), **settings)
        yield name, model, (X, y), (X_test, stored["y_test"])


def california(seed):
    path = Path(os.environ["FASTNN_DATA"]) / "california_housing.csv"
    table = np.genfromtxt(path, delimiter=",", skip_header=1, usecols=range(9))
    table = table[~np.isnan(table).any(axis=1)]
    X, y = table[:, :-1], table[:, -1] / np.std(table[:, -1])
    X, X_test, y, y_test = train_test_split(X, y, test_size=0.2, random_state=0)
    for name, library in LIBRARIES.items():
        model = library.MLPRegressor(hidden_layer_sizes=(64, 64), max_iter=30, random_state=seed)
        yield name, make_pipeline(StandardScaler(), model), (X, y), (X_test, y_test)


def main():
    warnings.simplefilter("ignore", ConvergenceWarning)
    for task in (mnist, california):
        for seed in (0, 1):
            taken = {}
            for name, model, train, test in task(seed):
                started = time.perf_counter()
                model.fit(*train)
                taken[name] = time.perf_counter() - started
                score = model.score(*test)
                print(
                    f"{task.__name__}, seed {seed}: {name:12} {score:.4f} in {taken[name]:.2f} s",
                    flush=True,
                )
            print(f"    fit {taken['scikit-learn'] / taken['fastnn']:.1f} times as fast")


if __name__ == "__main__":
    main()
