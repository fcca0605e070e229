"""Intercepts of levels (regions, districts): their tree, exact normal draws, and where a fit has them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.kernels.mixture.model import INTERCEPT, Codes, Counts, Floats, Globals

#: Least information of a unit on its sum of intercepts, as a share of what its precincts would give if
#: their effects were known, and longest step of a sum.
LEAST, LONGEST = 0.1, 1.0


@dataclass(frozen=True, slots=True)
class Tree:
    """Nested levels: ``steps[0]`` is the lowest unit of each precinct, then the unit above each unit."""

    steps: tuple[Codes, ...]
    sizes: tuple[int, ...]

    @classmethod
    def of(cls, units: tuple[Codes, ...]) -> Tree:
        """From the codes of precincts, levels from the top down; each unit within one unit above."""
        steps: list[Codes] = []
        rows: NDArray[np.intp] = np.arange(len(units[0]) if units else 0)
        for codes in reversed(units):
            steps.append(codes[rows])
            rows = np.unique(codes, return_index=True)[1]
        return cls(tuple(steps), tuple(int(codes.max()) + 1 for codes in reversed(units)))

    def sums(self, levels: list[Floats]) -> Floats:
        """Sum of the intercepts of a precinct's units, shape (m,); levels from the top down."""
        above = levels[0]
        for step, own in zip(reversed(self.steps[1:]), levels[1:], strict=True):
            above = above[step] + own
        return above[self.steps[0]]


def draw_levels(
    residual: Floats,
    variance: float | Floats,
    tree: Tree,
    rng: np.random.Generator | None,
    intercept_variance: float = INTERCEPT,
) -> tuple[float, list[Floats]]:
    """National intercept and those of all levels, drawn together.

    ``residual = intercept + one intercept per level + noise``; level intercepts are N(0, 1), the
    national one N(0, intercept_variance), by default 1.0001, the noise N(0, variance).

    Parameters
    ----------
    residual : ndarray of float64, shape (m,)
        Effects of precincts less their covariates.
    variance : float or ndarray of float64, shape (m,)
    tree : Tree
    rng : Generator or None
        ``None`` gives the means in place of a draw.

    Returns
    -------
    intercept : float
    levels : list of ndarray, one number per unit of each level, from the top down
    """
    precision: Floats = np.ones(len(residual)) / variance
    weighted = residual * precision
    messages = []
    # Upward: what each unit's precincts say of the sum above it, its own intercept integrated out.
    for step, size in zip(tree.steps, tree.sizes, strict=True):
        total, moment = np.bincount(step, precision, size), np.bincount(step, weighted, size)
        messages.append((total, moment))
        precision, weighted = total / (1 + total), moment / (1 + total)
    total_all = float(precision.sum()) + 1 / intercept_variance
    noise = float(rng.standard_normal()) if rng is not None else 0.0
    intercept = float(weighted.sum()) / total_all + noise / np.sqrt(total_all)
    levels: list[Floats] = []
    above: Floats = np.full(tree.sizes[-1] if tree.sizes else 0, intercept)
    for depth in range(len(messages) - 1, -1, -1):
        total, moment = messages[depth]
        mean = (moment - total * above) / (1 + total)
        spread = rng.standard_normal(len(mean)) / np.sqrt(1 + total) if rng is not None else 0.0
        levels.append(np.asarray(mean + spread))
        if depth:
            above = (above + levels[-1])[tree.steps[depth]]
    return intercept, levels


