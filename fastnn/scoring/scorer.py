"""The kernel that scores a ScoringModel."""

import numpy as np

from fastnn._kernels.scoring.scorer import Scorer


def make_scorer(model):
    """Pack a ScoringModel without batch normalisations for scoring.

    Returns
    -------
    Scorer or Decisions
        Has ``raw`` and ``codes``, and where the model has probabilities or values ``proba`` and
        ``log_proba``.
    """
    more = {}
    if model.norms or model.skips:
        more["norms"] = [_norm(block.norm) for block in model.blocks]
        more["skips"] = [_skip(block.skip) for block in model.blocks]
    scorer = Scorer(
        list(model.weights),
        list(model.biases),
        [*model.activations, "identity"],
        model.output_activation,
        model.dtype,
        model.binary and model.has_probabilities,
        **more,
    )
    decides = model.kind != "regressor" and not model.has_probabilities
    return Decisions(scorer, model) if decides else scorer


def _norm(norm):
    return None if norm is None else (norm.gain, norm.shift, norm.epsilon)


def _skip(skip):
    if skip is None:
        return None
    return "identity" if skip.matrix is None else (skip.matrix, skip.bias)


class Decisions:
    """A classifier that decides by its raw outputs; calls as those of a Scorer.

    Parameters
    ----------
    scorer : Scorer
    model : ScoringModel
    """

    proba = log_proba = None

    def __init__(self, scorer, model):
        self.raw = scorer.raw
        if model.binary:
            self._decide = _second_class
        else:
            self._decide = _largest if model.kind == "classifier" else _positive

    def codes(self, X, out, n_threads):
        """Class numbers (n,) of int64, or an indicator of labels (n, n_labels)."""
        if out is not None and type(out) is not np.ndarray:
            return NotImplemented
        z = self.raw(X, None, n_threads)
        if z is NotImplemented:
            return NotImplemented
        codes = self._decide(z)
        if out is None:
            return codes
        if not (out.flags.carray and (out.shape, out.dtype) == (codes.shape, codes.dtype)):
            return NotImplemented
        out[...] = codes
        return out


def _second_class(z):
    return (z[:, 0] > 0).astype(np.int64)


def _largest(z):
    return z.argmax(axis=1).astype(np.int64, copy=False)


def _positive(z):
    return (z > 0).astype(np.int64)
