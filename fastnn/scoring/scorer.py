"""The kernel that scores a Model."""

import numpy as np

from fastnn._kernels.scoring.scorer import Scorer
from fastnn.model.front import Front
from fastnn.scoring.stages import Stages


def make_scorer(model, slices=None):
    """Pack a Model for scoring.

    Parameters
    ----------
    model : Model
    slices : mapping of int to ReducedWeights, optional
        See `fastnn.scoring.fewer_bits.slices_of`.

    Returns
    -------
    Scorer, Decisions, Thresholded, Encoded or TableScorer
        Has ``raw`` and ``codes``, and where the model has probabilities or values ``proba`` and
        ``log_proba``.
    """
    two_column = model.binary and model.has_probabilities
    scorer = scorer_of(
        model.n_features_in,
        model.nodes,
        model.widths,
        model.output_activation,
        model.dtype,
        two_column,
        activated=model.head.activated,
        precision=model.precision,
        slices=slices,
    )
    if model.threshold is not None:
        scorer = Thresholded(scorer, model)
    elif model.kind != "regressor" and not model.has_probabilities:
        scorer = Decisions(scorer, model)
    if model.front is None:
        return scorer
    if isinstance(model.front, Front):  # each comes where it is needed: cold starts count
        from fastnn.scoring.encoded import Encoded

        return Encoded(scorer, model.front, model.dtype)
    from fastnn.scoring.tables import TableScorer

    return TableScorer(scorer, model.front)


def scorer_of(
    n_in,
    nodes,
    widths,
    output_activation,
    dtype,
    two_column=False,
    isa=None,
    activated=False,
    precision=None,
    slices=None,
):
    """The Scorer of nodes that fit together; ``widths`` are the outputs of each."""
    stages = Stages(nodes, widths, precision, isa, slices)
    return Scorer(
        n_in,
        stages.specs,
        stages.arrays,
        output_activation,
        dtype,
        two_column,
        isa,
        stages.functions,
        activated,
        stages.reduced,
    )


class Decisions:
    """A classifier that decides by its raw outputs; calls as those of a Scorer.

    Parameters
    ----------
    scorer : Scorer
    model : Model
    """

    proba = log_proba = None

    def __init__(self, scorer, model):
        self.raw = self._scores = scorer.raw
        if model.binary:
            self._decide = _second_class
        else:
            self._decide = _largest if model.kind == "classifier" else _positive

    def codes(self, X, out, n_threads):
        """Class numbers (n,) of int64, or an indicator of labels (n, n_labels)."""
        if out is not None and type(out) is not np.ndarray:
            return NotImplemented
        z = self._scores(X, None, n_threads)
        if z is NotImplemented:
            return NotImplemented
        codes = self._decide(z)
        if out is None:
            return codes
        if not (out.flags.carray and (out.shape, out.dtype) == (codes.shape, codes.dtype)):
            return NotImplemented
        out[...] = codes
        return out


class Thresholded(Decisions):
    """A classifier of two classes that decides at a threshold."""

    def __init__(self, scorer, model):
        self.raw = self._scores = scorer.raw
        if model.has_probabilities:
            self.proba, self.log_proba = scorer.proba, scorer.log_proba
            self._scores = scorer.proba
        # Of two decision values the first is minus the second; a float64, so that it stays exact.
        threshold, positive = np.float64(model.threshold.value), model.threshold.positive

        def decide(scores):
            if scores.shape[1] == 2:
                of_positive = scores[:, positive]
            else:
                of_positive = scores[:, 0] if positive else -scores[:, 0]
            return np.where(of_positive >= threshold, positive, 1 - positive).astype(np.int64)

        self._decide = decide


def _second_class(z):
    return (z[:, 0] > 0).astype(np.int64)


def _largest(z):
    return z.argmax(axis=1).astype(np.int64, copy=False)


def _positive(z):
    return (z > 0).astype(np.int64)


def no_decisions(X, out, n_threads):
    """In the place of a scorer's ``raw`` where the model is a mean of probabilities."""
    raise AttributeError(
        "this Predictor scores a mean of probabilities, which has no decision function; use"
        " predict_proba"
    )


def no_probabilities(model):
    """In the place of a scorer's ``proba`` where a model has none: a function that says so."""
    what = "regressor" if model.kind == "regressor" else "classifier whose outputs are values"
    hint = "" if model.kind == "regressor" else "; use decision_function"

    def refuse(X, out, n_threads):
        raise AttributeError(f"this Predictor scores a {what}, which has no probabilities{hint}")

    return refuse
