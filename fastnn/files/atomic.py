"""Files that are either the old one or the new one, never a part of it."""

import contextlib
import errno
import os
import secrets
import stat

from fastnn.files.mounts import check_replaceable, mounted


@contextlib.contextmanager
def atomic_write(path):
    """Open a file for writing that takes the place of ``path`` when the block ends well.

    The bytes go to a temporary file in the same folder, are flushed to the disk, and take over
    the name in one step; then the folder is flushed, so that the new name survives a power
    failure too. If the block raises, ``path`` is as it was and the temporary file is gone. A
    process killed on the way can leave a file ``.<name>.<8 hex digits>.tmp`` behind.

    A new file has the mode that the umask gives. One that replaces another keeps its mode,
    extended attributes and, as far as the system lets us, owner and group.

    Parameters
    ----------
    path : str or path-like
        A symbolic link is followed: the file it points to is replaced.

    Yields
    ------
    file
        Binary, unbuffered.

    Raises
    ------
    OSError
        If the file cannot be written or replaced; before anything is written where that is known.
    """
    path = os.path.realpath(os.fsdecode(path))
    check_replaceable(path)
    folder, name = os.path.split(path)
    # Names of files are limited, and a long one has no room for more.
    temporary = os.path.join(folder, f".{name[:50]}.{secrets.token_hex(4)}.tmp")
    old = _status(path)
    descriptor = _create(temporary, 0o666 if old is None else 0o600, path)
    try:
        with open(descriptor, "wb", buffering=0) as file:
            yield file
            if old is not None:
                _keep(path, old, file.fileno())
            os.fsync(file.fileno())
        _replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    _sync_folder(folder)


def _status(path):
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None


def _create(temporary, mode, path):
    try:
        return os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except OSError as error:
        # The user knows nothing of a temporary file.
        raise type(error)(error.errno, error.strerror, path) from None


def _keep(path, old, descriptor):
    """Give the new file what the old one has beside its content."""
    if hasattr(os, "fchown"):
        for owner in ((old.st_uid, old.st_gid), (-1, old.st_gid)):  # who may not all may one
            with contextlib.suppress(PermissionError):
                os.fchown(descriptor, *owner)
                break
    if hasattr(os, "listxattr"):  # access control lists are among them
        with contextlib.suppress(OSError):
            for name in os.listxattr(path):
                with contextlib.suppress(OSError):
                    os.setxattr(descriptor, name, os.getxattr(path, name))
    if hasattr(os, "fchmod"):
        os.fchmod(descriptor, stat.S_IMODE(old.st_mode))  # last: a new owner clears bits of it


def _replace(temporary, path):
    try:
        os.replace(temporary, path)
    except OSError as error:
        if error.errno == errno.EBUSY:
            raise mounted(path) from None
        raise type(error)(error.errno, error.strerror, path) from None


def _sync_folder(folder):
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
