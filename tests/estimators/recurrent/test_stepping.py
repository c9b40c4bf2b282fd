"""Recurrent estimators whose sequences go on: step by step, piece by piece, and into the future."""

import pickle

import numpy as np
import pytest
from kernel_cases import assert_same_bits

from fastnn import RecurrentClassifier, RecurrentRegressor

SMALL = {"hidden_layer_sizes": (6, 5), "max_iter": 2, "random_state": 0}
X = np.random.RandomState(0).normal(size=(12, 8, 2))
SUMS = np.cumsum(X[:, :, 0], axis=1)
LABELS = np.array(["a", "b", "c"])[np.digitize(SUMS, [-1, 1])]
TEXTS = ["abcabcabc", "cabcabcab", "bcabcabca"]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("model", "y"),
    [
        (RecurrentRegressor("lstm", **SMALL), SUMS[:, -1]),
        (RecurrentRegressor("gru", output="mean", **SMALL), np.c_[SUMS[:, -1], SUMS[:, 0]]),
        (RecurrentRegressor("rnn", output="all", loss="gaussian_nll", **SMALL), SUMS),
        (RecurrentClassifier("gru", **SMALL), LABELS[:, -1]),
        (RecurrentClassifier("lstm", output="all", **SMALL), LABELS),
        (RecurrentClassifier("lstm", output="all", **SMALL), SUMS > 0),
        (RecurrentClassifier("lstm", output="all", loss="hinge", **SMALL), SUMS > 0),
    ],
    ids=lambda value: getattr(value, "output", ""),
)
def test_steps_have_the_bits_of_whole_sequences(model, y, dtype):
    rows = X.astype(dtype)
    model.fit(rows, y)
    whole = getattr(model, "predict_proba", None) or model.predict
    whole = model.decision_function if getattr(model, "loss", "") == "hinge" else whole
    state, found = None, []
    for x in rows[3]:
        out, state = model.step(x, state)
        found.append(out)
    for t in (0, 4, 7):
        expected = whole(rows[3:4, : t + 1])[0]
        expected = expected[-1:] if model.output == "all" else expected
        assert_same_bits(found[t].ravel(), np.ascontiguousarray(expected).ravel())
    several, after = model.step(rows)
    assert_same_bits(several[3].copy(), np.array(found))
    assert_same_bits(after.values[3].copy(), state.values)
    again = pickle.loads(pickle.dumps(state))
    assert_same_bits(model.step(rows[3, 0], again)[0], model.step(rows[3, 0], state)[0])
    model.coefs_[0][...] = 0  # a state goes with the weights of its beginning
    assert_same_bits(model.step(rows[3, 0], again)[0], model.step(rows[3, 0], state)[0])


def test_texts_go_on_too():
    model = RecurrentClassifier(
        "gru", hidden_layer_sizes=12, output="all", embedding=3, batch_size=3, max_iter=150,
        learning_rate_init=0.02, random_state=0,
    )  # fmt: skip
    model.fit([text[:-1] for text in TEXTS], [text[1:] for text in TEXTS])
    p, state = model.step("cab")
    assert_same_bits(p, np.ascontiguousarray(model.predict_proba(["cab"])[0]))
    one, _ = model.step("c", state)
    assert_same_bits(one, np.ascontiguousarray(model.predict_proba(["cabc"])[0][-1]))
    assert model.sample(7, "ab", temperature=0.1, random_state=0) == "cabcabc"
    drawn = model.sample(400, np.array(["a"]), temperature=50.0, random_state=0)
    assert np.unique(drawn, return_counts=True)[1].min() > 80
    assert (drawn == model.sample(400, ["a"], temperature=50.0, random_state=0)).all()


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("ragged", [False, True], ids=["even", "ragged"])
def test_stateful_pieces_begin_where_those_before_ended(cell, ragged):
    lengths = 2 + np.arange(12) % 3 if ragged else np.full(12, 4)
    first = [x[:n] for x, n in zip(X, lengths, strict=True)]
    second = [x[n : n + 3] for x, n in zip(X, lengths, strict=True)]
    y1 = [s[:n] for s, n in zip(SUMS, lengths, strict=True)]
    y2 = [s[n : n + 3] for s, n in zip(SUMS, lengths, strict=True)]
    if not ragged:
        first, second, y1, y2 = map(np.array, (first, second, y1, y2))
    model = RecurrentRegressor(cell, output="all", stateful=True, batch_size=5, **SMALL)
    plain = RecurrentRegressor(cell, output="all", batch_size=5, **SMALL)
    model.partial_fit(first, y1)
    plain.partial_fit(first, y1)
    assert_same_bits(model.coefs_, plain.coefs_)  # they begin with states of zero
    _, state = model.step(np.asarray(first[1])[None])
    assert_same_bits(model.states_[1:2].copy(), state.values)
    # the loss of the second pieces is that of whole sequences, over their last steps
    before, weights = model.states_.copy(), pickle.loads(pickle.dumps(model))
    model.set_params(batch_size=12).partial_fit(second, y2)
    errors = []
    for i in range(12):
        whole = np.concatenate([first[i], second[i]])
        found = np.asarray(weights.predict(whole[None] if not ragged else [whole])[0])
        errors.append((found[len(first[i]) :] - y2[i]) ** 2 / 2)
    penalty = sum((coef**2).sum() for coef in weights.coefs_) * 0.5 * model.alpha / 12
    assert model.loss_ == pytest.approx(np.concatenate(errors).mean() + penalty, rel=1e-9)
    assert np.abs(model.states_ - before).max() > 1e-3
    with pytest.raises(ValueError, match="with the 12 sequences of the call before, and X has 5"):
        model.partial_fit(second[:5], y2[:5])
    model.reset_states().partial_fit(second[:5], y2[:5])
    assert model.states_.shape[0] == 5
    assert not hasattr(model.fit(first, y1), "states_")


