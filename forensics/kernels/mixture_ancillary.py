"""Moves of a manipulated class's parameters that carry its precincts along.

A hyperparameter drawn given thousands of effects hardly moves. Here everything below it is written as
a fixed standard variable: the effects, the binomial draws of the numbers added and moved, and the
turnout and support of those precincts given them. A new intercept and variance then move all
precincts of the class together, and only the likelihood of the counts decides (Yu and Meng 2011).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from forensics.kernels.mixture_candidates import factor_of
from forensics.kernels.mixture_model import (
    NU,
    OF_CLASS,
    TAU,
    Counts,
    Floats,
    Globals,
    K,
    laplace,
    log_coefficient,
    log_factor,
)

#: Scoring steps of the map between effects and their standard variables (fixed: it must be one map).
STEPS = 3


@dataclass(slots=True)
class Members:
    """Precincts of one class: ``h`` (4, m) and the numbers added and moved (2, m)."""

    counts: Counts
    h: Floats
    numbers: Floats


@dataclass(frozen=True, slots=True)
class Standard:
    """The same as fixed variables: ``effect`` of added and moved, ``draw`` of their binomials, ``rest``."""

    effect: Floats
    draw: Floats
    rest: Floats


@np.errstate(over="ignore")
def rate(h: Floats, g: int) -> Floats:
    """Chance of each eligible to be added or moved."""
    low, width = (0.0, K) if g == 1 else (K, 1 - K)
    return np.asarray(low + width / (1 + np.exp(-h)))


def _edges(n: Floats, mu: Floats, numbers: Floats) -> tuple[Floats, Floats]:
    """Normal scores between which a count lies, on the scale of arc sines."""
    root, middle = 2 * np.sqrt(n + 0.5), np.arcsin(np.sqrt(mu))
    low = np.arcsin(np.sqrt(numbers / (n + 1)))
    high = np.arcsin(np.sqrt(np.minimum((numbers + 1) / (n + 1), 1.0)))
    return (
        np.where(numbers > 0, root * (low - middle), -np.inf),
        np.where(numbers < n, root * (high - middle), np.inf),
    )


def numbers_at(n: Floats, mu: Floats, z: Floats) -> Floats:
    """The count that a normal score stands for at a rate."""
    angle = np.clip(np.arcsin(np.sqrt(mu)) + z / (2 * np.sqrt(n + 0.5)), 0, np.pi / 2)
    return np.asarray(np.minimum(np.floor(np.sin(angle) ** 2 * (n + 1)), n))


def _chance(low: Floats, high: Floats) -> Floats:
    """Normal probability between two scores, from the tail in which they lie."""
    flip = low > 0
    return np.asarray(np.where(flip, ndtr(-low) - ndtr(-high), ndtr(high) - ndtr(low)))


def log_draw(n: Floats, mu: Floats, numbers: Floats) -> Floats:
    """Log of the binomial probability of a count over that of its interval of normal scores."""
    mass = np.log(np.maximum(_chance(*_edges(n, mu, numbers)), 1e-280))
    exact = numbers * np.log(mu) + (n - numbers) * np.log1p(-np.minimum(mu, 1 - 1e-15))
    return np.asarray(log_coefficient(numbers, n) + exact - mass)


def rest_of(
    members: Members, numbers: Floats, means: list[Floats | float], at: Globals
) -> tuple[Floats, Floats]:
    """Centres and standard deviations (2, m) of turnout and support given the numbers."""
    centres, widths = [], []
    for effect in (TAU, NU):
        y, c0, c1, d0 = factor_of(members.counts, effect, numbers)
        mode, variance = laplace(y, members.counts.n, c0, c1, d0, means[effect], at.e[effect], STEPS)
        centres.append(mode)
        widths.append(np.sqrt(variance))
    return np.array(centres), np.array(widths)


def standardise(
    members: Members, g: int, means: list[Floats | float], at: Globals, rng: np.random.Generator
) -> Standard:
    """The fixed variables of the present state; those of binomials drawn within their interval."""
    effects, draws = [], []
    for k, effect in enumerate(OF_CLASS[g][2:]):
        effects.append((members.h[2 + k] - means[effect]) / np.sqrt(at.e[effect]))
        low, high = _edges(members.counts.n, rate(members.h[2 + k], g), members.numbers[k])
        flip = low > 0
        a, b = np.where(flip, ndtr(-high), ndtr(low)), np.where(flip, ndtr(-low), ndtr(high))
        score = ndtri(np.clip(a + (b - a) * rng.random(len(a)), 1e-300, 1.0))
        # Rounding must not put a score outside the interval it was drawn in.
        draws.append(
            np.clip(np.where(flip, -score, score), np.nextafter(low, np.inf), np.nextafter(high, -np.inf))
        )
    centre, width = rest_of(members, members.numbers, means, at)
    return Standard(np.array(effects), np.array(draws), (members.h[:2] - centre) / width)


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def carried(
    members: Members, g: int, standard: Standard, means: list[Floats | float], at: Globals
) -> tuple[Members, float]:
    """The state at some parameters with the variables fixed, and the log density of the counts there."""
    h = np.empty_like(members.h)
    numbers = np.empty_like(members.numbers)
    n = members.counts.n
    value = 0.0
    for k, effect in enumerate(OF_CLASS[g][2:]):
        h[2 + k] = means[effect] + np.sqrt(at.e[effect]) * standard.effect[k]
        mu = np.clip(rate(h[2 + k], g), 1e-12, 1 - 1e-12)
        numbers[k] = numbers_at(n, mu, standard.draw[k])
        value += float(log_draw(n, mu, numbers[k]).sum())
    centre, width = rest_of(members, numbers, means, at)
    h[:2] = centre + width * standard.rest
    for effect in (TAU, NU):
        y, c0, c1, d0 = factor_of(members.counts, effect, numbers)
        value += float(log_factor(h[effect], y, n, c0, c1, d0).sum())
        value += float(np.log(width[effect]).sum())
        value -= float(((h[effect] - means[effect]) ** 2).sum() / (2 * at.e[effect]))
        value -= 0.5 * len(n) * float(np.log(at.e[effect]))
    return Members(members.counts, h, numbers), value
