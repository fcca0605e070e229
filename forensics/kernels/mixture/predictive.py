"""Elections that a fitted mixture would give, beside the one observed; and what honest kinds would."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from forensics.kernels.mixture import honest
from forensics.kernels.mixture.binomial_chain import score_binomial
from forensics.kernels.mixture.companion import companion
from forensics.kernels.mixture.evidence import log_likelihood
from forensics.kernels.mixture.model import Counts, Floats

#: Cells to a side of the comet that is compared.
SIDE = 20
#: From how many precincts on comets are drawn with so many cells to a side, and histograms in tenths.
FINER, TENTHS = ((10_000, 100), (1_000, 50)), 2_000
#: Percentages this near a multiple of five (points) count as round; both are high above this.
NEAR, HIGH = 0.05, 0.9
#: Numbers of honest kinds that are tried.
KINDS = (1, 2, 3, 4)


@dataclass(frozen=True, slots=True)
class Look:
    """What is compared: comets, histograms of turnout and share, precincts round and in the corner.

    ``cells`` (SIDE²,) are those by which elections are compared, ``comet`` those that are drawn; the
    last class of a histogram holds exactly 100 %.
    """

    cells: NDArray[np.int64]
    comet: NDArray[np.int64]
    turnout: NDArray[np.int64]
    share: NDArray[np.int64]
    round_turnout: float
    round_share: float
    corner: float


def side_of(m: int) -> int:
    """Cells to a side of a comet of m precincts."""
    return next((side for least, side in FINER if m >= least), SIDE)


def look(n: Floats, t: Floats, w: Floats) -> Look:
    """Summaries of one election; precincts where nobody turned out have no share.

    The model draws votes from the eligible, so a replicated election may have more of them than
    voters: such a share counts as 100 %.
    """
    whole = [n.astype(np.int64), t.astype(np.int64)]
    part = [t.astype(np.int64), np.minimum(w, t).astype(np.int64)]
    ratios = [np.divide(a, b, out=np.zeros(len(b)), where=b > 0) for a, b in zip(part, whole, strict=True)]
    classes = 1000 if len(n) >= TENTHS else 100
    # Whole numbers are divided, so that 7 of 10 fall on 70 % and not below it.
    histograms = [
        np.bincount(classes * a[b > 0] // b[b > 0], minlength=classes + 1)
        for a, b in zip(part, whole, strict=True)
    ]
    near = [float((np.abs(100 * v - 5 * np.rint(20 * v)) <= NEAR).mean()) for v in ratios]
    return Look(
        _cells(ratios, SIDE),
        _cells(ratios, side_of(len(n))),
        histograms[0],
        histograms[1],
        near[0],
        near[1],
        float(((ratios[0] > HIGH) & (ratios[1] > HIGH)).mean()),
    )


def _cells(ratios: list[Floats], side: int) -> NDArray[np.int64]:
    place = [np.minimum((values * side).astype(np.intp), side - 1) for values in ratios]
    return np.bincount(place[0] * side + place[1], minlength=side * side)


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


def score_mixture(known: Counts, left: Counts, rng: np.random.Generator) -> Floats:
    """Log likelihood (m,) of the precincts left at the companion's fit to those known."""
    none = np.zeros(len(left))
    return log_likelihood(left, companion(known).at, (none, none))


#: What scores precincts left out, by the model.
SCORES: Mapping[str, Callable[[Counts, Counts, np.random.Generator], Floats]] = MappingProxyType(
    {"qbl": score_mixture, "bl": score_binomial}
)


def predictive_scores(counts: Counts, rng: np.random.Generator, model: str = "qbl") -> Scores:
    """Two-fold scores: each half is scored by what was fitted to the other.

    Neither side has covariates or level effects. ``difference`` is the mixture less the best number
    of honest kinds, with its standard error over precincts.
    """
    half = rng.permutation(len(counts)) % 2
    mixture, of_kinds = np.empty(len(counts)), np.empty((len(KINDS), len(counts)))
    for fold in (0, 1):
        known, left = (
            Counts(counts.n[own], counts.t[own], counts.w[own]) for own in (half != fold, half == fold)
        )
        mixture[half == fold] = SCORES[model](known, left, rng)
        for row, k in enumerate(KINDS):
            kinds = honest.fit_kinds(known, k)
            of_kinds[row, half == fold] = honest.scores(left, kinds)
    means = of_kinds.mean(axis=1)
    apart = mixture - of_kinds[int(means.argmax())]
    return Scores(
        float(mixture.mean()),
        {k: float(mean) for k, mean in zip(KINDS, means, strict=True)},
        float(apart.mean()),
        float(apart.std(ddof=1) / np.sqrt(len(apart))),
    )
