"""The kernels of a first layer that is a convolution, as images."""

from fastnn.estimators.convolution.base import BaseConvolution
from fastnn.inspection._opening import is_network
from fastnn.layers.stages import traits_of

__all__ = ["kernels", "network_of"]


def network_of(model):
    """The CompiledNetwork of a network that is built, or of a fitted convolutional estimator; else
    None."""
    if isinstance(model, BaseConvolution):
        return model._network()[0] if hasattr(model, "coefs_") else None
    return getattr(model, "compiled", None) if is_network(model) else None


def kernels(network):
    """The first layer's weights, and of a convolution (height, width) of its kernels as images.

    Returns
    -------
    coef : ndarray of shape (elements, n_units)
        Channels of a kernel lie side by side; of series (one line high) they lie below each other.
    shape : (int, int) or None
    """
    coef = network.coefs[0]
    window = next(spec for spec in network.stages if traits_of(spec).matrix).window
    if window is None:
        return coef, None
    height, width = window.kernel
    channels = len(coef) // (height * width)
    cells = coef.reshape(height, width, channels, -1)
    if window.shape[0] == 1:
        return cells[0].transpose(1, 0, 2).reshape(coef.shape), (channels, width)
    return cells.transpose(0, 2, 1, 3).reshape(coef.shape), (height, channels * width)
