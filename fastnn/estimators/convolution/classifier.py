"""ConvClassifier."""

from fastnn.estimators.convolution.base import BaseConvolution
from fastnn.estimators.convolution.parameters import ConvolutionParameters
from fastnn.estimators.mlp.classifier import MLPClassifier
from fastnn.estimators.shared.declare import parameters
from fastnn.estimators.shared.docs import documented

__all__ = ["ConvClassifier"]


@documented
@parameters
class ConvClassifier(ConvolutionParameters, BaseConvolution, MLPClassifier):
    """Convolutional network that classifies images or series.

    Convolutions, each with max-pooling behind it, then dense layers. The same kernels look at every
    place, so that what was learned of an object at one is known at all of them [3]_.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class labels.
    input_shape_ : tuple of int
        What a row is: (height, width, channels) of an image, (length, channels) of a series.
    temperature_ : float
        What the raw outputs were divided by; only with ``calibrate``.
    {attributes}

    See Also
    --------
    ConvRegressor : The same for real numbers.
    fastnn.Network : Layers put together by hand: `fastnn.layers.Conv2D` and the others.

    Notes
    -----
    X has a row for each image, (n_samples, n_features), or is the images themselves, of shape
    (n_samples, height, width) or (n_samples, height, width, channels). ``coefs_`` of a convolution
    have shape (height * width * channels of a kernel, kernels).

    References
    ----------
    .. [1] Kingma & Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015.
    .. [2] Guo, Pleiss, Sun & Weinberger, "On calibration of modern neural networks", ICML 2017.
    .. [3] LeCun, Bottou, Bengio & Haffner, "Gradient-based learning applied to document
       recognition", Proceedings of the IEEE 86, 1998.

    Examples
    --------
    >>> from fastnn import ConvClassifier
    >>> from sklearn.datasets import load_digits
    >>> X, y = load_digits(return_X_y=True)
    >>> model = ConvClassifier(random_state=0, max_iter=10, tol=0.01).fit(X[:1000] / 16, y[:1000])
    >>> model.input_shape_
    (8, 8, 1)
    >>> bool(model.score(X[1000:] / 16, y[1000:]) > 0.9)
    True
    """

    _auto_shift = 1
