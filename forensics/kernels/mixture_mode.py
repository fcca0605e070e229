"""A mode of the posterior of the shared parameters, and the normal distribution that stands for it there.

Scoring steps: the information is the sum of the products of the precincts' scores (Berndt, Hall, Hall
and Hausman 1974), so that one evaluation with first derivatives makes a step. Nodes are frozen anew
on the way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.kernels.mixture_levels import Tree, draw_levels
from forensics.kernels.mixture_marginal import Likelihood, Marginal, Slopes
from forensics.kernels.mixture_model import Codes, Counts, Floats, Globals
from forensics.kernels.mixture_prune import EDGE, Around, edges
from forensics.kernels.mixture_scale import globals_at, log_prior, slope, standard

#: Scoring steps between one freezing of the nodes and the next; the last are made at the final nodes.
ROUNDS = (6, 6, 8, 8, 12)
#: Steps at the end, with the covariance that the curvature gives.
LAST_STEPS = 6
#: A step that raises the log posterior by less than this is the last of its round.
TOLERANCE = 0.01
#: Longest step of a coordinate, of scoring and of Newton, and how often a step is halved before it is
#: given up.
LONGEST, HALVINGS = (0.7, 2.0), 6
#: Nodes are frozen for the last time where the round before gained less than this.
SETTLED = 2.0
#: Half of the distance over which a gradient's change is taken, in standard deviations; bounds of what
#: it gives as a multiple of the information that products of scores give.
STEP, RELATIVE = 0.5, (0.05, 20.0)
#: Least information of a unit on its sum of intercepts: what a precinct gives at a variance of 4.
LEAST = 0.25


@dataclass(slots=True)
class Levels:
    """Level intercepts as what they sum to in each unit of the lowest level.

    ``sums`` (2, U) national and level intercepts together, of turnout and of support; ``parents``
    (2, U) the same without the lowest level's own; ``above`` intercepts of the levels above, from the
    top down. What is above follows from the sums by normal draws alone, because the counts only know
    the sums. ``middle`` and ``precision`` (2, U) are the normal likelihood that stands for that of a
    unit's counts.
    """

    unit: Codes
    tree: Tree
    sums: Floats
    parents: Floats
    above: list[list[Floats]]
    middle: Floats
    precision: Floats

    @classmethod
    def of(cls, counts: Counts, at: Globals) -> Levels | None:
        """All intercepts 0 but the national ones."""
        if not counts.units:
            return None
        tree = Tree.of(counts.units)
        sums = np.repeat([[at.beta[0][0]], [at.beta[1][0]]], tree.sizes[0], axis=1)
        above = [[np.zeros(size) for size in reversed(tree.sizes[1:])] for _ in range(2)]
        middle, precision = sums.copy(), np.full(sums.shape, LEAST)
        return cls(tree.steps[0], tree, sums, sums.copy(), above, middle, precision)

    def apart(self, at: Globals, off: Any = 0.0) -> tuple[Floats, Floats]:
        """Sum of the level intercepts of each precinct, of turnout and of support, these lying ``off``
        (2, U) where they are."""
        tau, nu = (sums - at.beta[k][0] for k, sums in enumerate(self.sums + off))
        return tau[self.unit], nu[self.unit]

    def draw_above(self, rng: np.random.Generator | None) -> Floats:
        """Draw what is above the lowest units given the sums (no rng: means); national intercepts (2,)."""
        upper, national = Tree(self.tree.steps[1:], self.tree.sizes[1:]), np.empty(2)
        for k in range(2):
            national[k], self.above[k] = draw_levels(self.sums[k], 1.0, upper, rng)
            self.parents[k] = national[k] + (upper.sums(self.above[k]) if self.above[k] else 0.0)
        return national

    def intercepts(self, effect: int) -> list[Floats]:
        """Intercepts of every level, from the top down."""
        return [*self.above[effect], self.sums[effect] - self.parents[effect]]

    def shifted(self, by: Floats) -> None:
        """Move the national intercepts, all levels held fixed."""
        self.sums += by[:, None]
        self.parents += by[:, None]

    def settle(self, by: Slopes) -> None:
        """Look at the derivatives here, and put the sums at the mean that counts and prior give."""
        own = Tree((np.arange(self.sums.shape[1]), *self.tree.steps[1:]), self.tree.sizes)
        for k in range(2):
            size = self.sums.shape[1]
            first = np.bincount(self.unit, by.mean[k], size)
            self.precision[k] = np.maximum(-np.bincount(self.unit, by.second[k], size), LEAST)
            self.middle[k] = self.sums[k] + np.clip(first / self.precision[k], -2.0, 2.0)
            intercept, levels = draw_levels(self.middle[k], 1 / self.precision[k], own, None)
            self.sums[k] = intercept + own.sums(levels)


@dataclass(slots=True)
class Mode:
    """Standard coordinates ``x`` of a mode, their covariance, the frozen nodes and the level intercepts;
    what was gained since the nodes were frozen."""

    x: Floats
    covariance: Floats
    marginal: Marginal
    levels: Levels | None
    value: float
    likelihood: Likelihood
    gain: float

    @property
    def at(self) -> Globals:
        """The shared parameters."""
        return globals_at(self.x, self.marginal.counts.slopes)


def apart_of(levels: Levels | None, counts: Counts, at: Globals) -> tuple[Floats, Floats]:
    """Sums of level intercepts of each precinct; zeros where there are no levels."""
    if levels is None:
        none = np.zeros(len(counts))
        return none, none
    return levels.apart(at)


def scores(counts: Counts, x: Floats, at: Globals, said: Likelihood, by: Slopes) -> Floats:
    """Derivatives (m, d) of each precinct's log likelihood by the coordinates."""
    r = at.ratios
    columns = [(1 - r[k]) * (said.share[k + 1] - r[k] / (1 + r.sum())) for k in range(2)]
    for g in range(6):
        columns.append(by.mean[g])
        if counts.slopes[g]:
            columns += list((counts.designs[g] * by.mean[g][:, None]).T)
    columns += list(by.log_e)
    return np.asarray(np.array(columns).T * slope(x, at))


