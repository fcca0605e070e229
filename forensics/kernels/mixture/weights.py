"""A block of precincts with its frozen nodes, and what parameters make of them.

What counts say of turnout and support is kept apart from the weights of the shares added and moved:
parameters of the manipulated classes move the weights alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.kernels.mixture.grid import Grid, normal_weights
from forensics.kernels.mixture.model import MANIPULATED, NU, TAU, Counts, Floats, Globals, predictors
from forensics.kernels.mixture.nodes import Part, Places, Singles

#: Half-widths of numerical derivatives of the weights of an effect, by mean and log variance.
HALF = 1e-3
NONE = (0.0, 0.0)


@dataclass(slots=True)
class Block:
    """Precincts ``rows`` of the whole with their grids of shares, kinds of size, nodes by class, and
    the log likelihood ``scale`` that values of nodes are relative to."""

    rows: NDArray[np.intp]
    counts: Counts
    grids: tuple[Grid, Grid]
    kind: NDArray[np.intp]
    parts: list[Part]
    scale: Floats

    def means(self, at: Globals, levels: tuple[Floats, Floats]) -> list[Floats | float]:
        """Means of the six effects of its precincts."""
        return predictors(self.counts, at, (levels[0][self.rows], levels[1][self.rows]))

    def say(self, at: Globals, levels: tuple[Floats, Floats]) -> tuple[list[Singles], list[Singles]]:
        """Values over pairs (turnout) and nodes (support) of each class."""
        means = self.means(at, levels)
        t = [part.t.values(of_rows(means[TAU], part.row), at.e[TAU])[0] for part in self.parts]
        w = [part.w.values(of_nodes(means[NU], part), at.e[NU])[0] for part in self.parts]
        return t, w


class Weights:
    """Weights of the shares added (pairs) and moved (nodes) of a block's classes, or their derivatives.

    ``shared`` keeps what precincts of the same number of eligible have in common, by grid, class,
    effect and derivative; it belongs to one set of parameters.
    """

    def __init__(
        self, block: Block, at: Globals, levels: tuple[Floats, Floats], shared: dict[Any, Any]
    ) -> None:
        self.block, self.at, self.shared = block, at, shared
        self.means = block.means(at, levels)

    def added(self, g: int, half: tuple[float, float] = NONE) -> Any:
        """Over pairs; ``half`` the half-width of a derivative by mean or by log variance."""
        return np.take(self.table(g, 0, half), self.block.parts[g].added) if g else np.float32(1.0)

    def moved(self, g: int, half: tuple[float, float] = NONE) -> Any:
        """Over nodes."""
        return np.take(self.table(g, 1, half), self.block.parts[g].moved) if g else np.float32(1.0)

    def table(self, g: int, k: int, half: tuple[float, float] = NONE) -> NDArray[np.float32]:
        """Weights of the shares added (0) or moved (1) of a class, for the places of its part."""
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
        found: NDArray[np.float32] = self.shared[name]
        return found


def _effect(mean: Floats, variance: float, half: tuple[float, float]) -> Floats:
    if half == NONE:
        return normal_weights(mean, variance)
    up, down = (
        normal_weights(mean + sign * half[0], variance * np.exp(sign * half[1])) for sign in (1, -1)
    )
    return (up - down) / (2 * sum(half))


def of_rows(mean: Floats | float, row: Places) -> Any:
    """Means of precincts, repeated for pairs."""
    return mean if np.ndim(mean) == 0 else np.asarray(mean, dtype=np.float32)[row]


def of_nodes(mean: Floats | float, part: Part) -> Any:
    """Means of precincts, repeated for nodes."""
    return mean if np.ndim(mean) == 0 else part.over_nodes(np.asarray(mean, dtype=np.float32)[part.rows])


def summed(values: Any, start: Places) -> Floats:
    """Sums from each start to the next."""
    return np.asarray(np.add.reduceat(values, start, dtype=np.float64))
