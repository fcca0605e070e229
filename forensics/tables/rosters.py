"""Rosters: who sits on the commissions, in a row per membership or in counts per precinct."""

from __future__ import annotations

import datetime
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd

from forensics.errors import ConfigError, Fault, ReturnsError, RosterError
from forensics.messages.message import Message, Sentences
from forensics.tables import roles
from forensics.tables import roster_columns as columns
from forensics.tables.accepting import unpacked
from forensics.tables.header import Record
from forensics.tables.opening import open_frame
from forensics.tables.persons import Salt
from forensics.tables.published import table_schema
from forensics.tables.roster_long import read_long
from forensics.tables.roster_wide import is_wide_column, read_wide
from forensics.tables.source import Source

SAY = Sentences(
    "rosters",
    left="{n:,} {n:plural:column is|columns are} not of a roster and {n:plural:was|were} left out, unread: "
    "{names}.",
    on="On {date}: {kept:,} of {n:,} {n:plural:membership|memberships}.",
)
FRAME = Source("frame")
_SHOWN = 12
_FORMS = (
    "a roster has a row per membership (commission_id, level, role, nominated_by …) or counts per precinct "
    "(precinct, commission_n, commission_n_<nominator>)"
)

Day = str | datetime.date


@dataclass(frozen=True, eq=False, repr=False)
class Roster:
    """Commissions and their members; frozen. Persons are digests that no output shows.

    Parameters
    ----------
    commissions : DataFrame
        A row per commission, numbered 0 … k−1: ``commission_id``, ``level`` (0 national to 3
        precinct), ``parent`` (number of the commission above, −1 for none), ``parent_id``, level
        columns and ``precinct``, ``venue_type``, ``venue_id``, ``formed_by``, ``valid_from``,
        ``valid_to``, ``row`` (its first row in the source).
    seats : DataFrame
        Voting members by nominator: ``commission``, ``nominated_by`` (missing: unknown),
        ``nominator_type``, ``seats``.
    officers : DataFrame
        ``commission``, ``role`` (chair, deputy, secretary), ``nominated_by``, ``nominator_type``.
    members : DataFrame or None
        A row per membership spell (long form): ``commission`` and the columns of a membership;
        None where only counts are known (wide form).
    levels : tuple of str
        Level columns that are present, from the top down.
    source : Source
        Provenance.
    date : date or None
        The day the memberships hold for; None where none was chosen.
    mark : str
        Of the salt the persons were hashed with: rosters of one mark can be compared.
    """

    commissions: pd.DataFrame
    seats: pd.DataFrame
    officers: pd.DataFrame
    members: pd.DataFrame | None = None
    levels: tuple[str, ...] = ()
    source: Source = FRAME
    date: datetime.date | None = None
    mark: str = field(default="", repr=False)

    def __repr__(self) -> str:
        return f"<Roster {self.source.name}: {len(self):,} commissions, {self.form} form>"

    def __len__(self) -> int:
        return len(self.commissions)

    @property
    def form(self) -> str:
        """``"long"`` or ``"wide"``."""
        return "wide" if self.members is None else "long"

    @property
    def frame(self) -> pd.DataFrame:
        """A row per membership (long form) or commission; changing it does not change the roster."""
        return (self.commissions if self.members is None else self.members).copy(deep=False)

    @cached_property
    def size(self) -> np.ndarray:
        """Voting members of each commission, int64 of shape (k,)."""
        return np.bincount(
            self.seats["commission"].to_numpy(dtype=np.int64), self.seats["seats"], len(self)
        ).astype(np.int64)

    @cached_property
    def changes(self) -> bool:
        """Whether not all memberships and commissions hold at one time, so that a date is needed."""
        if self.members is None or self.date is not None:
            return False
        opened = [self.members["start"].max(), self.commissions["valid_from"].max()]
        closed = [self.members["end"].min(), self.commissions["valid_to"].min()]
        starts = [day for day in opened if not pd.isna(day)]
        ends = [day for day in closed if not pd.isna(day)]
        return bool(starts and ends and max(starts) >= min(ends))

    def on(self, date: Day) -> Roster:
        """The commissions and memberships of one day; spells last to the day before their ``end``.

        Commissions keep their numbers; one that did not exist has no members. Counts (wide form)
        hold for the day of their list and stay as they are.

        Raises
        ------
        ConfigError
            If ``date`` is no day.
        """
        day = as_day(date)
        if self.members is None:
            return replace(self, date=day)
        at = pd.Timestamp(day)
        alive = _lasts(self.commissions["valid_from"], self.commissions["valid_to"], at)
        there = _lasts(self.members["start"], self.members["end"], at)
        there = there & alive[self.members["commission"].to_numpy()]
        members = self.members[there]
        step = SAY("on", date=day.isoformat(), kept=len(members), n=len(self.members))
        return _of_members(self.commissions, members, self.levels, self.source.then(step), self.mark, day)


def as_day(date: Day) -> datetime.date:
    """A day from a date, or from text such as 2019-06-09.

    Raises
    ------
    ConfigError
        If it is neither.
    """
    if isinstance(date, datetime.datetime):
        return date.date()
    if isinstance(date, datetime.date):
        return date
    try:
        return datetime.date.fromisoformat(str(date)[:10])
    except ValueError:
        raise ConfigError(f"{date!r} is no day; a date is written as 2019-06-09") from None


