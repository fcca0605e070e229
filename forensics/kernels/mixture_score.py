"""Log posterior of the shared parameters and its gradient, classes and effects averaged over candidates."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from forensics.kernels.mixture_candidates import LOG_ROOT, Candidates
from forensics.kernels.mixture_model import OF_CLASS, Counts, Floats, Globals, log_prior, predictors, unpack
from forensics.kernels.mixture_proposals import Proposal


@dataclass(slots=True)
class Block:
    """Some precincts with their proposals and present candidates."""

    rows: slice
    counts: Counts
    proposal: Proposal
    levels: tuple[Floats, Floats]
    candidates: list[Candidates] = field(default_factory=list)
    constants: list[Floats] = field(default_factory=list)

    def hold(self, candidates: list[Candidates]) -> None:
        """Take new candidates."""
        self.candidates = candidates
        self.constants = [one.constant() for one in candidates]


@dataclass(slots=True)
class Scored:
    """Log likelihood of each precinct (m,), gradient parts, and the shares of candidates (slots, m)."""

    each: Floats
    classes: Floats
    slope: list[Floats]
    log_e: Floats
    share: Floats


@np.errstate(over="ignore", under="ignore")
def scored(block: Block, at: Globals) -> Scored:
    """Log of the average weight of each precinct of a block, with derivatives.

    ``slope[g]`` is the derivative by the mean of effect g per precinct, ``log_e`` by the logarithm
    of each variance, ``classes`` the expected number of precincts in each class.
    """
    means = predictors(block.counts, at, block.levels)
    log_pi, log_e = np.log(at.pi), np.log(at.e)
    pieces, squares, residuals = [], [], []
    for g, effects in enumerate(OF_CLASS):
        value = block.constants[g] + (
            log_pi[g] - np.log(len(block.constants[g]))
            - sum(0.5 * log_e[effect] + LOG_ROOT for effect in effects)
        )  # fmt: skip
        for place, effect in enumerate(effects):
            z = block.candidates[g].h[place] - means[effect]
            half = z * z
            half *= 0.5 / at.e[effect]
            value -= half
            residuals.append(z)
            squares.append(half)
        pieces.append(value)
    share = np.concatenate(pieces)
    top = share.max(axis=0)
    share -= top
    np.exp(share, out=share)
    total = share.sum(axis=0)
    share /= total
    slope = [np.zeros(len(block.counts)) for _ in range(6)]
    by_e = np.zeros(6)
    classes = np.empty(3)
    start, k = 0, 0
    for g, effects in enumerate(OF_CLASS):
        own = share[start : start + len(pieces[g])]
        start += len(own)
        classes[g] = own.sum()
        for effect in effects:
            slope[effect] += np.einsum("ij,ij->j", own, residuals[k]) / at.e[effect]
            by_e[effect] += np.vdot(own, squares[k]) - 0.5 * classes[g]
            k += 1
    return Scored(top + np.log(total), classes, slope, by_e, share)


@np.errstate(over="ignore", invalid="ignore")
def log_posterior(blocks: list[Block], phi: Floats, slopes: tuple[int, ...]) -> tuple[float, Floats]:
    """Log posterior given the candidates and the level intercepts, up to binomial coefficients.

    Returns
    -------
    value : float
        Minus infinity where the parameters are out of any range.
    gradient : ndarray of float64, shape (d,)
    """
    at = unpack(phi, slopes)
    value, gradient = log_prior(phi, slopes)
    if not np.isfinite(value) or np.abs(phi).max() > 40:
        return -np.inf, np.zeros_like(phi)
    classes, by_e = np.zeros(3), np.zeros(6)
    ends = np.cumsum([2, *(1 + p for p in slopes)])
    for block in blocks:
        one = scored(block, at)
        value += float(one.each.sum())
        classes += one.classes
        by_e += one.log_e
        for g in range(6):
            gradient[ends[g]] += one.slope[g].sum()
            if slopes[g]:
                gradient[ends[g] + 1 : ends[g + 1]] += block.counts.designs[g].T @ one.slope[g]
    # d log π_g / d logit r: through the ratio itself and through the common denominator.
    r, m = at.ratios, classes.sum()
    gradient[:2] += (1 - r) * (classes[1:] - m * r / (1 + r.sum()))
    gradient[ends[6] :] += by_e
    return float(value) if np.isfinite(value) else -np.inf, gradient


def hessian(
    blocks: list[Block], phi: Floats, slopes: tuple[int, ...], step: float = 1e-4
) -> NDArray[np.float64]:
    """Matrix of second derivatives by central differences of the gradient, made symmetric."""
    rows = []
    for unit in np.eye(len(phi)) * step:
        up, down = (log_posterior(blocks, phi + sign * unit, slopes)[1] for sign in (1, -1))
        rows.append((up - down) / (2 * step))
    matrix = np.array(rows)
    return np.asarray((matrix + matrix.T) / 2)
