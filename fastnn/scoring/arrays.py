"""Scoring with a user's own arrays of weights, read as they are at the time of the call."""

import numpy as np

from fastnn._kernels.layers.specs import chain
from fastnn._kernels.native import table
from fastnn._kernels.scoring.arrays import score_arrays
from fastnn._kernels.scoring.scorer import Scorer
from fastnn.scoring.scorer import scorer_of
from fastnn.scoring.touched import touched_coefs, touched_nodes

#: From so many rows on, packing the weights first pays.
PACK_ROWS = 64

_DTYPES = np.dtype("f4"), np.dtype("f8")
_ACTIVATIONS = {name: number for name, (number, _) in table.activations().items()}
_OUTPUTS = {**_ACTIVATIONS, "softmax": table.output_number("softmax")}


def chain_rows(
    coefs, intercepts, activation, output_activation, X, n_threads=1, check_finite=False
):
    """Predictions of dense layers in a chain: of few rows without packing, on one thread.

    Parameters
    ----------
    coefs : list of ndarray of shape (n_in, n_out)
    intercepts : list of ndarray of shape (n_out,)
    activation : str
        Of every hidden layer.
    output_activation : str
        "softmax" or any that hidden layers may have.
    X : ndarray or CSR matrix of shape (n, n_in)
    n_threads : int, default=1
        Most threads; 0 chooses. Small work stays on one.
    check_finite : bool, default=False
        Refuse NaN and infinity in X.

    Returns
    -------
    ndarray of shape (n, n_out), of the dtype of the coefs, or NotImplemented
        For arrays that do not lie as the kernels read them or whose shapes do not chain, and
        activations that they do not know: `score_nodes` takes them, or says what is wrong.

    Raises
    ------
    ValueError
        For X that is not finite, if asked to check.
    """
    number = _ACTIVATIONS.get(activation) if isinstance(activation, str) else None
    if number is None or not type(coefs) is list is type(intercepts):
        return NotImplemented
    # Sparse rows of few features read few weights, however many rows they are.
    few = X
    if type(X) is not np.ndarray:
        few, coefs = touched_coefs(X, coefs)
    if few is not X or X.shape[0] < PACK_ROWS:
        output = _OUTPUTS[output_activation]
        return score_arrays(coefs, intercepts, number, output, False, few, check_finite)
    widths = _widths(coefs, intercepts, X.shape[1])
    if not widths:
        return NotImplemented
    stages = chain(widths, [number] * (len(widths) - 1) + [0])
    arrays = [*coefs, *intercepts]
    scorer = Scorer(X.shape[1], stages, arrays, output_activation, coefs[0].dtype)
    return scorer.proba(X, None, n_threads, check_finite)


def _widths(coefs, intercepts, n_in):
    """Outputs of each layer; none if the arrays are not of one dtype and of shapes that chain."""
    widths, arrays = [], [*coefs, *intercepts]
    plain = arrays and all(type(a) is np.ndarray and a.dtype == arrays[0].dtype for a in arrays)
    if not plain or arrays[0].dtype not in _DTYPES or len(coefs) != len(intercepts):
        return []
    for coef, intercept in zip(coefs, intercepts, strict=True):
        if coef.ndim != 2 or coef.shape != (n_in, intercept.size) or intercept.ndim != 1:
            return []
        n_in = intercept.size
        widths.append(n_in)
    return widths if all(widths) else []


def score_nodes(nodes, widths, output_activation, dtype, X, n_threads, check_finite):
    """Predictions of nodes by packing them: any number of rows.

    Parameters
    ----------
    nodes : sequence of Node
        Of C-contiguous arrays, whose numbers nobody has checked.
    widths : sequence of int
        Their outputs, as `check_nodes` gives them.
    output_activation : {"identity", "softmax", "logistic", "exp"}
    dtype : str
        Of their arrays.
    X : ndarray or CSR matrix of shape (n, n_in)
        C-contiguous, float32 or float64.
    n_threads : int
        Most threads; 0 chooses. Small work stays on one.
    check_finite : bool
        Refuse NaN and infinity in X.

    Returns
    -------
    ndarray of shape (n, n_out)

    Raises
    ------
    ValueError
        For X that is not finite, if asked to check.
    """
    X, nodes = touched_nodes(X, nodes)
    scorer = scorer_of(X.shape[1], nodes, widths, output_activation, dtype)
    result = scorer.proba(X, None, n_threads, check_finite)
    if result is NotImplemented:
        raise ValueError("X must be a C-contiguous array or a CSR matrix of float32 or float64")
    return result
