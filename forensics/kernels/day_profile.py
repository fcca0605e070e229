"""Voters by interval of the day against a profile: negative binomial residuals, and scores free of shape.

Letters as usual for counts: c_ih voters of precinct i in interval h, a_h the profile (shares of the
day), μ_ih = n_i a_h with n_i the precinct's voters of that day, variance μ + μ²/φ_h.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammainc, gammaincinv, ndtri
from scipy.stats import rankdata

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Precincts' worth of the nation's profile that each unit's own is mixed with.
PRIOR = 5.0
#: Share of the residuals of an interval, from below, that its dispersion is estimated from.
LOWER = 0.9
#: Bounds of φ: below, a mean says nothing of a count; above, the counts are Poisson.
LOWEST, HIGHEST = 1e-3, 1e6
#: Classes of size with a profile each, and degree of the trend that each precinct may have of its own.
CLASSES, TREND = 8, 2
_ROUNDS, _TINY = 8, 1e-9


def day_totals(steps: Floats, day: Codes) -> Floats:
    """Voters of the day that each interval lies in, float64 of shape (m, k)."""
    return np.asarray(steps @ (day[:, None] == day[None, :]).astype(np.float64))


def expected_steps(steps: Floats, unit: Codes, day: Codes, *, prior: float = PRIOR) -> Floats:
    """μ from the profile of the other precincts of the unit, renormalised within each day.

    Parameters
    ----------
    steps : ndarray of float64, shape (m, k)
        Voters by interval, ≥ 0.
    unit : ndarray of intp, shape (m,)
        Codes 0 … U−1.
    day : ndarray of intp, shape (k,)
        Day of each interval; every day has a profile of its own.
    prior : float
        Precincts' worth of the national profile mixed in.
    """
    own = day_totals(steps, day)
    national = steps.sum(axis=0)
    sums = np.zeros((int(unit.max(initial=0)) + 1, steps.shape[1]))
    np.add.at(sums, unit, steps)
    weight = sums[unit] - steps + prior * national / max(len(steps), 1)
    whole = day_totals(weight, day)
    return np.asarray(own * np.divide(weight, whole, out=np.zeros_like(own), where=whole > 0))


def dispersion(steps: Floats, mu: Floats) -> Floats:
    """φ of each interval by moments on the lower nine tenths of its residuals, shape (k,).

    Bursts sit in the upper tenth. What the variance of the others is short of is taken from a gamma
    variable of the same skewness.
    """
    phi = np.full(steps.shape[1], HIGHEST)
    squares = (steps - mu) ** 2
    for _ in range(_ROUNDS):
        r = residuals(steps, mu, phi)
        kept = (r <= np.quantile(r, LOWER, axis=0)) & (mu > 0)
        left = _left(mu.mean(axis=0), phi)
        extra = (squares * kept).sum(axis=0) / left - (mu * kept).sum(axis=0)
        whole = (mu**2 * kept).sum(axis=0)
        raw = np.divide(whole, extra, out=np.full(len(phi), HIGHEST), where=(extra > 0) & (whole > 0))
        phi = np.clip(raw, LOWEST, HIGHEST)
    return phi


def _left(mu: Floats, phi: Floats) -> Floats:
    """Mean square of a count's lower ``LOWER`` about its mean, as a part of its variance."""
    a = 4 * mu * (1 + mu / phi) / np.maximum(1 + 2 * mu / phi, _TINY) ** 2
    a = np.maximum(a, 0.05)
    end = gammaincinv(a, LOWER)
    square = (a + 1) * gammainc(a + 2, end) - 2 * a * gammainc(a + 1, end) + a * gammainc(a, end)
    return np.asarray(square / LOWER)


def residuals(steps: Floats, mu: Floats, phi: Floats) -> Floats:
    """(c − μ)/√(μ + μ²/φ), float64 of shape (m, k); 0 where nobody was expected."""
    variance = mu + mu**2 / phi
    return np.asarray(np.divide(steps - mu, np.sqrt(variance), out=np.zeros_like(mu), where=variance > 0))


def size_classes(size: Floats) -> Codes:
    """Classes of equally many precincts by size, 0 … ``CLASSES`` − 1, shape (m,)."""
    place = (rankdata(size) - 0.5) * CLASSES / len(size)
    return np.minimum(place.astype(np.intp), CLASSES - 1)


def scores(steps: Floats, unit: Codes) -> Floats:
    """Residuals of one day as scores that are independent of each other where precincts are.

    Residuals against the nation's profile of precincts of that size (town and country vote at
    different hours) lose each precinct's own smooth trend over the day, become normal scores
    within each interval (all intervals then have one law), and lose what the precincts of a unit
    share: the unit's mean times b = 1 − √(σ²/(σ² + m τ²)), the random-effects transformation.
    Taking out the whole mean would leave the precincts of small units correlated, and one
    precinct's burst would show in the others.

    Parameters
    ----------
    steps : ndarray of float64, shape (m, k)
        Voters by interval of one day, k > ``TREND`` + 1.
    unit : ndarray of intp, shape (m,)
        Codes 0 … U−1.
    """
    m, k = steps.shape
    mu = expected_steps(steps, size_classes(steps.sum(axis=1)), np.zeros(k, dtype=np.intp), prior=0.0)
    r = residuals(steps, mu, dispersion(steps, mu))
    basis, _ = np.linalg.qr(np.vander(np.linspace(-1.0, 1.0, k), TREND + 1))
    r = r - (r @ basis) @ basis.T
    z = ndtri((rankdata(r, axis=0) - 0.5) / m)
    size = np.bincount(unit).astype(np.float64)
    sums = np.zeros((len(size), k))
    np.add.at(sums, unit, z)
    square = (z**2).sum(axis=0)
    pairs = float((size * (size - 1)).sum())
    # Per interval: what two precincts of one unit share, and what is a precinct's own.
    shared = np.maximum(((sums**2).sum(axis=0) - square) / pairs, 0.0) if pairs > 0 else np.zeros(k)
    alone = np.maximum(square / m - shared, _TINY)
    b = 1 - np.sqrt(alone / (alone + np.outer(size, shared)))
    return np.asarray(z - (b * sums / np.maximum(size, 1.0)[:, None])[unit])
