"""Mixtures of beta-binomials for counts x out of n, fitted by EM to many units at once.

Letters as in Rozenas (2017): a count x out of n comes from component k with probability w_k and is
then beta-binomial with parameters a_k, b_k. Arrays of parameters have shape (U, K): units × components.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, digamma, gammaln, zeta

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Codes = NDArray[np.intp]

#: Bounds of log a and log b (those of the paper): no component is narrow enough to follow a spike.
LOW, HIGH = -3.0, 6.0
#: EM ends when the mean log-likelihood of a precinct grows by less in a step.
TOLERANCE = 1e-6
ITERATIONS = 150
#: Longest step of log a and log b in one iteration.
STEP = 0.7
#: Side of a cell: ratio of sizes, and step of the angle arcsin √(x/n).
COARSE = (1.2, 0.02)
#: Argument from which five terms of Stirling's series are exact to rounding.
SERIES = 10.0


@dataclass(frozen=True, slots=True)
class Cells:
    """Counts put together: mean x and n of the precincts of a cell, their number, their unit.

    Sorted by unit; ``edges`` are the U + 1 ends of the units. The log-likelihood is so smooth in x
    and n that a few thousand cells stand for 100,000 precincts.
    """

    x: Floats
    n: Floats
    number: Floats
    unit: Codes
    edges: NDArray[np.intp]

    def sums(self, values: Floats) -> Floats:
        """Sums over the cells of each unit: (K, C) to (U, K)."""
        if len(self.edges) == 2:
            return np.asarray(values.sum(axis=1)[None])
        total = np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)
        return np.asarray((total[:, self.edges[1:]] - total[:, self.edges[:-1]]).T)


@dataclass(frozen=True, slots=True)
class Mixture:
    """Weights w and parameters a, b, each of shape (U, K); ``log_likelihood`` of shape (U,).

    The log-likelihood leaves the binomial coefficients out.
    """

    w: Floats
    a: Floats
    b: Floats
    log_likelihood: Floats

    @property
    def components(self) -> int:
        """Number of components K."""
        return int(self.w.shape[1])

    def unit(self, unit: int) -> Mixture:
        """One unit's mixture as a mixture of one unit."""
        own = slice(unit, unit + 1)
        return Mixture(self.w[own], self.a[own], self.b[own], self.log_likelihood[own])

    def repeat(self, units: int) -> Mixture:
        """The first unit's mixture for several units, as a start for theirs."""
        w, a, b = (np.repeat(values[:1], units, axis=0) for values in (self.w, self.a, self.b))
        return Mixture(w, a, b, np.full(units, -np.inf))


def cells(
    x: Integers, n: Integers, unit: Codes, units: int, *, coarse: tuple[float, float] = COARSE
) -> Cells:
    """Precincts of like size and share as one, unit by unit; x = 0 and x = n stay apart."""
    ratio, step = coarse
    size = np.floor(np.log(n) / np.log(ratio)).astype(np.int64)
    angle = 1 + np.floor(np.arcsin(np.sqrt((x + 0.375) / (n + 0.75))) / step).astype(np.int64)
    angle[x == 0], last = 0, int(np.pi / 2 / step) + 3
    angle[x == n] = last - 1
    code = (unit * (int(size.max(initial=0)) + 1) + size) * last + angle
    _, cell = np.unique(code, return_inverse=True)
    number = np.bincount(cell).astype(np.float64)
    first = np.zeros(len(number), dtype=np.intp)
    first[cell] = unit
    edges = np.searchsorted(first, np.arange(units + 1))
    return Cells(np.bincount(cell, x) / number, np.bincount(cell, n) / number, number, first, edges)


def fit(data: Cells, start: Mixture, *, iterations: int = ITERATIONS) -> Mixture:
    """EM from a start, for all units together.

    The M-step for a and b is one Newton step in their logarithms, kept within bounds. A unit whose
    likelihood falls goes back to where it was and takes shorter steps.
    """
    parameters = [values.T.copy() for values in (start.w, start.a, start.b)]
    kept = [values.copy() for values in parameters]
    number = data.sums(data.number[None])[:, 0]
    best, pace = np.full(len(number), -np.inf), np.ones(len(number))
    back = np.zeros(len(number), dtype=bool)
    for _ in range(iterations):
        found = _Gammas.of(data, parameters[1], parameters[2])
        joint = found.log_joint(data, *parameters)
        top = joint.max(axis=0)
        np.exp(joint - top, out=joint)
        whole = joint.sum(axis=0)
        likelihood = data.sums((data.number * (np.log(whole) + top))[None])[:, 0]
        fell = likelihood < best
        done = ~fell & ~back & (likelihood <= best + TOLERANCE * number)
        for old, new in zip(kept, parameters, strict=True):
            old[:, ~fell] = new[:, ~fell]
        best, back = np.maximum(best, likelihood), fell
        if done.all():
            break
        pace[fell] /= 4
        joint *= data.number / whole
        part = data.sums(joint).T
        w = np.maximum(part / np.maximum(number, 1.0), 1e-12)
        parameters = [w, *_newton(data, found, joint, part, parameters[1], parameters[2], pace)]
        for old, new in zip(kept, parameters, strict=True):
            new[:, fell] = old[:, fell]
    w, a, b = kept
    return Mixture(w.T, a.T, b.T, best)


def log_joint(data: Cells, w: Floats, a: Floats, b: Floats) -> Floats:
    """log w_k + log of the beta-binomial without its coefficient, (K, C); parameters are (K, U)."""
    return _Gammas.of(data, a, b).log_joint(data, w, a, b)


