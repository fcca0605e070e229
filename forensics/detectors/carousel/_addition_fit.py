"""One column of list additions, fitted nationally: flags, clusters of territories, neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit
from scipy.stats import false_discovery_control

from forensics.detectors.carousel import _movers
from forensics.detectors.carousel._additions import WHOLE, Additions, is_by_rule
from forensics.detectors.streams import Streams
from forensics.detectors.venues import Venues
from forensics.kernels.high_counts import HighCounts, high_counts
from forensics.kernels.neighbour_pairs import nearest_within, shuffled_products
from forensics.kernels.spatial import on_sphere
from forensics.scope import Scope
from forensics.tables.returns import Returns

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Flags = NDArray[np.bool_]

#: With fewer clusters an interval says little.
CLUSTERS = 20
#: Territories that a finding lists.
LISTED = 10
#: Standardised residuals are cut here where neighbours are compared.
CLIP = 3.0


@dataclass(frozen=True, slots=True)
class Settings:
    """What the caller asked for."""

    minimum: int
    rate: float
    confidence_level: float
    n_resamples: int
    streams: Streams


@dataclass(frozen=True, slots=True)
class Fitted:
    """The fit. ``kept`` are the m rows used of the returns'; ``group`` (m,) their territories.

    ``flagged`` and ``whole`` (the list is made up of additions altogether) speak of all rows;
    ``shared`` are adjusted p-values of the territories, NaN where not tested.
    """

    returns: Returns
    venues: Venues
    listed: Additions
    registered: Floats
    home: str | None
    kept: Codes
    group: Codes
    whole: Flags
    by_rule: bool
    high: HighCounts
    flagged: Flags
    territories: tuple[Scope, ...]
    shared: Floats


def fit(returns: Returns, place: Venues, listed: Additions, settings: Settings) -> Fitted:
    """Expectations of every precinct and territory, and the flags."""
    registered = returns.counts("registered")
    home, homes = _movers.homes(returns)
    with np.errstate(invalid="ignore"):
        whole = (registered > 0) & (listed.x >= WHOLE * registered)
        known = (registered >= settings.minimum) & (listed.x >= 0) & (homes >= 0)
    by_rule = any(
        is_by_rule(listed.x[known & (unit >= 0)], unit[known & (unit >= 0)])
        for unit in (returns.units(level).codes for level in returns.levels or ())
    )
    kept = np.flatnonzero(known & ~place.special & ~(whole & (not by_rule)))
    there, group = np.unique(homes[kept], return_inverse=True)
    high = high_counts(listed.x[kept], registered[kept], group.astype(np.intp))
    flagged = np.zeros(len(returns), dtype=np.bool_)
    if len(kept):
        flagged[kept] = false_discovery_control(high.pvalue) <= settings.rate
    shared = high.territory_pvalue.copy()
    tested = ~np.isnan(shared)
    if tested.any():
        shared[tested] = false_discovery_control(shared[tested])
    scopes = returns.units(home).scopes
    return Fitted(
        returns, place, listed, registered, home, kept, group.astype(np.intp), whole, by_rule,
        high, flagged, tuple(scopes[i] for i in there), shared,
    )  # fmt: skip


def territories_inside(fitted: Fitted, unit: Codes) -> Codes:
    """Unit that each territory lies in altogether, −1 where there is none.

    Parameters
    ----------
    fitted : Fitted
    unit : ndarray of intp, shape (m,)
        Unit of each row kept, −1 where it has none.
    """
    k = len(fitted.territories)
    low, high = np.full(k, np.iinfo(np.intp).max), np.full(k, -1)
    np.minimum.at(low, fitted.group, unit)
    np.maximum.at(high, fitted.group, unit)
    return np.where(low == high, high, -1)


def ratio(x: Floats, size: Floats, group: Codes, level: float) -> tuple[float, float | None]:
    """Σx/Σsize and half of its interval, by territories where there are enough (Cochran 1977, 6.4)."""
    total = float(size.sum())
    if not total:
        return 0.0, None
    rate = float(x.sum()) / total
    residual = np.asarray(x - rate * size, dtype=np.float64)
    codes = np.unique(group, return_inverse=True)[1]
    if int(codes.max()) + 1 >= CLUSTERS:
        residual = np.bincount(codes, residual).astype(np.float64)
    number = len(residual)
    if number < 2:
        return rate, None
    error = float(np.sqrt(number / (number - 1) * (residual**2).sum())) / total
    return rate, float(stdtrit(number - 1, (1 + level) / 2)) * error


def clusters(fitted: Fitted, inside: Codes, rate: float) -> dict[str, Any]:
    """Territories beyond the others, the highest first.

    Parameters
    ----------
    fitted : Fitted
    inside : ndarray of intp
        Territories of the scope.
    rate : float
        False discovery rate.
    """
    tested = inside[~np.isnan(fitted.shared[inside])]
    beyond = tested[fitted.shared[tested] <= rate]
    beyond = beyond[np.lexsort((beyond, fitted.high.territory_pvalue[beyond]))]
    added = np.bincount(fitted.group, fitted.listed.x[fitted.kept])
    size = np.bincount(fitted.group)
    return {
        "territories": len(tested),
        "territories_flagged": len(beyond),
        "clusters": [
            [
                fitted.territories[t].key, int(size[t]), int(added[t]), float(fitted.high.expected[t]),
                float(fitted.high.territory_pvalue[t]), float(fitted.shared[t]),
            ]
            for t in beyond[:LISTED]
        ],
    }  # fmt: skip


def neighbours(fitted: Fitted, settings: Settings) -> dict[str, Any] | None:
    """Whether high residuals lie side by side, by coordinates or by the order of the precincts."""
    returns, kept = fitted.returns, fitted.kept
    mean = fitted.high.mean
    deviation = np.sqrt(mean + mean**2 / fitted.high.phi)
    apart = np.where(deviation > 0, (fitted.listed.x[kept] - mean) / np.maximum(deviation, 1e-12), 0.0)
    if returns.has("lat", "lon"):
        by, places = "distance", on_sphere(returns.counts("lat")[kept], returns.counts("lon")[kept])
    else:
        names = returns.frame["precinct"].astype("str").str.replace(r"\D", "", regex=True)
        number = names.where(names != "", None).astype("float64").to_numpy()
        by, places = "number", np.asarray(number[kept][:, None], dtype=np.float64)
    # In an order that does not depend on that of the rows.
    order = np.lexsort((apart, fitted.registered[kept], *places.T[::-1], fitted.group))
    group = fitted.group[order]
    found = shuffled_products(
        np.clip(apart, -CLIP, CLIP)[order],
        nearest_within(places[order], group),
        group,
        n_resamples=settings.n_resamples,
        rng=settings.streams.of("neighbours", fitted.listed.quantity),
    )
    if found is None:
        return None
    return {"by": by, "pairs": found.pairs, "correlation": found.correlation, "pvalue": found.pvalue}
