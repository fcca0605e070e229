"""The wide form of a roster, a row per precinct with counts by nominator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forensics.errors import Fault
from forensics.messages.message import Message, Sentences
from forensics.tables import roster_columns as columns
from forensics.tables.counts import parse_counts, parse_names

SAY = Sentences(
    "roster_wide",
    decisive="Counts by nominator do not say who may vote: every member is taken to. Nor do they name "
    "employers, so that nothing is said of them.",
    empty="{n:,} {n:plural:row says|rows say} nothing about a commission.",
    unseen="{n:,} {n:plural:officer was|officers were} nominated by whom no member is counted; they stay "
    "as they are written.",
)
#: Other columns of the wide form that are kept: they hold numbers or ranges, never persons.
KEPT = ("commission_returning", "chair_prior_elections", "chair_prior_as_chair")


@dataclass(frozen=True, slots=True)
class WideTables:
    """Commissions and seats by nominator of a wide roster, or the faults that keep it from being read.

    ``seats`` has the columns ``commission``, ``nominated_by`` (missing: unknown) and ``seats``;
    ``officers`` ``commission``, ``role`` and ``nominated_by``.
    """

    commissions: pd.DataFrame
    seats: pd.DataFrame
    officers: pd.DataFrame
    steps: tuple[Message, ...]
    faults: tuple[Fault, ...]


def is_wide_column(column: str) -> bool:
    """Whether a column belongs to the wide form, levels and precinct aside."""
    return (
        column == columns.TOTAL
        or column.startswith(columns.COUNT)
        or column in columns.OFFICERS_BY.values()
        or column in (*KEPT, "venue_type")
    )


def read_wide(frame: pd.DataFrame, levels: Sequence[str]) -> WideTables:
    """Parse and check the rows; what the nominators do not sum to is unknown.

    Parameters
    ----------
    frame : DataFrame
        Known columns only; the index is the row number in the source.
    levels : sequence of str
        Level columns that are present, from the top down.
    """
    steps: list[Message] = [SAY("decisive")]
    faults: list[Fault] = []
    keys = {c: parse_names(frame[c]).astype("str") for c in (*levels, "precinct")}
    faults += [
        Fault("empty", "every row names its precinct", int(str(row)), "precinct")
        for row in frame.index[keys["precinct"].isna()]
    ]
    counted = [c for c in frame.columns if c == columns.TOTAL or c.startswith(columns.COUNT)]
    numbers = {}
    for column in counted:
        parsed = parse_counts(frame[column])
        faults += parsed.faults
        steps += parsed.steps
        numbers[column] = parsed.values
    if faults:
        empty = pd.DataFrame()
        return WideTables(empty, empty, empty, (), tuple(faults))
    counts = pd.DataFrame(
        {c: v.to_numpy(dtype=np.float64, na_value=np.nan) for c, v in numbers.items()}, index=frame.index
    )
    named = [c for c in counted if c not in (columns.TOTAL, f"{columns.COUNT}unknown")]
    faults += _count_faults(counts)
    total = counts[columns.TOTAL].fillna(0)
    if (total == 0).any():
        steps.append(SAY("empty", n=int((total == 0).sum())))
    commissions = _commissions(frame, keys, total)
    seats = counts[named].fillna(0).set_axis([c.removeprefix(columns.COUNT) for c in named], axis=1)
    unknown = (total - seats.sum(axis=1)).to_numpy()
    officers = _officers(frame)
    unseen = _unseen(officers, seats, unknown)
    if unseen:
        steps.append(SAY("unseen", n=unseen))
    return WideTables(commissions, _seats(seats, unknown), officers, tuple(steps), tuple(faults))


def _commissions(frame: pd.DataFrame, keys: dict[str, pd.Series], total: pd.Series) -> pd.DataFrame:
    commissions = pd.DataFrame(keys).reset_index(drop=True)
    # Keys name the commission; they may occur twice, and the join says so.
    commissions.insert(0, "commission_id", commissions.fillna("").agg(" / ".join, axis=1))
    commissions["level"] = columns.PRECINCT
    commissions["parent"] = -1
    for column in ("parent_id", "venue_id", "formed_by"):
        commissions[column] = pd.Series(None, commissions.index, "str")
    for column in ("valid_from", "valid_to"):
        commissions[column] = pd.Series(pd.NaT, commissions.index, dtype="datetime64[s]")
    for column in (*KEPT, "venue_type"):
        if column in frame:
            commissions[column] = parse_names(frame[column]).astype("str").to_numpy()
    if "venue_type" not in commissions:
        commissions["venue_type"] = pd.Series(None, commissions.index, "str")
    commissions["row"] = frame.index
    commissions["seated"] = total.to_numpy() > 0
    commissions.index = pd.RangeIndex(len(commissions), name="commission")
    return commissions


def _count_faults(counts: pd.DataFrame) -> list[Fault]:
    faults = [
        Fault(f"{count:.0f}", "members are not negative", int(str(row)), column)
        for column in counts.columns
        for row, count in counts[column][counts[column] < 0].items()
    ]
    parts = counts.drop(columns=columns.TOTAL).fillna(0).clip(lower=0).sum(axis=1)
    total = counts[columns.TOTAL]
    for row in counts.index[parts > total.fillna(0)]:
        given = "empty" if pd.isna(total[row]) else f"{total[row]:.0f}"
        faults.append(
            Fault(
                f"{given}, but {parts[row]:.0f} members are counted by nominator",
                "the members by nominator are at most all members",
                int(str(row)),
                columns.TOTAL,
            )
        )
    return faults


def _seats(seats: pd.DataFrame, unknown: np.ndarray) -> pd.DataFrame:
    nominators = np.array([*seats.columns, None], dtype=object)
    table = np.column_stack([seats.to_numpy(), unknown])
    commission, nominator = np.nonzero(table > 0)
    return pd.DataFrame(
        {
            "commission": commission,
            "nominated_by": pd.Series(nominators[nominator], dtype="str"),
            "seats": table[commission, nominator].astype(np.int64),
        }
    )


def _officers(frame: pd.DataFrame) -> pd.DataFrame:
    """A row per officer of a row that has one of the columns; a missing nominator is unknown."""
    parts = []
    for role, column in columns.OFFICERS_BY.items():
        if column not in frame:
            continue
        by = parse_names(frame[column]).astype("str").reset_index(drop=True)
        by = by.where(~by.str.casefold().isin(columns.UNKNOWN), None)
        parts.append(pd.DataFrame({"commission": by.index, "role": role, "nominated_by": by}))
    if not parts:
        return pd.DataFrame(
            {
                "commission": np.array([], dtype=np.int64),
                "role": pd.Series([], dtype="str"),
                "nominated_by": pd.Series([], dtype="str"),
            }
        )
    return pd.concat(parts, ignore_index=True)


def _unseen(officers: pd.DataFrame, seats: pd.DataFrame, unknown: np.ndarray) -> int:
    """Officers whose nominator has no counted member where no member is unknown either."""
    known = officers[officers["nominated_by"].notna()]
    if known.empty:
        return 0
    position = seats.columns.get_indexer(pd.Index(known["nominated_by"]))
    rows = known["commission"].to_numpy()
    counted = np.where(position >= 0, seats.to_numpy()[rows, np.maximum(position, 0)], 0)
    return int(((counted == 0) & (unknown[rows] == 0)).sum())
