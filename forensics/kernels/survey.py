"""Ratios estimated from a sample drawn by strata and clusters, with their design effect."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Ratio:
    """Σwy/Σwx of a sample (Cochran 1977; linearised variance).

    ``design_effect`` is the variance by that of a simple random sample of as many rows, drawn with the
    same correction for a finite number where there is one; ``freedom``
    is clusters less strata; ``alone`` the strata with a single cluster, whose variance is taken
    about the mean of all. Errors are ``None`` with fewer than two clusters.
    """

    value: float
    standard_error: float | None
    low: float | None
    high: float | None
    design_effect: float | None
    freedom: int
    alone: int


def ratio(
    y: Floats,
    x: Floats,
    *,
    weight: Floats | None = None,
    stratum: Codes | None = None,
    cluster: Codes | None = None,
    sampled: Floats | None = None,
    confidence_level: float = 0.95,
) -> Ratio:
    """Ratio of two totals from a stratified sample of clusters.

    Parameters
    ----------
    y, x : ndarray of float64, shape (n,)
        Of the sampled rows; Σwx > 0.
    weight : ndarray of float64, shape (n,), optional
        Inverse inclusion probabilities; 1 by default.
    stratum, cluster : ndarray of int, shape (n,), optional
        Codes; one stratum, and a cluster a row by default. A cluster lies in one stratum.
    sampled : ndarray of float64, shape (strata,), optional
        Share of each stratum's clusters that was drawn (finite population correction). The weights are
        then taken to add up to the rows of the population, for the design effect.
    confidence_level : float
    """
    n = len(y)
    w = np.ones(n) if weight is None else weight
    h = np.zeros(n, dtype=np.intp) if stratum is None else stratum
    c = np.arange(n) if cluster is None else cluster
    total = float(w @ x)
    value = float(w @ y) / total
    z = w * (y - value * x) / total
    pairs, of = np.unique(h * (int(c.max(initial=0)) + 1) + c, return_inverse=True)
    own = pairs // (int(c.max(initial=0)) + 1)
    sums = np.bincount(of, z)
    strata = int(h.max(initial=0)) + 1
    number = np.bincount(own, minlength=strata)
    freedom, alone = len(pairs) - int((number > 0).sum()), int((number == 1).sum())
    if len(pairs) < 2 or freedom < 1:
        return Ratio(value, None, None, None, None, freedom, alone)
    mean = np.bincount(own, sums, strata) / np.maximum(number, 1)
    # A cluster alone in its stratum has no neighbour to differ from: it departs from the grand mean.
    centre = np.where(number > 1, mean, sums.mean())
    square = np.bincount(own, (sums - centre[own]) ** 2, strata)
    factor = np.where(number > 1, number / np.maximum(number - 1, 1), 1.0)
    drawn = np.zeros(strata) if sampled is None else sampled
    variance = float(((1 - drawn) * factor * square).sum())
    residual = y - value * x
    middle = float(w @ residual) / float(w.sum())
    spread = float(w @ (residual - middle) ** 2) / float(w.sum()) * n / (n - 1)
    simple = spread / n / (total / float(w.sum())) ** 2
    if sampled is not None and float(w.sum()) > n:
        simple *= 1 - n / float(w.sum())
    error = math.sqrt(variance)
    half = float(stdtrit(freedom, (1 + confidence_level) / 2)) * error
    effect = variance / simple if simple > 0 else None
    return Ratio(value, error, value - half, value + half, effect, freedom, alone)
