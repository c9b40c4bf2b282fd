"""Whether something is a sparse matrix, without importing SciPy for the answer."""

import sys
from typing import Any

__all__ = ["issparse"]


def issparse(X: Any) -> bool:
    """`scipy.sparse.issparse`; where nobody has imported SciPy yet, nothing is sparse."""
    scipy_sparse = sys.modules.get("scipy.sparse")
    return scipy_sparse is not None and scipy_sparse.issparse(X)
