"""Temperature scaling: raw outputs divided by the number that makes held-out rows most probable.

Guo, Pleiss, Sun & Weinberger, "On calibration of modern neural networks", ICML 2017.
"""

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

__all__ = ["best_temperature", "scale_by_temperature"]

# Of the temperature.
_LEAST, _MOST = 1e-2, 1e2


def scale_by_temperature(estimator, network, held_out):
    """Divide the last layer of a trained network by its best temperature, if that is asked for.

    Parameters
    ----------
    estimator : BaseMLP
    network : CompiledNetwork
        Its last weights and intercepts are changed.
    held_out : Rows or None

    Returns
    -------
    dict
        The attribute of the fitted estimator that tells of it.
    """
    if getattr(estimator, "calibrate", None) is None:
        return {}
    z = network.forward(held_out.X, raw=True)
    temperature = best_temperature(z, held_out.y, held_out.weight)
    for array in (network.coefs[-1], network.intercepts[-1]):
        array /= array.dtype.type(temperature)
    return {"temperature_": temperature}


def best_temperature(z, y, weight):
    """The temperature of the lowest log loss.

    By the rule of succession a label counts as right with probability (n + 1) / (n + 2), as in
    Platt's scaling: rows that are all right do not make a network sure of everything.

    Parameters
    ----------
    z : ndarray of shape (n, n_outputs)
        Raw outputs.
    y : ndarray
        Class numbers (n,) of a softmax, or zeros and ones (n, n_outputs).
    weight : ndarray of shape (n,) or None

    Returns
    -------
    float
        From 0.01 to 100.
    """
    z = z.astype(np.float64)
    doubt = 1 / (2 + (len(y) if weight is None else np.count_nonzero(weight)))

    def loss(log_temperature):
        scaled = z * np.exp(-log_temperature)
        if y.ndim == 1:
            log_p = log_softmax(scaled, axis=1)
            own = log_p[np.arange(len(y)), y]
            others = (log_p.sum(axis=1) - own) / max(z.shape[1] - 1, 1)
            rows = (doubt - 1) * own - doubt * others
        else:
            rows = (np.logaddexp(0, scaled) - scaled * (y + doubt * (1 - 2 * y))).sum(axis=1)
        return np.average(rows, weights=weight)

    bounds = np.log(_LEAST), np.log(_MOST)
    found = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-8})
    return float(np.exp(found.x))