def find_mode(
    counts: Counts,
    at: Globals,
    levels: Levels | None = None,
    rounds: tuple[int, ...] = ROUNDS,
    part: Mode | None = None,
) -> Mode:
    """Climb from some parameters.

    Parameters
    ----------
    counts : Counts
    at : Globals
        Start.
    levels : Levels, optional
        Start of the level intercepts (those of the counts at 0 by default).
    rounds : tuple of int
        Most steps between one freezing of the nodes and the next.
    part : Mode, optional
        The mode of some of the precincts: its covariance makes the steps, and nodes that matter nowhere
        near it are left out. For many precincts, whose posterior is narrow and near to normal.
    """
    x, levels = standard(at), levels or Levels.of(counts, at)
    near = step = None
    if part is not None:
        near, step = part.covariance, part.covariance * (len(part.marginal.counts) / len(counts))
    mode = None
    for steps in rounds:
        around = () if near is None else _edge(counts, x, near, levels)
        mode = None  # Its nodes are let go before new ones are made.
        at = globals_at(x, counts.slopes)
        marginal = Marginal.of(counts, at, apart_of(levels, counts, at), around)
        mode = _climb(marginal, x, levels, steps, step)
        del marginal
        x = mode.x
        if part is not None and near is step:
            break
        if mode.gain < SETTLED:
            near = step
    assert mode is not None
    return _climb(mode.marginal, mode.x, levels, LAST_STEPS, curved(mode))


def curved(mode: Mode) -> Floats:
    """Covariance (d, d) of the coordinates from how the gradient changes across the mode.

    The products of scores, with which it begins, are no measure of it where the model does not hold:
    on returns of whole nations they are off several times over in some directions.
    """
    root = np.linalg.cholesky(mode.covariance)
    apart = apart_of(mode.levels, mode.marginal.counts, mode.at)

    def gradient(x: Floats) -> Floats:
        return np.asarray(root.T @ _posterior(mode.marginal, x, apart)[1])

    # Columns in units of what the products of scores take for a standard deviation.
    change = [gradient(mode.x - STEP * by) - gradient(mode.x + STEP * by) for by in root.T]
    information = np.array(change) / (2 * STEP)
    value, vector = np.linalg.eigh((information + information.T) / 2)
    own = root @ vector / np.sqrt(np.clip(value, *RELATIVE))
    return np.asarray(own @ own.T)


