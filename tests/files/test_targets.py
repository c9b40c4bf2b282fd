"""What `save` and `load` take beside a path, and what of a replaced file stays."""

import errno
import io
import os
import pathlib
import shutil
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from scoring_models import data, fitted

import fastnn
from fastnn import ModelFormatError, Predictor
from fastnn.export import to_c
from fastnn.files import mounts

posix = pytest.mark.skipif(os.name != "posix", reason="modes and owners are POSIX's")
root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away"
)


@pytest.fixture
def model():
    return fitted("fastnn", "multiclass")


@pytest.fixture
def path(tmp_path, model):
    fastnn.save(model, tmp_path / "model.fnn")
    return tmp_path / "model.fnn"


class OnlyReads:
    """As the streams of object stores: a few bytes at a time, no size, no seek."""

    def __init__(self, content):
        self.content = content

    def read(self, n=-1):
        part, self.content = self.content[:1000], self.content[1000:]
        return part


SOURCES = {
    "str": str,
    "PathLike": pathlib.Path,
    "bytes": pathlib.Path.read_bytes,
    "bytearray": lambda path: bytearray(path.read_bytes()),
    "memoryview": lambda path: memoryview(path.read_bytes()),
    "array": lambda path: memoryview(np.fromfile(path, np.uint8)),
    "BytesIO": lambda path: io.BytesIO(path.read_bytes()),
    "file": lambda path: open(path, "rb"),  # noqa: SIM115
    "unbuffered": lambda path: open(path, "rb", buffering=0),  # noqa: SIM115
    "stream": lambda path: OnlyReads(path.read_bytes()),
}


@pytest.mark.parametrize("source", SOURCES)
def test_a_model_is_loaded_from_anywhere(source, path, model):
    again = fastnn.load(SOURCES[source](path))
    assert (again.predict(data()) == model.predict(data())).all()
    assert all((a == b).all() for a, b in zip(again.coefs_, model.coefs_, strict=True))
    scores = Predictor(SOURCES[source](path)).predict_proba(data())
    assert (scores == Predictor(model).predict_proba(data())).all()
    assert to_c(SOURCES[source](path), "net") == to_c(model, "net")


def test_an_open_file_is_read_from_where_it_is_and_left_open(path, model):
    with open(path, "rb") as file:
        file.seek(3)
        with pytest.raises(ModelFormatError):
            fastnn.load(file)
        file.seek(0)
        fastnn.load(file)
        assert not file.closed


def test_a_member_of_an_archive_is_read_and_written(tmp_path, model):
    with zipfile.ZipFile(tmp_path / "models.zip", "w") as archive:
        with archive.open("a.fnn", "w") as member:
            fastnn.save(model, member)
        archive.writestr("other", b"x")
    with zipfile.ZipFile(tmp_path / "models.zip") as archive, archive.open("a.fnn") as member:
        assert (fastnn.load(member).predict(data()) == model.predict(data())).all()


@pytest.mark.parametrize("buffering", [-1, 0])
def test_an_open_file_takes_the_same_bytes_as_a_path(buffering, path, tmp_path, model):
    with open(tmp_path / "other", "wb", buffering=buffering) as file:
        fastnn.save(model, file)
        assert not file.closed
    assert (tmp_path / "other").read_bytes() == path.read_bytes()
    memory = io.BytesIO(b"before")
    memory.seek(0, io.SEEK_END)
    fastnn.save(Predictor(model), memory)
    assert memory.getvalue().startswith(b"before")
    again = fastnn.load(memory.getvalue()[len(b"before") :])
    assert (again.predict(data()) == Predictor(model).predict(data())).all()


class Trickle(io.RawIOBase):
    """Takes at most seven bytes at a time."""

    def __init__(self):
        self.content = bytearray()

    def writable(self):
        return True

    def write(self, part):
        self.content += bytes(part[:7])
        return min(7, len(part))


class Full(Trickle):
    def write(self, part):
        return None  # as a pipe that does not block


def test_a_file_that_takes_a_part_is_given_the_rest(path, model):
    slow = Trickle()
    fastnn.save(model, slow)
    assert bytes(slow.content) == path.read_bytes()
    with pytest.raises(BlockingIOError, match="no more bytes"):
        fastnn.save(model, Full())


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        (b"", ModelFormatError, "the content given as bytes: the file is truncated"),
        (b"model.fnn" * 9, ModelFormatError, "the content given as bytes: not a fastnn file"),
        (io.BytesIO(b"x" * 99), ModelFormatError, "the open BytesIO: not a fastnn file"),
        (io.StringIO("text"), TypeError, "open it with mode 'rb'"),
        (7, TypeError, "from a path, from bytes or from a binary file; got a int"),
        (None, TypeError, "got a NoneType"),
    ],
)
def test_what_is_no_source_is_told_apart(source, error, message):
    with pytest.raises(error, match=message):
        fastnn.load(source)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (io.StringIO(), "open it with mode 'wb'"),
        (b"model.fnn", "a path or a binary file; got a bytes"),
        (None, "got a NoneType"),
    ],
)
def test_what_is_no_target_is_told_apart(target, message, model):
    with pytest.raises(TypeError, match=message):
        fastnn.save(model, target)


