"""Scoring with a user's own arrays of weights."""

import numpy as np

from fastnn._kernels.native import table
from fastnn._kernels.scoring.arrays import score_arrays
from fastnn._kernels.scoring.scorer import Scorer
from fastnn.layers.activations import one_per_layer
from fastnn.losses import LOSSES

#: From so many rows on, packing the weights first pays.
PACK_ROWS = 64

_ACTIVATIONS = {name: number for name, (number, _) in table.activations().items()}
_OUTPUTS = {name: table.output_number(loss.output_activation) for name, loss in LOSSES.items()}


def forward_arrays(
    coefs, intercepts, activation, loss, X, raw=False, n_threads=1, check_finite=False
):
    """Predictions of a network given as arrays, which are read as they are at the time of the call.

    Parameters
    ----------
    coefs : list of ndarray of shape (n_in, n_out)
    intercepts : list of ndarray of shape (n_out,)
    activation : str or list of str
        Of every hidden layer, or of each.
    loss : str
        Name in `fastnn.losses.LOSSES`; it decides the output activation.
    X : ndarray or CSR matrix of shape (n, n_in)
        C-contiguous float32 or float64.
    raw : bool, default=False
        Leave out the output activation.
    n_threads : int, default=1
        Most threads; 0 chooses. Small work stays on one.
    check_finite : bool, default=False
        Refuse NaN and infinity in X.

    Returns
    -------
    ndarray of shape (n, n_out)
        Of the dtype of the coefs.

    Raises
    ------
    ValueError
        If the shapes do not chain, or for X that is not finite if asked to check.
    """
    small = X.shape[0] < PACK_ROWS and n_threads <= 1 and type(coefs) is list is type(intercepts)
    if small and isinstance(activation, str):
        result = score_arrays(
            coefs,
            intercepts,
            _ACTIVATIONS[activation],
            _OUTPUTS[loss],
            raw,
            X,
            check_finite,
        )
        if result is not NotImplemented:
            return result
    output = "identity" if raw else LOSSES[loss].output_activation
    activations = one_per_layer(activation, len(coefs) - 1)
    return _score(coefs, intercepts, activations, output, X, n_threads, check_finite)


def hidden_arrays(coefs, intercepts, activation, layer, X, n_threads=1, check_finite=False):
    """Outputs of hidden layer number ``layer``, from 0; the rest is as in `forward_arrays`."""
    activations = one_per_layer(activation, len(coefs) - 1)
    first = slice(layer + 1)
    arrays = coefs[first], intercepts[first]
    return _score(*arrays, activations[:layer], activations[layer], X, n_threads, check_finite)


def block_arrays(coefs, intercepts, activations, norms, skips, loss, X, n_threads=1):
    """Predictions of a network whose hidden layers may have a norm and a skip.

    The shapes must chain: nothing checks them. X is not looked at for NaN.

    Parameters
    ----------
    coefs, intercepts : list of ndarray
    activations : list of str
        Of each hidden layer.
    norms, skips
        Of each hidden layer, as `Scorer` takes them.
    loss, X, n_threads
        As in `forward_arrays`.

    Returns
    -------
    ndarray of shape (n, n_out), or NotImplemented for an X that the kernels do not read in place
    """
    dtype = np.float32 if coefs[0].dtype == np.float32 else np.float64
    output = LOSSES[loss].output_activation
    names = [*activations, "identity"]
    scorer = Scorer(coefs, intercepts, names, output, dtype, norms=norms, skips=skips)
    return scorer.proba(X, None, n_threads, False)


def _score(coefs, intercepts, activations, output, X, n_threads, check_finite):
    coefs, intercepts = _chained(coefs, intercepts, X.shape[1])
    scorer = Scorer(coefs, intercepts, [*activations, "identity"], output, coefs[0].dtype)
    result = scorer.proba(X, None, n_threads, check_finite)
    if result is NotImplemented:
        raise ValueError("X must be a C-contiguous array or a CSR matrix of float32 or float64")
    return result


def _chained(coefs, intercepts, n_in):
    """The arrays as the kernels need them, or a ValueError that says which does not fit."""
    if len(coefs) == 0 or len(coefs) != len(intercepts):
        raise ValueError(
            f"coefs_ and intercepts_ must have an array for each layer; got {len(coefs)} and "
            f"{len(intercepts)}"
        )
    dtype = np.float32 if getattr(coefs[0], "dtype", None) == np.float32 else np.float64
    coefs = [np.ascontiguousarray(w, dtype) for w in coefs]
    intercepts = [np.ascontiguousarray(b, dtype) for b in intercepts]
    for i, (w, b) in enumerate(zip(coefs, intercepts, strict=True)):
        if w.ndim != 2 or w.shape[0] != n_in or w.shape[1] == 0:
            raise ValueError(f"coefs_[{i}] must have shape ({n_in}, n_out), got {w.shape}")
        n_in = w.shape[1]
        if b.shape != (n_in,):
            raise ValueError(f"intercepts_[{i}] must have shape ({n_in},), got {b.shape}")
    return coefs, intercepts
