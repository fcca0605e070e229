"""The mechanisms that can be planted, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from forensics.simulation.manipulations import (
    ballot_buying,
    carousel,
    padding,
    pressure,
    quotas,
    rewriting,
    stuffing,
)
from forensics.simulation.manipulations.protocol import Protocol, Rows


@dataclass(frozen=True, slots=True)
class Manipulation:
    """A mechanism, what it needs, and the intensities at which power is told.

    Parameters
    ----------
    plant : callable
        ``plant(protocol, rows, intensity, rng)`` changes the protocol in the rows given.
    intensities : tuple of float
        From weak to strong; the middle one is the default.
    unit : str
        What ``intensity`` counts.
    needs : tuple of str
        Columns without which the mechanism has nothing to change.
    by_unit : bool
        Whether a share is one of lowest units (a bus tours a territory) instead of precincts.
    institutions : bool
        Whether only special institutions are candidates.
    """

    plant: Callable[[Protocol, Rows, float, np.random.Generator], None]
    intensities: tuple[float, ...]
    unit: str
    needs: tuple[str, ...] = ("registered",)
    by_unit: bool = False
    institutions: bool = False

    @property
    def intensity(self) -> float:
        """The default."""
        return self.intensities[len(self.intensities) // 2]


_OF_LIST, _OF_OTHERS = "share of the list", "share of the others' votes"
_VOTES, _PERCENT = "votes", "percent"

#: Every mechanism that changes precinct protocols.
MANIPULATIONS: dict[str, Manipulation] = {
    "stuffing": Manipulation(stuffing.stuff, (0.05, 0.2, 0.35), _OF_LIST),
    "stuffing_knowing_the_tests": Manipulation(
        stuffing.stuff_knowing_the_tests, (0.05, 0.2, 0.35), _OF_LIST
    ),
    "switching": Manipulation(rewriting.switch, (0.1, 0.3, 0.6), _OF_OTHERS, needs=()),
    "rewritten_totals": Manipulation(rewriting.rewrite, (0.2, 0.5, 0.8), "share of the way to 100 %"),
    "wrong_pile": Manipulation(rewriting.misplace, (25.0, 50.0, 100.0), _VOTES, needs=()),
    "turnout_quota": Manipulation(quotas.reach_turnout, (1.0, 5.0, 10.0), _PERCENT),
    "share_quota": Manipulation(quotas.reach_share, (1.0, 5.0, 10.0), _PERCENT, needs=("ballots",)),
    "full_turnout": Manipulation(quotas.reach_everybody, (1.0,), "share of those absent"),
    "carousel_certificates": Manipulation(
        carousel.by_certificates,
        (10.0, 30.0, 60.0),
        _VOTES,
        needs=("registered", "absentee_voted"),
        by_unit=True,
    ),
    "carousel_lists": Manipulation(
        carousel.by_lists, (10.0, 30.0, 60.0), _VOTES, needs=("registered", "voters_added"), by_unit=True
    ),
    "carousel_impersonation": Manipulation(
        carousel.by_impersonation, (10.0, 30.0, 60.0), _VOTES, by_unit=True
    ),
    "ballot_chain": Manipulation(
        ballot_buying.chain, (20.0, 60.0, 120.0), _VOTES, needs=("issued", "ballots")
    ),
    "pressure_institutions": Manipulation(
        pressure.press_institutions,
        (0.3, 0.7, 1.0),
        "share of those absent",
        needs=("registered", "venue_type"),
        institutions=True,
    ),
    "pressure_at_home": Manipulation(pressure.press_at_home, (0.03, 0.1, 0.2), _OF_LIST),
    "roll_padding": Manipulation(padding.pad, (0.03, 0.1, 0.3), _OF_LIST),
}
#: The one that changes the table of totals instead.
TABULATION = "tabulation"
