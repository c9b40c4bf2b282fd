"""The NumPy twin of the losses: value and slope of each from the raw outputs, by the textbook.

Each function takes z and y (n, n_out), y one-hot for softmax, and the loss's parameter q, a number
or one per output. It returns the losses of the outputs (n, n_out), whose sum is that of the row,
and the gradient by z. With an eps the log loss lies between eps and -log(eps), as if the
probability were kept so far away from 0 and 1; the slope is that of the loss unbounded.
"""

import numpy as np
from scipy.special import expit, log_softmax, softmax, xlogy


def softplus(z):
    return np.logaddexp(0, z)


def bounded(loss, eps):
    return np.clip(loss, eps, -np.log(eps)) if eps else loss


def softmax_log_loss(z, y, q, eps):
    loss = bounded(-(y * log_softmax(z, axis=1)).sum(axis=1, keepdims=True), eps)
    return loss * y, softmax(z, axis=1) - y


def softmax_smoothed_log_loss(z, y, q, eps):
    smooth = (1 - q) * y + q / z.shape[1]
    return -smooth * log_softmax(z, axis=1), softmax(z, axis=1) - smooth


def softmax_focal_loss(z, y, q, eps):
    p = softmax(z, axis=1)
    own = (p * y).sum(axis=1, keepdims=True)
    wrong = (p * (1 - y)).sum(axis=1, keepdims=True)
    loss = -(y * log_softmax(z, axis=1)).sum(axis=1, keepdims=True)
    # By the product rule, with d(loss) = p - y and d(wrong) = own * (p - y).
    slope = wrong**q + q * wrong ** (q - 1) * own * loss
    return wrong**q * loss * y, slope * (p - y)


def logistic_log_loss(z, y, q, eps):
    return bounded(softplus(z) - z * y, eps), expit(z) - y


def logistic_smoothed_log_loss(z, y, q, eps):
    return logistic_log_loss(z, y * (1 - q) + q / 2, None, 0)


def logistic_focal_loss(z, y, q, eps):
    t = 2 * y - 1
    p, wrong, loss = expit(t * z), expit(-t * z), softplus(-t * z)
    return wrong**q * loss, -t * wrong**q * (q * p * loss + wrong)


def hinge(z, y, q, eps, margin=1):
    t = 2 * y - 1
    return np.maximum(margin - t * z, 0), np.where(t * z <= margin, -t, 0)


def perceptron(z, y, q, eps):
    return hinge(z, y, q, eps, margin=0)


def squared_error(z, y, q, eps):
    return 0.5 * (z - y) ** 2, z - y


def absolute_error(z, y, q, eps):
    return np.abs(z - y), np.sign(z - y)


def huber(z, y, q, eps):
    r = np.abs(z - y)
    return np.where(r <= q, r**2 / 2, q * (r - q / 2)), np.clip(z - y, -q, q)


def log_cosh(z, y, q, eps):
    return np.log(np.cosh(z - y)), np.tanh(z - y)


def quantile(z, y, q, eps):
    return np.where(y > z, q * (y - z), (1 - q) * (z - y)), np.where(
        y > z, -q, np.where(y < z, 1 - q, 0)
    )


def poisson(z, y, q, eps):
    return xlogy(y, y) - y * z - y + np.exp(z), np.exp(z) - y


def gamma(z, y, q, eps):
    m = np.exp(z)
    return y / m - np.log(y / m) - 1, 1 - y / m


def tweedie(z, y, q, eps):
    m = np.exp(z)
    deviance = 2 * (
        y ** (2 - q) / ((1 - q) * (2 - q)) - y * m ** (1 - q) / (1 - q) + m ** (2 - q) / (2 - q)
    )
    return deviance / 2, m ** (2 - q) - y * m ** (1 - q)


def gaussian_nll(z, y, q, eps):
    """Outputs in pairs, mean and logarithm of the variance less its floor q: that of the first."""
    m, s, y = z[:, ::2], z[:, 1::2], y[:, ::2]
    v = np.exp(s) + np.broadcast_to(q, z.shape[1])[::2]
    losses, slopes = np.zeros_like(z), np.empty_like(z)
    losses[:, ::2] = 0.5 * (np.log(2 * np.pi * v) + (y - m) ** 2 / v)
    slopes[:, ::2], slopes[:, 1::2] = (m - y) / v, 0.5 * np.exp(s) * (1 / v - ((y - m) / v) ** 2)
    return losses, slopes


#: Name -> (function, output activation, default parameter).
LOSSES = {
    "softmax_log_loss": (softmax_log_loss, "softmax", None),
    "softmax_smoothed_log_loss": (softmax_smoothed_log_loss, "softmax", 0.1),
    "softmax_focal_loss": (softmax_focal_loss, "softmax", 2.0),
    "logistic_log_loss": (logistic_log_loss, "logistic", None),
    "logistic_smoothed_log_loss": (logistic_smoothed_log_loss, "logistic", 0.1),
    "logistic_focal_loss": (logistic_focal_loss, "logistic", 2.0),
    "hinge": (hinge, "identity", None),
    "perceptron": (perceptron, "identity", None),
    "squared_error": (squared_error, "identity", None),
    "absolute_error": (absolute_error, "identity", None),
    "huber": (huber, "identity", 1.0),
    "log_cosh": (log_cosh, "identity", None),
    "quantile": (quantile, "identity", 0.5),
    "poisson": (poisson, "exp", None),
    "gamma": (gamma, "exp", None),
    "tweedie": (tweedie, "exp", 1.5),
    "gaussian_nll": (gaussian_nll, "identity", 1e-6),
}
OUTPUTS = {
    "identity": lambda z: z.copy(),
    "softmax": lambda z: softmax(z, axis=1),
    "logistic": expit,
    "exp": np.exp,
}


def targets(name, rng, rows, n_out):
    """Random targets in the loss's range: class numbers (rows,), or an array (rows, n_out)."""
    if name.startswith("softmax"):
        return rng.randint(0, n_out, rows).astype(np.intp)
    if name in ("squared_error", "absolute_error", "huber", "log_cosh", "quantile"):
        return rng.normal(size=(rows, n_out))
    if name == "gaussian_nll":
        return np.repeat(rng.normal(size=(rows, n_out // 2)), 2, axis=1)
    if name == "gamma":
        return rng.uniform(0.1, 3, (rows, n_out))
    if name == "tweedie":
        return rng.uniform(-1, 3, (rows, n_out)).clip(0)
    return rng.randint(0, 2, (rows, n_out)) * 1.0
