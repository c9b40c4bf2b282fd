"""Training on streams: what it is equal to, what it holds in memory, what a killed fit loses."""

import ast
import os
import subprocess
import sys

import numpy as np
import pytest
from reliability import kill_during_fit

import fastnn
from fastnn import MLPClassifier, MLPRegressor
from fastnn.data import fit, stream

pa = pytest.importorskip("pyarrow")
from pyarrow import parquet  # noqa: E402

X = np.random.RandomState(0).normal(size=(1000, 4)).astype(np.float32)
Y = (X[:, 0] * X[:, 1] > 0).astype(int)
NAMES = np.array(["no", "yes"])[Y]


def net(**more):
    return MLPClassifier(
        (8,), **({"batch_size": 50, "learning_rate_init": 0.01, "random_state": 0} | more)
    )


def assert_same(a, b):
    for mine, its in zip([*a.coefs_, *a.intercepts_], [*b.coefs_, *b.intercepts_], strict=True):
        assert (mine == its).all()
    assert a.loss_curve_ == b.loss_curve_


def written(folder, groups=100, y=NAMES, names="abcd"):
    folder.mkdir()
    for number, rows in enumerate(np.array_split(np.arange(len(X)), 3)):
        table = pa.table({name: X[rows, j] for j, name in enumerate(names)} | {"y": y[rows]})
        parquet.write_table(table, folder / f"{number}.parquet", row_group_size=groups)
    return folder


def test_it_is_partial_fit_of_every_block_in_turn():
    by_hand, rows = net(), stream(X, NAMES, block_rows=300)
    for epoch in range(3):
        sizes = []
        for block in rows.blocks(epoch):
            sizes.append(len(block[0]))
            by_hand.partial_fit(*block, classes=["no", "yes"] if not epoch else None)
        assert sum(sizes) == len(X)
        assert max(sizes) <= 300
    model = fit(net(), stream(X, NAMES, block_rows=300), epochs=3)
    assert_same(model, by_hand)
    assert model.t_ == 3000
    assert model.classes_.tolist() == ["no", "yes"]


def test_every_row_comes_once_an_epoch_and_each_epoch_has_its_order():
    rows = stream(np.arange(1000.0).reshape(-1, 1), Y, block_rows=160)
    orders = [
        np.concatenate([block for block, _ in rows.blocks(epoch)]).ravel() for epoch in (0, 1)
    ]
    for order in orders:
        assert sorted(order) == list(range(1000))
    assert (orders[0] != orders[1]).any()
    again = np.concatenate([block for block, _ in rows.blocks(1)]).ravel()
    assert (again == orders[1]).all()
    first = next(iter(rows.blocks(0)))[0]
    assert np.ptp(first) > 500  # from many places


def test_mapped_files_are_trained_on_as_arrays(tmp_path):
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    assert_same(
        fit(net(), stream(mapped, Y, block_rows=300), epochs=2),
        fit(net(), stream(X, Y, block_rows=300), epochs=2),
    )


def test_parquet(tmp_path):
    rows = stream(written(tmp_path / "rows"), target="y", block_rows=250)
    model = fit(net(), rows, epochs=40)
    assert model.score(X, NAMES) > 0.9
    assert model.coefs_[0].dtype == np.float32
    two = stream(tmp_path / "rows", target="y", columns=["c", "a"], block_rows=250)
    assert next(iter(two.blocks()))[0].shape[1] == 2


def test_a_function_that_gives_batches():
    def batches():
        return ((X[i : i + 90], Y[i : i + 90]) for i in range(0, 1000, 90))

    rows = stream(batches, block_rows=200, dtype="float64")
    sizes = [len(block) for block, _ in rows.blocks()]
    assert sizes == [180] * 5 + [100]
    assert rows.n_rows == 1000
    model = fit(net(), rows, epochs=30)
    assert model.score(X, Y) > 0.9
    assert model.coefs_[0].dtype == np.float64


def test_a_regressor_and_rows_that_are_transformed():
    y = X[:, 0] * 3
    rows = stream(X, y, block_rows=300, transform=lambda block: block * 10)
    model = fit(
        MLPRegressor(hidden_layer_sizes=(8,), learning_rate_init=0.01, random_state=0),
        rows,
        epochs=60,
    )
    assert model.score(X * 10, y) > 0.9


