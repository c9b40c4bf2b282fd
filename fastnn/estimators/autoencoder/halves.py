"""The encoder and the decoder of a fitted autoencoder, as nodes of their own."""

from dataclasses import replace

import numpy as np

from fastnn.model.nodes import INPUT, check_nodes
from fastnn.model.of_estimator import estimator_nodes
from fastnn.scoring.arrays import score_nodes
from fastnn.threads import effective_n_threads

__all__ = ["decoded"]


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
