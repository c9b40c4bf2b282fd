"""Ranks of MPI: processes that mpiexec starts on this machine."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from same_fits import assert_same
from thread_ranks import SHARDS, fitted_by_ranks, net

import fastnn

pytest.importorskip("mpi4py")
MPIEXEC = shutil.which("mpiexec", path=Path(sys.executable).parent) or shutil.which("mpiexec")
pytestmark = pytest.mark.skipif(MPIEXEC is None, reason="needs mpiexec")


def test_two_processes(tmp_path):
    """They come to the bits of threads; one that fails, is silent or killed ends both."""
    env = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "OMPI_ALLOW_RUN_AS_ROOT": "1",
        "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    }
    script = str(Path(__file__).with_name("mpi_script.py"))
    done = subprocess.run(
        [MPIEXEC, "-n", "2", sys.executable, script, str(tmp_path)],
        env=env,
        capture_output=True,
        text=True,
        timeout=100,
    )
    expected = fitted_by_ranks(net(), SHARDS[2])[0]
    for rank in range(2):
        found = fastnn.load(tmp_path / f"rank{rank}")
        assert (found.coefs_[0] == expected.coefs_[0]).all(), done.stderr
        assert found.loss_curve_ == expected.loss_curve_
    own, others = ((tmp_path / f"error{rank}").read_text() for rank in (1, 0))
    assert own.startswith("ValueError: Input X contains NaN")
    assert others.startswith("RankError: rank 1 failed: ValueError: Input X contains NaN")
    silent = (tmp_path / "silent0").read_text()
    assert silent == "RankError: rank 1 has been silent for 1 seconds"
    assert done.returncode != 0
    begun = fastnn.load(tmp_path / "checkpoint")
    assert begun.n_iter_ == 2
    assert_same(fitted_by_ranks(net(), SHARDS[2], begun=begun)[0], expected)
