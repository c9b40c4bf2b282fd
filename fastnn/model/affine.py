"""Fitted scikit-learn transformers read as affine maps, in float64.

An affine map is a pair ``(scale, shift)``: a scale of shape (n,) multiplies element by element, one
of shape (n_in, n_out) is a matrix.
"""

import numpy as np

from fastnn.model.classes import fitted, is_exactly
from fastnn.model.unwrap import pipeline_steps, unwrap


def transform_maps(step, where):
    """The affine maps that ``step.transform`` applies, first to last.

    Parameters
    ----------
    step : estimator or "passthrough" or None
        A fitted transformer, or a Pipeline of them.
    where : str
        How to name the step in an error.

    Returns
    -------
    list of (scale, shift)

    Raises
    ------
    TypeError
        If the step is of a class that is not affine, or not known to be.
    ValueError
        If it is not affine with its parameters.
    """
    return _maps(step, where, _TRANSFORM, reverse=False)


def inverse_transform_maps(step, where):
    """The affine maps that ``step.inverse_transform`` applies; see `transform_maps`."""
    return _maps(step, where, _INVERSE, reverse=True)


def _maps(step, where, readers, reverse):
    if step is None or (isinstance(step, str) and step == "passthrough"):
        return []
    step = unwrap(step)
    steps = pipeline_steps(step)
    if steps is not None:
        return [
            affine
            for name, inner in (steps[::-1] if reverse else steps)
            for affine in _maps(inner, f"{where}, step {name!r}", readers, reverse)
        ]
    for name, read in readers.items():
        if is_exactly(step, name):
            try:
                return read(step)
            except ValueError as error:
                raise ValueError(f"cannot fold {where}: {error}") from None
    raise TypeError(
        f"cannot fold {where}, a {type(step).__name__}: only {', '.join(readers)} and Pipelines"
        " of them can be folded; apply it before or after scoring"
    )


def _standard_scaler(step):
    n = fitted(step, "n_features_in_")
    scale = 1.0 / step.scale_.astype(np.float64) if step.with_std else np.ones(n)
    shift = -step.mean_.astype(np.float64) * scale if step.with_mean else np.zeros(n)
    return [(scale, shift)]


def _robust_scaler(step):
    n = fitted(step, "n_features_in_")
    scale = 1.0 / step.scale_.astype(np.float64) if step.with_scaling else np.ones(n)
    shift = -step.center_.astype(np.float64) * scale if step.with_centering else np.zeros(n)
    return [(scale, shift)]


def _min_max_scaler(step):
    _refuse_clip(step)
    return [(fitted(step, "scale_").astype(np.float64), step.min_.astype(np.float64))]


def _max_abs_scaler(step):
    _refuse_clip(step)
    scale = 1.0 / fitted(step, "scale_").astype(np.float64)
    return [(scale, np.zeros_like(scale))]


def _refuse_clip(step):
    if getattr(step, "clip", False):
        raise ValueError(
            f"{type(step).__name__}(clip=True) is not affine; use clip=False, or apply it before"
            " scoring"
        )


def _function_transformer(step):
    if step.func is not None or step.inverse_func is not None:
        raise ValueError(
            "nothing says that the function of a FunctionTransformer is affine; apply it before"
            " or after scoring"
        )
    return []


def _pca(step):
    matrix = fitted(step, "components_").astype(np.float64).T
    if step.whiten:
        # PCA.transform bounds the deviation of null components like this, in their own dtype.
        deviation = np.sqrt(step.explained_variance_)
        matrix = matrix / np.maximum(deviation, np.finfo(deviation.dtype).eps)
    return [(matrix, -step.mean_.astype(np.float64) @ matrix)]


def _truncated_svd(step):
    matrix = fitted(step, "components_").astype(np.float64).T
    return [(matrix, np.zeros(matrix.shape[1]))]


def _inverse_pca(step):
    matrix = fitted(step, "components_").astype(np.float64)
    if step.whiten:
        matrix = np.sqrt(step.explained_variance_.astype(np.float64))[:, None] * matrix
    return [(matrix, step.mean_.astype(np.float64))]


def _inverted(read):
    def inverse(step):
        return [(1.0 / scale, -shift / scale) for scale, shift in read(step)]

    return inverse


_ELEMENTWISE = {
    "StandardScaler": _standard_scaler,
    "MinMaxScaler": _min_max_scaler,
    "MaxAbsScaler": _max_abs_scaler,
    "RobustScaler": _robust_scaler,
    "FunctionTransformer": _function_transformer,
}
_TRANSFORM = {**_ELEMENTWISE, "PCA": _pca, "TruncatedSVD": _truncated_svd}
_INVERSE = {**{name: _inverted(read) for name, read in _ELEMENTWISE.items()}, "PCA": _inverse_pca}
