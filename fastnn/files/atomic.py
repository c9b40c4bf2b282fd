"""Files that are either the old one or the new one, never a part of it."""

import contextlib
import os
import secrets


@contextlib.contextmanager
def atomic_write(path):
    """Open a file for writing that takes the place of ``path`` when the block ends well.

    The bytes go to a temporary file in the same folder, are flushed to the disk, and take over
    the name in one step; then the folder is flushed, so that the new name survives a power
    failure too. If the block raises, ``path`` is as it was and the temporary file is gone. A
    process killed on the way can leave a file ``.<name>.<8 hex digits>.tmp`` behind.

    Parameters
    ----------
    path : str or path-like
        A symbolic link is followed: the file it points to is replaced.

    Yields
    ------
    file
        Binary, unbuffered.
    """
    path = os.path.realpath(os.fspath(path))
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name}.{secrets.token_hex(4)}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with open(descriptor, "wb", buffering=0) as file:
            yield file
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    _sync_folder(folder)


def _sync_folder(folder):
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
