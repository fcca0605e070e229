"""Ratios of a probability sample when some of what was drawn did not report."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, stdtr, stdtrit

from forensics.kernels.survey import Ratio, ratio
from forensics.observers.design import Design

Floats = NDArray[np.float64]

#: With fewer clusters, linearised intervals are too narrow: no p-value is given.
FEWEST_CLUSTERS = 20
#: Power at which the smallest difference that would have been found is stated.
POWER = 0.8


@dataclass(frozen=True, slots=True)
class Weighed:
    """A ratio of the precincts that reported, weighted up to those that did not.

    ``n`` reported, ``silent`` did not; ``clusters`` of those that did.
    """

    ratio: Ratio
    n: int
    silent: int
    clusters: int

    def share(self, confidence_level: float) -> tuple[float, float] | None:
        """Interval of a share of precincts, exact where it is near 0 or 1 (Korn and Graubard 1998).

        Clopper and Pearson's, with the effective number of precincts; where all are alike, with that
        of clusters. ``None`` with a single cluster.
        """
        value, error, freedom = self.ratio.value, self.ratio.standard_error, self.ratio.freedom
        if error is None or freedom < 1:
            return None
        number = float(self.clusters)
        if error > 0:
            wide = stdtrit(self.n - 1, (1 + confidence_level) / 2) / stdtrit(
                freedom, (1 + confidence_level) / 2
            )
            number = min(value * (1 - value) / error**2 * float(wide) ** 2, float(self.n))
        hits, tail = number * value, (1 - confidence_level) / 2
        low = 0.0 if value <= 0 else float(betaincinv(hits, number - hits + 1, tail))
        high = 1.0 if value >= 1 else float(betaincinv(hits + 1, number - hits, 1 - tail))
        return low, high

    @property
    def enough(self) -> bool:
        """Whether there are clusters enough for a p-value, and they differ at all."""
        return self.clusters >= FEWEST_CLUSTERS and bool(self.ratio.standard_error)

    def test(self, expected: float) -> tuple[float, float] | None:
        """Statistic and two-sided p-value of a difference from ``expected``; ``None`` if not enough."""
        if not self.enough or self.ratio.standard_error is None:
            return None
        t = (expected - self.ratio.value) / self.ratio.standard_error
        return t, 2 * float(stdtr(self.ratio.freedom, -abs(t)))

    def detectable(self, confidence_level: float) -> float | None:
        """Smallest difference that such a sample would find with probability ``POWER``."""
        if self.ratio.standard_error is None or not self.enough:
            return None
        freedom = self.ratio.freedom
        quantiles = stdtrit(freedom, (1 + confidence_level) / 2) + stdtrit(freedom, POWER)
        return float(quantiles) * self.ratio.standard_error


def weighed(y: Floats, x: Floats, design: Design, confidence_level: float) -> Weighed | None:
    """Σwy/Σwx over the precincts that have both; ``None`` where none has, or Σwx is 0.

    Within a stratum, what did not report is taken to be like what did: the weights of the others are
    raised to the same sum.

    Parameters
    ----------
    y, x : ndarray of float64, shape (n,)
        Of the sample, NaN where it was not reported.
    design : Design
    confidence_level : float
    """
    used = np.isfinite(y) & np.isfinite(x)
    if not used.any() or not float(x[used].sum()) > 0:
        return None
    strata = len(design.drawn)
    chosen = np.bincount(design.stratum, design.weight, strata)
    there = np.bincount(design.stratum[used], design.weight[used], strata)
    number = np.bincount(design.stratum, minlength=strata)
    answered = np.bincount(design.stratum[used], minlength=strata)
    with np.errstate(invalid="ignore", divide="ignore"):
        weight = design.weight * (chosen / there)[design.stratum]
    kept, stratum = np.unique(design.stratum[used], return_inverse=True)
    drawn = (design.drawn * answered / number)[kept]
    cluster = np.unique(design.cluster[used], return_inverse=True)[1]
    found = ratio(
        y[used],
        x[used],
        weight=weight[used],
        stratum=stratum.astype(np.intp),
        cluster=cluster.astype(np.intp),
        sampled=drawn,
        confidence_level=confidence_level,
    )
    return Weighed(found, int(used.sum()), int((~used).sum()), int(cluster.max()) + 1)
