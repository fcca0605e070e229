"""Moves of the shared parameters of the binomial mixture, given classes and numbers.

A coefficient's first proposal is the normal at the mode of its conditional, found from zero: it does
not depend on where the chain is, and nearly all are accepted. Where numbers that exceed the turnout
cut the conditional off, that mode is none; two further proposals go from where the chain is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from forensics.kernels.mixture.binomial import VARIANCE
from forensics.kernels.mixture.levels import Tree, draw_levels
from forensics.kernels.mixture.model import Floats, log_factor

#: A binomial factor: counts, trials, c0, c1 and 1 − c0 − c1 of its probability c0 + c1·logistic.
Factor = tuple[Floats, Floats, Any, Any, Any]
#: Steps of scoring towards a mode, their greatest length, and how much wider proposals are than it.
STEPS, LONGEST, WIDER = 12, 2.0, 1.1
#: Proposals from where the chain is, and the range of their size by the normal's, on the log scale.
WALKS, SIZES = 2, (-3.0, 0.5)
#: Width of a slice's first interval, on the logit scale, and most doublings of it.
WIDTH, MOST = 1.0, 30


def _score(h: Floats, factor: Factor) -> tuple[Floats, Floats]:
    """Derivative of the log factor by h, and its expected information, per precinct."""
    y, n, c0, c1, d0 = factor
    s = expit(h)
    p, q = (np.clip(value, 1e-6, 1.0) for value in (c0 + c1 * s, d0 + c1 * (1 - s)))
    slope = c1 * s * (1 - s)
    return (y / p - (n - y) / q) * slope, n * slope**2 / (p * q)


def move_coefficients(
    beta: Floats, design: Floats, offset: Floats, factor: Factor, rng: np.random.Generator
) -> Floats:
    """Coefficients of one effect by an independence step and short walks; priors N(0, 100).

    Parameters
    ----------
    beta : ndarray of float64, shape (p,)
        Where the chain is.
    design : ndarray of float64, shape (m, p)
        m may be 0: then it is a draw from the prior.
    offset : ndarray of float64, shape (m,)
    """
    p = len(beta)
    mode, precision = np.zeros(p), np.eye(p) / VARIANCE
    for _ in range(STEPS):
        score, information = _score(offset + design @ mode, factor)
        precision = design.T @ (design * information[:, None]) + np.eye(p) / VARIANCE
        step = np.linalg.solve(precision, design.T @ score - mode / VARIANCE)
        mode = mode + np.clip(step, -LONGEST, LONGEST)
    root = np.linalg.cholesky(precision)

    def value(at: Floats) -> float:
        return float(log_factor(offset + design @ at, *factor).sum()) - 0.5 * float(at @ at) / VARIANCE

    def drawn(at: Floats) -> float:
        return -0.5 * float(((root.T @ (at - mode)) ** 2).sum()) / WIDER**2

    here = value(beta)
    for k in range(1 + WALKS):
        noise = np.linalg.solve(root.T, rng.standard_normal(p))
        there = beta + np.exp(rng.uniform(*SIZES)) * noise if k else mode + WIDER * noise
        now = value(there)
        ratio = now - here + (0.0 if k else drawn(beta) - drawn(there))
        if np.log(rng.random()) < ratio:
            beta, here = there, now
    return beta


def move_units(
    here: Floats,
    codes: NDArray[np.intp],
    above: Floats,
    offset: Floats,
    factor: Factor,
    rng: np.random.Generator,
) -> Floats:
    """Sums of the intercepts of the lowest units, each moved for itself; N(above, 100) given those above.

    Parameters
    ----------
    here, above : ndarray of float64, shape (units,)
    codes : ndarray of intp, shape (m,)
    offset : ndarray of float64, shape (m,)
    """
    units = len(here)
    mode: Floats = np.zeros(units)
    precision: Floats = np.ones(units)
    for _ in range(STEPS):
        score, information = _score(offset + mode[codes], factor)
        precision = np.asarray(np.bincount(codes, information, units) + 1 / VARIANCE, dtype=np.float64)
        step = (np.bincount(codes, score, units) - (mode - above) / VARIANCE) / precision
        mode = mode + np.clip(step, -LONGEST, LONGEST)

    def value(at: Floats) -> Floats:
        known = np.bincount(codes, log_factor(offset + at[codes], *factor), units)
        return np.asarray(known - 0.5 * (at - above) ** 2 / VARIANCE)

    now = value(here)
    for k in range(1 + WALKS):
        noise = rng.standard_normal(units) / np.sqrt(precision)
        there = here + np.exp(rng.uniform(*SIZES, units)) * noise if k else mode + WIDER * noise
        then = value(there)
        ratio = then - now
        if not k:
            ratio = ratio + 0.5 * precision * ((there - mode) ** 2 - (here - mode) ** 2) / WIDER**2
        taken = np.log(rng.random(units)) < ratio
        here, now = np.asarray(np.where(taken, there, here)), np.asarray(np.where(taken, then, now))
    return here


def redraw_above(lowest: Floats, tree: Tree, rng: np.random.Generator) -> tuple[float, list[Floats]]:
    """National intercept and those of all levels but the lowest, given the sums of the lowest units.

    ``tree`` is that of the lowest units within the levels above them.
    """
    scale = np.sqrt(VARIANCE)
    intercept, levels = draw_levels(lowest / scale, 1.0, tree, rng, 1.0)
    return scale * intercept, [scale * level for level in levels]


def move_ratios(phi: Floats, classes: NDArray[np.int64], rng: np.random.Generator) -> Floats:
    """Logits of π₂/π₁ and π₃/π₁ given the numbers of precincts in the classes, each by a slice.

    The ratios are uniform in (0, 1), so that the first class is the largest.
    """
    m, phi = int(classes.sum()), phi.copy()
    for k in (0, 1):

        def log_density(x: float, k: int = k) -> float:
            logits = np.array([x, phi[1 - k]])
            ratios = expit(logits)
            value = classes[1 + k] * np.log(ratios[0]) - m * np.log1p(ratios.sum())
            return float(value + np.log(ratios[0]) - np.logaddexp(0, x))

        phi[k] = _slice(float(phi[k]), log_density, rng)
    return phi


def _slice(x: float, log_density: Callable[[float], float], rng: np.random.Generator) -> float:
    """One step of slice sampling, stepping out and shrinking (Neal 2003)."""
    level = log_density(x) - rng.exponential()
    low = x - WIDTH * rng.random()
    high = low + WIDTH
    for _ in range(MOST):
        if log_density(low) < level:
            break
        low -= WIDTH
    for _ in range(MOST):
        if log_density(high) < level:
            break
        high += WIDTH
    while True:
        there = low + (high - low) * rng.random()
        if log_density(there) >= level:
            return there
        low, high = (there, high) if there < x else (low, there)
