"""What `fastnn train` fits, and how good it is on rows that were held out."""

import warnings
from dataclasses import replace

import numpy as np


def fit(data, hidden, options):
    """The fitted model as a Predictor, and rows held out as (X, y)."""
    from sklearn.model_selection import train_test_split

    from fastnn.model.folding import as_model
    from fastnn.scoring.predictor import Predictor

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a class with one row, a constant column
        X, test_X, y, test_y = _split(train_test_split, data, options)
        make = _plain if options.preset == "plain" else _tabular
        fitted = as_model(make(data, hidden, options).fit(X, y))
    names = tuple(data.names)
    if options.preset == "plain":
        front = replace(fitted.front, names=names)
    else:
        front = fitted.front.named(names)
    return Predictor(replace(fitted, front=front)), (test_X, test_y)


def _tabular(data, hidden, options):
    from fastnn.estimators import TabularClassifier, TabularRegressor

    cls = TabularClassifier if data.classifies else TabularRegressor
    return cls(
        preset=options.preset,
        hidden_layer_sizes="auto" if hidden is None else hidden,
        random_state=options.seed,
        n_jobs=options.jobs,
    )


def _plain(data, hidden, options):
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    categories = OneHotEncoder(
        handle_unknown="infrequent_if_exist", min_frequency=5, max_categories=100
    )
    columns = ColumnTransformer(
        [("numbers", numbers, data.numbers), ("categories", categories, data.categories)]
    )
    network, scaled = _network(data, hidden or (128, 64), options)
    return scaled(make_pipeline(columns, network))


def _network(data, hidden, options):
    """The network, and what is to stand around the pipeline that ends in it."""
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.preprocessing import StandardScaler

    from fastnn.estimators import MLPClassifier, MLPRegressor

    chosen = {
        "max_iter": options.epochs or 100,
        "early_stopping": len(data.y) >= 100,
        "random_state": options.seed,
        "n_jobs": options.jobs,
    }
    if data.classifies:
        return MLPClassifier(hidden, **chosen), lambda pipeline: pipeline
    network = MLPRegressor("squared_error", hidden, **chosen)
    return network, lambda pipeline: TransformedTargetRegressor(
        pipeline, transformer=StandardScaler()
    )


def _split(split, data, options):
    chosen = {"test_size": options.held_out, "random_state": options.seed}
    if not data.classifies:
        return split(data.X, data.y, **chosen)
    try:
        return split(data.X, data.y, stratify=data.y, **chosen)
    except ValueError:  # a class with a single row
        return split(data.X, data.y, **chosen)


def evaluate(predictor, test, data):
    """Lines that say how good the predictions of rows held out are, beside a constant's."""
    X, y = test
    rows = X.tolist()
    if data.classifies:
        labels, counts = np.unique(y, return_counts=True)
        right = float(np.mean(predictor.predict(rows) == y))
        p = predictor.predict_proba(rows)
        at = np.searchsorted(predictor.classes_, y).clip(0, len(predictor.classes_) - 1)
        loss = float(-np.log(np.maximum(p[np.arange(len(y)), at], 1e-12)).mean())
        most, share = labels[counts.argmax()], counts.max() / len(y)
        yield (
            f"on {len(y):,} rows held out: accuracy {right:.4f} (always {most}: {share:.4f}),"
            f" log loss {loss:.4f}"
        )
        return
    error = y - predictor.predict(rows)
    rmse, spread = float(np.sqrt(np.mean(error**2))), float(y.std())
    yield (
        f"on {len(y):,} rows held out: error (RMSE) {rmse:.4g} (always the mean: {spread:.4g}),"
        f" R2 {1 - (rmse / spread) ** 2 if spread else 0.0:.4f}"
    )
