"""What the figures of a residual draw: the map of its precincts, and Moran's scatter."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forensics.detectors.neighbours._places import Places
from forensics.detectors.neighbours._residuals import Residual
from forensics.finding import Finding
from forensics.kernels.spatial import Neighbourhood
from forensics.messages.message import Sentences
from forensics.picture import Picture

SAY = Sentences(
    "spatial_maps",
    map="Where {name} departs from its {stratum}",
    map_caption="{n:,} precincts by their coordinates, coloured by the residual of {name} within its "
    "{stratum} in standard deviations; ringed: {flagged:,} whose neighbours are alike or unlike beyond "
    "chance (permutation within a {stratum}, false discovery rate {rate:.0%}).",
    scatter="{name} of a precinct and of its neighbours",
    scatter_caption="{n:,} precincts: residual of {name} within its {stratum} against the mean of its "
    "neighbours, both in standard deviations; the slope of the line is Moran's I = {value:.3f}.",
    across="residual of the precinct, standard deviations",
    up="mean of its neighbours, standard deviations",
    colour="residual, standard deviations",
)


def pictures(
    places: Places,
    residual: Residual,
    near: Neighbourhood,
    flagged: NDArray[np.bool_],
    finding: Finding,
    rate: float,
) -> tuple[Picture, ...]:
    """The scatter, and before it the map where there are coordinates; nothing without precincts."""
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
        columns={"residual": z, "neighbours": lag, "flagged": flagged},
        options={
            "slope": float(finding.detail["moran"]),
            "xlabel": str(SAY("across")),
            "ylabel": str(SAY("up")),
        },
    )
    if places.points is None:
        return (scatter,)
    shown = Picture(
        figure="residual_map",
        name=f"spatial_clusters-map-{name}",
        title=SAY("map", name=name, stratum=stratum),
        caption=SAY("map_caption", name=name, stratum=stratum, n=n, flagged=int(flagged.sum()), rate=rate),
        columns={
            "lat": places.lat[residual.at],
            "lon": places.lon[residual.at],
            "residual": z,
            "flagged": flagged,
        },
        options={"label": str(SAY("colour"))},
    )
    return shown, scatter
