"""What two rounds show in one scope: slopes, change of turnout and matrix, each with its interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from forensics.detectors.turnout._rounds import Rounds
from forensics.finding import Interval
from forensics.kernels.flow import (
    Products,
    Within,
    cluster_products,
    jackknife_error,
    leave_one_out,
    mean_change,
    pooled,
    resampled,
    slopes,
)
from forensics.kernels.transfer import Bounds, transfer_bounds, transfers

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Columns of the rounds' z before those of the options: t1, t2, w1, w2.
FIRST = 4
#: Less than this beyond a bound is rounding.
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Matrix:
    """Transfer matrix, float64 of shape (from, to); ``low``, ``high`` where there are clusters."""

    share: Floats
    bounds: Bounds
    low: Floats | None
    high: Floats | None

    @property
    def outside(self) -> int:
        """Estimates that the margins rule out: voters of one option do not divide alike everywhere."""
        below, above = self.bounds.low - self.share, self.share - self.bounds.high
        return int((np.maximum(below, above) > ROUNDING).sum())

    def to_dict(self, names: tuple[tuple[str, ...], tuple[str, ...]]) -> dict[str, Any]:
        """The entry ``transfer`` of a finding's detail."""
        return {
            "from": list(names[0]),
            "to": list(names[1]),
            "share": self.share.tolist(),
            "low": None if self.low is None else self.low.tolist(),
            "high": None if self.high is None else self.high.tolist(),
            "bounds_low": self.bounds.low.tolist(),
            "bounds_high": self.bounds.high.tolist(),
        }


@dataclass(frozen=True, slots=True)
class Number:
    """An estimate with its interval; both ``None`` where it is not defined."""

    value: float | None
    interval: Interval | None

    @property
    def bounds(self) -> list[float] | None:
        """The interval as a pair."""
        return None if self.interval is None else [self.interval.low, self.interval.high]


@dataclass(frozen=True, slots=True)
class Estimates:
    """Numbers of one scope; slopes and matrix are ``None`` where the option did not stand before."""

    change: Number
    deviation: float
    added: Number
    plain: Number
    cross_section: list[float | None] | None
    noise_share: float | None
    matrix: Matrix | None

    def to_dict(self, names: tuple[tuple[str, ...], tuple[str, ...]]) -> dict[str, Any]:
        """The estimates as entries of a finding's detail."""
        return {
            "slope_added_turnout": self.added.value,
            "slope_added_turnout_interval": self.added.bounds,
            "slope_plain": self.plain.value,
            "slope_plain_interval": self.plain.bounds,
            "slope_cross_section": self.cross_section,
            "noise_share": self.noise_share,
            "turnout_change": [self.change.value, self.change.bounds, self.deviation],
            "transfer": self.matrix.to_dict(names) if self.matrix else None,
            "outside_bounds": self.matrix.outside if self.matrix else None,
        }


def estimate(
    rounds: Rounds,
    rows: Codes,
    group: Codes,
    cluster: Codes | None,
    *,
    with_flow: bool,
    confidence_level: float,
    n_resamples: int,
    rng: np.random.Generator,
) -> Estimates:
    """Estimate in one scope.

    Parameters
    ----------
    rows : ndarray of intp, shape (m,)
        The pairs of the scope.
    group, cluster : ndarray of intp, shape (m,)
        Units within which precincts are compared, and those that may err together, codes from 0;
        without clusters no interval is given.
    with_flow : bool
        Whether there are pairs enough for slopes and matrix.
    """
    weight = rounds.registered[1][rows]
    products = cluster_products(
        rounds.z[rows],
        weight,
        rounds.noise[rows],
        np.arange(len(rows), dtype=np.intp) if cluster is None else cluster,
        group,
    )
    whole = pooled(products)
    spared = None if cluster is None else pooled(products, leave_one_out(len(products)))

    def number(value: Floats, without: Floats | None) -> Number:
        return _number(value, without, confidence_level)

    change = number(mean_change(whole), None if spared is None else mean_change(spared))
    d = whole.deviations[0]
    deviation = float(np.sqrt(max(d[0, 0] + d[1, 1] - 2 * d[0, 1], 0.0) / whole.total[0, 0]))
    nothing = Number(None, None)
    if rounds.gain is None or not with_flow:
        return Estimates(change, deviation, nothing, nothing, None, None, None)
    all_, left = slopes(whole), None if spared is None else slopes(spared)
    return Estimates(
        change=change,
        deviation=deviation,
        added=number(all_.added, None if left is None else left.added),
        plain=number(all_.plain, None if left is None else left.plain),
        cross_section=[_finite(all_.before), _finite(all_.now)],
        noise_share=_finite(all_.noise_share),
        matrix=_matrix(
            rounds, rows, whole, None if cluster is None else products, confidence_level, n_resamples, rng
        ),
    )


def _matrix(
    rounds: Rounds,
    rows: Codes,
    whole: Within,
    products: Products | None,
    confidence_level: float,
    n_resamples: int,
    rng: np.random.Generator,
) -> Matrix:
    """The matrix with percentile intervals; ``products`` are those of the clusters to resample."""
    x, y = rounds.x[rows], rounds.y[rows]
    k, j = x.shape[1], y.shape[1]
    low = high = None
    if products is not None:
        again = pooled(products, resampled(len(products), n_resamples, rng))
        tail = (1 - confidence_level) / 2
        low, high = np.quantile(transfers(again, FIRST, k, j), [tail, 1 - tail], axis=0)
    share = transfers(whole, FIRST, k, j)[0]
    return Matrix(share, transfer_bounds(x, y, rounds.registered[1][rows]), low, high)


def _number(value: Floats, without: Floats | None, confidence_level: float) -> Number:
    """The estimate with an interval from leaving out one cluster after another."""
    middle = _finite(value)
    if middle is None or without is None or not np.isfinite(without).all():
        return Number(middle, None)
    half = student.ppf((1 + confidence_level) / 2, len(without) - 1) * jackknife_error(without)
    return Number(middle, Interval(middle - float(half), middle + float(half), confidence_level))


def _finite(value: Floats) -> float | None:
    return float(value[0]) if np.isfinite(value[0]) else None
