"""Pictures of the hours: days with bursts among all others, and routes on the map."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from forensics.detectors.carousel._readings import Intervals
from forensics.messages.message import Sentences
from forensics.picture import Picture

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Codes = NDArray[np.intp]

#: Days drawn, and routes of one unit.
DAYS, ROUTES = 4, 3

SAY = Sentences(
    "hourly_turnout.pictures",
    title="Voters through the day",
    caption="Voters of each interval, % of the precinct's voters ({n:,} precincts): median and the middle "
    "95 % of all, and the {shown} flagged precincts with the largest bursts (marked).",
    caption_none="Voters of each interval, % of the precinct's voters ({n:,} precincts): median and the "
    "middle 95 % of all; no precinct is flagged.",
    xlabel="interval until",
    ylabel="voters of the interval, %",
    all="all precincts",
    flagged="flagged {number}",
    title_route="Bursts from precinct to precinct: {unit}",
    caption_route="The unit with the largest lagged products (z = {z:.1f}; {n:,} precincts). Lines: the "
    "chains of bursts that one vehicle could drive, arrows in the order of time; circles: precincts, those "
    "of one building upon each other.",
    route="{number}: {first} to {last}",
)


def intraday_curves(intervals: Intervals, steps: Floats, burst: Flags, flagged: Codes) -> Picture:
    """The profile of all precincts, and the days of the first of those flagged.

    Parameters
    ----------
    steps : ndarray of float64, shape (m, k)
        Of the precincts used.
    burst : ndarray of bool, shape (m, k)
        Intervals that are marked.
    flagged : ndarray of intp
        Rows, the most conspicuous first.
    """
    total = np.maximum(steps.sum(axis=1, keepdims=True), 1.0)
    percent = 100 * steps / total
    k, shown = len(intervals), flagged[:DAYS]
    low, middle, high = np.quantile(percent, [0.025, 0.5, 0.975], axis=0)
    nothing = np.full(k * len(shown), np.nan)
    names = [str(SAY("flagged", number=i + 1)) for i in range(len(shown))]
    words = {"n": len(steps), "shown": len(shown)} if len(shown) else {"n": len(steps)}
    return Picture(
        figure="intraday_curves",
        name="hourly_turnout-bursts",
        title=SAY("title"),
        caption=SAY("caption" if len(shown) else "caption_none", **words),
        columns={
            "series": np.repeat([str(SAY("all")), *names], k),
            "until": np.tile(np.array(intervals.labels), 1 + len(shown)),
            "percent": np.concatenate([middle, percent[shown].ravel()]),
            "low": np.concatenate([low, nothing]),
            "high": np.concatenate([high, nothing]),
            "burst": np.concatenate([np.zeros(k, dtype=np.bool_), burst[shown].ravel()]),
        },
        labels={"xlabel": SAY("xlabel"), "ylabel": SAY("ylabel")},
    )


#: The row of a precinct that is no stop.
PLACE = "-"


def burst_routes(
    lon: Floats, lat: Floats, routes: Sequence[Sequence[tuple[int, str]]], unit: str, z: float
) -> Picture:
    """Precincts of one unit on the map, and chains of bursts among them.

    Parameters
    ----------
    lon, lat : ndarray of float64, shape (m,)
        Degrees.
    routes : sequence of chains of (row, time)
    """
    names = [
        str(SAY("route", number=number, first=route[0][1], last=route[-1][1]))
        for number, route in enumerate(routes, start=1)
    ]
    rows = [(row, time, name) for name, route in zip(names, routes, strict=True) for row, time in route]
    at = np.array([row for row, _, _ in rows], dtype=np.intp)
    m = len(lon)
    return Picture(
        figure="burst_routes",
        name="hourly_turnout-routes",
        title=SAY("title_route", unit=unit),
        caption=SAY("caption_route", z=z, n=m),
        columns={
            "lon": np.concatenate([lon, lon[at]]),
            "lat": np.concatenate([lat, lat[at]]),
            "route": np.array([PLACE] * m + [name for _, _, name in rows]),
            "until": np.array([PLACE] * m + [time for _, time, _ in rows]),
        },
        restricted=True,
    )
