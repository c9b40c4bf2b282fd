"""A build without OpenMP gives the same bits. Takes a minute: FASTNN_TEST_BUILDS=1 asks for it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from threads_script import digest

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(
    os.environ.get("FASTNN_TEST_BUILDS") != "1", reason="builds need FASTNN_TEST_BUILDS=1"
)
def test_a_build_without_openmp_gives_the_same_bits(tmp_path):
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    skip = shutil.ignore_patterns("*.so", "__pycache__")
    for name in ("csrc", "fastnn"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=skip)
    build = [sys.executable, "setup.py", "build_ext", "--inplace"]
    env = {**os.environ, "FASTNN_OPENMP": "0", "PYTHONPATH": ""}
    built = subprocess.run(build, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr[-2000:]
    assert "WITHOUT OpenMP" in built.stderr

    support = ROOT / "tests/support"
    env["PYTHONPATH"] = os.pathsep.join([str(tmp_path), str(support)])
    script = [sys.executable, str(support / "threads_script.py"), "threads"]
    done = subprocess.run(script, env=env, capture_output=True, text=True)
    assert done.stdout.split() == [digest(2), "1"], done.stderr
