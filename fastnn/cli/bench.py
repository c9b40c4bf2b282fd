"""Time a model on this machine: one row, and batches; without a model, a network of 100-128-64-10.

Rows are made up: numbers are drawn, labels are those that the model knows. Times are medians.
"""

import time
from statistics import median

from fastnn.cli.columns import columns_of

HELP = "time a model on this machine"


def add_arguments(parser):
    parser.add_argument("model", nargs="?", help="a model file; default: a network made up")
    parser.add_argument("--rows", type=int, nargs="+", default=[1, 100, 10_000], metavar="N")
    parser.add_argument("--seconds", type=float, default=0.5, help="for each number of rows")
    parser.add_argument("--jobs", type=int, default=None, metavar="N", help="most threads")


def run(options):
    from fastnn.cli.errors import CommandError
    from fastnn.scoring.predictor import Predictor

    if min(options.rows) < 1:
        raise CommandError("--rows must be at least 1 each")
    predictor = Predictor(options.model if options.model else made_up())
    method = "predict_proba" if predictor._model.has_probabilities else "predict"
    score = getattr(predictor, method)
    print(f"{predictor!r}, {method}")
    for n in options.rows:
        rows = rows_for(predictor._model, n)
        seconds = _median_time(lambda rows=rows: score(rows, n_jobs=options.jobs), options.seconds)
        print(f"{n:>9,} rows  {1e6 * seconds:>12,.1f} µs  {n / seconds:>14,.0f} rows a second")


def made_up():
    """A network with drawn weights, of which scikit-learn need not be there."""
    import numpy as np

    from fastnn.model.head import Head
    from fastnn.model.model import Model
    from fastnn.model.nodes import INPUT, Node

    rng, nodes, n_in = np.random.RandomState(0), [], 100
    for n in (128, 64, 10):
        arrays = {"weight": rng.normal(size=(n_in, n)) / n_in**0.5, "bias": np.zeros(n)}
        nodes.append(Node("dense", (len(nodes) - 1 if nodes else INPUT,), arrays))
        if n > 10:
            nodes.append(Node("activation", (len(nodes) - 1,), {}, {"name": "relu"}))
        n_in = n
    return Model(100, nodes, Head("classifier", "softmax", "float64", np.arange(10)))


def rows_for(model, n):
    """So many rows that the model takes: an array, or lists of labels and numbers."""
    import numpy as np

    rng = np.random.RandomState(0)
    if model.front is None:
        return rng.normal(size=(n, model.n_features_in)).astype(model.dtype)
    columns = []
    for column in columns_of(model):
        numbers = rng.normal(size=n).tolist()
        labels = column.labels
        columns.append([labels[i % len(labels)] for i in range(n)] if labels else numbers)
    rows = [list(row) for row in zip(*columns, strict=True)]
    return rows if n > 1 else rows[0]


def _median_time(call, seconds):
    call()
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 3:
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return median(times)
