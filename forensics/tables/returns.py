"""Returns: one row per precinct, the roles of its columns, and nothing thrown away."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, NoReturn, TypeVar

import numpy as np
import pandas as pd

from forensics.errors import ConfigError, meant
from forensics.messages.message import Sentences
from forensics.notebook import card, grid, listed, paragraph
from forensics.scope import NATIONAL, Scope
from forensics.tables import roles
from forensics.tables.accepting import Table, as_frame, is_table
from forensics.tables.identities import Identity, default_identities
from forensics.tables.schema import canonical_frame
from forensics.tables.source import Source
from forensics.tables.where import compile_where

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Numbers = TypeVar("Numbers", NDArray[np.float64], NDArray[np.intp])

SAY = Sentences(
    "returns",
    where="Rows where {expression}: {kept:,} kept, {dropped:,} left out; national means those kept.",
)
FRAME = Source("frame")
#: What a share may be a share of.
WHOLES = ("ballots", "valid", "registered")
#: Columns of counts, and steps of reading, that a notebook shows.
SHOWN, SHOWN_STEPS = 12, 4
# Fields that are read-only views of a mapping.
_VIEWS = ("labels", "derived")


@dataclass(frozen=True, slots=True)
class Units:
    """The units of one level: ``codes[i]`` is the unit of row i, −1 where its name is missing.

    ``codes`` is read-only, of shape (n,).
    """

    codes: NDArray[np.intp]
    scopes: tuple[Scope, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Returns:
    """Precinct returns under canonical column names; frozen, with its DataFrame as the exit.

    Contradictions in the counts (negative numbers, more ballots than voters, sums that do not
    add up, keys that occur twice) are evidence and stay; a missing count stays missing.

    Parameters
    ----------
    table : DataFrame
        A row per precinct. The index is the row number in the source; counts become nullable
        integers, levels become categories, ``precinct`` becomes text.
    levels : sequence of str, optional
        Level columns from the largest unit down (they need not nest); by default those of
        ``region``, ``district``, ``territory``, ``municipality`` that are present.
    leader : str, optional
        Option under study; by default the option with most votes in the table. It stays the same
        in every part.
    labels : mapping of str to str, optional
        How the source spells each option.
    identities : tuple of Identity, optional
        Relations the columns must satisfy; by default those of :func:`default_identities`.
    blank_in : {"valid", "invalid"}, optional
        Where blank ballots are counted; ``None`` where nobody says.
    source : Source, optional
        Provenance.
    scope : Scope
        What part of the country the rows are.
    derived : mapping of str to str, optional
        Columns that the reader computed from others, with their formulas.

    Raises
    ------
    ReturnsError
        For structural faults only, all of them together: no precinct column, no count at all,
        text or a fraction in a count, a column named twice, no rows.
    ConfigError
        If ``leader`` is no option, or a level is no column that names units.
    """

    table: pd.DataFrame
    levels: Sequence[str] | None = None
    leader: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    identities: tuple[Identity, ...] | None = None
    blank_in: str | None = None
    source: Source = FRAME
    scope: Scope = NATIONAL
    derived: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        def set_(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        frame, levels, derived, steps = canonical_frame(self.table, self.levels, self.source.name)
        set_("table", frame)
        set_("levels", levels)
        set_("source", self.source.then(*steps))
        set_("derived", MappingProxyType({**derived, **self.derived}))
        set_("labels", MappingProxyType({o: self.labels.get(o, o) for o in self.options}))
        set_("leader", self.option(self.leader) if self.leader else self._most_votes())
        if self.identities is None:
            set_("identities", default_identities())

    def __getstate__(self) -> dict[str, object]:
        # Read-only views cannot be pickled; cached arrays are cheaper to compute than to send.
        state = {item.name: getattr(self, item.name) for item in fields(self)}
        return {name: dict(state[name]) if name in _VIEWS else state[name] for name in state}

    def __setstate__(self, state: Mapping[str, object]) -> None:
        for name, value in state.items():
            viewed = MappingProxyType(value) if name in _VIEWS and isinstance(value, dict) else value
            object.__setattr__(self, name, viewed)

    def _with(self, **changes: object) -> Returns:
        """A copy with some fields changed: what was checked already is not checked again."""
        copy = object.__new__(type(self))
        copy.__setstate__(self.__getstate__() | changes)
        return copy

    if not TYPE_CHECKING:  # or every misspelt attribute would pass the type checker

        def __getattr__(self, name: str) -> NoReturn:
            # Only reached for what is not there; a copy under way has no table yet.
            table = self.__dict__.get("table")
            if table is not None and name in table.columns:
                raise AttributeError(f"Returns have columns in .frame: returns.frame[{name!r}]")
            near = "" if name.startswith("_") else meant(name, dir(type(self)))
            raise AttributeError(f"'Returns' object has no attribute {name!r}{near}")

    def __repr__(self) -> str:
        leader = f", leader {self.leader}" if self.leader else ""
        return f"<Returns {self.source.name}: {len(self):,} precincts, {self.scope}{leader}>"

    def _repr_html_(self) -> str:
        """Levels, counts and options in sum; no precinct is named."""
        levels = [(level, len(self.units(level).scopes)) for level in self.levels or ()]
        counts: list[tuple[str | int, ...]] = []
        for column in filter(roles.is_count, self.table.columns):
            values = self.table[column]
            label = self.labels.get(column.removeprefix(roles.VOTES), column)
            name = column if label in column else f"{column} ({label})"
            counts.append((name, int(values.sum()), int(values.isna().sum())))
        more = f"and {len(counts) - SHOWN:,} more columns of counts: frame has all of them"
        return card(
            paragraph(repr(self)[1:-1], strong=True),
            grid(("level", "units"), levels) if levels else "",
            grid(("count", "sum", "not reported"), counts[:SHOWN]),
            paragraph(more, faint=True) if len(counts) > SHOWN else "",
            *listed([str(step) for step in self.source.steps], SHOWN_STEPS, "source.steps"),
        )

    def __len__(self) -> int:
        return len(self.table)

    def __sizeof__(self) -> int:
        """Bytes of the table: schedulers ask before they decide how to send it."""
        return int(self.table.memory_usage(deep=True).sum())

    @property
    def frame(self) -> pd.DataFrame:
        """The table, a row per precinct under canonical names; changing it does not change the returns."""
        # Copy-on-write does not reach the arrays inside nullable columns: to_numpy() would hand them out.
        return self.table.copy()

    @cached_property
    def options(self) -> tuple[str, ...]:
        """Options (parties or candidates) in the order of their columns."""
        columns = filter(roles.is_option, self.table.columns)
        return tuple(column.removeprefix(roles.VOTES) for column in columns)

    def option(self, name: str | None) -> str:
        """The option meant by ``name``: its own, as the source spells it, or the one that contains it.

        Raises
        ------
        ConfigError
            If no option or more than one answers to the name.
        """
        if name is None:
            if not self.leader:
                raise ConfigError(f"{self.source.name}: no column {roles.VOTES}…, so no option to study")
            return self.leader
        if name in self.options:
            return name
        wanted = name.casefold()
        spelled = {option: (option.casefold(), self.labels[option].casefold()) for option in self.options}
        whole = [option for option, names in spelled.items() if wanted in names]
        found = whole or [o for o, names in spelled.items() if any(wanted in known for known in names)]
        if len(found) == 1:
            return found[0]
        near = meant(name, (*self.options, *self.labels.values()))
        state = f"may be {' or '.join(found)}" if found else f"is no option{near}"
        raise ConfigError(
            f"{self.source.name}: {name!r} {state}; the options are {', '.join(self.options) or 'none'}"
        )

    def _most_votes(self) -> str | None:
        totals = {option: float(np.nansum(self.votes(option))) for option in self.options}
        return min(totals, key=lambda option: (-totals[option], option), default=None)

    def has(self, *columns: str) -> bool:
        """Whether each of ``columns`` is there with at least one value."""
        return all(
            column in self.table.columns and bool(self.table[column].notna().any()) for column in columns
        )

    def counts(self, column: str) -> Floats:
        """The numbers of ``column`` as float64 of shape (n,), NaN where one is missing.

        Raises
        ------
        ConfigError
            If there is no such column, or it holds no numbers.
        """
        if column not in self.table.columns:
            raise ConfigError(
                f"{self.source.name}: no column {column!r}{meant(column, self.table.columns)}, so it "
                "cannot be counted"
            )
        if not pd.api.types.is_numeric_dtype(self.table[column].dtype):
            raise ConfigError(f"{self.source.name}: column {column!r} holds no numbers to count")
        return self.table[column].to_numpy(dtype=np.float64, na_value=np.nan)

    def votes(self, option: str | None = None) -> Floats:
        """Votes of ``option`` (default: the leader), float64 of shape (n,), NaN where not reported."""
        return self.counts(roles.VOTES + (option or self.option(None)))

    @cached_property
    def total_votes(self) -> Floats:
        """Sum over all options, NaN where any is missing (or where there is no option)."""
        if not self.options:
            return _frozen(np.full(len(self), np.nan))
        return _frozen(np.sum([self.votes(option) for option in self.options], axis=0))

    @property
    def turnout_of(self) -> str:
        """The numerator of turnout: ``issued`` where known, else ``ballots``."""
        return "issued" if self.has("issued") else "ballots"

    @cached_property
    def turnout(self) -> Floats:
        """Turnout per precinct, NaN where it is undefined (nobody registered, or not reported)."""
        return _frozen(_ratio(self.counts(self.turnout_of), self.counts("registered")))

    def share(self, option: str | None = None, *, of: str = "ballots") -> Floats:
        """Votes of ``option`` by ``of`` (``ballots``, ``valid``, ``registered``): 0 to 1, shape (n,).

        NaN where it is undefined (a whole of zero or less, or either count not reported).
        """
        if of not in WHOLES:
            raise ConfigError(f"a share is of {', '.join(WHOLES)}, not of {of!r}")
        return _ratio(self.votes(option), self.counts(of))

    def units(self, level: str | None = None) -> Units:
        """Rows grouped by the units of ``level`` (one that exists); without it, all in this scope."""
        if level not in self._grouped:
            self._grouped[level] = self._units(level)
        return self._grouped[level]

    @cached_property
    def _grouped(self) -> dict[str | None, Units]:
        """Units of the levels asked for so far: every detector asks for the same ones."""
        return {}

    def _units(self, level: str | None) -> Units:
        if level is None:
            return Units(_frozen(np.zeros(len(self), dtype=np.intp)), (self.scope,))
        columns = self.unit_columns(level)
        known = self.table[list(columns)].notna().all(axis=1).to_numpy()
        named = [pd.factorize(self.table.loc[known, c].astype("str"), sort=True) for c in columns]
        pairs, place = np.unique(
            np.ravel_multi_index([c for c, _ in named], [max(len(names), 1) for _, names in named]),
            return_inverse=True,
        )
        codes = np.full(len(self), -1, dtype=np.intp)
        codes[known] = place
        parts = np.unravel_index(pairs, [max(len(names), 1) for _, names in named])
        unique = zip(*(names[c] for c, (_, names) in zip(parts, named, strict=True)), strict=True)
        return Units(
            _frozen(codes),
            tuple(Scope(level, tuple(zip(columns, name, strict=True))) for name in unique),
        )

    def unit_columns(self, level: str) -> tuple[str, ...]:
        """The columns that name a unit of ``level``: its top level and its own."""
        if level not in (self.levels or ()):
            raise ConfigError(
                f"{self.source.name}: {level!r} is no level{meant(level, self.levels or ())}; the levels "
                f"are {', '.join(self.levels or ()) or 'none'}"
            )
        top = (self.levels or ())[0]
        return (top,) if level == top else (top, level)

    def by(self, level: str) -> Iterator[tuple[Scope, Returns]]:
        """Each unit of ``level`` with its part of the returns, in order of the names."""
        units = self.units(level)
        order = np.argsort(units.codes, kind="stable")
        edges = np.searchsorted(units.codes[order], np.arange(len(units.scopes) + 1))
        for code, scope in enumerate(units.scopes):
            yield scope, self.part(order[edges[code] : edges[code + 1]], scope)

    def part(self, rows: NDArray[np.intp] | NDArray[np.bool_], scope: Scope | None = None) -> Returns:
        """Some ``rows`` (positions or a mask of shape (n,)) as the returns of ``scope``, else the same."""
        table = self.table[rows] if rows.dtype == bool else self.table.iloc[rows]
        return self._with(table=table, scope=scope or self.scope)

    def where(self, expression: str) -> Returns:
        """Rows for which ``expression``, as ``registered >= 100 and region != "Abroad"``, holds.

        The expression is parsed here, never evaluated as code; the numbers kept and dropped are
        recorded in ``source.steps``.
        """
        keep = compile_where(expression, self.table)
        if not keep.any():
            raise ConfigError(
                f"--where {expression!r} keeps none of the {len(self):,} rows of {self.source.name}"
            )
        step = SAY("where", expression=expression, kept=int(keep.sum()), dropped=int((~keep).sum()))
        before = self.source.where
        both = f"({before}) and ({expression})" if before else expression
        return self.part(keep)._with(source=replace(self.source.then(step), where=both))

    def with_leader(self, option: str) -> Returns:
        """The same returns with ``option`` under study; unknown ones are refused as by :meth:`option`."""
        return self._with(leader=self.option(option))

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the content: the same for any order of the rows or of the columns."""
        columns = sorted(self.table.columns)
        frame = pd.DataFrame({column: _plain(self.table[column]) for column in columns})
        rows = np.sort(pd.util.hash_pandas_object(frame, index=False).to_numpy())
        return hashlib.sha256(",".join(columns).encode() + rows.tobytes()).hexdigest()


def as_returns(value: Returns | Table) -> Returns:
    """The returns themselves, or those that a table in memory makes under canonical names.

    Raises
    ------
    ConfigError
        If it is neither returns nor a table.
    ReturnsError
        If the table has structural faults.
    """
    if isinstance(value, Returns):
        return value
    if not is_table(value):
        raise ConfigError(
            f"Returns are needed first, or a table that makes them, not {type(value).__name__}; read a "
            "file with forensics.read_returns(path)"
        )
    return Returns(as_frame(value))


def _plain(values: pd.Series) -> pd.Series:
    """A column in a type that depends on its content only, not on how it is stored."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        return values.astype("str")
    return values.astype("Int64") if values.dtype == "Int32" else values


def _ratio(part: Floats, whole: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(whole > 0, part / whole, np.nan))


def _frozen(values: Numbers) -> Numbers:
    """The array, no longer to be written to: it is kept and handed out again."""
    values.flags.writeable = False
    return values
