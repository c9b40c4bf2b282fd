"""Every public function and method says the types of its parameters and of what it returns."""

import inspect

import pytest

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


@pytest.mark.parametrize(("name", "function"), public())
def test_signatures_are_annotated(name, function):
    signature = inspect.signature(function)
    missing = [
        parameter
        for parameter, given in signature.parameters.items()
        if given.annotation is given.empty and parameter not in ("self", "cls")
    ]
    assert not missing
    assert signature.return_annotation is not signature.empty