@dataclass(frozen=True, slots=True)
class _Gammas:
    """log Γ and its first two derivatives at x + a, n − x + b and n + a + b: each (3, K, C)."""

    log: Floats
    first: Floats
    second: Floats

    @classmethod
    def of(cls, data: Cells, a: Floats, b: Floats) -> _Gammas:
        a_, b_ = _of_cells(data, a), _of_cells(data, b)
        return cls(*gammas(np.stack([data.x + a_, data.n - data.x + b_, data.n + a_ + b_])))

    def log_joint(self, data: Cells, w: Floats, a: Floats, b: Floats) -> Floats:
        constant = np.log(w) - betaln(a, b)
        return np.asarray(self.log[0] + self.log[1] - self.log[2] + _of_cells(data, constant))


def _of_cells(data: Cells, values: Floats) -> Floats:
    """The value of each cell's unit: (K, U) to (K, C), or (K, 1) where there is one unit."""
    return values if values.shape[1] == 1 else values[:, data.unit]


def gammas(z: Floats) -> tuple[Floats, Floats, Floats]:
    """log Γ(z), digamma and trigamma to 1e-13, all from one logarithm.

    Stirling's series from ``SERIES`` on; below, scipy's own.

    Parameters
    ----------
    z : ndarray of float64, any shape
        Positive numbers.
    """
    inverse, log = 1 / z, np.log(z)
    square = inverse * inverse
    gamma = _series(square, 1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188)
    gamma *= inverse
    gamma += (z - 0.5) * log - z + 0.5 * np.log(2 * np.pi)
    first = _series(square, -1 / 12, 1 / 120, -1 / 252, 1 / 240, -1 / 132)
    first *= square
    first += log - 0.5 * inverse
    second = _series(square, 1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66)
    second *= square
    second += 1 + 0.5 * inverse
    second *= inverse
    small = z < SERIES
    few = z[small]
    gamma[small], first[small], second[small] = gammaln(few), digamma(few), zeta(2.0, few)
    return gamma, first, second


def _series(x: Floats, *coefficients: float) -> Floats:
    """The polynomial with these coefficients, the constant first."""
    total = x * coefficients[-1]
    for coefficient in coefficients[-2:0:-1]:
        total += coefficient
        total *= x
    total += coefficients[0]
    return total


def _newton(
    data: Cells, found: _Gammas, part: Floats, total: Floats, a: Floats, b: Floats, pace: Floats
) -> tuple[Floats, Floats]:
    """One step of log a and log b towards the maximum for given memberships ``part`` (K, C)."""
    weighted = np.concatenate([found.first, found.second]) * part
    sums = data.sums(weighted.reshape(-1, part.shape[1])).T.reshape(6, *a.shape)
    common = total * digamma(a + b) - sums[2]
    cross = (total * zeta(2.0, a + b) - sums[5]) * a * b
    slope = [
        (there - total * digamma(here) + common) * here for there, here in ((sums[0], a), (sums[1], b))
    ]
    bend = [
        (there - total * zeta(2.0, here)) * here**2 + cross * here**2 / (a * b) + rise
        for there, here, rise in ((sums[3], a, slope[0]), (sums[4], b, slope[1]))
    ]
    determinant = bend[0] * bend[1] - cross**2
    concave = (bend[0] < 0) & (determinant > 1e-12 * bend[0] * bend[1])
    safe = np.where(concave, determinant, 1.0)
    # Where the surface is not concave: along the slope, as far as a step may go.
    uphill = STEP / np.maximum(np.hypot(*slope), 1e-300)
    step_a = np.where(concave, (cross * slope[1] - bend[1] * slope[0]) / safe, uphill * slope[0])
    step_b = np.where(concave, (cross * slope[0] - bend[0] * slope[1]) / safe, uphill * slope[1])
    log_a = np.clip(np.log(a) + pace * np.clip(step_a, -STEP, STEP), LOW, HIGH)
    log_b = np.clip(np.log(b) + pace * np.clip(step_b, -STEP, STEP), LOW, HIGH)
    return np.exp(log_a), np.exp(log_b)


def choose(data: Cells, most: int = 5) -> Mixture:
    """One unit's mixture of 1 … ``most`` components, their number by the Bayesian criterion (BIC)."""
    log_number = float(np.log(data.number.sum()))

    def criterion(mixture: Mixture) -> float:
        return (3 * mixture.components - 1) * log_number - 2 * float(mixture.log_likelihood[0])

    return min((fit(data, _start(data, k)) for k in range(1, most + 1)), key=criterion)


def _start(data: Cells, k: int) -> Mixture:
    """k slices of equal number by share, each with the mean and spread of its shares."""
    share = (data.x + 0.5) / (data.n + 1)
    order = np.argsort(share, kind="stable")
    number = data.number[order]
    place = (np.cumsum(number) - number / 2) / number.sum()
    slices = np.minimum((place * k).astype(np.intp), k - 1)
    weight = np.maximum(np.bincount(slices, number, k), 1.0)
    mean = np.bincount(slices, number * share[order], k) / weight
    mean = np.clip(mean, 0.01, 0.99)
    spread = np.bincount(slices, number * share[order] ** 2, k) / weight - mean**2
    concentration = np.clip(mean * (1 - mean) / np.maximum(spread, 1e-4) - 1, 1.0, 200.0)
    a = np.clip(mean * concentration, np.exp(LOW), np.exp(HIGH))
    b = np.clip((1 - mean) * concentration, np.exp(LOW), np.exp(HIGH))
    return Mixture((weight / weight.sum())[None], a[None], b[None], np.full(1, -np.inf))
