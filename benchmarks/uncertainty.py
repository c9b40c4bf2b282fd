"""How good probabilities are: ``python -m benchmarks.uncertainty [--california CSV] [--out FILE]``.

One network, the same calibrated by its temperature, and the mean of five, over five random halves
of each data set: the mean negative log likelihood of rows not trained on, and how far what is
claimed is from what happens. For classes that is the mean difference between the greatest
probability and the share that is right, over ten bins; for numbers, taken as normal, that between
the levels 5, 15 ... 95 % and the shares of targets below them. The variance of a target is that of
the errors on rows set apart and, of five, that of the members; "with variances" are five that
predict the noise themselves, by loss="gaussian_nll". The last columns are the splits of five on
which the contender has less than one network. Of California housing, a table of eight
numbers and the target, 4,000 rows without gaps are taken for each split.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
from scipy.stats import norm
from sklearn.datasets import load_diabetes, load_digits
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from benchmarks import layout, machine
from fastnn import DeepEnsembleClassifier, DeepEnsembleRegressor, MLPClassifier, MLPRegressor
from fastnn.threads import effective_n_threads

SPLITS = 5
STOPPING = {"early_stopping": True, "scoring": "loss", "n_iter_no_change": 20, "max_iter": 300}
LEVELS = np.arange(0.05, 1, 0.1)


def of_classes(p, y):
    """Mean negative log likelihood and calibration error of probabilities."""
    sure, right = p.max(axis=1), p.argmax(axis=1) == y
    number = np.minimum((10 * sure).astype(int), 9)
    gaps = [abs(np.sum(sure[number == k]) - np.sum(right[number == k])) for k in range(10)]
    return log_loss(y, p, labels=np.arange(p.shape[1])), sum(gaps) / len(y)


def of_numbers(mean, variance, y):
    """The same of normal distributions."""
    nll = 0.5 * np.mean(np.log(2 * np.pi * variance) + (y - mean) ** 2 / variance)
    below = norm.cdf(y, mean, np.sqrt(variance))
    return nll, np.mean([abs(np.mean(below < level) - level) for level in LEVELS])


def classes(X, y, seed):
    """Of each contender, what `of_classes` says of half of the rows."""
    X, X_test, y, y_test = train_test_split(X, y, test_size=0.5, random_state=seed, stratify=y)
    net = MLPClassifier((100,), random_state=seed, **STOPPING)
    contenders = {
        "one network": net,
        "with temperature": MLPClassifier(**net.get_params()).set_params(calibrate="temperature"),
        "mean of five": DeepEnsembleClassifier(net, 5, random_state=seed),
    }
    return {
        name: of_classes(model.fit(X, y).predict_proba(X_test), y_test)
        for name, model in contenders.items()
    }


def numbers(X, y, seed):
    """Of each contender, what `of_numbers` says of half of the rows."""
    X, X_test, y, y_test = train_test_split(X, y, test_size=0.5, random_state=seed)
    scale = StandardScaler().fit(X)
    X, X_test, y, y_test = (
        scale.transform(X),
        scale.transform(X_test),
        y - y.mean(),
        y_test - y.mean(),
    )
    y, y_test = y / y.std(), y_test / y.std()
    X, X_apart, y, y_apart = train_test_split(X, y, test_size=0.2, random_state=seed)
    net = MLPRegressor(hidden_layer_sizes=(100,), random_state=seed, **STOPPING)
    held_out = {"X_val": X_apart, "y_val": y_apart}
    one = net.fit(X, y, **held_out)
    five = DeepEnsembleRegressor(net, 5, random_state=seed).fit(X, y, **held_out)
    noise = np.mean((y_apart - one.predict(X_apart)) ** 2)
    found = {"one network": of_numbers(one.predict(X_test), noise, y_test)}
    apart, spread = five.predict(X_apart, return_std=True)
    noise = max(np.mean((y_apart - apart) ** 2 - spread**2), 1e-3)
    mean, std = five.predict(X_test, return_std=True)
    found["mean of five"] = of_numbers(mean, noise + std**2, y_test)
    net = MLPRegressor("gaussian_nll", (100,), random_state=seed, **STOPPING)
    five = DeepEnsembleRegressor(net, 5, random_state=seed).fit(X, y, **held_out)
    mean, std = five.predict(X_test, return_std=True)
    return {**found, "five with variances": of_numbers(mean, std**2, y_test)}


def california(path, seed):
    """4,000 rows of the table, the same for all contenders of a split."""
    table = np.genfromtxt(path, delimiter=",", skip_header=1, usecols=range(9))
    table = table[np.isfinite(table).all(axis=1)]
    rows = np.random.RandomState(seed).permutation(len(table))[:4000]
    return table[rows, :-1], table[rows, -1]


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.uncertainty", description=__doc__)
    parser.add_argument("--california", type=Path, help="a CSV file of California housing")
    parser.add_argument("--out", type=Path, help="a Markdown file to write")
    options = parser.parse_args()
    options.threads = effective_n_threads()
    warnings.simplefilter("ignore")
    digits, digit = load_digits(return_X_y=True)
    tasks = {
        "digits": (classes, digits / 16, digit),
        "diabetes": (numbers, *load_diabetes(return_X_y=True)),
    }
    measured = {
        task: [measure(X, y, seed) for seed in range(SPLITS)]
        for task, (measure, X, y) in tasks.items()
    }
    if options.california:
        measured["California housing"] = [
            numbers(*california(options.california, seed), seed) for seed in range(SPLITS)
        ]
    rows = []
    for task, found in measured.items():
        for name in found[0]:
            values = np.array([split[name] for split in found])
            less = (values < np.array([split["one network"] for split in found])).sum(axis=0)
            better = ["", ""] if name == "one network" else less
            rows.append([task, name, *(f"{value:.3f}" for value in values.mean(axis=0)), *better])
    header = ["data", "", "negative log likelihood", "calibration error"]
    text = layout.markdown([*header, "less, of 5", "less, of 5"], rows)
    machine.publish("uncertainty", __doc__, text, options)


if __name__ == "__main__":
    main()
