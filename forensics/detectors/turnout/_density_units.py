"""One quantity's fine distribution, compared scope by scope with its exact null."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from forensics.detectors.streams import Streams
from forensics.detectors.turnout._percentages import ratio_of
from forensics.kernels.beta_binomial import Cells, Mixture, cells, choose, fit
from forensics.kernels.density import bin_of, drawn_counts, expected_counts
from forensics.kernels.envelope import Spikes, published_share, spikes
from forensics.kernels.mixture.checks import bands, displaced
from forensics.scope import Scope
from forensics.tables.returns import Returns

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Rows = NDArray[np.intp]

#: Below this many precincts nothing is computed: a bin would hold less than one.
FEWEST = 500
#: Coarser cells and fewer iterations for the units of a level, which start from the whole's mixture.
UNIT_CELLS, UNIT_ITERATIONS = (1.5, 0.04), 25
#: Precincts whose redraws carry the uncertainty of the mixture into the interval.
PROBES = 500
#: Bands of the share with fewer precincts than this, observed and predicted, have no ratio.
IN_BAND = 20
#: Numbers of resamples at which the published rule is evaluated, for comparison with the literature.
PUBLISHED = (20, 100, 1000)


@dataclass(frozen=True, slots=True)
class Settings:
    """What is the same for every quantity."""

    returns: Returns
    minimum: int
    bins: int
    level: float
    n_resamples: int | None
    confidence_level: float
    streams: Streams


@dataclass(frozen=True, slots=True)
class Compared:
    """Counts per bin, shape (bins + 1,), against their null; ``deviation`` is the mixture's part.

    ``misfit`` holds [low, high, observed, predicted, ratio] per band, ``literature`` [R, percent].
    """

    mixture: Mixture
    observed: Floats
    mean: Floats
    found: Spikes
    deviation: float
    misfit: list[list[float | None]]
    literature: list[list[float]]


@dataclass(frozen=True, slots=True)
class Unit:
    """One scope: row numbers in the returns, rows left out; not compared where there are too few."""

    scope: Scope
    rows: Rows
    excluded: int
    compared: Compared | None


class Distribution:
    """Counts x of wholes n of the precincts included; the mixture of all is fitted once."""

    def __init__(self, settings: Settings, x: Floats, n: Floats) -> None:
        self.settings = settings
        ratio = ratio_of(x, n)
        self.keep = ratio.known & (ratio.n >= settings.minimum)
        self.rows = np.flatnonzero(self.keep)
        self.x, self.n = ratio.x[self.rows], ratio.n[self.rows]
        self.bin = bin_of(self.x, self.n, settings.bins)

    @cached_property
    def cells(self) -> Cells:
        """All included precincts as one unit."""
        return cells(self.x, self.n, np.zeros(len(self.x), dtype=np.intp), 1)

    @cached_property
    def mixture(self) -> Mixture:
        """Mixture of all included precincts."""
        return choose(self.cells)

    def units(self, level: str | None) -> Iterator[Unit]:
        """Scopes of a level, those with enough precincts compared with their own null."""
        units = self.settings.returns.units(level)
        m = len(units.scopes)
        left_out = units.codes[~self.keep]
        excluded = np.bincount(left_out[left_out >= 0], minlength=m)
        code = units.codes[self.rows]
        order = np.argsort(code, kind="stable")
        edges = np.searchsorted(code[order], np.arange(m + 1))
        large = np.flatnonzero(np.diff(edges) >= FEWEST)
        parts = [order[edges[i] : edges[i + 1]] for i in range(m)]
        compared = dict(zip(large.tolist(), self._compare([parts[i] for i in large], level), strict=True))
        for i, scope in enumerate(units.scopes):
            yield Unit(scope, self.rows[parts[i]], int(excluded[i]), compared.get(i))

    def _compare(self, parts: list[Rows], level: str | None) -> Iterator[Compared]:
        """Each part (rows of the included precincts) against its null, all fitted together."""
        if not parts:
            return
        settings, bins, units = self.settings, self.settings.bins, len(parts)
        rows = np.concatenate(parts)
        unit = np.repeat(np.arange(units), [len(part) for part in parts])
        x, n = self.x[rows], self.n[rows]
        mixture = self.mixture
        if level is not None:
            coarse = cells(x, n, unit, units, coarse=UNIT_CELLS)
            mixture = fit(coarse, mixture.repeat(units), iterations=UNIT_ITERATIONS)
        null = expected_counts(x, n, unit, mixture, bins)
        for i, part in enumerate(parts):
            x, n, own = self.x[part], self.n[part], mixture.unit(i)
            observed = np.bincount(self.bin[part], minlength=bins + 1).astype(np.float64)
            mean, variance = null.mean[i], null.variance[i]
            found = spikes(observed, mean, variance, settings.level, limit=self._drawn(x, n, own, level, i))
            yield Compared(
                mixture=own,
                observed=observed,
                mean=mean,
                found=found,
                deviation=self._parameter_deviation(found) if level is None else 0.0,
                misfit=_misfit(x, n, own),
                literature=[
                    [float(r), 100 * published_share(observed, mean, variance, r)] for r in PUBLISHED
                ],
            )

    def _drawn(
        self, x: Integers, n: Integers, mixture: Mixture, level: str | None, unit: int
    ) -> Floats | None:
        """The quantile at the fixed level of drawn counts, where resamples were asked for."""
        settings = self.settings
        if settings.n_resamples is None:
            return None
        rng = settings.streams.of(level, unit)
        drawn = drawn_counts(x, n, mixture, settings.bins, settings.n_resamples, rng)
        above = int(settings.level * (settings.n_resamples + 1) + 1e-9)
        return np.asarray(np.sort(drawn, axis=0)[-above], dtype=np.float64)

    def _parameter_deviation(self, found: Spikes) -> float:
        """Standard deviation of the flagged share by the uncertainty of the mixture of all."""
        if not found.flagged.any():
            return 0.0
        order = np.argsort(self.x / self.n, kind="stable")
        step = max(1, len(order) // PROBES)
        probes = order[step // 2 :: step]
        moved = displaced(self.cells, self.mixture)
        sets = len(moved.w)
        x, n = np.tile(self.x[probes], sets), np.tile(self.n[probes], sets)
        null = expected_counts(x, n, np.repeat(np.arange(sets), len(probes)), moved, self.settings.bins)
        share = null.mean[:, found.flagged].sum(axis=1) / len(probes)
        return float(((share[0::2] - share[1::2]) ** 2).sum() ** 0.5)


def _misfit(x: Integers, n: Integers, mixture: Mixture) -> list[list[float | None]]:
    """Bands [low, high, observed, predicted, ratio]; no ratio where a band holds few."""
    observed, predicted = (values.tolist() for values in bands(x, n, mixture))
    number = len(observed)
    rows: list[list[float | None]] = []
    for band, (seen, said) in enumerate(zip(observed, predicted, strict=True)):
        ratio = seen / max(said, 1.0) if max(seen, said) >= IN_BAND else None
        rows.append([band / number, (band + 1) / number, seen, said, ratio])
    return rows
