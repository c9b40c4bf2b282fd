"""Whether two estimators have been fitted to the same bits."""

import numpy as np


def assert_same(one, other):
    """Every fitted attribute, to the bit."""
    assert set(vars(one)) == set(vars(other))
    for name, value in vars(one).items():
        if name.endswith("_") or name == "_solver_state":
            _assert_equal(value, getattr(other, name), name)


def _assert_equal(value, other, name):
    if isinstance(value, dict):
        assert set(value) == set(other)
        for key in value:
            _assert_equal(value[key], other[key], name)
    elif isinstance(value, list):
        assert len(value) == len(other), name
        for a, b in zip(value, other, strict=True):
            _assert_equal(a, b, name)
    else:
        assert type(value) is type(other), name
        np.testing.assert_array_equal(value, other, err_msg=name)
