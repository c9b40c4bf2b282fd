"""What no file can take the place of: mount points, devices, folders."""

import contextlib
import errno
import os
import re
import stat

_MOUNTS = "/proc/self/mountinfo"


def check_replaceable(path):
    """Refuse a path at which no file can take the place of what is there.

    Parameters
    ----------
    path : str
        Absolute, without symbolic links.

    Raises
    ------
    OSError
        That says why, and what to do.
    """
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        raise FileNotFoundError(errno.ENOENT, "there is no such folder to save in", folder)
    with contextlib.suppress(FileNotFoundError):
        mode = os.stat(path).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, "a folder, not the name of a file", path)
        if not stat.S_ISREG(mode):
            what = "not a regular file; to write to a device or pipe, open it and save to the file"
            raise OSError(errno.EINVAL, what, path)
    if is_mount_point(path):
        raise mounted(path)


def mounted(path):
    """The error for a file that is a mount point."""
    what = (
        f"the file itself is a mount point (as with `docker run -v .../{os.path.basename(path)}:"
        f"{path}`), which no new file can replace, and writing into it could leave half a file:"
        f" mount its folder {os.path.dirname(path)} instead, or save to another name"
    )
    return OSError(errno.EBUSY, what, path)


def is_mount_point(path):
    """Whether something is mounted at a path: `os.path.ismount` does not see files of one disk."""
    try:
        with open(_MOUNTS, "rb") as file:
            points = [line.split(b" ", 5)[4] for line in file]
    except (OSError, IndexError):
        return False  # no Linux: the system refuses the replacement itself
    return os.fsencode(path) in {_unescaped(point) for point in points}


def _unescaped(point):
    r"""A path of mountinfo, in which blanks and backslashes are \040 and the like."""
    return re.sub(rb"\\([0-7]{3})", lambda match: bytes([int(match[1], 8)]), point)
