"""`fastnn serve`: health, rows as JSON, errors, a port that is taken, and a graceful end."""

import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

import fastnn

pd = pytest.importorskip("pandas")


@pytest.fixture(scope="module", name="model")
def a_model(tmp_path_factory):
    X = pd.DataFrame({"x": np.arange(40.0) % 7, "kind": ["a", "b", "a", "c"] * 10})
    columns = ColumnTransformer([("kind", OneHotEncoder(), ["kind"])], remainder="passthrough")
    network = fastnn.MLPClassifier((5,), solver="lbfgs", max_iter=20, random_state=0)
    path = tmp_path_factory.mktemp("serve") / "model.fastnn"
    fastnn.save(fastnn.Predictor(make_pipeline(columns, network).fit(X, X["x"] > 3)), path)
    return path


def start(model, *more):
    return subprocess.Popen(
        [sys.executable, "-m", "fastnn", "serve", str(model), *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module", name="server")
def a_server(model):
    process = start(model, "--port", "0", "--max-rows", "500")
    url = process.stdout.readline().split(" on ")[1].split()[0]
    assert url.startswith("http://127.0.0.1:")
    yield url
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) == 0
    assert "stopping" in process.stderr.read()


def ask(url, body=None):
    data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data)) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_rows_are_answered_as_the_model_does(server, model):
    assert ask(f"{server}/health")[1]["columns"] == ["x", "kind"]
    predictor = fastnn.load(model)
    rows = [{"x": 1, "kind": "a"}, {"kind": "c", "x": 6.5}]
    expected = predictor.predict_proba(rows).tolist()
    for body in (rows, {"rows": rows}, [[1, "a"], [6.5, "c"]]):
        status, answer = ask(f"{server}/predict", body)
        assert status == 200
        assert answer["predictions"] == predictor.predict(rows).tolist()
        assert answer["probabilities"] == expected
        assert answer["classes"] == [False, True]
    for row in (rows[0], [1, "a"]):
        assert ask(f"{server}/predict", row)[1]["probabilities"] == expected[:1]


def test_many_ask_at_once(server):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda i: ask(f"{server}/predict", [i % 7, "b"]), range(40)))
    assert all(status == 200 for status, _ in answers)
    assert all(answers[i][1] == answers[i + 7][1] for i in range(33))


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"x": 1}, 400, "lacks 'kind'"),
        ({"x": "1", "kind": "a"}, 400, "column 'x' holds '1', a str"),
        ({"x": 1, "kind": "z"}, 400, "unknown category 'z'"),
        ([1], 400, "2"),
        (b"nonsense", 400, "no JSON"),
        ([], 400, "a row or a list of rows"),
        (7, 400, "a row or a list of rows"),
        ([[1, "a"]] * 501, 413, "at most 500 rows"),
    ],
)
def test_bad_requests_are_told_why(server, body, status, message):
    found, answer = ask(f"{server}/predict", body)
    assert found == status
    assert message in answer["error"]
    assert ask(f"{server}/elsewhere")[0] == 404


def test_a_port_that_is_taken_is_one_line(server, model):
    process = start(model, "--port", server.rpartition(":")[2])
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "another --port" in err
    assert err.count("\n") == 1
