"""Where invented precincts stand: regions, districts around their middle, several in one building."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from forensics.simulation.parameters import Places
from forensics.simulation.precincts import Precincts, size_score


def placed(precincts: Precincts, places: Places, rng: np.random.Generator) -> Precincts:
    """The precincts with ``lat``, ``lon`` and ``building``; real coordinates stay as they are.

    Large precincts lie close to the middle of their lowest unit, as in a town with villages around.
    """
    if not precincts.drawn:
        return precincts
    south, west, north, east = places.extent
    km = np.array([110.57, 111.32 * np.cos(np.radians((south + north) / 2))])
    paths = precincts.paths or (precincts.lowest,)
    top = paths[0]
    middle = rng.uniform([south, west], [north, east], (int(top.max()) + 1, 2))
    place = middle[top]
    if len(paths) > 1:
        around = rng.normal(0, 1, (int(paths[-1].max()) + 1, 2)) * places.region_km / km
        place = place + around[paths[-1]]
    distance = places.district_km * np.exp(-0.5 * size_score(precincts.size))
    place = place + rng.normal(0, 1, place.shape) * distance[:, None] / km
    together = _together(precincts, places.shared, rng)
    first = np.unique(together, return_index=True)[1]
    frame = precincts.frame.assign(
        lat=place[first][together, 0].round(6),
        lon=place[first][together, 1].round(6),
        building=together + 1,
    )
    return replace(precincts, frame=frame)


def _together(precincts: Precincts, shared: float, rng: np.random.Generator) -> np.ndarray:
    """Number of each precinct's building: that of the one before it in the same unit, or a new one."""
    unit = precincts.lowest
    alone = rng.random(len(precincts)) >= shared
    alone |= np.diff(unit, prepend=-1) != 0
    return np.cumsum(alone) - 1
