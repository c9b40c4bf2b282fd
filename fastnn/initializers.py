"""Initial weights: functions ``(shape, rng, activation)`` that draw the weights of one layer.

``shape`` is (n_in, n_out), ``activation`` the name of what the layer ends in, ``rng`` a
``numpy.random.RandomState``. The draws are float64 whatever the dtype of the network, so one seed
starts both precisions from the same point. Biases start at zero.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray

from fastnn._names import meant

__all__ = [
    "INITIALIZERS",
    "checked_init",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "initialize",
    "lecun_normal",
    "lecun_uniform",
    "normal",
    "orthogonal",
    "uniform",
    "zeros",
]

Shape = tuple[int, int]
Floats = NDArray[np.float64]
Initializer = Callable[[Shape, RandomState, str], ArrayLike]

#: Slope of leaky_relu for negative inputs.
NEGATIVE_SLOPE = 0.01


def zeros(shape: Shape, rng: RandomState, activation: str = "identity") -> Floats:
    """All weights zero: then the units of a layer stay equal, and only a linear model learns."""
    return np.zeros(shape)


def uniform(
    shape: Shape, rng: RandomState, activation: str = "identity", scale: float = 0.1
) -> Floats:
    """Uniform in [-scale, scale]."""
    return rng.uniform(-scale, scale, shape)


def normal(
    shape: Shape, rng: RandomState, activation: str = "identity", scale: float = 0.01
) -> Floats:
    """Normal of mean 0 and standard deviation scale."""
    return rng.normal(0.0, scale, shape)


def glorot_uniform(
    shape: Shape, rng: RandomState, activation: str = "identity", scale: float = 1.0
) -> Floats:
    """Uniform of variance 2 scale^2 / (n_in + n_out), for tanh and other units linear at 0.

    Glorot & Bengio, "Understanding the difficulty of training deep feedforward neural networks",
    AISTATS 2010, equation 16.
    """
    return _uniform(shape, rng, scale, 2 / sum(shape))


def glorot_normal(
    shape: Shape, rng: RandomState, activation: str = "identity", scale: float = 1.0
) -> Floats:
    """Normal of variance 2 scale^2 / (n_in + n_out); Glorot & Bengio, equation 12."""
    return _normal(shape, rng, scale, 2 / sum(shape))


def he_uniform(
    shape: Shape, rng: RandomState, activation: str = "relu", scale: float = 1.0
) -> Floats:
    """Uniform of variance 2 scale^2 / ((1 + a^2) n_in), with the slope a of a leaky_relu, else 0.

    He, Zhang, Ren & Sun, "Delving deep into rectifiers", ICCV 2015, equations 10 and 15.
    """
    return _uniform(shape, rng, scale, _he(shape, activation))


def he_normal(
    shape: Shape, rng: RandomState, activation: str = "relu", scale: float = 1.0
) -> Floats:
    """Normal of variance 2 scale^2 / ((1 + a^2) n_in); see `he_uniform`."""
    return _normal(shape, rng, scale, _he(shape, activation))


def lecun_uniform(
    shape: Shape, rng: RandomState, activation: str = "identity", scale: float = 1.0
) -> Floats:
    """Uniform of variance scale^2 / n_in, for tanh-like units and selu.

    LeCun, Bottou, Orr & Müller, "Efficient BackProp", 1998, equation 16.
    """
    return _uniform(shape, rng, scale, 1 / shape[0])


def lecun_normal(
    shape: Shape, rng: RandomState, activation: str = "identity", scale: float = 1.0
) -> Floats:
    """Normal of variance scale^2 / n_in; see `lecun_uniform`."""
    return _normal(shape, rng, scale, 1 / shape[0])


def orthogonal(
    shape: Shape, rng: RandomState, activation: str = "identity", scale: float = 1.0
) -> Floats:
    """Orthonormal rows or columns, whichever are fewer, times scale; every such matrix alike.

    Saxe, McClelland & Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep
    linear neural networks", ICLR 2014; the signs as in Mezzadri, "How to generate random matrices
    from the classical compact groups", 2007.
    """
    long, short = max(shape), min(shape)
    q, r = np.linalg.qr(rng.normal(size=(long, short)))
    q *= np.where(np.diagonal(r) < 0, -scale, scale)
    return q if shape[0] == long else q.T


#: Initializers by name.
INITIALIZERS: dict[str, Callable[..., Floats]] = {
    f.__name__: f
    for f in (
        zeros,
        uniform,
        normal,
        glorot_uniform,
        glorot_normal,
        he_uniform,
        he_normal,
        lecun_uniform,
        lecun_normal,
        orthogonal,
    )
}


def initialize(
    coefs: Sequence[np.ndarray],
    intercepts: Sequence[np.ndarray],
    activations: Sequence[str],
    rng: RandomState,
    init: str | Initializer = "auto",
    scale: float | None = None,
) -> None:
    """Fill weights and biases, layer by layer.

    Parameters
    ----------
    coefs : list of ndarray of shape (n_in, n_out)
    intercepts : list of ndarray of shape (n_out,)
        All are overwritten.
    activations : list of str
        What each layer ends in.
    rng : numpy.random.RandomState
    init : str or callable, default="auto"
        A name in `INITIALIZERS`, or a function like them. "auto" draws what scikit-learn draws:
        uniform of bound sqrt(6 / (n_in + n_out)), or sqrt(2 / (n_in + n_out)) before the logistic
        function, a layer's biases after its weights and from the same interval.
    scale : float, optional
        Passed on to the function, if it has a name.

    Raises
    ------
    ValueError
        If a callable returns no finite array of the shape.
    """
    for coef, intercept, activation in zip(coefs, intercepts, activations, strict=True):
        _initialize_layer(coef, intercept, activation, rng, init, scale)


def _initialize_layer(coef, intercept, activation, rng, init, scale):
    if init == "auto":
        bound = np.sqrt((2.0 if activation == "logistic" else 6.0) / sum(coef.shape))
        coef[...] = rng.uniform(-bound, bound, coef.shape)
        intercept[...] = rng.uniform(-bound, bound, intercept.shape)
        return
    intercept[...] = 0
    if callable(init):
        coef[...] = _checked(init(coef.shape, rng, activation), coef.shape)
    else:
        scaled = {} if scale is None else {"scale": scale}
        coef[...] = INITIALIZERS[init](coef.shape, rng, activation, **scaled)


def checked_init(init: str | Initializer) -> str | Initializer:
    """`init` itself, if `initialize` takes it.

    Raises
    ------
    ValueError
        For an unknown name, or what is neither a name nor a function.
    """
    known = ("auto", *INITIALIZERS)
    if callable(init) or (isinstance(init, str) and init in known):
        return init
    raise ValueError(
        f"init must be one of {', '.join(known)}, or a function (shape, rng, activation) -> array; "
        f"got {init!r}{meant(init, known)}"
    )


def _he(shape: Shape, activation: str) -> float:
    slope = NEGATIVE_SLOPE if activation == "leaky_relu" else 0.0
    return 2 / ((1 + slope**2) * shape[0])


def _uniform(shape: Shape, rng: RandomState, scale: float, variance: float) -> Floats:
    bound = scale * np.sqrt(3 * variance)
    return rng.uniform(-bound, bound, shape)


def _normal(shape: Shape, rng: RandomState, scale: float, variance: float) -> Floats:
    return rng.normal(0.0, scale * np.sqrt(variance), shape)


def _checked(weights: ArrayLike, shape: Shape) -> np.ndarray:
    weights = np.asarray(weights)
    if weights.shape != shape or weights.dtype.kind not in "fiu" or not np.isfinite(weights).all():
        raise ValueError(
            "init(shape, rng, activation) must return finite numbers of that shape; for shape "
            f"{shape} it returned {weights.dtype} of shape {weights.shape}"
            f"{' that are not all finite' if weights.shape == shape else ''}."
        )
    return weights
