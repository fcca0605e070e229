"""The measures of a roster's commissions, and the same for the precincts of returns."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from forensics.commissions.by_employer import employed, employer_measures
from forensics.commissions.by_nominator import bloc_measures, filler_share, nominator_measures
from forensics.commissions.catalogue import ABOVE, CAPTURE_PARTS, CATALOGUE, PREFIXES, measure_id
from forensics.commissions.codings import Coding, Given, read_coding, read_codings
from forensics.commissions.composition import Composition
from forensics.commissions.disclosure import LEAST, common
from forensics.commissions.gaps import Given as Table
from forensics.commissions.gaps import Protection, nomination_gap, plurality_gap, protection_gap
from forensics.commissions.institutions import Graph, graph_measures
from forensics.commissions.law import Law
from forensics.commissions.retention import chair_retained
from forensics.errors import ConfigError
from forensics.kernels.plurality import Bounded
from forensics.messages.message import Message, Sentences
from forensics.tables.joining import Alias, Joined, join
from forensics.tables.returns import Returns
from forensics.tables.rosters import Day, Roster, as_day

SAY = Sentences(
    "measures",
    needs="{measure} needs {needs}.",
    uncoded="{n:,} {n:plural:nominator is|nominators are} not in coding {coding} and "
    "{n:plural:counts|count} as unknown: {names}.",
    uncoded_rare="{n:,} {n:plural:nominator|nominators} of members of fewer than {least} commissions "
    "{n:plural:is|are} not in coding {coding} and {n:plural:counts|count} as unknown; a rare name may be a "
    "person's and is not given.",
)
#: Quorum where no law says another one.
TWO_THIRDS = (2, 3)
_SHOWN = 8


@dataclass(frozen=True, eq=False, repr=False)
class Measures:
    """Measures of k commissions under one coding, with bounds for members nobody knows.

    Parameters
    ----------
    roster : Roster
        Of one day.
    coding : str
        Name of the coding; empty without one.
    value, low, high : DataFrame
        A row per commission (its number), a column per measure; NaN where it is not defined.
    skipped : mapping of str to Message
        Measures that could not be made, and what they need.
    steps : tuple of Message
        What a reader must know: nominators that the coding does not know.
    joined : Joined or None
        Where the commissions stand in the returns.
    places : DataFrame or None
        The returns' level columns by row number, with ``appointed_by``.
    levels : tuple of str
        Level columns of the returns, from the top down.
    appointing_level : str or None
        The level whose commissions appoint those of the precincts.
    protection : Protection or None
        Complaints against the rule on protection, all commissions together.
    """

    roster: Roster
    coding: str
    value: pd.DataFrame
    low: pd.DataFrame
    high: pd.DataFrame
    skipped: Mapping[str, Message] = field(default_factory=dict)
    steps: tuple[Message, ...] = ()
    joined: Joined | None = None
    places: pd.DataFrame | None = None
    levels: tuple[str, ...] = ()
    appointing_level: str | None = None
    protection: Protection | None = None

    def __repr__(self) -> str:
        under = f" under {self.coding}" if self.coding else ""
        return f"<Measures of {len(self.value):,} commissions{under}: {len(self.ids)} measures>"

    @property
    def ids(self) -> tuple[str, ...]:
        """Identifiers of the measures, those of the catalogue first."""
        return tuple(self.value.columns)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """Measures by row number of the returns, with the level columns and ``appointed_by``.

        NaN where a precinct has no roster or the measure is not defined. Measures of the
        commissions above a precinct's own stand under ``territorial:<id>`` and ``regional:<id>``.

        Raises
        ------
        ConfigError
            If the roster was not joined to returns.
        """
        return self._of_precincts(self.value)

    @property
    def bounds(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Lower and upper bounds by row number of the returns, as :attr:`frame`."""
        return self._of_precincts(self.low), self._of_precincts(self.high)

    def _of_precincts(self, table: pd.DataFrame) -> pd.DataFrame:
        if self.joined is None or self.places is None:
            raise ConfigError("the roster was not joined to returns, so there are no precincts to measure")
        own = self.joined.commission
        parts = [self.places, _taken(table, own, self.places.index)]
        levels = self.roster.commissions["level"].to_numpy()
        core = [column for column in table.columns if not column.startswith(PREFIXES)]
        above = self._parents(own)
        while (above >= 0).any():
            level = int(levels[above[above >= 0]].max())
            prefix = {2: ABOVE[0], 1: ABOVE[1]}.get(level)
            if prefix is not None:
                at = np.where((above >= 0) & (levels[np.maximum(above, 0)] == level), above, -1)
                taken = _taken(table[core], at, self.places.index).dropna(axis=1, how="all")
                parts.append(taken.add_prefix(prefix))
            above = self._parents(above)
        return pd.concat(parts, axis=1)

    def _parents(self, numbers: np.ndarray) -> np.ndarray:
        parents = np.append(self.roster.commissions["parent"].to_numpy(dtype=np.intp), -1)
        return np.asarray(parents[numbers], dtype=np.intp)

    def level_of(self, name: str) -> str:
        """The largest level of the returns within whose units a measure does not vary.

        ``"national"`` where it is the same everywhere, ``"precinct"`` where it varies within the
        smallest units.

        Raises
        ------
        ConfigError
            If there is no such measure.
        """
        frame = self.frame
        values = self._column(frame, name)
        known = values.notna()
        if not known.any() or (values[known] == values[known].iloc[0]).all():
            return "national"
        for level in self.levels:
            unit = list(dict.fromkeys((self.levels[0], level)))
            varied = (
                values[known].groupby([frame[column][known] for column in unit], observed=True).nunique()
            )
            if varied.le(1).all():
                return level
        return "precinct"

    def _column(self, frame: pd.DataFrame, name: str) -> pd.Series:
        wanted = measure_id(name)
        if wanted not in frame.columns:
            reason = self.skipped.get(wanted)
            raise ConfigError(
                f"{name!r} is no measure of these commissions" + (f": {reason}" if reason else "")
            )
        return frame[wanted]


