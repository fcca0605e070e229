"""Variance components of pairs of logits in nested units, by moments, the binomial noise taken out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Places of a covariance in rows of three: turnout, support, both.
PAIRS = ((0, 0), (1, 1), (0, 1))
#: Passes of weighing each observation by the variance that the pass before found.
PASSES = 3
#: The beta-binomial part of a precinct's excess variance before anything is known: mean, deviation.
USUAL = (0.2, 0.15)
#: Variance assumed in the first pass.
FIRST = 0.1


@dataclass(frozen=True, slots=True)
class Component:
    """What observations vary by within their groups.

    Parameters
    ----------
    covariance : ndarray of float64, shape (3,)
        Variance of the first, of the second, covariance: noise taken out, variances never negative.
    means : ndarray of float64, shape (G, 2)
        Weighted means of the groups.
    noise : ndarray of float64, shape (G, 3)
        Covariance of each mean around its group's own value.
    weight : ndarray of float64, shape (m,)
        Weight of each observation in its group, summing to one.
    """

    covariance: Floats
    means: Floats
    noise: Floats
    weight: Floats


def within(y: Floats, noise: Floats, group: Codes) -> Component:
    """Moments within groups: unbiased for any weights, here those of inverse variance.

    With weights a that sum to A in a group, E Σ a (y − ȳ)² = Σ a (1 − a/A)(σ² + noise), which is
    solved for σ²; the weights then use that σ², as in a step of REML.

    Parameters
    ----------
    y : ndarray of float64, shape (m, 2)
        Pairs of logits.
    noise : ndarray of float64, shape (m, 3)
        Known covariance of each pair around its own true value.
    group : ndarray of intp, shape (m,)
        Codes 0 … G−1, each of which occurs.
    """
    covariance = np.array([FIRST, FIRST, 0.0])
    groups = int(group.max()) + 1
    weight, means = np.ones(len(y)), np.zeros((groups, 2))
    for _ in range(PASSES):
        a = 1 / (noise[:, 0] + noise[:, 1] + covariance[0] + covariance[1] + 1e-12)
        weight = a / np.bincount(group, a, groups)[group]
        means = np.column_stack([np.bincount(group, weight * y[:, k], groups) for k in (0, 1)])
        left = a * (1 - weight)
        whole = float(left.sum())
        if whole <= 1e-9 * float(a.sum()):
            covariance = np.zeros(3)
            break
        e = y - means[group]
        raw = [
            float((a * e[:, j] * e[:, k]).sum() - (left * noise[:, p]).sum())
            for p, (j, k) in enumerate(PAIRS)
        ]
        covariance = np.array(raw) / whole
        covariance[:2] = np.maximum(covariance[:2], 0.0)
    spread = [np.bincount(group, weight**2 * (noise[:, p] + covariance[p]), groups) for p in range(3)]
    around = np.column_stack(spread).astype(np.float64)
    return Component(covariance, means, around, weight)


def slope_within(y: Floats, x: Floats, noise: Floats, group: Codes) -> float:
    """Slope of y on x within groups, weighted by inverse variance; 0 where x does not vary."""
    a = 1 / (noise + FIRST)
    total = np.bincount(group, a)

    def centred(values: Floats) -> Floats:
        return np.asarray(values - (np.bincount(group, a * values) / total)[group])

    x, y = centred(x), centred(y)
    spread = float((a * x * x).sum())
    return float((a * x * y).sum()) / spread if spread > 1e-9 else 0.0


def correlation(covariance: Floats, most: float = 0.95) -> float:
    """Correlation of a covariance in a row of three, kept inside ±``most``; 0 where nothing varies."""
    scale = float(np.sqrt(covariance[0] * covariance[1]))
    return float(np.clip(covariance[2] / scale, -most, most)) if scale > 1e-12 else 0.0


def split_by_rate(
    square: Floats, noise: Floats, rate: Floats, variance: float, bounds: tuple[float, float]
) -> tuple[float, float]:
    """Part a precinct's excess variance into that of logit-normal rates and that of beta-binomial counts.

    On the logit scale the first is constant and the second is h/(c + 1) with h = 1/(p(1 − p)): the
    squared residuals are regressed on h. Where rates hardly vary the two cannot be told apart: the
    second's part of the whole (at the mean of h) is shrunk towards the usual one as far as it is
    uncertain, and kept within ``bounds``.

    Returns
    -------
    deviation, concentration
    """
    h = 1 / (rate * (1 - rate))
    weight = 1 / (noise + variance + 1e-9) ** 2
    centre = float(np.average(h, weights=weight))
    spread = float((weight * (h - centre) ** 2).sum())
    slope = float((weight * (h - centre) * (square - noise)).sum()) / max(spread, 1e-12)
    # The variance of a squared normal residual is twice its square: that of the slope is 2 / spread.
    scale = centre / max(variance, 1e-12)
    error = 2 / max(spread, 1e-12) * scale**2
    trust = USUAL[1] ** 2 / (USUAL[1] ** 2 + error)
    part = float(np.clip(trust * slope * scale + (1 - trust) * USUAL[0], *bounds))
    beta = max(part * variance / centre, 1e-5)
    return float(np.sqrt((1 - part) * variance)), 1 / beta - 1
