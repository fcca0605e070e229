"""A day as a source gives it: a day, or the month or the year where no more is known."""

from __future__ import annotations

import calendar
import datetime
import re

_MONTH = re.compile(r"(\d{4})-(\d{2})")
_ALLOWED = 'a date is a day (2011-04-15), a month ("2011-04") or a year (2011)'


class When:
    """A day, a month or a year: the days it may be, and how it was given.

    Parameters
    ----------
    first, last : date
        The earliest and the latest day that it may be; the same where the day is known.
    text : str
        ``2011-04-15``, ``2011-04`` or ``2011``.
    """

    # No dataclass: the reader of TOML would take that for a table with three keys.
    __slots__ = ("first", "last", "text")

    def __init__(self, first: datetime.date, last: datetime.date, text: str) -> None:
        self.first, self.last, self.text = first, last, text

    def __repr__(self) -> str:
        return f"When({self.text})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, When) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __str__(self) -> str:
        return self.text

    def surely_before(self, other: When) -> bool:
        """Whether it was before the other one, whatever the days not known are."""
        return self.last < other.first

    @property
    def year(self) -> float:
        """Years with decimals, the middle of what it may be: where a timeline puts it."""
        return round((_year(self.first) + _year(self.last)) / 2, 3)


def when(given: object) -> When:
    """A date as TOML gives it: a date, a whole number, or a text.

    Raises
    ------
    ValueError
        If it is none of these.
    """
    if isinstance(given, datetime.date) and not isinstance(given, datetime.datetime):
        return When(given, given, given.isoformat())
    if isinstance(given, int) and not isinstance(given, bool) and 1 <= given <= 9999:
        return When(datetime.date(given, 1, 1), datetime.date(given, 12, 31), str(given))
    if isinstance(given, str):
        found = _MONTH.fullmatch(given.strip())
        if found and 1 <= int(found[2]) <= 12 and int(found[1]):
            year, month = int(found[1]), int(found[2])
            last = calendar.monthrange(year, month)[1]
            return When(datetime.date(year, month, 1), datetime.date(year, month, last), given.strip())
        if re.fullmatch(r"\d{4}", given.strip()):
            return when(int(given))
        try:
            return when(datetime.date.fromisoformat(given.strip()))
        except ValueError:
            pass
    raise ValueError(f"{given!r} is no date; {_ALLOWED}")


def _year(day: datetime.date) -> float:
    first = datetime.date(day.year, 1, 1)
    # The year 9999 has no next one.
    return day.year + (day - first).days / (366 if calendar.isleap(day.year) else 365)
