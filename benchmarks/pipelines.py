"""Whole pipelines scored: python -m benchmarks.pipelines --adult DATA.gz TEST.gz --california CSV.

Each pipeline is fitted on its table and then scored by a Predictor, by scikit-learn itself, and, as
skl2onnx converts it (of classifiers), by onnxruntime: one row, as a dict, a frame of one row, and
arrays of one element a column; and 30,000 rows (those of the table, from its start again if they
are few), as a frame of pandas, and as arrays a column. All use one thread, and take turns; times
are medians, and ratios, how many times as long the others take, are medians of those within a
round. "Differs" is the largest difference of a probability, or of a prediction in spreads of the
target, over all rows. What float32 cannot hold differs: unscaled numbers of a hundred thousand.
"""

import argparse
import time
import warnings
from pathlib import Path
from statistics import median

import numpy as np
from sklearn.compose import (
    TransformedTargetRegressor,
    make_column_selector,
    make_column_transformer,
)
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    KBinsDiscretizer,
    OneHotEncoder,
    OrdinalEncoder,
    RobustScaler,
    StandardScaler,
    TargetEncoder,
)
from threadpoolctl import threadpool_limits

from benchmarks import layout, machine, tables
from fastnn import MLPClassifier, MLPRegressor, Predictor

ROWS = 30_000
ROUNDS = 7

numbers = make_column_selector(dtype_include="number")
labels = make_column_selector(dtype_exclude="number")


def one_hot(**options):
    return OneHotEncoder(handle_unknown="ignore", **options)


def chains():
    """Name -> what the columns of numbers and those of labels go through."""
    filled = SimpleImputer(strategy="median")
    frequent = SimpleImputer(strategy="most_frequent")
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    bins = KBinsDiscretizer(8, quantile_method="averaged_inverted_cdf")
    scaler = StandardScaler()
    return {
        "median, standard; one-hot": (make_pipeline(filled, scaler), one_hot()),
        "mean and gaps, robust; frequent, one-hot": (
            make_pipeline(SimpleImputer(add_indicator=True), RobustScaler()),
            make_pipeline(frequent, one_hot(sparse_output=False)),
        ),
        "bins; rare ones together": (
            make_pipeline(filled, bins),
            OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=50),
        ),
        "standard; codes": (
            make_pipeline(filled, scaler),
            make_pipeline(frequent, codes, StandardScaler()),
        ),
        "standard; means of targets": (
            make_pipeline(filled, scaler),
            make_pipeline(TargetEncoder(), StandardScaler()),
        ),
    }


def fitted(chain, X, y, classifies):
    """The pipeline, of few epochs: how well it predicts is no matter here."""
    columns = make_column_transformer((chain[0], numbers), (chain[1], labels))
    network = MLPClassifier if classifies else MLPRegressor
    pipeline = make_pipeline(columns, network(hidden_layer_sizes=(64, 32), max_iter=3, n_jobs=1))
    if not classifies:
        pipeline = TransformedTargetRegressor(pipeline, transformer=StandardScaler())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pipeline.fit(X, y)


def onnx_session(pipeline, X):
    """A function from arrays by column to outputs, and from a frame to such arrays; or None."""
    import onnxruntime
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType

    from fastnn import register_with_skl2onnx

    register_with_skl2onnx()
    kinds = {name: np.float32 if X[name].dtype.kind in "fi" else object for name in X}
    of_kind = {np.float32: FloatTensorType, object: StringTensorType}
    types = [(name, of_kind[kind]([None, 1])) for name, kind in kinds.items()]
    try:
        proto = to_onnx(pipeline, initial_types=types, options={"zipmap": False})
    except Exception:  # whatever skl2onnx has no converter for
        return None
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = settings.inter_op_num_threads = 1
    settings.log_severity_level = 4
    session = onnxruntime.InferenceSession(proto.SerializeToString(), settings)

    def arrays(frame):
        columns = {k: frame[k] if kinds[k] is np.float32 else frame[k].fillna("") for k in kinds}
        return {name: c.to_numpy(kinds[name])[:, None] for name, c in columns.items()}

    return session, arrays


def seconds(call, least=0.05):
    """Of a call, as the mean over at least so long."""
    n, begin = 0, time.perf_counter()
    while n == 0 or time.perf_counter() - begin < least:
        call()
        n += 1
    return (time.perf_counter() - begin) / n


def measure(pipeline, X, classifies, spread):
    """One row of the table."""
    method = "predict_proba" if classifies else "predict"
    expected = getattr(pipeline, method)(X)
    differs = [
        float(np.abs(getattr(Predictor(pipeline, dtype), method)(X) - expected).max()) / spread
        for dtype in ("float32", "float64")
    ]
    same = not classifies or (Predictor(pipeline).predict(X) == pipeline.predict(X)).all()
    score = getattr(Predictor(pipeline), method)
    n = len(X)
    many = X.iloc[np.arange(ROWS) % n].reset_index(drop=True)
    one, row = X.iloc[:1], X.iloc[0].to_dict()
    calls = {
        "row": (lambda: score(row, n_jobs=1), lambda: getattr(pipeline, method)(one)),
        "rows": (lambda: score(many, n_jobs=1), lambda: getattr(pipeline, method)(many)),
    }
    onnx = onnx_session(pipeline, X) if classifies else None
    if onnx:
        session, arrays = onnx
        for name, frame in (("row", one), ("rows", many)):
            fed = arrays(frame)
            calls[name] += (lambda fed=fed: session.run(None, fed),)
    times = {name: [[] for _ in found] for name, found in calls.items()}
    with threadpool_limits(1):
        for _ in range(ROUNDS):
            for name, found in calls.items():
                for to, call in zip(times[name], found, strict=True):
                    to.append(seconds(call))
    cells = []
    for name, unit, text in (("row", 1e6, "µs"), ("rows", 1e3, "ms")):
        ours, *others = times[name]
        cells.append(f"{layout.significant(unit * median(ours))} {text}")
        ratios = [median(b / a for a, b in zip(ours, o, strict=True)) for o in others]
        cells += [layout.ratio(r) for r in [*ratios, *[None] * (2 - len(ratios))]]
    return [*cells, "yes" if same else "NO", *(f"{d:.1e}" for d in differs)]


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pipelines", description=__doc__)
    parser.add_argument("--california", type=Path, help="housing.csv with ocean_proximity")
    parser.add_argument("--adult", type=Path, nargs=2, help="adult.data and adult.test, gzipped")
    parser.add_argument("--out", type=Path, help="page to write, docs/benchmarks-pipelines.md")
    options = parser.parse_args()
    options.threads = 1
    found = {}
    if options.adult:
        found["Adult"] = tables.adult(options.adult[0])
    if options.california:
        found["California housing"] = tables.california(options.california)
    if not found:
        parser.error("pass --adult, --california or both")
    lines = []
    for name, (X, y) in found.items():
        classifies = name == "Adult"
        X.columns = [column.replace("-", "_") for column in X.columns]  # names that skl2onnx takes
        spread = 1.0 if classifies else float(np.std(y))
        for chain, steps in chains().items():
            pipeline = fitted(steps, X, y, classifies)
            lines.append([name, chain, *measure(pipeline, X, classifies, spread)])
            print(*lines[-1], flush=True)
    header = [
        *("table", "numbers; labels", "a row", "scikit-learn", "onnxruntime"),
        *("30,000 rows", "scikit-learn", "onnxruntime", "labels alike"),
        *("differs, float32", "float64"),
    ]
    machine.publish("pipelines", __doc__, layout.markdown(header, lines), options)


if __name__ == "__main__":
    main()
