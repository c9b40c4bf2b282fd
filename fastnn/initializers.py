"""Initial weights."""

import numpy as np

__all__ = ["glorot_uniform"]


def glorot_uniform(network, rng, numerator=6.0):
    """Fill a network with uniform draws of bound sqrt(numerator / (fan_in + fan_out)).

    Layer by layer, weights first and then biases, which are drawn from the same interval. The draws
    are float64 whatever the dtype of the network, so one seed starts both precisions from the same
    point; the order and the bound are scikit-learn's.

    Parameters
    ----------
    network : Network
        Its ``coefs`` and ``intercepts`` are overwritten.
    rng : numpy.random.RandomState
        Source of the draws.
    numerator : float, default=6.0
        6 in Glorot & Bengio, "Understanding the difficulty of training deep feedforward neural
        networks" (AISTATS 2010), equation 16. 2 suits the logistic function.
    """
    for coef, intercept in zip(network.coefs, network.intercepts, strict=True):
        bound = np.sqrt(numerator / sum(coef.shape))
        coef[...] = rng.uniform(-bound, bound, coef.shape)
        intercept[...] = rng.uniform(-bound, bound, intercept.shape)
