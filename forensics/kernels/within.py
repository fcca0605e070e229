"""Precincts against their neighbours: leave-one-out z, and labels permuted within groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Flags = NDArray[np.bool_]

#: Precincts by which a group's own heterogeneity is drawn towards that of all groups.
PRIOR = 10.0
#: Residuals beyond this many model deviations are capped when slopes are fitted.
CAP = 2.5
_ITERATIONS = 10
#: Labels drawn at once: bounds memory, changes no result.
_CHUNK = 100


@dataclass(frozen=True, slots=True)
class Permuted:
    """Labels permuted within groups; k units, r permutations.

    ``total`` Σ of the score over labelled rows, shape (k,); ``mean`` and ``variance`` its exact
    permutation moments; ``weight`` Σ n₁n₀/n over the groups of a unit, so that (total − mean) /
    weight is the mean difference between labelled and other rows of the same group; ``exceeding``
    the number of permutations with at least that total.
    """

    total: Floats
    mean: Floats
    variance: Floats
    weight: Floats
    exceeding: NDArray[np.int64]


def leave_one_out(x: Floats, n: Floats, group: Codes) -> Floats:
    """z of a proportion against the mean of the other precincts of its group.

    The difference is divided by its model standard deviation: each precinct varies by
    σ² = h²q² + q/n with q = p(1−p), p the mean of the others, and h the heterogeneity of the group
    on the logit scale (moment estimate, drawn towards that of all groups), and the mean of the
    others varies too.

    Parameters
    ----------
    x : ndarray of float64, shape (m,)
        Proportions.
    n : ndarray of float64, shape (m,)
        What they are proportions of, > 0.
    group : ndarray of int, shape (m,)
        Codes 0 … k−1, each with at least two rows.

    Returns
    -------
    ndarray of float64, shape (m,)
    """
    size = np.bincount(group).astype(np.float64)
    others = size[group] - 1
    p = (np.bincount(group, x)[group] - x) / others
    low = 0.5 / np.maximum(n, 1.0)
    q = np.clip(p, low, 1 - low)
    q = q * (1 - q)
    noise = q / n
    spread = np.bincount(group, (x - p) ** 2) * (size - 1) / size
    extra, scale = spread - np.bincount(group, noise), np.bincount(group, q**2)
    overall = max(float(extra.sum() / scale.sum()), 0.0)
    own = np.maximum(extra / scale, 0.0)
    h2 = (size * own + PRIOR * overall) / (size + PRIOR)
    variance = h2[group] * q**2 + noise
    rest = (np.bincount(group, variance)[group] - variance) / others**2
    return np.asarray((x - p) / np.sqrt(variance + rest))


def raw_leave_one_out(x: Floats, group: Codes) -> Floats:
    """z against the mean and standard deviation of the others, as published; groups of ≥ 3 rows.

    Its variance depends on the precinct's size, so labels of size are not exchangeable under it.
    A row whose neighbours are all equal gets 0.
    """
    others = np.bincount(group).astype(np.float64)[group] - 1
    # Centred first: the variance of the others is a small difference of large sums.
    x = x - (np.bincount(group, x) / np.bincount(group))[group]
    mean = (np.bincount(group, x)[group] - x) / others
    square = (np.bincount(group, x**2)[group] - x**2) - others * mean**2
    deviation = np.sqrt(np.maximum(square, 0.0) / np.maximum(others - 1, 1.0))
    return np.divide(x - mean, deviation, out=np.zeros_like(x), where=deviation > 1e-9)


def without_size(x: Floats, n: Floats, size: Floats, group: Codes, unit: Codes) -> Floats:
    """Proportions without their linear dependence, on the logit scale, on log size within groups.

    One slope per unit, fitted within its groups with residuals capped at ``CAP`` model deviations
    (Huber), so that a few odd precincts at one end of the sizes do not make the slope.

    Parameters
    ----------
    x, n : ndarray of float64, shape (m,)
        Proportions, and what they are proportions of.
    size : ndarray of float64, shape (m,)
        Sizes > 0.
    group : ndarray of int, shape (m,)
        Codes 0 … k−1.
    unit : ndarray of int, shape (m,)
        Codes of the units that have a slope each.
    """
    count = np.bincount(group).astype(np.float64)
    p = np.clip((np.bincount(group, x) / count)[group], 0.01, 0.99)
    q = p * (1 - p)
    spread = (np.bincount(group, (x - p) ** 2) * count / np.maximum(count - 1, 1)).sum() - (q / n).sum()
    variance = max(spread / (q**2).sum(), 0.0) * q**2 + q / n
    steepness = q * (np.log(size) - np.log(size).mean())

    def centred(values: Floats, weight: Floats) -> Floats:
        means = np.bincount(group, values * weight) / np.bincount(group, weight)
        return np.asarray(values - means[group])

    weight, slope = 1 / variance, np.zeros(len(x))
    for _ in range(_ITERATIONS):
        y, z = centred(x, weight), centred(steepness, weight)
        square = np.bincount(unit, weight * z * z)
        slopes = np.bincount(unit, weight * y * z) / np.where(square > 0, square, 1.0)
        slope = slopes[unit]
        residual = np.abs(y - slope * z) / np.sqrt(variance)
        weight = np.minimum(1.0, CAP / np.maximum(residual, 1e-12)) / variance
    return np.asarray(x - slope * centred(steepness, np.ones(len(x))))


def below_quantile(size: Floats, group: Codes, quantile: float) -> Flags:
    """Rows smaller than the (linearly interpolated) quantile of the sizes in their group."""
    order = np.lexsort((size, group))
    count = np.bincount(group)
    first = np.concatenate(([0], np.cumsum(count)[:-1]))
    at = quantile * (count - 1)
    low = np.floor(at).astype(np.intp)
    high = np.minimum(low + 1, count - 1)
    ordered = size[order]
    cut = ordered[first + low] + (at - low) * (ordered[first + high] - ordered[first + low])
    return np.asarray(size < cut[group])


def quadrant_score(z_t: Floats, z_v: Floats, threshold: float) -> NDArray[np.int64]:
    """+1 where both z exceed the threshold (upper right), −1 where both are below its negative."""
    upper = (z_t > threshold) & (z_v > threshold)
    lower = (z_t < -threshold) & (z_v < -threshold)
    return upper.astype(np.int64) - lower


def permute_within(
    score: NDArray[np.int64],
    label: Flags,
    group: Codes,
    unit: Codes,
    *,
    n_units: int,
    n_resamples: int,
    rng: np.random.Generator,
) -> Permuted:
    """Sum of a score in {−1, 0, 1} over labelled rows, with labels permuted within groups.

    Permuting the labels of a group is drawing its labelled rows without replacement, so the
    numbers of +1 and −1 among them are drawn from the hypergeometric distribution: the same law as
    shuffling, at the cost of two numbers a group.

    Parameters
    ----------
    score : ndarray of int64, shape (m,)
    label : ndarray of bool, shape (m,)
    group : ndarray of int, shape (m,)
        Codes 0 … g−1.
    unit : ndarray of int, shape (g,)
        Unit 0 … k−1 of each group.
    n_units : int
        k.
    n_resamples : int
        0: the exact moments only.
    rng : Generator
    """
    g, k = len(unit), n_units
    size, labelled = np.bincount(group, minlength=g), np.bincount(group, label, g).astype(np.int64)
    plus, minus = np.bincount(group[score > 0], minlength=g), np.bincount(group[score < 0], minlength=g)
    sums = np.bincount(group, score * label, g)
    # Without labelled rows, or with nothing else, a group cannot change.
    rows = np.flatnonzero((labelled > 0) & (labelled < size) & (plus + minus > 0))
    mean = labelled * (plus - minus) / size
    spread = (plus + minus) / size - ((plus - minus) / size) ** 2
    variance = labelled * (size - labelled) / np.maximum(size - 1, 1) * spread
    total = np.bincount(unit, sums, k).astype(np.float64)
    still = total - np.bincount(unit[rows], sums[rows], k)
    exceeding = np.zeros(k, dtype=np.int64)
    for begin in range(0, n_resamples, _CHUNK):
        m = min(_CHUNK, n_resamples - begin)
        a, b, s, d = plus[rows], minus[rows], size[rows], labelled[rows]
        up = rng.hypergeometric(a, s - a, d, size=(m, len(rows)))
        down = rng.hypergeometric(b, s - a - b, d - up)
        at = (np.arange(m)[:, None] * k + unit[rows]).ravel()
        drawn = np.bincount(at, (up - down).ravel(), m * k).reshape(m, k)
        exceeding += (drawn + still >= total - 0.5).sum(axis=0)
    return Permuted(
        total=total,
        mean=np.bincount(unit, mean, k).astype(np.float64),
        variance=np.bincount(unit, variance, k).astype(np.float64),
        weight=np.bincount(unit, labelled * (size - labelled) / size, k).astype(np.float64),
        exceeding=exceeding,
    )
