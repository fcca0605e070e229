"""p-values of several hypotheses adjusted together: Benjamini–Hochberg, Romano–Wolf."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def holm(pvalue: Floats) -> Floats:
    """Holm's (1979) adjustment of p-values of shape (n,); each at most 1, in the order given."""
    order = np.argsort(pvalue, kind="stable")
    steps = (len(pvalue) - np.arange(len(pvalue))) * pvalue[order]
    adjusted = np.empty(len(pvalue))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def benjamini_hochberg(pvalue: Floats) -> Floats:
    """Adjusted p-values (false discovery rate), shape (k,)."""
    k = len(pvalue)
    order = np.argsort(pvalue, kind="stable")[::-1]
    raised = pvalue[order] * k / np.arange(k, 0, -1)
    result = np.empty(k)
    result[order] = np.minimum(1.0, np.minimum.accumulate(raised))
    return result


def romano_wolf(statistic: Floats, drawn: Floats) -> Floats:
    """Adjusted p-values (family-wise error) by step-down over the largest |t| (Romano and Wolf 2005).

    Parameters
    ----------
    statistic : ndarray of float64, shape (k,)
    drawn : ndarray of float64, shape (k, draws)
        The same statistics under the null, from common draws.

    Returns
    -------
    ndarray of float64, shape (k,)
        (b + 1)/(m + 1), not falling from one step to the next.
    """
    size, spread = np.abs(statistic), np.abs(np.nan_to_num(drawn))
    order = np.argsort(-size, kind="stable")
    # The largest of those not yet stepped over: from the smallest statistic upwards.
    largest = np.maximum.accumulate(spread[order][::-1], axis=0)[::-1]
    exceeding = (largest >= size[order, None] - 1e-12).sum(axis=1)
    adjusted = np.maximum.accumulate((1 + exceeding) / (1 + drawn.shape[1]))
    result = np.empty(len(size))
    result[order] = adjusted
    return result