def measure(
    roster: Roster,
    returns: Returns | None = None,
    /,
    *,
    coding: Given | Coding | None = None,
    date: Day | None = None,
    alias: Alias | None = None,
    appointed_by: str | None = None,
    law: Law | None = None,
    registered_parties: int | None = None,
    nominations: Table | None = None,
    complaints: Table | None = None,
    edges: Graph | None = None,
    before: Roster | Day | None = None,
) -> Measures:
    """Every measure that the roster and what is given beside it allow.

    Parameters
    ----------
    roster : Roster
        Who sat on the commissions.
    returns : Returns, optional
        To join the commissions to.
    coding : str, path, DataFrame or Coding, optional
        Nominators and their blocs.
    date : date or str, optional
        The day of the election; by default that of the returns' column ``election_date``.
    alias : mapping, optional
        Spellings (:func:`~forensics.tables.joining.read_alias`).
    appointed_by : str, optional
        Level of the returns whose commissions appoint; by default the first above the precinct.
    law : Law, optional
        For the quorum, the number of registered parties and the protection of members.
    registered_parties : int, optional
        For the plurality gap; by default what the law's sources say of the day.
    nominations, complaints : path or DataFrame, optional
        For the nomination gap and the protection gap.
    edges : Graph, optional
        For chain depth, common principal and dual closure.
    before : Roster or date, optional
        Who was chair before: another roster read with the same salt, or an earlier day of this one.

    Returns
    -------
    Measures
        A table per level, a row per commission; shares are 0 to 1, with bounds for unknown members.

    Raises
    ------
    RosterError
        If the roster cannot be joined.
    ConfigError
        If a date is needed and none is given, a level is none, or a table cannot be used.
    """
    day = _day(date, returns)
    earlier = before if isinstance(before, Roster) or before is None else roster.on(before)
    current = roster.on(day) if day is not None and roster.date is None else roster
    coded = None if coding is None else read_coding(coding)
    composition = Composition(current, coded, day)
    quorum = (law.quorum(day) if law is not None and day is not None else None) or TWO_THIRDS
    parties = registered_parties
    if parties is None and law is not None and day is not None:
        parties = law.registered_parties(day)
    measured = nominator_measures(composition)
    if coded is not None:
        measured |= bloc_measures(composition, quorum)
    if composition.seats["nominator_type"].notna().any():
        measured["filler_share"] = filler_share(composition)
        if parties is not None:
            measured["plurality_gap"] = plurality_gap(composition, parties)
    if nominations is not None:
        measured["nomination_gap"] = nomination_gap(composition, nominations)
    protection = None
    if complaints is not None and law is not None:
        measured["protection_gap"], protection = protection_gap(composition, complaints, law)
    staff = employed(composition)
    if staff is not None:
        measured |= employer_measures(composition, staff)
        if edges is not None:
            measured |= graph_measures(composition, staff, edges)
    if earlier is not None:
        measured["chair_retained"] = chair_retained(current, earlier)
    if coded is not None:
        measured["capture_count"] = _capture(measured, composition)
    tables, skipped = _tables(measured, composition)
    steps: tuple[Message, ...] = ()
    if coded is not None and (unknown := coded.uncoded(composition.labels, day)):
        steps = _uncoded(unknown, coded.name, current)
    made = Measures(current, coded.name if coded else "", *tables, skipped, steps, protection=protection)
    return made if returns is None else _joined(made, returns, alias, appointed_by)


