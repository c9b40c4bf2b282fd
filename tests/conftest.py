"""Set-up of all tests."""

import os

# Read when SciPy is first imported; without it scikit-learn skips its array-API check.
os.environ.setdefault("SCIPY_ARRAY_API", "1")


def pytest_configure(config):
    """Turn warnings of our own code into errors, except that a short training has not converged."""
    for line in ("error:::fastnn", "ignore::sklearn.exceptions.ConvergenceWarning"):
        config.addinivalue_line("filterwarnings", line)
