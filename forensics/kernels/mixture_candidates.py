"""Candidates for class and effects of each precinct, and their weights as functions of the parameters.

A candidate holds the class, the numbers added and moved and the effects. Several candidates per
class are drawn from frozen proposals; the average of their weights is an unbiased estimate of the
precinct's likelihood, smooth in the parameters, because each weight is a product of normal densities
and a constant. One candidate is the precinct's present state; drawing the others anew around it and
choosing among all by weight leaves the posterior as it is (Andrieu, Doucet and Holenstein 2010).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forensics.kernels.mixture_model import (
    CHI_M,
    IOTA_M,
    OF_CLASS,
    Counts,
    K,
    laplace,
    log_coefficient,
    log_factor,
    shares,
    winner,
)
from forensics.kernels.mixture_proposals import Proposal

Floats = NDArray[np.float64]

#: Candidates per class: with a single one a precinct would keep its effects for as long as its class.
#: Then steps of scoring for the centres of their effects.
SLOTS = (3, 4, 3)
STEPS = 3
#: Proposals of effects are this much wider than the normal approximation (standard deviation).
INFLATED = 1.15
LOG_ROOT = 0.5 * np.log(2 * np.pi)


@dataclass(slots=True)
class Candidates:
    """Candidates of one class in a block: ``h``, ``log_factor`` and ``log_drawn`` (effects, slots, m).

    ``numbers`` are the eligible added and moved (2, slots, m), ``log_cell`` (slots, m) the log
    density of drawing them less the logarithm of what turns counts into shares.
    """

    h: Floats
    log_factor: Floats
    centre: Floats
    scale: Floats
    numbers: Floats
    log_cell: Floats

    def constant(self) -> Floats:
        """The part of the log weight that no parameter enters, shape (slots, m)."""
        z = (self.h - self.centre) / self.scale
        drawn = -0.5 * z * z - np.log(self.scale) - LOG_ROOT
        return np.asarray((self.log_factor - drawn).sum(axis=0) - self.log_cell)

    def put(self, kept: Candidates, rows: NDArray[np.intp]) -> None:
        """Write single candidates into the first slot of some precincts."""
        for name in ("h", "log_factor", "centre", "scale", "numbers"):
            getattr(self, name)[:, 0, rows] = getattr(kept, name)[:, 0]
        self.log_cell[0, rows] = kept.log_cell[0]


def factor_of(counts: Counts, effect: int, numbers: Floats) -> tuple[Floats, object, object, object]:
    """Count and ``(c0, c1, d0)`` of an effect's factor, given the numbers added and moved."""
    if effect >= IOTA_M:
        added = effect in (IOTA_M, CHI_M)
        low, high = (0.0, 1 - K) if effect < CHI_M else (K, 0.0)
        return numbers[0 if added else 1], low, 1 - low - high, high
    m = shares(numbers[0], counts.n, capped=True)
    if effect == 0:
        return counts.t, m, 1 - m, 0.0
    return counts.w, *winner(m, shares(numbers[1], counts.n, capped=False), counts.abstained)


def draw(proposal: Proposal, rng: np.random.Generator, slots: tuple[int, ...] = SLOTS) -> list[Candidates]:
    """Fresh candidates of every class for a block of precincts."""
    counts, m = proposal.counts, len(proposal.counts)
    drawn = []
    for g, j in enumerate(slots):
        numbers, log_cell = np.zeros((2, j, m)), np.zeros((j, m))
        if g:
            added, moved, log_cell = proposal.tables[g].draw(rng, j)
            numbers = np.floor(np.stack([added, moved]) * (counts.n + 1))
            np.minimum(numbers, counts.n, out=numbers)
            log_cell -= 2 * np.log(counts.n + 1) + log_coefficient(numbers, counts.n).sum(axis=0)
        drawn.append(_with_effects(proposal, g, counts, slice(None), numbers, log_cell, rng))
    return drawn


def _with_effects(
    proposal: Proposal,
    g: int,
    counts: Counts,
    rows: slice | NDArray[np.intp],
    numbers: Floats,
    log_cell: Floats,
    source: np.random.Generator | Floats,
) -> Candidates:
    """Effects given the numbers: drawn around their normal approximation, or those handed in."""
    shape = (len(OF_CLASS[g]), *log_cell.shape)
    centre, scale, value = (np.empty(shape) for _ in range(3))
    h = source.standard_normal(shape) if isinstance(source, np.random.Generator) else source
    for place, effect in enumerate(OF_CLASS[g]):
        y, c0, c1, d0 = factor_of(counts, effect, numbers)
        y = np.broadcast_to(y, log_cell.shape)
        mean = proposal.means[effect][rows]
        mode, variance = laplace(y, counts.n, c0, c1, d0, mean, proposal.variances[effect], STEPS)
        centre[place], scale[place] = mode, INFLATED * np.sqrt(variance)
        if isinstance(source, np.random.Generator):
            h[place] = mode + scale[place] * h[place]
        value[place] = log_factor(h[place], y, counts.n, c0, c1, d0)
    return Candidates(h, value, centre, scale, numbers, log_cell)


def complete(
    proposal: Proposal,
    g: int,
    rows: NDArray[np.intp],
    h: Floats,
    numbers: Floats,
    rng: np.random.Generator,
) -> Candidates:
    """The record of given effects (effects, m) and numbers (2, m) of some precincts, as if drawn."""
    counts = proposal.counts.part(rows)
    numbers, h = numbers[:, None], h[:, None]
    log_cell = np.zeros((1, len(rows)))
    if g:
        place = (numbers + rng.random(numbers.shape)) / (counts.n + 1)
        log_cell = proposal.tables[g].log_density_at(rows, place)
        log_cell -= 2 * np.log(counts.n + 1) + log_coefficient(numbers, counts.n).sum(axis=0)
    return _with_effects(proposal, g, counts, rows, numbers, log_cell, h)
