"""One chain of the finite mixture over the shared parameters and level intercepts alone.

Classes and effects are integrated out (:mod:`marginal`), so that they hold nothing back. An
iteration (1) moves all shared parameters, then those of the manipulated classes, by elliptical slices
about a normal distribution that stands for the posterior, on which every unit of the lowest level goes
along to where it is then likely; (2) moves what the level intercepts sum to in each of these units, each
accepted by itself; (3) draws the intercepts above given these sums. Cost is linear in precincts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.kernels.mixture.levels import Levels
from forensics.kernels.mixture.marginal import Likelihood, Marginal, Said
from forensics.kernels.mixture.mode import Mode, apart_of, places
from forensics.kernels.mixture.model import Counts, Floats, Globals
from forensics.kernels.mixture.scale import globals_at, log_prior
from forensics.kernels.mixture.slice import Reference, elliptical

#: The normal proposals of units are this much wider than what stands for the likelihood (variance).
WIDER = 1.2
#: Blocks of coordinates that move in an iteration: all, those of turnout and support, and those of the
#: shares of classes and of what only manipulated classes have (at the values of nodes there are).
MOVES = ("all", "honest", "manipulated")
#: Spread of first states, in standard deviations of the mode's normal; draws (they hang together) that
#: say as much of the covariance as that normal.
DISPERSED, TRUSTED = 2.0, 200
#: Autocorrelation of every second proposal of a unit's sums.
NEAR = 0.7


@dataclass(slots=True)
class State:
    """Where a chain is: coordinates, level intercepts, and what the counts say there; what its moves
    are about, and the ``center`` of that at the mode."""

    marginal: Marginal
    x: Floats
    levels: Levels | None
    center: Floats
    reference: Reference
    said: Said
    likelihood: Likelihood
    looks: int = 0

    @property
    def counts(self) -> Counts:
        """Counts of the chain."""
        return self.marginal.counts

    @property
    def at(self) -> Globals:
        """The shared parameters."""
        return globals_at(self.x, self.counts.slopes)

    @property
    def sums(self) -> tuple[Floats, Floats]:
        """Sums of level intercepts of each precinct, of turnout and of support."""
        return apart_of(self.levels, self.counts, self.at)

    @property
    def shift(self) -> Floats:
        """What turns the coordinates into those of the reference: national intercepts become means of
        the sums over precincts, which the counts know, whatever the levels are."""
        return shift_of(len(self.x), self.counts, self.sums)

    def intercepts(self, effect: int) -> list[Floats]:
        """Intercepts of every level, from the top down."""
        return [] if self.levels is None else self.levels.intercepts(effect)

    def free(self, which: str) -> NDArray[np.intp]:
        """Coordinates of a block of ``MOVES``."""
        p, d = self.counts.slopes, len(self.x)
        begin = 4 + p[0] + p[1]
        honest = np.r_[2:begin, d - 6 : d - 4]
        blocks: dict[str, NDArray[np.intp]] = {
            "all": np.arange(d),
            "honest": honest,
            "manipulated": np.setdiff1d(np.arange(d), honest),
        }
        return blocks[which]


def begin(mode: Mode, rng: np.random.Generator) -> State:
    """A chain's first state: well outside of where the posterior of a mode lies."""
    counts = mode.marginal.counts
    off = DISPERSED * np.linalg.cholesky(mode.covariance) @ rng.standard_normal(len(mode.x))
    x = mode.x + off
    if mode.levels is not None:
        mode.levels.follow(off, places(counts))
    at = globals_at(x, counts.slopes)
    apart = apart_of(mode.levels, counts, at)
    said = mode.marginal.say(at, apart)
    likelihood = mode.marginal.likelihood(at, apart, said)
    center = mode.x + shift_of(len(x), counts, apart)
    return State(
        mode.marginal, x, mode.levels, center, Reference.of(center, mode.covariance), said, likelihood
    )


def shift_of(d: int, counts: Counts, sums: tuple[Floats, Floats]) -> Floats:
    """Means of the sums of level intercepts over precincts, at the places of the national ones (d,)."""
    found = np.zeros(d)
    found[places(counts)] = [float(one.mean()) for one in sums]
    return found


