"""Tables, raw, beside gradient boosting: ``python -m benchmarks.tables [--out FILE]``.

Each table is split at random, a quarter to test on (Adult has a split of its own), and every
contender is fitted at its defaults: the tabular estimators of this library, scikit-learn's
HistGradientBoosting (text as categories), and what one writes by hand with scikit-learn: medians,
StandardScaler and indicators before its MLP with early stopping. A score is R squared or accuracy,
the log loss is of classes; "error" is how much less this library errs (1 - accuracy, or RMSE) than
HistGradientBoosting, relatively, as a mean over the splits with its standard error. Times are of
one fit, in seconds of the wall, all by turns in one process.
"""

import argparse
import csv
import gzip
import time
import warnings
from pathlib import Path

import numpy as np
from sklearn import datasets
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.metrics import accuracy_score, log_loss, r2_score
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from benchmarks import machine
from benchmarks.layout import markdown, percent, ratio, significant
from fastnn import TabularClassifier, TabularRegressor
from fastnn.threads import effective_n_threads

SHIPPED = {
    "diabetes": datasets.load_diabetes,
    "breast cancer": datasets.load_breast_cancer,
    "wine": datasets.load_wine,
    "iris": datasets.load_iris,
    "digits": datasets.load_digits,
}


def shipped(load):
    bunch = load(as_frame=True)
    return bunch.data, bunch.target.to_numpy()


def frame(columns):
    """A data frame of pandas: a benchmark may ask for it."""
    import pandas as pd

    return pd.DataFrame(columns)


def friedman(make, n, noise):
    X, y = make(n_samples=n, noise=noise, random_state=0)
    return frame({f"x{i}": X[:, i] for i in range(X.shape[1])}), y


def shop(n=3000):
    """Orders: prices of a long tail, a shop of 300, days, gaps; what is asked is whether they come
    back."""
    rng = np.random.RandomState(1)
    place = rng.zipf(1.4, n) % 300
    price = np.round(np.exp(rng.randn(n) + 3), 2)
    discount = np.where(rng.rand(n) < 0.8, 0, rng.choice([5, 10, 15, 50], n))
    day = rng.randint(0, 900, n)
    kind = rng.choice(["book", "shoe", "toy", "tool", "food"], n, p=[0.4, 0.2, 0.2, 0.1, 0.1])
    of_place, of_kind = (
        rng.randn(300),
        {"book": 0.5, "shoe": -0.5, "toy": 0, "tool": 0.3, "food": -1},
    )
    z = of_place[place] + np.array([of_kind[k] for k in kind]) + 0.05 * discount
    z += np.sin(day / 365 * 2 * np.pi) - 0.5 * (price > 40) * (kind == "shoe")
    back = rng.rand(n) < 1 / (1 + np.exp(-1.5 * z))
    X = {
        "shop": np.array([f"s{p}" for p in place], object),
        "price": np.where(rng.rand(n) < 0.1, np.nan, price),
        "discount": discount,
        "day": np.datetime64("2021-01-01") + day.astype("m8[D]"),
        "kind": kind.astype(object),
        "weight": price * rng.lognormal(0, 0.3, n),
    }
    return frame(X), np.where(back, "yes", "no")


def skewed(n=2000):
    """Claims: mostly small counts, a target with a long tail."""
    rng = np.random.RandomState(2)
    X = {f"count{i}": rng.poisson(1 + i, n) for i in range(6)}
    X["zone"] = np.array([f"z{i}" for i in rng.randint(0, 40, n)], object)
    of_zone = dict(zip((f"z{i}" for i in range(40)), rng.randn(40) / 2, strict=True))
    z = 0.2 * X["count1"] - 0.1 * X["count3"] + np.array([of_zone[v] for v in X["zone"]])
    return frame(X), np.exp(z + 0.3 * rng.randn(n)) * 1000


def noisy_classes(n=2000):
    X, y = datasets.make_classification(
        n, 30, n_informative=8, n_redundant=6, n_classes=4, flip_y=0.15, random_state=0
    )
    return frame({f"x{i}": X[:, i] for i in range(30)}), y


