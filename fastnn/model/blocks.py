"""What a hidden layer of a ScoringModel may have beside its weights: a normalisation, a skip.

A block computes ``activation(norm(x @ weight + bias)) + skip(x)``.
"""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np


@dataclass(frozen=True, eq=False)
class LayerNormalization:
    """Normalises each row over its units [1]_.

    ``(z - mean) / sqrt(variance + epsilon) * gain + shift``, mean and biased variance being those
    of the row.

    Parameters
    ----------
    gain, shift : ndarray of shape (n_units,)
    epsilon : float
        Positive.

    References
    ----------
    .. [1] Ba, Kiros & Hinton, "Layer Normalization", 2016.
    """

    kind: ClassVar[str] = "layer"

    gain: np.ndarray
    shift: np.ndarray
    epsilon: float


@dataclass(frozen=True, eq=False)
class BatchNormalization:
    """Normalises each unit by what training saw of it [1]_.

    ``(z - mean) / sqrt(variance + epsilon) * gain + shift``. It is an affine map, which
    `fastnn.model.folding` melts into the weights in front of it: files hold one, nothing scores
    with it.

    Parameters
    ----------
    gain, shift, mean, variance : ndarray of shape (n_units,)
    epsilon : float
        Positive.

    References
    ----------
    .. [1] Ioffe & Szegedy, "Batch Normalization", ICML 2015.
    """

    kind: ClassVar[str] = "batch"

    gain: np.ndarray
    shift: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    epsilon: float


@dataclass(frozen=True, eq=False)
class Skip:
    """What is added to a block's output: its input, or ``input @ matrix + bias``.

    Parameters
    ----------
    matrix : ndarray of shape (n_in, n_out) or None
        None is the identity, for a block with as many outputs as inputs.
    bias : ndarray of shape (n_out,) or None
    """

    matrix: np.ndarray | None = None
    bias: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Block:
    """A hidden layer with all that belongs to it; see `ScoringModel`."""

    weight: np.ndarray
    bias: np.ndarray
    norm: LayerNormalization | BatchNormalization | None
    activation: str
    skip: Skip | None


def arrays_of(part):
    """The arrays of a normalisation or skip by name; of None none."""
    if part is None:
        return {}
    return {name: value for name, value in vars(part).items() if isinstance(value, np.ndarray)}


def with_dtype(part, dtype):
    """The normalisation or skip with its arrays of another dtype."""
    arrays = {name: array.astype(dtype) for name, array in arrays_of(part).items()}
    return replace(part, **arrays) if arrays else part


def check_norm(norm, n_units, dtype, layer):
    """Refuse with a ValueError what is no normalisation of so many units."""
    if norm is None:
        return
    if not isinstance(norm, LayerNormalization | BatchNormalization):
        raise ValueError(f"layer {layer} has a {type(norm).__name__} as its normalisation")
    names = ["gain", "shift"]
    if isinstance(norm, BatchNormalization):
        names += ["mean", "variance"]
    for name in names:
        _check_array(getattr(norm, name), (n_units,), dtype, f"the {name} of layer {layer}")
    if isinstance(norm, BatchNormalization) and (norm.variance < 0).any():
        raise ValueError(f"the variance of layer {layer} is negative")
    # The kernels take a subnormal number for zero, and a row of equal units has no variance.
    least, most = float(np.finfo(dtype).tiny), float(np.finfo(dtype).max)
    if not (type(norm.epsilon) is float and least <= norm.epsilon <= most):
        raise ValueError(
            f"the epsilon of layer {layer} must be a float between {least:.2g} and {most:.2g}"
            f" in {dtype}, got {norm.epsilon!r}"
        )


def check_skip(skip, n_in, n_out, dtype, layer):
    """Refuse with a ValueError what is no skip from so many inputs to so many outputs."""
    if skip is None:
        return
    if not isinstance(skip, Skip):
        raise ValueError(f"layer {layer} has a {type(skip).__name__} as its skip")
    if skip.matrix is None:
        if skip.bias is not None:
            raise ValueError(f"the skip of layer {layer} has a bias but no matrix")
        if n_in != n_out:
            raise ValueError(
                f"layer {layer} has {n_in} inputs and {n_out} outputs: a skip without a matrix"
                " needs as many of both"
            )
        return
    _check_array(skip.matrix, (n_in, n_out), dtype, f"the skip of layer {layer}")
    if skip.bias is not None:
        _check_array(skip.bias, (n_out,), dtype, f"the bias of the skip of layer {layer}")


def _check_array(array, shape, dtype, what):
    if not isinstance(array, np.ndarray) or array.dtype != dtype or array.shape != shape:
        found = f"{array.dtype} array of shape {array.shape}" if hasattr(array, "dtype") else array
        raise ValueError(f"{what} must be a {dtype} array of shape {shape}, got {found!s:.80}")
    if not np.isfinite(array).all():
        raise ValueError(f"{what} is not finite")
