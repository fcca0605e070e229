"""The vocabulary of rosters: which column says what, and which words it may hold."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

#: Levels of commissions by their code.
LEVELS: Mapping[int, str] = MappingProxyType(
    {0: "national", 1: "regional", 2: "territorial", 3: "precinct"}
)
PRECINCT = 3

ROLES = ("chair", "deputy", "secretary", "member")
OFFICERS = ROLES[:3]
VOTE_RIGHTS = ("decisive", "consultative")
NOMINATOR_TYPES = (
    "party", "public association", "superior commission", "executive", "voters' meeting", "workplace",
    "court", "self", "other", "unknown",
)  # fmt: skip
EMPLOYER_TYPES = (
    "school", "health", "university", "executive", "state firm", "military", "culture", "private",
    "retired", "student", "none", "other", "unknown",
)  # fmt: skip
#: Employers that the public pays.
PUBLIC = ("school", "health", "university", "executive", "state firm", "military", "culture")
#: Nobody employs these.
UNEMPLOYED = ("retired", "student", "none")
EMPLOYER_ROLES = ("head", "subordinate", "unknown")

#: Columns whose cells are one of some words; a cell with another word is a fault.
WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType({"role": ROLES, "vote_right": VOTE_RIGHTS})
#: The same, but another word is read as unknown, and said to be.
LOOSE_WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "nominator_type": NOMINATOR_TYPES,
        "employer_type": EMPLOYER_TYPES,
        "employer_role": EMPLOYER_ROLES,
    }
)

#: Columns of a commission: the same in each of its rows. ``valid_from`` and ``valid_to`` are its life.
OF_COMMISSION = ("level", "parent_id", "venue_type", "venue_id", "formed_by", "valid_from", "valid_to")
#: Columns of a membership.
OF_MEMBER = (
    "member_id", "role", "vote_right", "nominated_by", "nominator_type", "employer_id", "employer_type",
    "employer_role", "start", "end", "end_reason", "evidence_grade", "source_id",
)  # fmt: skip
DATES = ("valid_from", "valid_to", "start", "end")
#: Words that mean: nobody knows who.
UNKNOWN = ("", "unknown", "?", "-", "—")

# The wide form.
TOTAL = "commission_n"
COUNT = "commission_n_"
#: Officers' nominators in the wide form, by role.
OFFICERS_BY: Mapping[str, str] = MappingProxyType({role: f"commission_{role}_by" for role in OFFICERS})