@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("kind", ["array", "function"])
def test_a_fit_that_was_cut_off_goes_on_to_the_bit(kind, solver, tmp_path):
    def rows():
        if kind == "array":
            return stream(X, Y, block_rows=300)

        def batches():
            return ((X[i : i + 300], Y[i : i + 300]) for i in range(0, 1000, 300))

        return stream(batches, block_rows=300)

    straight = fit(net(solver=solver), rows(), epochs=3)
    checkpoint = tmp_path / "fit.fastnn"
    for cut in (1, 4, 3):
        seen = []

        class CutError(Exception):
            pass

        def cutting(block, seen=seen, cut=cut):
            seen.append(block)
            if len(seen) > cut + 1:  # one more is read ahead
                raise CutError
            return block

        going = rows()
        going._transform = cutting
        with pytest.raises(CutError):
            fit(net(solver=solver), going, epochs=3, checkpoint=checkpoint)
    assert 0 < fastnn.load(checkpoint).t_ < 3000
    assert_same(fit(net(solver=solver), rows(), epochs=3, checkpoint=checkpoint), straight)
    assert_same(fit(net(solver=solver), rows(), epochs=3, checkpoint=checkpoint), straight)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_fit_that_is_killed_goes_on_to_the_bit():
    """In a process of its own, without threads, whose children are killed."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    arguments = [sys.executable, kill_during_fit.__file__, "--trials", "8"]
    run = subprocess.run(arguments, capture_output=True, text=True, timeout=120, env=env)
    assert run.returncode == 0, run.stderr
    found = ast.literal_eval(run.stdout)
    assert found["trials"] == 8
    assert found["kills"] > 0


def test_an_interrupted_fit_leaves_the_estimator_as_it_was():
    model = net().fit(X, Y)
    before = {**vars(model)}

    def interrupted(epoch, _):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(model, stream(X, Y), epochs=2, callback=interrupted)
    assert vars(model) == before


def test_a_callback_ends_the_fit():
    seen = []
    model = fit(
        net(), stream(X, Y), epochs=9, callback=lambda epoch, m: seen.append(m.t_) or epoch == 1
    )
    assert seen == [1000, 2000]
    assert model.t_ == 2000


def test_other_checkpoints_are_refused(tmp_path):
    path = tmp_path / "fit.fastnn"
    fit(net(), stream(X, Y, block_rows=300), epochs=1, checkpoint=path)
    content = path.read_bytes()
    with pytest.raises(ValueError, match=r"alpha=0\.0001, and this is alpha=1\.0"):
        fit(net(alpha=1.0), stream(X, Y), checkpoint=path)
    with pytest.raises(ValueError, match="holds a MLPClassifier, not a MLPRegressor"):
        fit(MLPRegressor(), stream(X, Y), checkpoint=path)
    with pytest.raises(ValueError, match="no block ends after 300 rows"):
        fit(net(), stream(X[:700], Y[:700], block_rows=500), checkpoint=path, epochs=2)
    assert path.read_bytes() == content


def test_bad_input(tmp_path):
    folder = written(tmp_path / "rows")
    text = written(tmp_path / "text")
    parquet.write_table(pa.table({"a": ["x"], "y": [1]}), text / "0.parquet")
    for error, message, call in [
        (
            ValueError,
            "y must have a target for each of the 1000 rows, got 3",
            lambda: stream(X, Y[:3]),
        ),
        (ValueError, "y must have .* got none", lambda: stream(X)),
        (TypeError, "rows must be an array of shape", lambda: stream([[1.0]], [1])),
        (ValueError, "target has no meaning here: arrays", lambda: stream(X, Y, target="y")),
        (ValueError, "target must name the column", lambda: stream(folder)),
        (ValueError, "has no column 'z'; it has a, b, c, d, y", lambda: stream(folder, target="z")),
        (FileNotFoundError, "nowhere: no file", lambda: stream(tmp_path / "nowhere", target="y")),
        (ValueError, "has other columns than", lambda: stream(text, target="y")),
        (TypeError, "block_rows must be an int", lambda: stream(X, Y, block_rows=1.5)),
        (ValueError, "block_rows must be at least 1", lambda: stream(X, Y, block_rows=0)),
        (ValueError, "dtype must be", lambda: stream(X, Y, dtype="float16")),
        (
            ValueError,
            "epochs must be an int of at least 1",
            lambda: fit(net(), stream(X, Y), epochs=0),
        ),
        (TypeError, "rows must be a Stream", lambda: fit(net(), X)),
        (TypeError, "estimator must be an MLPClassifier", lambda: fit(object(), stream(X, Y))),
        (
            ValueError,
            "by partial_fit, and there is none",
            lambda: fit(net(solver="lbfgs"), stream(X, Y)),
        ),
        (
            ValueError,
            "column 'y' holds no numbers",
            lambda: list(stream(folder, target="a", columns=["y"]).blocks()),
        ),
    ]:
        with pytest.raises(error, match=message):
            call()
