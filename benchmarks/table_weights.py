"""Networks of a table by weight: ``python -m benchmarks.table_weights [--out FILE]``.

Each table is split at random, a quarter to test on, and fitted at the defaults. Its eight networks
are then averaged with equal weights, as the library does, and with weights exp(-(loss / least loss
- 1) / 0.08), where the loss is a network's on the fold that it has watched: log loss, or RMSE.
"error" is how much less errs the weighted mean than the equal one (1 - accuracy, or RMSE), "log
loss" how much less its log loss is, relatively, with the standard error over the splits. Neither
depends on the speed of the machine.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
from sklearn.metrics import log_loss

from benchmarks import machine
from benchmarks.layout import markdown
from benchmarks.table_results import gain, standard_error
from benchmarks.table_sets import MADE, SHIPPED, shipped
from benchmarks.tables import splits
from fastnn import TabularClassifier, TabularRegressor
from fastnn.threads import effective_n_threads

#: A loss that is by so much larger than the least one, relatively, weighs e times less.
SPREAD = 0.08


def loss_of(y, p, model):
    """Log loss of probabilities of float32, whose sums are rounded."""
    p = p.astype(float)
    return log_loss(y, p / p.sum(axis=1, keepdims=True), labels=model.classes_)


def weights_of(model, y):
    """By the losses of the rows that each network has watched."""
    losses = []
    for fold in range(len(model.estimators_)):
        rows, p = model.folds_ == fold, model.oof_predictions_
        if hasattr(model, "classes_"):
            losses.append(loss_of(y[rows], p[rows], model))
        else:
            losses.append(np.sqrt(np.mean((y[rows] - p[rows]) ** 2)))
    losses = np.array(losses)
    weights = np.exp(-(losses / losses.min() - 1) / SPREAD)
    return weights / weights.sum()


def of_networks(model, X):
    """What each network predicts: (networks, n, outputs)."""
    blocks = [[model._shaped(p) for p in found] for found in model._of_members(X)]
    return np.stack([np.concatenate(own) for own in zip(*blocks, strict=True)]).astype(float)


def judged(model, predicted, y):
    """Error, and log loss or NaN."""
    if not hasattr(model, "classes_"):
        return np.sqrt(np.mean((y - predicted) ** 2)), np.nan
    errors = np.mean(model.classes_[predicted.argmax(axis=1)] != y)
    return errors, loss_of(y, predicted, model)


def measure(make, n_splits):
    """(equal or weighted, splits, error and log loss)."""
    found = [], []
    for seed, (X, y), (X_test, y_test) in splits(*make(), n_splits):
        made = TabularRegressor if np.asarray(y).dtype.kind == "f" else TabularClassifier
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = made(random_state=seed).fit(X, y)
        each = of_networks(model, X_test)
        for results, weights in zip(found, (None, weights_of(model, y)), strict=True):
            results.append(judged(model, np.average(each, axis=0, weights=weights), y_test))
    return np.array(found)


def cell(equal, weighted):
    better, spread = gain(weighted, equal)
    return f"{100 * better:+.2f} ± {100 * spread:.2f} %"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--splits", type=int, default=5)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    options.threads = effective_n_threads(None)
    tables = {name: lambda load=load: shipped(load) for name, load in SHIPPED.items()}
    rows, mean = [], []
    for name, make in {**tables, **MADE}.items():
        equal, weighted = measure(make, options.splits)
        losses = cell(equal[:, 1], weighted[:, 1]) if not np.isnan(equal[0, 1]) else "–"
        rows.append([name, cell(equal[:, 0], weighted[:, 0]), losses])
        mean.append(100 * gain(weighted[:, 0], equal[:, 0])[0])
        print(*rows[-1], sep=" | ", flush=True)
    says = f"Of all tables: error {np.mean(mean):+.2f} ± {standard_error(np.array(mean)):.2f} %"
    table = markdown(("table", "error", "log loss"), rows)
    machine.publish("table_weights", __doc__, f"{says}\n\n{table}", options)


if __name__ == "__main__":
    main()
