"""Look whether this installation works: kernels, threads, packages, a model scored and saved."""

import importlib.util
import io

from fastnn.cli.errors import FAILED

HELP = "check this installation"

_PACKAGES = {
    "sklearn": "training (scikit-learn)",
    "scipy": "training (SciPy)",
    "pandas": "tables of pandas",
    "pyarrow": "Parquet, tables of Arrow",
    "onnx": "writing ONNX",
    "matplotlib": "pictures of fastnn.inspection",
}

_ABSENT = " (not installed)"


def add_arguments(parser):
    parser.add_argument("--verbose", action="store_true", help="show what a failure raised")


def run(options):
    failed = 0
    for name, check in _CHECKS.items():
        try:
            print(f"ok    {name}: {check()}")
        except Exception as error:  # whatever it is, it is what a doctor looks for
            failed += 1
            print(f"FAIL  {name}: {' '.join(str(error).split())}")
            if options.verbose:
                raise
    for package, use in _PACKAGES.items():
        found = importlib.util.find_spec(package) is not None
        print(f"{'ok   ' if found else '--   '} {package}: {use}{'' if found else _ABSENT}")
    return FAILED if failed else 0


def _kernels():
    from fastnn._config import config

    facts = config()
    kernels = f"{facts['isa']} of {', '.join(facts['isas_available'])}, by {facts['compiler']}"
    return f"{kernels}; AMX: {facts['amx']}"


def _threads():
    from fastnn._kernels.native import table
    from fastnn.threads import effective_n_threads

    built = "with OpenMP" if table.openmp() else "built without OpenMP"
    return f"{effective_n_threads()}, {built}"


def _scoring():
    import numpy as np

    from fastnn.cli.bench import made_up, rows_for
    from fastnn.scoring.predictor import Predictor

    model = made_up()
    h = X = rows_for(model, 50).astype(np.float64)
    for node in model.nodes:
        if node.kind == "dense":
            h = h @ node.arrays["weight"] + node.arrays["bias"]
        else:
            h = np.maximum(h, 0)
    p = np.exp(h - h.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    for dtype, bound in (("float32", 1e-5), ("float64", 1e-12)):
        found = Predictor(model, dtype).predict_proba(X)
        if not np.abs(found - p).max() < bound:
            raise ValueError(f"{dtype} differs from NumPy by {np.abs(found - p).max():.2g}")
    return "as NumPy computes it, in float32 and float64"


def _files():
    from fastnn.cli.bench import made_up, rows_for
    from fastnn.persistence import load, save
    from fastnn.scoring.predictor import Predictor

    predictor, file = Predictor(made_up()), io.BytesIO()
    save(predictor, file)
    rows = rows_for(predictor._model, 3)
    if not (load(file.getvalue()).predict_proba(rows) == predictor.predict_proba(rows)).all():
        raise ValueError("a model that was saved and loaded scores otherwise")
    return f"a model of {len(file.getvalue()):,} bytes, saved and loaded to the bit"


def _training():
    if importlib.util.find_spec("sklearn") is None:
        return "left out, as scikit-learn is not installed"
    import warnings

    import numpy as np

    from fastnn.estimators import MLPClassifier

    X = np.random.RandomState(0).normal(size=(200, 4))
    y = X[:, 0] * X[:, 1] > 0
    model = MLPClassifier((16,), max_iter=200, learning_rate_init=0.02, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        score = model.fit(X, y).score(X, y)
    if score < 0.8:
        raise ValueError(f"a network that should learn XOR gets {score:.0%} right")
    return "a network learns XOR"


_CHECKS = {
    "kernels": _kernels,
    "threads": _threads,
    "scoring": _scoring,
    "files": _files,
    "training": _training,
}
