"""Rosters joined to returns: which commission counted the votes of which precinct."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forensics.errors import ConfigError, Fault, ReturnsError, RosterError
from forensics.messages.message import Message, Sentences
from forensics.tables import roster_columns as columns
from forensics.tables.counts import parse_names
from forensics.tables.header import Record
from forensics.tables.opening import open_frame
from forensics.tables.returns import Returns
from forensics.tables.rosters import Roster

#: Share of the roster below which a join is refused.
LEAST_JOINED = 0.9
_SHOWN = 5
_BETWEEN = "\x1f"
#: Columns of an alias file, each with the names it answers to.
_ALIAS = {
    "column": ("column",),
    "roster": ("roster", "roster_value", "roster value"),
    "returns": ("returns", "returns_value", "returns value"),
}

SAY = Sentences(
    "joining",
    joined="{joined:,} of {roster:,} {roster:plural:row|rows} of the roster join the returns on {keys}.",
    coverage="{with_roster:,} of {in_units:,} precincts of the units that the roster names have a "
    "commission in it; {without:,} have none. The returns hold {precincts:,} precincts in all.",
    alias="{n:,} {n:plural:name was|names were} replaced by the returns' spelling.",
)

Alias = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True, eq=False)
class Joined:
    """Where the commissions of precincts stand in the returns.

    Parameters
    ----------
    commission : ndarray of int, shape (rows of the returns,)
        Number of each row's commission, −1 where it has none.
    keys : tuple of str
        Columns joined on.
    roster, joined : int
        Commissions of precincts in the roster, and those of them that met one row of the returns.
    ambiguous : int
        Commissions whose key occurs more than once in the returns; they are not joined.
    precincts, in_units, with_roster : int
        Rows of the returns; those in top-level units where a commission was joined; those with a
        commission that has members.
    registered : float or None
        Share of the registered voters of these units in precincts with a commission.
    unmatched : tuple of str
        The first keys of the roster that met no row.
    steps : tuple of Message
        What was done, and how far the roster reaches.
    """

    commission: NDArray[np.intp]
    keys: tuple[str, ...]
    roster: int
    joined: int
    ambiguous: int
    precincts: int
    in_units: int
    with_roster: int
    registered: float | None = None
    unmatched: tuple[str, ...] = ()
    steps: tuple[Message, ...] = field(default=())

    @property
    def without_roster(self) -> int:
        """Precincts of the roster's units that have no commission in it."""
        return self.in_units - self.with_roster

    def to_dict(self) -> dict[str, Any]:
        """The object ``coverage`` of ``forensics commissions --json``."""
        return {
            "keys": list(self.keys),
            "roster": self.roster,
            "joined": self.joined,
            "unmatched": list(self.unmatched),
            "ambiguous": self.ambiguous,
            "precincts": self.precincts,
            "precincts_in_units": self.in_units,
            "with_roster": self.with_roster,
            "without_roster": self.without_roster,
            "registered_share": self.registered,
        }


def read_alias(path: str | os.PathLike[str]) -> Alias:
    """Names that the roster spells otherwise than the returns, by column.

    The file has the columns ``column``, ``roster`` (its spelling) and ``returns`` (theirs).

    Raises
    ------
    ConfigError
        If the file cannot be read, a column is missing, a cell is empty, or a name has two
        spellings.
    """

    def score(record: Record) -> int:
        return sum(cell.strip() in names for cell in record for names in _ALIAS.values())

    try:
        frame, source = open_frame(path, score)
    except ReturnsError as error:
        raise ConfigError(f"alias file {error}") from None
    found: dict[str, pd.Series] = {}
    for wanted, names in _ALIAS.items():
        column = next((name for name in names if name in frame.columns), None)
        if column is None:
            raise ConfigError(
                f"{source.name}: no column {wanted!r}; an alias file has column, roster, returns"
            )
        found[wanted] = parse_names(frame[column])
    alias: dict[str, dict[str, str]] = {}
    for row in frame.index:
        cells = {name: values[row] for name, values in found.items()}
        empty = next((name for name, value in cells.items() if pd.isna(value)), None)
        if empty is not None:
            raise ConfigError(f"{source.name}: row {row}, column {empty!r} is empty; every cell is filled")
        spellings = alias.setdefault(cells["column"], {})
        if spellings.setdefault(cells["roster"], cells["returns"]) != cells["returns"]:
            raise ConfigError(
                f"{source.name}: row {row}: {cells['roster']!r} was {spellings[cells['roster']]!r} before; "
                "a name has one spelling in the returns"
            )
    return alias


