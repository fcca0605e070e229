"""Readings of the day as the voters of its intervals, whatever form they were published in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from forensics.tables.returns import Returns
from forensics.tables.series import Series, read_series

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Codes = NDArray[np.intp]

#: Kinds of readings that are turnout of all voters, the first one present is looked at.
OF_ALL = ("hour", "turnout_pct")
#: Counts that the readings end at, by kind, the first one present.
FINALS = {
    "hour": ("ballots", "issued"),
    "turnout_pct": ("ballots", "issued"),
    "sup": ("supplementary",),
    "mobile": ("mobile", "box_portable"),
}
#: Voters after the last reading are an interval if they are more than this share of all.
CLOSING = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class Intervals:
    """Voters between readings; k intervals.

    Parameters
    ----------
    steps : ndarray of float64, shape (m, k)
        NaN where a reading is missing, negative where readings fall.
    day : ndarray of intp, shape (k,)
    start, end : ndarray of float64, shape (k,)
        Hours of the day; NaN where not known (opening, closing).
    labels : tuple of str
        The end of each interval, as people write it.
    """

    steps: Floats
    day: Codes
    start: Floats
    end: Floats
    labels: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def hours(self) -> Floats:
        """Length of each interval, NaN where not known."""
        return self.end - self.start

    def of(self, chosen: Codes) -> Intervals:
        """Some of the intervals."""
        labels = tuple(self.labels[i] for i in chosen)
        return Intervals(
            self.steps[:, chosen], self.day[chosen], self.start[chosen], self.end[chosen], labels
        )


@dataclass(frozen=True, eq=False)
class Readings:
    """One kind of readings of the returns.

    Parameters
    ----------
    series : Series
    people : ndarray of float64, shape (m,)
        People that one unit of the readings stands for.
    final : ndarray of float64, shape (m,)
        Voters in the end, NaN where not known.
    final_of : str
        The column that tells; empty where none does.
    """

    series: Series
    people: Floats
    final: Floats
    final_of: str

    @cached_property
    def starts(self) -> Flags:
        """Readings at which the count begins anew, shape (k,): the first of all, or of every day."""
        first = np.diff(self.series.day, prepend=self.series.day[0] - 1) != 0
        if self._restarts:
            return np.asarray(first)
        return np.asarray(first & (np.arange(len(first)) == 0))

    @cached_property
    def _restarts(self) -> bool:
        """Whether the readings of a later day start from nothing again."""
        values, day = self.series.values, self.series.day
        for i in np.flatnonzero(np.diff(day)):
            both = ~np.isnan(values[:, i]) & ~np.isnan(values[:, i + 1])
            if values[both, i + 1].sum() < 0.5 * values[both, i].sum():
                return True
        return False

    @cached_property
    def allowance(self) -> float:
        """Half of the last decimal that percentages are published with; 0 for counts."""
        if self.series.kind != "turnout_pct":
            return 0.0
        known = self.series.values[~np.isnan(self.series.values)]
        for decimals in range(4):
            scaled = known * 10**decimals
            if np.allclose(scaled, np.rint(scaled), rtol=0, atol=1e-6):
                return float(0.5 / 10**decimals)
        return 0.0

    def above_final(self) -> list[tuple[str, int, int]]:
        """(column, precincts that report it, of these more than the final count) for each reading."""
        if self.starts.sum() > 1:
            return []
        found = []
        for place, column in enumerate(self.series.columns):
            value = self.series.values[:, place]
            with np.errstate(invalid="ignore", divide="ignore"):
                end = self.final / self.people + self.allowance
                above = value > end + 1e-9
            known = ~np.isnan(value)
            found.append((column, int(known.sum()), int((above & known).sum())))
        return found

    @cached_property
    def intervals(self) -> Intervals:
        """Intervals between readings, from opening and to closing where somebody voted then."""
        series, people = self.series, self.people[:, None]
        values = series.values * people
        before = np.column_stack([np.zeros(len(values)), values[:, :-1]])
        before[:, self.starts] = 0.0
        steps, day = values - before, series.day
        known = np.diff(day, prepend=day[0] - 1) == 0
        start = np.where(known, np.concatenate([[np.nan], series.hour[:-1]]), np.nan)
        end = series.hour.astype(np.float64)
        many = len(series.days) > 1
        labels = [_label(d, h, many) for d, h in zip(day.tolist(), end.tolist(), strict=True)]
        closing = self.final - values[:, -1]
        both = ~np.isnan(closing)
        if self.starts.sum() == 1 and closing[both].sum() > CLOSING * self.final[both].sum():
            steps = np.column_stack([steps, closing])
            day, start, end = np.append(day, day[-1]), np.append(start, end[-1]), np.append(end, np.nan)
            labels.append("close")
        found = Intervals(steps, day, start, end, tuple(labels))
        # A reading at the opening has nobody yet: it only says when the next interval begins.
        return found.of(np.flatnonzero(np.nansum(np.abs(steps), axis=0) > 0))


def _label(day: int, hour: float, many: bool) -> str:
    minutes = round(60 * hour)
    time = f"{minutes // 60}:{minutes % 60:02d}"
    return f"day {day}, {time}" if many else time


def readings(returns: Returns, kind: str | None = None) -> Readings | None:
    """The readings of a kind (by default of all voters), ``None`` where there are none to count.

    Percentages need registered voters, and there must be two readings or one and a final count.
    """
    kinds = OF_ALL if kind is None else (kind,)
    series = next((found for k in kinds if (found := read_series(returns, k)) is not None), None)
    if series is None:
        return None
    m = len(returns)
    people = np.ones(m)
    if series.kind == "turnout_pct":
        if not returns.has("registered"):
            return None
        registered = returns.counts("registered")
        people = np.where(registered > 0, registered, np.nan) / 100
    final_of = next((c for c in FINALS.get(series.kind, ()) if returns.has(c)), "")
    final = returns.counts(final_of) if final_of else np.full(m, np.nan)
    return Readings(series, people, final, final_of)


def split(codes: Codes, units: int) -> list[Codes]:
    """Rows of each unit, in order; −1 is none."""
    order = np.argsort(codes, kind="stable")
    edges = np.searchsorted(codes[order], np.arange(units + 1))
    return [order[edges[i] : edges[i + 1]] for i in range(units)]
