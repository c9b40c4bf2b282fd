"""Where a model file is read from and written to: a path, the content itself, or an open file."""

import contextlib
import io
import os
import stat

from fastnn.exceptions import ModelFormatError
from fastnn.files.atomic import atomic_write

_CONTENT = (bytes, bytearray, memoryview)


def is_readable(source):
    """Whether `reading` takes it."""
    return isinstance(source, (str, os.PathLike, *_CONTENT)) or hasattr(source, "read")


def name_of(source):
    """What to call a source in an error."""
    if isinstance(source, _CONTENT):
        return f"the content given as {type(source).__name__}"
    if isinstance(source, str | os.PathLike):
        return os.fsdecode(source)
    name = getattr(source, "name", None)
    return name if isinstance(name, str) else f"the open {type(source).__name__}"


@contextlib.contextmanager
def reading(source):
    """Open a source for reading.

    Parameters
    ----------
    source : str, path-like, bytes-like or binary file
        A file is read from where it is to its end, and left open.

    Yields
    ------
    file : binary file with ``read`` and ``readinto``
    size : int
        The bytes that it has.

    Raises
    ------
    TypeError
        If the source is none of these, or a file opened as text.
    ModelFormatError
        If a path is not of a regular file.
    """
    if isinstance(source, str | os.PathLike):
        with open(source, "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise ModelFormatError("not a regular file")
            yield file, status.st_size
        return
    content = source if isinstance(source, _CONTENT) else _content(source)
    view = memoryview(content).cast("B")
    yield io.BytesIO(view), view.nbytes


def _content(file):
    if not hasattr(file, "read"):
        raise TypeError(
            "a model is loaded from a path, from bytes or from a binary file; got a"
            f" {type(file).__name__}"
        )
    # Once is not always enough: an unbuffered file or a socket gives what it has.
    parts = []
    while part := file.read():
        if not isinstance(part, _CONTENT):
            raise TypeError("a model is read from a binary file: open it with mode 'rb'")
        parts.append(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


@contextlib.contextmanager
def writing(target):
    """Open a target for writing: a path atomically, see `atomic_write`; an open file as it is.

    Parameters
    ----------
    target : str, path-like or binary file
        A file is written from where it is on, neither flushed nor closed.

    Yields
    ------
    write : callable
        Writes all of a bytes-like object.
    """
    if isinstance(target, str | os.PathLike):
        with atomic_write(target) as file:
            yield lambda part: _write_all(file, part)
    elif isinstance(target, io.TextIOBase):
        raise TypeError("a model is written to a binary file: open it with mode 'wb'")
    elif hasattr(target, "write"):
        yield lambda part: _write_all(target, part)
    else:
        raise TypeError(
            f"a model is saved to a path or a binary file; got a {type(target).__name__} (for its"
            " bytes save to an io.BytesIO and take getvalue())"
        )


def _write_all(file, part):
    view = memoryview(part)
    while view:
        written = file.write(view)
        if written is None and isinstance(file, io.RawIOBase):
            raise BlockingIOError("the file to save to does not block, and takes no more bytes now")
        view = view[len(view) if written is None else written :]
