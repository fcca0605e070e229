"""A chain of the binomial mixture, its evidence, and its scores of precincts left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from forensics.kernels.mixture.binomial import (
    VARIANCE,
    Latent,
    draw_latent,
    log_likelihood_binomial,
    log_prior_binomial,
    unpack_binomial,
)
from forensics.kernels.mixture.binomial_moves import (
    Factor,
    move_coefficients,
    move_ratios,
    move_units,
    redraw_above,
)
from forensics.kernels.mixture.chain import KEPT, REPLICATED, Chain, first
from forensics.kernels.mixture.evidence import Evidence
from forensics.kernels.mixture.latents import Chosen
from forensics.kernels.mixture.levels import Tree
from forensics.kernels.mixture.model import OF_CLASS, Counts, Floats, factor_of, predictors
from forensics.kernels.mixture.votes import simulate, votes_of

#: Iterations of the short chain whose mean scores precincts left out.
SHORT = (150, 150)
#: Shares of the warm-up after which the counts are so many times the true ones: with few voters the
#: classes lie less apart, and a chain leaves a wrong one more easily.
THINNED = ((0.0, 0.03), (0.3, 0.2), (0.6, 1.0))


@dataclass(slots=True)
class BinomialState:
    """Where a chain is; ``lowest`` are the sums of all intercepts of the lowest units, (2, units)."""

    counts: Counts
    phi: Floats
    latent: Latent
    tree: Tree
    upper: Tree
    lowest: list[Floats]
    levels: list[list[Floats]] = field(default_factory=lambda: [[], []])

    @property
    def sums(self) -> tuple[Floats, Floats]:
        """Sums of the level intercepts of turnout and support, per precinct."""
        if not self.counts.units:
            zero = np.zeros(len(self.counts))
            return zero, zero
        codes = self.counts.units[-1]
        intercepts = (self.phi[self.place(effect)[0]] for effect in range(2))
        first_, second = (
            own[codes] - intercept for own, intercept in zip(self.lowest, intercepts, strict=True)
        )
        return first_, second

    def place(self, effect: int) -> NDArray[np.intp]:
        """Where intercept and slopes of an effect stand among the parameters."""
        ends = np.cumsum([2, *(1 + p for p in self.counts.slopes)])
        return np.arange(ends[effect], ends[effect + 1])


def begin_binomial(counts: Counts, contaminated: bool, rng: np.random.Generator) -> BinomialState:
    """A chain's first state, from the same dispersed starts as those of ``qbl``."""
    at = first(counts, contaminated, rng)
    phi = np.concatenate([logit(at.ratios), *at.beta])
    m, units = len(counts), counts.units
    tree = Tree.of(units)
    # The lowest units as if they were precincts of the levels above.
    rows = np.unique(units[-1], return_index=True)[1] if units else np.arange(0)
    upper = Tree.of(tuple(codes[rows] for codes in units[:-1]))
    lowest = [np.full(len(rows), float(at.beta[effect][0])) for effect in range(2)]
    state = BinomialState(counts, phi, _none(m), tree, upper, lowest)
    for effect in range(2):
        state.levels[effect] = [np.zeros(size) for size in reversed(tree.sizes)]
    return state


def _none(m: int) -> Latent:
    return Latent(np.zeros(m, dtype=np.intp), np.zeros((2, m)))


def _thinned(counts: Counts, scale: float) -> Counts:
    """Precincts with so many times the voters, turnout and votes; only a warm-up looks at them."""
    if scale == 1:
        return counts
    n = np.maximum(np.rint(scale * counts.n), 1)
    t, w = (np.minimum(np.rint(scale * y), n) for y in (counts.t, counts.w))
    return Counts(n, t, w, counts.designs, counts.units)


def iterate_binomial(state: BinomialState, rng: np.random.Generator) -> Floats:
    """Latent classes and numbers, then all shared parameters; probabilities (3, m) of the classes."""
    counts = state.counts
    at = unpack_binomial(state.phi, counts.slopes)
    state.latent, probability = draw_latent(counts, at, state.sums, state.latent, rng)
    class_of, numbers = state.latent.class_of, state.latent.numbers
    state.phi[:2] = move_ratios(state.phi[:2], np.bincount(class_of, minlength=3), rng)
    for effect in range(6):
        rows = np.flatnonzero([effect in OF_CLASS[g] for g in range(3)])
        own = np.flatnonzero(np.isin(class_of, rows))
        part = counts.part(own)
        y, c0, c1, d0 = factor_of(part, effect, numbers[:, own])
        factor: Factor = (y, part.n, c0, c1, d0)
        place = state.place(effect)
        slopes = part.designs[effect] if counts.slopes[effect] else np.zeros((len(own), 0))
        if effect < 2 and counts.units:
            _units(state, effect, slopes, factor, rng)
        else:
            design = np.column_stack([np.ones(len(own)), slopes])
            state.phi[place] = move_coefficients(state.phi[place], design, np.zeros(len(own)), factor, rng)
    return probability


def _units(
    state: BinomialState, effect: int, slopes: Floats, factor: Factor, rng: np.random.Generator
) -> None:
    """Intercepts of all levels, then the slopes; every precinct has turnout and support."""
    place, codes = state.place(effect), state.counts.units[-1]
    lowest, above = state.lowest[effect], np.full(len(state.lowest[effect]), state.phi[place[0]])
    if state.upper.sizes:
        above = above + state.upper.sums(state.levels[effect][:-1])
    lowest = move_units(lowest, codes, above, slopes @ state.phi[place[1:]], factor, rng)
    if state.counts.slopes[effect]:
        state.phi[place[1:]] = move_coefficients(state.phi[place[1:]], slopes, lowest[codes], factor, rng)
    intercept, levels = redraw_above(lowest, state.upper, rng)
    state.phi[place[0]], state.lowest[effect] = intercept, lowest
    rest = lowest - intercept
    if levels:
        rest = rest - state.upper.sums(levels)
    state.levels[effect] = [*levels, rest]


