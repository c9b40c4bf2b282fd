"""Public classes are of the module that users import them from, and their examples run."""

import doctest
import importlib
import inspect
import pickle
import pydoc
import re

import numpy as np
import pytest
from sklearn.utils import estimator_html_repr

import fastnn
from fastnn import MLPClassifier, MLPRegressor, Network, Predictor, schedules

MODULES = [
    "fastnn",
    *(f"fastnn.{name}" for name in ("layers", "losses", "optimizers", "schedules")),
]
MORE = [
    "fastnn.data",
    "fastnn.initializers",
    "fastnn.inspection",
    "fastnn.export",
    "fastnn.activations",
]


def public(modules):
    for module in modules:
        try:
            found = importlib.import_module(module)
        except ModuleNotFoundError:
            continue
        for name in found.__all__:
            yield pytest.param(module, getattr(found, name), id=f"{module}.{name}")


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(("module", "thing"), public([*MODULES, *MORE]))
def test_examples_run(module, thing):
    if not (inspect.isclass(thing) or inspect.isfunction(thing)):
        pytest.skip("has no docstring of its own")
    runner = doctest.DocTestRunner()
    for test in doctest.DocTestFinder().find(thing, thing.__name__, module=False, globs={}):
        runner.run(test)
    assert runner.summarize(verbose=False).failed == 0


@pytest.mark.parametrize(("module", "thing"), public([*MODULES, *MORE]))
def test_fitted_names_are_code(module, thing):
    # A bare ``coefs_`` is a link to nowhere for the site, which is not built where tests run.
    text = re.sub(r"``.*?``|`.*?`", "", inspect.getdoc(thing) or "", flags=re.S)
    text = re.sub(r"^\s*(>>>|\.\.\. ).*|^\w+ : .*|^(\w+_, )*\w+_( :.*)?$", "", text, flags=re.M)
    assert not re.findall(r"(?<![\w.])[a-z]\w*_(?![\w(])", text)


@pytest.mark.parametrize(("module", "thing"), public(MODULES))
def test_classes_are_where_they_are_imported_from(module, thing):
    if not inspect.isclass(thing) or issubclass(thing, Exception):
        pytest.skip("is no class, or one of fastnn.exceptions")
    assert thing.__module__ == module
    assert pickle.loads(pickle.dumps(thing)) is thing
    assert b"fastnn." + thing.__name__.encode() not in pickle.dumps(thing)


def test_pickles_name_no_file():
    X = np.eye(4)
    models = [
        MLPClassifier((3,), schedule=schedules.Cosine(), max_iter=2),
        MLPRegressor(solver="lbfgs", hidden_layer_sizes=()),
    ]
    for model in models:
        with np.errstate(all="ignore"):
            model.set_params(tol=1e9).fit(X, [0, 1, 0, 1])
        names = [str(name) for name in _modules_of(pickle.dumps(model))]
        assert {n for n in names if n.startswith("fastnn")} <= {"fastnn", "fastnn.schedules"}
        assert pickle.loads(pickle.dumps(model)).predict(X).shape == (4,)
    assert repr(MLPClassifier) == "<class 'fastnn.MLPClassifier'>"
    for cls in (Network, Predictor):
        assert repr(cls) == f"<class 'fastnn.{cls.__name__}'>"


def _modules_of(pickled):
    import pickletools

    strings = []
    for opcode, argument, _ in pickletools.genops(pickled):
        if opcode.name == "GLOBAL":
            yield argument.split(" ")[0]
        elif opcode.name == "STACK_GLOBAL":
            yield strings[-2]
        elif isinstance(argument, str):
            strings.append(argument)


@pytest.mark.parametrize("cls", [MLPClassifier, MLPRegressor])
def test_help_is_there(cls):
    assert "hidden_layer_sizes" in inspect.signature(cls).parameters
    assert "hidden_layer_sizes" in pydoc.render_doc(cls, renderer=pydoc.plaintext)
    assert "def fit" in inspect.getsource(cls.fit)
    assert inspect.getmodule(cls) is fastnn
    assert cls.__name__ in estimator_html_repr(cls())
