"""The protocols of an election as a manipulator changes them: consistent unless the mechanism is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forensics.errors import ConfigError
from forensics.tables import roles
from forensics.tables.returns import Returns
from forensics.tables.series import moment_of

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Rows = NDArray[np.intp]


class Protocol:
    """A working copy of the counts of returns, changed in place and handed back as new returns.

    Each method takes the positions of distinct rows and a number for each, and changes every column
    that the paper in question passes through, where the returns have it. What was added to the
    leader and what was moved to it is kept in ``added`` and ``moved``, int64 of shape (n,).
    """

    def __init__(self, returns: Returns) -> None:
        self.returns = returns
        table = returns.table
        counts = [c for c in table.columns if roles.is_count(c)]
        self.columns: dict[str, Integers] = {}
        self.missing: dict[str, NDArray[np.bool_]] = {}
        for column in counts:
            values = returns.counts(column)
            self.missing[column] = np.isnan(values)
            self.columns[column] = np.where(self.missing[column], 0, values).astype(np.int64)
        self.leader = roles.VOTES + returns.option(None)
        self.others = [roles.VOTES + o for o in returns.options if roles.VOTES + o != self.leader]
        self.added = np.zeros(len(returns), dtype=np.int64)
        self.moved = np.zeros(len(returns), dtype=np.int64)

    def __len__(self) -> int:
        return len(self.returns)

    @property
    def usable(self) -> NDArray[np.bool_]:
        """Rows that report every count a manipulation starts from, and in which somebody voted."""
        needed = [c for c in ("registered", "issued", "ballots", "valid", self.leader) if c in self.columns]
        known = ~np.any([self.missing[c] for c in needed], axis=0)
        return np.asarray(known & (self.papers > 0))

    @property
    def papers(self) -> Integers:
        """Voters who came: ballots issued, else ballots found, else valid ones."""
        name = next(c for c in ("issued", "ballots", "valid", self.leader) if c in self.columns)
        return self.columns[name]

    @property
    def voters(self) -> Integers:
        """Voters on the list.

        Raises
        ------
        ConfigError
            If the returns have no list.
        """
        if "registered" not in self.columns:
            raise ConfigError(
                f"{self.returns.source.name}: no column 'registered', so nobody can stay away"
            )
        return self.columns["registered"]

    @property
    def absent(self) -> Integers:
        """Voters on the list who did not come; none where more came than are listed."""
        return np.asarray(np.maximum(self.voters - self.papers, 0))

    @property
    def cast(self) -> Integers:
        """Ballots found, which shares are shares of."""
        name = next(c for c in ("ballots", "valid", self.leader) if c in self.columns)
        return self.columns[name]

    @property
    def against(self) -> Integers:
        """Votes for the other options together."""
        if not self.others:
            return np.zeros(len(self), dtype=np.int64)
        return np.asarray(np.sum([self.columns[c] for c in self.others], axis=0))

    @property
    def unit(self) -> Rows:
        """Unit of each row at the lowest level; all in one where there is no level."""
        levels = self.returns.levels or ()
        if not levels:
            return np.zeros(len(self), dtype=np.intp)
        return self.returns.units(levels[-1]).codes

    @property
    def hours(self) -> list[tuple[int, float, str]]:
        """(day, hour, column) of the cumulative turnout, in time order."""
        found = ((moment_of(column), column) for column in self.columns)
        return sorted((m.day, m.hour, column) for m, column in found if m and m.kind == "hour")

    def change(self, column: str, rows: Rows, by: Integers) -> None:
        """Add to a column, where the returns have it and the rows report it."""
        if column in self.columns:
            self.columns[column][rows] += np.where(self.missing[column][rows], 0, by)

    def add(self, rows: Rows, x: Integers, *, when: Rows | None = None, portable: bool = False) -> None:
        """Ballots for the leader, issued, found and valid.

        ``when`` is the position among :attr:`hours` at which they first show; without it they
        show as the precinct's own voters did. Unused ballots are taken first; where there are not
        enough, more were received.
        """
        part, box = ("issued_outside", "box_portable") if portable else ("issued_station", "box_stationary")
        self._add_by_hour(rows, x, when)
        for column in ("issued", "ballots", "valid", self.leader, part, box, "signatures"):
            self.change(column, rows, x)
        if "ballots_cancelled" in self.columns:
            spare = np.minimum(self.columns["ballots_cancelled"][rows], x)
            self.change("ballots_cancelled", rows, -spare)
            self.change("ballots_received", rows, x - spare)
        self.added[rows] += x

    def _add_by_hour(self, rows: Rows, x: Integers, when: Rows | None) -> None:
        hours = self.hours
        if not hours:
            return
        last = self.columns[hours[-1][2]][rows].copy()
        for place, (_, _, column) in enumerate(hours):
            if when is None:
                part = np.where(last > 0, self.columns[column][rows] / np.maximum(last, 1), 1.0)
                by = np.rint(part * x).astype(np.int64)
            else:
                by = np.where(when <= place, x, 0)
            self.change(column, rows, by)

    def move(self, rows: Rows, x: Integers, rng: np.random.Generator) -> None:
        """Votes of the others, whoever's they happen to be, counted for the leader."""
        left = self.against[rows]
        x = np.minimum(x, left)
        take = x.copy()
        for column in self.others:
            own = self.columns[column][rows]
            taken = rng.hypergeometric(own, left - own, take)
            self.change(column, rows, -taken)
            left, take = left - own, take - taken
        self.change(self.leader, rows, x)
        self.moved[rows] += x

    def result(self) -> tuple[Returns, pd.DataFrame]:
        """The returns with the changed counts, and the truth: ``added``, ``moved``, ``changed_…``."""
        frame = self.returns.frame
        truth: dict[str, Integers] = {"added": self.added, "moved": self.moved}
        for column, values in self.columns.items():
            missing = self.missing[column]
            before = np.where(missing, 0, self.returns.counts(column)).astype(np.int64)
            if (before != values).any():
                frame[column] = pd.arrays.IntegerArray(values, missing)
                truth[f"changed_{column}"] = values - before
        return replace(self.returns, table=frame), pd.DataFrame(truth, index=frame.index)
