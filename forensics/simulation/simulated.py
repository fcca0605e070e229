"""A simulated election with its truth beside it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from forensics.kernels.seeding import generator
from forensics.simulation.manipulations.planting import Chosen, manipulate
from forensics.simulation.manipulations.registry import TABULATION
from forensics.simulation.manipulations.tampering import tamper
from forensics.simulation.parameters import Specification
from forensics.simulation.streams import Rng
from forensics.simulation.totals import totals_of
from forensics.tables.returns import Returns
from forensics.tables.where import compile_where

#: Part of the others' votes that moves between two levels of tabulation, unless one is given.
TAMPERED = 0.2


@dataclass(frozen=True, eq=False, repr=False)
class Simulated:
    """What a simulation hands out; planting makes a new one.

    Parameters
    ----------
    returns : Returns
        As a commission would publish them.
    truth : DataFrame
        The same rows: ``turnout_rate`` and ``support_rate`` behind the counts, ``institution``,
        ``slipped`` (an honest clerical error), ``planted`` (names joined by +, empty where
        nothing), ``added`` and ``moved`` (votes for the leader), ``changed_<column>``.
    specification : Specification
        What it was drawn from.
    roster : DataFrame, optional
        One row per membership of a commission.
    coding : DataFrame, optional
        Nominators and their blocs.
    tampered : tuple of (where, share, intensity, seed)
        What was done to the totals, which are made when they are asked for.
    """

    returns: Returns
    truth: pd.DataFrame
    specification: Specification
    roster: pd.DataFrame | None = None
    coding: pd.DataFrame | None = None
    tampered: tuple[tuple[str, float, float, int], ...] = field(default=())

    def __repr__(self) -> str:
        planted = sorted({kind for kind in self.truth["planted"] if kind})
        return f"<Simulated {self.returns.source.name}: {len(self.returns):,} precincts, planted {planted}>"

    @property
    def totals(self) -> pd.DataFrame:
        """Published totals, a row per unit and one of the nation, tampered with where that was planted."""
        return self._totals()[0]

    @property
    def totals_truth(self) -> pd.DataFrame:
        """Votes moved to the leader in each row of the totals."""
        return self._totals()[1]

    def _totals(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        totals = totals_of(self.returns)
        truth = pd.DataFrame({"moved": np.zeros(len(totals), dtype=np.int64)}, index=totals.index)
        for where, share, intensity, seed in self.tampered:
            totals, more = tamper(
                totals,
                tuple(self.returns.levels or ()),
                self.returns.option(None),
                share=share,
                intensity=intensity,
                inside=compile_where(where, totals) if where else None,
                rng=np.random.default_rng(seed),
            )
            truth = truth + more
        return totals, truth

    def plant(
        self,
        kind: str,
        *,
        share: float = 0.05,
        intensity: float | None = None,
        where: str | Chosen | None = None,
        odds: np.ndarray | None = None,
        rng: Rng = None,
    ) -> Simulated:
        """The same election with one more mechanism planted.

        ``kind``, ``share``, ``intensity``, ``where``, ``odds`` and ``rng`` are those of
        :func:`manipulate`, and so are the errors; ``tabulation`` changes the totals instead of the
        returns, where ``share`` is of the lowest units.
        """
        if kind == TABULATION:
            seed = int(generator(rng).integers(2**63))
            place = where if isinstance(where, str) else ""
            done = (place, share, TAMPERED if intensity is None else intensity, seed)
            return replace(self, tampered=(*self.tampered, done))
        returns, more = manipulate(
            self.returns, kind, share=share, intensity=intensity, where=where, odds=odds, rng=rng
        )
        return replace(self, returns=returns, truth=merged_truth(self.truth, more))


def merged_truth(truth: pd.DataFrame, more: pd.DataFrame) -> pd.DataFrame:
    """The truth of two manipulations, one after the other: names joined, changes added up."""
    both = truth["planted"].str.cat(more["kind"], sep="+").str.strip("+")
    columns = {c: truth[c] for c in truth.columns if c != "planted"} | {"planted": both}
    for column in more.columns:
        if column in ("added", "moved") or column.startswith("changed_"):
            columns[column] = columns[column] + more[column] if column in columns else more[column]
    return pd.DataFrame(columns)
