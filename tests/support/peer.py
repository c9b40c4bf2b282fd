"""Marks for tests that compare with the installed scikit-learn."""

import pytest
import sklearn
from sklearn.utils.fixes import parse_version

#: scikit-learn's MLP got weights and the Poisson loss in 1.7, and has had mistakes mended since.
as_in_1_9 = pytest.mark.skipif(
    parse_version(sklearn.__version__) < parse_version("1.9"),
    reason="the contract is that of scikit-learn 1.9",
)
