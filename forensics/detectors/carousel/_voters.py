"""A voter list ready to be compared: who has a name and a birthday, and what was left out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forensics.kernels.birthdays import FIRSTS, Cohorts, Heaps, cohorts, heaps
from forensics.kernels.coincidences import Namesakes, People, namesakes
from forensics.tables.returns import Returns
from forensics.tables.voters import VoterList

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Flags = NDArray[np.bool_]

#: Birth years with fewer entries are one cohort together: their own seasons cannot be told.
SMALL_COHORT = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """Entries whose name and birthday can be compared with others'.

    Parameters
    ----------
    entries : ndarray of intp, shape (k,)
        Rows of the list.
    found : Namesakes
        Those among them with a namesake of their birth year; ``found.rows`` point into ``entries``.
    cohorts, heaps : Cohorts, Heaps
        Of all entries with a name and a date, those on heaped days included.
    unnamed, undated, heaped : int
        Entries left out: without a name; without a full date; on a day that is no birthday.
    """

    entries: Codes
    found: Namesakes
    cohorts: Cohorts
    heaps: Heaps
    unnamed: int
    undated: int
    heaped: int

    @property
    def rows(self) -> Codes:
        """Rows of the list that have a namesake of their birth year."""
        return self.entries[self.found.rows]


def compared(voters: VoterList, weight: float, times: float) -> Compared:
    """The entries of a list that can be compared, and the chances of their coincidences."""
    named = (voters.first >= 0) & (voters.family >= 0)
    dated = ~np.isnat(voters.born)
    usable = np.flatnonzero(named & dated)
    year, day = _year_and_day(voters.born[usable])
    cohort = cohorts(year, SMALL_COHORT)
    piled = heaps(cohort.code, day, len(cohort.years), times=times)
    keep = ~piled.heaped[cohort.code, day]
    entries = usable[keep]
    people = People(
        voters.first[entries].astype(np.intp),
        voters.family[entries].astype(np.intp),
        year[keep],
        cohort.code[keep],
        day[keep],
    )
    return Compared(
        entries,
        namesakes(people, weight=weight),
        cohort,
        piled,
        unnamed=int((~named).sum()),
        undated=int((named & ~dated).sum()),
        heaped=int((~keep).sum()),
    )


def _year_and_day(born: NDArray[np.datetime64]) -> tuple[Codes, Codes]:
    """Birth year, and the day's number through a leap year."""
    year, month = born.astype("M8[Y]"), born.astype("M8[M]")
    of_year = (month - year.astype("M8[M]")).astype(np.intp)
    of_month = (born - month.astype("M8[D]")).astype(np.intp)
    return year.astype(np.intp) + 1970, FIRSTS[of_year] + of_month


def rows_of_places(voters: VoterList, returns: Returns) -> Codes:
    """The row of the returns that each precinct of the list is, −1 where there is none or several."""
    table = returns.table
    key = [c for c in (*(returns.levels or ()), "precinct") if c in voters.places and c in table]
    if "precinct" not in key or not len(voters.places):
        return np.full(len(voters.places), -1, dtype=np.intp)
    theirs, ours = (
        pd.MultiIndex.from_frame(
            pd.DataFrame({c: f[c].astype("str").where(f[c].notna(), "").to_numpy() for c in key})
        )
        for f in (voters.places, table)
    )
    first = np.flatnonzero(~ours.duplicated())
    rows = ours[first].get_indexer(theirs)
    found = np.where(rows >= 0, first[rows], -1)
    several = theirs.isin(ours[ours.duplicated()])
    return np.where(several, -1, found).astype(np.intp)
