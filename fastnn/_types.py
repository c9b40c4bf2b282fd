"""Types that signatures share."""

from typing import Any, TypeAlias

#: Rows by features: an array, a list of lists, a data frame of any library, or a sparse matrix.
MatrixLike: TypeAlias = Any
