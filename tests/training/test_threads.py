"""How many threads; concurrent callers; forks; the choice of an ISA by environment."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import joblib
import numpy as np
import pytest
from kernel_cases import (
    DTYPES,
    ISAS,
    OPTIMIZERS,
    assert_same_bits,
    chain_scorer,
    make_data,
    make_network,
    same_bits,
    train,
)

import fastnn
from fastnn import threads
from fastnn._kernels.native import table
from fastnn.training.trainer import make_trainer

SUPPORT = Path(__file__).parents[1] / "support"
needs_openmp = pytest.mark.skipif(not table.openmp(), reason="built without OpenMP")


def python(*arguments, **environment):
    """Run Python on this installation of fastnn; returns the finished process."""
    path = [
        str(Path(fastnn.__file__).parent.parent),
        str(SUPPORT),
        os.environ.get("PYTHONPATH", ""),
    ]
    env = {k: v for k, v in os.environ.items() if k not in ("OMP_NUM_THREADS", "FASTNN_ISA")}
    env |= {"PYTHONPATH": os.pathsep.join(filter(None, path)), **environment}
    return subprocess.run(
        [sys.executable, *arguments], env=env, capture_output=True, text=True, timeout=60
    )


def test_zero_threads_are_refused():
    with pytest.raises(ValueError, match="n_jobs == 0"):
        threads.effective_n_threads(0)


@needs_openmp
def test_a_number_is_taken_as_it_is_and_negative_ones_count_from_the_end(monkeypatch):
    monkeypatch.setattr(threads, "_cpu_count", lambda: 6)
    monkeypatch.setattr(table, "max_threads", lambda: 8)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    expected = {1: 1, 3: 3, 16: 16, None: 6, -1: 6, -2: 5, -6: 1, -100: 1}
    assert {n: threads.effective_n_threads(n) for n in expected} == expected
    monkeypatch.setattr(table, "max_threads", lambda: 3)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert [threads.effective_n_threads(n) for n in (None, -1, -2, 5)] == [3, 3, 2, 5]


@needs_openmp
def test_automatic_is_at_most_what_the_process_may_use(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert 1 <= threads.effective_n_threads() <= joblib.cpu_count()


@needs_openmp
@pytest.mark.parametrize("n", [1, 3])
def test_omp_num_threads_is_respected(n):
    code = "from fastnn.threads import effective_n_threads as f; print(f(), f(-1), f(2))"
    assert python("-c", code, OMP_NUM_THREADS=str(n)).stdout.split() == [str(n), str(n), "2"]


def test_without_openmp_there_is_one_thread(monkeypatch):
    monkeypatch.setattr(table, "openmp", lambda: False)
    assert [threads.effective_n_threads(n) for n in (None, -1, 4)] == [1, 1, 1]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_fork_after_a_threaded_fit_neither_hangs_nor_changes_bits():
    done = python("-W", "ignore", str(SUPPORT / "threads_script.py"), "fork")
    assert done.stdout.strip() == "child 0", done.stderr


@pytest.mark.parametrize("dtype", DTYPES)
def test_concurrent_predictions_have_the_serial_bits(dtype):
    network = make_network(64, (100, 10), dtype=dtype)
    rows = [make_data(n, network, seed=n)[0] for n in (1, 7, 200, 1500) * 4]
    scorer = chain_scorer(network.coefs, network.intercepts, ["tanh", "identity"], "softmax", dtype)
    serial = [network.forward(X) for X in rows]

    def score(i):
        return network.forward(rows[i], n_threads=1 + i % 2), scorer.proba(rows[i])

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(score, range(len(rows))))
    for (by_network, by_scorer), expected in zip(results, serial, strict=True):
        assert_same_bits(by_network, expected)
        assert_same_bits(by_scorer, expected)


@pytest.mark.parametrize("n_threads", [2, 3, 7])
@pytest.mark.parametrize("dtype", DTYPES)
def test_shares_of_the_rows_have_the_serial_bits(dtype, n_threads):
    """Whichever thread takes which rows, of none, few, uneven and many."""
    network = make_network(784, (256, 10), dtype=dtype)
    scorer = chain_scorer(network.coefs, network.intercepts, ["tanh", "identity"], "softmax", dtype)
    rows = make_data(3000, network)[0]
    serial = scorer.proba(rows, None, 1)
    for n in (0, 1, 2, 11, 12, 13, 49, 97, 500, 2999) * 5:
        assert_same_bits(scorer.proba(rows[:n], None, n_threads), serial[:n])


def test_one_team_serves_many_callers():
    network = make_network(100, (80, 10))
    arrays = network.coefs, network.intercepts
    scorer = chain_scorer(*arrays, ["tanh", "identity"], "softmax", "float64")
    rows = make_data(600, network)[0]
    serial = scorer.proba(rows, None, 1)

    def score(n):
        return all(same_bits(scorer.proba(rows[:n], None, 3), serial[:n]) for _ in range(100))

    with ThreadPoolExecutor(5) as pool:
        assert all(pool.map(score, [600, 599, 300, 450, 30]))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_child_scores_with_threads_of_its_own():
    done = python(str(SUPPORT / "threads_script.py"), "fork scoring")
    assert done.stdout.strip() == "children [0, 0, 0]", done.stderr


@pytest.mark.parametrize("dtype", DTYPES)
def test_concurrent_fits_have_the_serial_bits(dtype):
    def fit(seed, n_threads=1):
        network = make_network(40, (60, 10), dtype=dtype)
        X, y, _ = make_data(200, network, seed)
        train(network, OPTIMIZERS["adam"](), X, y, steps=15, n_threads=n_threads)
        return network.params

    serial = [fit(seed) for seed in range(6)]
    with ThreadPoolExecutor(3) as pool:
        concurrent = list(pool.map(fit, range(6), [1, 2] * 3))
    assert_same_bits(concurrent, serial)
    assert not same_bits(serial[0], serial[1])


def test_the_measured_choice_of_threads_changes_no_bit():
    """A trainer tries numbers of threads and keeps the fastest; when is a matter of timing."""
    results = []
    for n_threads in (1, 2, 4):
        network = make_network(100, (200, 10), dtype=np.float32)
        X, y, _ = make_data(300, network)
        trainer = make_trainer(network, OPTIMIZERS["adam"](), batch_size=30, n_threads=n_threads)
        trainer._threads = threads.ThreadChoice(n_threads, 1e12)
        for _ in range(3):
            trainer.run(X, y, np.arange(300, dtype=np.intp), 0, 10, learning_rate=0.01)
        trainer.pull()
        results.append((network.params, trainer.loss_sum))
    for params, loss_sum in results[1:]:
        assert_same_bits(params, results[0][0])
        assert loss_sum == results[0][1]


def test_the_fastest_number_of_threads_is_kept():
    choice = threads.ThreadChoice(4, 1e12)
    tried = []
    for _ in range(20):
        n_threads, steps = choice.pick(1000)
        assert steps in (1, 1000)
        tried.append(n_threads)
        choice.took(n_threads, {1: 3.0, 2: 1.0, 4: 2.0}[n_threads], steps)
    assert set(tried) == {1, 2, 4}
    assert choice.pick(1000) == (2, 1000)


def test_a_slow_start_and_a_disturbed_measurement_do_not_decide():
    """Threads have to be made before a team can meet, and another process may come in between."""
    choice = threads.ThreadChoice(2, 1e7)
    of_two = iter([5e-3, 6e-5, 8e-4, 5e-5, 5e-5])
    for _ in range(12):
        n_threads, _ = choice.pick(10**6)
        choice.took(n_threads, 1e-4 if n_threads == 1 else next(of_two, 5e-5))
    assert choice.pick(10**6)[0] == 2


def test_the_choice_is_made_anew_when_the_machine_has_changed():
    choice = threads.ThreadChoice(2, 1e7)
    for _ in range(20):
        n_threads, steps = choice.pick(100)
        choice.took(n_threads, {1: 1e-4, 2: 5e-5}[n_threads], steps)
    assert choice.pick(100)[0] == 2
    for _ in range(20):
        n_threads, steps = choice.pick(100)
        choice.took(n_threads, {1: 1e-4, 2: 8e-3}[n_threads], steps)
    assert choice.pick(100)[0] == 1
    for _ in range(100):
        n_threads, steps = choice.pick(100)
        choice.took(n_threads, {1: 1e-4, 2: 5e-5}[n_threads], steps)
    assert choice.pick(100)[0] == 2


def test_small_work_stays_on_one_thread():
    step_too_short = threads.ThreadChoice(4, 1e4)
    for _ in range(10):
        n_threads, steps = step_too_short.pick(10**6)
        assert n_threads == 1
        step_too_short.took(1, 4e-6)
    assert steps == 10**6
    too_few_steps = threads.ThreadChoice(4, 1e7)
    for _ in range(10):
        n_threads, _ = too_few_steps.pick(5)
        assert n_threads == 1
        too_few_steps.took(1, 1e-4)


def test_several_threads_are_tried_where_much_is_to_be_done():
    choice = threads.ThreadChoice(2, 1e7)
    tried = set()
    for _ in range(10):
        n_threads, _ = choice.pick(10**6)
        tried.add(n_threads)
        choice.took(n_threads, 1e-4 / n_threads)
    assert tried == {1, 2}
    assert choice.pick(10**6)[0] == 2


def test_the_first_call_of_long_steps_makes_the_threads():
    assert threads.ThreadChoice(2, 4e7).pick(100)[0] == 2
    assert threads.ThreadChoice(2, 4e7).pick(10)[0] == 1
    assert threads.ThreadChoice(2, 1e7).pick(1000)[0] == 1


def test_a_team_that_cannot_meet_is_given_up_after_a_few_steps():
    choice = threads.ThreadChoice(2, 1e7)
    steps_of_two = 0
    for _ in range(10):
        n_threads, steps = choice.pick(10**6)
        steps_of_two += steps * (n_threads == 2)
        choice.took(n_threads, 1e-4 if n_threads == 1 else 8e-3)
    assert 0 < steps_of_two <= 8
    assert choice.pick(10**6)[0] == 1


def test_the_next_fit_of_a_kind_begins_with_what_the_last_one_measured(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(threads, "_measured", {})
    monkeypatch.setattr(threads.time, "monotonic", lambda: now[0])
    seconds = {1: 4e-4, 2: 2e-4, 4: 3e-4}

    def begin(most=4, work=4e7, kind="net"):
        return threads.ThreadChoice(most, work, kind)

    def run(choice, calls):
        for _ in range(calls):
            n_threads, steps = choice.pick(1000)
            choice.took(n_threads, seconds[n_threads], steps)

    first = begin()
    run(first, 3)
    assert begin()._seconds(2) is None, "remembered before the trial was over"
    run(first, 20)
    assert begin().pick(3) == begin(work=4.1e7).pick(3) == (2, 3)
    for other in (begin(most=2), begin(work=9e7), begin(kind="another"), begin(kind=None)):
        assert other._seconds(2) is None
    second = begin()
    seconds[2] = 6e-4  # another process has come
    run(second, 6)
    assert second.pick(1000)[0] == 4
    third = begin()
    seconds[2] = seconds[4] = 6e-4
    run(third, 12)
    assert third.pick(1000)[0] == 1
    assert begin()._seconds(2) is None, "a team that has lost is remembered"
    seconds[2] = 2e-4
    run(begin(), 20)
    assert begin()._seconds(2) is not None
    now[0] += 2
    assert begin()._seconds(2) is None, "what is remembered must not grow old"


def test_that_one_thread_has_won_is_not_remembered(monkeypatch):
    """Nothing would show that a team has become the better choice."""
    monkeypatch.setattr(threads, "_measured", {})
    for _ in range(2):
        choice = threads.ThreadChoice(2, 4e7, "net")
        tried = set()
        for _ in range(12):
            n_threads, steps = choice.pick(1000)
            tried.add(n_threads)
            choice.took(n_threads, {1: 2e-4, 2: 4e-4}[n_threads], steps)
        assert tried == {1, 2}
        assert choice.pick(1000)[0] == 1


@pytest.mark.parametrize("isa", ISAS)
def test_an_isa_forced_by_the_environment_is_the_one_that_computes(isa):
    from threads_script import digest

    code = """import fastnn, threads_script
