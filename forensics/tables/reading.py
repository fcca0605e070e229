"""A file of any of the known formats to :class:`Returns`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import pandas as pd

from forensics import datasets
from forensics.errors import ReturnsError
from forensics.messages.message import Message, Sentences
from forensics.tables import files, mapping, recoding, roles, rows, schema
from forensics.tables.accepting import Table, as_frame, is_table
from forensics.tables.formats.registry import read_document
from forensics.tables.parquet import read_parquet
from forensics.tables.profiles import Long, Profile, globs, load_profile, open_profile, recognised
from forensics.tables.raw import RawTable, stacked
from forensics.tables.returns import Returns
from forensics.tables.shaping import LongTable, to_wide
from forensics.tables.sheets import read_sheet
from forensics.tables.source import Refused, Source
from forensics.tables.text import read_text
from forensics.tables.workbooks import read_sheets, refuse_one_of_many

SAY = Sentences(
    "reading",
    refused="{n:,} {n:plural:row is no precinct and was|rows are no precincts and were} left out; "
    "each is listed with its reason.",
    recognised="The file was recognised and read with the profile {profile}.",
)


@dataclass(frozen=True, slots=True)
class _Reading:
    """The table on its way: rows under canonical names and all that is known about them."""

    frame: pd.DataFrame
    labels: Mapping[str, str]
    steps: tuple[Message, ...]
    refused: tuple[Refused, ...]
    rows: int


def read_returns(
    path: str | os.PathLike[str] | Table,
    /,
    *,
    profile: str | os.PathLike[str] | None = None,
    leader: str | None = None,
    where: str | None = None,
) -> Returns:
    """Read precinct returns from csv, tsv, xlsx, parquet, a zip of one of them, or a folder of parts.

    Election results of NIST SP 1500-100 are read from xml and json.

    Parameters
    ----------
    path : path or table
        The file or folder, or the name of a data set (see :mod:`forensics.datasets`); or a table in
        memory: a pandas or polars DataFrame, anything else that speaks Arrow, a structured array, or a
        mapping of names to arrays of shape (n,).
    profile : str or path, optional
        Name of a shipped profile or a TOML file that says which column plays which role; without
        one the columns have canonical names, a file of OpenElections, MEDSL or NIST SP 1500-100 is
        recognised, and a registered data set is read with its own.
    leader : str, optional
        Option under study; by default the option with most votes.
    where : str, optional
        Rows to keep, as in :meth:`Returns.where`. In a file of several contests it chooses one.

    Returns
    -------
    Returns
        A row per precinct; ``source`` lists what was done to the file and every row left out.

    Raises
    ------
    ReturnsError
        If the file cannot be read, or for structural faults, all of them together.
    ConfigError
        If the profile, the leader or the expression cannot be used.
    """
    if isinstance(path, str) and not os.path.exists(path):
        path, profile = _data_set(path, profile)
    name, chosen, text = open_profile(profile) if profile is not None else ("", None, "")
    opened, raw, own = _opened(path, chosen)
    steps: tuple[Message, ...] = ()
    if chosen is None and (found := load_profile(own) if own else recognised(raw.headers)) is not None:
        name, chosen = found
        steps = (SAY("recognised", profile=name),)
        opened = replace(opened, steps=(*opened.steps, *steps))
    try:
        return _returns(opened, raw, name, chosen, leader, where, text)
    except ReturnsError as error:
        if not raw.parts and not raw.paths:
            raise
        raise ReturnsError(
            error.source,
            [
                fault if fault.row is None else replace(fault, given=fault.given + raw.place(fault.row))
                for fault in error.faults
            ],
        ) from None


def _opened(
    path: str | os.PathLike[str] | Table, profile: Profile | None
) -> tuple[files.Opened, RawTable, str]:
    """A file's table, or one in memory, before its columns have roles; and what a document brings along."""
    if not is_table(path):
        opened = files.open_table(cast("str", path), documents=True)
        return opened, *_read_parts(opened, profile)
    frame, steps = schema.numbered(as_frame(path))
    plain = {
        i: values.astype(values.cat.categories.dtype)
        if isinstance(values.dtype, pd.CategoricalDtype)
        else values
        for i, (_, values) in enumerate(frame.items())
    }
    raw = RawTable(tuple(map(str, frame.columns)), pd.DataFrame(plain, index=frame.index), steps)
    return files.Opened("frame", "table", "", ()), raw, ""


def _data_set(name: str, profile: str | os.PathLike[str] | None) -> tuple[Any, Any]:
    """Place and profile of a named data set; anything else is left to be opened as a path."""
    if name not in {dataset.name for dataset in datasets.list_datasets()}:
        return datasets.locate(name) or name, profile
    return datasets.path(name), profile if profile is not None else datasets.profile_of(name)


