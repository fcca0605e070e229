"""Cells under a profile: prefixes taken off names, words turned into values, counts, sums."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forensics.errors import Fault
from forensics.messages.message import Message, Sentences
from forensics.tables import roles
from forensics.tables.counts import parse_counts
from forensics.tables.header import matches
from forensics.tables.identities import parse_identity
from forensics.tables.profiles import Profile, Words, globs
from forensics.tables.rows import says_total

SAY = Sentences(
    "recoding",
    filled="Column {column}: {n:,} empty {n:plural:cell|cells} took the name above, as the profile says.",
    stripped="Column {column}: {prefix!r} was taken off {n:,} names.",
    words="Column {column} was worked out from the words in column {source}: {n:,} rows fit a pattern.",
    zeros="{n:,} empty counts were read as 0, as the source leaves them out: {columns}.",
    sums="Column {column} was worked out as {formula}.",
)


@dataclass(frozen=True, slots=True)
class Recoded:
    """A frame after one kind of change, what was said about it, and cells that cannot stand."""

    frame: pd.DataFrame
    steps: tuple[Message, ...] = ()
    faults: tuple[Fault, ...] = ()


def recode_names(frame: pd.DataFrame, profile: Profile) -> Recoded:
    """Repeat names that stand once, take prefixes off names, turn a source's words into values."""
    steps: list[Message] = []
    changed: dict[str, pd.Series] = {}
    for column in profile.fill_down:
        if column in frame:
            changed[column], n = _filled(frame[column])
            steps.append(SAY("filled", column=column, n=n))
    frame = frame.assign(**changed)
    for column, prefixes in profile.strip.items():
        if column not in frame:
            continue
        values = frame[column].astype("str").str.strip()
        for prefix in globs(prefixes):
            shorter = values.str.replace(rf"^\s*{re.escape(prefix.strip())}\s*", "", regex=True, case=False)
            n = int((shorter != values).fillna(False).sum())
            if n:
                steps.append(SAY("stripped", column=column, prefix=prefix.strip(), n=n))
            values = shorter
        changed[column] = values
    frame = frame.assign(**changed)
    for column, words in profile.words.items():
        source = words.from_ or column
        if source in frame:
            values, n = _values_of(frame[source], words)
            frame = frame.assign(**{column: values})
            steps.append(SAY("words", column=column, source=source, n=n))
    return Recoded(frame, tuple(steps))


def _filled(values: pd.Series) -> tuple[pd.Series, int]:
    """Names with those above in their empty cells, and how many; the name of a total goes no further."""
    texts = values.astype("str").str.strip()
    empty = (texts.isna() | (texts == "")).to_numpy(dtype=bool)
    carried = texts.mask(texts.fillna("").map(says_total), "").mask(empty).ffill()
    filled = texts.mask(empty, carried)
    return filled, int((empty & (filled.notna() & (filled != "")).to_numpy(dtype=bool)).sum())


def _values_of(texts: pd.Series, words: Words) -> tuple[pd.Series, int]:
    codes, unique = pd.factorize(texts.fillna("").astype("str").str.strip())
    fits = [
        next((value for value, patterns in words.to.items() if matches(str(t), globs(patterns))), None)
        for t in unique
    ]
    otherwise = [words.otherwise if words.otherwise is not None else str(t) for t in unique]
    values = np.array([o if f is None else f for f, o in zip(fits, otherwise, strict=True)], dtype=object)
    found = np.array([f is not None for f in fits], dtype=bool)
    return pd.Series(values[codes], index=texts.index, dtype="str"), int(found[codes].sum())


def count_columns(frame: pd.DataFrame, profile: Profile | None) -> list[str]:
    """Columns that hold counts: canonical ones, and those a profile says are or computes with."""
    extra: set[str] = set()
    if profile is not None:
        terms = [i.columns for i in profile.all_identities()]
        terms += [parse_identity(f"{c} = {f}").columns for c, f in profile.sums.items()]
        extra = {*profile.counts, *(column for columns in terms for column in columns)}
    names = {"precinct", *roles.LEVELS, *(profile.levels if profile else ())}
    return [c for c in frame.columns if c not in names and (roles.is_count(c) or c in extra)]


def parse_columns(frame: pd.DataFrame, columns: Sequence[str]) -> Recoded:
    """Counts as nullable integers; faults are handed back, for their rows may yet be refused."""
    steps: list[Message] = []
    faults: list[Fault] = []
    parsed: dict[str, pd.Series] = {}
    for column in columns:
        result = parse_counts(frame[column])
        parsed[column] = result.values
        steps += result.steps
        faults += result.faults
    ordered = {column: parsed.get(column, frame[column]) for column in frame.columns}
    return Recoded(pd.DataFrame(ordered, index=frame.index, copy=False), tuple(steps), tuple(faults))


def complete(frame: pd.DataFrame, profile: Profile) -> tuple[Recoded, Mapping[str, str]]:
    """Empty counts that mean 0, and columns that are sums of others; the second item names those."""
    steps: list[Message] = []
    filled: dict[str, pd.Series] = {}
    n = 0
    for column in frame.columns:
        if matches(column, globs(profile.zero_where_empty)):
            missing = int(frame[column].isna().sum())
            if missing:
                filled[column] = frame[column].fillna(0)
                n += missing
    if n:
        shown = ", ".join(list(filled)[:6]) + (f" and {len(filled) - 6} more" if len(filled) > 6 else "")
        steps.append(SAY("zeros", n=n, columns=shown))
    frame = frame.assign(**filled)
    derived: dict[str, str] = {}
    options = [column for column in frame.columns if roles.is_option(column)]
    for column, formula in profile.sums.items():
        # The left side of the parsed identity is the column itself, with sign +1.
        terms = [(c, -sign) for c, sign in parse_identity(f"{column} = {formula}").terms[1:]]
        spread = [(o, s) for c, s in terms for o in (options if c == "votes" else [c])]
        if column in frame or not spread or any(c not in frame for c, _ in spread):
            continue
        total = sum(frame[c].to_numpy(dtype=np.float64, na_value=np.nan) * s for c, s in spread)
        frame = frame.assign(
            **{column: parse_counts(pd.Series(total, index=frame.index, name=column)).values}
        )
        derived[column] = formula
        steps.append(SAY("sums", column=column, formula=formula))
    return Recoded(frame, tuple(steps)), derived
