"""fastnn and scikit-learn train the same networks on the same data: ``make demo``.

Equal architecture, seed, optimizer, batch size and number of epochs. The data ship with
scikit-learn or are drawn by it; nothing is downloaded.
"""

import time
import warnings
from statistics import median

import numpy as np
import sklearn.neural_network
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, make_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

import fastnn

BULK_ROWS = 100_000


def datasets():
    """Name, features, targets, hidden layers, epochs of each part of the demo."""
    yield "Handwritten digits", *load_digits(return_X_y=True), (100,), 50
    yield "Breast cancer", *load_breast_cancer(return_X_y=True), (64, 64), 50
    yield "Diabetes progression", *load_diabetes(return_X_y=True), (50,), 50
    X, y = make_classification(40_000, 100, n_informative=30, n_classes=5, random_state=0)
    yield "Made by make_classification", X, y, (256, 128), 8


def main():
    warnings.simplefilter("ignore", ConvergenceWarning)  # equal epochs, not convergence
    facts = fastnn.config()
    print("fastnn {version}: {isa} kernels, {threads} threads, {cpu}".format(**facts))
    speedups = [compare(*dataset) for dataset in datasets()]
    low, high = min(speedups), max(speedups)
    print(f"\nTraining was {low:.1f} to {high:.1f} times as fast as scikit-learn's.")


def compare(name, X, y, hidden, epochs):
    """Train and score both libraries' estimators on one data set; returns the training speed-up."""
    X_train, X_test, y_train, y_test = prepare(X, y)
    kind = "MLPClassifier" if y.dtype.kind == "i" else "MLPRegressor"
    settings = {
        "hidden_layer_sizes": hidden,
        "max_iter": epochs,
        "n_iter_no_change": epochs,
        "tol": 0.0,
        "random_state": 0,
    }
    theirs = getattr(sklearn.neural_network, kind)(**settings)
    ours = getattr(fastnn, kind)(**settings)
    fit_times = alternate(lambda model: model.fit(X_train, y_train), theirs, ours, rounds=3)

    bulk = np.resize(X_test, (BULK_ROWS, X.shape[1]))
    row, one = bulk[:1], bulk[0]
    bulk_times = alternate(lambda model: model.predict(bulk), theirs, ours, rounds=5)
    row_times = alternate(lambda model: repeat(lambda: model.predict(row), 500), theirs, ours, 5)
    predictor = fastnn.Predictor(ours)
    predictor_time = repeat(lambda: predictor.predict(one), 5000)

    print(f"\n{name}: {len(X_train):,} rows to train on, {X.shape[1]} features")
    print(f"{kind}{hidden}, {epochs} epochs")
    print(f"  {'':<28}{'scikit-learn':>14}{'fastnn':>12}   fastnn is")
    measure = "accuracy" if kind == "MLPClassifier" else "R²"
    scores = [model.score(X_test, y_test) for model in (theirs, ours)]
    print(f"  {measure + ' on the test rows':<28}{scores[0]:>14.3f}{scores[1]:>12.3f}")
    line("training", *fit_times)
    line("predict, one row", *row_times)
    line("  with fastnn.Predictor", row_times[0], predictor_time)
    line(f"predict, {BULK_ROWS:,} rows", *bulk_times)
    return fit_times[0] / fit_times[1]


def prepare(X, y):
    """Split, standardise by the training rows, and take float32, which both libraries keep."""
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    scaler = StandardScaler().fit(X_train)
    X_train, X_test = (scaler.transform(part).astype(np.float32) for part in (X_train, X_test))
    if y.dtype.kind == "f":
        centre, scale = y_train.mean(), y_train.std()
        y_train, y_test = (y_train - centre) / scale, (y_test - centre) / scale
    return X_train, X_test, y_train, y_test


def alternate(action, theirs, ours, rounds):
    """Median seconds of ``action`` on each model, taking turns."""
    times = [[], []]
    for model in (theirs, ours):
        action(model)  # the first time is warm-up
    for _ in range(rounds):
        for spent, model in zip(times, (theirs, ours), strict=True):
            start = time.perf_counter()
            result = action(model)
            spent.append(result if isinstance(result, float) else time.perf_counter() - start)
    return median(times[0]), median(times[1])


def repeat(action, n):
    """Mean seconds of one of ``n`` calls."""
    start = time.perf_counter()
    for _ in range(n):
        action()
    return (time.perf_counter() - start) / n


def line(label, theirs, ours):
    print(f"  {label:<28}{duration(theirs):>14}{duration(ours):>12}   {theirs / ours:.1f}× faster")


def duration(seconds):
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.2f} {unit}"
    return f"{seconds * 1e6:.1f} µs"


if __name__ == "__main__":
    from command_line import run

    run(main)