def rings(n=2000):
    X, y = datasets.make_gaussian_quantiles(n_samples=n, n_features=10, n_classes=3, random_state=0)
    return frame({f"x{i}": X[:, i] for i in range(10)}), y


MADE = {
    "friedman 1": lambda: friedman(datasets.make_friedman1, 2000, 1.0),
    "friedman 2": lambda: friedman(datasets.make_friedman2, 1000, 100.0),
    "friedman 3": lambda: friedman(datasets.make_friedman3, 1000, 0.1),
    "shop": shop,
    "claims": skewed,
    "noisy classes": noisy_classes,
    "rings": rings,
}


def california(path):
    with open(path) as lines:
        rows = list(csv.DictReader(lines))
    numbers = [name for name in rows[0] if name != "ocean_proximity"]
    columns = {name: [float(row[name] or "nan") for row in rows] for name in numbers}
    y = np.array(columns.pop("median_house_value"))
    columns["ocean_proximity"] = np.array([row["ocean_proximity"] for row in rows], object)
    return frame(columns), y


ADULT = [
    *("age", "workclass", "fnlwgt", "education", "education-num", "marital-status"),
    *("occupation", "relationship", "race", "sex", "capital-gain", "capital-loss"),
    *("hours-per-week", "native-country", "income"),
]


def adult(path):
    with gzip.open(path, "rt") as lines:
        rows = [[v.strip() for v in row] for row in csv.reader(lines) if len(row) == len(ADULT)]
    columns = dict(zip(ADULT, zip(*rows, strict=True), strict=True))
    y = np.array([income.startswith(">50K") for income in columns.pop("income")]).astype(int)
    for name, values in columns.items():
        try:
            columns[name] = np.array(values, float)
        except ValueError:
            columns[name] = np.array([None if v == "?" else v for v in values], object)
    return frame(columns), y


def with_categories(X):
    """The frame as HistGradientBoosting takes it: text as a category, dates as numbers."""
    X = X.copy()
    for name in X.columns:
        if X[name].dtype.kind == "M":
            X[name] = X[name].astype("int64") / 86400e9
        elif X[name].dtype.kind not in "iufb":
            levels = sorted(set(X[name].dropna()))[:254]
            X[name] = X[name].astype(object).where(X[name].isin(levels)).astype("category")
            X[name] = X[name].cat.set_categories(levels)
    return X


def by_hand(classifies, seed):
    """What one writes with scikit-learn alone."""
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    columns = make_column_transformer(
        (numbers, make_column_selector(dtype_include="number")),
        (OneHotEncoder(handle_unknown="ignore"), make_column_selector(dtype_exclude="number")),
    )
    made = MLPClassifier if classifies else MLPRegressor
    net = made(hidden_layer_sizes=(128, 128), early_stopping=True, random_state=seed)
    if classifies:
        return make_pipeline(columns, net)
    from sklearn.compose import TransformedTargetRegressor

    return make_pipeline(columns, TransformedTargetRegressor(net, transformer=StandardScaler()))


def contenders(classifies, seed, presets):
    own = TabularClassifier if classifies else TabularRegressor
    boosted = HistGradientBoostingClassifier if classifies else HistGradientBoostingRegressor
    return {
        "boosting": boosted(random_state=seed, categorical_features="from_dtype"),
        "by hand": by_hand(classifies, seed),
        **{preset: own(preset=preset, random_state=seed) for preset in presets},
    }


def judged(model, train, test):
    """Error, score, log loss and seconds of a fit."""
    (X, y), (X_test, y_test) = train, test
    began = time.perf_counter()
    model.fit(X, y)
    seconds = time.perf_counter() - began
    if hasattr(model, "predict_proba"):
        p = model.predict_proba(X_test)
        score = accuracy_score(y_test, model.classes_[p.argmax(axis=1)])
        p = np.clip(p.astype(np.float64), 1e-15, 1)
        loss = log_loss(y_test, p / p.sum(axis=1, keepdims=True), labels=model.classes_)
        return 1 - score, score, loss, seconds
    predicted = model.predict(X_test)
    error = np.sqrt(np.mean((y_test - predicted) ** 2))
    return error, r2_score(y_test, predicted), None, seconds