def refer(state: State, history: Floats, mode: Mode) -> None:
    """Take what moves are about from past draws (n, d) of its coordinates, and from the mode."""
    share = len(history) / (len(history) + TRUSTED)
    mean = share * history.mean(axis=0) + (1 - share) * state.center
    covariance = share * np.cov(history.T) + (1 - share) * mode.covariance
    state.reference = Reference.of(mean, covariance)


def move(state: State, which: str, rng: np.random.Generator) -> None:
    """Move a block of the shared parameters given the others."""
    reference, slopes = state.reference, state.counts.slopes
    levels, before, here, still = state.levels, state.x, state.at, state.sums
    shift = shift_of(len(before), state.counts, still)
    y = before + shift
    free = state.free(which)
    mean, root = reference.given(y, free)

    def off_at(x: Floats) -> Any:
        """How far the units go along, to where they are likely at these parameters."""
        return 0.0 if levels is None else levels.pull @ (x - before)

    def value(x: Floats, off: Any, likelihood: Likelihood) -> float:
        above = 0.0 if levels is None else levels.log_prior(off)
        return float(likelihood.each.sum()) + log_prior(x, slopes)[0] + above

    def look(part: Floats) -> tuple[float, tuple[Floats, Said, Likelihood]]:
        to = y.copy()
        to[free] = part
        x = to - shift
        at, off = globals_at(x, slopes), off_at(x)
        sums = still if levels is None else levels.apart(here, off)
        # Turnout and support stay where they are if no unit moves.
        same = levels is None and which == "manipulated"
        said = state.said if same else state.marginal.say(at, sums)
        likelihood = state.marginal.likelihood(at, sums, said)
        state.looks += 1
        return value(x, off, likelihood), (to, said, likelihood)

    told = (y, state.said, state.likelihood)
    x = y - shift
    now = value(x, off_at(x), state.likelihood)
    _, (y, state.said, state.likelihood) = elliptical(y[free], told, now, mean, root, look, rng)
    state.x = y - shift
    if levels is not None:
        levels.follow(state.x - before, places(state.counts))


def move_levels(state: State, rng: np.random.Generator) -> float:
    """Move the sums of every lowest unit, then draw the intercepts above; share of units accepted.

    Units are independent given what is above them. A unit's normal likelihood and prior make the
    proposal, autoregressive half of the time; what its counts say otherwise decides.
    """
    levels = state.levels
    assert levels is not None
    size = levels.sums.shape[1]
    precision = levels.precision / WIDER
    total = precision + 1
    mean = (precision * levels.middle + levels.parents) / total
    near = NEAR if rng.random() < 0.5 else 0.0
    before = levels.sums
    noise = rng.standard_normal(before.shape) / np.sqrt(total)
    after = mean + near * (before - mean) + np.sqrt(1 - near**2) * noise

    levels.sums = after
    sums = state.sums
    said = state.marginal.say(state.at, sums)
    likelihood = state.marginal.likelihood(state.at, sums, said)
    gain = np.bincount(levels.unit, likelihood.each - state.likelihood.each, size)
    gain += 0.5 * (precision * ((after - levels.middle) ** 2 - (before - levels.middle) ** 2)).sum(axis=0)
    accepted = np.log(rng.random(size)) < gain
    levels.sums = np.where(accepted, after, before)
    _take(state, said, likelihood, accepted[levels.unit])
    state.x[places(state.counts)] = levels.draw_above(rng)
    return float(accepted.mean())


def _take(state: State, said: Said, likelihood: Likelihood, new: NDArray[np.bool_]) -> None:
    """Keep what was said of some precincts."""
    for k, block in enumerate(state.marginal.blocks):
        own = new[block.rows]
        for g, part in enumerate(block.parts):
            np.copyto(state.said.t[k][g], said.t[k][g], where=own[part.row])
            np.copyto(state.said.w[k][g], said.w[k][g], where=part.over_nodes(own[part.rows]))
    np.copyto(state.likelihood.each, likelihood.each, where=new)
    np.copyto(state.likelihood.share, likelihood.share, where=new)


def iterate(state: State, rng: np.random.Generator) -> None:
    """One iteration."""
    for which in MOVES:
        move(state, which, rng)
    if state.levels is not None:
        move_levels(state, rng)
