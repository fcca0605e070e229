"""The finite mixture ``qbl`` of Mebane and others: counts, parameters, priors and likelihood.

Letters as in the model: N eligible, t = N − a turned out, w votes of the winner. Every factor of the
likelihood is Bin(y; N, c0 + c1·logistic(h)) with a normal h, in six places: turnout τ, support ν,
added (manufactured) and moved (stolen) votes of the incremental class (ι.m, ι.s) and of the extreme
one (χ.m, χ.s).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, gammaln, logit

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

#: The six effects, in the order in which parameters are stored.
EFFECTS = ("tau", "nu", "iota.m", "iota.s", "chi.m", "chi.s")
TAU, NU, IOTA_M, IOTA_S, CHI_M, CHI_S = range(6)
#: Effects of each class: none, incremental, extreme.
OF_CLASS = ((TAU, NU), (TAU, NU, IOTA_M, IOTA_S), (TAU, NU, CHI_M, CHI_S))
MANIPULATED = {1: (TAU, NU, IOTA_M, IOTA_S), 2: (TAU, NU, CHI_M, CHI_S)}
CLASSES = ("none", "incremental", "extreme")
#: Largest share of incremental, smallest of extreme manipulation.
K = 0.7
#: Share that stands for "all abstainers", because the winner's probability divides by what is left.
CAP = 0.999
#: Rate of the exponential prior of each variance; variance of the prior of an intercept (a standard
#: normal and the second intercept with precision 10,000 that the model's design matrices hold).
RATE, INTERCEPT = 5.0, 1.0001
TINY = 1e-300


@dataclass(frozen=True, slots=True)
class Counts:
    """What the model looks at, per precinct.

    Parameters
    ----------
    n, t, w : ndarray of float64, shape (m,)
        Eligible, turned out (N minus abstentions), votes of the winner; whole numbers,
        0 <= t, w <= n and n >= 1.
    designs : tuple of six ndarrays, shape (m, p_g)
        Covariates of each effect without the intercept (p_g may be 0); slopes have N(0, 1) priors.
    units : tuple of ndarray of intp, shape (m,)
        Codes 0, 1, … of the levels whose intercepts enter turnout and support, from the top down;
        each unit of a level lies in one unit of the level above. Intercepts have N(0, 1) priors.
    """

    n: Floats
    t: Floats
    w: Floats
    designs: tuple[Floats, ...] = ()
    units: tuple[Codes, ...] = ()

    def __len__(self) -> int:
        return len(self.n)

    @property
    def slopes(self) -> tuple[int, ...]:
        """Number of covariates of each effect."""
        return tuple(x.shape[1] for x in self.designs) if self.designs else (0,) * 6

    @property
    def abstained(self) -> Floats:
        """Abstentions as a share of the eligible."""
        return (self.n - self.t) / self.n

    def part(self, rows: NDArray[Any]) -> Counts:
        """Some of the precincts; codes of units stay as they are."""
        return Counts(
            self.n[rows], self.t[rows], self.w[rows],
            tuple(x[rows] for x in self.designs), tuple(code[rows] for code in self.units),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Globals:
    """Parameters shared by all precincts.

    ``ratios`` are π₂/π₁ and π₃/π₁, uniform in (0, 1): π₁ is the largest by construction.
    ``beta[g]`` is the intercept of effect g and its slopes; ``e`` the six variances.
    """

    ratios: Floats
    beta: tuple[Floats, ...]
    e: Floats

    @property
    def pi(self) -> Floats:
        """Shares of the three classes."""
        return np.asarray(np.concatenate([[1.0], self.ratios]) / (1 + self.ratios.sum()))


def pack(at: Globals) -> Floats:
    """Unconstrained vector: two logits of ratios, the coefficients, six logarithms of variances."""
    return np.concatenate([logit(at.ratios), *at.beta, np.log(at.e)])


def unpack(phi: Floats, slopes: tuple[int, ...]) -> Globals:
    """The parameters of an unconstrained vector."""
    ends = np.cumsum([2, *(1 + p for p in slopes)])
    beta = tuple(phi[a:b] for a, b in pairwise(ends))
    return Globals(expit(phi[:2]), beta, np.exp(np.clip(phi[ends[-1] :], -40, 40)))


def log_prior(phi: Floats, slopes: tuple[int, ...]) -> tuple[float, Floats]:
    """Log density of the prior over the unconstrained vector, normalised, and its gradient."""
    at, k = unpack(phi, slopes), 2 + 6 + sum(slopes)
    precision = np.concatenate([[1 / INTERCEPT, *np.ones(p)] for p in slopes])
    beta, log_e = phi[2:k], phi[k:]
    value = -np.logaddexp(0, phi[:2]).sum() - np.logaddexp(0, -phi[:2]).sum()
    value += -0.5 * (precision * beta**2).sum() + 0.5 * np.log(precision / (2 * np.pi)).sum()
    value += 6 * np.log(RATE) + (log_e - RATE * at.e).sum()
    return float(value), np.concatenate([1 - 2 * at.ratios, -precision * beta, 1 - RATE * at.e])


def predictors(counts: Counts, at: Globals, levels: tuple[Floats, Floats]) -> list[Floats | float]:
    """Means of the six effects: a number where nothing tells precincts apart, else shape (m,)."""
    means: list[Floats | float] = []
    for g in range(6):
        mean: Floats | float = float(at.beta[g][0])
        if counts.designs and counts.designs[g].shape[1]:
            mean = mean + counts.designs[g] @ at.beta[g][1:]
        if g < 2 and counts.units:
            mean = mean + levels[g]
        means.append(mean)
    return means


def winner(im: Floats, is_: Floats, abstained: Floats) -> tuple[Floats, Floats, Floats]:
    """``(c0, c1, 1 − c0 − c1)`` of the winner's probability, given the shares added and moved.

    The probability uses the abstentions observed, as the model does. It may leave [0, 1] where more
    are added than turned out; there the likelihood is 0.
    """
    left = (1 - im - abstained) / (1 - im)
    return is_ + abstained * (im - is_) / (1 - im), (1 - is_) * left, abstained


@np.errstate(invalid="ignore")
def log_factor(h: Floats, y: Floats, n: Floats, c0: Any, c1: Any, d0: Any) -> Floats:
    """``log`` of p^y (1 − p)^(n − y) with p = c0 + c1·logistic(h) and d0 = 1 − c0 − c1.

    Minus infinity where p leaves [0, 1] or forbids what was counted. No binomial coefficient.
    """
    s = expit(h)
    p, q = c0 + c1 * s, d0 + c1 * (1 - s)
    value = y * np.log(np.maximum(p, TINY)) + (n - y) * np.log(np.maximum(q, TINY))
    return np.asarray(np.where((p < 0) | (q < 0), -np.inf, value))


def laplace(
    y: Floats, n: Floats, c0: Any, c1: Any, d0: Any, mean: Any, variance: Any, steps: int
) -> tuple[Floats, Floats]:
    """Mode and variance of the normal that stands for a factor times N(h; mean, variance).

    Fisher scoring from the mean, each step at most 2 long: for proposals, so it need not converge.
    """
    shape = np.broadcast_shapes(np.shape(y), np.shape(c0), np.shape(mean))
    h = np.broadcast_to(np.asarray(mean, dtype=np.float64), shape).copy()
    precision = np.full(shape, 1.0)
    for _ in range(steps):
        s = expit(h)
        # Cut off zero by hand: half of the time of a general clip.
        p = np.minimum(np.maximum(c0 + c1 * s, 1e-9), 1.0)
        q = np.minimum(np.maximum(d0 + c1 * (1 - s), 1e-9), 1.0)
        slope = c1 * s * (1 - s)
        information = n * slope * slope / (p * q)
        precision = information + 1 / variance
        gradient = (y / p - (n - y) / q) * slope - (h - mean) / variance
        h += np.minimum(np.maximum(gradient / precision, -2), 2)
    return h, 1 / precision


def log_coefficient(y: Floats, n: Floats) -> Floats:
    """Logarithm of the binomial coefficient."""
    return np.asarray(gammaln(n + 1) - gammaln(y + 1) - gammaln(n - y + 1))


def shares(count: Floats, n: Floats, capped: bool) -> Floats:
    """A count of manipulated as a share of the eligible; the cap of the model where all are added."""
    value = count / n
    return np.where(value == 1, CAP, value) if capped else value


def rate(h: Floats, g: int) -> Floats:
    """Chance of each eligible to be added or moved in a manipulated class."""
    low, width = (0.0, K) if g == 1 else (K, 1 - K)
    return np.asarray(low + width * expit(h))


def factor_of(counts: Counts, effect: int, numbers: Floats) -> tuple[Floats, object, object, object]:
    """Count and ``(c0, c1, d0)`` of an effect's factor, given the numbers added and moved."""
    if effect >= IOTA_M:
        added = effect in (IOTA_M, CHI_M)
        low, high = (0.0, 1 - K) if effect < CHI_M else (K, 0.0)
        return numbers[0 if added else 1], low, 1 - low - high, high
    m = shares(numbers[0], counts.n, capped=True)
    if effect == TAU:
        return counts.t, m, 1 - m, 0.0
    return counts.w, *winner(m, shares(numbers[1], counts.n, capped=False), counts.abstained)
