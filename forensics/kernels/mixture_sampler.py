"""One chain of the finite mixture: candidates, hybrid Monte Carlo, and moves with standardised effects.

An iteration (1) chooses each precinct's class and effects among its candidates; (2) moves the
parameters of added and moved votes with the standardised effects held fixed, without which small
variances are never left; (3) draws the level intercepts given the effects; (4) draws new candidates
around what was chosen; (5) moves all shared parameters by Hamiltonian steps on the likelihood averaged
over the candidates, so that class and effects do not hold them back. Cost is linear in precincts.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from forensics.kernels.mixture_candidates import Candidates, draw, factor_of
from forensics.kernels.mixture_levels import Tree, draw_levels
from forensics.kernels.mixture_model import (
    IOTA_M,
    Counts,
    Floats,
    Globals,
    log_factor,
    log_prior,
    pack,
    predictors,
    unpack,
)
from forensics.kernels.mixture_proposals import BLOCK, propose_from
from forensics.kernels.mixture_score import Block, hessian, log_posterior, scored

#: Leapfrog steps of a trajectory, and the acceptance that the step size aims at.
LEAPS, TARGET = (3, 9), 0.85
#: Standard deviations of the metric stay within these.
NARROW, WIDE = 1e-4, 2.0


@dataclass(slots=True)
class State:
    """Where a chain is."""

    counts: Counts
    phi: Floats
    blocks: list[Block]
    tree: Tree
    levels: list[list[Floats]]
    class_of: NDArray[np.intp]
    step: float = 0.3
    metric: Floats = field(default_factory=lambda: np.eye(1))
    ancillary: Floats = field(default_factory=lambda: np.full(4, 0.3))

    @property
    def at(self) -> Globals:
        """The shared parameters."""
        return unpack(self.phi, self.counts.slopes)


def start(counts: Counts, at: Globals, rng: np.random.Generator) -> State:
    """A chain's first state: proposals, candidates and a metric at some parameters."""
    tree = Tree.of(counts.units)
    levels = [[np.zeros(size) for size in reversed(tree.sizes)] for _ in range(2)]
    state = State(counts, pack(at), [], tree, levels, np.zeros(len(counts), dtype=np.intp))
    for first in range(0, len(counts), BLOCK):
        rows = slice(first, min(first + BLOCK, len(counts)))
        part = counts.part(np.arange(rows.start, rows.stop))
        zero = np.zeros(len(part))
        block = Block(rows, part, propose_from(part, at, (zero, zero)), (zero, zero))
        block.hold(draw(block.proposal, rng))
        state.blocks.append(block)
    return state


def rebuild(state: State) -> None:
    """Freeze the proposals anew at the present parameters, and take the metric from the curvature."""
    for block in state.blocks:
        block.proposal = propose_from(block.counts, state.at, block.levels)
    information = -hessian(state.blocks, state.phi, state.counts.slopes)
    values, vectors = np.linalg.eigh(information)
    values = np.clip(values, 1 / WIDE**2, 1 / NARROW**2)
    state.metric = vectors / np.sqrt(values)


def choose(state: State, rng: np.random.Generator) -> tuple[list[list[tuple[NDArray[np.intp], Candidates]]], Floats]:
    """Class and effects of every precinct, chosen among its candidates by weight.

    Returns
    -------
    chosen : list of lists
        Per block and class: the block's precincts in it, and their candidates.
    probability : ndarray of float64, shape (3, m)
        Of each class, averaged over the candidates.
    """
    at, chosen = state.at, []
    probability = np.empty((3, len(state.counts)))
    for block in state.blocks:
        share = scored(block, at).share
        ends = np.cumsum([0, *(len(constant) for constant in block.constants)])
        probability[:, block.rows] = [
            share[a:b].sum(axis=0) for a, b in zip(ends[:-1], ends[1:], strict=True)
        ]
        cumulative = np.cumsum(share, axis=0)
        u = rng.random(share.shape[1]) * cumulative[-1]
        slot = np.minimum((cumulative < u).sum(axis=0), len(share) - 1)
        own = np.searchsorted(ends, slot, side="right") - 1
        state.class_of[block.rows] = own
        parts = []
        for g in range(3):
            rows = np.flatnonzero(own == g)
            parts.append((rows, block.candidates[g].take(slot[rows] - ends[g], rows)))
        chosen.append(parts)
    return chosen, probability


