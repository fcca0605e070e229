"""How unevenly a count is spread over precincts: dispersion beyond Poisson, and the curve of shares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Dispersion:
    """Pooled Pearson dispersion of k units, each (k,); NaN where not defined.

    ``value`` Σ(x−μ)²/μ / (n − G), ``half_width`` of its interval clustered by group, ``rows`` n and
    ``groups`` G that have a mean above 0 and something to compare.
    """

    value: Floats
    half_width: Floats
    rows: NDArray[np.int64]
    groups: NDArray[np.int64]


def means_by_group(x: Floats, n: Floats, group: Codes) -> Floats:
    """μ = the rate Σx/Σn of the row's group, times n; shape (m,)."""
    whole = np.bincount(group, n)
    return np.asarray((np.bincount(group, x) / np.where(whole > 0, whole, 1.0))[group] * n)


def lower_means_by_group(x: Floats, n: Floats, group: Codes, kept: float = 0.75) -> Floats:
    """μ from the rows of a group with the lowest rates x/n, so that the highest do not hide themselves.

    The rate of the lowest ``kept`` of a group's rows is scaled by what the whole rate is of it in the
    median group; shape (m,).

    Parameters
    ----------
    x, n : ndarray of float64, shape (m,)
        Counts, and what they are counted against, > 0.
    group : ndarray of intp, shape (m,)
        Codes 0, 1, …
    kept : float
        In (0, 1]; one row of a group always is.
    """
    order = np.lexsort((n, x / n, group))
    size = np.bincount(group)
    first = np.concatenate(([0], np.cumsum(size)[:-1])).astype(np.intp)
    rank = np.empty(len(x), dtype=np.intp)
    rank[order] = np.arange(len(x)) - first[group[order]]
    low = rank < np.maximum(np.ceil(kept * size), 1)[group]
    groups = len(size)
    part = np.bincount(group[low], x[low], groups) / np.bincount(group[low], n[low], groups)
    whole = np.bincount(group, x, groups) / np.bincount(group, n, groups)
    known = part > 0
    scale = float(np.median(whole[known] / part[known])) if known.any() else 1.0
    # Where the lower rows have none at all, the whole rate is the best there is.
    return np.asarray(np.where(known, scale * part, whole)[group] * n)


def dispersions(
    x: Floats, mu: Floats, *, group: Codes, unit: Codes, units: int, confidence_level: float = 0.95
) -> Dispersion:
    """Dispersion within groups, pooled over the groups of every unit.

    Parameters
    ----------
    x, mu : ndarray of float64, shape (m,)
        Counts, and means of :func:`means_by_group`.
    group, unit : ndarray of intp, shape (m,)
        Codes from 0; a group lies in one unit.
    units : int
        k.
    """
    size = np.bincount(group)
    used = (mu > 0) & (size[group] > 1)
    groups = len(size)
    chi = np.bincount(group[used], (x[used] - mu[used]) ** 2 / mu[used], groups)
    rows = np.bincount(group[used], minlength=groups)
    home = np.zeros(groups, dtype=np.intp)
    home[group] = unit
    counted = rows > 0
    freedom = np.where(counted, rows - 1, 0).astype(np.float64)
    of = np.bincount(home, counted, units)
    with np.errstate(invalid="ignore", divide="ignore"):
        total = np.bincount(home, freedom, units)
        value = np.bincount(home, chi, units) / total
        # A ratio of sums over groups: its residuals tell its variance (Cochran 1977, 6.4).
        residual = np.where(counted, chi - value[home] * freedom, 0.0)
        spread = of / (of - 1) * np.bincount(home, residual**2, units) / total**2
        half = stdtrit(np.where(of > 1, of - 1, np.nan), (1 + confidence_level) / 2) * np.sqrt(spread)
    half = np.where((of > 1) & np.isfinite(value), half, np.nan)
    return Dispersion(
        value=np.asarray(np.where(total > 0, value, np.nan), dtype=np.float64),
        half_width=np.asarray(half, dtype=np.float64),
        rows=np.bincount(home, rows, units).astype(np.int64),
        groups=of.astype(np.int64),
    )


def share_curve(x: Floats, n: Floats, at: Floats) -> Floats:
    """Share of x in the rows with the highest x/n that together hold shares ``at`` of n.

    Parameters
    ----------
    x, n : ndarray of float64, shape (m,)
        Counts, and what they are counted against, > 0; Σx > 0.
    at : ndarray of float64, shape (p,)
        In [0, 1].
    """
    order = np.lexsort((n, -(x / n)))
    held = np.concatenate(([0.0], np.cumsum(n[order])))
    counted = np.concatenate(([0.0], np.cumsum(x[order])))
    return np.asarray(np.interp(at, held / held[-1], counted / counted[-1]))
