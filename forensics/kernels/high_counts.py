"""Counts that run high in single places, or throughout a territory, against all the others.

x_i is negative binomial with mean rate × n_i; the rates of territories differ. A place is held
against the other places of its territory, a territory against the other territories. Both are fitted
without the upper tail, so that what is looked for does not hide itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from numpy.typing import NDArray
from scipy.special import stdtr

from forensics.kernels.negative_binomial import trimmed_dispersion, upper_pvalue

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Share of the counts that may be out of the ordinary without spoiling the fit.
TRIM = 0.05
#: Territories with fewer places are not held against others.
FEWEST = 5
#: Standard deviations above its mean at which a count is capped: one place makes no territory high.
CAP = 4.0
#: Territories per degree of freedom of a spread that is read from their quartiles (its efficiency is 37 %).
_PER_DEGREE = 2.7
#: Distance of the quartiles of a standard normal.
_QUARTILES = 1.3489795
_ROUNDS = 3
#: Points of the quadrature over a mean that is not known for certain.
_NODES = 9
_SMALLEST = 1e-12


@dataclass(frozen=True, slots=True)
class HighCounts:
    """Places and territories, m and k of them.

    ``rate`` is that of territories in general; ``mean`` float64 of shape (m,): the count expected
    from the other places of the territory, drawn towards all territories; ``phi`` the dispersion of
    places about it (variance μ + μ²/φ); ``pvalue`` of shape (m,): P(X ≥ x). ``total`` and
    ``expected`` of shape (k,): capped counts of a territory, and what they are in general;
    ``territory_pvalue`` of shape (k,), NaN where it was not tested; ``spread`` the standard deviation
    of the log rates of territories.
    """

    rate: float
    mean: Floats
    phi: float
    pvalue: Floats
    total: Floats
    expected: Floats
    territory_pvalue: Floats
    spread: float


def high_counts(x: Floats, n: Floats, territory: Codes, *, fewest: int = FEWEST) -> HighCounts:
    """Fit, and the upper tails of places and territories.

    Parameters
    ----------
    x : ndarray of float64, shape (m,)
        Counts ≥ 0.
    n : ndarray of float64, shape (m,)
        Sizes > 0.
    territory : ndarray of intp, shape (m,)
        Codes 0 … k−1.
    fewest : int
        Smallest number of places of a territory that is tested.
    """
    k = int(territory.max(initial=-1)) + 1
    usual = np.ones(k, dtype=bool)
    rate = float(x.sum() / max(n.sum(), 1.0))
    phi = sampled_dispersion(x, rate * n, most=1000)
    for _ in range(_ROUNDS):
        capped = _Groups.of(np.minimum(x, _cap(rate * n, phi)), rate * n, territory, k)
        between = capped.compared(fewest)
        chosen = ~(np.nan_to_num(between.pvalue, nan=1.0) < 1 / max(2 * k, 20))
        if (chosen == usual).all() or not chosen.any():
            break
        usual = chosen
        rate = float(x[usual[territory]].sum() / max(n[usual[territory]].sum(), 1.0))
    whole = _Groups.of(x, n, territory, k)
    single = max(whole.compared(fewest).single, between.single)
    mean, doubt = _from_the_others(whole, x, n, rate, single, between.variance)
    phi = sampled_dispersion(x, mean)
    tail = _tail(x, mean, phi, doubt)
    spread = float(np.sqrt(between.variance))
    return HighCounts(rate, mean, phi, tail, capped.x, capped.n, between.pvalue, spread)


def sampled_dispersion(x: Floats, mean: Floats, *, trim: float = TRIM, most: int = 5000) -> float:
    """φ from at most so many rows, evenly spaced in the order of their means and counts.

    Parameters
    ----------
    x, mean : ndarray of float64, shape (m,)
        Counts, and means ≥ 0.
    trim : float
        Share of the counts, the highest, that φ is not fitted to.
    most : int
        Rows that are fitted; the fit to thousands is as good as that to all, and far cheaper.
    """
    order = np.lexsort((x, mean))
    rows = order[np.linspace(0, len(order) - 1, min(most, len(order))).astype(np.intp)]
    return trimmed_dispersion(x[rows], mean[rows], trim=trim)


def _cap(mean: Floats, phi: float) -> Floats:
    return np.asarray(mean + CAP * np.sqrt(mean + mean**2 / phi))


@dataclass(frozen=True, slots=True)
class _Groups:
    """Sums over territories, float64 of shape (k,): places, Σx, Σn, Σn², Σ(x − n Σx/Σn)²."""

    size: Floats
    x: Floats
    n: Floats
    squares: Floats
    within: Floats
    member: Codes

    @classmethod
    def of(cls, x: Floats, n: Floats, territory: Codes, k: int) -> _Groups:
        def sums(values: Floats) -> Floats:
            return np.asarray(np.bincount(territory, values, k))

        total, whole = sums(x), sums(n)
        ratio = total / np.maximum(whole, _SMALLEST)
        within = sums((x - ratio[territory] * n) ** 2)
        return cls(sums(np.ones_like(x)), total, whole, sums(n**2), within, territory)

    def compared(self, fewest: int) -> _Between:
        """Each territory's log rate among those of the others."""
        pvalue = np.full(len(self.size), np.nan)
        rows = (self.size >= fewest) & (self.n > 0)
        number = int(rows.sum())
        if number < 2:
            return _Between(pvalue, 0.0, 0.0)
        alike = (self.n**2 / np.maximum(self.squares, _SMALLEST))[rows]
        size, x = self.size[rows], self.x[rows]
        relative = self.within[rows] * size / (size - 1) / np.maximum(x, 0.5) ** 2 * alike
        single = float(np.median(relative))
        level = np.log((x + 0.5) / (self.n[rows] + 0.5))
        centred = level - np.median(level)
        variance = _spread(centred, single / alike)
        z = centred / np.sqrt(np.maximum(variance + single / alike, _SMALLEST))
        pvalue[rows] = stdtr(max(number / _PER_DEGREE, 1.0), -z)
        return _Between(pvalue, variance, single)


