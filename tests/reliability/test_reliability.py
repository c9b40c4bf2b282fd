"""Short runs of the demonstrations in ``tests/reliability`` and of the fuzzer."""

import gc
import io
import os
import random
import subprocess
import sys

import pytest
from files import fuzz_loader
from reliability import bit_flips, fork, kill_during_save, leaks, soak
from scoring_models import data

from fastnn import MLPRegressor, ModelFormatError
from fastnn.estimators.mlp.fitting import Fit
from fastnn.files.model_file import parse_model_file
from fastnn.network.compiled import CompiledNetwork
from fastnn.training.trainer import Trainer

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def test_fuzzed_files_raise_only_the_documented_error():
    result = fuzz_loader.fuzz(3000, seed=1)
    assert result["accepted"] < 0.2 * result["executions"]


def test_mutations_reach_beyond_the_checksum():
    """Otherwise the fuzzer would try nothing but the checksum."""
    reasons = set()
    seeds = list(fuzz_loader.corpus())
    for number in range(2000):
        rng = random.Random(number)
        content = fuzz_loader.mutate(rng.choice(seeds), rng)
        try:
            parse_model_file(io.BytesIO(content), len(content))
        except ModelFormatError as error:
            reasons.add(str(error)[:25])
    assert len(reasons) > 30


def test_bit_flips_are_detected(tmp_path):
    assert bit_flips.run(200, tmp_path)["undetected"] == 0


def test_forty_threads_share_a_predictor():
    result = soak.run(threads=40, seconds=0.5, most_rows=2000)
    assert result["errors"] == []
    assert result["differing"] == 0
    assert result["calls"] > 40


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_a_fit_leaves_nothing_to_the_garbage_collector(solver):
    """The workspace of a fit, and a copy of the data, are free as soon as it returns."""

    def living():
        return sum(type(kept) in (Fit, CompiledNetwork, Trainer) for kept in gc.get_objects())

    X = data()
    gc.collect()
    gc.disable()
    before = living()
    try:
        MLPRegressor(hidden_layer_sizes=(3,), solver=solver, max_iter=2).fit(X, X[:, 0])
        assert living() == before
    finally:
        gc.enable()


def test_memory_does_not_leak():
    """In a process of its own, where no other test has left its mark."""
    arguments = [sys.executable, leaks.__file__, "--cycles", "120", "--settled", "60"]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run(arguments, capture_output=True, text=True, timeout=120, env=env)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "'cycles': 120" in run.stdout


@needs_fork
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_forked_workers_give_the_same_bits():
    assert fork.run(repeats=3, workers=3)["failed"] == 0


@needs_fork
def test_killed_while_saving():
    """In a process of its own, without threads."""
    arguments = [sys.executable, kill_during_save.__file__, "--trials", "8"]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run(arguments, capture_output=True, text=True, timeout=120, env=env)
    assert run.returncode == 0, run.stderr
    assert "'trials': 8" in run.stdout
