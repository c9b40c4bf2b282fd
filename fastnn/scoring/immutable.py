"""Objects that nobody changes: a copy is the object itself."""

from typing import Any, NoReturn, Self

__all__ = ["Immutable"]


class Immutable:
    """Refuses attributes; who makes one sets them by ``object.__setattr__``."""

    __slots__ = ()

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(f"a {type(self).__name__} is immutable, cannot set {name!r}")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a {type(self).__name__} is immutable, cannot delete {name!r}")

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict) -> Self:
        return self
