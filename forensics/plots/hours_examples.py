"""Invented pictures of turnout through the day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

Columns = dict[str, Any]


def _intraday_curves() -> tuple[Columns, Columns]:
    hour = np.arange(8, 21)
    day = 4 + 6 * np.exp(-(((hour - 12) / 3) ** 2))
    flagged = [day + 1.2 * np.sin(hour), day + np.cos(2 * hour)]
    flagged[0][5] += 9
    flagged[1][8] += 11
    none = np.full(26, np.nan)
    burst = np.zeros(39, dtype=bool)
    burst[[18, 34]] = True
    return {
        "series": np.repeat(["all precincts", "flagged 1", "flagged 2"], 13),
        "until": np.tile([f"{h}:00" for h in hour], 3),
        "percent": np.concatenate([day, *flagged]),
        "low": np.concatenate([0.6 * day, none]),
        "high": np.concatenate([1.5 * day, none]),
        "burst": burst,
    }, {}


def _burst_routes() -> tuple[Columns, Columns]:
    rng = np.random.default_rng(8)
    lon, lat = rng.normal(30, 0.1, 24), rng.normal(50, 0.06, 24)
    stops = [np.argsort(lon)[4:12], np.argsort(lat)[10:15]]
    times = [f"{9 + i}:30" for i in range(8)] + [f"{13 + i}:00" for i in range(5)]
    return {
        "lon": np.concatenate([lon, *(lon[s] for s in stops)]),
        "lat": np.concatenate([lat, *(lat[s] for s in stops)]),
        "route": np.array(["-"] * 24 + ["1: 9:30 to 16:30"] * 8 + ["2: 13:00 to 17:00"] * 5),
        "until": np.array(["-"] * 24 + times),
    }, {}


HOURS: Mapping[str, Callable[[], tuple[Columns, Columns]]] = MappingProxyType(
    {"burst_routes": _burst_routes, "intraday_curves": _intraday_curves}
)