def _climb(
    marginal: Marginal, x: Floats, levels: Levels | None, steps: int, covariance: Floats | None = None
) -> Mode:
    """Steps at frozen nodes: of Newton with a covariance that is given, of scoring without one or where
    Newton's lead nowhere."""
    newton = covariance
    value, inverse, direction, said = _look(marginal, x, levels, newton)
    first = value
    for _ in range(steps):
        x, better = _step(marginal, x, levels, value, direction)
        before = value
        if levels is not None:
            _settle(marginal, x, levels)
        value, inverse, direction, said = _look(marginal, x, levels, newton)
        if not better or (levels is None and value - before < TOLERANCE):
            if newton is None:
                break
            newton = None
            value, inverse, direction, said = _look(marginal, x, levels, newton)
    return Mode(
        x, inverse if covariance is None else covariance, marginal, levels, value, said, value - first
    )


def _edge(counts: Counts, x: Floats, covariance: Floats, levels: Levels | None) -> Around:
    """Parameters at the edge of a normal distribution, and level intercepts at that of their own."""
    root = np.linalg.cholesky(covariance)
    found = []
    for signs in edges(len(x)):
        at = globals_at(x + EDGE * root @ signs, counts.slopes)
        apart = apart_of(levels, counts, at)
        if levels is not None:
            apart = levels.apart(at, EDGE * signs[-2:, None] / np.sqrt(levels.precision + 1))
        found.append((at, apart))
    return found


def _look(
    marginal: Marginal, x: Floats, levels: Levels | None, covariance: Floats | None
) -> tuple[float, Floats, Floats, Likelihood]:
    """Log posterior given the levels, covariance (that given, or of scoring), step and likelihood."""
    counts = marginal.counts
    apart = apart_of(levels, counts, globals_at(x, counts.slopes))
    value, gradient, each, said = _posterior(marginal, x, apart)
    longest = LONGEST[covariance is not None]
    if covariance is None:
        covariance = np.asarray(np.linalg.inv(each.T @ each + np.eye(len(x))), np.float64)
    direction = covariance @ gradient
    direction /= max(1.0, float(np.abs(direction).max()) / longest)
    return value, covariance, direction, said


def _posterior(
    marginal: Marginal, x: Floats, apart: tuple[Floats, Floats]
) -> tuple[float, Floats, Floats, Likelihood]:
    """Log posterior given the sums of levels, its gradient (d,), scores (m, d) and likelihood."""
    counts, at = marginal.counts, globals_at(x, marginal.counts.slopes)
    said, by = marginal.slopes(at, apart)
    each = scores(counts, x, at, said, by)
    prior, gradient = log_prior(x, counts.slopes)
    return float(said.each.sum()) + prior, each.sum(axis=0) + gradient, each, said


def _step(
    marginal: Marginal, x: Floats, levels: Levels | None, value: float, direction: Floats
) -> tuple[Floats, bool]:
    counts = marginal.counts
    apart = apart_of(levels, counts, globals_at(x, counts.slopes))
    for k in range(HALVINGS):
        to = x + direction / 2**k
        at = globals_at(to, counts.slopes)
        there = float(marginal.likelihood(at, apart, marginal.say(at, apart)).each.sum())
        there += log_prior(to, counts.slopes)[0]
        if there > value:
            if levels is not None:
                # The national intercept moved with the levels' own held fixed.
                levels.shifted((to - x)[places(counts)])
            return to, True
    return x, False


def _settle(marginal: Marginal, x: Floats, levels: Levels) -> None:
    """Move the level intercepts, and the national ones to the mean that they give."""
    at = globals_at(x, marginal.counts.slopes)
    _, by = marginal.slopes(at, levels.apart(at))
    levels.settle(by)
    x[places(marginal.counts)] = levels.draw_above(None)


def places(counts: Counts) -> NDArray[np.intp]:
    """Where the two national intercepts stand among the coordinates."""
    return np.array([2, 3 + counts.slopes[0]])
