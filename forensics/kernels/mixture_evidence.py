"""How well a mode explains the counts: its marginal likelihood, with the error of its estimation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forensics.kernels.mixture_candidates import draw
from forensics.kernels.mixture_levels import Tree
from forensics.kernels.mixture_model import Counts, Floats, log_prior, unpack
from forensics.kernels.mixture_proposals import BLOCK, propose_from
from forensics.kernels.mixture_score import Block, scored

#: Sets of candidates over which a precinct's likelihood is averaged.
ROUNDS = 64


@dataclass(frozen=True, slots=True)
class Evidence:
    """Log marginal likelihood of a mode up to a constant of the data, and its standard error."""

    value: float
    error: float


def log_likelihood(
    counts: Counts, phi: Floats, sums: tuple[Floats, Floats], rng: np.random.Generator, rounds: int = ROUNDS
) -> tuple[Floats, Floats]:
    """Log likelihood of each precinct at some parameters, class and effects integrated out.

    Averages of weights of candidates; the bias of the logarithm is taken out to first order.

    Returns
    -------
    value, variance : ndarray of float64, shape (m,)
        Up to the binomial coefficients of the counts; variance of the estimate.
    """
    at = unpack(phi, counts.slopes)
    value, variance = np.empty(len(counts)), np.empty(len(counts))
    for start in range(0, len(counts), BLOCK):
        rows = slice(start, min(start + BLOCK, len(counts)))
        part = counts.part(np.arange(rows.start, rows.stop))
        levels = (sums[0][rows], sums[1][rows])
        block = Block(rows, part, propose_from(part, at, levels), levels)
        logs = np.empty((rounds, len(part)))
        for k in range(rounds):
            block.hold(draw(block.proposal, rng))
            logs[k] = scored(block, at).each
        top = logs.max(axis=0)
        weight = np.exp(logs - top)
        mean = weight.mean(axis=0)
        variance[rows] = weight.var(axis=0, ddof=1) / (rounds * mean**2)
        value[rows] = top + np.log(mean) + variance[rows] / 2
    return value, variance


def evidence(
    counts: Counts,
    draws: Floats,
    levels: tuple[tuple[Floats, ...], ...],
    rng: np.random.Generator,
    rounds: int = ROUNDS,
) -> Evidence:
    """Marginal likelihood at the mean of a mode's draws, after Chib (1995).

    Likelihood times prior over the posterior density, the latter as a normal fitted to the draws;
    level intercepts enter by Laplace's rule with the precision that their precincts' effects give.
    Good for differences between modes of one model, where what the normal leaves out is alike.

    Parameters
    ----------
    draws : ndarray of float64, shape (draws, d)
        Unconstrained parameters of one mode.
    levels : two tuples of ndarray
        Mean intercepts of each level, of turnout and of support.
    """
    phi = draws.mean(axis=0)
    at, tree = unpack(phi, counts.slopes), Tree.of(counts.units)
    zero = np.zeros(len(counts))
    sums = [tree.sums(list(effect)) if counts.units else zero for effect in levels]
    value, variance = log_likelihood(counts, phi, (sums[0], sums[1]), rng, rounds)
    total = float(value.sum()) + log_prior(phi, counts.slopes)[0]
    covariance = np.cov(draws.T)
    total += 0.5 * (len(phi) * np.log(2 * np.pi) + float(np.linalg.slogdet(covariance)[1]))
    for effect, own in enumerate(levels):
        weight = np.full(len(counts), 1 / at.e[effect])
        for step, size, level in zip(tree.steps, tree.sizes, reversed(own), strict=True):
            weight = np.bincount(step, weight, size)
            total += float((-0.5 * level**2 - 0.5 * np.log1p(weight)).sum())
            weight = weight / (1 + weight)
    return Evidence(total, float(np.sqrt(variance.sum())))
