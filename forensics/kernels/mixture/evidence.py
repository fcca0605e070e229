"""How well a mode explains the counts: its marginal likelihood, with the error of its estimation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forensics.kernels.mixture.levels import Tree
from forensics.kernels.mixture.marginal import Marginal
from forensics.kernels.mixture.model import Counts, Floats, Globals, unpack
from forensics.kernels.mixture.scale import log_prior, standard

#: Runs of draws that are resampled, and how often, for the standard error.
RUNS, RESAMPLED = 20, 100


@dataclass(frozen=True, slots=True)
class Evidence:
    """Log marginal likelihood of a mode up to a constant of the data, and its standard error."""

    value: float
    error: float


def log_likelihood(counts: Counts, at: Globals, sums: tuple[Floats, Floats]) -> Floats:
    """Log likelihood (m,) of each precinct at some parameters, class and effects integrated out.

    Up to the binomial coefficients of the counts.

    Parameters
    ----------
    sums : two ndarrays, shape (m,)
        Sums of the level intercepts of turnout and of support.
    """
    return Marginal.of(counts, at, sums).look(at, sums).each


def evidence(
    counts: Counts,
    draws: Floats,
    levels: tuple[tuple[Floats, ...], ...],
    rng: np.random.Generator,
) -> Evidence:
    """Marginal likelihood at the mean of a mode's draws, after Chib (1995).

    Likelihood times prior over the posterior density, the latter as a normal fitted to the draws on
    the scale of :mod:`scale`; level intercepts enter by Laplace's rule with the curvature of
    their units' likelihood. Good for differences between modes of one model, where what the normal
    leaves out is alike.

    Parameters
    ----------
    draws : ndarray of float64, shape (draws, d)
        Unconstrained parameters of one mode.
    levels : two tuples of ndarray
        Mean intercepts of each level, of turnout and of support.
    rng : Generator
        For the standard error: runs of draws are resampled.
    """
    x = np.array([standard(unpack(phi, counts.slopes)) for phi in draws])
    mean = x.mean(axis=0)
    at, tree = unpack(draws.mean(axis=0), counts.slopes), Tree.of(counts.units)
    zero = np.zeros(len(counts))
    sums = tuple(tree.sums(list(effect)) if counts.units else zero for effect in levels)
    apart = (sums[0], sums[1])
    said, by = Marginal.of(counts, at, apart).slopes(at, apart)
    here = standard(at)
    total = float(said.each.sum()) + log_prior(here, counts.slopes)[0]
    for effect, own in enumerate(levels):
        weight = np.maximum(-by.second[effect], 0.0)
        for step, size, level in zip(tree.steps, tree.sizes, reversed(own), strict=True):
            weight = np.bincount(step, weight, size)
            total += float((-0.5 * level**2 - 0.5 * np.log1p(weight)).sum())
            weight = weight / (1 + weight)

    def density(draws: Floats, mean: Floats) -> float:
        """Minus the log of the normal at the parameters that are looked at."""
        covariance = np.cov(draws.T)
        apart = here - mean
        value = len(mean) * np.log(2 * np.pi) + float(np.linalg.slogdet(covariance)[1])
        return float(0.5 * (value + apart @ np.linalg.solve(covariance, apart)))

    runs = np.array_split(x, RUNS)
    again = []
    for _ in range(RESAMPLED if len(x) >= 2 * RUNS * len(mean) else 0):
        some = np.concatenate([runs[k] for k in rng.integers(0, RUNS, RUNS)])
        again.append(density(some, some.mean(axis=0)))
    return Evidence(total + density(x, mean), float(np.std(again)) if again else float("inf"))
