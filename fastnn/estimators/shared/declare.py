"""How an estimator declares its parameters: each once, as a field of a dataclass.

The field gives the constructor its argument, scikit-learn its constraint and the docstring its
paragraph. Editors know the constructor too, since ``parameters`` is a dataclass transform.
"""

import dataclasses
from typing import Any, ClassVar, Literal, dataclass_transform

__all__ = ["fitted", "parameter", "parameters"]

_FITTED = object()


def fitted(*, init: Literal[False] = False) -> Any:
    """Declare what a fit leaves, for type checkers and editors: no parameter, and not there before.

    In a base class without ``parameters`` an annotation alone says the same.
    """
    return _FITTED


def parameter(kind, text, *, default, valid, kw_only=True):
    """Declare one parameter.

    Parameters
    ----------
    kind : str
        Its type, in numpydoc's words.
    text : str
        What it is, for the docstring; broken into lines anew.
    default : object
    valid : list
        Constraints in the form of scikit-learn's ``_parameter_constraints``.
    kw_only : bool
    """
    metadata = {"kind": kind, "text": text, "valid": valid}
    return dataclasses.field(default=default, kw_only=kw_only, metadata=metadata)


@dataclass_transform(eq_default=False, kw_only_default=True, field_specifiers=(parameter, fitted))
def parameters(cls):
    """Give a class its ``__init__`` and its ``_parameter_constraints``."""
    for name in [name for name, value in vars(cls).items() if value is _FITTED]:
        delattr(cls, name)
        cls.__annotations__[name] = ClassVar[cls.__annotations__[name]]  # not a dataclass's field
    cls = dataclasses.dataclass(eq=False, repr=False, match_args=False)(cls)
    cls._parameter_constraints = {f.name: f.metadata["valid"] for f in dataclasses.fields(cls)}
    return cls
