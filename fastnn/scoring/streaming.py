"""What comes in pieces: batches when they are asked for, and a recurrent network step by step,
each call going on from the state of the one before."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from fastnn._types import MatrixLike
from fastnn.scoring.inputs import as_floats

_METHODS = ("predict", "predict_proba", "predict_log_proba", "decision_function")


class Streaming:
    """The methods of a Predictor for what comes in pieces."""

    __slots__ = ()
    _model: Any
    _stream: Any

    def predict_batches(
        self, batches: Iterable[MatrixLike], *, method: str = "predict", n_jobs: int | None = None
    ) -> Iterator[np.ndarray]:
        """Score a stream of batches, each when it is asked for.

        Parameters
        ----------
        batches : iterable of array-like of shape (n, n_features)
        method : {"predict", "predict_proba", "predict_log_proba", "decision_function"}
        n_jobs : int, optional

        Returns
        -------
        iterator of ndarray
            The result of each batch.
        """
        if method not in _METHODS:
            raise ValueError(f"method must be one of {_METHODS}, got {method!r}")
        score = getattr(self, method)
        return (score(batch, n_jobs=n_jobs) for batch in batches)

    def step(self, x: Any, state: Any = None) -> tuple[np.ndarray, np.ndarray]:
        """Take the next step, or some steps, of sequences that go on: of recurrent networks.

        What comes after each step has the bits of the whole sequence's outputs up to there, however
        it is cut into calls, and alone or with others.

        Parameters
        ----------
        x : array-like of shape (d,), (n, d) or (n, T, d)
            The next step of one sequence, of n sequences, or T steps of each.
        state : ndarray of shape (n_state,) or (n, n_state), default=None
            What the call before has returned; None at the beginning of the sequences.

        Returns
        -------
        output : ndarray of shape (k,), (n, k) or (n, T, k)
            After each step: of a regressor the k values, of a classifier the probabilities (of one
            without, decision values) of a sequence that would end there.
        state : ndarray of shape (n_state,) or (n, n_state)
            For the next call. The one handed in is not changed.

        Raises
        ------
        TypeError
            If the model is no recurrent network, or needs whole sequences: one that is
            bidirectional, say.
        ValueError
            If x or state have another shape, or numbers that are not finite.

        Examples
        --------
        >>> import numpy as np
        >>> from fastnn import Network, Predictor, layers
        >>> X = np.random.RandomState(0).normal(size=(50, 10))
        >>> net = Network([layers.LSTM(4), layers.Dense(1)], random_state=0).fit(X, X[:, :1])
        >>> predictor, state = Predictor(net), None
        >>> for number in X[0]:
        ...     output, state = predictor.step([number], state)
        >>> bool(output[0] == predictor.predict(X)[0, 0])
        True
        """
        stream = getattr(self, "_stream", None)
        if stream is None:
            from fastnn.scoring.one_step import stream_of  # where it is needed: cold starts count

            stream = stream_of(self._model)
            object.__setattr__(self, "_stream", stream)  # the same, whoever makes it first
        found = stream(x, state)
        if found is NotImplemented:
            x = np.asarray(x)
            if not 1 <= x.ndim <= 3 or x.shape[-1] != stream.width:
                raise ValueError(
                    "x must be one step (d,), a step of each of n sequences (n, d) or several"
                    f" (n, T, d) with d = {stream.width}, got an array of shape {x.shape}"
                )
            if state is not None:
                shape = (*x.shape[:1], stream.n_state)[x.ndim == 1 :]
                state = _state(state, shape, self._model.dtype)
            found = stream(_floats(x), state)
        if getattr(x, "ndim", 1) == 3:
            return np.ascontiguousarray(found[0].transpose(1, 0, 2)), found[1]
        return found


def _state(state, shape, dtype):
    if not (isinstance(state, np.ndarray) and state.shape == shape and state.dtype == dtype):
        got = f"{state.dtype} {state.shape}" if isinstance(state, np.ndarray) else type(state)
        raise ValueError(
            f"state must be what the call before returned, a {dtype} array of shape {shape}, or"
            f" None at the beginning, got {got}"
        )
    return np.ascontiguousarray(state)


def _floats(x):
    if x.dtype.kind not in "fiubO":
        raise ValueError(f"x must hold real numbers, got an array of dtype {x.dtype}")
    return np.ascontiguousarray(as_floats(x))
