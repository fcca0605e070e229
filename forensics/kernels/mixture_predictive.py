"""Elections that a fitted mixture would give, beside the one observed; and what honest kinds would."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forensics.kernels import mixture_honest
from forensics.kernels.mixture_companion import companion
from forensics.kernels.mixture_evidence import log_likelihood
from forensics.kernels.mixture_model import Counts, Floats

#: Cells to a side of the comet that is compared, and classes of the histogram of turnout.
SIDE, CLASSES = 20, 100
#: Percentages this near a multiple of five (points) count as round; both are high above this.
NEAR, HIGH = 0.05, 0.9
#: Numbers of honest kinds that are tried, and rounds of candidates for the mixture's score.
KINDS, ROUNDS = (1, 2, 3, 4), 16


@dataclass(frozen=True, slots=True)
class Look:
    """What is compared: cells of the comet, histogram of turnout, shares round and in the corner."""

    cells: NDArray[np.int64]
    turnout: NDArray[np.int64]
    round_turnout: float
    round_share: float
    corner: float


def look(n: Floats, t: Floats, w: Floats) -> Look:
    """Summaries of one election; precincts where nobody turned out have no share."""
    turnout = t / n
    share = np.divide(w, t, out=np.zeros_like(t), where=t > 0)
    place = [np.minimum((values * SIDE).astype(np.intp), SIDE - 1) for values in (turnout, share)]
    near = [float((np.abs(100 * v - 5 * np.rint(20 * v)) <= NEAR).mean()) for v in (turnout, share)]
    return Look(
        np.bincount(place[0] * SIDE + place[1], minlength=SIDE * SIDE),
        np.bincount((turnout * CLASSES).astype(np.intp), minlength=CLASSES + 1),
        near[0],
        near[1],
        float(((turnout > HIGH) & (share > HIGH)).mean()),
    )


def misplaced(observed: Look, replicated: list[Look]) -> tuple[float, float]:
    """Share of precincts to move from one comet to the other: observed from the mean of the
    replicates, and a replicate from the mean of the others (what chance gives)."""
    cells = np.array([one.cells for one in replicated], dtype=np.float64)
    total = float(observed.cells.sum())
    apart = float(np.abs(observed.cells - cells.mean(axis=0)).sum() / (2 * total))
    if len(cells) < 2:
        return apart, float("nan")
    others = (cells.sum(axis=0) - cells) / (len(cells) - 1)
    return apart, float((np.abs(cells - others).sum(axis=1) / (2 * total)).mean())


@dataclass(frozen=True, slots=True)
class Scores:
    """Mean log predictive score per precinct left out: the mixture and honest kinds by their number."""

    mixture: float
    honest: dict[int, float]
    difference: float
    error: float


def predictive_scores(counts: Counts, rng: np.random.Generator) -> Scores:
    """Two-fold scores: each half is scored by what was fitted to the other.

    Neither side has covariates or level effects. ``difference`` is the mixture less the best number
    of honest kinds, with its standard error over precincts.
    """
    half = rng.permutation(len(counts)) % 2
    mixture, honest = np.empty(len(counts)), np.empty((len(KINDS), len(counts)))
    for fold in (0, 1):
        known, left = (
            Counts(counts.n[own], counts.t[own], counts.w[own]) for own in (half != fold, half == fold)
        )
        none = np.zeros(len(left))
        fitted = companion(known, rounds=3)
        mixture[half == fold] = log_likelihood(left, fitted.phi, (none, none), rng, ROUNDS)[0]
        for row, k in enumerate(KINDS):
            kinds = mixture_honest.fit_kinds(known, k)
            honest[row, half == fold] = mixture_honest.scores(left, kinds)
    means = honest.mean(axis=1)
    apart = mixture - honest[int(means.argmax())]
    return Scores(
        float(mixture.mean()),
        {k: float(mean) for k, mean in zip(KINDS, means, strict=True)},
        float(apart.mean()),
        float(apart.std(ddof=1) / np.sqrt(len(apart))),
    )
