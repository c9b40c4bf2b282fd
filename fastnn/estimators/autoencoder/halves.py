"""The encoder and the decoder of a fitted autoencoder, as nodes of their own."""

from dataclasses import replace

import numpy as np

from fastnn.estimators.mlp.regressor import MLPRegressor
from fastnn.model.nodes import INPUT, check_nodes
from fastnn.model.of_estimator import estimator_nodes
from fastnn.scoring.arrays import score_nodes
from fastnn.threads import effective_n_threads

__all__ = ["decoded", "encoder_of"]


def encoder_of(autoencoder, n_encoder):
    """The encoder as a fitted MLPRegressor, whose last layer hands the code on as it is."""
    coefs, intercepts = autoencoder.coefs_[:n_encoder], autoencoder.intercepts_[:n_encoder]
    n_code, dtype = coefs[-1].shape[1], coefs[-1].dtype
    activation = autoencoder.activation
    encoder = MLPRegressor(
        hidden_layer_sizes=tuple(coef.shape[1] for coef in coefs),
        activation=activation if isinstance(activation, str) else list(activation)[:n_encoder],
        n_jobs=autoencoder.n_jobs,
        **{name: getattr(autoencoder, name) for name in ("batch_norm", "layer_norm", "residual")},
    )
    fitted = vars(autoencoder)
    names = ("n_features_in_", "feature_names_in_", "n_iter_", "t_", "loss_")
    vars(encoder).update(
        {name: fitted[name] for name in names if name in fitted},
        coefs_=[*coefs, np.eye(n_code, dtype=dtype)],
        intercepts_=[*intercepts, np.zeros(n_code, dtype)],
        n_layers_=n_encoder + 2,
        n_outputs_=n_code,
        out_activation_="identity",
        **{
            name: fitted[name][:n_encoder]
            for name in ("norms_", "projections_")
            if fitted.get(name) is not None
        },
    )
    return encoder


def decoded(autoencoder, codes, n_encoder):
    """What the decoder makes of codes (n, n_code), C-contiguous and of the dtype of the model."""
    dtype = codes.dtype
    nodes, ends = estimator_nodes(autoencoder, lambda a: np.ascontiguousarray(a, dtype))
    first = ends[n_encoder - 1] + 1
    nodes = [
        # the last node of the encoder is the input now
        replace(node, sources=tuple(max(source - first, INPUT) for source in node.sources))
        for node in nodes[first:]
    ]
    widths = check_nodes(codes.shape[1], nodes, dtype)
    n_jobs = autoencoder.n_jobs
    n_threads = 0 if n_jobs is None else effective_n_threads(n_jobs)
    return score_nodes(nodes, widths, autoencoder.out_activation_, dtype, codes, n_threads, True)
