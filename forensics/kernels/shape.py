"""Skewness and kurtosis of a sample, for many samples at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def skewness_kurtosis(x: Floats, starts: NDArray[np.intp] | None = None) -> tuple[Floats, Floats]:
    """b1 = m3 / m2^1.5 and b2 = m4 / m2² (not the excess over 3) of consecutive samples.

    Parameters
    ----------
    x : ndarray of float64, shape (m,)
        The samples one after another.
    starts : ndarray of intp, shape (s,), optional
        Where each begins; by default ``x`` is one sample.

    Returns
    -------
    tuple of ndarray of float64, shape (s,)
        NaN for a sample that does not vary.
    """
    begin = np.zeros(1, dtype=np.intp) if starts is None else starts
    size = np.diff([*begin, len(x)])

    def mean(values: Floats) -> Floats:
        return np.asarray(np.add.reduceat(values, begin) / size)

    off = x - np.repeat(mean(x), size)
    square = off * off
    second, third, fourth = mean(square), mean(square * off), mean(square * square)
    varies = second > 1e-14
    scale = np.where(varies, second, 1.0)
    nothing = np.where(varies, 0.0, np.nan)
    return third / scale**1.5 + nothing, fourth / scale**2 + nothing
