"""Where precincts are, which of them can be placed, and within which units they are compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.detectors.venues import Venues, venues
from forensics.finding import Assumption
from forensics.kernels.heterogeneity import large_enough
from forensics.kernels.spatial import misplaced, on_sphere, places
from forensics.messages.message import Message, Sentences
from forensics.tables.returns import Returns

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Flags = NDArray[np.bool_]

#: Precincts of a stratum, at least: a smaller unit joins the unit above it.
STRATUM = 20
#: A point that more precincts share than this is that of a town, not of a building.
SHARED = 25
#: A level has borders, and makes neighbours, if half of the precincts are in units of this many.
UNIT = 8

SAY = Sentences(
    "places",
    exclusion="{n:,} precincts left out: no coordinates ({unplaced:,}), coordinates far from the rest of "
    "their unit ({misplaced:,}) or shared by more than {shared} precincts ({crowded:,}), special venues "
    "({special:,}), fewer than {minimum:,} registered or no value ({other:,}).",
    exclusion_level="{n:,} precincts left out: without the name of a unit or alone in it ({unplaced:,}), "
    "special venues ({special:,}), fewer than {minimum:,} registered or no value ({other:,}).",
    exact="Coordinates are those of the precinct ({alone:.0%} of the precincts have theirs to themselves).",
)


@dataclass(frozen=True, eq=False)
class Places:
    """The precincts that can be compared with neighbours, in an order that is not that of the rows.

    Parameters
    ----------
    rows : ndarray of intp, shape (n,)
        Rows of the returns.
    points : ndarray of float64, shape (n, 3), or None
        Kilometres; ``None``: neighbours are the precincts of one unit.
    lat, lon : ndarray of float64, shape (n,)
        Degrees, NaN where there are no coordinates.
    fine, coarse : ndarray of intp, shape (n,)
        Strata: units as small as they can be (``STRATUM`` precincts), and those of the top level.
    fine_level, coarse_level : str
        Level that most precincts' strata are of, ``"national"`` for none.
    unit, unit_level : codes of the level whose borders are looked at (``None``: there is none).
    reasons : mapping
        Precincts left out, by reason.
    venues : Venues
    minimum : int
    total : int
        Rows of the returns.
    """

    rows: Codes
    points: Floats | None
    lat: Floats
    lon: Floats
    fine: Codes
    coarse: Codes
    fine_level: str
    coarse_level: str
    unit: Codes | None
    unit_level: str
    reasons: dict[str, int]
    venues: Venues
    minimum: int
    total: int

    def exclusion(self, used: int) -> Message | None:
        """Why precincts are left out of a test of ``used`` precincts."""
        left = self.total - used
        if not left:
            return None
        other = left - sum(self.reasons.values())
        name = "exclusion" if self.points is not None else "exclusion_level"
        told: dict[str, Any] = {"n": left, "minimum": self.minimum, "other": other}
        if self.points is not None:
            return SAY(name, **told, **self.reasons, shared=SHARED)
        return SAY(name, **told, unplaced=self.reasons["unplaced"], special=self.reasons["special"])

    @cached_property
    def alone(self) -> float | None:
        """Share of the precincts that share their point with no other; ``None`` without points."""
        if self.points is None or not len(self.rows):
            return None
        place, number = places(self.points)
        return float((number[place] == 1).mean())

    def assumptions(self) -> tuple[Assumption, ...]:
        """Of the coordinates and of the venues."""
        if self.alone is None:
            return (self.venues.assumption(),)
        return Assumption(SAY("exact", alone=self.alone), None), self.venues.assumption()


def arrange(returns: Returns, minimum: int, stratum: str | None) -> Places | None:
    """The precincts with a place, or else with a unit; ``None`` where there is neither.

    Parameters
    ----------
    minimum : int
        Smallest number of registered voters, where it is known.
    stratum : str or None
        Level whose units are the strata.
    """
    codes = {level: returns.units(level).codes for level in returns.levels or ()}
    gate = venues(returns)
    large = ~gate.special
    if returns.has("registered"):
        with np.errstate(invalid="ignore"):
            large &= returns.counts("registered") >= minimum
    located = returns.has("lat", "lon")
    own = None if located else unit_level(codes, large)
    lat, lon = _degrees(returns) if located else (np.full(len(returns), np.nan),) * 2
    reasons = {"special": int(gate.special.sum())}
    if located:
        kept, more = _placed(lat, lon, list(codes.values()))
        reasons |= {name: int((flag & ~gate.special).sum()) for name, flag in more.items()}
    else:
        if own is None:
            return None
        kept = large & (codes[own] >= 0)
        size = np.bincount(codes[own][kept], minlength=1)
        kept[kept] = size[codes[own][kept]] >= 2
        reasons["unplaced"] = int((large & ~kept).sum())
    rows = np.flatnonzero(kept & large)
    order = _canonical(returns, lat, lon, codes, rows)
    rows = rows[order]
    inside = {level: units[rows] for level, units in codes.items()}
    names = list(inside)
    top = names[0] if names else None
    lower = names if stratum is None else names[: names.index(stratum) + 1]
    if own is not None:
        # All precincts of a unit are neighbours: they change places with those of other units.
        lower = [name for name in lower if names.index(name) < names.index(own)]
        top = top if top in lower else None
    fine = _strata([inside[name] for name in lower], len(rows))
    coarse = fine if stratum is not None else _strata([inside[top]] if top else [], len(rows))
    level = own or unit_level(inside, np.ones(len(rows), dtype=np.bool_))
    return Places(
        rows,
        on_sphere(lat[rows], lon[rows]) if located else None,
        lat[rows],
        lon[rows],
        fine,
        coarse,
        stratum or _level_of(inside, lower, fine),
        stratum or top or "national",
        None if level is None else _named(inside[level]),
        level or "",
        reasons,
        gate,
        minimum,
        len(returns),
    )


def _degrees(returns: Returns) -> tuple[Floats, Floats]:
    """Latitude and longitude; a pair that is no place on earth, or 0, 0, is no place."""
    lat, lon = returns.counts("lat"), returns.counts("lon")
    with np.errstate(invalid="ignore"):
        there = (np.abs(lat) <= 90) & (np.abs(lon) <= 180) & ((lat != 0) | (lon != 0))
    return np.where(there, lat, np.nan), np.where(there, lon, np.nan)


def _placed(lat: Floats, lon: Floats, levels: Sequence[Codes]) -> tuple[Flags, dict[str, Flags]]:
    """Rows with a place that can be believed, and the others by reason."""
    there = np.isfinite(lat) & np.isfinite(lon)
    rows = np.flatnonzero(there)
    points = on_sphere(lat[rows], lon[rows])
    far, crowded = np.zeros(len(lat), dtype=np.bool_), np.zeros(len(lat), dtype=np.bool_)
    far[rows] = misplaced(points, _strata([codes[rows] for codes in levels], len(rows)))
    place, number = places(points)
    crowded[rows] = (number[place] > SHARED) & ~far[rows]
    return there & ~far & ~crowded, {"unplaced": ~there, "misplaced": far, "crowded": crowded}


def _strata(levels: Sequence[Codes], n: int) -> Codes:
    return large_enough(levels, STRATUM) if levels else np.zeros(n, dtype=np.intp)


def unit_level(codes: dict[str, Codes], used: Flags) -> str | None:
    """The finest level that has two units and half of the precincts in units of ``UNIT``."""
    found = None
    for level, units in codes.items():
        here = units[used & (units >= 0)]
        size = np.bincount(here, minlength=1)
        if np.count_nonzero(size) >= 2 and 2 * np.count_nonzero(size[here] >= UNIT) >= used.sum() > 0:
            found = level
    return found


def _named(units: Codes) -> Codes:
    """Codes 0 … k; rows without a name are one unit more."""
    return np.where(units >= 0, units, int(units.max(initial=-1)) + 1).astype(np.intp)


def _level_of(inside: dict[str, Codes], lower: Sequence[str], fine: Codes) -> str:
    """The finest level of which a stratum is a whole unit, for most of the precincts."""
    for level in reversed(lower):
        units = inside[level]
        named = units >= 0
        both = np.unique(np.column_stack([units[named], fine[named]]), axis=0)
        one = np.bincount(both[:, 0], minlength=1) == 1
        size = np.bincount(units[named], minlength=1)
        if 2 * size[one & (size >= STRATUM)].sum() >= len(units) > 0:
            return level
    return lower[0] if lower else "national"


def _canonical(returns: Returns, lat: Floats, lon: Floats, codes: dict[str, Codes], rows: Codes) -> Codes:
    """An order that depends on what the rows hold, not on where they stand in the table.

    Draws then are the same for any order of the rows.
    """
    counts = [
        returns.counts(name)[rows]
        for name in (returns.turnout_of, "registered", *(f"votes_{option}" for option in returns.options))
        if returns.has(name)
    ]
    keys = [np.nan_to_num(values, nan=-1.0) for values in counts]
    place = [np.nan_to_num(values[rows], nan=-1e3) for values in (lon, lat)]
    return np.lexsort([*keys, *place, *(units[rows] for units in reversed(codes.values()))])
