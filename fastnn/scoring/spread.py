"""Standard deviations of a regressor's predictions: those of its estimator."""

from typing import Any, NamedTuple

import numpy as np

from fastnn.files.sources import describe
from fastnn.files.streams import is_readable
from fastnn.losses import make_loss
from fastnn.model.model import Model
from fastnn.model.spread import spread_of
from fastnn.scoring.scorer import make_scorer

__all__ = ["Described", "SpreadScorer", "described"]


class Described(NamedTuple):
    """What a Predictor is made of: a Model, where there are standard deviations a Spread, and the
    Model before its weights were rounded to fewer bits, if they have been and it is known."""

    model: Any
    spread: Any
    reference: Any = None


def described(source, dtype):
    """The Described of what a Predictor is made from, in a dtype."""
    if isinstance(source, Described):
        model, spread, _ = source
    else:
        model, spread = describe(source), None
        if isinstance(of_predictor := getattr(source, "_spread", None), SpreadScorer):
            spread = of_predictor.spread
        elif model.kind == "regressor" and not (isinstance(source, Model) or is_readable(source)):
            spread = spread_of(source)
    reduced = model.astype(dtype)
    if spread is not None:
        spread = spread.astype(reduced.dtype)
    known = reduced.precision is not None and model.precision is None
    return Described(reduced, spread, model if known else None)


class SpreadScorer:
    """Scores a Spread; its members' weights are packed at the first call.

    Parameters
    ----------
    spread : fastnn.model.spread.Spread or None
    """

    def __init__(self, spread):
        self.spread, self._kernels = spread, None

    def std(self, score):
        """Standard deviations (n, n_targets); ``score(kernel)`` gives the rows of a kernel.

        Raises
        ------
        ValueError
            If there are none.
        """
        spread = self.spread
        if spread is None:
            raise ValueError(
                "return_std needs an MLPRegressor(loss='gaussian_nll'), a DeepEnsembleRegressor, a"
                " MonteCarloDropoutRegressor or a LaplaceRegressor(subset='last_layer'), fitted,"
                " alone or behind scalers: a model's file has the mean alone, so pass"
                " fastnn.load(path)."
            )
        if self._kernels is None:
            self._kernels = [make_scorer(model).proba for model in spread.models]
        found = np.stack([score(kernel) for kernel in self._kernels])
        if spread.kind == "values":
            return found.std(axis=0)
        if spread.kind == "pairs":
            loss = make_loss("gaussian_nll", floor=spread.noise)
            aleatoric = np.mean([loss.variances(raw) for raw in found], axis=0)
            return np.sqrt(aleatoric + found[:, :, ::2].var(axis=0))
        parts = np.split(np.square(found[0]), np.cumsum(spread.widths)[:-1], axis=1)
        variances = np.stack([part.sum(axis=1) for part in parts], axis=1)
        return np.sqrt(variances + spread.noise).astype(found.dtype)
