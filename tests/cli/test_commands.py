"""The command line as users call it: trained, shown, scored, exported; errors in one line."""

import csv
import json
import subprocess
import sys
import sysconfig
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

import fastnn
from fastnn.cli.main import main


def fastnn_command(*arguments, cwd, text="", code=0):
    """Run ``fastnn ...`` in a folder; returns (stdout, stderr)."""
    done = subprocess.run(
        [sys.executable, "-m", "fastnn", *map(str, arguments)],
        cwd=cwd,
        input=text,
        capture_output=True,
        text=True,
    )
    assert done.returncode == code, done.stderr
    return done.stdout, done.stderr


@pytest.fixture(scope="module", name="folder")
def a_folder_with_a_model(tmp_path_factory):
    """people.csv, and a model of it that the command line has trained."""
    folder, rng = tmp_path_factory.mktemp("cli"), np.random.RandomState(0)
    with open(folder / "people.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["age", "job", "pay", "rich"])
        for i in range(400):
            age, job = rng.randint(20, 70), rng.choice(["cook", "smith", "clerk"])
            rich = "yes" if age + 20 * (job == "smith") > 55 else "no"
            writer.writerow([age, job if i % 20 else "", round(rng.lognormal(8), 2), rich])
    out, _ = fastnn_command(
        *("train", "people.csv", "--target", "rich", "--preset", "plain"),
        *("--epochs", 30, "--hidden", "16"),
        cwd=folder,
    )
    assert "400 rows, 2 columns of numbers and 1 of categories; 'rich' is classes" in out
    assert "accuracy" in out
    assert "always" in out
    return folder


def test_scored_rows_are_those_of_the_model(folder):
    rows = "job,age,pay,more\nsmith,60,3000,x\ncook,30,,x\nunknown,44,10,x\n"
    out, err = fastnn_command("score", "people.fastnn", "-", cwd=folder, text=rows)
    header, *lines = csv.reader(out.splitlines())
    assert header == ["prediction", "probability_no", "probability_yes"]
    predictor = fastnn.load(folder / "people.fastnn")
    expected = predictor.predict_proba([[60, "smith", 3000], [30, "cook", None], [44, "?", 10]])
    np.testing.assert_allclose(np.array(lines)[:, 1:].astype(float), expected, rtol=1e-6)
    assert lines[0][0] == "yes"
    assert err == ""


def test_files_are_scored_piece_by_piece(folder):
    """More rows than a piece; the file of the results, Parquet beside CSV, a bar if asked for."""
    parquet = pytest.importorskip("pyarrow.parquet")
    import pyarrow.csv

    rows = (folder / "people.csv").read_text().splitlines()
    (folder / "many.csv").write_text("\n".join([rows[0], *rows[1:] * 50]))
    _, err = fastnn_command(
        "score", "people.fastnn", "many.csv", "--out", "many.out", "--progress", cwd=folder
    )
    assert "100%" in err
    assert "20,000 rows" in err
    lines = (folder / "many.out").read_text().splitlines()
    assert len(lines) == 20_001
    assert lines[1:401] * 50 == lines[1:]
    parquet.write_table(pyarrow.csv.read_csv(folder / "people.csv"), folder / "people.parquet")
    out, _ = fastnn_command("score", "people.fastnn", "people.parquet", cwd=folder)
    assert out.splitlines() == lines[:401]


def test_a_model_is_shown(folder):
    out, _ = fastnn_command("show", "people.fastnn", cwd=folder)
    assert "job: one of 3 labels: 'clerk', 'cook', 'smith'" in out
    assert "age: a number" in out
    facts = json.loads(fastnn_command("show", "people.fastnn", "--json", cwd=folder)[0])
    assert facts["classes"] == ["no", "yes"]
    assert facts["parameters"] > 16
    assert facts["bytes"] == (folder / "people.fastnn").stat().st_size


def test_numbers_are_learned(folder):
    rng = np.random.RandomState(1)
    X = rng.normal(size=(300, 3))
    rows = np.column_stack([X, X[:, 0] + 2 * X[:, 1]])
    np.savetxt(folder / "xy.csv", rows, delimiter=",", header="a,b,c,y", comments="")
    out, _ = fastnn_command("train", "xy.csv", "--target", "y", "--preset", "fast", cwd=folder)
    assert float(out.split("R2 ")[1].split()[0]) > 0.8
    out, _ = fastnn_command("score", "xy.fastnn", "-", cwd=folder, text="c,b,a\n0,1,1\n")
    assert abs(float(out.split()[1]) - 3) < 1
    assert "a: a number" in fastnn_command("show", "xy.fastnn", cwd=folder)[0]
    fastnn_command("export", "xy.fastnn", "--c", "xy.c", "--name", "xy", cwd=folder)
    assert "numbers[0]: 'a'" in (folder / "xy.c").read_text()
    fastnn_command("export", "xy.fastnn", "--onnx", "xy.onnx", cwd=folder)
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(folder / "xy.onnx")
    feed = {name: np.array([[x]], np.float32) for name, x in zip("abc", (1, 1, 0), strict=True)}
    np.testing.assert_allclose(session.run(None, feed)[0], float(out.split()[1]), rtol=1e-4)
    fastnn_command("bench", "xy.fastnn", "--rows", "1", "--seconds", "0.01", cwd=folder)


def test_a_model_is_exported(folder):
    fastnn_command("export", "people.fastnn", "--c", "m.c", "--name", "people", cwd=folder)
    source = (folder / "m.c").read_text()
    assert "people_encode" in source
    assert "labels[1]: 'job'" in source
    onnxruntime = pytest.importorskip("onnxruntime")
    fastnn_command("export", "people.fastnn", "--onnx", "people.onnx", cwd=folder)
    session = onnxruntime.InferenceSession(folder / "people.onnx")
    assert [given.name for given in session.get_inputs()] == ["age", "job", "pay"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("score", "nothing.fastnn", "people.csv"), "nothing.fastnn: No such file or directory"),
        (("score", "people.csv", "people.csv"), "people.csv: not a fastnn file"),
        (("score", "broken.fastnn", "people.csv"), "broken.fastnn: "),
        (("score", "people.fastnn", "less.csv"), "less.csv lacks the column 'job' (did you mean"),
        (("score", "people.fastnn", "text.csv"), "row 2: the column 'age' holds 'old', where"),
        (("score", "people.fastnn", "ragged.csv"), "row 2: 2 cells where the header has 3"),
        (("score", "people.fastnn", "empty.csv"), "empty.csv is empty"),
        (("score", "people.fastnn", "binary.csv"), "no CSV"),
        (("train", "people.csv", "--target", "ich"), "no column 'ich' (did you mean 'rich'?)"),
        (("train", "people.csv", "--target", "rich", "--hidden", "x"), "--hidden 'x' must be"),
        (("train", "people.csv", "--target", "job", "--task", "regression"), "holds text"),
        (("train", "people.csv", "--target", "rich", "--out", "no/m.fastnn"), "does not exist"),
        (("export", "people.fastnn", "--c", "m.c", "--name", "a-b"), "no name in C"),
    ],
)
def test_what_goes_wrong_is_one_line(folder, arguments, message, monkeypatch, capsys):
    (folder / "less.csv").write_text("age,jobs,pay\n1,cook,2\n")
    (folder / "text.csv").write_text("age,job,pay\n1,cook,2\nold,cook,2\n")
    (folder / "ragged.csv").write_text("age,job,pay\n1,cook,2\n1,cook\n")
    (folder / "empty.csv").write_text("")
    (folder / "binary.csv").write_bytes(b"\xff\xfe\x00")
    model = (folder / "people.fastnn").read_bytes()
    (folder / "broken.fastnn").write_bytes(model[:-40] + b"x" * 40)
    (folder / "kept.out").write_text("kept")
    more = ("--out", "kept.out") if arguments[0] == "score" else ()
    monkeypatch.chdir(folder)
    assert main([*arguments, *more]) == 1
    err = capsys.readouterr().err
    assert err.startswith(f"fastnn {arguments[0]}: ")
    assert message in err
    assert err.count("\n") == 1
    assert (folder / "kept.out").read_text() == "kept"


