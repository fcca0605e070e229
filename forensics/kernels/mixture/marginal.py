"""Likelihood of the shared parameters with classes and effects integrated out, and its derivatives.

Sums over frozen nodes (:mod:`nodes`). What depends on turnout and support is kept apart from
the weights of the shares added and moved: parameters of the manipulated classes move at a small part
of the cost of all.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, TypeVar

import numpy as np

from forensics.kernels.mixture.blocks import freeze
from forensics.kernels.mixture.model import MANIPULATED, NU, TAU, Counts, Floats, Globals
from forensics.kernels.mixture.nodes import NODES, Part, Singles
from forensics.kernels.mixture.prune import Around
from forensics.kernels.mixture.weights import HALF, Block, Weights, of_nodes, of_rows, summed


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


Told = TypeVar("Told", Likelihood, Slopes)


def mean_of(looks: list[Told]) -> Told:
    """The mean of what was said at several parameters."""
    names = [field.name for field in fields(looks[0])]
    return type(looks[0])(*(np.mean([getattr(one, name) for one in looks], axis=0) for name in names))


@dataclass(frozen=True, slots=True)
class Marginal:
    """Frozen nodes of all precincts."""

    counts: Counts
    blocks: list[Block]

    @classmethod
    def of(
        cls,
        counts: Counts,
        at: Globals,
        levels: tuple[Floats, Floats],
        around: Around = (),
        spread: tuple[Any, Any] = (0.0, 0.0),
        nodes: int = NODES,
    ) -> Marginal:
        """Nodes for parameters near those given, or (much fewer) for those ``around`` alone; sums of
        level intercepts have variances ``spread`` about theirs."""
        return cls(counts, freeze(counts, at, levels, around, spread, nodes))

    def say(self, at: Globals, levels: tuple[Floats, Floats]) -> Said:
        """Values of all nodes at the turnout and support of some parameters."""
        said = Said([], [])
        for block in self.blocks:
            t, w = block.say(at, levels)
            said.t.append(t)
            said.w.append(w)
        return said

    def look(self, at: Globals, levels: tuple[Floats, Floats]) -> Likelihood:
        """Likelihood from all nodes evaluated anew."""
        return self.likelihood(at, levels, self.say(at, levels))

    def likelihood(self, at: Globals, levels: tuple[Floats, Floats], said: Said) -> Likelihood:
        """Log likelihood, up to the binomial coefficients of the counts, from values of the nodes."""
        found = Likelihood(np.empty(len(self.counts)), np.empty((3, len(self.counts))))
        pi = at.pi
        shared: dict[Any, Any] = {}
        for block, t, w in zip(self.blocks, said.t, said.w, strict=True):
            value = np.zeros((3, len(block.rows)))
            # In double precision: a precinct far from all others is beyond single.
            value[0] = t[0].astype(np.float64) * w[0]
            weights = Weights(block, at, levels, shared)
            for g in (1, 2):
                part = block.parts[g]
                if len(part.rows):
                    inner = summed(weights.moved(g) * w[g], part.start)
                    value[g, part.rows] = summed(inner * t[g] * weights.added(g), part.first)
            # Local polynomials may leave a negative trace where there is nothing.
            value = np.maximum(value, 0.0) * pi[:, None]
            total = np.maximum(value.sum(axis=0), 1e-300)
            found.each[block.rows] = np.log(total) + block.scale
            found.share[:, block.rows] = value / total
        return found

    def slopes(self, at: Globals, levels: tuple[Floats, Floats]) -> tuple[Likelihood, Slopes]:
        """Likelihood with derivatives, every node evaluated anew. A class whose sum is a negative trace
        of the polynomials has no part in them, as it has none in the likelihood."""
        m = len(self.counts)
        found = Likelihood(np.empty(m), np.empty((3, m)))
        by = Slopes(np.zeros((6, m)), np.zeros((6, m)), np.zeros((2, m)))
        pi = at.pi
        shared: dict[Any, Any] = {}
        for block in self.blocks:
            means = block.means(at, levels)
            value = np.zeros((3, len(block.rows)))
            # By class: derivatives by mean and log variance of turnout, support, and what the class has.
            one, two, second = (np.zeros((k, len(block.rows))) for k in (6, 6, 2))
            weights = Weights(block, at, levels, shared)
            for g, part in enumerate(block.parts):
                if not len(part.rows):
                    continue
                t = part.t.values(of_rows(means[TAU], part.row), at.e[TAU], 2)
                w = part.w.values(of_nodes(means[NU], part), at.e[NU], 2)
                added, moved = weights.added(g), weights.moved(g)
                s = [summed(moved * values, part.start) for values in w]
                rows, e = part.rows, at.e
                positive = pi[g] * (summed(added * t[0] * s[0], part.first) > 0)

                def whole(values: Any, part: Part = part, factor: Floats = positive) -> Floats:
                    return factor * summed(values, part.first)

                value[g, rows] = whole(added * t[0] * s[0])
                for k, (first, square) in enumerate(
                    ((t[1] * s[0], t[2] * s[0]), (t[0] * s[1], t[0] * s[2]))
                ):
                    squares = whole(added * square)
                    one[k, rows] += whole(added * first) / e[k]
                    two[k, rows] += squares / (2 * e[k]) - 0.5 * value[g, rows]
                    second[k, rows] += squares / e[k] ** 2 - value[g, rows] / e[k]
                if g:
                    places = MANIPULATED[g][2:]
                    for into, half in ((one, (HALF, 0.0)), (two, (0.0, HALF))):
                        change = weights.added(g, half)
                        into[places[0], rows] += whole(change * t[0] * s[0])
                        inner = summed(weights.moved(g, half) * w[0], part.start)
                        into[places[1], rows] += whole(added * t[0] * inner)
            total = np.maximum(value.sum(axis=0), 1e-300)
            found.each[block.rows] = np.log(total) + block.scale
            found.share[:, block.rows] = value / total
            by.mean[:, block.rows], by.log_e[:, block.rows] = one / total, two / total
            by.second[:, block.rows] = second / total - (one[:2] / total) ** 2
        return found, by
