"""Names that are not known: which of the known ones may have been meant."""

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["meant"]


def meant(given: object, known: Iterable[str]) -> str:
    """``" (did you mean 'adam'?)"`` for a name close to a known one, else nothing."""
    near = get_close_matches(str(given).lower(), list(known), n=2, cutoff=0.6)
    return f" (did you mean {' or '.join(map(repr, near))}?)" if near else ""