def _returns(
    opened: files.Opened,
    raw: RawTable,
    name: str,
    profile: Profile | None,
    leader: str | None,
    where: str | None,
    text: str,
) -> Returns:
    reading = _map(opened.name, raw, name, profile)
    used = False
    if profile is not None:
        recoded = recoding.recode_names(reading.frame, profile)
        reading = replace(reading, frame=recoded.frame, steps=(*reading.steps, *recoded.steps))
        if profile.long is not None:
            reading, used = _widen(opened.name, reading, profile.long, profile, where)
    reading, derived = _finish(opened.name, reading, profile)
    returns = Returns(
        reading.frame,
        levels=_levels(reading.frame, profile),
        labels=reading.labels,
        leader=leader,
        identities=profile.all_identities() if profile is not None else None,
        blank_in=profile.blank_in if profile is not None else None,
        source=Source(
            opened.name,
            opened.sha256,
            name,
            (*opened.steps, *reading.steps),
            reading.refused,
            reading.rows,
            where if where is not None and used else "",
            text,
        ),
        derived=derived,
    )
    return returns if where is None or used else returns.where(where)


def _read_parts(opened: files.Opened, profile: Profile | None) -> tuple[RawTable, str]:
    """The cells of all parts, and the profile that a document brings along."""
    score = mapping.scorer(profile)
    tables, own = [], ""
    for part in opened.parts:
        if opened.kind == "parquet":
            tables.append(read_parquet(part))
        elif opened.kind == files.DOCUMENT:
            table, own = read_document(part)
            tables.append(table)
        elif opened.kind == "xlsx" and profile is not None and profile.sheets:
            tables.append(read_sheets(part, score, globs(profile.sheets)))
        elif opened.kind == "xlsx":
            if profile is None:
                refuse_one_of_many(part, score)
            tables.append(read_sheet(part, score, sheet=profile.sheet if profile else None))
        else:
            tables.append(
                read_text(
                    part,
                    score,
                    encoding=profile.encoding if profile else None,
                    separator=profile.separator if profile else None,
                )
            )
    return stacked(tables, [part.name for part in opened.parts], opened.name), own


def _map(source: str, raw: RawTable, name: str, profile: Profile | None) -> _Reading:
    """Columns under their names, and rows that are visibly no precincts left out."""
    if profile is None:
        mapped = mapping.canonical(source, raw.headers)
    else:
        mapped = mapping.map_headers(source, name, profile, raw.headers)
    frame = raw.cells[list(mapped.positions.values())].set_axis(list(mapped.positions), axis=1)
    total = len(frame) + len(raw.refused)
    refused: tuple[Refused, ...] = raw.refused
    if "precinct" in frame:
        headers = {column: raw.headers[i] for column, i in mapped.positions.items()}
        reasons = rows.unlike_precincts(frame, headers)
        refused += rows.refused_rows(frame.index, reasons)
        frame = frame.drop(frame.index[list(reasons)]) if reasons else frame
    return _Reading(frame, mapped.labels, (*raw.steps, *mapped.steps), refused, total)


def _widen(
    source: str, reading: _Reading, rule: Long, profile: Profile, where: str | None
) -> tuple[_Reading, bool]:
    """One row per precinct from a long table, and whether ``where`` was used up in choosing rows."""
    columns = list(reading.frame.columns)
    table = LongTable(
        frame=reading.frame,
        keys=tuple(c for c in (*profile.levels, "precinct") if c in columns),
        option=rule.option,
        votes=rule.votes,
        candidate=tuple(c for c in rule.candidate if c in columns),
        contest=tuple(c for c in rule.contest if c in columns),
        rule=rule,
        names=profile.votes.names,
    )
    wide = to_wide(source, table, where)
    return replace(
        reading, frame=wide.frame, labels=wide.labels, steps=(*reading.steps, *wide.steps)
    ), wide.filtered


def _levels(frame: pd.DataFrame, profile: Profile | None) -> list[str]:
    wanted = profile.levels if profile is not None else roles.LEVELS
    return [level for level in wanted if level in frame.columns]


def _finish(source: str, reading: _Reading, profile: Profile | None) -> tuple[_Reading, Mapping[str, str]]:
    """Names and counts recoded, totals left out, sums added; faults only of rows that stay."""
    frame, steps = reading.frame, list(reading.steps)
    parsed = recoding.parse_columns(frame, recoding.count_columns(frame, profile))
    frame, faults = parsed.frame, parsed.faults
    steps += parsed.steps
    refused = reading.refused
    if "precinct" in frame:
        counts = {
            c: frame[c].to_numpy(dtype=np.float64, na_value=np.nan)
            for c in recoding.count_columns(frame, profile)
        }
        reasons = rows.totals(frame, _levels(frame, profile), counts)
        gone = {int(frame.index[i]) for i in reasons}
        faults = tuple(fault for fault in faults if fault.row not in gone)
        refused += rows.refused_rows(frame.index, reasons)
        frame = frame.drop(frame.index[list(reasons)]) if reasons else frame
    if faults := (*schema.shape_faults(frame), *faults):
        raise ReturnsError(source, faults)
    derived: Mapping[str, str] = {}
    if profile is not None:
        completed, derived = recoding.complete(frame, profile)
        frame = completed.frame
        steps += completed.steps
    if refused:
        steps.append(SAY("refused", n=len(refused)))
    refused = tuple(sorted(refused, key=lambda r: r.row))
    return replace(reading, frame=frame, steps=tuple(steps), refused=refused), derived
