"""What a roster may not contain: the faults of its rows, all together, never naming a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forensics.errors import Fault

Codes = NDArray[np.intp]

#: A spell that has no first or last day, in days since 1970.
EVER, FOREVER = -(10**7), 10**7


def long_faults(
    table: pd.DataFrame, codes: Codes, commissions: pd.DataFrame, attributes: Sequence[str]
) -> list[Fault]:
    """Faults of memberships: spells, chairs, parents, the lives of commissions.

    A spell lasts from ``start`` to the day before ``end``: whoever takes a seat on the day that
    another leaves it does not overlap.

    Parameters
    ----------
    table : DataFrame
        Parsed rows; the index is the row number in the source.
    codes : ndarray of int, shape (n,)
        Commission of each row.
    commissions : DataFrame
        One row per commission, taken from its first row; ``row`` is that row's number.
    attributes : sequence of str
        Columns that are the same in every row of a commission.
    """
    start, end = days(table["start"], EVER), days(table["end"], FOREVER)
    return [
        *_backwards(table, start, end),
        *_overlaps(table, codes, start, end),
        *_chairs(table, codes, start, end),
        *_inconsistent(table, codes, commissions, attributes),
        *_parents(commissions),
        *_outside(table, start, end),
    ]


def days(dates: pd.Series, missing: int) -> NDArray[np.int64]:
    """Days since 1970, int64 of shape (n,)."""
    since = dates.astype("datetime64[s]").astype("int64").to_numpy() // 86_400
    return np.where(dates.isna().to_numpy(), missing, since)


def _row(table: pd.DataFrame, position: int | np.integer[Any]) -> int:
    return int(str(table.index[int(position)]))


def _backwards(table: pd.DataFrame, start: NDArray[np.int64], end: NDArray[np.int64]) -> list[Fault]:
    return [
        Fault("the spell ends before it starts", "end is not before start", _row(table, i), "end")
        for i in np.flatnonzero(end < start)
    ]


def _meeting(
    group: NDArray[np.int64], start: NDArray[np.int64], end: NDArray[np.int64]
) -> list[tuple[int, int]]:
    """Pairs of positions in a group whose spells overlap: each with the longest one before it."""
    order = np.lexsort((start, group))
    pairs, latest = [], -1
    # A spell that ends on its first day was never sat.
    for i in order[(start < end)[order]]:
        if latest >= 0 and group[latest] == group[i]:
            if start[i] < end[latest]:
                pairs.append((int(latest), int(i)))
            latest = i if end[i] > end[latest] else latest
        else:
            latest = i
    return pairs


def _overlaps(
    table: pd.DataFrame, codes: Codes, start: NDArray[np.int64], end: NDArray[np.int64]
) -> list[Fault]:
    persons = pd.factorize(table["member_id"])[0]
    known = np.flatnonzero(persons >= 0)
    pair = codes[known].astype(np.int64) * (len(table) + 1) + persons[known]
    # Only members with several rows can overlap with themselves.
    twice = pd.Series(pair).duplicated(keep=False).to_numpy()
    at = known[twice]
    faults = []
    for first, second in _meeting(pair[twice], start[at], end[at]):
        a, b = sorted((_row(table, at[first]), _row(table, at[second])))
        faults.append(
            Fault(
                f"the spell overlaps that of row {a:,}, the same person on the same commission",
                "a person sits on a commission once at a time",
                b,
                "start",
            )
        )
    return faults


def _chairs(
    table: pd.DataFrame, codes: Codes, start: NDArray[np.int64], end: NDArray[np.int64]
) -> list[Fault]:
    at = np.flatnonzero((table["role"] == "chair").to_numpy())
    faults = []
    for first, second in _meeting(codes[at].astype(np.int64), start[at], end[at]):
        a, b = sorted((_row(table, at[first]), _row(table, at[second])))
        name = table["commission_id"].iloc[at[second]]
        faults.append(
            Fault(
                f"a second chair of commission {name!r} beside row {a:,}",
                "a commission has one chair at a time",
                b,
                "role",
            )
        )
    return faults


def _inconsistent(
    table: pd.DataFrame, codes: Codes, commissions: pd.DataFrame, attributes: Sequence[str]
) -> list[Fault]:
    faults = []
    for column in attributes:
        own = table[column].reset_index(drop=True)
        first = commissions[column].iloc[codes].reset_index(drop=True)
        same = (own == first).fillna(False).to_numpy(dtype=bool) | (own.isna() & first.isna()).to_numpy()
        for i in np.flatnonzero(~same):
            name, row = table["commission_id"].iloc[i], int(commissions["row"].iloc[codes[i]])
            faults.append(
                Fault(
                    f"{_said(own[i])}, but {_said(first[i])} in row {row:,} of commission {name!r}",
                    "what belongs to a commission is the same in all of its rows",
                    _row(table, i),
                    column,
                )
            )
    return faults


def _said(value: object) -> str:
    return "empty" if pd.isna(value) else repr(value) if isinstance(value, str) else str(value)  # type: ignore[call-overload]


def _parents(commissions: pd.DataFrame) -> list[Fault]:
    faults = []
    named = commissions[commissions["parent_id"].notna()]
    orphans = named[named["parent"] < 0]
    for _, commission in orphans.iterrows():
        faults.append(
            Fault(
                f"{commission['parent_id']!r} is no commission of this roster",
                "a parent is listed, or parent_id is left empty",
                int(commission["row"]),
                "parent_id",
            )
        )
    kept = named[named["parent"] >= 0]
    above = commissions["level"].to_numpy()[kept["parent"].to_numpy()]
    for _, commission in kept[above >= kept["level"].to_numpy()].iterrows():
        faults.append(
            Fault(
                f"{commission['parent_id']!r} is not above commission {commission['commission_id']!r}",
                "a parent is of a higher level (a smaller number)",
                int(commission["row"]),
                "parent_id",
            )
        )
    return faults


def _outside(table: pd.DataFrame, start: NDArray[np.int64], end: NDArray[np.int64]) -> list[Fault]:
    """Members who sat before their commission was formed or after it ended; unknown days are inside."""
    opened, closed = days(table["valid_from"], EVER), days(table["valid_to"], FOREVER)
    faults = []
    early = ((start != EVER) & (start < opened)) | ((end != FOREVER) & (end < opened))
    late = ((end != FOREVER) & (end > closed)) | ((start != EVER) & (start >= closed))
    for i in np.flatnonzero(early | late):
        life = "before its commission was formed" if early[i] else "after its commission ended"
        faults.append(
            Fault(
                f"the spell reaches to a day {life}",
                "members sit within their commission's life (valid_from to valid_to)",
                _row(table, i),
                "start" if early[i] else "end",
            )
        )
    return faults
