"""Precincts that differ smoothly, and vote binomially: fitted on the logit scale, and redrawn.

x_i ~ Bin(n_i, p_i), logit p_i ~ N(μ_g, σ_g²) within the group g of the precinct: the least that an
honest count of people who decide for themselves varies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Heterogeneity:
    """Mean and standard deviation of the logit rate per precinct, float64 of shape (m,)."""

    n: NDArray[np.int64]
    mean: Floats
    deviation: Floats

    def redraw(self, rng: np.random.Generator) -> NDArray[np.int64]:
        """Counts of one honest redraw, int64 of shape (m,)."""
        rate = expit(self.mean + self.deviation * rng.standard_normal(len(self.n)))
        return np.asarray(rng.binomial(self.n, rate))


def logits(x: Floats, n: Floats) -> Floats:
    """log((x + ½)/(n − x + ½)), finite at 0 and at n."""
    return np.asarray(np.log((x + 0.5) / (n - x + 0.5)))


def logit_normal(x: Floats, n: Floats, groups: Codes) -> Heterogeneity:
    """Logit-normal heterogeneity by groups, from moments.

    The variance of the logits beyond what binomial counts give by themselves is σ_g²; the mean
    weighs each precinct by the inverse of both variances (DerSimonian and Laird 1986).

    Parameters
    ----------
    x, n : ndarray of float64, shape (m,)
        Counts with 0 ≤ x ≤ n and n ≥ 1.
    groups : ndarray of intp, shape (m,)
        Group of each precinct, 0 … G−1.
    """
    z = logits(x, n)
    noise = 1 / (x + 0.5) + 1 / (n - x + 0.5)
    size = np.maximum(np.bincount(groups).astype(np.float64), 1.0)

    def mean_of(values: Floats) -> Floats:
        return np.asarray(np.bincount(groups, values) / size)

    centre = mean_of(z)
    spread = mean_of((z - centre[groups]) ** 2) * size / np.maximum(size - 1, 1.0)
    variance = np.maximum(spread - mean_of(noise), 0.0)
    weight = 1 / (variance[groups] + noise)
    mean = np.bincount(groups, weight * z) / np.maximum(np.bincount(groups, weight), 1e-300)
    return Heterogeneity(n.astype(np.int64), mean[groups], np.sqrt(variance)[groups])


def large_enough(levels: Sequence[Codes], fewest: int) -> Codes:
    """Group of each precinct: its finest unit that has at least ``fewest`` precincts.

    Parameters
    ----------
    levels : sequence of ndarray of intp, shape (m,)
        Unit of each precinct from the coarsest level to the finest; −1 where it has none.
    fewest : int
        Smallest group; what is left over at a level joins its unit above, and at the top the
        precincts of small units form one group.

    Returns
    -------
    ndarray of intp, shape (m,)
        Codes 0 … G−1.
    """
    m = len(levels[0]) if levels else 0
    group = np.zeros(m, dtype=np.intp)
    used = 1
    for codes in levels:
        known = codes >= 0
        size = np.bincount(codes[known], minlength=1)
        taken = known.copy()
        taken[known] = size[codes[known]] >= fewest
        group = np.where(taken, used + codes, group)
        used += len(size)
    return np.asarray(np.unique(group, return_inverse=True)[1], dtype=np.intp)
