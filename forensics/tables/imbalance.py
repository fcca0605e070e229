"""How far each row is from satisfying each relation of its protocol: evidence, not an error."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from forensics.errors import ConfigError
from forensics.tables import roles
from forensics.tables.identities import Identity
from forensics.tables.series import moment_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forensics.tables.returns import Returns

    Floats = NDArray[np.float64]

#: Half a tenth of a point: turnout is announced to a tenth of a percentage point.
TURNOUT_ALLOWANCE = 0.05

NEGATIVE_COUNTS = "negative_counts"
#: What the readings of a series must not exceed in the end, the first column present.
_FINALS = {
    "hour": ("ballots", "issued", "valid"),
    "turnout_pct": ("ballots", "issued", "valid"),
    "sup": ("supplementary",),
    "mobile": ("mobile", "box_portable"),
}


@dataclass(frozen=True, eq=False)
class Imbalance:
    """One relation over all rows of the returns.

    Parameters
    ----------
    id, formula, relation, surplus, innocent
        As in :class:`~forensics.tables.identities.Identity`; ``relation`` is ``"<="`` for readings
        against the final count and ``"rising"`` for series that must not fall.
    columns : tuple of str
        Columns that the relation reads.
    values : ndarray of float64, shape (n,)
        Signed distance from satisfying the relation: left minus right, 0 where it holds, NaN
        where a term is missing. In the unit of the columns (percentage points for percentages).
    parts : mapping of str to ndarray
        The same for each reading of a series or each column of counts, where there are several.
    """

    id: str
    formula: str
    relation: str
    columns: tuple[str, ...]
    values: Floats
    surplus: int = 0
    innocent: bool = False
    parts: Mapping[str, Floats] = field(default_factory=dict)

    @cached_property
    def checked(self) -> NDArray[np.bool_]:
        """Rows on which every term is known."""
        return ~np.isnan(self.values)

    @cached_property
    def violated(self) -> NDArray[np.bool_]:
        """Rows on which the relation fails."""
        return np.asarray(self.checked & (self.values != 0), dtype=np.bool_)

    @property
    def oriented(self) -> Floats:
        """The values signed so that positive means more ballots or votes than papers or voters."""
        return self.values * (self.surplus or 1)


@dataclass(frozen=True, slots=True)
class Unchecked:
    """A relation that could not be looked at: columns that are absent, or one made from the others."""

    identity: Identity
    missing: tuple[str, ...] = ()
    derived: str = ""


@dataclass(frozen=True, slots=True)
class Blank:
    """Where blank ballots are counted: stated by the profile, or read from the sums of the rows.

    ``with_blank`` and ``without_blank`` are the numbers of rows on which the votes add up to
    ``valid`` with and without them.
    """

    place: str | None
    stated: bool
    with_blank: int = 0
    without_blank: int = 0


def blank_place(returns: Returns) -> Blank:
    """Where blank ballots are counted; where nobody says, the reading that holds on more rows."""
    if returns.blank_in is not None or not (returns.options and returns.has("blank", "valid")):
        return Blank(returns.blank_in, returns.blank_in is not None)
    gap = returns.counts("valid") - returns.total_votes
    counts = returns.counts("blank")
    known = ~np.isnan(gap) & (counts > 0)
    inside, outside = int((gap == counts)[known].sum()), int((gap == 0)[known].sum())
    if inside == outside:
        return Blank(None, False, inside, outside)
    return Blank("valid" if inside > outside else "invalid", False, inside, outside)


def imbalances(returns: Returns) -> tuple[tuple[Imbalance, ...], tuple[Unchecked, ...]]:
    """Every relation that can be looked at, and those that cannot.

    The identities of the returns come first, then readings of cumulative turnout against the
    final count, series that must not fall, and negative counts.
    """
    blank = blank_place(returns).place
    found, unchecked = [], []
    for identity in returns.identities or ():
        missing = tuple(c for c in identity.columns if not _present(returns, c))
        derived = _made_from(returns, identity)
        if missing or derived:
            unchecked.append(Unchecked(identity, missing, derived))
        else:
            found.append(_identity(returns, identity, blank))
    found += _series(returns)
    found.append(_negative_counts(returns))
    return tuple(found), tuple(unchecked)


def find_imbalance(returns: Returns, id: str) -> Imbalance:
    """The relation of that identifier.

    Raises
    ------
    ConfigError
        If these returns have none such; the text lists those they have.
    """
    found, _ = imbalances(returns)
    for item in found:
        if item.id == id:
            return item
    raise ConfigError(f"{id!r} is no relation of these returns; there are {', '.join(i.id for i in found)}")


def leader_above(returns: Returns) -> Floats:
    """Whether the leader's share of the votes stands above the rest of its top-level unit.

    Returns
    -------
    ndarray of float64, shape (n,)
        +1 above, −1 below, 0 equal, NaN where either share is undefined. Shares are of the votes
        for all options: the relations under test involve ballots, so those cannot be the base.
    """
    if not returns.options:
        return np.full(len(returns), np.nan)
    leader, votes = returns.votes(), returns.total_votes
    known = ~np.isnan(votes) & (votes > 0)
    codes = returns.units(returns.levels[0] if returns.levels else None).codes
    codes = np.where(codes < 0, codes.max(initial=-1) + 1, codes)
    leaders = np.bincount(codes, np.where(known, leader, 0.0))[codes] - leader
    rest = np.bincount(codes, np.where(known, votes, 0.0))[codes] - votes
    # Products of whole numbers: a tie is a tie, whatever the order of the rows.
    return np.where(known & (rest > 0), np.sign(leader * rest - leaders * votes), np.nan)


def worst_rows(returns: Returns, relation: Imbalance | str, k: int = 10) -> list[dict[str, Any]]:
    """The k rows farthest from satisfying a relation, with the names and counts of the precinct.

    For eyes that may see precincts: ``check`` and the restricted part of a report.
    """
    if isinstance(relation, str):
        relation = find_imbalance(returns, relation)
    rows = np.flatnonzero(relation.violated)
    labels = returns.table.index.to_numpy()[rows]
    rows = rows[np.lexsort((labels, -np.abs(relation.values[rows])))][:k]
    names = [*(returns.levels or ()), "precinct"]
    shown = [c for c in relation.columns if c in returns.table.columns and c not in names]
    part = returns.table.iloc[rows]
    listed = []
    for place, (label, row) in zip(rows, part[names + shown].iterrows(), strict=True):
        cells = {c: None if _missing(row[c]) else str(row[c]) for c in names}
        counts = {c: None if _missing(row[c]) else _number(row[c]) for c in shown}
        listed.append(
            {"row": int(str(label)), **cells, "imbalance": _number(relation.values[place]), **counts}
        )
    return listed


def _missing(cell: Any) -> bool:
    return cell is None or cell != cell or str(cell) == "<NA>"


def _number(value: Any) -> int | float:
    number = float(value)
    return int(number) if number.is_integer() else round(number, 4)


def _present(returns: Returns, column: str) -> bool:
    return bool(returns.options) if column == "votes" else returns.has(column)


def _made_from(returns: Returns, identity: Identity) -> str:
    """A column that was computed from the other columns of the same relation, which then says nothing."""
    columns = set(identity.columns)
    for column, formula in returns.derived.items():
        terms = {"votes" if roles.is_option(term) else term for term in re.findall(r"[^\W\d]\w*", formula)}
        if column in columns and terms and terms <= columns:
            return f"{column} = {formula}"
    return ""


def _term(returns: Returns, column: str) -> Floats:
    return returns.total_votes if column == "votes" else returns.counts(column)


def _identity(returns: Returns, identity: Identity, blank: str | None) -> Imbalance:
    terms, formula = identity.terms, identity.formula
    signs = dict(terms)
    if blank == "valid" and {"votes", "valid"} <= set(signs) and "blank" not in signs:
        terms, formula = (*terms, ("blank", signs["votes"])), formula.replace("votes", "votes + blank")
    values = np.sum([sign * _term(returns, column) for column, sign in terms], axis=0)
    if identity.relation == ">=":
        values = np.minimum(values, 0.0)
    elif identity.relation == "<=":
        values = np.maximum(values, 0.0)
    return Imbalance(
        id=identity.id,
        formula=formula,
        relation=identity.relation,
        columns=tuple(column for column, _ in terms),
        values=values,
        surplus=identity.surplus,
        innocent=identity.innocent,
    )


def _series(returns: Returns) -> list[Imbalance]:
    """Cumulative readings: none above the final count, none below an earlier one.

    Both are marked innocent: readings are telephoned in during the day and often mistyped.
    """
    readings: dict[str, list[tuple[int, float, str]]] = {}
    for column in returns.table.columns:
        moment = moment_of(str(column))
        if moment and returns.has(column):
            readings.setdefault(moment.kind, []).append((moment.day, moment.hour, column))
    found = []
    for kind in [kind for kind in _FINALS if kind in readings]:
        ordered = sorted(readings[kind])
        columns = tuple(column for *_, column in ordered)
        days = [day for day, *_ in ordered]
        values = {column: returns.counts(column) for column in columns}
        restarts = _restarts(days, list(values.values()))
        final = next((c for c in _FINALS[kind] if returns.has(c)), None)
        if final is not None and not restarts:
            found.append(_within_final(returns, kind, final, values))
        if len(columns) > 1:
            steps = list(zip(columns[1:], columns, days[1:], days, strict=False))
            found.append(
                _never_falls(kind, values, [(a, b) for a, b, d, e in steps if d == e or not restarts])
            )
    return found


def _restarts(days: list[int], values: list[Floats]) -> bool:
    """Whether the readings start again from nothing on a new day."""
    for i in range(1, len(days)):
        both = ~np.isnan(values[i]) & ~np.isnan(values[i - 1])
        if days[i] != days[i - 1] and values[i][both].sum() < 0.5 * values[i - 1][both].sum():
            return True
    return False


def _within_final(returns: Returns, kind: str, final: str, values: Mapping[str, Floats]) -> Imbalance:
    end, allowance, formula = returns.counts(final), 0.0, f"{kind}_HH <= {final}"
    columns = (*values, final)
    if kind == "turnout_pct":
        registered = (
            returns.counts("registered") if returns.has("registered") else np.full(len(end), np.nan)
        )
        end = 100 * end / np.where(registered > 0, registered, np.nan)
        allowance, formula = (
            TURNOUT_ALLOWANCE,
            f"{kind}_HH <= 100 {final} / registered + {TURNOUT_ALLOWANCE}",
        )
        columns = (*columns, "registered")
    parts = {column: _beyond(value - end, allowance) for column, value in values.items()}
    return Imbalance(
        id=f"{kind}_within_{final}",
        formula=formula,
        relation="<=",
        columns=columns,
        values=_farthest(list(parts.values())),
        surplus=1,
        innocent=True,
        parts=MappingProxyType(parts),
    )


def _beyond(gap: Floats, allowance: float) -> Floats:
    return np.where(np.isnan(gap), np.nan, np.where(gap > allowance, gap, 0.0))


def _farthest(parts: list[Floats]) -> Floats:
    """The largest part of each row, NaN where all are."""
    return np.asarray(np.fmax.reduce(parts), dtype=np.float64)


def _never_falls(kind: str, values: Mapping[str, Floats], steps: list[tuple[str, str]]) -> Imbalance:
    """``steps`` pairs each reading with the one before it; a missing one hands on the last known."""
    n = len(next(iter(values.values())))
    running = {column: value.copy() for column, value in values.items()}
    parts = {}
    for later, earlier in steps:
        before = running[earlier]
        parts[later] = np.minimum(values[later] - before, 0.0)
        running[later] = np.where(np.isnan(values[later]), before, values[later])
    total = np.nansum(list(parts.values()), axis=0) if parts else np.zeros(n)
    known = np.any([~np.isnan(part) for part in parts.values()], axis=0) if parts else np.zeros(n, bool)
    return Imbalance(
        id=f"{kind}_never_falls",
        formula=f"{kind}_HH >= the reading before",
        relation="rising",
        columns=tuple(values),
        values=np.where(known, total, np.nan),
        innocent=True,
        parts=MappingProxyType(parts),
    )


def _negative_counts(returns: Returns) -> Imbalance:
    columns = tuple(c for c in returns.table.columns if roles.is_count(c) and returns.has(c))
    parts = {column: np.minimum(returns.counts(column), 0.0) for column in columns}
    known = np.any([~np.isnan(part) for part in parts.values()], axis=0)
    total = np.nansum(list(parts.values()), axis=0)
    wrong = {column: part for column, part in parts.items() if np.any(part < 0)}
    return Imbalance(
        id=NEGATIVE_COUNTS,
        formula="every count >= 0",
        relation=">=",
        columns=tuple(wrong),
        values=np.where(known, total, np.nan),
        parts=MappingProxyType(wrong),
    )
