"""One chain of the finite mixture: candidates, Hamiltonian steps, and moves that carry precincts along.

An iteration (1) chooses each precinct's class and effects among its candidates; (2) draws means and
variances given the effects, then moves those of the manipulated classes together with their precincts
(what one of the two cannot move, the other does: Yu and Meng 2011); (3) draws the level intercepts
given the effects; (4) draws new candidates around what was chosen; (5) moves all shared parameters by
Hamiltonian steps on the likelihood averaged over the candidates, so that class and effects do not
hold them back. Cost is linear in precincts.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from forensics.kernels.mixture_ancillary import Members, carried, standardise
from forensics.kernels.mixture_candidates import complete, draw
from forensics.kernels.mixture_conjugate import draw_coefficients, draw_variance
from forensics.kernels.mixture_levels import Tree, draw_levels
from forensics.kernels.mixture_model import (
    OF_CLASS,
    Counts,
    Floats,
    Globals,
    log_prior,
    pack,
    predictors,
    unpack,
)
from forensics.kernels.mixture_proposals import BLOCK, propose_from
from forensics.kernels.mixture_score import Block, hessian, log_posterior, scored

#: Fewest and most leapfrog steps of a trajectory, and the acceptance that the step size aims at.
LEAPS, TARGET = (4, 10), 0.8
#: Standard deviations of the metric stay within these.
NARROW, WIDE = 1e-4, 2.0
#: Moves of each manipulated effect in an iteration, and the acceptance that their size aims at.
MOVES, ACCEPTED = 2, 0.35


@dataclass(slots=True)
class Chosen:
    """The class of every precinct and what its class has: rows, effects (effects, m), numbers (2, m)."""

    class_of: NDArray[np.intp]
    rows: list[NDArray[np.intp]]
    h: list[Floats]
    numbers: list[Floats]
    probability: Floats


@dataclass(slots=True)
class State:
    """Where a chain is."""

    counts: Counts
    phi: Floats
    blocks: list[Block]
    tree: Tree
    levels: list[list[Floats]]
    sums: tuple[Floats, Floats]
    step: float = 0.3
    metric: Floats = field(default_factory=lambda: np.eye(1))
    sizes: Floats = field(default_factory=lambda: np.full(4, 1.0))
    covariances: list[Floats] = field(default_factory=list)

    @property
    def at(self) -> Globals:
        """The shared parameters."""
        return unpack(self.phi, self.counts.slopes)

    @property
    def places(self) -> list[NDArray[np.intp]]:
        """Where intercept, slopes and variance of each effect stand in the unconstrained vector."""
        ends = np.cumsum([2, *(1 + p for p in self.counts.slopes)])
        return [np.append(np.arange(ends[g], ends[g + 1]), ends[6] + g) for g in range(6)]


def begin(counts: Counts, at: Globals, rng: np.random.Generator) -> State:
    """A chain's first state: proposals, candidates and a metric at some parameters."""
    tree = Tree.of(counts.units)
    levels = [[np.zeros(size) for size in reversed(tree.sizes)] for _ in range(2)]
    zero = np.zeros(len(counts))
    state = State(counts, pack(at), [], tree, levels, (zero, zero))
    for first in range(0, len(counts), BLOCK):
        rows = slice(first, min(first + BLOCK, len(counts)))
        part = counts.part(np.arange(rows.start, rows.stop))
        none = zero[rows]
        block = Block(rows, part, propose_from(part, at, (none, none)), (none, none))
        block.hold(draw(block.proposal, rng))
        state.blocks.append(block)
    state.covariances = [0.05 * np.eye(len(place)) for place in state.places[2:]]
    sharpen(state)
    return state


def rebuild(state: State, chosen: Chosen, rng: np.random.Generator) -> None:
    """Freeze the proposals anew at the present parameters; take the metric from the curvature."""
    for block in state.blocks:
        block.proposal = propose_from(block.counts, state.at, block.levels)
    refresh(state, chosen, rng)
    sharpen(state)


def sharpen(state: State) -> None:
    """Metric of the Hamiltonian steps from the curvature of the log posterior here."""
    information = -hessian(state.blocks, state.phi, state.counts.slopes)
    values, vectors = np.linalg.eigh(information)
    state.metric = vectors / np.sqrt(np.clip(values, 1 / WIDE**2, 1 / NARROW**2))


def choose(state: State, rng: np.random.Generator) -> Chosen:
    """Class and effects of every precinct, chosen among its candidates by weight."""
    at, m = state.at, len(state.counts)
    class_of = np.empty(m, dtype=np.intp)
    probability = np.empty((3, m))
    found: list[list[tuple[NDArray[np.intp], Floats, Floats]]] = [[], [], []]
    for block in state.blocks:
        share = scored(block, at).share
        ends = np.cumsum([0, *(len(constant) for constant in block.constants)])
        cumulative = np.cumsum(share, axis=0)
        slot = (cumulative < rng.random(share.shape[1]) * cumulative[-1]).sum(axis=0)
        own = np.searchsorted(ends, slot, side="right") - 1
        class_of[block.rows] = own
        for g, one in enumerate(block.candidates):
            probability[g, block.rows] = share[ends[g] : ends[g + 1]].sum(axis=0)
            rows = np.flatnonzero(own == g)
            at_slot = slot[rows] - ends[g]
            found[g].append(
                (block.rows.start + rows, one.h[:, at_slot, rows], one.numbers[:, at_slot, rows])
            )
    return Chosen(
        class_of,
        [np.concatenate([part[0] for part in parts]) for parts in found],
        [np.concatenate([part[1] for part in parts], axis=1) for parts in found],
        [np.concatenate([part[2] for part in parts], axis=1) for parts in found],
        probability,
    )


