"""Turnout and share of each precinct as exact fractions, for the pictures of the first look."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from forensics.messages.message import Message, Sentences
from forensics.tables.returns import Returns
from forensics.tables.roles import VOTES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Counts = NDArray[np.int64]


SAY = Sentences("ratios", votes="votes for {option}")


@dataclass(frozen=True, slots=True)
class Ratio:
    """A part and its whole, int64 of shape (n,); ``usable`` where the percentage exists."""

    name: str
    part_of: str
    whole_of: str
    part: Counts
    whole: Counts
    usable: NDArray[np.bool_]

    def classes(self, k: int) -> Counts:
        """Index of the class, 0..k: ``part / whole`` of exactly j/k is in class j, at any size."""
        # Whole-number division: 0.29 * 100 is 28.999… in floating point.
        return self.part[self.usable] * k // self.whole[self.usable]

    def only(self, keep: NDArray[np.bool_]) -> Ratio:
        """The same percentage in some of the precincts."""
        return replace(self, usable=self.usable & keep)


def turnout_ratio(returns: Returns) -> Ratio | None:
    """Turnout, or ``None`` where a column is missing or no precinct has one."""
    return _ratio(returns, "turnout", returns.turnout_of, "registered")


def share_ratio(returns: Returns) -> Ratio | None:
    """Share of the option under study in the ballots, or ``None``."""
    return _ratio(returns, "share", VOTES + returns.leader, "ballots") if returns.leader else None


def _ratio(returns: Returns, name: str, part_of: str, whole_of: str) -> Ratio | None:
    if not returns.has(part_of, whole_of):
        return None
    part, whole = returns.counts(part_of), returns.counts(whole_of)
    usable = (part >= 0) & (whole > 0) & (part <= whole)
    if not usable.any():
        return None
    return Ratio(
        name,
        part_of,
        whole_of,
        np.where(usable, part, 0).astype(np.int64),
        np.where(usable, whole, 1).astype(np.int64),
        usable,
    )


def spelled(returns: Returns, option: str | None = None) -> str:
    """How the source spells an option (by default the one under study)."""
    option = option or returns.leader or ""
    return returns.labels.get(option, option)


def column_text(returns: Returns, column: str) -> Message | str:
    """How a caption names a column: the option's own spelling for votes."""
    return SAY("votes", option=spelled(returns)) if column.startswith(VOTES) else column
