"""What the docstrings of the perceptrons share."""

import textwrap
from dataclasses import fields

__all__ = ["documented"]

_ATTRIBUTES = """\
coefs_, intercepts_ : list of ndarray
        Weights (n_in, n_out) and biases (n_out,) of the layers. They are the model: who assigns to
        them or writes into them changes its predictions.
    norms_ : list of dict or None
        Normalisation of each hidden layer, if any: ``kind`` ("batch" or "layer"), ``gain`` and
        ``shift`` (n_units,), running ``mean`` and ``variance`` (None for "layer"), ``epsilon``.
    projections_ : list of ndarray, "identity", dict or None
        With ``residual``, what the input of each hidden layer goes through before it is added to
        the output: weights (n_in, n_out), or nothing. With 'highway' a dict: that as ``carried``,
        and ``gate`` (n_in, n_out) and ``bias`` (n_out,) of the gate.
    gains_ : list of ndarray
        With ``gain``, for each of ``coefs_`` the factors (n_in,) of what goes into it: of the
        features, then of the units of each hidden layer.
    n_layers_, n_outputs_ : int
        Layers, input and output included, and outputs.
    out_activation_ : str
        Activation of the last layer.
    n_iter_, t_ : int
        Epochs (iterations) of the last fit, and rows trained on in all fits.
    loss_ : float
        Mean loss of the last epoch, penalty included.
    loss_curve_ : list of float
        That of all epochs; not with L-BFGS, like the following.
    learning_rate_curve_ : list of float
        The learning rate at the end of each of them.
    best_loss_ : float or None
        Least of them; None with early stopping.
    validation_scores_, validation_loss_curve_ : list of float or None
        Score and mean loss (without penalty) of the held-out rows after each epoch.
    best_validation_score_ : float or None
        Score of the weights that were kept.
    n_features_in_, feature_names_in_
        Number and, if X had them, names of the columns of X."""


def documented(cls):
    """Fill ``{parameters}`` and ``{attributes}`` in the docstring of an estimator in."""
    if cls.__doc__:  # python -OO has removed it
        in_order = sorted(fields(cls), key=lambda field: field.kw_only)
        parameters = "\n    ".join(_entry(field) for field in in_order)
        cls.__doc__ = cls.__doc__.replace("{parameters}", parameters)
        cls.__doc__ = cls.__doc__.replace("{attributes}", _ATTRIBUTES)
    return cls


def _entry(field):
    margin = " " * 8
    text = textwrap.fill(
        field.metadata["text"],
        100,
        initial_indent=margin,
        subsequent_indent=margin,
        break_on_hyphens=False,
    )
    return f"{field.name} : {field.metadata['kind']}, default={field.default!r}\n{text}"
