"""ConvRegressor."""

from fastnn.estimators.convolution.base import BaseConvolution
from fastnn.estimators.convolution.parameters import ConvolutionParameters
from fastnn.estimators.mlp.regressor import MLPRegressor
from fastnn.estimators.shared.declare import parameters
from fastnn.estimators.shared.docs import documented

__all__ = ["ConvRegressor"]


@documented
@parameters
class ConvRegressor(ConvolutionParameters, BaseConvolution, MLPRegressor):
    """Convolutional network that predicts real numbers from images or series.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    input_shape_ : tuple of int
        What a row is: (height, width, channels) of an image, (length, channels) of a series.
    {attributes}

    See Also
    --------
    ConvClassifier : The same for classes, with more about X and the weights.

    References
    ----------
    .. [1] Kingma & Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015.
    .. [2] Chernozhukov, Fernandez-Val & Galichon, "Quantile and probability curves without
       crossing", Econometrica 2010.

    Examples
    --------
    The frequency of a wave, wherever it begins.

    >>> import numpy as np
    >>> from fastnn import ConvRegressor
    >>> rng = np.random.RandomState(0)
    >>> f, begin = rng.uniform(0.5, 1.5, 400), rng.uniform(0, 6, 400)
    >>> X = np.sin(f[:, None] * np.arange(24) + begin[:, None])
    >>> model = ConvRegressor(input_shape=(24, 1), series=True, random_state=0, max_iter=60)
    >>> bool(model.fit(X[:300], f[:300]).score(X[300:], f[300:]) > 0.95)
    True
    """