def join(roster: Roster, returns: Returns, *, alias: Alias | None = None) -> Joined:
    """Meet the commissions of precincts with the rows of the returns, on all columns both have.

    Parameters
    ----------
    roster : Roster
    returns : Returns
    alias : mapping of str to mapping of str to str, optional
        For a column, the roster's spellings and those of the returns (:func:`read_alias`).

    Raises
    ------
    RosterError
        If the tables share no precinct column, two commissions have one key, or fewer than 90 % of
        the roster's commissions meet a row; the text shows five unmatched keys of each side.
    ConfigError
        If ``alias`` names a column that the tables do not share.
    """
    table = roster.commissions
    own = table[(table["level"] == columns.PRECINCT) & table["precinct"].notna()]
    if roster.members is not None and roster.date is not None:
        own = own[roster.size[own.index.to_numpy()] > 0]
    keys = tuple(
        c for c in (*(returns.levels or ()), "precinct") if c in own.columns and own[c].notna().any()
    )
    if own.empty and roster.date is not None:
        raise RosterError(
            roster.source.name,
            [
                Fault(
                    f"nobody sits on a precinct's commission on {roster.date}",
                    "give a day when somebody does",
                )
            ],
        )
    if "precinct" not in keys:
        raise RosterError(
            roster.source.name,
            [
                Fault(
                    "no commission names its precinct", "commissions of level 3 have a precinct to join on"
                )
            ],
        )
    left = {c: own[c].astype("str").fillna("") for c in keys}
    steps: list[Message] = []
    if alias:
        replaced = _respelled(left, alias, keys)
        steps.append(SAY("alias", n=replaced))
    right = {c: returns.table[c].astype("str").str.strip().fillna("") for c in keys}
    ours, theirs = _keys(left), _keys(right)
    _refuse_twins(roster, own, ours, keys)
    position = pd.Index(ours).get_indexer(pd.Index(theirs)) if len(ours) else np.full(len(theirs), -1)
    met = np.bincount(position[position >= 0], minlength=len(ours))
    usable = position >= 0
    usable[usable] = met[position[usable]] == 1
    commission = np.full(len(returns), -1, dtype=np.intp)
    commission[usable] = own.index.to_numpy()[position[usable]]
    joined, ambiguous = int((met == 1).sum()), int((met > 1).sum())
    missing = np.flatnonzero(met == 0)
    if joined < LEAST_JOINED * len(ours):
        raise _too_few(roster, returns, keys, left, right, missing, position, joined, ambiguous)
    return _joined(roster, returns, keys, commission, (len(ours), joined, ambiguous),
                   tuple(_said(left, i) for i in missing[:_SHOWN]), steps)  # fmt: skip


def _respelled(left: dict[str, pd.Series], alias: Alias, keys: Sequence[str]) -> int:
    n = 0
    for column, names in alias.items():
        if column not in keys:
            raise ConfigError(
                f"the alias file names column {column!r}; roster and returns share {', '.join(keys)}"
            )
        known = left[column].isin(list(names))
        n += int(known.sum())
        left[column] = left[column].where(~known, left[column].map(dict(names)))
    return n


def _keys(columns_: Mapping[str, pd.Series]) -> NDArray[np.object_]:
    parts = [values.to_numpy(dtype=object) for values in columns_.values()]
    key = parts[0]
    for part in parts[1:]:
        key = key + _BETWEEN + part
    return np.asarray(key)


def _said(columns_: Mapping[str, pd.Series], i: int) -> str:
    return ", ".join(f"{column}={values.iloc[i]}" for column, values in columns_.items())


def _refuse_twins(
    roster: Roster, own: pd.DataFrame, ours: NDArray[np.object_], keys: Sequence[str]
) -> None:
    first: dict[str, int] = {}
    faults = []
    for key, row in zip(ours, own["row"], strict=True):
        if key in first:
            faults.append(
                Fault(
                    f"{key.replace(_BETWEEN, ' / ')} again, after row {first[key]:,}",
                    f"a precinct ({', '.join(keys)}) has one commission at a time",
                    int(row),
                )
            )
        else:
            first[key] = int(row)
    if faults:
        raise RosterError(roster.source.name, faults)


def _too_few(
    roster: Roster,
    returns: Returns,
    keys: Sequence[str],
    left: Mapping[str, pd.Series],
    right: Mapping[str, pd.Series],
    missing: NDArray[np.intp],
    position: NDArray[np.intp],
    joined: int,
    ambiguous: int,
) -> RosterError:
    n = len(next(iter(left.values())))
    ours = " | ".join(_said(left, i) for i in missing[:_SHOWN]) or "none"
    free = position < 0
    top = keys[0]
    # Rows of the units that the roster names are nearer to what was meant than the rest of a country.
    near = free & right[top].isin(left[top]).to_numpy() if top != "precinct" else free
    rows = np.flatnonzero(near if near.any() else free)[:_SHOWN]
    theirs = " | ".join(_said(right, i) for i in rows) or "none"
    more = f"; {ambiguous:,} keys occur several times in the returns" if ambiguous else ""
    return RosterError(
        roster.source.name,
        [
            Fault(
                f"{joined:,} of {n:,} rows join {returns.source.name} on {', '.join(keys)}{more}; "
                f"unmatched in the roster: {ours}; unmatched in the returns: {theirs}",
                f"at least {100 * LEAST_JOINED:.0f} % of the roster are needed: name the levels as the "
                "returns do, or give --alias FILE (column, roster value, returns value) where "
                "spellings differ",
            )
        ],
    )


def _joined(
    roster: Roster,
    returns: Returns,
    keys: tuple[str, ...],
    commission: NDArray[np.intp],
    numbers: tuple[int, int, int],
    unmatched: tuple[str, ...],
    steps: Sequence[Message],
) -> Joined:
    seated = np.append(roster.size > 0, False)
    commission = np.where(seated[commission], commission, -1)
    there = commission >= 0
    inside = np.ones(len(returns), dtype=bool)
    if returns.levels:
        codes = returns.units(returns.levels[0]).codes
        inside = np.isin(codes, np.unique(codes[there])) & (codes >= 0)
        inside |= there
    registered = None
    if returns.has("registered"):
        voters = np.nan_to_num(returns.counts("registered"))
        whole = float(voters[inside].sum())
        registered = float(voters[there].sum()) / whole if whole > 0 else None
    n, joined, ambiguous = numbers
    with_roster, in_units = int(there.sum()), int(inside.sum())
    said = (
        *steps,
        SAY("joined", joined=joined, roster=n, keys=", ".join(keys)),
        SAY(
            "coverage",
            with_roster=with_roster,
            in_units=in_units,
            without=in_units - with_roster,
            precincts=len(returns),
        ),
    )
    return Joined(
        commission, keys, n, joined, ambiguous, len(returns), in_units, with_roster, registered,
        unmatched, said,
    )  # fmt: skip