def splits(X, y, n):
    classifies = np.asarray(y).dtype.kind != "f"
    for seed in range(n):
        parts = train_test_split(
            X, y, test_size=0.25, random_state=seed, stratify=y if classifies else None
        )
        yield seed, (parts[0], parts[2]), (parts[1], parts[3])


def measure(rounds, presets):
    """Contender -> an array (splits, 4) of what `judged` says."""
    found = {}
    for seed, (X, y), (X_test, y_test) in rounds:
        classifies = np.asarray(y).dtype.kind != "f"
        for name, model in contenders(classifies, seed, presets).items():
            prepare = with_categories if name == "boosting" else lambda X: X
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                result = judged(model, (prepare(X), y), (prepare(X_test), y_test))
            found.setdefault(name, []).append(result)
    return {name: np.array(results, float) for name, results in found.items()}


def row(name, found, preset):
    """A line of the table."""
    ours, theirs, hand = found[preset], found["boosting"], found["by hand"]
    # As many errors are no gain, none included; some where the other makes none count as -100 %.
    errors = ours[:, 0], theirs[:, 0]
    better = np.where(errors[1] > 0, 1 - errors[0] / np.maximum(errors[1], 1e-12), -1.0)
    better[errors[0] == errors[1]] = 0
    spread = better.std(ddof=1) / np.sqrt(len(better)) if len(better) > 1 else 0
    scores = [f"{each[:, 1].mean():.4f}" for each in (ours, theirs, hand)]
    losses = [
        "–" if np.isnan(each[0, 2]) else f"{each[:, 2].mean():.3f}" for each in (ours, theirs)
    ]
    seconds = np.median(ours[:, 3]), np.median(theirs[:, 3])
    return [
        *(name, *scores, f"{100 * better.mean():+.1f} ± {100 * spread:.1f} %", *losses),
        *(significant(seconds[0]), ratio(seconds[0] / seconds[1])),
    ], better.mean()


HEADER = (
    *("table", "score", "boosting", "by hand", "error", "log loss", "boosting's"),
    *("s a fit", "times boosting's"),
)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--california", type=Path, help="housing.csv with ocean_proximity")
    parser.add_argument("--adult", type=Path, nargs=2, help="adult.data and adult.test, gzipped")
    parser.add_argument("--splits", type=int, default=5)
    parser.add_argument("--presets", nargs="+", default=["default"])
    parser.add_argument("--only", nargs="+", help="names of tables")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    options.threads = effective_n_threads(None)
    tables = {name: lambda load=load: shipped(load) for name, load in SHIPPED.items()}
    tables.update(MADE)
    if options.california:
        tables["california"] = lambda: california(options.california)
    rounds = {
        name: lambda make=make: splits(*make(), options.splits) for name, make in tables.items()
    }
    if options.adult:
        train, test = map(adult, options.adult)
        rounds["adult"] = lambda: ((seed, train, test) for seed in range(options.splits))
    lines = {preset: [] for preset in options.presets}
    gains = {preset: [] for preset in options.presets}
    for name, each in rounds.items():
        if options.only and name not in options.only:
            continue
        found = measure(each(), options.presets)
        for preset in options.presets:
            line, gain = row(name, found, preset)
            lines[preset].append(line)
            gains[preset].append(gain)
            print(preset, *line, sep=" | ", flush=True)
    text = "\n\n".join(
        f"preset={preset!r}: mean error {100 * np.mean(gains[preset]):+.1f} %, better on "
        f"{percent(np.mean(np.array(gains[preset]) > 0))} of the tables\n\n"
        + markdown(HEADER, lines[preset])
        for preset in options.presets
    )
    machine.publish("tables", __doc__, text, options)


if __name__ == "__main__":
    main()
