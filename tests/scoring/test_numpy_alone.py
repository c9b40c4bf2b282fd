"""Scoring a saved model needs NumPy alone: nothing else is imported, or has to be installed."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pytest

import fastnn
from fastnn import MLPClassifier, Network, Predictor, _cpus
from fastnn.layers import BatchNorm, Dense, Residual

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

OTHERS = ("sklearn", "scipy", "joblib", "threadpoolctl")

#: As if they were not installed.
BLOCKED = f"""
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {OTHERS}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Blocked())
"""


def run(code, *arguments):
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module", name="X")
def rows_of_five():
    return np.random.RandomState(0).normal(size=(40, 5)).astype(np.float32)


def saved(X, tmp_path):
    """(file, rows, what the model says of them, whether that is probabilities) of three models."""
    y = np.where(X[:, 0] > 0, "yes", "no")
    model = MLPClassifier((6,), max_iter=30, batch_norm=True, random_state=0).fit(X, y)
    net = Network([Dense(8, "tanh"), Residual([Dense(8), BatchNorm()]), Dense(1)], random_state=0)
    net.fit(X, X[:, :1] ** 2, epochs=2)
    rows = tmp_path / "rows.npy"
    np.save(rows, X)
    predictor = Predictor(model)
    expected = [model.predict_proba(X), predictor.predict_proba(X), net.predict(X)]
    for number, (thing, values) in enumerate(zip([model, predictor, net], expected, strict=True)):
        path = tmp_path / f"{number}.fastnn"
        fastnn.save(thing, path)
        yield path, rows, values, number < 2


def test_a_saved_model_scores_where_only_numpy_is_installed(X, tmp_path):
    code = BLOCKED + (
        "import fastnn, numpy as np\n"
        "X, model = np.load(sys.argv[2]), fastnn.load(sys.argv[1])\n"
        "score = model.predict_proba if sys.argv[4] == 'True' else model.predict\n"
        "assert fastnn.Predictor(sys.argv[1]).predict(X[0]) is not None\n"
        "assert type(model) is fastnn.Predictor, model\n"
        "assert score(list(X[0]), n_jobs=-1).shape[0] == 1\n"
        "np.save(sys.argv[3], score(X))\n"
    )
    for path, rows, expected, probabilities in saved(X, tmp_path):
        run(code, path, rows, tmp_path / "found.npy", probabilities)
        found = np.load(tmp_path / "found.npy")
        assert found.dtype == expected.dtype
        np.testing.assert_allclose(found, expected.reshape(found.shape), rtol=1e-5)


def test_scoring_imports_nothing_more_where_it_is(X, tmp_path):
    """A budget in modules, not in time: -X importtime shows where a new one comes from."""
    path = next(saved(X, tmp_path))[0]
    fastnn.save(Predictor(path), path)
    code = (
        "import sys, numpy as np; before = set(sys.modules); import fastnn\n"
        "fastnn.load(sys.argv[1]).predict_proba(np.zeros(5))\n"
        "print(*{name.split('.')[0] for name in set(sys.modules) - before})\n"
        "print(sum(name.startswith('fastnn') for name in sys.modules))"
    )
    names, own = run(code, path).splitlines()
    assert not set(names.split()) & {*OTHERS, "pandas", "argparse", "http"}
    assert int(own) <= 150  # 147, a third of what there is


def test_what_training_needs_is_asked_for_by_name():
    code = BLOCKED + (
        "import fastnn\n"
        "try: fastnn.MLPClassifier\n"
        "except ImportError as error: print(error)\n"
        "print(fastnn.config()['sklearn'])"
    )
    message, _ = run(code).splitlines()
    assert re.match("fastnn.MLPClassifier needs (SciPy|scikit-learn), which is not in", message)
    assert "pip install fastnn-cpu" in message


def test_names_are_all_there():
    """At once for `dir`, for `import *`, for type checkers; and nowhere else."""
    assert set(fastnn.__all__) <= set(dir(fastnn))
    for name in fastnn.__all__:
        assert getattr(fastnn, name) is not None
    assert not hasattr(fastnn, "nothing")
    tree = ast.parse(Path(fastnn.__file__).read_text())
    (checked,) = (
        node
        for node in tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    )
    seen = {a.name: node.module for node in checked.body for a in node.names}
    modules = {name for name, module in seen.items() if module == "fastnn"}
    assert modules == fastnn._MODULES
    assert {n: m for n, m in seen.items() if n not in modules} == fastnn._HOMES
    assert set(seen) <= set(fastnn.__all__)


def test_classes_are_of_the_package_however_they_come():
    code = (
        "import pickle, sys\n"
        "from fastnn.estimators.mlp.classifier import MLPClassifier\n"
        "from fastnn.network.network import Network\n"
        "from fastnn.scoring.predictor import Predictor\n"
        "import fastnn\n"
        "for cls in (MLPClassifier, Network, Predictor):\n"
        "    assert cls.__module__ == 'fastnn' and pickle.loads(pickle.dumps(cls)) is cls\n"
        "    assert getattr(fastnn, cls.__name__) is cls"
    )
    run(code)


def test_as_many_cpus_as_joblib_counts(monkeypatch):
    assert _cpus.cpu_count() == joblib.cpu_count()
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "1")
    assert _cpus.cpu_count() == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [("150000 100000", 2), ("max 100000", 8), ("50000 100000", 1), ("nonsense", 8)],
)
def test_a_quota_is_rounded_up(monkeypatch, tmp_path, text, expected):
    quota = tmp_path / "cpu.max"
    quota.write_text(f"{text}\n")
    monkeypatch.setattr(_cpus, "_QUOTA_V2", quota)
    assert _cpus._quota(8) == expected