def test_the_installed_script_is_the_same_command(folder):
    installed = [e for e in metadata.entry_points(group="console_scripts") if e.name == "fastnn"]
    script = Path(sysconfig.get_path("scripts")) / "fastnn"
    if not installed or not script.exists():
        pytest.skip("fastnn is not installed in this environment")
    assert installed[0].load() is main
    command = [sys.executable, script]  # whichever interpreter wrote its first line

    def run(*arguments):
        return subprocess.run([*command, *arguments], cwd=folder, capture_output=True, text=True)

    assert run("--version").stdout == f"fastnn {fastnn.__version__}\n"
    assert "age: a number" in run("show", "people.fastnn").stdout
    failed = run("show", "people.csv")
    assert failed.returncode == 1
    assert failed.stderr.startswith("fastnn show: people.csv: not a fastnn file")
    assert failed.stderr.count("\n") == 1
    assert run("no-such-command").returncode == 2


def test_wrong_usage_has_a_code_of_its_own(folder):
    assert "usage" in fastnn_command("score", cwd=folder, code=2)[1]
    assert fastnn_command("--version", cwd=folder)[0].startswith("fastnn ")


def test_output_may_be_closed_by_who_reads_it(folder):
    score = f"{sys.executable} -m fastnn score people.fastnn long.csv"
    rows = (folder / "people.csv").read_text().splitlines()
    (folder / "long.csv").write_text("\n".join([rows[0], *rows[1:] * 50]))
    command = f"{score} | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True)
    assert done.stdout.splitlines() == ["prediction,probability_no,probability_yes", "141"]
    assert done.stderr == ""


def test_a_doctor_and_the_configuration(folder):
    out, _ = fastnn_command("doctor", cwd=folder)
    assert "FAIL" not in out
    assert out.count("ok ") >= 6
    assert json.loads(fastnn_command("config", "--json", cwd=folder)[0])["isa"]