config = fastnn.config()
print(config["isa"], *config["isas_available"], threads_script.digest(1))"""
    done = python("-c", code, FASTNN_ISA=isa.upper())
    assert done.stdout.split() == [isa, *ISAS, digest(1, isa)], done.stderr


def test_an_unknown_isa_is_refused_by_name():
    done = python("-c", "import fastnn", FASTNN_ISA="sse9")
    assert done.returncode
    assert "ImportError: FASTNN_ISA='sse9' is not an ISA this build knows" in done.stderr
    assert all(isa in done.stderr for isa in table.isas_compiled())


def test_an_isa_the_machine_lacks_is_refused_by_name(monkeypatch):
    missing = [isa for isa in table.isas_compiled() if isa not in ISAS]
    if not missing:
        pytest.skip("this machine has every ISA that was compiled in")
    done = python("-c", "import fastnn", FASTNN_ISA=missing[0])
    assert done.returncode
    assert f"FASTNN_ISA={missing[0]!r} is compiled in, but this machine does not" in done.stderr


def test_config_tells_what_runs():
    config = fastnn.config()
    assert config["isa"] in config["isas_available"]
    assert set(config["isas_available"]) <= set(config["isas_compiled"])
    assert config["isas_compiled"][-1] == "baseline"
    assert config["openmp"] is table.openmp()
    assert config["threads"] == threads.effective_n_threads()
    assert config["numpy"] == np.__version__
    done = python("-m", "fastnn", "config")
    assert done.returncode == 0
    assert config["compiler"] in done.stdout