def centre(state: State, chosen: Chosen, rng: np.random.Generator) -> None:
    """Draw mean and variance of every effect given the effects of its precincts."""
    at, counts = state.at, state.counts
    for effect, place in enumerate(state.places):
        classes = [g for g in range(3) if effect in OF_CLASS[g]]
        rows = np.concatenate([chosen.rows[g] for g in classes])
        h = np.concatenate([chosen.h[g][OF_CLASS[g].index(effect)] for g in classes])
        if effect < 2:
            h = h - state.sums[effect][rows]
        design = counts.designs[effect][rows] if counts.slopes[effect] else None
        beta = draw_coefficients(h, design, float(at.e[effect]), rng)
        residual = h - beta[0] - (0.0 if design is None else design @ beta[1:])
        state.phi[place[:-1]] = beta
        state.phi[place[-1]] = np.log(draw_variance(residual, float(at.e[effect]), rng))


def carry(state: State, chosen: Chosen, rng: np.random.Generator) -> Floats:
    """Move the parameters of the manipulated classes with their precincts; share accepted of each."""
    slopes, places = state.counts.slopes, state.places
    accepted = np.zeros(4)
    for g in (1, 2):
        rows = chosen.rows[g]
        counts = state.counts.part(rows)
        sums = (state.sums[0][rows], state.sums[1][rows])
        members = Members(counts, chosen.h[g], chosen.numbers[g])
        at = state.at
        means = predictors(counts, at, sums)
        standard = standardise(members, g, means, at, rng)
        members, value = carried(members, g, standard, means, at)
        prior = log_prior(state.phi, slopes)[0]
        for k in range(2 * MOVES):
            effect = OF_CLASS[g][2 + k % 2]
            place, own = places[effect], effect - 2
            root = np.linalg.cholesky(state.covariances[own])
            phi = state.phi.copy()
            phi[place] += state.sizes[own] * (root @ rng.standard_normal(len(place)))
            to = unpack(phi, slopes)
            there, density = carried(members, g, standard, predictors(counts, to, sums), to)
            weighed = log_prior(phi, slopes)[0]
            if np.log(rng.random()) < density + weighed - value - prior:
                state.phi, members, value, prior = phi, there, density, weighed
                accepted[own] += 1 / MOVES
        chosen.h[g], chosen.numbers[g] = members.h, members.numbers
    return accepted


def redraw_levels(state: State, chosen: Chosen, rng: np.random.Generator) -> None:
    """Draw the level intercepts of turnout and support, and the national ones, given the effects."""
    at, sums = state.at, []
    for effect in range(2):
        h = np.empty(len(state.counts))
        for rows, own in zip(chosen.rows, chosen.h, strict=True):
            h[rows] = own[effect]
        if state.counts.slopes[effect]:
            h -= state.counts.designs[effect] @ at.beta[effect][1:]
        intercept, state.levels[effect] = draw_levels(h, float(at.e[effect]), state.tree, rng)
        state.phi[state.places[effect][0]] = intercept
        sums.append(state.tree.sums(state.levels[effect]))
    state.sums = (sums[0], sums[1])
    for block in state.blocks:
        block.levels = (sums[0][block.rows], sums[1][block.rows])


def refresh(state: State, chosen: Chosen, rng: np.random.Generator) -> None:
    """New candidates around the chosen ones."""
    for block in state.blocks:
        fresh = draw(block.proposal, rng)
        for g, candidates in enumerate(fresh):
            first, last = np.searchsorted(chosen.rows[g], (block.rows.start, block.rows.stop))
            rows = chosen.rows[g][first:last] - block.rows.start
            h, numbers = chosen.h[g][:, first:last], chosen.numbers[g][:, first:last]
            candidates.put(complete(block.proposal, g, rows, h, numbers, rng), rows)
        block.hold(fresh)


@np.errstate(over="ignore", invalid="ignore")
def hamiltonian(state: State, rng: np.random.Generator) -> float:
    """One trajectory of the shared parameters; returns its acceptance probability."""
    slopes, metric = state.counts.slopes, state.metric
    at = state.phi
    value, gradient = log_posterior(state.blocks, at, slopes)
    p = rng.standard_normal(len(at))
    energy = value - 0.5 * p @ p
    step = state.step * (0.8 + 0.4 * rng.random())
    for _ in range(int(rng.integers(LEAPS[0], LEAPS[1] + 1))):
        p = p + 0.5 * step * (metric.T @ gradient)
        at = at + step * (metric @ p)
        value, gradient = log_posterior(state.blocks, at, slopes)
        if not np.isfinite(value):
            return 0.0
        p = p + 0.5 * step * (metric.T @ gradient)
    chance = float(np.exp(np.minimum(0.0, value - 0.5 * p @ p - energy)))
    if rng.random() < chance:
        state.phi = at
    return chance


def iterate(state: State, rng: np.random.Generator) -> tuple[Chosen, float, Floats]:
    """One iteration: what was chosen, the acceptance of the trajectory, those of the other moves."""
    chosen = choose(state, rng)
    centre(state, chosen, rng)
    accepted = carry(state, chosen, rng)
    if state.counts.units:
        redraw_levels(state, chosen, rng)
    refresh(state, chosen, rng)
    return chosen, hamiltonian(state, rng), accepted