def _lasts(first: pd.Series, last: pd.Series, at: pd.Timestamp) -> np.ndarray:
    return ((first.isna() | (first <= at)) & (last.isna() | (at < last))).to_numpy()


def _of_members(
    commissions: pd.DataFrame,
    members: pd.DataFrame,
    levels: tuple[str, ...],
    source: Source,
    mark: str,
    date: datetime.date | None = None,
) -> Roster:
    voting = members[members["vote_right"] == "decisive"]
    seats = (
        voting.groupby(["commission", "nominated_by", "nominator_type"], dropna=False, sort=True)
        .size()
        .rename("seats")
        .reset_index()
    )
    officers = members[members["role"].isin(columns.OFFICERS)]
    officers = officers[["commission", "role", "nominated_by", "nominator_type"]].reset_index(drop=True)
    return Roster(commissions, seats, officers, members, levels, source, date, mark)


def read_roster(
    path: str | os.PathLike[str] | pd.DataFrame,
    /,
    *,
    levels: Sequence[str] = roles.LEVELS,
    salt: Salt | None = None,
) -> Roster:
    """Read a roster in the long form (a row per membership) or the wide form (counts per precinct).

    Persons are hashed before anything else is done, with a salt that is not kept; columns that are
    not of a roster (names, birth dates, telephone numbers) are left out unread. The wide form counts
    members by nominator and knows no person: measures of employers (PE, ENE, D, PUB, VEN, A), of who
    stayed, and of the graph need the long form, and are listed as skipped without it.

    Parameters
    ----------
    path : path or DataFrame
        csv, tsv, xlsx or parquet, a zip of one of them, a folder of parts, or a frame.
    levels : sequence of str
        Columns that name units, from the top down, as the returns call them.
    salt : Salt, optional
        To read rosters whose persons are to be compared with each other.

    Returns
    -------
    Roster
        A row per commission, its seats, officers and (long form) members.

    Raises
    ------
    RosterError
        All faults together, naming the rows: overlapping spells, two chairs at once, a parent that
        is not listed, members outside their commission's life, unknown words, wrong sums.
    ConfigError
        If something else than a path or a frame was given.
    """
    frame, source = _open(path, levels)
    frame.columns = [str(column).strip() for column in frame.columns]
    _check_shape(frame, source.name)
    present = tuple(level for level in levels if level in frame.columns)
    wide = columns.TOTAL in frame.columns
    known = [c for c in frame.columns if _is_known(c, levels, wide)]
    steps: list[Message] = []
    if left := [c for c in frame.columns if c not in known]:
        names = ", ".join(left[:_SHOWN]) + (" …" if len(left) > _SHOWN else "")
        steps.append(SAY("left", n=len(left), names=names))
    frame = frame[known]
    if wide:
        counted = read_wide(frame, present)
        if counted.faults:
            raise RosterError(source.name, counted.faults)
        counted.seats.insert(2, "nominator_type", pd.Series(None, counted.seats.index, "str"))
        counted.officers["nominator_type"] = pd.Series(None, counted.officers.index, "str")
        source = source.then(*steps, *counted.steps)
        return Roster(counted.commissions, counted.seats, counted.officers, None, present, source)
    salt = salt or Salt()
    listed = read_long(frame, present, salt)
    if listed.faults:
        raise RosterError(source.name, listed.faults)
    source = source.then(*steps, *listed.steps)
    return _of_members(listed.commissions, listed.members, present, source, salt.mark)


def _is_known(column: str, levels: Sequence[str], wide: bool) -> bool:
    if column in (*levels, "precinct"):
        return True
    if wide:
        return is_wide_column(column)
    return column == "commission_id" or column in (*columns.OF_COMMISSION, *columns.OF_MEMBER)


def _open(
    path: str | os.PathLike[str] | pd.DataFrame, levels: Sequence[str]
) -> tuple[pd.DataFrame, Source]:
    def score(record: Record) -> int:
        cells = [cell.strip() for cell in record]
        return sum(_is_known(cell, levels, False) or is_wide_column(cell) for cell in cells)

    path = unpacked(path)
    if isinstance(path, pd.DataFrame):
        return path.copy(deep=False), Source("frame", rows=len(path))
    if not isinstance(path, (str, os.PathLike)):
        raise ConfigError(f"a roster is read from a path or a DataFrame, not from {type(path).__name__}")
    try:
        return open_frame(path, score)
    except ReturnsError as error:
        raise RosterError(error.source, error.faults) from None


def _check_shape(frame: pd.DataFrame, name: str) -> None:
    names = list(frame.columns)
    faults = [
        Fault("named twice", "every column has a name of its own", column=c)
        for c in dict.fromkeys(names)
        if names.count(c) > 1
    ]
    there = ", ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")
    if columns.TOTAL in names and "commission_id" in names:
        faults.append(Fault("both commission_id and commission_n", _FORMS))
    elif columns.TOTAL in names:
        missing = [c for c in ("precinct",) if c not in names]
    else:
        needed = [one.name for one in table_schema("roster").fields if one.needed]
        missing = [c for c in needed if c not in names]
        if "commission_id" not in names:
            faults.append(Fault(f"no commission_id and no commission_n among {there or 'none'}", _FORMS))
            missing = []
    if not faults:
        faults += [Fault(f"no such column among {there}", _FORMS, column=c) for c in missing]
    if not faults and not len(frame):
        faults.append(Fault("no rows below the header", "at least one row is needed"))
    if faults:
        raise RosterError(name, faults)
