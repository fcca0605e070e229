"""A fast deterministic fit of the finite mixture: the posterior mode over fixed candidates.

The likelihood is averaged over candidates drawn from a stream of its own, so the same counts give the
same bytes; the mode is found by quasi-Newton steps and the spread is Laplace's. It serves exploration
and studies: its candidates are few, its interval is symmetric on the logit scale, and it takes the
mode where the sampler takes the mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from forensics.kernels.mixture_candidates import draw
from forensics.kernels.mixture_chain import first
from forensics.kernels.mixture_levels import Tree, draw_levels
from forensics.kernels.mixture_model import Counts, Floats, Globals, pack, unpack
from forensics.kernels.mixture_proposals import BLOCK, propose_from
from forensics.kernels.mixture_score import Block, hessian, log_posterior, scored

#: Candidates per class, and how often proposals are built anew around the mode found.
SLOTS, ROUNDS = (2, 12, 9), 5
#: Stream of the candidates: fixed, so that the fit is a function of the counts.
STREAM = 20190827


@dataclass(frozen=True, slots=True)
class Companion:
    """Mode of the posterior: parameters, shares with standard errors, class probabilities (3, m)."""

    phi: Floats
    slopes: tuple[int, ...]
    pi: Floats
    pi_error: Floats
    log_ratio: Floats
    log_ratio_error: Floats
    probability: Floats
    levels: tuple[tuple[Floats, ...], ...]
    value: float

    @property
    def at(self) -> Globals:
        """The shared parameters."""
        return unpack(self.phi, self.slopes)


def companion(counts: Counts, *, contaminated: bool = False, rounds: int = ROUNDS) -> Companion:
    """Fit the mixture by its posterior mode.

    Parameters
    ----------
    counts : Counts
    contaminated : bool
        Start with half of the precincts in the manipulated classes.
    rounds : int
        Times that proposals are built anew.
    """
    rng = np.random.default_rng(STREAM)
    slopes, tree = counts.slopes, Tree.of(counts.units)
    phi = pack(first(counts, contaminated, rng))
    levels = [[np.zeros(size) for size in reversed(tree.sizes)] for _ in range(2)]
    blocks: list[Block] = []
    value = -np.inf
    for k in range(rounds):
        blocks = _blocks(counts, phi, tree, levels, rng)
        steps = 15 if k < rounds - 1 else 60
        phi, value = _climb(blocks, phi, slopes, steps)
        if counts.units and k < rounds - 1:
            phi, levels = _levels(counts, blocks, phi, tree)
    return _result(counts, blocks, phi, levels, value)


def _climb(blocks: list[Block], phi: Floats, slopes: tuple[int, ...], steps: int) -> tuple[Floats, float]:
    """The mode over the present candidates, and the log posterior there."""

    def negative(at: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        value, gradient = log_posterior(blocks, at, slopes)
        return (-value if np.isfinite(value) else 1e12), -gradient

    found: Any = minimize(negative, phi, jac=True, method="L-BFGS-B", options={"maxiter": steps})
    return np.asarray(found.x), -float(found.fun)


def _blocks(
    counts: Counts, phi: Floats, tree: Tree, levels: list[list[Floats]], rng: np.random.Generator
) -> list[Block]:
    at, zero = unpack(phi, counts.slopes), np.zeros(len(counts))
    sums = [tree.sums(effect) if counts.units else zero for effect in levels]
    blocks = []
    for start in range(0, len(counts), BLOCK):
        rows = slice(start, min(start + BLOCK, len(counts)))
        part = counts.part(np.arange(rows.start, rows.stop))
        own = (sums[0][rows], sums[1][rows])
        block = Block(rows, part, propose_from(part, at, own), own)
        block.hold(draw(block.proposal, rng, SLOTS))
        blocks.append(block)
    return blocks


def _levels(
    counts: Counts, blocks: list[Block], phi: Floats, tree: Tree
) -> tuple[Floats, list[list[Floats]]]:
    """Level intercepts at the mean of each precinct's turnout and support."""
    at = unpack(phi, counts.slopes)
    phi, levels = phi.copy(), []
    ends = np.cumsum([2, *(1 + p for p in counts.slopes)])
    for effect in range(2):
        h = np.empty(len(counts))
        for block in blocks:
            share = scored(block, at).share
            every = np.concatenate([one.h[effect] for one in block.candidates])
            h[block.rows] = (share * every).sum(axis=0)
        if counts.slopes[effect]:
            h -= counts.designs[effect] @ at.beta[effect][1:]
        phi[ends[effect]], own = draw_levels(h, float(at.e[effect]), tree, None)
        levels.append(own)
    return phi, levels


def _result(
    counts: Counts, blocks: list[Block], phi: Floats, levels: list[list[Floats]], value: float
) -> Companion:
    at = unpack(phi, counts.slopes)
    probability = np.empty((3, len(counts)))
    for block in blocks:
        share = scored(block, at).share
        ends = np.cumsum([0, *(len(constant) for constant in block.constants)])
        for g in range(3):
            probability[g, block.rows] = share[ends[g] : ends[g + 1]].sum(axis=0)
    information = -hessian(blocks, phi, counts.slopes)
    values, vectors = np.linalg.eigh(information)
    covariance = (vectors / np.maximum(values, 0.05)) @ vectors.T
    r, pi = at.ratios, at.pi
    # Derivatives of the shares by the logits of the ratios.
    by_logit = np.array([[-pi[0] * pi[1], -pi[0] * pi[2]], [pi[1] * (1 - pi[1]), -pi[1] * pi[2]],
                         [-pi[1] * pi[2], pi[2] * (1 - pi[2])]]) * (1 - r)  # fmt: skip
    error = np.sqrt(np.einsum("ij,jk,ik->i", by_logit, covariance[:2, :2], by_logit))
    scale = (1 - r) * np.sqrt(np.diag(covariance)[:2])
    return Companion(
        phi, counts.slopes, pi, error, np.log(r), scale, probability,
        tuple(tuple(effect) for effect in levels), value,
    )  # fmt: skip
