"""Estimates of several units put together: partial pooling of regions, combination over draws."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pooled:
    """Random effects of k units (DerSimonian and Laird 1986).

    ``mean`` and its ``standard_error``; ``tau`` the spread of the true effects; ``shrunken`` and
    ``shrunken_error`` (k,), each unit drawn towards the mean; ``weight`` (k,), what it keeps of its
    own estimate; ``heterogeneity`` Cochran's Q.
    """

    mean: float
    standard_error: float
    tau: float
    shrunken: Floats
    shrunken_error: Floats
    weight: Floats
    heterogeneity: float


def partial_pooling(estimate: Floats, standard_error: Floats) -> Pooled:
    """Shrink units towards their mean by b* = w b + (1 − w) b̄, w = τ²/(τ² + s²).

    Parameters
    ----------
    estimate, standard_error : ndarray of float64, shape (k,)
        k ≥ 2, errors > 0.
    """
    precision = 1 / standard_error**2
    fixed = float(precision @ estimate / precision.sum())
    q = float(precision @ (estimate - fixed) ** 2)
    scale = precision.sum() - (precision**2).sum() / precision.sum()
    tau2 = max(0.0, (q - (len(estimate) - 1)) / float(scale))
    total = 1 / (standard_error**2 + tau2)
    mean = float(total @ estimate / total.sum())
    error2 = 1 / float(total.sum())
    kept = tau2 * total
    shrunken = kept * estimate + (1 - kept) * mean
    # What is left of the unit's own uncertainty, and of the mean's.
    error = np.sqrt(kept * standard_error**2 + (1 - kept) ** 2 * error2)
    return Pooled(mean, math.sqrt(error2), math.sqrt(tau2), shrunken, error, kept, q)


@dataclass(frozen=True, slots=True)
class Combined:
    """An estimate over m draws of an estimated outcome (Rubin 1987), with its interval."""

    value: float
    standard_error: float
    low: float
    high: float
    freedom: float
    share_between: float


def rubin(
    estimate: Floats, standard_error: Floats, freedom: float, *, confidence_level: float = 0.95
) -> Combined:
    """Combine the estimates of m draws; degrees of freedom after Barnard and Rubin (1999).

    Parameters
    ----------
    estimate, standard_error : ndarray of float64, shape (m,)
        m ≥ 2.
    freedom : float
        Of one estimate.
    """
    m = len(estimate)
    within, between = float((standard_error**2).mean()), float(estimate.var(ddof=1))
    total = within + (1 + 1 / m) * between
    share = (1 + 1 / m) * between / total if total > 0 else 0.0
    observed = (freedom + 1) / (freedom + 3) * freedom * (1 - share)
    old = (m - 1) / share**2 if share > 0 else math.inf
    df = 1 / (1 / old + 1 / observed) if observed > 0 else old
    value, error = float(estimate.mean()), math.sqrt(total)
    half = float(stdtrit(df, (1 + confidence_level) / 2)) * error
    return Combined(value, error, value - half, value + half, df, share)
