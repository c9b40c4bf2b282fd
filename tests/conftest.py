"""Set-up of all tests."""

import os
import signal

import numpy as np
import pytest

# Read when SciPy is first imported; without it scikit-learn skips its array-API check.
os.environ.setdefault("SCIPY_ARRAY_API", "1")


def pytest_configure(config):
    """Turn warnings of our own code into errors, except that a short training has not converged."""
    for line in ("error:::fastnn", "ignore::sklearn.exceptions.ConvergenceWarning"):
        config.addinivalue_line("filterwarnings", line)


@pytest.fixture
def rng():
    """Random numbers of the test's own: the same whether it runs alone, or after which others."""
    return np.random.RandomState(16)  # no other data of the tests begin with this seed


@pytest.fixture
def sigint():
    """Python's own handler, also where the tests run in the background, which ignores SIGINT."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def default_share():
    """Up to what share of the input zeros are left out; a test may set it, the next has it back."""
    from fastnn._kernels.training import engine

    default = engine.set_most_nonzero(0)
    engine.set_most_nonzero(default)
    yield default
    engine.set_most_nonzero(default)
