"""The tables that `benchmarks.tables` measures on: of scikit-learn, made here, or read."""

import csv
import gzip

import numpy as np
from sklearn import datasets

__all__ = ["ISLP", "MADE", "SHIPPED", "adult", "california", "frame", "islp", "shipped", "wide"]

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


#: Tables of the package ISLP, by file: what is predicted, and what would tell it.
ISLP = {
    "auto": ("Auto", "mpg", []),
    "bikeshare": ("Bikeshare", "bikers", ["casual", "registered"]),
    "boston": ("Boston", "medv", []),
    "caravan": ("Caravan", "Purchase", []),
    "carseats": ("Carseats", "Sales", []),
    "college": ("College", "Outstate", []),
    "credit": ("Credit", "Balance", ["ID"]),
    "default": ("Default", "default", []),
    "hitters": ("Hitters", "Salary", []),
    "oj": ("OJ", "Purchase", []),
    "wage": ("Wage", "wage", ["logwage"]),
}


def islp(folder, name, target, left_out):
    """A table of ISLP's: rows with a target; numbers as targets are values, and text is classes."""
    import pandas as pd

    X = pd.read_csv(folder / f"{name}.csv")
    X = X[X[target].notna()].drop(columns=left_out).reset_index(drop=True)
    y = X.pop(target)
    return X, y.to_numpy(float) if y.dtype.kind in "iuf" else y.to_numpy(object).astype(str)


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


def wide(n_rows, n_columns):
    """Rows of float32 numbers in a frame of one piece, and a target of some of them."""
    import pandas as pd

    rng = np.random.default_rng(0)
    X = rng.standard_normal((n_rows, n_columns), dtype=np.float32)
    y = X[:, 0] * X[:, 1] + np.sin(2 * X[:, 2]) + np.abs(X[:, 3])
    y += rng.standard_normal(n_rows, dtype=np.float32) / 2
    return pd.DataFrame(X, columns=[f"x{i}" for i in range(n_columns)], copy=False), y
