"""Tables with all that real ones have."""

import numpy as np
import pandas as pd

__all__ = ["every_kind_of_column", "with_gaps"]


def every_kind_of_column(n, seed=0):
    """A frame of n rows with a column of every dtype, and targets: class names and values."""
    rng = np.random.RandomState(seed)
    number = rng.randn(n)
    color = rng.choice(["red", "green", "blue"], n)
    day = np.datetime64("2024-01-01") + rng.randint(0, 700, n).astype("m8[D]")
    many = rng.randint(0, 10_000, n)
    X = pd.DataFrame(
        {
            "float": number,
            "float32": rng.rand(n).astype(np.float32),
            "int": rng.randint(0, 9, n),
            "Int64": pd.array(rng.randint(0, 99, n), dtype="Int64"),
            "bool": rng.rand(n) < 0.5,
            "boolean": pd.array(rng.rand(n) < 0.5, dtype="boolean"),
            "text": pd.array(color, dtype="str"),
            "objects": np.array([f"level {i % 12}" for i in many], dtype=object),
            "category": pd.Categorical(color, categories=["red", "green", "blue", "unused"]),
            "many": np.array([f"id {i}" for i in many], dtype=object),
            "date": day.astype("M8[ns]"),
            "zoned": pd.Series(day.astype("M8[ns]")).dt.tz_localize("Europe/Rome"),
            "since": (day - np.datetime64("2024-01-01")).astype("m8[s]"),
            "huge": rng.lognormal(0, 30, n),
            "constant": np.ones(n),
            "nothing": np.full(n, np.nan),
        }
    )
    month = pd.Series(day).dt.month.to_numpy()
    values = 2 * number + (color == "red") + np.cos(month / 12 * 2 * np.pi) + 0.1 * rng.randn(n)
    return X, np.array(["low", "high"])[(values > 0.3).astype(int)], 1000 + 50 * values


def with_gaps(X, share=0.3, seed=1):
    """The frame with that share of its entries missing."""
    rng = np.random.RandomState(seed)
    X = X.copy()
    for name in X.columns:
        gaps = rng.rand(len(X)) < share
        if X[name].dtype.kind == "b" and str(X[name].dtype) == "bool":
            X[name] = X[name].astype("boolean")
        if X[name].dtype.kind == "i":
            X[name] = X[name].astype(float)
        X[name] = X[name].mask(gaps)
    return X
