"""Codings: which bloc a nominator belongs to, since when, and who says so."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

import pandas as pd

from forensics.errors import ConfigError, ReturnsError
from forensics.resources import resource
from forensics.tables.counts import parse_names
from forensics.tables.header import Record
from forensics.tables.opening import open_frame
from forensics.tables.published import table_schema
from forensics.tables.rosters import Day, as_day

BLOCS = ("INC", "SAT", "OPP", "STATE", "CIV", "UNK")
#: Blocs that somebody can be counted in; the sixth says that nobody knows.
KNOWN_BLOCS = BLOCS[:5]
#: Without a type of its own, a nominator of these blocs is a party.
PARTY_BLOCS = ("INC", "SAT", "OPP")
COLUMNS = (
    "nominator", "party", "nominator_type", "bloc", "p_aligned", "valid_from", "valid_to", "merged_into",
    "source",
)  # fmt: skip
_FOLDER = "codings"

Given = str | os.PathLike[str] | pd.DataFrame


@dataclass(frozen=True, eq=False, repr=False)
class Coding:
    """Nominators and their blocs; dated, sourced, one of several that may be laid side by side.

    Parameters
    ----------
    name : str
    rows : DataFrame
        ``nominator``, ``party`` (several labels may be one party), ``nominator_type``, ``bloc``,
        ``p_aligned`` (probability that a member of this nominator sides with the incumbent, NaN:
        unknown), ``valid_from``, ``valid_to`` (the day after the last), ``merged_into`` (who took
        the nominator over), ``source``.
    """

    name: str
    rows: pd.DataFrame

    def __repr__(self) -> str:
        return f"<Coding {self.name}: {len(self.rows):,} rows>"

    def on(self, date: Day | None = None) -> pd.DataFrame:
        """What holds on a day, by nominator: ``bloc``, ``p_aligned``, ``nominator_type``, ``party``.

        A label of a nominator that had merged by then has what holds for its successor; one that
        did not exist yet is left out.

        Raises
        ------
        ConfigError
            If no date is given and a nominator's bloc depends on it.
        """
        day = None if date is None else pd.Timestamp(as_day(date))
        found = {}
        for key, rows in self.rows.groupby("key", sort=False):
            row = self._resolved(str(key), rows, day)
            if row is not None:
                found[str(key)] = row
        frame = pd.DataFrame.from_dict(found, orient="index", columns=list(_HELD))
        return frame.astype({"p_aligned": "float64"})

    def _resolved(
        self, key: str, rows: pd.DataFrame, day: pd.Timestamp | None, seen: tuple[str, ...] = ()
    ) -> tuple[Any, ...] | None:
        if key in seen:
            raise ConfigError(
                f"coding {self.name}: {' → '.join((*seen, key))} merge in a circle; a merger has an end"
            )
        if day is None:
            held = rows[list(_HELD)].drop_duplicates()
            if len(held) > 1:
                raise ConfigError(
                    f"coding {self.name}: the bloc of {rows['nominator'].iloc[0]!r} depends on the date; "
                    "give the day of the election"
                )
            return tuple(held.iloc[0])
        now = rows[
            (rows["valid_from"].isna() | (rows["valid_from"] <= day))
            & (rows["valid_to"].isna() | (day < rows["valid_to"]))
        ]
        if len(now):
            return tuple(now[list(_HELD)].iloc[0])
        past = rows[rows["merged_into"].notna() & (rows["valid_to"] <= day)]
        if past.empty:
            return None
        successor = _key(str(past["merged_into"].iloc[-1]))
        return self._resolved(successor, self.rows[self.rows["key"] == successor], day, (*seen, key))

    def coded(self, nominators: pd.Series, date: Day | None = None) -> pd.DataFrame:
        """Bloc, probability, type and party of each nominator, aligned with ``nominators``.

        A missing nominator, or one that the coding does not know, is ``UNK`` without a probability.
        """
        held = self.on(date)
        keys = nominators.map(lambda name: _key(name), na_action="ignore")
        coded = held.reindex(keys.to_numpy()).set_axis(nominators.index)
        coded["bloc"] = coded["bloc"].fillna("UNK")
        return coded

    def uncoded(self, nominators: Iterable[str], date: Day | None = None) -> tuple[str, ...]:
        """Nominators that the coding does not know on a day, in the order given, each once."""
        held = self.on(date).index
        return tuple(dict.fromkeys(name for name in nominators if _key(name) not in held))

    def parties(self, date: Day) -> tuple[str, ...]:
        """Parties that exist on a day, several labels of one party counted once."""
        day = pd.Timestamp(as_day(date))
        rows = self.rows[self.rows["nominator_type"] == "party"]
        rows = rows[
            (rows["valid_from"].isna() | (rows["valid_from"] <= day))
            & (rows["valid_to"].isna() | (day < rows["valid_to"]))
        ]
        return tuple(dict.fromkeys(rows["party"]))


_HELD = ("bloc", "p_aligned", "nominator_type", "party")


def _key(name: str) -> str:
    return " ".join(str(name).casefold().split())


def shipped_codings() -> tuple[str, ...]:
    """Names of the codings that come with the package."""
    return (
        "kazakhstan",
        "kazakhstan-nominal",
        "st-petersburg",
        "st-petersburg-nominal",
        "st-petersburg-public",
    )


def read_coding(given: Given | Coding, /, *, name: str | None = None) -> Coding:
    """A coding by its shipped name, from a file or from a frame.

    Parameters
    ----------
    given : str, path, DataFrame or Coding
        A name of :func:`shipped_codings`, or a table with ``nominator, bloc, p_aligned, valid_from,
        valid_to, source`` (and, where there are any, ``nominator_type``, ``party``,
        ``merged_into``).
    name : str, optional
        What to call it; by default the file's name without its suffix.

    Returns
    -------
    Coding
        Bloc and probability of alignment (0 to 1) of each nominator, with dates and sources.

    Raises
    ------
    ConfigError
        If there is no such coding, or a row cannot be used: no nominator, no source, an unknown
        bloc, a probability outside [0, 1], a day that is none, spells of a nominator that overlap.
    """
    if isinstance(given, Coding):
        return given
    if isinstance(given, pd.DataFrame):
        return _coding(name or "coding", given)
    if isinstance(given, str) and given in shipped_codings():
        text = resource(f"{_FOLDER}/{given}.csv").read_text(encoding="utf-8")
        frame = pd.read_csv(StringIO(text), dtype="str", keep_default_na=False)
        return _coding(name or given, frame.set_axis(frame.index + 2))
    try:
        frame, source = open_frame(given, _score)
    except ReturnsError as error:
        shipped = ", ".join(shipped_codings())
        raise ConfigError(f"coding {error}; or name one that comes with the package: {shipped}") from None
    return _coding(name or source.name.rsplit(".", 1)[0], frame)


def read_codings(given: Given | Coding | Sequence[Given | Coding] | None) -> tuple[Coding, ...]:
    """Several codings to be laid side by side.

    Raises
    ------
    ConfigError
        As in :func:`read_coding`, or if two have one name.
    """
    if given is None:
        return ()
    several: list[Any] = list(given) if isinstance(given, (list, tuple)) else [given]
    codings = tuple(read_coding(item) for item in several)
    names = [coding.name for coding in codings]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ConfigError(f"two codings are called {twice!r}; codings side by side have names of their own")
    return codings


def _score(record: Record) -> int:
    return sum(cell.strip() in COLUMNS for cell in record)


def _coding(name: str, frame: pd.DataFrame) -> Coding:
    frame = frame.set_axis([str(column).strip() for column in frame.columns], axis=1)
    schema = table_schema("coding")
    missing = next((one for one in schema.fields if one.needed and one.name not in frame.columns), None)
    if missing is not None:
        raise ConfigError(
            f"coding {name}: no column {missing.name!r} ({missing.why}); a coding has {', '.join(COLUMNS)}"
        )
    if not len(frame):
        raise ConfigError(f"coding {name}: no rows below the header; at least one nominator is needed")
    rows = pd.DataFrame(
        {
            column: parse_names(frame[column]).astype("str")
            if column in frame
            else pd.Series(None, frame.index, "str")
            for column in COLUMNS
        }
    )
    for column in (one.name for one in schema.fields if one.needed):
        for row in rows.index[rows[column].isna()]:
            raise ConfigError(f"coding {name}: row {row}, column {column!r} is empty; every row names it")
    rows["bloc"] = rows["bloc"].str.upper()
    for row, bloc in rows["bloc"][~rows["bloc"].isin(BLOCS)].items():
        raise ConfigError(f"coding {name}: row {row}: {bloc!r} is no bloc; a bloc is {', '.join(BLOCS)}")
    rows["p_aligned"] = _probabilities(name, rows["p_aligned"])
    for column in ("valid_from", "valid_to"):
        rows[column] = _days(name, rows[column])
    rows["key"] = rows["nominator"].map(_key)
    # What is neither a party nor unknown is something else.
    typed = (
        rows["bloc"]
        .map(lambda bloc: None if bloc == "UNK" else "other")
        .mask(rows["bloc"].isin(PARTY_BLOCS), "party")
    )
    rows["nominator_type"] = rows["nominator_type"].str.casefold().fillna(typed)
    rows["party"] = rows["party"].fillna(rows["key"]).where(rows["nominator_type"] == "party", None)
    _refuse_overlaps(name, rows)
    _refuse_strange_mergers(name, rows)
    return Coding(name, rows)


def _probabilities(name: str, cells: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(cells.str.replace(",", "."), errors="coerce")
    for row, cell in cells[cells.notna() & ~numbers.between(0, 1)].items():
        raise ConfigError(
            f"coding {name}: row {row}, column 'p_aligned' is {cell!r}; a probability is from 0 to 1, or "
            "empty where nobody knows"
        )
    return numbers.astype("float64")


def _days(name: str, cells: pd.Series) -> pd.Series:
    def day(row: Any, cell: Any) -> Any:
        if pd.isna(cell):
            return pd.NaT
        try:
            return datetime.date.fromisoformat(str(cell)[:10])
        except ValueError:
            raise ConfigError(
                f"coding {name}: row {row}, column {cells.name!r} is {cell!r}; a date is like 2019-06-09"
            ) from None

    days = [day(row, cell) for row, cell in cells.items()]
    return pd.Series(pd.to_datetime(days), index=cells.index).astype("datetime64[s]")


def _refuse_overlaps(name: str, rows: pd.DataFrame) -> None:
    for _, own in rows.groupby("key", sort=False):
        ordered = own.sort_values("valid_from", na_position="first", kind="stable")
        until = None
        for row, spell in ordered.iterrows():
            begins = spell["valid_from"]
            if until is not None and (pd.isna(until[1]) or pd.isna(begins) or begins < until[1]):
                raise ConfigError(
                    f"coding {name}: rows {until[0]} and {row} both hold for {spell['nominator']!r} at one "
                    "time; valid_from and valid_to keep them apart"
                )
            until = (row, spell["valid_to"])


def _refuse_strange_mergers(name: str, rows: pd.DataFrame) -> None:
    known = rows["key"].tolist()
    merged = rows[rows["merged_into"].notna()]
    for row, into, until in zip(merged.index, merged["merged_into"], merged["valid_to"], strict=True):
        if _key(into) not in known:
            raise ConfigError(
                f"coding {name}: row {row} merges into {into!r}, which has no row; a successor is coded too"
            )
        if pd.isna(until):
            raise ConfigError(f"coding {name}: row {row} merges into {into!r} but has no valid_to")
