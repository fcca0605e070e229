"""A mode of the posterior of the shared parameters, and the normal distribution that stands for it there.

Scoring steps: the information is the sum of the products of the precincts' scores (Berndt, Hall, Hall
and Hausman 1974), so that one evaluation with first derivatives makes a step. Nodes are frozen anew
on the way.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.kernels.mixture.levels import Levels
from forensics.kernels.mixture.marginal import Likelihood, Marginal, Slopes, mean_of
from forensics.kernels.mixture.model import Counts, Floats, Globals
from forensics.kernels.mixture.nodes import FEW, NODES
from forensics.kernels.mixture.prune import EDGE, Around, edges
from forensics.kernels.mixture.scale import globals_at, log_prior, slope, standard

#: Scoring steps between one freezing of the nodes and the next, the last of them only where need be.
ROUNDS, LEAST_ROUNDS = (6, 6, 8, 8, 12, 12, 12, 12, 12), 5
#: Steps at the end, with the covariance that the curvature gives.
LAST_STEPS = 6
#: A step that raises the log posterior by less than this is the last of its round, without and with
#: levels (whose intercepts creep).
TOLERANCE = (0.01, 0.2)
#: With many precincts a round ends at this share of what it has gained: nodes are made anew anyway.
ENOUGH = 0.02
#: Longest step of a coordinate, of scoring and of Newton, and how often a step is halved before it is
#: given up.
LONGEST, HALVINGS = (0.7, 2.0), 6
#: Nodes are frozen for the last time where the round before gained less than this.
SETTLED = 2.0
#: Half of the distance over which a gradient's change is taken, in standard deviations; bounds of what
#: it gives as a multiple of the information that products of scores give.
STEP, RELATIVE = 0.5, (0.05, 20.0)
#: Steps of the level intercepts alone before the others, and the gain below which a unit's is not tried
#: again.
ALONE, SLIGHT = 2, 1e-3


@dataclass(slots=True)
class Mode:
    """Standard coordinates ``x`` of a mode, their covariance (and that given the level intercepts), the
    frozen nodes and the level intercepts; what was gained since the nodes were frozen."""

    x: Floats
    covariance: Floats
    given: Floats
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
    part: tuple[Floats, Floats, int] | None = None,
) -> Mode:
    """Climb from some parameters.

    Parameters
    ----------
    counts : Counts
    at : Globals
        Start.
    levels : Levels, optional
        Start of the level intercepts (by default from the units' logits).
    rounds : tuple of int
        Most steps between one freezing of the nodes and the next.
    part : two covariances (d, d) and int, optional
        Of the mode of so many of the precincts, the second given the level intercepts: this makes the
        steps, and nodes that matter nowhere near the mode are left out. For many precincts, whose
        posterior is narrow and near to normal.
    """
    x, levels = standard(at), levels or Levels.of(counts, at)
    near = own = step = None
    nodes = NODES if part is None else FEW
    if part is not None:
        share = part[2] / len(counts)
        near, own, step = part[0], part[0] * share, part[1] * share
    mode = None
    for k, steps in enumerate(rounds, 1):
        around = () if near is None else _edge(counts, x, near, levels)
        mode = None  # Its nodes are let go before new ones are made.
        at = globals_at(x, counts.slopes)
        spread = (0.0, 0.0) if levels is None else levels.spread()
        marginal = Marginal.of(counts, at, apart_of(levels, counts, at), around, spread, nodes)
        mode = _climb(marginal, x, levels, steps, step, 0.0 if part is None else ENOUGH)
        del marginal
        x = mode.x
        if part is None:
            if k >= LEAST_ROUNDS and mode.gain < SETTLED:
                break
        elif near is own:
            break
        elif mode.gain < SETTLED:
            near = own
    assert mode is not None
    covariance, given = curved(mode)
    mode = _climb(mode.marginal, mode.x, levels, LAST_STEPS, given)
    return replace(mode, covariance=covariance)


def curved(mode: Mode) -> tuple[Floats, Floats]:
    """Covariance (d, d) of the coordinates, and that given the level intercepts, from how the gradient
    changes across the mode; level intercepts learn how they move with the coordinates.

    The products of scores, with which it begins, are no measure of it where the model does not hold:
    on returns of whole nations they are off several times over in some directions.
    """
    root, levels = np.linalg.cholesky(mode.covariance), mode.levels
    counts = mode.marginal.counts
    apart = apart_of(levels, counts, mode.at)
    none = np.zeros((2, 0))

    def gradient(x: Floats) -> tuple[Floats, Floats]:
        _, found, _, _, by = _posterior(mode.marginal, x, [apart])
        return root.T @ found, none if levels is None else levels.of_units(by.mean[:2])

    # Columns in units of what the products of scores take for a standard deviation.
    change = [(gradient(mode.x + STEP * by), gradient(mode.x - STEP * by)) for by in root.T]
    rows = np.array([down[0] - up[0] for up, down in change]) / (2 * STEP)
    information: Floats = (rows + rows.T) / 2
    given = _covariance(root, information)
    if levels is None:
        return given, given
    # How the units' own gradients change, and where their best places go; national intercepts move
    # all units anyway.
    across = np.stack([up[1] - down[1] for up, down in change], axis=-1) / (2 * STEP)
    weight = levels.precision[:, :, None] + 1
    pull = np.linalg.solve(root.T, (across / weight).reshape(-1, len(root)).T).T
    pull[:, places(counts)] = 0
    levels.pulled(pull.reshape(across.shape))
    moved = (levels.pull @ root).reshape(-1, len(root))
    along = across.reshape(-1, len(root)).T @ moved
    information = information + moved.T @ (weight.reshape(-1, 1) * moved) - along - along.T
    return _covariance(root, information), given


def _covariance(root: NDArray[Any], information: NDArray[Any]) -> Floats:
    """Inverse of an information that is a multiple of what the products of scores give."""
    value, vector = np.linalg.eigh(information)
    own = root @ vector / np.sqrt(np.clip(value, *RELATIVE))
    return np.asarray(own @ own.T)


def _climb(
    marginal: Marginal,
    x: Floats,
    levels: Levels | None,
    steps: int,
    covariance: Floats | None = None,
    enough: float = 0.0,
) -> Mode:
    """Steps at frozen nodes: of Newton with a covariance that is given, of scoring without one or where
    Newton's lead nowhere; until one gains little, or no more than a share of all."""
    newton, x, least = covariance, x.copy(), TOLERANCE[levels is not None]
    if levels is not None:
        for _ in range(ALONE):
            _settle(marginal, x, levels, levels.sums, _look(marginal, x, levels, newton).by)
    here = _look(marginal, x, levels, newton)
    first = here.value
    for _ in range(steps):
        if levels is None:
            x = _step(marginal, x, levels, here)
        else:
            sums = levels.sums
            x = _step(marginal, x, levels, here)
            _settle(marginal, x, levels, sums, here.by)
        before = here.value
        here = _look(marginal, x, levels, newton)
        gain = here.value - before
        if gain < max(least, enough * (before - first)):
            if newton is None or gain >= least:
                break
            newton = None
            here = _look(marginal, x, levels, newton)
    covariance = here.covariance if covariance is None else covariance
    return Mode(
        x, covariance, covariance, marginal, levels, here.value, here.likelihood, here.value - first
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


@dataclass(frozen=True, slots=True)
class _Look:
    """Log posterior with level intercepts as normal distributions, that of the coordinates alone,
    covariance (that given, or of scoring), step, and derivatives by precinct."""

    value: float
    alone: float
    covariance: Floats
    direction: Floats
    likelihood: Likelihood
    by: Slopes


def _look(marginal: Marginal, x: Floats, levels: Levels | None, covariance: Floats | None) -> _Look:
    counts = marginal.counts
    points = _points(levels, globals_at(x, counts.slopes), counts)
    value, gradient, each, said, by = _posterior(marginal, x, points)
    longest = LONGEST[covariance is not None]
    if covariance is None:
        covariance = np.asarray(np.linalg.inv(each.T @ each + np.eye(len(x))), np.float64)
    direction = covariance @ gradient
    direction /= max(1.0, float(np.abs(direction).max()) / longest)
    whole = value + (0.0 if levels is None else float(levels.log_density().sum()))
    return _Look(whole, value, covariance, direction, said, by)


def _points(levels: Levels | None, at: Globals, counts: Counts) -> list[tuple[Floats, Floats]]:
    """Sums of level intercepts of each precinct over which a mean is taken for the normal
    distribution of the levels: at their mode alone, spreads would be too small where units are."""
    if levels is None:
        return [apart_of(None, counts, at)]
    return [levels.apart(at, off) for off in levels.points()]


def _posterior(
    marginal: Marginal, x: Floats, points: list[tuple[Floats, Floats]]
) -> tuple[float, Floats, Floats, Likelihood, Slopes]:
    """Mean log posterior over some sums of levels, its gradient (d,), scores (m, d), likelihood and
    derivatives."""
    counts, at = marginal.counts, globals_at(x, marginal.counts.slopes)
    looks = [marginal.slopes(at, apart) for apart in points]
    said, by = mean_of([look[0] for look in looks]), mean_of([look[1] for look in looks])
    each = scores(counts, x, at, said, by)
    prior, gradient = log_prior(x, counts.slopes)
    return float(said.each.sum()) + prior, each.sum(axis=0) + gradient, each, said, by


def _step(marginal: Marginal, x: Floats, levels: Levels | None, here: _Look) -> Floats:
    """The coordinates after a step, halved until it leads up; all levels' own intercepts held fixed."""
    counts = marginal.counts
    points = _points(levels, globals_at(x, counts.slopes), counts)
    for k in range(HALVINGS):
        to = x + 0.5**k * here.direction
        at = globals_at(to, counts.slopes)
        there = float(np.mean([marginal.look(at, apart).each.sum() for apart in points]))
        if there + log_prior(to, counts.slopes)[0] > here.alone:
            if levels is not None:
                levels.shifted((to - x)[places(counts)])
            return to
    return x


def _settle(marginal: Marginal, x: Floats, levels: Levels, sums: Floats, by: Slopes) -> None:
    """Move each unit's sums of intercepts where that leads up, and the national ones to the mean that
    they give.

    Parameters
    ----------
    sums : ndarray of float64, shape (2, U)
    by : Slopes
        Derivatives at these sums.
    """
    counts = marginal.counts
    at = globals_at(x, counts.slopes)

    def value(levels: Levels) -> Floats:
        each = mean_of([marginal.look(at, apart) for apart in _points(levels, at, counts)]).each
        return np.asarray(np.bincount(levels.unit, each, levels.sums.shape[1])) + levels.log_density()

    to = levels.newton(sums, by.mean[:2], by.second, at.e)
    levels.middle, before = to.middle, value(levels)
    left = np.ones(len(before), dtype=np.bool_)
    for k in range(HALVINGS):
        part = levels.toward(to, 0.5**k)
        better = left & (value(part) > before)
        levels.take(part, better)
        left &= ~better & (levels.gain(part) > SLIGHT)
        if not left.any():
            break
    x[places(counts)] = levels.draw_above(None)


def places(counts: Counts) -> NDArray[np.intp]:
    """Where the two national intercepts stand among the coordinates."""
    return np.array([2, 3 + counts.slopes[0]])
