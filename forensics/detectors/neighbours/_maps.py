"""What the figures of a residual draw: the map of its precincts, and Moran's scatter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.detectors.neighbours._places import Places
from forensics.detectors.neighbours._residuals import Residual
from forensics.finding import Finding
from forensics.kernels.cells import Cells, cells
from forensics.kernels.spatial import Neighbourhood
from forensics.messages.message import Sentences
from forensics.picture import Picture

SAY = Sentences(
    "spatial_maps",
    map="Where {name} departs from its {stratum}",
    map_caption="{n:,} precincts by the cell of their coordinates, coloured by the mean residual of {name} "
    "within its {stratum} in standard deviations; ringed: cells with some of the {flagged:,} precincts "
    "whose neighbours are alike or unlike beyond chance (permutation within a {stratum}, false discovery "
    "rate {rate:.0%}). Cells are drawn, not precincts.",
    map_caption_none="{n:,} precincts by the cell of their coordinates, coloured by the mean residual of "
    "{name} within its {stratum} in standard deviations; no precinct has neighbours that are alike or "
    "unlike beyond chance (permutation within a {stratum}, false discovery rate {rate:.0%}). Cells are "
    "drawn, not precincts.",
    map_caption_described="{n:,} precincts by the cell of their coordinates, coloured by the mean residual "
    "of {name} within its {stratum} in standard deviations. Cells are drawn, not precincts.",
    scatter="A precinct and its neighbours: {name}",
    scatter_caption="{n:,} precincts in cells: residual of {name} within its {stratum} against the mean of "
    "its neighbours, both in standard deviations; the slope of the line is Moran's I = {value:.3f}.",
    across="residual of the precinct, standard deviations",
    up="mean of its neighbours, standard deviations",
    colour="residual, standard deviations",
)


def pictures(
    places: Places,
    residual: Residual,
    near: Neighbourhood,
    finding: Finding,
    flagged: NDArray[np.bool_] | None = None,
    rate: float = 0.0,
) -> tuple[Picture, ...]:
    """The scatter, and before it the map where there are coordinates; nothing without precincts.

    ``flagged`` are the precincts that stand out at a false discovery rate, where that was asked.
    """
    if not len(residual.z):
        return ()
    name, stratum, n = residual.name, str(finding.parameters["stratum"]), len(residual.z)
    scale = float(residual.z.std()) or 1.0
    z, lag = residual.z / scale, near.lag(residual.z) / scale
    scatter = Picture(
        figure="moran_scatter",
        name=f"spatial_clusters-scatter-{name}",
        title=SAY("scatter", name=name),
        caption=SAY(
            "scatter_caption", name=name, stratum=stratum, n=n, value=float(finding.detail["moran"])
        ),
        columns=_binned(cells((z, lag)), {"residual": z, "neighbours": lag}, flagged),
        options={"slope": float(finding.detail["moran"])},
        labels={"xlabel": SAY("across"), "ylabel": SAY("up")},
    )
    if places.points is None:
        return (scatter,)
    lat, lon = places.lat[residual.at], places.lon[residual.at]
    words: dict[str, str | float] = {"name": name, "stratum": stratum, "n": n}
    if flagged is None:
        caption = SAY("map_caption_described", **words)
    elif number := int(flagged.sum()):
        caption = SAY("map_caption", **words, rate=rate, flagged=number)
    else:
        caption = SAY("map_caption_none", **words, rate=rate)
    shown = Picture(
        figure="residual_map",
        name=f"spatial_clusters-map-{name}",
        title=SAY("map", name=name, stratum=stratum),
        caption=caption,
        columns=_binned(cells((lat, lon)), {"lat": lat, "lon": lon, "residual": z}, flagged),
        labels={"label": SAY("colour")},
    )
    return shown, scatter


def _binned(
    into: Cells, values: Mapping[str, NDArray[np.float64]], flagged: NDArray[np.bool_] | None
) -> dict[str, NDArray[Any]]:
    """Means of the cells; a row per precinct is not for publication."""
    means = {name: into.mean(column) for name, column in values.items()}
    ringed = np.zeros(len(into.n), dtype=np.bool_) if flagged is None else into.count(flagged) > 0
    return {**means, "flagged": ringed, "precincts": into.n}
