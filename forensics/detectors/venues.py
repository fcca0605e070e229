"""What kind of place each precinct votes in, and which oddities are honest there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.finding import Assumption
from forensics.messages.message import Message, Sentences
from forensics.tables.returns import Returns

Flags = NDArray[np.bool_]
Rows = NDArray[np.intp] | Flags

#: Below this many registered voters, and from this turnout on, a precinct looks like an institution.
SMALL, FULL = 300, 0.95
UNKNOWN = "unknown"
#: Words that sources use, as those of the vocabulary.
WORDS: Mapping[str, str] = MappingProxyType(
    {"hospital": "health", "neuropsychiatry": "health", "consulate": "embassy", UNKNOWN: ""}
)

SAY = Sentences(
    "venues",
    apart="Special precincts (hospitals, barracks, stations, …; {n:,} here) are set apart by their "
    "venue type.",
    absent="The returns do not say what kind of place a precinct is, so special precincts are not set "
    "apart ({n:,} look like one: fewer than {small:,} registered, turnout of {full:.0%} or more).",
    health="Hospitals and sanatoriums: lists are made up on the day, and practically everybody on them "
    "votes.",
    care="Homes for the elderly and disabled: voters are brought to the box or the box to them.",
    dormitory="Dormitories: early, high and even turnout, and many who are registered elsewhere.",
    university="Universities: many students vote away from home.",
    military="Barracks: high turnout within a short time, few invalid ballots, voters who are transferred.",
    prison="Places of detention: lists made up on the day, and everybody is present.",
    transport="Railway stations, airports and ships: practically all voters come on certificates or are "
    "added to the list, and they come from everywhere.",
    tourist="Resorts and places of weekend or seasonal homes: visitors vote on certificates or are added.",
    embassy="Abroad: voters are added to the list as they come.",
    remote="Remote stations, pastures and ships at sea: polling closes early, when all have voted.",
    proxy="{n:,} of these precincts {n:plural:has|have} fewer than {small:,} registered voters and a "
    "turnout of {full:.0%} or more, as hospitals, barracks and remote stations do; what they are the "
    "returns do not say.",
)
#: Kinds of place whose lists, hours or turnout are honestly odd, with the sentence that says how.
SPECIAL: Mapping[str, Message] = MappingProxyType(
    {
        kind: SAY(kind)
        for kind in (
            "health", "care", "dormitory", "military", "prison", "transport", "tourist", "embassy",
            "remote",
        )
    }
)  # fmt: skip
#: Kinds that are explained where they are flagged, though they are not set apart.
EXPLAINED: Mapping[str, Message] = MappingProxyType({**SPECIAL, "university": SAY("university")})


@dataclass(frozen=True, slots=True, eq=False)
class Venues:
    """Venue types of the precincts, in the order of the returns; arrays of shape (m,).

    Parameters
    ----------
    known : bool
        Whether the returns say what kind of place any precinct is.
    types : ndarray of str
        Words of the vocabulary, ``""`` where not known.
    special : ndarray of bool
        Kinds of ``SPECIAL``; all false where no venue type is known.
    proxy : ndarray of bool
        Fewer than ``SMALL`` registered voters and turnout of at least ``FULL``: shown beside a
        flag, never used to clear one.
    """

    known: bool
    types: NDArray[np.str_]
    special: Flags
    proxy: Flags

    def count(self, rows: Rows | slice) -> VenueCounts:
        """Kinds of place among some rows: positions, or a mask of shape (m,)."""
        kinds, numbers = np.unique(self.types[rows], return_counts=True)
        looks = self.proxy[rows]
        return VenueCounts(
            {str(kind): int(n) for kind, n in zip(kinds, numbers, strict=True)},
            int(np.count_nonzero(looks)),
            int(np.count_nonzero(looks & (self.types[rows] == ""))),
        )

    def assumption(self) -> Assumption:
        """That special precincts are set apart: true where venue types are known, else unknown."""
        return _set_apart(self.known, int(self.special.sum()), int(self.proxy.sum()))

    def innocent(self, rows: Rows) -> tuple[Message, ...]:
        """Explanations that go with the kinds of place among some rows; empty where there are none.

        Parameters
        ----------
        rows : ndarray of intp or bool
            Positions, or a mask of shape (m,).
        """
        return self.count(rows).innocent()

    def detail(self, rows: Rows) -> dict[str, Any]:
        """Counts among some rows: ``venue_types`` ({type: n}), ``special``, ``proxy``."""
        return self.count(rows).detail()


@dataclass(frozen=True, slots=True)
class VenueCounts:
    """Precincts by kind of place.

    Parameters
    ----------
    kinds : mapping of str to int
        ``""`` where the kind is not known.
    proxy, plain : int
        Precincts that look like an institution, and those of them whose kind is not known.
    """

    kinds: Mapping[str, int]
    proxy: int
    plain: int

    @property
    def special(self) -> int:
        """Precincts of the kinds of ``SPECIAL``."""
        return sum(n for kind, n in self.kinds.items() if kind in SPECIAL)

    def assumption(self) -> Assumption:
        """What :meth:`Venues.assumption` says, these being all precincts."""
        return _set_apart(any(self.kinds), self.special, self.proxy)

    def innocent(self) -> tuple[Message, ...]:
        """Explanations that go with these kinds of place."""
        told = tuple(sentence for kind, sentence in EXPLAINED.items() if self.kinds.get(kind))
        return (*told, SAY("proxy", n=self.plain, small=SMALL, full=FULL)) if self.plain else told

    def detail(self) -> dict[str, Any]:
        """``venue_types`` ({type: n}), ``special``, ``proxy``."""
        return {
            "venue_types": {kind or UNKNOWN: self.kinds[kind] for kind in sorted(self.kinds)},
            "special": self.special,
            "proxy": self.proxy,
        }


def _set_apart(known: bool, special: int, proxy: int) -> Assumption:
    if known:
        return Assumption(SAY("apart", n=special), True)
    return Assumption(SAY("absent", n=proxy, small=SMALL, full=FULL), None)


def together(parts: Sequence[VenueCounts]) -> VenueCounts:
    """The counts of several parts."""
    kinds = sorted({kind for part in parts for kind in part.kinds})
    return VenueCounts(
        {kind: sum(part.kinds.get(kind, 0) for part in parts) for kind in kinds},
        sum(part.proxy for part in parts),
        sum(part.plain for part in parts),
    )


def venues(returns: Returns) -> Venues:
    """The venue types of the precincts; ``unknown`` and an empty cell are the same."""
    types: NDArray[np.str_] = np.full(len(returns), "", dtype=np.str_)
    if returns.has("venue_type"):
        words = returns.frame["venue_type"].astype("str").fillna("").str.strip().str.casefold()
        types = words.replace(dict(WORDS)).to_numpy(dtype=np.str_)
    special = np.isin(types, list(SPECIAL))
    return Venues(bool((types != "").any()), types, special, _looks_special(returns))


def _looks_special(returns: Returns) -> Flags:
    if not (returns.has("registered") and returns.has(returns.turnout_of)):
        return np.zeros(len(returns), dtype=np.bool_)
    registered, came = returns.counts("registered"), returns.counts(returns.turnout_of)
    with np.errstate(invalid="ignore"):
        return np.asarray((registered > 0) & (registered < SMALL) & (came >= FULL * registered))
