"""One chain from its start to its draws: warm-up on a part, then on all, then what is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forensics.kernels.mixture_model import Counts, Floats, Globals, unpack
from forensics.kernels.mixture_sampler import ACCEPTED, TARGET, State, begin, iterate, rebuild
from forensics.kernels.mixture_votes import replicate, votes_of

#: Warm-up first looks at no more precincts than this.
PART = 4000
#: Shares of the warm-up after which proposals are built anew.
REBUILT = (0.03, 0.1, 0.2, 0.35, 0.5, 0.75)
#: Draws of single precincts that a chain keeps, and elections it replicates.
KEPT, REPLICATED = 100, 5


@dataclass(frozen=True, slots=True)
class Chain:
    """Draws of one chain.

    ``phi`` (draws, d) unconstrained parameters; ``pi`` (draws, 3); ``totals`` (draws, 3) votes
    added, moved and voters who truly turned out; ``units`` per grouping (draws, units, 3) votes
    added, votes moved, precincts in the manipulated classes; ``probability`` (3, m) mean class
    probabilities; ``added``, ``moved``, ``classes`` (kept, m) draws of precincts; ``t``, ``w``
    (replicated, m) elections drawn from the model; ``levels`` mean level intercepts of turnout and
    support.
    """

    contaminated: bool
    slopes: tuple[int, ...]
    phi: Floats
    pi: Floats
    totals: Floats
    units: tuple[NDArray[np.float32], ...]
    probability: Floats
    added: NDArray[np.float32]
    moved: NDArray[np.float32]
    classes: NDArray[np.int8]
    t: NDArray[np.float32]
    w: NDArray[np.float32]
    levels: tuple[tuple[Floats, ...], ...]
    acceptance: float

    def mean(self) -> Globals:
        """Parameters at the mean of the unconstrained draws."""
        return unpack(self.phi.mean(axis=0), self.slopes)


def iterations(m: int, warm: int, keep: int) -> int:
    """Iterations of a chain over m precincts, those of the part that is looked at first among them."""
    return warm + keep + (warm // 2 if m > 2 * PART else 0)


def first(counts: Counts, contaminated: bool, rng: np.random.Generator) -> Globals:
    """Dispersed starting values: nearly all precincts without manipulation, or half of them."""
    turnout = float(np.quantile(counts.t / counts.n, 0.25 if contaminated else 0.5))
    turned = counts.t > 0
    support = np.median(counts.w[turned] / counts.t[turned]) if turned.any() else 0.5
    ratios = np.array([0.9, 0.3]) if contaminated else np.array([0.02, 0.01])
    middle = [np.log(p / (1 - p)) for p in np.clip([turnout, float(support)], 0.05, 0.95)]
    beta = [np.zeros(1 + p) for p in counts.slopes]
    for g in range(6):
        beta[g][0] = (middle[g] if g < 2 else 0.0) + (0.1 if g < 2 else 0.5) * rng.standard_normal()
    return Globals(ratios, tuple(beta), np.full(6, 0.3) * np.exp(0.3 * rng.standard_normal(6)))


def run_chain(
    counts: Counts,
    contaminated: bool,
    rng: np.random.Generator,
    *,
    warm: int,
    keep: int,
    groups: tuple[NDArray[np.intp], ...] = (),
    tick: Callable[[], None] = lambda: None,
) -> Chain:
    """Warm up and sample.

    Parameters
    ----------
    counts : Counts
    contaminated : bool
        Whether it starts with half of the precincts in the manipulated classes.
    rng : Generator
        The chain's own stream: chains may run in any order, anywhere.
    warm, keep : int
        Iterations thrown away and kept.
    groups : tuple of ndarray of intp, shape (m,)
        Codes (−1: none) of units whose votes added and moved are summed in every draw.
    tick : callable
        Called after every iteration.
    """
    at = first(counts, contaminated, rng)
    if len(counts) > 2 * PART:
        some = np.sort(rng.choice(len(counts), PART, replace=False))
        part = counts.part(some)
        units = tuple(np.unique(code, return_inverse=True)[1].astype(np.intp) for code in part.units)
        state = begin(Counts(part.n, part.t, part.w, part.designs, units), at, rng)
        _warm(state, warm, rng, tick)
        before = state
        state = begin(counts, before.at, rng)
        state.step, state.sizes, state.covariances = before.step, before.sizes, before.covariances
        _warm(state, warm // 2, rng, tick)
    else:
        state = begin(counts, at, rng)
        _warm(state, warm, rng, tick)
    return _sample(state, contaminated, rng, keep, groups, tick)


def _warm(state: State, iterations: int, rng: np.random.Generator, tick: Callable[[], None]) -> None:
    """Iterations that also tune steps and rebuild proposals (dual averaging of Nesterov)."""
    rebuilt = [int(share * iterations) for share in REBUILT]
    history = np.empty((iterations, len(state.phi)))
    aim, behind, average, k = np.log(3 * state.step), 0.0, np.log(state.step), 0
    for i in range(iterations):
        chosen, chance, accepted = iterate(state, rng)
        tick()
        history[i] = state.phi
        if i in rebuilt:
            rebuild(state, chosen, rng)
            aim, behind, k = np.log(2 * state.step), 0.0, 0
            if i > 20:
                recent = history[i // 2 : i + 1]
                state.covariances = [
                    np.atleast_2d(np.cov(recent[:, place].T)) + 1e-4 * np.eye(len(place))
                    for place in state.places[2:]
                ]
        k += 1
        behind += (TARGET - chance - behind) / (k + 10)
        now = aim - np.sqrt(k) / 0.05 * behind
        average += k**-0.75 * (now - average)
        state.step = float(np.exp(np.clip(now, -9, 1)))
        # Sizes follow the acceptance of their own moves ever more slowly.
        state.sizes = np.clip(state.sizes * np.exp((accepted - ACCEPTED) / np.sqrt(1 + i / 10)), 1e-3, 5)
    state.step = float(np.exp(np.clip(average, -9, 1)))


def _sample(
    state: State,
    contaminated: bool,
    rng: np.random.Generator,
    keep: int,
    groups: tuple[NDArray[np.intp], ...],
    tick: Callable[[], None],
) -> Chain:
    m, counts = len(state.counts), state.counts
    phi, pi, totals = np.empty((keep, len(state.phi))), np.empty((keep, 3)), np.empty((keep, 3))
    units = tuple(np.zeros((keep, int(code.max(initial=-1)) + 1, 3), np.float32) for code in groups)
    probability, acceptance = np.zeros((3, m)), 0.0
    every, again = max(1, keep // KEPT), max(1, keep // REPLICATED)
    kept = len(range(0, keep, every))
    added, moved = (np.zeros((kept, m), np.float32) for _ in range(2))
    classes = np.zeros((kept, m), np.int8)
    t, w = (np.zeros((len(range(0, keep, again)), m), np.float32) for _ in range(2))
    levels = [[np.zeros_like(level) for level in effect] for effect in state.levels]
    for i in range(keep):
        chosen, chance, _ = iterate(state, rng)
        tick()
        plus, across, voters = votes_of(counts, chosen)
        phi[i], pi[i] = state.phi, state.at.pi
        totals[i] = plus.sum(), across.sum(), voters.sum()
        for code, sums in zip(groups, units, strict=True):
            known = code >= 0
            for k, values in enumerate((plus, across, chosen.class_of > 0)):
                sums[i, :, k] = np.bincount(code[known], values[known], sums.shape[1])
        probability += chosen.probability / keep
        acceptance += chance / keep
        if i % every == 0:
            added[i // every], moved[i // every] = plus, across
            classes[i // every] = chosen.class_of
        if i % again == 0:
            t[i // again], w[i // again] = replicate(state, rng)
        for mean, now in zip(levels, state.levels, strict=True):
            for one, value in zip(mean, now, strict=True):
                one += value / keep
    return Chain(
        contaminated, counts.slopes, phi, pi, totals, units, probability, added, moved, classes, t, w,
        tuple(tuple(effect) for effect in levels), acceptance,
    )  # fmt: skip
