"""Columns of dates: instants, and what a calendar says of them."""

import numpy as np

__all__ = ["PARTS", "parts_of_dates"]

_DAY = 86400

#: Each part with its period, if it goes round; sine and cosine of the angle are further parts.
PARTS = {"elapsed": None, "weekday": 7, "month": 12, "hour": 24}


def parts_of_dates(instants):
    """The numbers that stand for dates.

    Parameters
    ----------
    instants : ndarray of shape (n,)
        Seconds since 1970, NaN for gaps.

    Returns
    -------
    dict of str to ndarray of shape (n,)
        ``elapsed``: days since 1970. ``weekday``: 0 for Monday to 6. ``month``: 0 to 11. ``hour``:
        0 to 24 with fractions. Of the last three also ``sin`` and ``cos`` of 2 pi by their period.
    """
    gaps = np.isnan(instants)
    seconds = np.where(gaps, 0, instants)
    days = np.floor(seconds / _DAY)
    dates = days.astype("M8[D]")
    month = dates.astype("M8[M]").astype(np.int64) % 12
    found = {
        "elapsed": seconds / _DAY,
        "weekday": (days + 3) % 7,  # 1970 began on a Thursday
        "month": month.astype(np.float64),
        "hour": (seconds - days * _DAY) / 3600,
    }
    for name, period in PARTS.items():
        if period:
            angle = found[name] * (2 * np.pi / period)
            found[f"{name}_sin"], found[f"{name}_cos"] = np.sin(angle), np.cos(angle)
    for values in found.values():
        values[gaps] = np.nan
    return found