def test_forecasts_hand_predictions_on():
    wave = np.sin(0.4 * np.arange(300))
    windows = np.lib.stride_tricks.sliding_window_view(wave, 16)[:250]
    model = RecurrentRegressor(
        "gru", hidden_layer_sizes=12, output="all", learning_rate_init=0.02, batch_size=25,
        max_iter=60, random_state=0,
    ).fit(windows[:, :-1], windows[:, 1:])  # fmt: skip
    found = model.forecast(wave[None, 200:260, None], 12)
    assert np.abs(found[0] - wave[260:272]).max() < 0.15
    both = model.forecast([wave[200:260, None], wave[100:131, None]], 12)
    assert_same_bits(both[0].copy(), found[0].copy())
    assert np.abs(both[1] - wave[131:143]).max() < 0.15
    longer = np.append(wave[200:260], found[0, 0])[None, :, None]
    assert_same_bits(model.forecast(longer, 1)[0, 0], found[0, 1])
    vectors = RecurrentRegressor("rnn", **SMALL).fit(X[:, :-1], X[:, -1])
    assert vectors.forecast(X, 4).shape == (12, 4, 2)


def test_what_has_no_next_step_is_refused():
    both = RecurrentRegressor(bidirectional=True, **SMALL).fit(X, SUMS[:, -1])
    for call in (lambda: both.step(X[0, 0]), lambda: both.forecast(X, 2)):
        with pytest.raises(ValueError, match="set bidirectional=False"):
            call()
    for more in ({"bidirectional": True}, {"output": "mean"}):
        with pytest.raises(ValueError, match="stateful=True goes on from the last step"):
            RecurrentRegressor(stateful=True, **more, **SMALL).fit(X, SUMS[:, -1])
    model = RecurrentRegressor(**SMALL).fit(X, SUMS[:, -1])
    for call, message in (
        (lambda: model.forecast(X, 2), "predictions of 1 numbers on as steps, which have 2"),
        (lambda: model.forecast(X, 0), "horizon must be an int of at least 1"),
        (lambda: model.step([1.0, 2.0, 3.0]), "d = 2"),
        (lambda: model.step([1.0, np.nan]), "NaN"),
    ):
        with pytest.raises(ValueError, match=message):
            call()
    with pytest.raises(TypeError, match="state must be what the call before returned"):
        model.step(X[0, 0], np.zeros(22))
    classifier = RecurrentClassifier(**SMALL).fit(X, LABELS[:, -1])
    with pytest.raises(ValueError, match="classes that are categories of X"):
        classifier.sample(3, "a")
    texts = RecurrentClassifier(embedding=2, **SMALL).fit(TEXTS, ["a", "b", "c"])
    for arguments, message in (
        ((-1, "a"), "n_steps"),
        ((1, ""), "at least"),
    ):
        with pytest.raises(ValueError, match=message):
            texts.sample(*arguments)
    with pytest.raises(ValueError, match="temperature must be a positive number"):
        texts.sample(1, "a", temperature=0)


def test_a_text_without_characters_is_no_step():
    model = RecurrentClassifier("rnn", 3, embedding=2, output="all", max_iter=1, random_state=0)
    model.fit(["abab", "bb"], ["baba", "bb"])
    with pytest.raises(ValueError, match="x has no steps"):
        model.step("")
    with pytest.raises(ValueError, match=r"y\[1\] has 0 targets"):
        model.fit(["abab", "b"], ["baba", ""])


@pytest.mark.parametrize("ragged", [False, True], ids=["even", "ragged"])
def test_pieces_may_have_one_target_each(ragged):
    pieces = [x[: 3 + i % 3] for i, x in enumerate(X)] if ragged else X[:, :4]
    model = RecurrentRegressor("lstm", stateful=True, **SMALL)
    model.partial_fit(pieces, np.arange(12.0))
    _, state = model.step(np.asarray(pieces[1])[None])
    assert_same_bits(model.states_[1:2].copy(), state.values)