@dataclass(slots=True)
class Levels:
    """Level intercepts as what they sum to in each unit of the lowest level.

    ``sums`` (2, U) national and level intercepts together, of turnout and of support; ``parents``
    (2, U) the same without the lowest level's own; ``above`` intercepts of the levels above, from the
    top down. What is above follows from the sums by normal draws alone, because the counts only know
    the sums. ``middle`` and ``precision`` (2, U) are the normal likelihood that stands for that of a
    unit's counts; ``pull`` (2, U, d) says how far its best place moves with the coordinates, besides
    what all units have in common.
    """

    unit: Codes
    tree: Tree
    sums: Floats
    parents: Floats
    above: list[list[Floats]]
    middle: Floats
    precision: Floats
    pull: Floats

    @classmethod
    def of(cls, counts: Counts, at: Globals) -> Levels | None:
        """As far from the national intercepts as the means of the units' logits lie from that of all."""
        if not counts.units:
            return None
        tree = Tree.of(counts.units)
        unit, size = tree.steps[0], np.bincount(tree.steps[0])
        national = np.repeat([[at.beta[0][0]], [at.beta[1][0]]], len(size), axis=1)
        seen = (
            np.log((counts.t + 0.5) / (counts.n - counts.t + 0.5)),
            # The model gives the winner votes of all eligible: they may pass the turnout.
            np.log((counts.w + 0.5) / (np.maximum(counts.t - counts.w, 0) + 0.5)),
        )
        apart = np.array([np.bincount(unit, own - own.mean()) / size for own in seen])
        precision = size / at.e[:2, None]
        sums = national + apart * precision / (1 + precision)
        above = [[np.zeros(size) for size in reversed(tree.sizes[1:])] for _ in range(2)]
        pull = np.zeros((*sums.shape, 8 + sum(1 + p for p in counts.slopes)))
        return cls(unit, tree, sums, national, above, national + apart, precision, pull)

    def apart(self, at: Globals, off: Any = 0.0) -> tuple[Floats, Floats]:
        """Sum of the level intercepts of each precinct, of turnout and of support, these lying ``off``
        (2, U) where they are."""
        tau, nu = (sums - at.beta[k][0] for k, sums in enumerate(self.sums + off))
        return tau[self.unit], nu[self.unit]

    def spread(self) -> tuple[Floats, Floats]:
        """Variance of the sum of each precinct, of turnout and of support."""
        of_turnout, of_support = 1 / (self.precision + 1)
        return of_turnout[self.unit], of_support[self.unit]

    def points(self) -> tuple[Floats, Floats]:
        """Two places off the sums (2, U), which have the mean and variance that counts leave the sums.

        Every second unit has turnout and support off in opposite directions, so that the two are not
        taken to hang together.
        """
        off = 1 / np.sqrt(self.precision + 1)
        off[1, ::2] *= -1
        return off, -off

    def log_prior(self, off: Any) -> float:
        """Of the sums given what is above them, these lying ``off`` (2, U) where they are."""
        return -0.5 * float(((self.sums + off - self.parents) ** 2).sum())

    def of_units(self, values: Floats) -> Floats:
        """Sums (2, U) over the precincts of each unit, of values of turnout and support (2, m)."""
        return np.array([np.bincount(self.unit, own, self.sums.shape[1]) for own in values])

    def pulled(self, pull: Floats) -> None:
        """Take how far the units move (2, U, d), less what they have in common."""
        size = np.bincount(self.unit)
        self.pull = pull - (size[:, None] * pull).sum(axis=1, keepdims=True) / size.sum()

    def log_density(self) -> Floats:
        """What prior and spread add (U,) to the mean log likelihood at the points."""
        total = self.precision + 1
        return np.asarray(-0.5 * ((self.sums - self.parents) ** 2 + 1 / total + np.log(total)).sum(axis=0))

    def newton(self, sums: Floats, mean: Floats, second: Floats, e: Floats) -> Levels:
        """Where a step of Newton leads each unit given what is above.

        Parameters
        ----------
        sums : ndarray of float64, shape (2, U)
        mean, second : ndarray of float64, shape (2, m)
            First and second derivatives of each precinct's log likelihood at these sums.
        e : ndarray of float64, shape (6,)
            Variances of the effects.
        """
        precision = np.maximum(-self.of_units(second), LEAST * np.bincount(self.unit) / e[:2, None])
        middle = sums + np.clip(self.of_units(mean) / precision, -LONGEST, LONGEST)
        sums = (precision * middle + self.parents) / (precision + 1)
        return replace(self, sums=sums, middle=middle, precision=precision)

    def toward(self, to: Levels, share: float) -> Levels:
        """A part of the way to other sums and spreads."""
        sums = self.sums + share * (to.sums - self.sums)
        precision = self.precision * (to.precision / self.precision) ** share
        return replace(self, sums=sums, precision=precision)

    def gain(self, to: Levels) -> Floats:
        """What the normals that stand for the units' likelihood (U,) make of a step from here."""
        total = to.precision + 1
        return np.asarray(0.5 * (total * (to.sums - self.sums) ** 2).sum(axis=0))

    def take(self, other: Levels, units: NDArray[np.bool_]) -> None:
        """The sums and spreads of some units from others."""
        self.sums = np.where(units, other.sums, self.sums)
        self.precision = np.where(units, other.precision, self.precision)

    def draw_above(self, rng: np.random.Generator | None) -> Floats:
        """Draw what is above the lowest units given the sums (no rng: means); national intercepts (2,)."""
        upper, national = Tree(self.tree.steps[1:], self.tree.sizes[1:]), np.empty(2)
        parents = np.empty_like(self.sums)
        for k in range(2):
            national[k], self.above[k] = draw_levels(self.sums[k], 1.0, upper, rng)
            parents[k] = national[k] + (upper.sums(self.above[k]) if self.above[k] else 0.0)
        self.parents = parents
        return national

    def intercepts(self, effect: int) -> list[Floats]:
        """Intercepts of every level, from the top down."""
        return [*self.above[effect], self.sums[effect] - self.parents[effect]]

    def follow(self, change: Floats, national: NDArray[np.intp]) -> None:
        """Go along with a change of the coordinates (d,), of which some are the national intercepts."""
        self.sums = self.sums + self.pull @ change
        self.shifted(change[national])

    def shifted(self, by: Floats) -> None:
        """Move the national intercepts, all levels held fixed."""
        self.sums = self.sums + by[:, None]
        self.parents = self.parents + by[:, None]
