"""The quantiles of the normal distribution: coefficients, and the function in NumPy.

Wichura, "Algorithm AS 241: The percentage points of the normal distribution", Applied Statistics 37
(1988), the routine PPND16: three quotients of polynomials of degree 7, of relative error 1e-16.
"""

import numpy as np

__all__ = ["COEFFICIENTS", "MIDDLE", "SHIFTS", "SPLIT", "normal_quantile"]

#: Up to this distance from one half the first quotient serves, of ``MIDDLE - (p - 0.5)**2``.
SPLIT, MIDDLE = 0.425, 0.180625

#: Beyond, of ``sqrt(-log(min(p, 1 - p)))`` less one of these: the first one up to the second.
SHIFTS = (1.6, 5.0)

# Numerator and denominator of each quotient, lowest power first.
_TEXT = """
    3.3871328727963666080e0 1.3314166789178437745e2 1.9715909503065514427e3 1.3731693765509461125e4
    4.5921953931549871457e4 6.7265770927008700853e4 3.3430575583588128105e4 2.5090809287301226727e3
    1.0 4.2313330701600911252e1 6.8718700749205790830e2 5.3941960214247511077e3
    2.1213794301586595867e4 3.9307895800092710610e4 2.8729085735721942674e4 5.2264952788528545610e3
    1.42343711074968357734e0 4.63033784615654529590e0 5.76949722146069140550e0
    3.64784832476320460504e0 1.27045825245236838258e0 2.41780725177450611770e-1
    2.27238449892691845833e-2 7.74545014278341407640e-4
    1.0 2.05319162663775882187e0 1.67638483018380384940e0 6.89767334985100004550e-1
    1.48103976427480074590e-1 1.51986665636164571966e-2 5.47593808499534494600e-4
    1.05075007164441684324e-9
    6.65790464350110377720e0 5.46378491116411436990e0 1.78482653991729133580e0
    2.96560571828504891230e-1 2.65321895265761230930e-2 1.24266094738807843860e-3
    2.71155556874348757815e-5 2.01033439929228813265e-7
    1.0 5.99832206555887937690e-1 1.36929880922735805310e-1 1.48753612908506148525e-2
    7.86869131145613259100e-4 1.84631831751005468180e-5 1.42151175831644588870e-7
    2.04426310338993978564e-15
"""
COEFFICIENTS = np.array(_TEXT.split(), float).reshape(6, 8)


def normal_quantile(p):
    """The number below which a standard normal one is with probability p; infinite at 0 and 1."""
    p = np.asarray(p, float)
    q = p - 0.5
    with np.errstate(divide="ignore", invalid="ignore"):
        root = np.sqrt(-np.log(np.minimum(p, 1 - p)))
        near, far = (_quotient(k + 1, root - shift) for k, shift in enumerate(SHIFTS))
        far = np.where(np.isinf(root), np.inf, far)
        tail = np.copysign(np.where(root <= SHIFTS[1], near, far), q)
    return np.where(np.abs(q) <= SPLIT, q * _quotient(0, MIDDLE - q * q), tail)


def _quotient(k, x):
    over, under = (np.polynomial.polynomial.polyval(x, COEFFICIENTS[2 * k + i]) for i in (0, 1))
    return over / under
