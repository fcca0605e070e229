"""A statistic of several units beside its draws under the null: sums over groups, and p-values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

#: The alternative that :meth:`Resampled.sparse` is most sensitive to: this share of the units is
#: touched, and lies this many standard deviations high.
TOUCHED, HEIGHT = 0.05, 3.0
#: Draws that differ from the observed value by rounding only count as equal to it.
_TIE = 1e-9


@dataclass(frozen=True, slots=True)
class Resampled:
    """Observed values of k units, shape (k,), and r draws of them, shape (r, k)."""

    observed: Floats
    drawn: Floats

    def pvalues(self) -> Floats:
        """Upper tail (b + 1)/(r + 1) of each unit, shape (k,)."""
        tie = _TIE * np.maximum(np.abs(self.observed), 1.0)
        above = (self.drawn >= self.observed - tie).sum(axis=0)
        return np.asarray((above + 1) / (len(self.drawn) + 1))

    def z(self) -> Floats:
        """Observed and drawn values, standardised together: shape (r + 1, k), observed first.

        A unit whose draws are all alike is 0 throughout.
        """
        both = np.vstack([self.observed, self.drawn])
        deviation = both.std(axis=0)
        varies = deviation > _TIE
        return np.where(varies, (both - both.mean(axis=0)) / np.where(varies, deviation, 1.0), 0.0)

    def summed(self, group: Codes, groups: int) -> Resampled:
        """Sums over the units of each group; a unit of group −1 is in none."""
        order = np.argsort(group, kind="stable")
        order = order[np.searchsorted(group[order], 0) :]
        there, first = np.unique(group[order], return_index=True)
        observed, drawn = np.zeros(groups), np.zeros((len(self.drawn), groups))
        if len(there):
            observed[there] = np.add.reduceat(self.observed[order], first)
            drawn[:, there] = np.add.reduceat(self.drawn[:, order], first, axis=1)
        return Resampled(observed, drawn)

    def sparse(self, group: Codes, groups: int) -> Resampled:
        """For each group, evidence that a few of its units are high and the others as drawn.

        The log likelihood ratio of a mixture in which ``TOUCHED`` of the units have mean
        ``HEIGHT`` instead of 0, summed over the units; its law is taken from the draws.
        """
        z = self.z()
        gain = np.log1p(TOUCHED * np.expm1(np.minimum(HEIGHT * z - HEIGHT**2 / 2, 50.0)))
        return Resampled(gain[0], gain[1:]).summed(group, groups)
