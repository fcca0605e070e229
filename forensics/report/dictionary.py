"""Data dictionary: every column that was read, what it means, and how much of it there is."""

from __future__ import annotations

import re

import pandas as pd

from forensics.messages.message import Message, Sentences
from forensics.report import numerals
from forensics.report.document import Table
from forensics.tables import roles
from forensics.tables.returns import Returns

SAY = Sentences(
    "report.dictionary",
    caption="Data dictionary",
    column="column",
    meaning="meaning",
    kind="kind",
    values="precincts with a value",
    count="count",
    number="number",
    text="text",
    derived="{meaning} (derived: {formula})",
    votes="Votes for {option}",
    hour="Voters who have voted by that hour",
    hour_list="Voters of the supplementary list who have voted by that hour",
    hour_mobile="Voters with the mobile box who have voted by that hour",
    hour_registered="Registered voters at that time",
    hour_percent="Turnout reported by that hour, in percent",
    contest="A count of another contest on the same day",
    level="Unit of the level {level}",
    own="Column of the source",
)
MEANINGS = Sentences(
    "report.column",
    precinct="Identifier of the precinct within the levels above it",
    registered="Voters on the list at its close",
    registered_initial="Voters on the list at its first posting",
    voters_added="Voters added to the list since",
    supplementary="Voters on the supplementary list",
    special_list="Voters on special lists",
    mobile="Voters who voted with the mobile box",
    issued="Ballots issued",
    issued_early="Ballots issued before election day",
    issued_station="Ballots issued in the polling room",
    issued_outside="Ballots issued outside the polling room",
    signatures="Signatures on the list",
    ballots="Ballots found in the boxes",
    box_portable="Ballots found in the portable boxes",
    box_stationary="Ballots found in the stationary boxes",
    valid="Valid ballots",
    invalid="Invalid ballots",
    blank="Blank ballots",
    ballots_received="Ballots the precinct received",
    ballots_cancelled="Ballots cancelled",
    ballots_lost="Ballots lost",
    ballots_unaccounted="Ballots found beyond those accounted for",
    ballots_unused="Ballots not used",
    absentee_received="Absentee certificates received",
    absentee_issued="Absentee certificates issued",
    absentee_issued_territory="Absentee certificates issued by the territorial commission",
    absentee_voted="Voters who voted with an absentee certificate",
    absentee_unused="Absentee certificates not used",
    absentee_lost="Absentee certificates lost",
    absentee_attached="Voters who moved to this precinct's list",
    absentee_detached="Voters who moved away from this precinct's list",
    lat="Latitude in degrees",
    lon="Longitude in degrees",
    building="Building that the precinct votes in",
    optical_scanner="Whether ballots were counted by an optical scanner",
    venue_type="Kind of venue",
    country="Country",
    election_id="Election",
    election_date="Day of the election",
)
_HOURS = (
    (re.compile(r"hour_.*"), "hour"),
    (re.compile(r"sup_.*"), "hour_list"),
    (re.compile(r"mobile_.*"), "hour_mobile"),
    (re.compile(r"reg_.*"), "hour_registered"),
    (re.compile(r"turnout_pct_.*"), "hour_percent"),
)


def dictionary(returns: Returns, language: str = "en") -> Table:
    """A row per column of the returns."""
    rows = tuple(
        (
            column,
            _told(returns, column, language),
            _kind(returns.table[column], language),
            numerals.count(int(returns.table[column].notna().sum()), language),
        )
        for column in returns.table.columns
    )
    columns = tuple(SAY(name).text(language) for name in ("column", "meaning", "kind", "values"))
    return Table(SAY("caption").text(language), columns, (False, False, False, True), rows)


def _told(returns: Returns, column: str, language: str) -> str:
    meaning = _meaning(returns, column).text(language)
    if column not in returns.derived:
        return meaning
    return SAY("derived", meaning=meaning, formula=returns.derived[column]).text(language)


def _meaning(returns: Returns, column: str) -> Message:
    if column in MEANINGS.sources:
        return MEANINGS(column)
    if roles.is_option(column):
        option = column.removeprefix(roles.VOTES)
        return SAY("votes", option=returns.labels.get(option, option))
    if column in (returns.levels or ()):
        return SAY("level", level=column)
    if not (roles.is_count(column) or roles.is_measure(column)):
        return SAY("own")
    return SAY(next((name for form, name in _HOURS if form.fullmatch(column)), "contest"))


def _kind(values: pd.Series, language: str) -> str:
    if pd.api.types.is_integer_dtype(values.dtype):
        return SAY("count").text(language)
    return SAY("number" if pd.api.types.is_numeric_dtype(values.dtype) else "text").text(language)
