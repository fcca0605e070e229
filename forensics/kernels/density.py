"""How many redrawn shares fall into each fine bin: mean and variance per bin, exactly.

A precinct with x out of n is redrawn from component k of a beta-binomial mixture with its posterior
probability, p ~ Beta(x + a_k, n − x + b_k), X ~ Bin(n, p): X is beta-binomial with the parameters
x + a_k and n − x + b_k. Its probabilities are followed upwards by their recurrence.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, gammaln

from forensics.kernels.beta_binomial import Mixture

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Codes = NDArray[np.intp]

#: Counts farther from a component's mean than this many standard deviations are left out: less than
#: 1e-8 of all redraws.
REACH = 6.5
#: A component whose posterior probability is smaller does not widen the range of counts followed.
NEGLIGIBLE = 1e-6
#: Precincts handled together, and counts between two additions to the bins.
BLOCK, STEPS = 4096, 16


@dataclass(frozen=True, slots=True)
class Expected:
    """Mean and variance of the number of redrawn shares per bin, each of shape (U, bins + 1)."""

    mean: Floats
    variance: Floats


def bin_of(x: Floats | Integers, n: Floats | Integers, bins: int) -> Codes:
    """Number of the point 0, 1/bins, …, 1 nearest to x/n; half-way shares go up."""
    # The quotient is exact where it is whole, and at least 1/(2n) away from a whole number else.
    return np.asarray(np.floor((2 * bins * x + n) / (2 * n))).astype(np.intp)


def expected_counts(x: Integers, n: Integers, unit: Codes, mixture: Mixture, bins: int) -> Expected:
    """Mean and variance per unit and bin of the number of redrawn shares.

    Parameters
    ----------
    x, n : ndarray of int64, shape (m,)
        Counts, 0 ≤ x ≤ n, n ≥ 1; n is kept in the redraw.
    unit : ndarray of intp, shape (m,)
        Row of the mixture that each precinct is redrawn from.
    bins : int
        Number of steps from 0 to 1.

    Returns
    -------
    Expected
        The count per bin is a sum of independent indicators with chances q: mean Σq and variance
        Σq(1−q), exact but for the tails beyond ``REACH`` standard deviations.
    """
    units = len(mixture.w)
    width = bins + 1
    mean, square = np.zeros(units * width), np.zeros(units * width)
    low, high = _range(x, n, unit, mixture)
    order = np.argsort(high - low, kind="stable")
    for start in range(0, len(order), BLOCK):
        rows = order[start : start + BLOCK]
        _follow(x[rows], n[rows], unit[rows], mixture, low[rows], high[rows], bins, mean, square)
    variance = np.maximum(mean - square, 0.0)
    return Expected(mean.reshape(units, width), variance.reshape(units, width))


def _posterior(x: Floats, n: Floats, unit: Codes, mixture: Mixture) -> tuple[Floats, Floats, Floats]:
    """Posterior probability and updated parameters of each component, shape (K, m)."""
    a, b = mixture.a.T[:, unit], mixture.b.T[:, unit]
    left, right = x + a, n - x + b
    log = betaln(left, right) + (np.log(mixture.w) - betaln(mixture.a, mixture.b)).T[:, unit]
    log -= log.max(axis=0)
    weight = np.exp(log)
    return weight / weight.sum(axis=0), left, right


def _range(x: Integers, n: Integers, unit: Codes, mixture: Mixture) -> tuple[Floats, Floats]:
    """Smallest and largest count followed for each precinct."""
    size = n.astype(np.float64)
    weight, left, right = _posterior(x.astype(np.float64), size, unit, mixture)
    whole = left + right
    centre = size * left / whole
    reach = REACH * np.sqrt(centre * right * (whole + size) / (whole * (whole + 1))) + REACH
    counted = weight >= NEGLIGIBLE
    low = np.where(counted, centre - reach, np.inf).min(axis=0)
    high = np.where(counted, centre + reach, -np.inf).max(axis=0)
    return np.maximum(np.floor(low), 0.0), np.minimum(np.ceil(high), size)


def _follow(
    x: Integers,
    n: Integers,
    unit: Codes,
    mixture: Mixture,
    low: Floats,
    high: Floats,
    bins: int,
    mean: Floats,
    square: Floats,
) -> None:
    """Add Σq to ``mean`` and Σq² to ``square`` (flat: unit × bin) for one block of precincts."""
    size = n.astype(np.float64)
    weight, left, right = _posterior(x.astype(np.float64), size, unit, mixture)
    y = low.copy()
    log = gammaln(size + 1) - gammaln(y + 1) - gammaln(size - y + 1)
    mass = weight * np.exp(log + betaln(left + y, right + size - y) - betaln(left, right))
    above, below = left + y, right + size - y - 1
    steps = int((high - low).max(initial=0)) + 1
    offset = unit * (bins + 1)
    m = len(x)
    place, gained, squared = np.empty((STEPS, m), np.intp), np.empty((STEPS, m)), np.empty((STEPS, m))
    before, inside = np.full(m, -1, dtype=np.intp), np.zeros(m)
    for step in range(steps):
        row = step % STEPS
        total = np.add.reduce(mass, axis=0)
        here = offset + bin_of(np.minimum(y, size), size, bins)
        # Several counts of a large precinct share a bin: (q + g)² − q² = g (2q + g).
        inside = np.where(here == before, inside, 0.0)
        place[row], gained[row], squared[row] = here, total, total * (2 * inside + total)
        inside += total
        before = here
        if row == STEPS - 1 or step == steps - 1:
            flat = place[: row + 1].ravel()
            mean += np.bincount(flat, gained[: row + 1].ravel(), len(mean))
            square += np.bincount(flat, squared[: row + 1].ravel(), len(mean))
        # P(y+1)/P(y) = (n−y)(α+y) / ((y+1)(β+n−y−1)); past n the first factor is zero.
        mass *= above
        mass /= np.maximum(below, 1e-9)
        mass *= np.maximum(size - y, 0.0) / (y + 1)
        above += 1
        below -= 1
        y += 1


def drawn_counts(
    x: Integers, n: Integers, mixture: Mixture, bins: int, n_resamples: int, rng: np.random.Generator
) -> NDArray[np.int32]:
    """Counts per bin of resamples of one unit, shape (n_resamples, bins + 1): the published way."""
    unit = np.zeros(len(x), dtype=np.intp)
    weight, left, right = _posterior(x.astype(np.float64), n.astype(np.float64), unit, mixture)
    below = weight.cumsum(axis=0)[:-1]
    rows = np.arange(len(x))
    counts = np.empty((n_resamples, bins + 1), dtype=np.int32)
    for draw in range(n_resamples):
        k = (rng.random(len(x)) > below).sum(axis=0)
        redrawn = rng.binomial(n, rng.beta(left[k, rows], right[k, rows]))
        counts[draw] = np.bincount(bin_of(redrawn, n, bins), minlength=bins + 1)
    return counts
