"""Scoring with a user's own arrays of weights, read as they are at the time of the call."""

from fastnn._kernels.native import table
from fastnn._kernels.scoring.arrays import score_arrays
from fastnn.losses import LOSSES
from fastnn.scoring.scorer import scorer_of
from fastnn.scoring.touched import touched_coefs, touched_nodes

#: From so many rows on, packing the weights first pays.
PACK_ROWS = 64

_ACTIVATIONS = {name: number for name, (number, _) in table.activations().items()}
_OUTPUTS = {
    name: table.output_number(name) for name in {loss.output_activation for loss in LOSSES.values()}
}


def few_rows(coefs, intercepts, activation, output_activation, X, check_finite=False):
    """Predictions for a few rows of dense layers in a chain, on one thread, without packing.

    Parameters
    ----------
    coefs : list of ndarray of shape (n_in, n_out)
    intercepts : list of ndarray of shape (n_out,)
    activation : str
        Of every hidden layer.
    output_activation : {"identity", "softmax", "logistic", "exp"}
    X : ndarray or CSR matrix of shape (n, n_in)
    check_finite : bool, default=False
        Refuse NaN and infinity in X.

    Returns
    -------
    ndarray of shape (n, n_out), of the dtype of the coefs, or NotImplemented
        For many rows that are not sparse, arrays that do not lie as the kernels read them or
        whose shapes do not chain, and activations that they do not know.

    Raises
    ------
    ValueError
        For X that is not finite, if asked to check.
    """
    number = _ACTIVATIONS.get(activation) if isinstance(activation, str) else None
    if number is None or not type(coefs) is list is type(intercepts):
        return NotImplemented
    # Sparse rows of few features read few weights, however many rows they are.
    few, coefs = touched_coefs(X, coefs)
    if few is X and X.shape[0] >= PACK_ROWS:
        return NotImplemented
    output = _OUTPUTS[output_activation]
    return score_arrays(coefs, intercepts, number, output, False, few, check_finite)


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
