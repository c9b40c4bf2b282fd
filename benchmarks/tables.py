"""Tables, raw, beside gradient boosting: ``python -m benchmarks.tables [--out FILE]``.

Each table is split at random, a quarter to test on (Adult has a split of its own), and every
contender is fitted at its defaults: the tabular estimators of this library, scikit-learn's
HistGradientBoosting (text as categories), and what one writes by hand with scikit-learn: medians,
StandardScaler and indicators before its MLP with early stopping. A score is R squared or accuracy,
the log loss is of classes; "error" is how much less this library errs (1 - accuracy, or RMSE) than
HistGradientBoosting, relatively, over all splits, with its standard error. Times are of
one fit, in seconds of the wall, all by turns in one process; a table has a time where the machine
had no other work. With --catboost there are CatBoost's defaults beside them, too; --budget gives
the fits of preset='best' so many seconds each.

--keep FILE adds each result to a file and does not measure again what is there, --read FILES takes
results of other runs, --busy says that the times of this one are not to count: errors of many
splits may come from a busy machine, and times of a few from an idle one.
"""

import argparse
import time
import warnings
from pathlib import Path

import numpy as np
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.metrics import accuracy_score, log_loss, r2_score
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from benchmarks import machine
from benchmarks.table_results import Results, summary
from benchmarks.table_sets import ISLP, MADE, SHIPPED, adult, california, islp, shipped
from fastnn import TabularClassifier, TabularRegressor
from fastnn.threads import effective_n_threads


def with_words(X):
    """The frame as CatBoost takes it: categories as text, dates as numbers."""
    X = with_categories(X)
    for name in X.columns:
        if X[name].dtype.kind not in "iufb":
            X[name] = X[name].astype(object).where(X[name].notna(), "missing")
    return X


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


def boosted_by_catboost(classifies, seed):
    """Which is no part of the project: ``pip install catboost``."""
    import catboost

    made = catboost.CatBoostClassifier if classifies else catboost.CatBoostRegressor
    return made(random_seed=seed, verbose=False, allow_writing_files=False)


def contenders(classifies, seed, options):
    own = TabularClassifier if classifies else TabularRegressor
    boosted = HistGradientBoostingClassifier if classifies else HistGradientBoostingRegressor
    found = {
        "boosting": boosted(random_state=seed, categorical_features="from_dtype"),
        "by hand": by_hand(classifies, seed),
    }
    if options.catboost:
        found["catboost"] = boosted_by_catboost(classifies, seed)
    for preset in options.presets:
        budget = options.budget if preset == "best" else None
        found[preset] = own(preset=preset, random_state=seed, time_budget=budget)
    return found


def judged(model, train, test):
    """Error, score, log loss and seconds of a fit."""
    (X, y), (X_test, y_test) = train, test
    more = {}
    if type(model).__name__.startswith("CatBoost"):
        more["cat_features"] = [n for n in X.columns if X[n].dtype.kind not in "iufb"]
    began = time.perf_counter()
    model.fit(X, y, **more)
    seconds = time.perf_counter() - began
    if hasattr(model, "predict_proba"):
        p = model.predict_proba(X_test)
        score = accuracy_score(y_test, np.asarray(model.classes_)[p.argmax(axis=1)])
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


#: What some contenders are given in the place of the frame.
PREPARED = {"boosting": with_categories, "catboost": with_words}


def measure(table, rounds, options, results):
    """Add what `judged` says of each contender in each split, but for what is kept."""
    for seed, (X, y), (X_test, y_test) in rounds:
        classifies = np.asarray(y).dtype.kind != "f"
        for name, model in contenders(classifies, seed, options).items():
            if results.has(table, name, seed):
                continue
            prepare = PREPARED.get(name, lambda X: X)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                result = judged(model, (prepare(X), y), (prepare(X_test), y_test))
            results.add(table, name, seed, result, options.busy)
            print(table, name, seed, *result, sep=" | ", flush=True)


def tables_of(options):
    """Name -> a function that gives the splits, of all tables that are asked for."""
    tables = {name: lambda load=load: shipped(load) for name, load in SHIPPED.items()}
    tables.update(MADE)
    if options.csv:
        for name, about in ISLP.items():
            tables[name] = lambda about=about: islp(options.csv, *about)
    rounds = {
        name: lambda make=make: splits(*make(), options.splits) for name, make in tables.items()
    }
    if options.california:
        rounds["california"] = lambda: splits(*california(options.california), options.seeds)
    if options.adult:
        train, test = map(adult, options.adult)
        rounds["adult"] = lambda: ((seed, train, test) for seed in range(options.seeds))
    return {n: each for n, each in rounds.items() if options.only is None or n in options.only}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--california", type=Path, help="housing.csv with ocean_proximity")
    parser.add_argument("--adult", type=Path, nargs=2, help="adult.data and adult.test, gzipped")
    parser.add_argument("--csv", type=Path, help="ISLP/data of the package ISLP, unpacked")
    parser.add_argument("--splits", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=5, help="splits of California, fits of Adult")
    parser.add_argument("--presets", nargs="+", default=["default"])
    parser.add_argument("--budget", type=float, help="seconds of a fit of preset='best'")
    parser.add_argument("--catboost", action="store_true", help="which is installed apart")
    parser.add_argument("--only", nargs="*", help="names of tables; of none, nothing is measured")
    parser.add_argument("--keep", type=Path, help="file of results to go on with")
    parser.add_argument("--read", type=Path, nargs="+", default=[], help="files of further results")
    parser.add_argument("--busy", action="store_true", help="times are not to count")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    options.threads = effective_n_threads(None)
    results = Results(options.keep, options.read)
    for name, rounds in tables_of(options).items():
        measure(name, rounds(), options, results)
    others = ["boosting", "by hand", *(["catboost"] if options.catboost else [])]
    text = "\n\n".join(summary(preset, results, others) for preset in options.presets)
    machine.publish("tables", __doc__, text, options)


if __name__ == "__main__":
    main()
