"""How sure a regressor is of what it predicts, as Models and what is made of their outputs."""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from fastnn.model.affine import transform_maps
from fastnn.model.classes import fitted, is_class
from fastnn.model.melting import before_the_input, fold_batch_norms
from fastnn.model.model import Model
from fastnn.model.nodes import Node
from fastnn.model.of_estimator import PAIRED, network_as_fitted
from fastnn.model.unwrap import pipeline_steps, unwrap

__all__ = ["Spread", "spread_of"]

_AVERAGED = ("DeepEnsembleRegressor", "MonteCarloDropoutRegressor")


class Spread(NamedTuple):
    """What a standard deviation is computed from.

    ``kind`` says what the outputs of the models are: "pairs" of mean and log-variance, of which the
    mixture is taken, ``noise`` being the least variance; "values" of members, which differ; or
    "factors", of which the squares of so many for each target (``widths``) and its ``noise`` add up
    to its variance.
    """

    kind: str
    models: tuple
    noise: Any = 0.0
    widths: tuple = ()

    def astype(self, dtype):
        """The same with models of another dtype."""
        return self._replace(models=tuple(model.astype(dtype) for model in self.models))


def spread_of(source):
    """The Spread of a fitted regressor, alone or behind affine steps of a Pipeline; None of what
    has none, or no network that computes it."""
    source = unwrap(source)
    steps = pipeline_steps(source)
    if steps is not None:
        return _behind(steps[:-1], spread_of(steps[-1][1]))
    if _is_a(source, "MLPRegressor") and getattr(source, "loss", None) == PAIRED:
        return Spread("pairs", (_as_fitted(source),), source.variance_floor)
    if _is_a(source, *_AVERAGED):
        fitted(source, "n_features_in_")
        network, models = source._network(), tuple(map(_as_fitted, source._members()))
        if network.loss == PAIRED:
            return Spread("pairs", models, network.variance_floor)
        return Spread("values", models)
    if _is_a(source, "LaplaceRegressor") and source.subset == "last_layer":
        return _of_last_layer(source)
    return None


def _of_last_layer(source):
    model = _as_fitted(fitted(source, "estimator_"))
    factors, center = np.concatenate(source._factors, axis=1), source._center
    arrays = {"weight": factors, "bias": -(center @ factors)}
    arrays = {name: np.ascontiguousarray(a, model.dtype) for name, a in arrays.items()}
    *before, last = model.nodes
    head = replace(model.head, flat=False)
    last = Node("dense", last.sources, arrays)
    widths = tuple(factor.shape[1] for factor in source._factors)
    model = Model(model.n_features_in, (*before, last), head)
    return Spread("factors", (model,), 1 / source.noise_precision_, widths)


def _as_fitted(mlp):
    model = fold_batch_norms(network_as_fitted(mlp))
    return model.with_head(flat=False, feature_names=None)


def _behind(steps, spread):
    if spread is None:
        return None
    try:
        maps = [transform_maps(step, f"step {name!r}") for name, step in steps]
    except (TypeError, ValueError):  # not affine
        return None
    models = list(spread.models)
    for of_step in reversed(maps):
        for scale, shift in reversed(of_step):
            models = [before_the_input(model, scale, shift) for model in models]
    return spread._replace(models=tuple(models))


def _is_a(source, *names):
    return any(is_class(cls, name) for cls in type(source).__mro__ for name in names)
