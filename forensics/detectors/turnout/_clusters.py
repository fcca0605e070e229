"""Which units may err together: the highest level below a scope with enough of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forensics.finding import Assumption
from forensics.messages.message import Sentences
from forensics.scope import Scope
from forensics.tables.returns import Returns

Integers = NDArray[np.intp]

#: Fewer clusters than this say little about how much they vary.
FEWEST = 20

SAY = Sentences(
    "clusters",
    held="Precincts of one {level} may err together; the {n:,} of them vary independently.",
    passed="Units of {level} may err together too, but {n} are too few to tell by how much: if they "
    "do, the interval is too narrow.",
    unnamed="{n:,} {n:plural:precinct names|precincts name} no {level} and "
    "{n:plural:stands|stand} in a cluster apart.",
)


def rows_of(returns: Returns, level: str | None) -> Iterator[tuple[Scope, Integers]]:
    """Each unit of a level with its row numbers; rows without the name of a unit are in none."""
    units = returns.units(level)
    order = np.argsort(units.codes, kind="stable")
    edges = np.searchsorted(units.codes[order], np.arange(len(units.scopes) + 1))
    for i, scope in enumerate(units.scopes):
        yield scope, order[edges[i] : edges[i + 1]]


@dataclass(frozen=True, slots=True)
class Clusters:
    """Clusters of some rows: ``codes`` 0, 1, … ``n − 1`` in order of the names; ``level`` names them.

    ``unnamed`` rows carry no name of that level; ``passed`` are higher levels with their numbers of
    units, more than one but too few.
    """

    level: str
    codes: Integers
    n: int
    unnamed: int
    passed: tuple[tuple[str, int], ...]

    def assumptions(self) -> Iterator[Assumption]:
        """What an interval over these clusters rests on."""
        yield Assumption(SAY("held", level=self.level, n=self.n))
        for level, n in self.passed:
            yield Assumption(SAY("passed", level=level, n=n))
        if self.unnamed:
            yield Assumption(SAY("unnamed", level=self.level, n=self.unnamed), False)


class Nesting:
    """The units of every level as codes, each within its top level, so that clusters nest in it."""

    def __init__(self, returns: Returns) -> None:
        self.levels = tuple(returns.levels or ())
        self._codes = {level: returns.units(level).codes for level in self.levels}
        if self.levels:
            self.top: Integers = self._codes[self.levels[0]]
        else:
            self.top = np.full(len(returns), -1, dtype=np.intp)

    def within(
        self, rows: Integers, level: str | None, precincts: NDArray[np.float64] | None = None
    ) -> Clusters | None:
        """The highest level below ``level`` with at least 20 units among the rows, or ``None``.

        Parameters
        ----------
        rows : ndarray of intp
            Row numbers of the precincts in use.
        level : str or None
            Level of the scope; ``None`` is the scope of the returns themselves.
        precincts : ndarray of float64, optional
            How many precincts each row of the returns stands for, where not for one.
        """
        passed: list[tuple[str, int]] = []
        for name in self.levels if level is None else self.levels[self.levels.index(level) + 1 :]:
            own, top = self._codes[name][rows], self.top[rows]
            named = len(np.unique(own[own >= 0]))
            if named < FEWEST:
                passed += [(name, named)] if named > 1 else []
                continue
            width = int(own.max()) + 2
            # A row without the name of its unit joins the others of its top unit.
            _, codes = np.unique((top + 1) * width + own + 1, return_inverse=True)
            number, without = int(codes.max()) + 1, own < 0
            unnamed = int(without.sum() if precincts is None else precincts[rows][without].sum())
            return Clusters(name, codes.astype(np.intp), number, unnamed, tuple(passed))
        return None
