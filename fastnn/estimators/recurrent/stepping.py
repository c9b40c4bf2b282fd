"""Recurrent estimators step by step: sequences that go on from call to call."""

from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from fastnn.estimators.recurrent.blocks import state_size
from fastnn.estimators.recurrent.categories import characters, numbers_of
from fastnn.model.of_recurrent import recurrent_as_fitted
from fastnn.scoring.predictor import Predictor

__all__ = ["State", "Stepping"]


class State:
    """What a sequence, or several, have left behind: for the next call of ``step``.

    It goes with the weights as they were when the sequence began. It is never changed: a sequence
    may go on from one state in several ways.

    Attributes
    ----------
    values : ndarray of shape (n_state,) or (n, n_state)
        Of each recurrent layer its outputs and, of an LSTM, its cells.
    """

    __slots__ = ("_predictor", "values")

    def __init__(self, predictor: Predictor, values: np.ndarray) -> None:
        self._predictor, self.values = predictor, values

    def __repr__(self) -> str:
        return f"State(values of shape {self.values.shape})"


class Stepping:
    """What a recurrent estimator has for sequences that go on."""

    states_: np.ndarray

    def step(self: Any, x: Any, state: State | None = None) -> tuple[Any, State]:
        """Take the next step of a sequence, or of several at once, in microseconds.

        What it returns has the bits of the prediction of the whole sequence up to there.

        Parameters
        ----------
        x : array-like of shape (d,), (n, d) or (n, T, d)
            The next step of one sequence, of n sequences, or T steps of each. With ``embedding``
            a category, n of them, or a text, whose characters are steps of one sequence.
        state : State or None, default=None
            What the call before has returned; None where sequences begin, with the weights that
            the estimator has then.

        Returns
        -------
        output : ndarray of shape (k,), (n, k) or (n, T, k)
            After each step the k values that are predicted or, of a classifier, the probabilities
            in the order of ``classes_`` (decision values of losses without). Of a text (T, k).
        state : State
            For the next call.

        Raises
        ------
        ValueError
            If the network is bidirectional, and so needs the whole sequence; for x that does not
            fit, or has numbers that are not finite.
        TypeError
            If state is none that ``step`` returned.
        """
        if state is None:
            predictor, values = self._stepper(), None
        elif isinstance(state, State):
            predictor, values = state._predictor, state.values
        else:
            raise TypeError(
                "state must be what the call before returned, or None where a sequence begins; got "
                f"{type(state).__name__}"
            )
        x, of_text = self._steps_of(x)
        if of_text and values is not None:
            values = values.reshape(1, -1)
        out, values = predictor.step(x, values)
        out = self._after_steps(out)
        if of_text:
            out, values = out[0], values[0]
        return out, State(predictor, values)

    def _stepper(self):
        """A Predictor of the present weights, in their dtype."""
        check_is_fitted(self)
        if self.bidirectional:
            raise ValueError(
                "with bidirectional=True half of the units go from the last step to the first, so "
                "that there is no next step: set bidirectional=False"
            )
        model = recurrent_as_fitted(self)
        return Predictor(model, dtype=model.dtype)

    def _steps_of(self, x):
        """Steps as a Predictor takes them, and whether they are those of a text."""
        if self.embedding is None:
            x = np.asarray(x)
            return (x.reshape(1) if x.ndim == 0 else x), False
        text = isinstance(x, str) and len(x) != 1
        x = characters(x) if text else np.asarray(x)
        if x.size == 0:
            raise ValueError("x has no steps: pass a category at least")
        if x.ndim > 2:
            raise ValueError(f"x must be categories, (n,) or (n, T), got shape {x.shape}")
        numbers = numbers_of(self.categories_, x.ravel(), "x").reshape(x.shape)[..., None]
        return (numbers[None] if text else numbers), text

    def _last_outputs(self, predictor, sequences, states=None):
        """Outputs after the last step of each sequence, and the states then."""
        out = after = None
        for which, steps in sequences.by_length():
            before = None if states is None else np.ascontiguousarray(states[which])
            found, left = predictor.step(steps, before)
            if out is None:
                out = np.empty((len(sequences.rows), found.shape[-1]), found.dtype)
                after = np.empty((len(sequences.rows), left.shape[-1]), left.dtype)
            out[which], after[which] = found[:, -1], left
        return out, after

    def reset_states(self) -> Self:
        """Let the next ``partial_fit`` of a ``stateful`` estimator begin with new sequences.

        Returns
        -------
        self : estimator
        """
        self.__dict__.pop("states_", None)
        return self

    def _states_before(self, sequences, dtype):
        """Those that the sequences of a stateful ``partial_fit`` begin with."""
        size = state_size(self, self._hidden_widths())
        states = self.__dict__.get("states_")
        if states is None:
            return np.zeros((len(sequences.rows), size), dtype)
        if states.shape != (len(sequences.rows), size):
            raise ValueError(
                f"with stateful=True partial_fit goes on with the {len(states)} sequences of the "
                f"call before, and X has {len(sequences.rows)}: pass the next pieces of the same "
                "ones in the same order, or call reset_states() first"
            )
        return states
