"""Which precincts share a building, and their counts side by side, now and in an earlier election."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forensics.detectors.shares import Votes
from forensics.detectors.venues import Venues, venues
from forensics.finding import Assumption
from forensics.kernels.buildings import Blocks
from forensics.messages.message import Message, Sentences
from forensics.tables.pairing import pair
from forensics.tables.returns import Returns

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Flags = NDArray[np.bool_]

#: Decimals of a degree to which coordinates are one place: a tenth of a metre.
DECIMALS = 6

SAY = Sentences(
    "buildings",
    exclusion="{n:,} precincts left out: no building known ({nowhere:,}), alone in it ({alone:,}), more "
    "than {largest} in one place ({crowded:,}), special venues ({special:,}), fewer than {minimum:,} "
    "registered, no value or no partner with one ({other:,}).",
    building="Precincts of one building have lists of the same kind: neighbouring streets, divided by "
    "address or name.",
    coordinates="Precincts with the same coordinates are in one building, and their lists are of the "
    "same kind: neighbouring streets, divided by address or name.",
)


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """Precincts and their buildings.

    Parameters
    ----------
    code : ndarray of intp, shape (m,)
        Building of each row of the returns, −1 where it is not known or left out.
    place : str
        ``building`` or ``coordinates``: what tells buildings apart.
    venues : Venues
    reasons : mapping
        Precincts left out, by reason.
    minimum, largest : int
    """

    code: Codes
    place: str
    venues: Venues
    reasons: dict[str, int]
    minimum: int
    largest: int

    def exclusion(self, total: int, used: int) -> Message | None:
        """Why precincts are left out of a comparison of ``used`` of them."""
        left = total - used
        other = left - sum(self.reasons.values())
        return (
            SAY(
                "exclusion",
                n=left,
                other=max(other, 0),
                largest=self.largest,
                minimum=self.minimum,
                **self.reasons,
            )
            if left
            else None
        )

    def assumptions(self) -> tuple[Assumption, ...]:
        """Of the lists and of the venues."""
        return Assumption(SAY(self.place), None), self.venues.assumption()


def shared_buildings(returns: Returns, minimum: int, largest: int) -> Shared | None:
    """Buildings with two precincts or more; ``None`` where the returns do not say where precincts are."""
    if returns.has("building"):
        place, names = "building", _by_name(returns)
    elif returns.has("lat", "lon"):
        place, names = "coordinates", _by_coordinates(returns)
    else:
        return None
    gate = venues(returns)
    with np.errstate(invalid="ignore"):
        large = returns.counts("registered") >= minimum
    known = names >= 0
    size = np.bincount(names[known], minlength=1)
    crowded = np.zeros(len(names), dtype=np.bool_)
    crowded[known] = size[names[known]] > largest
    alone = np.zeros(len(names), dtype=np.bool_)
    alone[known] = size[names[known]] == 1
    reasons = {
        "special": int(gate.special.sum()),
        "nowhere": int((~known & ~gate.special).sum()),
        "crowded": int((crowded & ~gate.special).sum()),
        "alone": int((alone & ~gate.special).sum()),
    }
    kept = known & large & ~gate.special & ~crowded & ~alone
    return Shared(np.where(kept, names, -1), place, gate, reasons, minimum, largest)


def _by_name(returns: Returns) -> Codes:
    """A building's name or number is its own within the smallest unit only."""
    texts = returns.table["building"]
    building = pd.factorize(texts.astype("str").where(texts.notna()), sort=True)[0].astype(np.intp)
    levels = returns.levels or ()
    unit = returns.units(levels[-1]).codes if levels else np.zeros(len(returns), dtype=np.intp)
    both = building * (int(unit.max(initial=0)) + 2) + unit + 1
    return np.where(building >= 0, np.unique(both, return_inverse=True)[1], -1).astype(np.intp)


def _by_coordinates(returns: Returns) -> Codes:
    lat, lon = (np.round(returns.counts(c), DECIMALS) for c in ("lat", "lon"))
    with np.errstate(invalid="ignore"):
        there = (np.abs(lat) <= 90) & (np.abs(lon) <= 180) & ((lat != 0) | (lon != 0))
    names = np.full(len(returns), -1, dtype=np.intp)
    points = np.column_stack([lat, lon])[there]
    names[there] = np.unique(points, axis=0, return_inverse=True)[1].ravel()
    return names


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """Counts of precincts in buildings; ``rows`` are those of the returns, in the order of the blocks."""

    blocks: Blocks
    rows: Codes


def counts_of(returns: Returns, votes: Votes | None, column: str) -> tuple[Floats, Floats]:
    """Part and whole: the votes among the ballots, or without votes ``column`` among the registered."""
    if votes is None:
        return returns.counts(column), returns.counts("registered")
    return votes.votes, returns.counts("ballots")


def compared(code: Codes, x: Floats, n: Floats) -> Compared | None:
    """Precincts with counts in a building that has two of them; ``None`` where there is no building."""
    with np.errstate(invalid="ignore"):
        usable = (code >= 0) & (n >= 1) & (x >= 0) & (x <= n)
    rows = np.flatnonzero(usable)
    size = np.bincount(code[rows], minlength=1)
    rows = rows[size[code[rows]] >= 2]
    if not len(rows):
        return None
    # Within a building by count, so that the order of the table does not matter.
    rows = rows[np.lexsort((x[rows], n[rows], code[rows]))]
    block = np.unique(code[rows], return_inverse=True)[1]
    return Compared(Blocks(x[rows], n[rows], block.astype(np.intp)), rows)


def paired(
    code: Codes,
    returns: Returns,
    previous: Returns,
    now: tuple[Floats, Floats],
    then: tuple[Floats, Floats],
) -> tuple[Compared, Compared] | None:
    """The same precincts of the same buildings in both elections; ``None`` where there are none."""
    both = pair(returns, previous)
    earlier = [np.full(len(returns), np.nan), np.full(len(returns), np.nan)]
    for target, values in zip(earlier, then, strict=True):
        target[both.rows] = values[both.previous_rows]
    known = code >= 0
    for x, n in (now, (earlier[0], earlier[1])):
        with np.errstate(invalid="ignore"):
            known &= (n >= 1) & (x >= 0) & (x <= n)
    one, other = (compared(np.where(known, code, -1), x, n) for x, n in (now, (earlier[0], earlier[1])))
    return None if one is None or other is None else (one, other)
