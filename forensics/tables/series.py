"""Readings of turnout in the course of election day: which columns they are, and when each was taken."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from forensics.tables.returns import Returns

Floats = NDArray[np.float64]

#: Kinds of readings: all voters, those of the supplementary list, of the mobile box, voters
#: registered, and turnout in percent.
KINDS = ("hour", "sup", "mobile", "reg", "turnout_pct")
_NAME = re.compile(r"(hour|sup|mobile|reg|turnout_pct)_(?:d(\d+)_)?(\d{2})(\d{2})?")


class Moment(NamedTuple):
    """What a column reads, and when: day 1, 2 …, and the hour as a number (8.5 is 8:30)."""

    kind: str
    day: int
    hour: float


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """The readings of one kind in the order of time.

    Parameters
    ----------
    kind : str
        One of ``KINDS``.
    columns : tuple of str
        Columns of the returns.
    day : ndarray of intp, shape (k,)
    hour : ndarray of float64, shape (k,)
    values : ndarray of float64, shape (m, k)
        As published, NaN where a reading is missing.
    """

    kind: str
    columns: tuple[str, ...]
    day: NDArray[np.intp]
    hour: Floats
    values: Floats

    @property
    def days(self) -> tuple[int, ...]:
        """Days of voting, each once, in order."""
        return tuple(dict.fromkeys(self.day.tolist()))


def moment_of(column: str) -> Moment | None:
    """What a column reads and when; ``None`` if it is no reading of the day.

    ``hour_14``, ``hour_1430`` (half past two), ``hour_d2_14`` (on the second day).
    """
    found = _NAME.fullmatch(column)
    if found is None:
        return None
    return Moment(found[1], int(found[2] or 1), int(found[3]) + int(found[4] or 0) / 60)


def hour_column(hour: float, kind: str = "hour") -> str:
    """The column of a reading on a single day of voting: ``hour_08`` at 8, ``hour_0830`` at 8.5."""
    minutes = round(60 * hour)
    return f"{kind}_{minutes // 60:02d}" + (f"{minutes % 60:02d}" if minutes % 60 else "")


def read_series(returns: Returns, kind: str) -> Series | None:
    """The readings of one kind that the returns have, ``None`` where they have none.

    Parameters
    ----------
    kind : str
        One of ``KINDS``; a column without any value is no reading.
    """
    found = sorted(
        (moment.day, moment.hour, str(column))
        for column in returns.table.columns
        if (moment := moment_of(str(column))) and moment.kind == kind and returns.has(str(column))
    )
    if not found:
        return None
    day, hour, columns = zip(*found, strict=True)
    return Series(
        kind=kind,
        columns=columns,
        day=np.array(day, dtype=np.intp),
        hour=np.array(hour, dtype=np.float64),
        values=np.column_stack([returns.counts(column) for column in columns]),
    )
