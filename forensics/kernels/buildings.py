"""Precincts of one building against each other: how far they lie apart, and how far calm ones do.

Letters: in building b precinct i counts x_i of N_i, y_i = x_i / N_i; p the pooled share, q = 1 − p.
Honest precincts of one building differ too (whose streets are on whose list), by κ on the logit
scale: Var y_i = pq / N_i + κ (pq)². The design effect is the ratio of that to pq / N_i.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, gammainc, gammaincc, logit
from scipy.stats import hypergeom

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Flags = NDArray[np.bool_]

#: Variances on the logit scale among which that of calm buildings is looked for.
GRID = np.concatenate([[0.0], np.geomspace(1e-4, 2.0, 28)])
#: Buildings of a class whose common κ is told from their median, and fewest classes for a line.
CLASS, CLASSES = 50, 5
#: κ below which a class counts as this much when a line is laid through the classes.
LEAST = 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """Precincts and their buildings.

    Parameters
    ----------
    x, n : ndarray of float64, shape (k,)
        Counts with 0 ≤ x ≤ n and n ≥ 1.
    block : ndarray of intp, shape (k,)
        Building of each precinct, 0 … B−1, in order; each has two precincts or more.
    """

    x: Floats
    n: Floats
    block: Codes

    @property
    def size(self) -> Codes:
        """Precincts of each building, shape (B,)."""
        return np.bincount(self.block)

    @property
    def pooled(self) -> Floats:
        """Share of each building, shape (B,), kept half a vote from 0 and 1."""
        x, n = np.bincount(self.block, self.x), np.bincount(self.block, self.n)
        return np.asarray(np.clip(x / n, 0.5 / n, 1 - 0.5 / n))

    def variance(self, kappa: Floats) -> Floats:
        """Var y_i for a κ per building; shape (k,), or (g, k) for κ of shape (g, B)."""
        p = self.pooled
        pq = (p * (1 - p))[self.block]
        return np.asarray(pq / self.n + kappa[..., self.block] * pq**2)

    def distance(self, kappa: Floats) -> Floats:
        """X² = Σ (y_i − y_b)² / Var y_i of each building, about χ² with one degree less than precincts."""
        weight = 1 / self.variance(kappa)
        y = self.x / self.n
        starts = np.flatnonzero(np.diff(self.block, prepend=-1))
        whole = np.add.reduceat(weight, starts, axis=-1)
        mean = np.add.reduceat(weight * y, starts, axis=-1) / whole
        squares = weight * (y - mean[..., self.block]) ** 2
        return np.asarray(np.add.reduceat(squares, starts, axis=-1))


@dataclass(frozen=True, slots=True)
class Calm:
    """log κ on a line over the pooled share, ``level`` + ``slope`` × share; κ is 0 where that is −∞."""

    level: float
    slope: float

    def of(self, pooled: Floats) -> Floats:
        """κ of buildings by their pooled share."""
        return np.asarray(np.clip(np.exp(self.level + self.slope * pooled), 0.0, GRID[-1]))


def calm(blocks: Blocks) -> Calm:
    """κ at which half of the buildings lie farther apart than chance gives to half.

    Told from the median of each class of buildings with like shares, and laid on a line through
    the classes (Theil and Sen). The line does not rise: precincts with added votes collect in the
    classes of high shares, and would hide there behind each other; in clean elections it falls.
    """
    return _line(_nearer(blocks), blocks.pooled)


def _nearer(blocks: Blocks) -> Floats:
    """Chance of lying closer together than each building does, by κ of ``GRID``; shape (g, B)."""
    kappa = np.repeat(GRID[:, None], len(blocks.size), axis=1)
    return np.asarray(gammainc((blocks.size - 1) / 2, blocks.distance(kappa) / 2))


def _line(nearer: Floats, pooled: Floats) -> Calm:
    order = np.argsort(pooled, kind="stable")
    count = len(order) // CLASS
    classes = np.array_split(order, count if count >= CLASSES else 1)
    kappa = np.array([_crossing(np.median(nearer[:, rows], axis=1)) for rows in classes])
    if not np.median(kappa):
        return Calm(-np.inf, 0.0)
    log = np.log(np.maximum(kappa, LEAST))
    if len(classes) == 1:
        return Calm(float(log[0]), 0.0)
    at = np.array([np.median(pooled[rows]) for rows in classes])
    one, other = np.triu_indices(len(at), 1)
    run = at[other] - at[one]
    apart = run > 0
    slope = float(np.median((log[other] - log[one])[apart] / run[apart])) if apart.any() else 0.0
    slope = min(slope, 0.0)
    return Calm(float(np.median(log - slope * at)), slope)


def _crossing(median: Floats) -> float:
    """κ where a falling curve over ``GRID`` passes one half; the ends of ``GRID`` where it does not."""
    if median[0] <= 0.5:
        return 0.0
    above = int(np.flatnonzero(median > 0.5)[-1])
    if above == len(GRID) - 1:
        return float(GRID[-1])
    part = (median[above] - 0.5) / (median[above] - median[above + 1])
    return float(GRID[above] + part * (GRID[above + 1] - GRID[above]))


def block_pvalues(blocks: Blocks, kappa: Floats) -> Floats:
    """Two-sided p-value of each building, shape (B,).

    For two precincts the exact conditional test: given the total, x_1 is hypergeometric; counts are
    first divided by the design effect (which is 1 for κ = 0). For more, X² against χ².
    """
    size = blocks.size
    pvalues = np.asarray(gammaincc((size - 1) / 2, blocks.distance(kappa) / 2))
    pair = size == 2
    if pair.any():
        p = blocks.pooled[blocks.block]
        effective = np.maximum(np.rint(p * (1 - p) / blocks.variance(kappa)), 1)
        x = np.rint(blocks.x / blocks.n * effective)
        first = np.flatnonzero(np.diff(blocks.block, prepend=-1))[pair]
        one, other = x[first], x[first + 1]
        n_one, n_other = effective[first], effective[first + 1]
        given = (n_one + n_other, one + other, n_one)
        low, high = hypergeom.cdf(one, *given), hypergeom.sf(one - 1, *given)
        pvalues[pair] = np.minimum(1.0, 2 * np.minimum(low, high))
    return pvalues


def apart(blocks: Blocks, kappa: Floats) -> Floats:
    """z of each precinct against the others of its building, shape (k,)."""
    y, variance = blocks.x / blocks.n, blocks.variance(kappa)
    weight = 1 / variance
    whole, total = (np.bincount(blocks.block, v)[blocks.block] for v in (weight, weight * y))
    rest = whole - weight
    return np.asarray((y - (total - weight * y) / rest) / np.sqrt(variance + 1 / rest))


def redrawn(blocks: Blocks, kappa: Floats, rng: np.random.Generator) -> Blocks:
    """The same buildings with honest counts: logit-normal precincts, binomial votes."""
    centre = logit(blocks.pooled)[blocks.block]
    rate = expit(centre + np.sqrt(kappa)[blocks.block] * rng.standard_normal(len(blocks.n)))
    return Blocks(rng.binomial(blocks.n.astype(np.int64), rate).astype(np.float64), blocks.n, blocks.block)


@dataclass(frozen=True, slots=True)
class Swapped:
    """More discordant buildings now than then, by part of a division; shapes (parts,).

    ``exceeding`` of ``n_resamples`` random swaps gave at least the observed difference, whose
    standard deviation under swapping is ``deviation``.
    """

    exceeding: NDArray[np.int64]
    deviation: Floats
    n_resamples: int

    @property
    def pvalues(self) -> Floats:
        """(b + 1) / (m + 1)."""
        return np.asarray((self.exceeding + 1) / (self.n_resamples + 1))


def swapped(
    now: Blocks, then: Blocks, part: Codes, rng: np.random.Generator, n_resamples: int, *, level: float
) -> Swapped:
    """Exchange the two elections building by building, and find the calm half anew each time.

    Discordant buildings of one election share the estimate of its calm half, so they are not
    independent: a sign test of them rejects too often.

    Parameters
    ----------
    now, then : Blocks
        The same buildings in two elections.
    part : ndarray of intp, shape (B,)
        Part of each building, −1 for none.
    n_resamples : int
    level : float
        p-value up to which a building is discordant.
    """
    sides = [_Curves.of(now), _Curves.of(then)]
    inside = part >= 0
    count = int(part.max(initial=-1)) + 1

    def difference(swap: Flags) -> Floats:
        one, other = (a.chosen(swap, b).discordant(level) for a, b in (sides, sides[::-1]))
        more = one.astype(np.float64) - other
        return np.asarray(np.bincount(part[inside], more[inside], count), dtype=np.float64)

    observed = difference(np.zeros(len(part), dtype=np.bool_))
    exceeding, squares = np.zeros(count, dtype=np.int64), np.zeros(count)
    for _ in range(n_resamples):
        drawn = difference(rng.random(len(part)) < 0.5)
        exceeding += drawn >= observed
        squares += drawn**2
    return Swapped(exceeding, np.sqrt(squares / n_resamples), n_resamples)


@dataclass(frozen=True, slots=True)
class _Curves:
    """One election's buildings at every κ of ``GRID``: shapes (g, B), and their shares."""

    nearer: Floats
    pvalues: Floats
    pooled: Floats

    @classmethod
    def of(cls, blocks: Blocks) -> _Curves:
        rows = [block_pvalues(blocks, np.full(len(blocks.size), kappa)) for kappa in GRID]
        return cls(_nearer(blocks), np.array(rows), blocks.pooled)

    def chosen(self, swap: Flags, other: _Curves) -> _Curves:
        """The other's buildings where ``swap`` holds."""
        return _Curves(
            np.where(swap, other.nearer, self.nearer),
            np.where(swap, other.pvalues, self.pvalues),
            np.where(swap, other.pooled, self.pooled),
        )

    def discordant(self, level: float) -> Flags:
        """Buildings whose p-value at their κ is at most ``level``."""
        kappa = _line(self.nearer, self.pooled).of(self.pooled)
        place = np.interp(kappa, GRID, np.arange(len(GRID)))
        below = np.minimum(place.astype(np.intp), len(GRID) - 2)
        column = np.arange(len(kappa))
        left, right = self.pvalues[below, column], self.pvalues[below + 1, column]
        return np.asarray(left + (place - below) * (right - left) <= level)
