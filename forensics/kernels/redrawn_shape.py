"""Dip, skewness and kurtosis of ratios against redraws from a smooth heterogeneity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forensics.kernels.dip import dip
from forensics.kernels.heterogeneity import Heterogeneity, logits
from forensics.kernels.shape import skewness_kurtosis

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

#: Samples larger than this are counted into cells first, observed and redrawn alike: an isotonic
#: fit of 20,000 cells takes a tenth of the time, and a cell holds less than any dip that matters.
LARGE, CELLS = 20_000, 20_000


@dataclass(frozen=True, slots=True)
class RedrawnShape:
    """One sample; a first axis for the ratio and, where asked for, its logit.

    ``dip`` is the mean over jitters and ``pvalue`` the mean of (b + 1)/(m + 1) over them; ``dips``,
    ``skewness`` and ``kurtosis`` of shape (1 or 2, m) are those of the m redraws.
    """

    dip: tuple[float, ...]
    pvalue: tuple[float, ...]
    dips: Floats
    skewness: Floats
    kurtosis: Floats


def redrawn_shape(
    x: Floats,
    model: Heterogeneity,
    samples: Sequence[Rows],
    n_resamples: int,
    jitters: int,
    logit: bool,
    rng: np.random.Generator,
) -> list[RedrawnShape]:
    """Shape of each sample and of its redraws.

    Counts are jittered by U(−½, ½) before each dip, because ratios of small numbers tie.

    Parameters
    ----------
    x : ndarray of float64, shape (m,)
        Counts, 0 ≤ x ≤ n.
    model : Heterogeneity
        Null that all of them are redrawn from together.
    samples : sequence of ndarray of intp
        Rows of each sample; they may overlap.
    n_resamples, jitters : int
        Redraws, and jitters of the observed counts.
    logit : bool
        Whether to look at the logit of each ratio too.
    """
    scales = 2 if logit else 1
    seen = np.zeros((scales, len(samples), jitters))
    dips = np.zeros((scales, len(samples), n_resamples))
    moments = np.zeros((2, scales, len(samples), n_resamples))
    n = model.n.astype(np.float64)
    joined = np.concatenate(samples)
    starts = np.cumsum([0, *(len(rows) for rows in samples[:-1])])
    for j in range(jitters):
        for scale, values in enumerate(_ratios(x + rng.uniform(-0.5, 0.5, len(x)), n, logit)):
            seen[scale, :, j] = [_dip(values[rows]) for rows in samples]
    for b in range(n_resamples):
        drawn = model.redraw(rng).astype(np.float64)
        for scale, values in enumerate(_ratios(drawn, n, logit)):
            moments[:, scale, :, b] = skewness_kurtosis(values[joined], starts)
        for scale, values in enumerate(_ratios(drawn + rng.uniform(-0.5, 0.5, len(x)), n, logit)):
            dips[scale, :, b] = [_dip(values[rows]) for rows in samples]
    reached = (dips[:, :, None, :] >= seen[:, :, :, None]).sum(axis=-1)
    pvalues = ((reached + 1) / (n_resamples + 1)).mean(axis=-1)
    return [
        RedrawnShape(
            tuple(float(value) for value in seen[:, i].mean(axis=-1)),
            tuple(float(value) for value in pvalues[:, i]),
            dips[:, i],
            moments[0, :, i],
            moments[1, :, i],
        )
        for i in range(len(samples))
    ]


def _ratios(x: Floats, n: Floats, logit: bool) -> list[Floats]:
    return [x / n, logits(x, n)] if logit else [x / n]


def _dip(values: Floats) -> float:
    if len(values) <= LARGE:
        return dip(values).dip
    low, high = float(values.min()), float(values.max())
    cell = ((values - low) * (CELLS / max(high - low, 1e-300))).astype(np.intp)
    times = np.bincount(cell)
    there = np.flatnonzero(times)
    return dip(there.astype(np.float64), times[there]).dip
