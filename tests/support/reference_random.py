"""The NumPy twin of csrc/layers/random.inc, bit for bit, in arrays of one row each."""

import numpy as np

MASK = (1 << 64) - 1


def mix(x):
    """The finaliser of SplitMix64."""
    x = (x + 0x9E3779B97F4A7C15) & MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
    return x ^ (x >> 31)


def key(seed, step, stage):
    """The key of one step's numbers in one stage."""
    return mix(mix(mix(seed) ^ step) ^ stage)


def bits(row_key, n):
    """The numbers (n,) of uint32 of a row's units."""
    low, high = np.uint32(row_key & 0xFFFFFFFF), np.uint32(row_key >> 32)
    x = np.arange(n, dtype=np.uint32) + low
    x = (x ^ (x >> 16)) * np.uint32(0x7FEB352D)
    x = (x ^ (x >> 15) ^ high) * np.uint32(0x846CA68B)
    return x ^ (x >> 16)


def rows_of_bits(key, first_row, rows, n):
    """The numbers (rows, n) of uint32."""
    return np.array([bits(mix((key + first_row + r) & MASK), n) for r in range(rows)]).reshape(
        rows, n
    )


def dropout(x, key, first_row, rate):
    kept = rows_of_bits(key, first_row, *x.shape) >= np.uint32(rate * 2**32)
    return np.where(kept, x * x.dtype.type(1 / (1 - rate)), 0)


def bernoulli(p, key, first_row):
    uniform = (rows_of_bits(key, first_row, *p.shape) >> 8) / 2**24
    return (uniform < p).astype(p.dtype)


def normal(key, first_row, rows, n):
    """Normal numbers (rows, n), after Box and Muller."""
    keys = [mix((key + first_row + r) & MASK) for r in range(rows)]
    u, v = (
        np.array([bits(k, n) for k in ks]).reshape(rows, n).view(np.int32) / 2**32 + 2**-33
        for ks in (keys, [mix(k) for k in keys])
    )
    return np.sqrt(-2 * np.log(u + 0.5)) * np.cos(2 * np.pi * v)
