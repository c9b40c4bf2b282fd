"""From a CSV to a served model in ten lines, and what the same table costs by hand.

The table has text, gaps and a date. By hand one has to choose an imputer, a scaler and an encoder,
say which columns they are for, and give up the date; and a row without a value for each column is
an error.
"""

import csv
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import fastnn


def write_table(path, n=1500):
    """Orders of a shop, and whether the customer came back."""
    rng = np.random.RandomState(0)
    kind = rng.choice(["book", "shoe", "toy", "tool"], n)
    price, day = np.exp(rng.randn(n) + 3), rng.randint(0, 720, n)
    z = 1.0 * (kind == "book") - 1.0 * ((kind == "shoe") & (price > 25)) + 1.5 * np.sin(day / 58)
    back = rng.rand(n) < 1 / (1 + np.exp(-2 * z))
    with open(path, "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["kind", "price", "day", "back"])
        for i in range(n):
            when = np.datetime64("2024-01-01") + day[i]
            asked = "" if rng.rand() < 0.1 else f"{price[i]:.2f}"
            rows.writerow([kind[i], asked, when, ["no", "yes"][int(back[i])]])


def ten_lines(path, model_path):
    table = pd.read_csv(path, parse_dates=["day"])
    y = table.pop("back")
    model = fastnn.TabularClassifier(preset="fast", random_state=0)
    model.fit(table[:1000], y[:1000])
    fastnn.save(model, model_path)
    for column in model.describe_columns():
        print(f"{column['name']}: {column['becomes']}")
    return model, table[1000:], y[1000:]


def serve(model_path):
    predictor = fastnn.Predictor(model_path)  # NumPy is all that it needs
    order = {"kind": "shoe", "price": None, "day": "2025-12-01"}
    return predictor.predict_proba(order)[0]


def by_hand(path):
    """What one writes without: the columns' treatment is part of the program."""
    table = pd.read_csv(path)
    y = table.pop("back")
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    columns = make_column_transformer(
        (numbers, make_column_selector(dtype_include="number")),
        (OneHotEncoder(handle_unknown="ignore"), ["kind"]),
    )
    net = fastnn.MLPClassifier(early_stopping=True, random_state=0, max_iter=100)
    return make_pipeline(columns, net).fit(table[:1000], y[:1000]), table[1000:], y[1000:]


def main():
    with tempfile.TemporaryDirectory() as folder:
        path, model_path = Path(folder) / "orders.csv", Path(folder) / "orders.fastnn"
        write_table(path)
        results = {"table": score(*ten_lines(path, model_path)), "by hand": score(*by_hand(path))}
        results["served"] = serve(model_path)
    for name in ("table", "by hand"):
        accuracy, loss = results[name]
        print(f"{name}: accuracy {accuracy:.3f}, log loss {loss:.3f}")
    print(f"one order with a gap, served: {results['served'].round(3)}")
    return results


def score(model, rows, y):
    return model.score(rows, y), log_loss(y, model.predict_proba(rows))


if __name__ == "__main__":
    from command_line import run

    run(main)
