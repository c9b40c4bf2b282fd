"""Transformers that send each number along a curve: quantiles and splines."""

import numpy as np

from fastnn.model.classes import fitted
from fastnn.model.normal import normal_quantile
from fastnn.model.pipelines.features import Number, RefusedError, Table

#: Where QuantileTransformer takes a number for one of the ends, and how far its output goes.
_MARGIN = 1e-7


def quantile_transformer(step, features, builder):
    """QuantileTransformer: the share of the training rows below, and the normal number of it."""
    normal = step.output_distribution == "normal"
    margin, references = _MARGIN if normal else 0.0, step.references_.astype(float)
    end = _MARGIN - np.spacing(1)
    low, high = (float(x) for x in normal_quantile([end, 1 - end]))
    found = []
    for feature, at in zip(features, fitted(step, "quantiles_").astype(float).T, strict=True):
        if np.isnan(at).any():
            raise RefusedError("a column had no values when it was fitted")

        def share(x, at=at):
            return _share(x, at, references, margin)

        out = builder.elementwise(
            feature, share, "quantile", at=at.tolist(), to=references.tolist(), margin=margin
        )
        if normal:
            out = builder.elementwise(
                out,
                lambda p: np.clip(normal_quantile(p), low, high),
                "normal",
                low=low,
                high=high,
            )
        found.append(out)
    return found


def _share(x, at, to, margin):
    mean = 0.5 * (np.interp(x, at, to) - np.interp(-x, -at[::-1], -to[::-1]))
    below, above = (
        (x - margin < at[0], x + margin > at[-1]) if margin else (x == at[0], x == at[-1])
    )
    found = np.where(below, 0.0, np.where(above, 1.0, mean))
    return np.where(np.isnan(x), np.nan, found)


def spline_transformer(step, features, builder):
    """SplineTransformer: of each number a polynomial for each spline, in every interval."""
    found, degree = [], step.degree
    for feature, spline in zip(features, fitted(step, "bsplines_"), strict=True):
        low, high = float(spline.t[degree]), float(spline.t[-degree - 1])
        if not high > low:
            raise RefusedError("the knots of a column leave no interval between them")
        x = builder.number(feature)
        if step.extrapolation == "periodic":
            x = _elementwise(x, builder, "wrap", low=low, period=high - low)
        elif step.extrapolation == "error":
            x = _elementwise(x, builder, "within", low=low, high=high)
        linear = step.extrapolation == "linear"
        edges, origins, coefs = _pieces(spline, low, high, max(spline.k, int(linear)))
        if step.extrapolation in ("constant", "linear"):
            # Where it is linear, scikit-learn counts one spline more from each such column on.
            degree += linear and degree <= 1
            coefs[[0, -1]] = _ends(spline, low, high, degree, coefs.shape[1], linear)
        n = coefs.shape[2] - (not step.include_bias)
        for k in range(n):
            out = _elementwise(
                x,
                builder,
                "piecewise",
                edges=edges,
                origins=origins,
                coefs=coefs[:, :, k].ravel().tolist(),
                degree=coefs.shape[1] - 1,
            )
            if getattr(step, "handle_missing", "error") == "zeros":
                out = builder.elementwise(
                    out, np.nan_to_num, "impute", missing=float("nan"), fill=0.0
                )
            found.append(out)
    return found


def _elementwise(feature, builder, kind, **attributes):
    """The step on a number; a table is looked up first."""
    if isinstance(feature, Table):
        feature = Number(builder.as_step(feature))
    return builder.elementwise(feature, None, kind, **attributes)


def _pieces(spline, low, high, degree):
    """(edges, origin of each piece, coefficients by piece, falling power and spline).

    The first and the last piece are those beyond the knots: they differ from their neighbours where
    knots repeat. Coefficients are those of Taylor's series around a point inside, moved.
    """
    plain = spline.construct_fast(spline.t, spline.c, spline.k, extrapolate=True)
    knots = np.unique(spline.t[spline.k : len(spline.t) - spline.k])
    knots = knots[(knots >= low) & (knots <= high)]
    far = (high - low) / 8
    inside = np.array([low - far, *(knots[:-1] + knots[1:]) / 2, high + far])
    origins = np.array([low, *knots])
    coefs = np.zeros((len(inside), degree + 1, spline.c.shape[1]))
    factorial = 1.0
    for order in range(spline.k + 1):
        factorial *= order or 1
        coefs[:, degree - order] = plain(inside, nu=order) / factorial
    by = (origins - inside)[:, None]
    for first in range(degree):
        for power in range(degree - 1, first - 1, -1):
            coefs[:, degree - power] += by * coefs[:, degree - power - 1]
    return knots.tolist(), origins.tolist(), coefs


def _ends(spline, low, high, degree, n_powers, linear):
    """Coefficients of the two pieces beyond the knots, where scikit-learn lets ``degree`` splines
    go on."""
    n = spline.c.shape[1]
    ends = np.zeros((2, n_powers, n))
    for end, x, kept in ((0, low, slice(0, degree)), (1, high, slice(n - degree, n))):
        ends[end, -1, kept] = spline(x)[kept]
        if linear:
            ends[end, -2, kept] = spline(x, nu=1)[kept]
    return ends
