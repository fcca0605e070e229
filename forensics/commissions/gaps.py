"""The law against practice: nominated and not seated, registered and not seated, dismissed all the same."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forensics.commissions.composition import Composition
from forensics.commissions.law import Law
from forensics.errors import ConfigError, ReturnsError
from forensics.kernels.plurality import Bounded
from forensics.tables.counts import parse_names
from forensics.tables.header import Record
from forensics.tables.opening import open_frame
from forensics.tables.rosters import as_day

Floats = NDArray[np.float64]
Given = str | os.PathLike[str] | pd.DataFrame

NOMINATIONS = ("commission_id", "nominator")
COMPLAINTS = ("commission_id", "date", "kind", "consent")
KINDS = ("dismissal", "transfer", "pressure", "other")
#: Complaints that the rule on protection speaks of.
PROTECTED = ("dismissal", "transfer")
CONSENT = ("yes", "no", "unknown")


def plurality_gap(composition: Composition, registered: int) -> Bounded:
    """Share of the registered parties that have no voting member on a commission.

    Unknown members may be of parties that are not seated yet.

    Raises
    ------
    ConfigError
        If ``registered`` is not positive, or a commission seats more parties than are registered.
    """
    if registered < 1:
        raise ConfigError(f"{registered} registered parties; a number from 1 is needed")
    seated, unknown = _parties(composition)
    if seated.max(initial=0) > registered:
        raise ConfigError(
            f"{registered} registered parties, but a commission seats {seated.max():.0f}; give the number "
            "on the day the commissions were formed"
        )
    most = np.minimum(seated + unknown, registered)
    return Bounded(1 - seated / registered, 1 - most / registered, 1 - seated / registered).where(
        composition.m > 0
    )


def _parties(composition: Composition) -> tuple[Floats, Floats]:
    """Distinct parties among the voting members, and members who may be of another one."""
    seats = composition.seats
    party = seats["party"].fillna(seats["nominated_by"])
    known = (seats["nominator_type"] == "party") & party.notna()
    pairs = pd.DataFrame({"body": seats["commission"], "party": party})[known].drop_duplicates()
    seated = np.bincount(pairs["body"].to_numpy(dtype=np.intp), minlength=len(composition))
    vague = seats["nominator_type"].isna() | (seats["nominated_by"].isna() & ~known)
    return seated.astype(np.float64), composition.seated(vague.to_numpy())


def nomination_gap(composition: Composition, nominations: Given) -> Bounded:
    """Share of the parties that nominated to a commission and have no voting member on it.

    Parameters
    ----------
    nominations : path or DataFrame
        ``commission_id`` and ``nominator``: a row for each party that proposed somebody.

    Raises
    ------
    ConfigError
        If the table cannot be read, a column is missing, or a commission is not in the roster.
    """
    table = _table(nominations, "nominations", NOMINATIONS, NOMINATIONS)
    number = _numbers(composition, table, "nominations")
    party = table["nominator"]
    if composition.coding is not None:
        party = composition.coding.coded(party, composition.date)["party"].fillna(party)
    asked = pd.DataFrame({"body": number, "party": party.to_numpy()}).drop_duplicates()
    seats = composition.seats
    own = pd.DataFrame({"body": seats["commission"], "party": seats["party"].fillna(seats["nominated_by"])})
    met = asked.merge(own.dropna().drop_duplicates(), on=["body", "party"])
    n = len(composition)
    nominated = np.bincount(asked["body"], minlength=n).astype(np.float64)
    seated = np.bincount(met["body"], minlength=n).astype(np.float64)
    most = np.minimum(seated + composition.unknown_nominator, nominated)
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = Bounded(1 - seated / nominated, 1 - most / nominated, 1 - seated / nominated)
    return gap.where((nominated > 0) & (composition.m > 0))


@dataclass(frozen=True, slots=True)
class Protection:
    """Complaints against a rule that protects members; complaints are reports, not findings of a court.

    Parameters
    ----------
    in_force : bool
        Whether the rule held on the day of any complaint in the table.
    complaints : int
        Of dismissal or transfer on days when the rule held.
    without_consent, unknown_consent : int
        Those of them without the member's consent, and those that do not say.
    members : int
        Voting members of the commissions: what the complaints are out of.
    """

    in_force: bool
    complaints: int
    without_consent: int
    unknown_consent: int
    members: int


def protection_gap(composition: Composition, complaints: Given, law: Law) -> tuple[Bounded, Protection]:
    """Complaints of dismissal or transfer without consent per voting member, where the law protects.

    Parameters
    ----------
    complaints : path or DataFrame
        ``commission_id``, ``date``, ``kind`` (dismissal, transfer, pressure, other), ``consent``
        (yes, no, unknown).
    law : Law
        With its rules of all days.

    Returns
    -------
    Bounded
        By commission; 0 where nobody complained. Complaints that do not speak of consent make the
        upper bound.
    Protection
        The same for all commissions together.
    """
    table = _table(complaints, "complaints", COMPLAINTS, COMPLAINTS)
    number = _numbers(composition, table, "complaints")
    kind = _words(table, "kind", KINDS)
    consent = _words(table, "consent", CONSENT)
    holds = np.array([law.protects(as_day(str(day))) for day in table["date"]], dtype=bool)
    counted = kind.isin(PROTECTED).to_numpy() & holds
    refused, vague = counted & (consent == "no").to_numpy(), counted & (consent == "unknown").to_numpy()
    n = len(composition)
    without = np.bincount(number[refused], minlength=n).astype(np.float64)
    unsaid = np.bincount(number[vague], minlength=n).astype(np.float64)
    m = np.where(composition.m > 0, composition.m, np.nan)
    gap = Bounded(without / m, without / m, (without + unsaid) / m)
    return gap, Protection(
        bool(holds.any()),
        int(counted.sum()),
        int(refused.sum()),
        int(vague.sum()),
        int(composition.m.sum()),
    )


def _table(given: Given, what: str, needed: tuple[str, ...], filled: tuple[str, ...]) -> pd.DataFrame:
    def score(record: Record) -> int:
        return sum(cell.strip() in needed for cell in record)

    if isinstance(given, pd.DataFrame):
        frame, name = given, what
    else:
        try:
            frame, source = open_frame(given, score)
        except ReturnsError as error:
            raise ConfigError(f"table of {what} {error}") from None
        name = source.name
    missing = next((column for column in needed if column not in frame.columns), None)
    if missing is not None:
        raise ConfigError(f"{name}: no column {missing!r}; {what} have {', '.join(needed)}")
    table = pd.DataFrame({column: parse_names(frame[column]).astype("str") for column in needed})
    for column in filled:
        for row in table.index[table[column].isna()]:
            raise ConfigError(f"{name}: row {row}, column {column!r} is empty; every cell is filled")
    return table


def _words(table: pd.DataFrame, column: str, words: tuple[str, ...]) -> pd.Series:
    cells = table[column].str.casefold()
    for row, cell in cells[~cells.isin(words)].items():
        raise ConfigError(f"row {row}: {cell!r} is no {column}; it is one of {', '.join(words)}")
    return cells


def _numbers(composition: Composition, table: pd.DataFrame, what: str) -> NDArray[np.intp]:
    ids = pd.Index(composition.roster.commissions["commission_id"])
    number = np.asarray(ids.get_indexer(pd.Index(table["commission_id"])), dtype=np.intp)
    for row in table.index[number < 0]:
        raise ConfigError(
            f"table of {what}: row {row}: {table.loc[row, 'commission_id']!r} is no commission of the "
            f"roster {composition.roster.source.name}"
        )
    return number