def ancillary(
    state: State, chosen: list[list[tuple[NDArray[np.intp], Candidates]]], rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Move intercept, slopes and variance of each manipulated effect, its standardised values fixed."""
    slopes = state.counts.slopes
    ends = np.cumsum([2, *(1 + p for p in slopes)])
    accepted = np.zeros(4, dtype=bool)
    for k in range(4):
        effect = IOTA_M + k
        g, place = 1 + k // 2, 2 + k % 2
        at = state.at
        phi = state.phi.copy()
        size = state.ancillary[k]
        phi[ends[effect] : ends[effect + 1]] += size * rng.standard_normal(1 + slopes[effect])
        phi[ends[6] + effect] += 2 * size * rng.standard_normal()
        to = unpack(phi, slopes)
        ratio = log_prior(phi, slopes)[0] - log_prior(state.phi, slopes)[0]
        moved = []
        for block, parts in zip(state.blocks, chosen, strict=True):
            rows, one = parts[g]
            counts = block.counts.part(rows)
            before = _mean(block, at, effect, rows)
            z = (one.h[place, 0] - before) / np.sqrt(at.e[effect])
            h = _mean(block, to, effect, rows) + np.sqrt(to.e[effect]) * z
            y, c0, c1, d0 = factor_of(counts, effect, one.numbers[:, 0])
            value = log_factor(h, y, counts.n, c0, c1, d0)
            ratio += float((value - one.log_factor[place, 0]).sum())
            moved.append((h, value))
        if np.log(rng.random()) < ratio:
            accepted[k] = True
            state.phi = phi
            for parts, (h, value) in zip(chosen, moved, strict=True):
                parts[g][1].h[place, 0] = h
                parts[g][1].log_factor[place, 0] = value
    return accepted


def _mean(block: Block, at: Globals, effect: int, rows: NDArray[np.intp]) -> Floats | float:
    mean = predictors(block.counts, at, block.levels)[effect]
    return mean if np.ndim(mean) == 0 else np.asarray(mean)[rows]


def redraw_levels(
    state: State,
    chosen: list[list[tuple[NDArray[np.intp], Candidates]]],
    rng: np.random.Generator,
) -> None:
    """Draw the level intercepts of turnout and support, and the national ones, given the effects."""
    at, slopes = state.at, state.counts.slopes
    ends = np.cumsum([2, *(1 + p for p in slopes)])
    sums = []
    for effect in range(2):
        h = np.empty(len(state.counts))
        for block, parts in zip(state.blocks, chosen, strict=True):
            for rows, one in parts:
                h[block.rows.start + rows] = one.h[effect, 0]
        if slopes[effect]:
            h -= state.counts.designs[effect] @ at.beta[effect][1:]
        intercept, state.levels[effect] = draw_levels(h, float(at.e[effect]), state.tree, rng)
        state.phi[ends[effect]] = intercept
        sums.append(state.tree.sums(state.levels[effect]))
    for block in state.blocks:
        block.levels = (sums[0][block.rows], sums[1][block.rows])


def refresh(
    state: State, chosen: list[list[tuple[NDArray[np.intp], Candidates]]], rng: np.random.Generator
) -> None:
    """New candidates around the chosen ones."""
    for block, parts in zip(state.blocks, chosen, strict=True):
        fresh = draw(block.proposal, rng)
        for candidates, (rows, one) in zip(fresh, parts, strict=True):
            candidates.put(one, rows)
        block.hold(fresh)


def hamiltonian(state: State, rng: np.random.Generator) -> float:
    """One trajectory of the shared parameters; returns its acceptance probability."""
    slopes, phi, metric = state.counts.slopes, state.phi, state.metric
    value, gradient = log_posterior(state.blocks, phi, slopes)
    # With q = metric·position the momentum is standard normal.
    p = rng.standard_normal(len(phi))
    energy = value - 0.5 * p @ p
    step = state.step * (0.8 + 0.4 * rng.random())
    leaps = int(rng.integers(LEAPS[0], LEAPS[1]))
    at = phi
    for _ in range(leaps):
        p = p + 0.5 * step * (metric.T @ gradient)
        at = at + step * (metric @ p)
        value, gradient = log_posterior(state.blocks, at, slopes)
        p = p + 0.5 * step * (metric.T @ gradient)
        if not np.isfinite(value):
            return 0.0
    chance = float(np.exp(min(0.0, value - 0.5 * p @ p - energy)))
    if rng.random() < chance:
        state.phi = at
    return chance


def iterate(state: State, rng: np.random.Generator) -> tuple[list[list[tuple[NDArray[np.intp], Candidates]]], Floats, float, NDArray[np.bool_]]:
    """One iteration; what was chosen, class probabilities, acceptance of the trajectory and of the moves."""
    chosen, probability = choose(state, rng)
    moved = ancillary(state, chosen, rng)
    if state.counts.units:
        redraw_levels(state, chosen, rng)
    refresh(state, chosen, rng)
    return chosen, probability, hamiltonian(state, rng), moved