@posix
class TestAReplacedFile:
    @pytest.mark.parametrize("mode", [0o600, 0o640, 0o444, 0o2664])
    def test_keeps_its_mode(self, mode, path, model):
        path.chmod(mode)
        fastnn.save(model, path)
        assert path.stat().st_mode & 0o7777 == mode

    def test_is_never_readable_by_more_people_on_the_way(self, path, model, monkeypatch):
        path.chmod(0o600)
        modes, fsync = [], os.fsync

        def look(descriptor):
            modes.extend(p.stat().st_mode & 0o777 for p in path.parent.glob(".*.tmp"))
            fsync(descriptor)

        monkeypatch.setattr(os, "fsync", look)
        seen, create = [], os.open

        def opened(name, *args, **kwargs):
            descriptor = create(name, *args, **kwargs)
            seen.append(os.fstat(descriptor).st_mode & 0o077)
            return descriptor

        monkeypatch.setattr("fastnn.files.atomic.os.open", opened)
        fastnn.save(model, path)
        assert modes == [0o600]
        assert seen[0] == 0

    @root
    def test_keeps_its_owner(self, path, model):
        os.chown(path, 12345, 23456)
        path.chmod(0o640)
        fastnn.save(model, path)
        status = path.stat()
        assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (12345, 23456, 0o640)

    def test_is_saved_over_where_the_owner_cannot_be_kept(self, path, model, monkeypatch):
        def refuse(*args):
            raise PermissionError(errno.EPERM, "Operation not permitted")

        path.chmod(0o640)
        monkeypatch.setattr("fastnn.files.atomic.os.fchown", refuse)
        fastnn.save(model, path)
        assert path.stat().st_mode & 0o777 == 0o640

    def test_keeps_its_extended_attributes(self, path, model):
        try:
            os.setxattr(path, "user.origin", b"here")
        except (OSError, AttributeError):
            pytest.skip("this file system has none")
        fastnn.save(model, path)
        assert os.getxattr(path, "user.origin") == b"here"


def test_a_long_name_has_room_for_the_temporary_file(tmp_path, model):
    fastnn.save(model, tmp_path / ("m" * 251 + ".fnn"))
    assert len(os.listdir(tmp_path)) == 1


class TestWhatCannotBeReplaced:
    def refused(self, path, model, error=OSError):
        before = sorted(os.listdir(path.parent)) if path.parent.exists() else None
        with pytest.raises(error) as caught:
            fastnn.save(model, path)
        if before is not None:
            assert sorted(os.listdir(path.parent)) == before
        return str(caught.value)

    def test_a_missing_folder(self, tmp_path, model):
        text = self.refused(tmp_path / "missing" / "model.fnn", model, FileNotFoundError)
        assert "no such folder" in text
        assert ".tmp" not in text

    def test_a_folder(self, tmp_path, model):
        (tmp_path / "model").mkdir()
        self.refused(tmp_path / "model", model, IsADirectoryError)

    @posix
    def test_a_pipe_or_device(self, tmp_path, model):
        """As root, a file would have taken the place of /dev/null itself."""
        os.mkfifo(tmp_path / "pipe")
        assert "not a regular file" in self.refused(tmp_path / "pipe", model)
        null = os.stat("/dev/null").st_mode
        with pytest.raises(OSError, match="not a regular file"):
            fastnn.save(model, "/dev/null")
        assert os.stat("/dev/null").st_mode == null

    def test_no_error_names_the_temporary_file(self, path, model, monkeypatch):
        def refuse(*args, **kwargs):
            raise PermissionError(errno.EACCES, "Permission denied", args[0])

        for function in ("open", "replace"):
            with monkeypatch.context() as patch:
                patch.setattr(f"fastnn.files.atomic.os.{function}", refuse)
                text = self.refused(path, model, PermissionError)
            assert str(path) in text
            assert ".tmp" not in text

    def test_a_mount_point_that_the_system_refuses(self, path, model, monkeypatch):
        def refuse(*args):
            raise OSError(errno.EBUSY, "Device or resource busy", *args)

        monkeypatch.setattr("fastnn.files.atomic.os.replace", refuse)
        text = self.refused(path, model)
        assert "mount point" in text
        assert f"mount its folder {path.parent}" in text

    def test_a_mount_point_that_the_system_lists(self, tmp_path, model, monkeypatch):
        path = tmp_path / "my model.fnn"
        path.write_bytes(b"old")
        point = str(path).replace(" ", r"\040")
        listed = tmp_path / "mountinfo"
        listed.write_text(f"36 35 98:0 /a {point} rw,noatime master:1 - ext4 /dev/root rw\n")
        monkeypatch.setattr(mounts, "_MOUNTS", str(listed))
        assert mounts.is_mount_point(str(path))
        assert not mounts.is_mount_point(str(tmp_path))
        assert f"mount its folder {tmp_path}" in self.refused(path, model)
        assert path.read_bytes() == b"old"

    def test_a_file_that_is_mounted(self, tmp_path, path):
        """As a container's `-v file:file` does it."""
        target = tmp_path / "mounted.fnn"
        target.write_bytes(b"")
        mount = f"mount --bind {path} {target}"
        if (
            not shutil.which("unshare")
            or subprocess.run(
                ["unshare", "-m", "sh", "-c", mount], capture_output=True, check=False
            ).returncode
        ):
            pytest.skip("may not mount here")
        script = (
            "import fastnn, sys\nmodel = fastnn.load(sys.argv[1])\n"
            "try: fastnn.save(model, sys.argv[2])\nexcept OSError as error: print(error)"
        )
        command = ["unshare", "-m", "sh", "-c", f'{mount} && exec "$@"', "sh"]
        command += [sys.executable, "-c", script, str(path), str(target)]
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        run = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
        assert f"mount its folder {tmp_path}" in run.stdout
        assert sorted(os.listdir(tmp_path)) == ["model.fnn", "mounted.fnn"]
