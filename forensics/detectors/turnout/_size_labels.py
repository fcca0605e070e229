"""Scores of precincts among their neighbours, and labels of size moved within each unit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forensics.detectors.turnout._neighbourhoods import Neighbours
from forensics.kernels import within

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Scores:
    """z of turnout and share, and the score, under one treatment of the gradient."""

    z_t: Floats
    z_v: Floats
    score: NDArray[np.int64]


def scores_of(rows: Neighbours, gradient: str, threshold: float) -> Scores:
    """Scores with the dependence on size ``"removed"`` (a line per top-level unit) or ``"kept"``."""
    t, v = rows.t, rows.v
    if gradient == "removed":
        t = within.without_size(t, rows.size, rows.size, rows.group, rows.top)
        v = within.without_size(v, rows.ballots, rows.size, rows.group, rows.top)
    z_t = within.leave_one_out(t, rows.size, rows.group)
    z_v = within.leave_one_out(v, rows.ballots, rows.group)
    return Scores(z_t, z_v, within.quadrant_score(z_t, z_v, threshold))


@dataclass(frozen=True, slots=True)
class Cells:
    """Used precincts in the units of one level: labels move within (unit, neighbourhood)."""

    known: Flags
    unit: Codes
    group: Codes
    unit_of_group: Codes
    n_units: int

    def permuted(
        self, scores: Scores, small: Flags, n_resamples: int, rng: np.random.Generator
    ) -> within.Permuted:
        """Labels ``small`` (one per used precinct) permuted; 0 resamples: exact moments only."""
        return within.permute_within(
            scores.score[self.known],
            small[self.known],
            self.group,
            self.unit_of_group,
            n_units=self.n_units,
            n_resamples=n_resamples,
            rng=rng,
        )

    def counts(self, rows: Flags) -> NDArray[np.int64]:
        """Number of used precincts in each unit for which a flag is set."""
        return np.bincount(self.unit[rows[self.known]], minlength=self.n_units).astype(np.int64)


def cells_of(unit: Codes, group: Codes, n_units: int) -> Cells:
    """Cells of the used precincts whose unit (code ≥ 0) is known."""
    known = unit >= 0
    pairs = np.stack([unit[known], group[known]])
    unique, cell = np.unique(pairs, axis=1, return_inverse=True)
    return Cells(known, unit[known], cell.ravel().astype(np.intp), unique[0], n_units)


@dataclass(frozen=True, slots=True)
class Reading:
    """Difference of mean scores, its z and p; ``None`` where no label can move."""

    difference: float | None
    deviation: float
    z: float | None
    pvalue: float | None


def readings_of(moved: within.Permuted, n_resamples: int) -> list[Reading]:
    """One reading per unit; the p-value is (b+1)/(m+1), one-sided for an excess of the labelled."""
    result = []
    for i in range(len(moved.total)):
        excess, variance = float(moved.total[i] - moved.mean[i]), float(moved.variance[i])
        weight = float(moved.weight[i])
        if weight <= 0 or variance <= 0:
            result.append(Reading(None, 0.0, None, None))
            continue
        deviation = variance**0.5
        pvalue = (int(moved.exceeding[i]) + 1) / (n_resamples + 1) if n_resamples else None
        result.append(Reading(excess / weight, deviation / weight, excess / deviation, pvalue))
    return result
