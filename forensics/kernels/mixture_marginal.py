"""Likelihood of the shared parameters with classes and effects integrated out, and its derivatives.

Sums over frozen nodes (:mod:`mixture_nodes`). What depends on turnout and support is kept apart from
the weights of the shares added and moved: parameters of the manipulated classes move at a small part
of the cost of all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.kernels.mixture_grid import Grid, kinds, normal_weights
from forensics.kernels.mixture_model import (
    MANIPULATED,
    NU,
    TAU,
    Counts,
    Floats,
    Globals,
    predictors,
)
from forensics.kernels.mixture_nodes import Part, Places, Singles, build

#: Precincts in a block.
BLOCK = 512
#: Fewer abstentions than this share need a finer grid: nearly all of them may be added.
FULL = 0.1
#: Steps of the grids of the shares added and moved and their offsets, coarse and fine, for effects of
#: the usual spread: a step is a part of the standard deviation that the counts leave.
STEPS = ((0.3, 0.45), (0.16, 0.24))
OFFSETS = (0.05, 0.02)
#: Widest and narrowest steps.
STEP_RANGE = (0.02, 0.1)
#: Half-widths of numerical derivatives of the weights of an effect, by mean and log variance.
HALF = 1e-3
NONE = (0.0, 0.0)


@dataclass(slots=True)
class Block:
    """Precincts ``rows`` of the whole with their nodes and grids; ``places`` of the weights by class."""

    rows: NDArray[np.intp]
    counts: Counts
    grids: tuple[Grid, Grid]
    kind: NDArray[np.intp]
    parts: list[Part]
    scale: Floats
    places: list[tuple[Places, Places]]


@dataclass(slots=True)
class Said:
    """What turnout and support make of each node: by block and class, values over pairs and nodes."""

    t: list[list[Singles]]
    w: list[list[Singles]]


@dataclass(slots=True)
class Likelihood:
    """Log likelihood of each precinct (m,) and class probabilities (3, m)."""

    each: Floats
    share: Floats


@dataclass(slots=True)
class Slopes:
    """Derivatives of each precinct's log likelihood by the means (6, m) and log variances (6, m) of the
    effects, and second derivatives by the means of turnout and support (2, m)."""

    mean: Floats
    log_e: Floats
    second: Floats


@dataclass(frozen=True, slots=True)
class Marginal:
    """Frozen nodes of all precincts."""

    counts: Counts
    blocks: list[Block]

    @classmethod
    def of(cls, counts: Counts, at: Globals, levels: tuple[Floats, Floats]) -> Marginal:
        """Nodes for parameters near those given."""
        kind, sizes = kinds(counts.n)
        middle = 1 / (1 + np.exp(-np.array([np.mean(mean) for mean in predictors(counts, at, levels)[:2]])))
        width = middle * np.sqrt(at.e[:2])
        full = counts.abstained < FULL
        blocks = []
        for fine, (steps, offset) in enumerate(zip(STEPS, OFFSETS, strict=True)):
            rows = np.flatnonzero(full == bool(fine))
            if not len(rows):
                continue
            some, code = np.unique(kind[rows], return_inverse=True)
            step = np.clip(np.array(steps) * width, *STEP_RANGE)
            added, moved = (Grid.of(sizes[some], float(one), offset) for one in step)
            for start in range(0, len(rows), BLOCK):
                own = rows[start : start + BLOCK]
                part = counts.part(own)
                means = predictors(part, at, (levels[0][own], levels[1][own]))
                parts, scale = build(part, (added.share, moved.share), means[:2], at.e)
                grids, own_kind = (added, moved), code[start : start + BLOCK]
                where = [_places(one, grids, own_kind, g, counts.slopes) for g, one in enumerate(parts)]
                blocks.append(Block(own, part, grids, own_kind, parts, scale, where))
        return cls(counts, blocks)

    def say(self, at: Globals, levels: tuple[Floats, Floats]) -> Said:
        """Values of all nodes at the turnout and support of some parameters."""
        said = Said([], [])
        for block in self.blocks:
            means = means_of(block, at, levels)
            said.t.append([part.t.values(_of(means[TAU], part.row), at.e[TAU])[0] for part in block.parts])
            said.w.append(
                [part.w.values(_of(means[NU], part.node_row), at.e[NU])[0] for part in block.parts]
            )
        return said

    def likelihood(self, at: Globals, levels: tuple[Floats, Floats], said: Said) -> Likelihood:
        """Log likelihood, up to the binomial coefficients of the counts, from values of the nodes."""
        found = Likelihood(np.empty(len(self.counts)), np.empty((3, len(self.counts))))
        pi = at.pi
        shared: dict[Any, Any] = {}
        for block, t, w in zip(self.blocks, said.t, said.w, strict=True):
            value = np.zeros((3, len(block.rows)))
            value[0] = t[0] * w[0]
            weights = Weights(block, at, levels, shared)
            for g in (1, 2):
                part = block.parts[g]
                if len(part.rows):
                    inner = _sum(weights.moved(g) * w[g], part.start)
                    value[g, part.rows] = _sum(inner * t[g] * weights.added(g), part.first)
            # Local polynomials may leave a negative trace where there is nothing.
            value = np.maximum(value, 0.0) * pi[:, None]
            total = np.maximum(value.sum(axis=0), 1e-300)
            found.each[block.rows] = np.log(total) + block.scale
            found.share[:, block.rows] = value / total
        return found

    def slopes(self, at: Globals, levels: tuple[Floats, Floats]) -> tuple[Likelihood, Slopes]:
        """Likelihood with derivatives, every node evaluated anew."""
        m = len(self.counts)
        found = Likelihood(np.empty(m), np.empty((3, m)))
        by = Slopes(np.zeros((6, m)), np.zeros((6, m)), np.zeros((2, m)))
        pi = at.pi
        shared: dict[Any, Any] = {}
        for block in self.blocks:
            means = means_of(block, at, levels)
            value = np.zeros((3, len(block.rows)))
            # By class: derivatives by mean and log variance of turnout, support, and what the class has.
            one, two, second = (np.zeros((k, len(block.rows))) for k in (6, 6, 2))
            weights = Weights(block, at, levels, shared)
            for g, part in enumerate(block.parts):
                if not len(part.rows):
                    continue
                t = part.t.values(_of(means[TAU], part.row), at.e[TAU], 2)
                w = part.w.values(_of(means[NU], part.node_row), at.e[NU], 2)
                added, moved = weights.added(g), weights.moved(g)
                s = [_sum(moved * values, part.start) for values in w]

                def whole(values: Any, part: Part = part) -> Floats:
                    return _sum(values, part.first)

                rows, e = part.rows, at.e
                value[g, rows] = pi[g] * whole(added * t[0] * s[0])
                for k, (first, square) in enumerate(
                    ((t[1] * s[0], t[2] * s[0]), (t[0] * s[1], t[0] * s[2]))
                ):
                    squares = pi[g] * whole(added * square)
                    one[k, rows] += pi[g] * whole(added * first) / e[k]
                    two[k, rows] += squares / (2 * e[k]) - 0.5 * value[g, rows]
                    second[k, rows] += squares / e[k] ** 2 - value[g, rows] / e[k]
                if g:
                    places = MANIPULATED[g][2:]
                    for into, half in ((one, (HALF, 0.0)), (two, (0.0, HALF))):
                        change = weights.added(g, half)
                        into[places[0], rows] += pi[g] * whole(change * t[0] * s[0])
                        inner = _sum(weights.moved(g, half) * w[0], part.start)
                        into[places[1], rows] += pi[g] * whole(added * t[0] * inner)
            total = np.maximum(value.sum(axis=0), 1e-300)
            found.each[block.rows] = np.log(total) + block.scale
            found.share[:, block.rows] = value / total
            by.mean[:, block.rows], by.log_e[:, block.rows] = one / total, two / total
            by.second[:, block.rows] = second / total - (one[:2] / total) ** 2
        return found, by


class Weights:
    """Weights of the shares added (pairs) and moved (nodes) of a block's classes, or their derivatives.

    ``shared`` keeps what precincts of the same number of eligible have in common, by grid, class,
    effect and derivative; it belongs to one set of parameters.
    """

    def __init__(
        self, block: Block, at: Globals, levels: tuple[Floats, Floats], shared: dict[Any, Any]
    ) -> None:
        self.block, self.at, self.shared = block, at, shared
        self.means = means_of(block, at, levels)

    def added(self, g: int, half: tuple[float, float] = NONE) -> Any:
        """Over pairs; ``half`` the half-width of a derivative by mean or by log variance."""
        return self._of(g, 0, half) if g else np.float64(1.0)

    def moved(self, g: int, half: tuple[float, float] = NONE) -> Any:
        """Over nodes."""
        return self._of(g, 1, half) if g else np.float32(1.0)

    def _of(self, g: int, k: int, half: tuple[float, float]) -> Any:
        block, effect = self.block, MANIPULATED[g][2 + k]
        name = (id(block.grids[k]), effect, half)
        if name not in self.shared or np.ndim(self.means[effect]):
            common = (effect, half)
            if common not in self.shared or np.ndim(self.means[effect]):
                mean = np.asarray(self.means[effect])
                self.shared[common] = _effect(mean, float(self.at.e[effect]), half)
            weights = self.shared[common]
            kind = block.kind if weights.ndim > 1 else None
            self.shared[name] = block.grids[k].weights(g, weights, kind).ravel()
        return np.take(self.shared[name], block.places[g][k])


def _effect(mean: Floats, variance: float, half: tuple[float, float]) -> Floats:
    if half == NONE:
        return normal_weights(mean, variance)
    up, down = (
        normal_weights(mean + sign * half[0], variance * np.exp(sign * half[1])) for sign in (1, -1)
    )
    return (up - down) / (2 * sum(half))


def _places(
    part: Part, grids: tuple[Grid, Grid], kind: NDArray[np.intp], g: int, slopes: tuple[int, ...]
) -> tuple[Places, Places]:
    """Where the weights of pairs and nodes stand in their tables, whose rows are kinds or precincts."""
    found = []
    pairs = ((part.row, part.added), (part.node_row, part.moved))
    for k, (row, place) in enumerate(pairs):
        own = g and slopes[MANIPULATED[g][2 + k]]
        table_row = row if own else kind.astype(np.int32)[row]
        found.append(table_row * np.int32(len(grids[k].share)) + place)
    return found[0], found[1]


def means_of(block: Block, at: Globals, levels: tuple[Floats, Floats]) -> list[Floats | float]:
    """Means of the six effects of a block's precincts."""
    return predictors(block.counts, at, (levels[0][block.rows], levels[1][block.rows]))


def _of(mean: Floats | float, row: Places) -> Any:
    return mean if np.ndim(mean) == 0 else np.asarray(mean, dtype=np.float32)[row]


def _sum(values: Any, start: Places) -> Floats:
    return np.asarray(np.add.reduceat(values, start, dtype=np.float64))
