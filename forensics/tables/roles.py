"""The vocabulary of columns: which canonical name is a count, a percentage, a level, a text."""

from __future__ import annotations

import re

LEVELS = ("region", "district", "territory", "municipality")
VOTES = "votes_"
ISSUED_PARTS = ("issued_early", "issued_station", "issued_outside")

#: Canonical columns that hold whole numbers (CONTRACT section 2), besides the patterns below.
COUNTS = frozenset((
    "registered", "registered_initial", "voters_added", "supplementary", "special_list", "mobile",
    *ISSUED_PARTS, "issued", "signatures",
    "ballots", "box_portable", "box_stationary",
    "valid", "invalid", "blank",
    "ballots_received", "ballots_cancelled", "ballots_lost", "ballots_unaccounted", "ballots_unused",
    "absentee_received", "absentee_issued", "absentee_issued_territory", "absentee_voted",
    "absentee_unused", "absentee_lost", "absentee_attached", "absentee_detached",
))  # fmt: skip
_COUNT_PATTERN = re.compile(
    r"votes_.+|(hour|sup|mobile|reg)_(d\d+_)?\d{2}(\d{2})?|.+_(registered|ballots|invalid)|.+_votes_.+"
)
_PERCENT_PATTERN = re.compile(r"turnout_pct_(d\d+_)?\d{2}(\d{2})?")
MEASURES = frozenset({"lat", "lon"})


def is_count(column: str) -> bool:
    """Whether a canonical column holds whole numbers of people or papers."""
    return column in COUNTS or _COUNT_PATTERN.fullmatch(column) is not None


def is_measure(column: str) -> bool:
    """Whether a canonical column holds real numbers (coordinates, percentages)."""
    return column in MEASURES or _PERCENT_PATTERN.fullmatch(column) is not None


def is_option(column: str) -> bool:
    """Whether a canonical column holds the votes of one option of the contest itself."""
    return column.startswith(VOTES) and column != VOTES
