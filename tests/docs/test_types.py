"""Every public function and method says the types of its parameters and of what it returns."""

import inspect
import re

import pytest
from sklearn.base import BaseEstimator

import fastnn

MODULES = [fastnn, *(getattr(fastnn, name) for name in sorted(fastnn._MODULES))]


def public():
    """(name, function) of what users call, the methods of classes included."""
    for module in MODULES:
        for name in module.__all__:
            thing = getattr(module, name)
            if inspect.isfunction(thing):
                yield f"{module.__name__}.{name}", thing
            if not inspect.isclass(thing):
                continue
            for method, function in inspect.getmembers(thing, inspect.isfunction):
                if not method.startswith("_") and function.__module__.startswith("fastnn"):
                    yield f"{module.__name__}.{name}.{method}", function


@pytest.mark.parametrize(("name", "function"), list(public()))
def test_signatures_are_annotated(name, function):
    signature = inspect.signature(function)
    missing = [
        parameter
        for parameter, given in signature.parameters.items()
        if given.annotation is given.empty and parameter not in ("self", "cls")
    ]
    assert not missing
    assert signature.return_annotation is not signature.empty


def estimators():
    found = (getattr(fastnn, name) for name in fastnn.__all__)
    return [it for it in found if inspect.isclass(it) and issubclass(it, BaseEstimator)]


@pytest.mark.parametrize("cls", estimators())
def test_what_a_fit_leaves_is_declared(cls):
    """Everything under Attributes is an annotation too, for type checkers and editors."""
    attributes = re.search(r"Attributes\n-+\n(.*?)\n\n", inspect.getdoc(cls), re.DOTALL)[1]
    heads = [line.split(" : ")[0] for line in attributes.splitlines() if line[0] != " "]
    named = {name for head in heads for name in re.findall(r"\w+_\b", head)}
    assert len(named) >= 3
    declared = {name for base in cls.__mro__ for name in getattr(base, "__annotations__", ())}
    assert named <= declared | {name for name in named if hasattr(cls, name)}
    assert not named & set(cls().get_params())
