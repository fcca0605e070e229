"""Counts that are rounded, and steps that repeat: what is at a value against what is just beside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, norm

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Beside:
    """Numbers of counts at a value and expected there from its neighbours, of ``n`` counts.

    ``deviation`` of observed − expected; ``pvalue`` of the upper tail, 1 where nothing was counted.
    """

    observed: int
    expected: float
    deviation: float
    pvalue: float
    n: int


def at_tens(x: Floats) -> Beside:
    """Counts that end in 0 against those that end in 9 or 1: an honest count has no taste for tens.

    The two neighbours cancel a slope of the density, so no law of the counts is needed. Given the
    three numbers together, those that end in 0 are binomial with 1/3.
    """
    digit = np.bincount(x.astype(np.int64) % 10, minlength=10)
    observed, beside = int(digit[0]), int(digit[1] + digit[9])
    pvalue = float(binom.sf(observed - 1, observed + beside, 1 / 3))
    return Beside(observed, beside / 2, (observed + beside / 4) ** 0.5, pvalue, len(x))


def equal_steps(difference: Floats) -> Beside:
    """Steps equal to the one before against those that differ by 1 or 2.

    The parabola through the numbers at ±1 and ±2 is continued to 0, which a smooth honest law
    follows up to its fourth derivative.

    Parameters
    ----------
    difference : ndarray of float64
        Between consecutive steps over equally long intervals.
    """
    number = {d: int(np.count_nonzero(difference == d)) for d in (-2, -1, 0, 1, 2)}
    near, far = number[-1] + number[1], number[-2] + number[2]
    expected = max((4 * near - far) / 6, 0.0)
    deviation = (number[0] + (16 * near + far) / 36) ** 0.5
    z = (number[0] - expected) / deviation if deviation > 0 else 0.0
    return Beside(
        number[0], expected, deviation, float(norm.sf(z)) if deviation > 0 else 1.0, len(difference)
    )
