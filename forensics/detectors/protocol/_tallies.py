"""Rows that keep and break a relation, counted so that the counts of parts add up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.detectors.protocol._rows import sign_test
from forensics.tables.imbalance import Imbalance
from forensics.tables.keys import Repeated

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

#: Edges of the sizes in which imbalances are shown: above the lower, up to the upper one.
SIZES = (0, 1, 5, 10, 50, 100)


@dataclass(frozen=True, slots=True)
class Tally:
    """One relation in one scope.

    ``rows`` fail of ``checked``; ``favour`` of the ``compared`` failing rows, and ``rest_favour`` of
    the ``rest`` that hold, lie where the leader does well. ``keys`` is the number of repeated keys
    behind the rows, where the relation is that keys differ, and ``identical`` those whose rows agree.
    """

    checked: int
    left_out: int
    rows: int
    surplus: float
    deficit: float
    sizes: tuple[int, ...]
    readings: tuple[tuple[str, int, int], ...]
    favour: int
    compared: int
    rest: int
    rest_favour: int
    keys: int = 0
    identical: int = 0

    @classmethod
    def of(cls, item: Imbalance, rows: Rows, above: Floats, repeated: Repeated | None = None) -> Tally:
        """That of some rows; ``above`` is 1 where the leader does well, −1 where not, else neither."""
        checked, violated = item.checked[rows], item.violated[rows]
        values = item.oriented[rows]
        known = values[~np.isnan(values)]
        size, edges = np.abs(known), (*SIZES, np.inf)
        own = above[rows]
        told = np.abs(own) == 1
        rest = checked & ~violated & told
        return cls(
            int(checked.sum()),
            int((~checked).sum()),
            int(violated.sum()),
            total(known[known > 0]),
            total(known[known < 0]),
            tuple(int(((size > low) & (size <= high)).sum()) for low, high in pairwise(edges)),
            tuple(
                (column, int((~np.isnan(part[rows])).sum()), int((np.nan_to_num(part[rows]) != 0).sum()))
                for column, part in item.parts.items()
            ),
            int((own[violated] == 1).sum()),
            int(told[violated].sum()),
            int(rest.sum()),
            int((own[rest] == 1).sum()),
            0 if repeated is None else len(np.unique(repeated.codes[rows][violated])),
            0 if repeated is None else repeated.identical,
        )

    def sizes_told(self) -> dict[str, Any]:
        """Totals, sizes and readings for the detail of a finding."""
        return {
            "surplus": self.surplus,
            "deficit": self.deficit,
            "sizes": [
                [low, None if high == np.inf else high, count]
                for (low, high), count in zip(pairwise((*SIZES, np.inf)), self.sizes, strict=True)
            ],
            "readings": [list(reading) for reading in self.readings],
        }

    def leaning_told(self) -> dict[str, Any]:
        """Whether the failing rows are rows where the leader does well, against the rows that hold."""
        base = self.rest_favour / self.rest if self.rest else None
        return {
            "favour_leader": self.favour,
            "compared": self.compared,
            "base_share": base,
            "sign_pvalue": sign_test(self.favour, self.compared),
            "sign_pvalue_base": None if base is None else sign_test(self.favour, self.compared, base),
        }


def added(tallies: Sequence[Tally]) -> Tally:
    """The tally of several parts of a scope; a key that stands in two parts is not seen."""
    first = tallies[0]
    readings = (
        (same[0][0], sum(one[1] for one in same), sum(one[2] for one in same))
        for same in zip(*(one.readings for one in tallies), strict=True)
    )
    return Tally(
        sum(one.checked for one in tallies),
        sum(one.left_out for one in tallies),
        sum(one.rows for one in tallies),
        math.fsum(one.surplus for one in tallies),
        math.fsum(one.deficit for one in tallies),
        tuple(sum(counts) for counts in zip(*(one.sizes for one in tallies), strict=True)),
        tuple(readings),
        sum(one.favour for one in tallies),
        sum(one.compared for one in tallies),
        sum(one.rest for one in tallies),
        sum(one.rest_favour for one in tallies),
        sum(one.keys for one in tallies),
        sum(one.identical for one in tallies),
    ) if len(tallies) > 1 else first  # fmt: skip


def total(values: Floats) -> float:
    """Sum of absolute values; exact, so that the order of the rows changes nothing."""
    return math.fsum(np.abs(values))