@dataclass(frozen=True, slots=True)
class _Between:
    """Territories among each other.

    ``pvalue`` of shape (k,); ``variance`` of their log rates; ``single`` the relative variance that
    one place of usual size gives a rate.
    """

    pvalue: Floats
    variance: float
    single: float


def _spread(centred: Floats, noise: Floats) -> float:
    """Variance that puts the quartiles of the standardised values where a normal has them."""

    def is_enough(variance: float) -> bool:
        z = centred / np.sqrt(np.maximum(variance + noise, _SMALLEST))
        low, high = np.quantile(z, (0.25, 0.75))
        return bool(high - low <= _QUARTILES)

    low, high = 0.0, 16 * float((centred**2).max()) + _SMALLEST
    if is_enough(low):
        return 0.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high


def _from_the_others(
    groups: _Groups, x: Floats, n: Floats, rate: float, single: float, between: float
) -> tuple[Floats, Floats]:
    """Mean of each place and its relative variance, from the rate of the others there.

    Credibility (Bühlmann): the others' rate has the weight τ²/(τ² + v), v the relative variance that
    their counts give it by themselves, τ² that of the rates of territories in general.
    """
    here = groups.member
    if rate <= 0:
        return np.zeros_like(x), np.zeros_like(x)
    left = np.maximum(groups.n[here] - n, 0.0)
    alone = left <= 0
    left = np.where(alone, 1.0, left)
    others = np.where(alone, rate, (groups.x[here] - x) / left)
    v = single * np.maximum(groups.squares[here] - n**2, 0.0) / left**2
    tau2 = float(np.expm1(between))
    share = np.ones_like(x) if tau2 <= 0 else np.where(alone, 1.0, v / (tau2 + v))
    return n * ((1 - share) * others + share * rate), tau2 * share


def _tail(x: Floats, mean: Floats, phi: float, doubt: Floats) -> Floats:
    """Upper tail of the counts where the mean itself is known up to a log-normal factor."""
    if not doubt.any():
        return upper_pvalue(x, mean, phi)
    nodes, weights = hermegauss(_NODES)
    deviation = np.sqrt(np.log1p(doubt))
    tail = np.zeros_like(x)
    for node, weight in zip(nodes, weights / weights.sum(), strict=True):
        tail += weight * upper_pvalue(x, mean * np.exp(node * deviation), phi)
    return np.asarray(np.minimum(tail, 1.0))


def smallest_of_many(pvalues: Floats) -> float:
    """Simes' p-value of a set of p-values, NaN among them left out; 1 where there is none."""
    ordered = np.sort(pvalues[~np.isnan(pvalues)])
    if not len(ordered):
        return 1.0
    return float(min(1.0, (ordered * len(ordered) / np.arange(1, len(ordered) + 1)).min()))
