"""How an estimator declares its parameters: each once, as a field of a dataclass.

The field gives the constructor its argument, scikit-learn its constraint and the docstring its
paragraph. Editors know the constructor too, since ``parameters`` is a dataclass transform.
"""

import dataclasses
from typing import dataclass_transform

__all__ = ["parameter", "parameters"]


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


@dataclass_transform(eq_default=False, kw_only_default=True, field_specifiers=(parameter,))
def parameters(cls):
    """Give a class its ``__init__`` and its ``_parameter_constraints``."""
    cls = dataclasses.dataclass(eq=False, repr=False, match_args=False)(cls)
    cls._parameter_constraints = {f.name: f.metadata["valid"] for f in dataclasses.fields(cls)}
    return cls
