"""Two rounds of the same precincts: sums of products per cluster, and what is estimated from them.

Letters: N registered voters (the weight), t turnout, w an option's votes per registered voter, each
in round 1 (before) and 2 (now); Δ is now minus before. Everything is a function of weighted sums of
products, which add up over clusters: a resample of clusters is a sum with other multiplicities.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Less of Var(Δt) than this above the binomial noise, and there is no slope to speak of.
SIGNAL = 0.1


@dataclass(frozen=True, slots=True)
class Products:
    """Weighted sums of products of (1, z) per cluster.

    Parameters
    ----------
    sums : ndarray of float64, shape (clusters, m + 1, m + 1)
        Σ N (1, z)(1, z)ᵀ over the precincts of each cluster.
    noise : ndarray of float64, shape (clusters, 4)
        Σ N × binomial variance of t1, covariance of (t1, w1), and the same for round 2.
    group : ndarray of intp, shape (clusters,)
        Group of each cluster: what is compared is compared within groups.
    """

    sums: Floats
    noise: Floats
    group: Codes

    def __len__(self) -> int:
        return len(self.sums)


@dataclass(frozen=True, slots=True)
class Within:
    """Products pooled over clusters, for each of B sets of multiplicities.

    Parameters
    ----------
    deviations : ndarray of float64, shape (B, m, m)
        Σ N (z − z̄)(z − z̄)ᵀ around the mean of the precinct's group.
    total : ndarray of float64, shape (B, m + 1)
        Σ N (1, z).
    noise : ndarray of float64, shape (B, 4)
    """

    deviations: Floats
    total: Floats
    noise: Floats


@dataclass(frozen=True, slots=True)
class Slopes:
    """Slopes within groups, each float64 of shape (B,), NaN where the turnout hardly varied.

    Parameters
    ----------
    added : ndarray
        Slope of Δ(w − b t) on Δt: the gain beyond the cross-section of either round.
    plain : ndarray
        Slope of Δw on Δt, binomial noise removed.
    before, now : ndarray
        b1 and b2: slope of w on t over the precincts of one round, binomial noise removed.
    noise_share : ndarray
        Part of Var(Δt) that is binomial noise.
    """

    added: Floats
    plain: Floats
    before: Floats
    now: Floats
    noise_share: Floats


def cluster_products(z: Floats, weight: Floats, noise: Floats, cluster: Codes, group: Codes) -> Products:
    """Sums of products per cluster.

    Parameters
    ----------
    z : ndarray of float64, shape (n, m)
    weight : ndarray of float64, shape (n,)
    noise : ndarray of float64, shape (n, 4)
        Binomial variance of t1, covariance of (t1, w1), and the same for round 2.
    cluster, group : ndarray of intp, shape (n,)
        Codes from 0; a cluster lies within one group.
    """
    order = np.argsort(cluster, kind="stable")
    rows = np.column_stack([np.ones(len(z)), z])[order]
    weight, noise, cluster = weight[order], noise[order], cluster[order]
    starts = np.flatnonzero(np.diff(cluster, prepend=-1))
    parts = np.split(np.arange(len(rows)), starts[1:])
    sums = np.stack([rows[part].T @ (rows[part] * weight[part, None]) for part in parts])
    noises = np.stack([weight[part] @ noise[part] for part in parts])
    return Products(sums, noises, group[order][starts])


def pooled(products: Products, multiplicity: Floats | None = None) -> Within:
    """Pool clusters, each as often as ``multiplicity`` (float64 of shape (B, clusters)) says."""
    counts = np.ones((1, len(products))) if multiplicity is None else multiplicity
    m = products.sums.shape[1] - 1
    deviations = np.zeros((len(counts), m, m))
    total = np.zeros((len(counts), m + 1))
    for group in np.unique(products.group):
        mine = products.group == group
        summed = np.tensordot(counts[:, mine], products.sums[mine], axes=1)
        size, first = summed[:, 0, 0], summed[:, 0, 1:]
        mean = first / np.where(size > 0, size, 1.0)[:, None]
        deviations += summed[:, 1:, 1:] - first[:, :, None] * mean[:, None, :]
        total += summed[:, 0, :]
    return Within(deviations, total, counts @ products.noise)


def slopes(within: Within) -> Slopes:
    """Gain on added turnout; the first columns of z are t1, t2, w1, w2.

    Δt and Δw share the counts of either round, so their plain slope is b even where the rounds have
    nothing to do with each other. Each round's own slope b is therefore taken out first:
    g = w − b t is uncorrelated with t of its own round, and

        Cov(Δg, Δt) = −Cov(g2, t1) − Cov(g1, t2)

    holds no product of two counts of one round. It is 0 for precincts paired at random, and free of
    their binomial noise; the variances in b and in the denominator are corrected for that noise.
    """
    s = within.deviations
    noise = within.noise.T
    tt1, tt2, t12 = s[:, 0, 0] - noise[0], s[:, 1, 1] - noise[2], s[:, 0, 1]
    raw = s[:, 0, 0] + s[:, 1, 1] - 2 * t12
    change = tt1 + tt2 - 2 * t12
    solid = (change > SIGNAL * raw) & (tt1 > SIGNAL * s[:, 0, 0]) & (tt2 > SIGNAL * s[:, 1, 1])
    before = _ratio(s[:, 2, 0] - noise[1], tt1, solid)
    now = _ratio(s[:, 3, 1] - noise[3], tt2, solid)
    cross = (s[:, 3, 0] - now * t12) + (s[:, 2, 1] - before * t12)
    together = s[:, 2, 0] + s[:, 3, 1] - noise[1] - noise[3] - s[:, 3, 0] - s[:, 2, 1]
    return Slopes(
        added=_ratio(-cross, change, solid),
        plain=_ratio(together, change, solid),
        before=before,
        now=now,
        noise_share=_ratio(noise[0] + noise[2], raw, raw > 0),
    )


def mean_change(within: Within) -> Floats:
    """Mean of Δt, weighted by registered voters, shape (B,)."""
    return np.asarray((within.total[:, 2] - within.total[:, 1]) / within.total[:, 0])


def _ratio(part: Floats, whole: Floats, valid: NDArray[np.bool_]) -> Floats:
    return np.asarray(np.where(valid, part / np.where(valid, whole, 1.0), np.nan))


def leave_one_out(clusters: int) -> Floats:
    """Multiplicities of the jackknife, float64 of shape (clusters, clusters)."""
    return np.ones((clusters, clusters)) - np.eye(clusters)


def jackknife_error(estimates: Floats) -> float:
    """Standard error from leave-one-cluster-out estimates (CRV3); NaN where one is undefined."""
    m = len(estimates)
    return float(np.sqrt((m - 1) / m * np.sum((estimates - estimates.mean()) ** 2)))


def resampled(clusters: int, n_resamples: int, rng: np.random.Generator) -> Floats:
    """Multiplicities of a cluster bootstrap, float64 of shape (n_resamples, clusters)."""
    return rng.multinomial(clusters, np.full(clusters, 1 / clusters), n_resamples).astype(np.float64)
