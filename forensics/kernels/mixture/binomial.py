"""The binomial variant ``bl`` of the finite mixture: no precinct has effects of its own.

Turnout, support and the rates of votes added and moved are logistic in the covariates alone; what
makes precincts of one class differ is the binomial draw. Everything else is as in ``qbl``. Only the
class of a precinct and its numbers added and moved are latent; they are drawn jointly, given the
parameters, from several candidates near their mode, the present ones among them (Andrieu, Doucet
and Holenstein 2010), so that the draw leaves the posterior as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from forensics.kernels.mixture.model import (
    MANIPULATED,
    Counts,
    Floats,
    Globals,
    log_coefficient,
    log_factor,
    predictors,
    rate,
    shares,
    winner,
)

#: Variance of the normal prior of every coefficient, the intercepts and those of levels among them.
VARIANCE = 100.0
#: Candidates of each manipulated class, and the part of them that is drawn evenly over all shares.
SLOTS, EVEN = 4, 0.05
#: Steps towards the mode of the numbers, and how much wider than its normal they are drawn.
STEPS, WIDER = 5, 1.3
#: Angles stay this far from those of 0 and 1, where the scale of arc sines ends.
EDGE = 1e-6


@dataclass(slots=True)
class Latent:
    """Class (m,) of every precinct and its numbers added and moved (2, m); 0 without manipulation."""

    class_of: NDArray[np.intp]
    numbers: Floats


@dataclass(frozen=True, slots=True)
class Weighed:
    """Candidates of one class: numbers (2, slots, m) and the logarithm of their weights (slots, m)."""

    numbers: Floats
    log_weight: Floats


def log_prior_binomial(phi: Floats, slopes: tuple[int, ...]) -> float:
    """Log density of the prior over two logits of ratios and all coefficients, normalised."""
    beta = phi[2:]
    logits = -np.logaddexp(0, phi[:2]).sum() - np.logaddexp(0, -phi[:2]).sum()
    return float(logits - 0.5 * (beta @ beta) / VARIANCE - 0.5 * len(beta) * np.log(2 * np.pi * VARIANCE))


def unpack_binomial(phi: Floats, slopes: tuple[int, ...]) -> Globals:
    """The parameters of an unconstrained vector; variances are 0."""
    ends = np.cumsum([2, *(1 + p for p in slopes)])
    beta = tuple(phi[a:b] for a, b in pairwise(ends))
    return Globals(expit(phi[:2]), beta, np.zeros(6))


def candidates_of(
    counts: Counts,
    at: Globals,
    sums: tuple[Floats, Floats],
    rng: np.random.Generator,
    held: Latent | None = None,
) -> tuple[Floats, dict[int, Weighed]]:
    """Log likelihood of the class without manipulation (m,), and candidates of the other two.

    The mean weight of a class's candidates is an unbiased estimate of its likelihood, up to the
    binomial coefficients of the counts. With ``held``, the first candidate of a precinct's present
    class is its present state.
    """
    n, m = counts.n, len(counts)
    means = [np.broadcast_to(mean, m) for mean in predictors(counts, at, sums)]
    zero = np.zeros(m)
    none = _log_counts(counts, means, zero, zero)
    found = {}
    for g, (_, _, added, moved) in MANIPULATED.items():
        mu = np.clip([rate(means[added], g), rate(means[moved], g)], 1e-12, 1 - 1e-12)
        centre, root = _mode(counts, means, mu)
        z = rng.standard_normal((2, SLOTS, m))
        angle = np.stack(
            [
                centre[0] + WIDER * root[0] * z[0],
                centre[1] + WIDER * (root[1] * z[0] + root[2] * z[1]),
            ]
        )
        even = rng.random((SLOTS, m)) < EVEN
        place = np.where(even, rng.random((2, SLOTS, m)), np.sin(np.clip(angle, 0, np.pi / 2)) ** 2)
        # An angle beyond the ends stands for no count.
        beyond = ~even & ((angle < EDGE) | (angle > np.pi / 2 - EDGE)).any(axis=0)
        if held is not None:
            own = held.class_of == g
            place[:, 0, own] = (held.numbers[:, own] + rng.random((2, int(own.sum())))) / (n[own] + 1)
            beyond[0, own] = False
        numbers = np.minimum(np.floor(place * (n + 1)), n)
        log_weight = _log_counts(counts, means, *numbers) + 2 * np.log(n + 1)
        for y, chance in zip(numbers, mu, strict=True):
            log_weight += log_coefficient(y, n) + y * np.log(chance) + (n - y) * np.log1p(-chance)
        log_weight -= _log_density(place, centre, root)
        found[g] = Weighed(numbers, np.where(beyond, -np.inf, log_weight))
    return none, found


def _log_counts(counts: Counts, means: list[Floats], y: Floats, x: Floats) -> Floats:
    """Log likelihood of turnout and votes given the numbers added and moved, without coefficients."""
    im, is_ = shares(y, counts.n, capped=True), shares(x, counts.n, capped=False)
    value = log_factor(means[0], counts.t, counts.n, im, 1 - im, 0.0)
    return np.asarray(value + log_factor(means[1], counts.w, counts.n, *winner(im, is_, counts.abstained)))


def _mode(counts: Counts, means: list[Floats], mu: Floats) -> tuple[Floats, Floats]:
    """Angles (2, m) where the numbers are likeliest, and the root (3, m) of their covariance.

    On the scale of arc sines all four binomials have one variance: a least-squares problem.
    """
    n, a = counts.n, counts.abstained
    tau, nu = (expit(mean) for mean in means[:2])
    prior = np.arcsin(np.sqrt(mu))
    seen = [np.arcsin(np.sqrt(y / n)) for y in (counts.t, counts.w)]
    angle = prior.copy()
    h = np.empty((3, len(n)))
    for _ in range(STEPS):
        u, v = np.sin(angle) ** 2
        slope = np.sin(2 * angle)
        left = 1 - np.minimum(u, 0.999)
        r = 1 - a / left
        turnout = np.clip(u + (1 - u) * tau, 1e-6, 1 - 1e-6)
        votes = np.clip(1 - a - r * (1 - v) * (1 - nu), 1e-6, 1 - 1e-6)
        scale = 2 * np.sqrt(votes * (1 - votes))
        by_t = (1 - tau) * slope[0] / (2 * np.sqrt(turnout * (1 - turnout)))
        by_w = np.stack([a / left**2 * (1 - v) * (1 - nu) * slope[0], r * (1 - nu) * slope[1]]) / scale
        off_t, off_w = (np.arcsin(np.sqrt(p)) - s for p, s in zip((turnout, votes), seen, strict=True))
        gradient = angle - prior + by_w * off_w
        gradient[0] += by_t * off_t
        h = np.stack([1 + by_t**2 + by_w[0] ** 2, by_w[0] * by_w[1], 1 + by_w[1] ** 2])
        determinant = h[0] * h[2] - h[1] ** 2
        step = np.stack([h[2] * gradient[0] - h[1] * gradient[1], h[0] * gradient[1] - h[1] * gradient[0]])
        angle = np.clip(angle - np.clip(step / determinant, -0.3, 0.3), 0.01, np.pi / 2 - 0.01)
    determinant = h[0] * h[2] - h[1] ** 2
    variance = np.stack([h[2], -h[1], h[0]]) / determinant / (4 * n)
    first = np.sqrt(variance[0])
    second = variance[1] / first
    return angle, np.stack([first, second, np.sqrt(variance[2] - second**2)])


def _log_density(place: Floats, centre: Floats, root: Floats) -> Floats:
    """Log density of drawing shares (2, …, m), per unit of their area."""
    angle = np.clip(np.arcsin(np.sqrt(place)), EDGE, np.pi / 2 - EDGE)
    first = (angle[0] - centre[0]) / (WIDER * root[0])
    second = ((angle[1] - centre[1]) / WIDER - root[1] * first) / root[2]
    normal = -0.5 * (first**2 + second**2) - np.log(2 * np.pi * WIDER**2 * root[0] * root[2])
    normal -= np.log(np.sin(2 * angle)).sum(axis=0)
    return np.asarray(np.logaddexp(np.log1p(-EVEN) + normal, np.log(EVEN)))


def draw_latent(
    counts: Counts, at: Globals, sums: tuple[Floats, Floats], held: Latent, rng: np.random.Generator
) -> tuple[Latent, Floats]:
    """Class and numbers of every precinct, and the probabilities (3, m) of the classes."""
    m, log_pi = len(counts), np.log(at.pi)
    none, found = candidates_of(counts, at, sums, rng, held)
    every = np.concatenate(
        [(none + log_pi[0])[None], *(found[g].log_weight + log_pi[g] - np.log(SLOTS) for g in (1, 2))]
    )
    weight = np.exp(every - every.max(axis=0))
    cumulative = np.cumsum(weight, axis=0)
    slot = (cumulative < rng.random(m) * cumulative[-1]).sum(axis=0)
    class_of = np.where(slot == 0, 0, 1 + (slot - 1) // SLOTS).astype(np.intp)
    numbers = np.zeros((2, m))
    for g in (1, 2):
        own = np.flatnonzero(class_of == g)
        numbers[:, own] = found[g].numbers[:, (slot[own] - 1) % SLOTS, own]
    parts = (weight[:1], weight[1 : 1 + SLOTS], weight[1 + SLOTS :])
    probability = np.stack([part.sum(axis=0) for part in parts]) / cumulative[-1]
    return Latent(class_of, numbers), probability


def log_likelihood_binomial(
    counts: Counts, phi: Floats, sums: tuple[Floats, Floats], rng: np.random.Generator, rounds: int = 64
) -> tuple[Floats, Floats]:
    """Log likelihood of each precinct, class and numbers summed out, and its variance; shapes (m,).

    Up to the binomial coefficients of the counts.
    """
    at = unpack_binomial(phi, counts.slopes)
    log_pi = np.log(at.pi)
    logs = np.empty((rounds, len(counts)))
    for k in range(rounds):
        none, found = candidates_of(counts, at, sums, rng)
        parts = [none + log_pi[0]]
        parts += [
            np.logaddexp.reduce(found[g].log_weight, axis=0) - np.log(SLOTS) + log_pi[g] for g in (1, 2)
        ]
        logs[k] = np.logaddexp.reduce(np.stack(parts), axis=0)
    top = logs.max(axis=0)
    weight = np.exp(logs - top)
    mean = weight.mean(axis=0)
    variance = weight.var(axis=0, ddof=1) / (rounds * mean**2)
    return top + np.log(mean) + variance / 2, variance