def run_binomial_chain(
    counts: Counts,
    contaminated: bool,
    rng: np.random.Generator,
    *,
    warm: int,
    keep: int,
    groups: tuple[NDArray[np.intp], ...] = (),
    tick: Callable[[], None] = lambda: None,
) -> Chain:
    """Warm up and sample; parameters and result as those of ``run_chain``, but ``phi`` has no variances."""
    state, m = begin_binomial(counts, contaminated, rng), len(counts)
    for i in range(warm):
        for after, scale in THINNED:
            if i == int(after * warm):
                state.counts, state.latent = _thinned(counts, scale), _none(m)
        iterate_binomial(state, rng)
        tick()
    state.counts = counts
    phi, pi, totals = np.empty((keep, len(state.phi))), np.empty((keep, 3)), np.empty((keep, 3))
    units = tuple(np.zeros((keep, int(code.max(initial=-1)) + 1, 3), np.float32) for code in groups)
    every, again = max(1, keep // KEPT), max(1, keep // REPLICATED)
    kept, drawn = len(range(0, keep, every)), len(range(0, keep, again))
    added, moved = (np.zeros((kept, m), np.float32) for _ in range(2))
    classes, probability = np.zeros((kept, m), np.int8), np.zeros((3, m))
    t, w = (np.zeros((drawn, m), np.float32) for _ in range(2))
    levels = [[np.zeros_like(level) for level in effect] for effect in state.levels]
    for i in range(keep):
        probability += iterate_binomial(state, rng) / keep
        tick()
        chosen = _chosen(state, probability)
        plus, across, voters = votes_of(counts, chosen)
        at = unpack_binomial(state.phi, counts.slopes)
        phi[i], pi[i] = state.phi, at.pi
        totals[i] = plus.sum(), across.sum(), voters.sum()
        for code, sums in zip(groups, units, strict=True):
            known = code >= 0
            for k, values in enumerate((plus, across, chosen.class_of > 0)):
                sums[i, :, k] = np.bincount(code[known], values[known], sums.shape[1])
        if i % every == 0:
            added[i // every], moved[i // every] = plus, across
            classes[i // every] = chosen.class_of
        if i % again == 0:
            t[i // again], w[i // again] = simulate(counts, at, rng, state.sums)[:2]
        for mean, now in zip(levels, state.levels, strict=True):
            for one, value in zip(mean, now, strict=True):
                one += value / keep
    return Chain(
        contaminated, counts.slopes, phi, pi, totals, units, probability, added, moved, classes, t, w,
        tuple(tuple(effect) for effect in levels),
    )  # fmt: skip


def _chosen(state: BinomialState, probability: Floats) -> Chosen:
    """Classes and numbers as votes are told from them: all precincts of a class have its means."""
    counts, class_of = state.counts, state.latent.class_of
    at = unpack_binomial(state.phi, counts.slopes)
    means = [np.broadcast_to(mean, len(counts)) for mean in predictors(counts, at, state.sums)]
    rows = [np.flatnonzero(class_of == g) for g in range(3)]
    h = [np.array([means[effect][own] for effect in OF_CLASS[g]]) for g, own in enumerate(rows)]
    return Chosen(class_of, rows, h, [state.latent.numbers[:, own] for own in rows], probability)


def evidence_binomial(
    counts: Counts, draws: Floats, levels: tuple[tuple[Floats, ...], ...], rng: np.random.Generator
) -> Evidence:
    """Marginal likelihood at the mean of a mode's draws, as :func:`evidence.evidence`.

    What precincts say of their lowest unit is the information of the class without manipulation.
    """
    phi, tree = draws.mean(axis=0), Tree.of(counts.units)
    zero = np.zeros(len(counts))
    sums = [tree.sums(list(effect)) if counts.units else zero for effect in levels]
    value, variance = log_likelihood_binomial(counts, phi, (sums[0], sums[1]), rng)
    total = float(value.sum()) + log_prior_binomial(phi, counts.slopes)
    total += 0.5 * (len(phi) * np.log(2 * np.pi) + float(np.linalg.slogdet(np.cov(draws.T))[1]))
    means = predictors(counts, unpack_binomial(phi, counts.slopes), (sums[0], sums[1]))
    for effect, trials in enumerate((counts.n, counts.t)):
        s = expit(np.broadcast_to(means[effect], len(counts)))
        weight = VARIANCE * trials * s * (1 - s)
        for step, size, level in zip(tree.steps, tree.sizes, reversed(levels[effect]), strict=True):
            weight = np.bincount(step, weight, size)
            total += float((-0.5 * level**2 / VARIANCE - 0.5 * np.log1p(weight)).sum())
            weight = weight / (1 + weight)
    return Evidence(float(total), float(np.sqrt(variance.sum())))


def score_binomial(known: Counts, left: Counts, rng: np.random.Generator) -> Floats:
    """Log likelihood (m,) of the precincts left at the mean of a short chain on those known."""
    chain = run_binomial_chain(known, False, rng, warm=SHORT[0], keep=SHORT[1])
    zero = np.zeros(len(left))
    return log_likelihood_binomial(left, chain.phi.mean(axis=0), (zero, zero), rng, 16)[0]
