"""Names that last: classes are pickled and shown by where users import them from."""

from collections.abc import Iterable

__all__ = ["publish"]


def publish(namespace: dict, names: Iterable[str], module: str | None = None) -> None:
    """Let the classes among these names of a module be of that module, whatever file they are in.

    Pickles then outlive the moves of files. ``module`` names another one, which has them too: what
    `fastnn` hands on lazily is published where it is, since that may be imported first.
    """
    for name in names:
        found = namespace.get(name)  # what comes lazily is no class
        if isinstance(found, type) and found.__module__.startswith("fastnn."):
            found.__module__ = module or namespace["__name__"]
