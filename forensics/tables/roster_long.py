"""The long form of a roster, a row per membership spell: cells to words, dates and hashed persons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forensics.errors import Fault
from forensics.messages.message import Message, Sentences
from forensics.tables import roster_columns as columns
from forensics.tables.counts import parse_names
from forensics.tables.persons import Salt
from forensics.tables.published import table_schema
from forensics.tables.roster_checks import EVER, FOREVER, days, long_faults

SAY = Sentences(
    "roster",
    decisive="{n:,} {n:plural:member has|members have} no vote_right and {n:plural:is|are} taken to vote.",
    words="Column {column}: {n:,} {n:plural:cell is|cells are} none of the known words and read as unknown "
    "({examples}).",
    precincts="There is no column level: every commission is a precinct's.",
    several="{n:,} {n:plural:person sits|persons sit} on several commissions at once.",
)
_SHOWN = 5
_LEVEL_CODES = {name: code for code, name in columns.LEVELS.items()}


@dataclass(frozen=True, slots=True)
class LongTables:
    """Commissions and memberships of a long roster, or the faults that keep it from being read."""

    commissions: pd.DataFrame
    members: pd.DataFrame
    steps: tuple[Message, ...]
    faults: tuple[Fault, ...]


def read_long(frame: pd.DataFrame, levels: Sequence[str], salt: Salt) -> LongTables:
    """Parse and check the rows; persons are hashed first.

    Parameters
    ----------
    frame : DataFrame
        Known columns only; the index is the row number in the source.
    levels : sequence of str
        Level columns that are present, from the top down.
    salt : Salt
    """
    steps: list[Message] = []
    faults: list[Fault] = []
    table = pd.DataFrame({c: parse_names(frame[c]).astype("str") for c in frame.columns}, index=frame.index)
    table["member_id"] = (
        salt.hashed(table["member_id"]) if "member_id" in table else pd.Series(None, table.index, "str")
    )
    missing = table["commission_id"].isna()
    faults += _refused(table["commission_id"][missing], "every row names its commission", "commission_id")
    if "level" not in table:
        steps.append(SAY("precincts"))
    table["level"] = _levels(table, faults)
    for column, words in columns.WORDS.items():
        table[column] = _strict(table, column, words, faults)
    absent = table["vote_right"].isna()
    table["vote_right"] = table["vote_right"].fillna("decisive")
    if absent.any():
        steps.append(SAY("decisive", n=int(absent.sum())))
    for column, words in columns.LOOSE_WORDS.items():
        table[column] = _loose(table, column, words, steps)
    for column in columns.DATES:
        table[column] = _dates(table, column, faults)
    for column in ("nominated_by", "employer_id"):
        table[column] = _known(table, column)
    for column in ("parent_id", "venue_type", "venue_id", "formed_by", "precinct"):
        if column not in table:
            table[column] = pd.Series(None, table.index, "str")
    attributes = [*columns.OF_COMMISSION, *levels, "precinct"]
    table = table[~missing]
    codes, ids = pd.factorize(table["commission_id"])
    first = np.unique(codes, return_index=True)[1]
    commissions = table.iloc[first][["commission_id", *attributes]].copy()
    commissions["row"] = commissions.index
    commissions.index = pd.RangeIndex(len(ids), name="commission")
    parents = pd.Index(ids).get_indexer(pd.Index(commissions["parent_id"]))
    commissions["parent"] = np.where(commissions["parent_id"].isna(), -1, parents)
    members = table[[c for c in columns.OF_MEMBER if c in table]].copy()
    members.insert(0, "commission", codes)
    faults += long_faults(table, codes, commissions, attributes)
    if not faults and (several := _several(members)):
        steps.append(SAY("several", n=several))
    return LongTables(commissions, members, tuple(steps), tuple(faults))


def _refused(cells: pd.Series, allowed: str, column: str) -> list[Fault]:
    return [
        Fault("empty" if pd.isna(cell) else repr(cell), allowed, int(str(row)), column)
        for row, cell in cells.items()
    ]


def _levels(table: pd.DataFrame, faults: list[Fault]) -> pd.Series:
    if "level" not in table:
        return pd.Series(columns.PRECINCT, table.index, dtype="int64")
    text = table["level"].str.casefold()
    codes = text.map({**{str(code): code for code in columns.LEVELS}, **_LEVEL_CODES})
    words = ", ".join(f"{code} ({name})" for code, name in columns.LEVELS.items())
    faults += _refused(table["level"][codes.isna()], f"a level is one of {words}", "level")
    return codes.fillna(columns.PRECINCT).astype("int64")


def _strict(table: pd.DataFrame, column: str, words: Sequence[str], faults: list[Fault]) -> pd.Series:
    if column not in table:
        return pd.Series(None, table.index, "str")
    text = table[column].str.casefold()
    wrong = text.notna() & ~text.isin(words)
    faults += _refused(table[column][wrong], table_schema("roster").allowed(column), column)
    if column == "role":
        faults += _refused(text[text.isna()], "every member has a role", column)
    return text


def _loose(table: pd.DataFrame, column: str, words: Sequence[str], steps: list[Message]) -> pd.Series:
    if column not in table:
        return pd.Series(None, table.index, "str")
    text = table[column].str.casefold()
    odd = text.notna() & ~text.isin(words)
    if odd.any():
        seen = list(dict.fromkeys(text[odd]))
        examples = ", ".join(seen[:_SHOWN]) + (" …" if len(seen) > _SHOWN else "")
        steps.append(SAY("words", column=column, n=int(odd.sum()), examples=examples))
    return text.where(~odd & (text != "unknown"), None)


def _known(table: pd.DataFrame, column: str) -> pd.Series:
    """Names as they are written, none where the word is one for not knowing."""
    if column not in table:
        return pd.Series(None, table.index, "str")
    return table[column].where(~table[column].str.casefold().isin(columns.UNKNOWN), None)


def _dates(table: pd.DataFrame, column: str, faults: list[Fault]) -> pd.Series:
    if column not in table:
        return pd.Series(pd.NaT, table.index, dtype="datetime64[s]")
    text = table[column]
    dates = pd.to_datetime(text.str.slice(0, 10), format="%Y-%m-%d", errors="coerce")
    faults += _refused(text[dates.isna() & text.notna()], table_schema("roster").allowed(column), column)
    return dates.astype("datetime64[s]")


def _several(members: pd.DataFrame) -> int:
    """Persons who sit on more than one commission at a time."""
    known = members[members["member_id"].notna()]
    spread = known.groupby("member_id", sort=False)["commission"].nunique()
    known = known[known["member_id"].isin(spread.index[spread > 1])]
    if known.empty:
        return 0
    start, end = days(known["start"], EVER), days(known["end"], FOREVER)
    ordered = pd.DataFrame({"person": known["member_id"], "start": start, "end": end})
    ordered = ordered.sort_values(["person", "start"], kind="stable")
    latest = ordered.groupby("person", sort=False)["end"].cummax()
    before = latest.groupby(ordered["person"], sort=False).shift()
    return int(ordered["person"][ordered["start"] < before].nunique())
