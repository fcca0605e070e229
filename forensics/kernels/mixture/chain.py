"""One chain from its start to its draws: a mode on a part, then on all, warm-up, then what is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

from forensics.kernels.mixture.latents import choose
from forensics.kernels.mixture.mode import Mode, find_mode
from forensics.kernels.mixture.model import Counts, Floats, Globals, pack, unpack
from forensics.kernels.mixture.sampler import State, begin, iterate, refer
from forensics.kernels.mixture.votes import replicate, votes_of

#: Among how many precincts a mode is looked for, the least first and each with what the one before
#: found, before all are looked at; most steps of each round after the first.
PARTS, LAST = (4000, 20000), (8,) * 6
#: Fewest precincts of a unit that are taken into such a part, if it has as many.
TOGETHER = 20
#: Shares of the warm-up after which the normal distribution of the moves is taken from its draws.
REFERRED = (0.1, 0.2, 0.35, 0.5, 0.7, 0.9)
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

    def mean(self) -> Globals:
        """Parameters at the mean of the unconstrained draws."""
        return unpack(self.phi.mean(axis=0), self.slopes)


def first(counts: Counts, contaminated: bool, rng: np.random.Generator) -> Globals:
    """Dispersed starting values: nearly all precincts without manipulation, or half of them."""
    turnout = float(np.quantile(counts.t / counts.n, 0.25 if contaminated else 0.5))
    turned = counts.t > 0
    support = np.median(counts.w[turned] / counts.t[turned]) if turned.any() else 0.5
    ratios = np.array([0.9, 0.3]) if contaminated else np.array([0.02, 0.01])
    middle = logit(np.clip([turnout, float(support)], 0.05, 0.95))
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
    mode = _mode(counts, first(counts, contaminated, rng), rng)
    state = begin(mode, rng)
    _warm(state, mode, warm, rng, tick)
    return _sample(state, contaminated, rng, keep, groups, tick)


def _mode(counts: Counts, at: Globals, rng: np.random.Generator) -> Mode:
    known: dict[str, Any] = {}
    for size in PARTS:
        if len(counts) > 2 * size:
            part = counts.part(some(counts, size, rng))
            units = tuple(np.unique(code, return_inverse=True)[1].astype(np.intp) for code in part.units)
            mode = find_mode(Counts(part.n, part.t, part.w, part.designs, units), at, **known)
            at, known = mode.at, {"rounds": LAST, "part": (mode.covariance, mode.given, len(part))}
            del mode  # Its nodes are let go before those of more precincts are made.
    return find_mode(counts, at, **known)


def some(counts: Counts, size: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Rows of that many precincts at random; with levels ``TOGETHER`` or more of a unit, few units if
    need be: spreads of precincts are not told from those of units of one."""
    order = rng.permutation(len(counts))
    if counts.units:
        code = counts.units[-1]
        units = int(code.max()) + 1
        # Units in random order, the precincts of each in random order.
        order = order[np.argsort(rng.permutation(units)[code[order]], kind="stable")]
        first = np.flatnonzero(np.diff(code[order], prepend=-1))
        place = np.arange(len(order)) - np.repeat(first, np.diff(first, append=len(order)))
        order = order[place < max(TOGETHER, -(-size // units))]
    return np.sort(order[:size])


def _warm(
    state: State, mode: Mode, iterations: int, rng: np.random.Generator, tick: Callable[[], None]
) -> None:
    """Iterations that are thrown away; from the later part of them moves learn how the posterior lies."""
    referred = [int(share * iterations) for share in REFERRED]
    history = np.empty((iterations, len(state.x)))
    for i in range(iterations):
        iterate(state, rng)
        tick()
        history[i] = state.x + state.shift
        if i and i in referred:
            refer(state, history[i // 3 : i + 1], mode)


def _sample(
    state: State,
    contaminated: bool,
    rng: np.random.Generator,
    keep: int,
    groups: tuple[NDArray[np.intp], ...],
    tick: Callable[[], None],
) -> Chain:
    m, counts = len(state.counts), state.counts
    phi, pi, totals = np.empty((keep, len(state.x))), np.empty((keep, 3)), np.empty((keep, 3))
    units = tuple(np.zeros((keep, int(code.max(initial=-1)) + 1, 3), np.float32) for code in groups)
    probability = np.zeros((3, m))
    every, again = max(1, keep // KEPT), max(1, keep // REPLICATED)
    kept = len(range(0, keep, every))
    added, moved = (np.zeros((kept, m), np.float32) for _ in range(2))
    classes = np.zeros((kept, m), np.int8)
    t, w = (np.zeros((len(range(0, keep, again)), m), np.float32) for _ in range(2))
    levels = [[np.zeros_like(level) for level in state.intercepts(k)] for k in range(2)]
    for i in range(keep):
        iterate(state, rng)
        tick()
        at, sums = state.at, state.sums
        chosen = choose(state.marginal, at, sums, state.said, state.likelihood, rng)
        plus, across, voters = votes_of(counts, chosen)
        phi[i], pi[i] = pack(at), at.pi
        totals[i] = plus.sum(), across.sum(), voters.sum()
        for code, of_units in zip(groups, units, strict=True):
            known = code >= 0
            for k, values in enumerate((plus, across, chosen.class_of > 0)):
                of_units[i, :, k] = np.bincount(code[known], values[known], of_units.shape[1])
        probability += chosen.probability / keep
        if i % every == 0:
            added[i // every], moved[i // every] = plus, across
            classes[i // every] = chosen.class_of
        if i % again == 0:
            t[i // again], w[i // again] = replicate(state, rng)
        for k, mean in enumerate(levels):
            for one, value in zip(mean, state.intercepts(k), strict=True):
                one += value / keep
    return Chain(
        contaminated, counts.slopes, phi, pi, totals, units, probability, added, moved, classes, t, w,
        tuple(tuple(effect) for effect in levels),
    )  # fmt: skip
