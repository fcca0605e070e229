"""A roster under one coding, as arrays: who nominated the voting members, and who the officers."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forensics.commissions.codings import KNOWN_BLOCS, Coding
from forensics.errors import ConfigError
from forensics.kernels.plurality import sums
from forensics.tables.roster_columns import OFFICERS
from forensics.tables.rosters import Roster

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Flags = NDArray[np.bool_]

#: An officer or a member is in the bloc when it is at least as likely as not.
IN_BLOC = 0.5


@dataclass(frozen=True, eq=False)
class Composition:
    """Voting members of k commissions by nominator, bloc and type.

    Parameters
    ----------
    roster : Roster
        Of one day.
    coding : Coding or None
        Without one, blocs and types are not known.
    date : date or None
        The day that the coding is asked for.
    """

    roster: Roster
    coding: Coding | None
    date: datetime.date | None = field(default=None)

    def __post_init__(self) -> None:
        if self.roster.changes:
            raise ConfigError(
                f"{self.roster.source.name}: its memberships do not hold at one time; give the day of the "
                "election"
            )

    def __len__(self) -> int:
        return len(self.roster)

    @cached_property
    def m(self) -> Floats:
        """Voting members, float64 of shape (k,)."""
        return self.roster.size.astype(np.float64)

    @cached_property
    def seats(self) -> pd.DataFrame:
        """``commission, nominated_by, nominator_type, seats`` with ``bloc, p_aligned, party``."""
        return self._coded(self.roster.seats)

    @cached_property
    def officers(self) -> pd.DataFrame:
        """``commission, role, nominated_by`` with ``bloc, p_aligned``; of commissions with members."""
        officers = self.roster.officers
        there = self.m[officers["commission"].to_numpy(dtype=np.intp)] > 0
        return self._coded(officers[there])

    def _coded(self, table: pd.DataFrame) -> pd.DataFrame:
        if self.coding is None:
            return table.assign(bloc="UNK", p_aligned=np.nan, party=None)
        coded = self.coding.coded(table["nominated_by"], self.date)
        kind = table["nominator_type"].fillna(coded["nominator_type"])
        return table.assign(
            bloc=coded["bloc"], p_aligned=coded["p_aligned"], party=coded["party"], nominator_type=kind
        )

    def seated(self, chosen: Flags) -> Floats:
        """Members of the chosen rows of ``seats``, float64 of shape (k,)."""
        rows = self.seats[chosen]
        return sums(
            rows["commission"].to_numpy(dtype=np.intp), rows["seats"].to_numpy(dtype=np.float64), len(self)
        )

    def of_bloc(self, bloc: str) -> Floats:
        """Members of a bloc."""
        return self.seated((self.seats["bloc"] == bloc).to_numpy())

    @cached_property
    def unknown_nominator(self) -> Floats:
        """Members whose nominator nobody knows."""
        return self.seated(self.seats["nominated_by"].isna().to_numpy())

    @cached_property
    def unknown_bloc(self) -> Floats:
        """Members in no known bloc: of an unknown nominator, or one that the coding cannot place."""
        return self.seated((self.seats["bloc"] == "UNK").to_numpy())

    @cached_property
    def blocs(self) -> Floats:
        """Members of each known bloc, float64 of shape (k, 5)."""
        return np.column_stack([self.of_bloc(bloc) for bloc in KNOWN_BLOCS])

    @cached_property
    def aligned(self) -> tuple[Floats, Floats]:
        """Σ p of the members whose probability is known, and how many are not."""
        p = self.seats["p_aligned"].to_numpy(dtype=np.float64)
        weight = self.seats["seats"].to_numpy(dtype=np.float64)
        body = self.seats["commission"].to_numpy(dtype=np.intp)
        known = np.isfinite(p)
        total = sums(body[known], (p * weight)[known], len(self))
        return total, sums(body[~known], weight[~known], len(self))

    @cached_property
    def nominators(self) -> tuple[Codes, Codes, Floats]:
        """Commission, nominator and members of each known nominator that is present."""
        known = self.seats[self.seats["nominated_by"].notna()]
        pairs = known.groupby(["commission", "nominated_by"], sort=True)["seats"].sum()
        body = pairs.index.get_level_values(0).to_numpy(dtype=np.intp)
        names = pd.Index(self.labels).get_indexer(pairs.index.get_level_values(1))
        return body, names.astype(np.intp), pairs.to_numpy(dtype=np.float64)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Nominators of members and officers, in order of their names."""
        named = [self.roster.seats["nominated_by"], self.roster.officers["nominated_by"]]
        return tuple(sorted(pd.concat(named).dropna().unique()))

    @cached_property
    def party_seats(self) -> tuple[Floats, Floats]:
        """Members that a party nominated, and those of whom that is not known."""
        kind = self.seats["nominator_type"]
        return self.seated((kind == "party").to_numpy()), self.seated(kind.isna().to_numpy())

    def officer(self, role: str) -> tuple[Flags, pd.DataFrame]:
        """Which commissions have such an officer, and the first one's row by commission."""
        rows = self.officers[self.officers["role"] == role].drop_duplicates("commission")
        there = np.zeros(len(self), dtype=bool)
        there[rows["commission"].to_numpy(dtype=np.intp)] = True
        return there, rows.set_index("commission").reindex(range(len(self)))

    @cached_property
    def has_officers(self) -> Flags:
        """Commissions of whose chair, deputy or secretary anything is listed, shape (k,)."""
        there = np.zeros(len(self), dtype=bool)
        for role in OFFICERS:
            there |= self.officer(role)[0]
        return there