def _uncoded(unknown: Sequence[str], coding: str, roster: Roster) -> tuple[Message, ...]:
    """Which nominators a coding does not know; a rare one may be a person and is only counted."""
    known = common(roster.seats["nominated_by"], roster.seats["commission"])
    named = [name for name in unknown if name in known]
    rare = len(unknown) - len(named)
    names = ", ".join(named[:_SHOWN]) + (" …" if len(named) > _SHOWN else "")
    return (
        *((SAY("uncoded", n=len(named), coding=coding, names=names),) if named else ()),
        *((SAY("uncoded_rare", n=rare, coding=coding, least=LEAST),) if rare else ()),
    )


def measure_each(
    roster: Roster,
    returns: Returns | None = None,
    /,
    *,
    codings: Given | Coding | Sequence[Given | Coding] | None,
    **options: Any,
) -> dict[str, Measures]:
    """:func:`measure` under each of several codings, by the coding's name (empty without any).

    Parameters
    ----------
    roster, returns : Roster, Returns or None
        As for :func:`measure`.
    codings : coding or sequence of these, or None
        Names, paths, frames or Codings.
    **options
        As for :func:`measure`.

    Returns
    -------
    dict of str to Measures
        By the name of the coding.

    Raises
    ------
    RosterError, ConfigError
        As for :func:`measure`; also if two codings have one name.
    """
    several = read_codings(codings)
    if not several:
        return {"": measure(roster, returns, **options)}
    return {coding.name: measure(roster, returns, coding=coding, **options) for coding in several}


def _day(date: Day | None, returns: Returns | None) -> datetime.date | None:
    if date is not None:
        return as_day(date)
    if returns is None or "election_date" not in returns.table.columns:
        return None
    days = returns.table["election_date"].dropna().unique()
    if len(days) != 1:
        return None
    return as_day(pd.Timestamp(days[0]).to_pydatetime())


def _capture(measured: Mapping[str, Bounded], composition: Composition) -> Bounded:
    """How many of the six parts hold; a part that cannot be made may hold or not."""
    n = len(composition)
    value, low, high = np.zeros(n), np.zeros(n), np.zeros(n)
    for part in CAPTURE_PARTS:
        bounded = measured.get(part)
        if bounded is None:
            value, high = value + np.nan, high + 1
            continue
        value = value + bounded.value
        low, high = low + np.nan_to_num(bounded.low), high + np.nan_to_num(bounded.high, nan=1.0)
    return Bounded(value, low, high).where(composition.m > 0)


def _tables(
    measured: Mapping[str, Bounded], composition: Composition
) -> tuple[tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame], dict[str, Message]]:
    """Values and bounds side by side; measures without any lower bound are said to be missing."""
    made = {name: one for name, one in measured.items() if np.isfinite(one.low).any()}
    order = [name for name in CATALOGUE if name in made]
    order += [name for name in made if name not in CATALOGUE]
    seated = composition.m > 0
    index = pd.RangeIndex(len(composition), name="commission")
    tables = tuple(
        pd.DataFrame({name: getattr(made[name].where(seated), part) for name in order}, index=index)
        for part in ("value", "low", "high")
    )
    skipped = {
        entry.id: SAY("needs", measure=f"{entry.id} ({entry.symbol})", needs=entry.needs)
        for entry in CATALOGUE.values()
        if entry.id not in made
    }
    return (tables[0], tables[1], tables[2]), skipped


def _taken(table: pd.DataFrame, numbers: np.ndarray, index: pd.Index) -> pd.DataFrame:
    values = np.vstack([table.to_numpy(dtype=np.float64), np.full(table.shape[1], np.nan)])
    return pd.DataFrame(values[numbers], index=index, columns=table.columns)


def _joined(made: Measures, returns: Returns, alias: Alias | None, appointed_by: str | None) -> Measures:
    joined = join(made.roster, returns, alias=alias)
    levels = tuple(returns.levels or ())
    level = appointed_by or (levels[-1] if levels else None)
    if level is not None and level not in levels:
        raise ConfigError(f"{level!r} is no level; the levels are {', '.join(levels) or 'none'}")
    places = returns.table[list(levels)].astype("str")
    parents = made.roster.commissions["parent_id"].to_numpy(dtype=object)
    above = np.array([*parents, None], dtype=object)[joined.commission]
    by = pd.Series(above, index=places.index, dtype=object)
    if appointed_by is not None or by.isna().all():
        units = returns.units(level)
        names = np.array([str(scope) for scope in units.scopes] + [None], dtype=object)
        by = pd.Series(names[units.codes], index=places.index, dtype=object)
    places["appointed_by"] = by.astype("str")
    return Measures(
        made.roster, made.coding, made.value, made.low, made.high, made.skipped, made.steps, joined, places,
        levels, level, made.protection,
    )  # fmt: skip
