"""Tables, raw, beside gradient boosting: ``python -m benchmarks.tables [--out FILE]``.

Each table is split at random, a quarter to test on (Adult has a split of its own), and every
contender is fitted at its defaults: the tabular estimators of this library, scikit-learn's
HistGradientBoosting (text as categories), and what one writes by hand with scikit-learn: medians,
StandardScaler and indicators before its MLP with early stopping. A score is R squared or accuracy,
the log loss is of classes; "error" is how much less this library errs (1 - accuracy, or RMSE) than
HistGradientBoosting, relatively, as a mean over the splits with its standard error. Times are of
one fit, in seconds of the wall, all by turns in one process. With --catboost there are CatBoost's
defaults beside them, too; --budget gives the fits of preset='best' so many seconds each.
"""

import argparse
import time
import warnings
from pathlib import Path
from typing import NamedTuple

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
from benchmarks.layout import markdown, percent, ratio, significant
from benchmarks.table_sets import MADE, SHIPPED, adult, california, shipped
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


def measure(rounds, options):
    """Contender -> an array (splits, 4) of what `judged` says."""
    found = {}
    for seed, (X, y), (X_test, y_test) in rounds:
        classifies = np.asarray(y).dtype.kind != "f"
        for name, model in contenders(classifies, seed, options).items():
            prepare = PREPARED.get(name, lambda X: X)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                result = judged(model, (prepare(X), y), (prepare(X_test), y_test))
            found.setdefault(name, []).append(result)
    return {name: np.array(results, float) for name, results in found.items()}


def gain(errors, others):
    """How much less is erred, relatively, in each split. As many errors are no gain, none included;
    some where the other makes none count as -100 %."""
    better = np.where(others > 0, 1 - errors / np.maximum(others, 1e-12), -1.0)
    better[errors == others] = 0
    return better


def standard_error(values):
    return values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else 0.0


class Line(NamedTuple):
    """A table's: cells, the mean gain, whether more is erred than by boosting beyond two standard
    errors of the difference, the ratio of times, the gain over CatBoost."""

    cells: list
    gain: float
    worse: bool
    times: float
    over_catboost: float | None


def line(name, found, preset):
    ours, theirs = found[preset], found["boosting"]
    others = [found[n] for n in ("boosting", "by hand", "catboost") if n in found]
    better, difference = gain(ours[:, 0], theirs[:, 0]), ours[:, 0] - theirs[:, 0]
    scores = [f"{each[:, 1].mean():.4f}" for each in (ours, *others)]
    losses = [
        "–" if np.isnan(each[0, 2]) else f"{each[:, 2].mean():.3f}" for each in (ours, theirs)
    ]
    seconds = [np.median(each[:, 3]) for each in (ours, theirs)]
    over = gain(ours[:, 0], found["catboost"][:, 0]).mean() if "catboost" in found else None
    cells = [
        *(name, len(ours), *scores),
        f"{100 * better.mean():+.1f} ± {100 * standard_error(better):.1f} %",
        *(*losses, significant(seconds[0]), ratio(seconds[0] / seconds[1])),
    ]
    worse = difference.mean() > 2 * standard_error(difference) > 0
    return Line(cells, better.mean(), worse, seconds[0] / seconds[1], over)


def header(options):
    return (
        *("table", "splits", "score", "boosting", "by hand"),
        *(("CatBoost",) if options.catboost else ()),
        *("error", "log loss", "boosting's", "s a fit", "times boosting's"),
    )


def summary(preset, lines, options):
    """A preset's table, with what there is to say of all of it."""
    worse = [each.cells[0] for each in lines if each.worse]
    says = [
        f"mean error {100 * np.mean([each.gain for each in lines]):+.1f} %",
        f"better on {percent(np.mean([each.gain > 0 for each in lines]))} of the tables",
        f"worse beyond two standard errors: {', '.join(worse) or 'none'}",
        f"the median of times is {ratio(np.median([each.times for each in lines]))} boosting's",
    ]
    if options.catboost:
        over = [each.over_catboost for each in lines]
        says.append(
            f"of CatBoost's errors {100 * np.mean(over):+.1f} %, better on "
            f"{percent(np.mean(np.array(over) > 0))}"
        )
    cells = [each.cells for each in lines]
    return f"preset={preset!r}: {'; '.join(says)}\n\n" + markdown(header(options), cells)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--california", type=Path, help="housing.csv with ocean_proximity")
    parser.add_argument("--adult", type=Path, nargs=2, help="adult.data and adult.test, gzipped")
    parser.add_argument("--splits", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=5, help="splits of California, fits of Adult")
    parser.add_argument("--presets", nargs="+", default=["default"])
    parser.add_argument("--budget", type=float, help="seconds of a fit of preset='best'")
    parser.add_argument("--catboost", action="store_true", help="which is installed apart")
    parser.add_argument("--only", nargs="+", help="names of tables")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    options.threads = effective_n_threads(None)
    tables = {name: lambda load=load: shipped(load) for name, load in SHIPPED.items()}
    tables.update(MADE)
    rounds = {
        name: lambda make=make: splits(*make(), options.splits) for name, make in tables.items()
    }
    if options.california:
        rounds["california"] = lambda: splits(*california(options.california), options.seeds)
    if options.adult:
        train, test = map(adult, options.adult)
        rounds["adult"] = lambda: ((seed, train, test) for seed in range(options.seeds))
    lines = {preset: [] for preset in options.presets}
    for name, each in rounds.items():
        if options.only and name not in options.only:
            continue
        found = measure(each(), options)
        for preset in options.presets:
            lines[preset].append(line(name, found, preset))
            print(preset, *lines[preset][-1].cells, sep=" | ", flush=True)
    text = "\n\n".join(summary(preset, lines[preset], options) for preset in options.presets)
    machine.publish("tables", __doc__, text, options)


if __name__ == "__main__":
    main()
