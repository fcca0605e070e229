"""A row per precinct and option to a row per precinct."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forensics.errors import ConfigError, Fault, ReturnsError
from forensics.messages.message import Message, Sentences
from forensics.tables import roles
from forensics.tables.counts import parse_counts
from forensics.tables.header import matches
from forensics.tables.mapping import slug
from forensics.tables.parts import without_parts
from forensics.tables.profiles import Long, globs
from forensics.tables.where import compile_where

SAY = Sentences(
    "shaping",
    pivoted="{rows:,} rows, one per precinct and option, became {precincts:,} rows, one per precinct.",
    summed="{n:,} rows repeat a precinct and an option and were summed.",
    absent="{n:,} counts of options without a row for the precinct were read as 0.",
    dropped="Columns that differ within a precinct were left out: {names}.",
    contest="Rows of one contest where {expression}: {kept:,} kept, {dropped:,} left out.",
    counts="{n:,} rows hold {role} of a precinct and became its column.",
    elsewhere="{n:,} of these rows belong to precincts without votes in this contest and were left out.",
    unnamed="{n:,} {n:plural:row|rows} without an option {n:plural:was|were} read under the text of "
    "{column}.",
    blanks="{n:,} rows without an option and without votes were left out.",
)
_SHOWN = 6
_CELLS = 10**9


@dataclass(frozen=True, slots=True)
class LongTable:
    """Rows per precinct and option, with the columns that say which is which.

    Parameters
    ----------
    frame : DataFrame
        Columns under their canonical or own names.
    keys : tuple of str
        Levels and ``precinct``.
    option, votes : str
        Columns of the option's name and of its votes.
    candidate, contest : tuple of str
        Columns that tell rows of one option apart, and columns of which one value is studied.
    rule : Long
        The profile's section.
    names : mapping of str to patterns
        Ids of known options.
    """

    frame: pd.DataFrame
    keys: tuple[str, ...]
    option: str
    votes: str
    candidate: tuple[str, ...]
    contest: tuple[str, ...]
    rule: Long
    names: Mapping[str, str | list[str]]


@dataclass(frozen=True, slots=True)
class Wide:
    """A row per precinct, the spelling of its options, what was done, and whether ``where`` was used."""

    frame: pd.DataFrame
    labels: dict[str, str]
    steps: tuple[Message, ...]
    filtered: bool


def to_wide(source: str, table: LongTable, where: str | None) -> Wide:
    """Pivot a long table; its index becomes the first row of each precinct.

    Raises
    ------
    ReturnsError
        Text in the votes, a repeated precinct and option, or a count that differs within a precinct.
    ConfigError
        If the file holds several contests and ``where`` leaves more than one.
    """
    frame = table.frame
    steps: list[Message] = []
    votes = parse_counts(frame[table.votes])
    if votes.faults:
        raise ReturnsError(source, votes.faults)
    steps += votes.steps
    frame = frame.assign(**{table.votes: votes.values})
    frame, called = _under_another_name(frame, table)
    steps += called
    frame, left = without_parts(
        frame,
        table.votes,
        [*table.keys, table.option, *table.candidate, *table.contest],
        table.rule.totals,
    )
    steps += left
    aside = _counts_of_precincts(frame, table)
    counted = frame[aside != ""]
    voted = frame[aside == ""]
    named = voted[table.option].fillna("").astype("str").str.strip()
    idle = (named == "").to_numpy(dtype=bool) & voted[table.votes].isna().to_numpy()
    if idle.any():
        steps.append(SAY("blanks", n=int(idle.sum())))
        voted = voted[~idle]
    voted, filtered, said = _one_contest(source, voted, table, where)
    steps += said
    if not len(voted):
        raise ReturnsError(
            source, [Fault("no rows with votes", "one row per precinct and option is needed")]
        )
    codes, first = _precincts(voted, table.keys)
    steps.append(SAY("pivoted", rows=len(voted), precincts=len(first)))
    wide, labels, said = _options(source, voted, table, codes, first)
    steps += said
    kept, said = _constant(source, voted, table, codes, first)
    steps += said
    wide = pd.concat([kept, wide], axis=1)
    wide, said = _beside(source, wide, counted, aside[aside != ""], table)
    return Wide(wide, labels, (*steps, *said), filtered)


def _under_another_name(frame: pd.DataFrame, table: LongTable) -> tuple[pd.DataFrame, list[Message]]:
    """Rows without an option under what the profile names in its place: a straight ticket has a party."""
    other = table.rule.unnamed
    if other is None or other not in frame:
        return frame, []
    text = frame[table.option].fillna("").astype("str").str.strip()
    instead = frame[other].fillna("").astype("str").str.strip()
    blank = ((text == "") & (instead != "")).to_numpy(dtype=bool)
    if not blank.any():
        return frame, []
    return (
        frame.assign(**{table.option: text.mask(blank, instead)}),
        [SAY("unnamed", n=int(blank.sum()), column=other)],
    )


def _counts_of_precincts(frame: pd.DataFrame, table: LongTable) -> NDArray[np.object_]:
    """The role of rows that hold a count of the precinct instead of votes, else ``""``."""
    found = np.full(len(frame), "", dtype=object)
    for column in (table.option, *table.contest):
        codes, unique = pd.factorize(frame[column].fillna("").astype("str"))
        for role, patterns in table.rule.counts.items():
            fit = [
                k
                for k, text in enumerate(unique)
                if str(text).strip() and matches(str(text), globs(patterns))
            ]
            found[np.isin(codes, fit) & (found == "")] = role
    return found


def _one_contest(
    source: str, frame: pd.DataFrame, table: LongTable, where: str | None
) -> tuple[pd.DataFrame, bool, list[Message]]:
    columns = list(table.contest)
    if not columns or not len(frame):
        return frame, False, []
    contests = frame[columns].fillna("").astype("str").drop_duplicates()
    if len(contests) == 1:
        return frame, False, []
    steps, filtered, problem = [], False, ""
    if where is not None:
        try:
            keep = compile_where(where, frame[[*columns, *table.keys, table.option]])
        except ConfigError as error:
            problem = f" ({error})"
        else:
            filtered = True
            steps.append(SAY("contest", expression=where, kept=int(keep.sum()), dropped=int((~keep).sum())))
            frame = frame[keep]
            contests = frame[columns].fillna("").astype("str").drop_duplicates()
    if len(contests) > 1:
        shown = "; ".join(" ".join(filter(None, row)) for row in contests.head(_SHOWN).to_numpy())
        more = f" and {len(contests) - _SHOWN:,} more" if len(contests) > _SHOWN else ""
        first = contests.iloc[0]
        example = " and ".join(f'{column} == "{first[column]}"' for column in columns if first[column])
        # As a shell takes it, whatever apostrophes the name has.
        quoted = shlex.quote(example)
        raise ConfigError(
            f"{source}: the file holds {len(contests):,} contests ({shown}{more}); choose one with "
            f"--where {quoted}, naming only {', '.join([*columns, *table.keys])}{problem}"
        )
    return frame, filtered, steps


def _precincts(frame: pd.DataFrame, keys: Sequence[str]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Precinct of each row, numbered by first appearance, and the first row of each precinct."""
    codes = np.zeros(len(frame), dtype=np.intp)
    for key in keys:
        found, unique = pd.factorize(frame[key].fillna("").astype("str").str.strip())
        codes = pd.factorize(codes * (len(unique) + 1) + found)[0]
    _, first = np.unique(codes, return_index=True)
    return codes, first


def _options(
    source: str, frame: pd.DataFrame, table: LongTable, codes: NDArray[np.intp], first: NDArray[np.intp]
) -> tuple[pd.DataFrame, dict[str, str], list[Message]]:
    spelled = frame[table.option].fillna("").astype("str").str.strip()
    found, unique = pd.factorize(spelled)
    ids: list[str] = []
    labels: dict[str, str] = {}
    for text in unique:
        option = _option_id(source, str(text), table.names)
        ids.append(option)
        labels[option] = f"{labels[option]}, {text}" if option in labels else str(text) or "without a name"
    options = list(dict.fromkeys(ids))
    column = np.array([options.index(option) for option in ids], dtype=np.intp)[found]
    if len(first) * len(options) > _CELLS:
        raise ReturnsError(
            source,
            [
                Fault(
                    f"{len(options):,} options in {len(first):,} precincts",
                    "give a profile that names a contest",
                )
            ],
        )
    steps = []
    apart = [spelled, *(frame[c].fillna("").astype("str") for c in table.candidate)]
    repeated = pd.concat([pd.Series(codes, frame.index), *apart], axis=1).duplicated().to_numpy()
    if repeated.any():
        if table.rule.repeats == "fault":
            raise ReturnsError(
                source,
                [
                    Fault(
                        f"{spelled.loc[row]!r} has a row in this precinct already",
                        'one row per precinct and option, or repeats = "sum" in the profile',
                        int(row),
                        table.option,
                    )
                    for row in frame.index[repeated]
                ],
            )
        steps.append(SAY("summed", n=int(repeated.sum())))
    votes = frame[table.votes].to_numpy(dtype=np.float64, na_value=np.nan)
    cells = codes * len(options) + column
    size = len(first) * len(options)
    known = ~np.isnan(votes)
    sums = np.bincount(cells[known], votes[known], size).reshape(len(first), len(options))
    written = np.bincount(cells, minlength=size).reshape(sums.shape)
    missing = np.bincount(cells[~known], minlength=size).reshape(sums.shape) > 0
    sums[missing] = np.nan
    absent = int((written == 0).sum())
    if absent:
        steps.append(SAY("absent", n=absent))
    wide = pd.DataFrame(
        {roles.VOTES + option: sums[:, k] for k, option in enumerate(options)}, index=frame.index[first]
    )
    return wide, labels, steps


def _option_id(source: str, text: str, names: Mapping[str, str | list[str]]) -> str:
    known = [option for option, patterns in names.items() if matches(text, globs(patterns))]
    if len(known) > 1:
        raise ConfigError(
            f"{source}: {text!r} answers to the options {' and '.join(known)}; one is allowed"
        )
    return known[0] if known else slug(text)


def _constant(
    source: str, frame: pd.DataFrame, table: LongTable, codes: NDArray[np.intp], first: NDArray[np.intp]
) -> tuple[pd.DataFrame, list[Message]]:
    """Columns of the precinct itself; a count that differs within one is a fault."""
    kept, varying, faults = {}, [], []
    for column in frame.columns:
        if column in (table.option, table.votes, *table.candidate):
            continue
        values = frame[column].fillna("").astype("str")
        same = values.to_numpy() == values.iloc[first].to_numpy()[codes]
        if same.all():
            kept[column] = frame[column].iloc[first]
        elif roles.is_count(column):
            faults += [
                Fault(
                    f"{values.loc[row]!r}, but {values.iloc[first[code]]!r} in row "
                    f"{frame.index[first[code]]}",
                    "a precinct has one value",
                    int(row),
                    column,
                )
                for row, code in zip(frame.index[~same], codes[~same], strict=True)
            ]
        else:
            varying.append(column)
    if faults:
        raise ReturnsError(source, faults)
    steps = [SAY("dropped", names=", ".join(varying))] if varying else []
    return pd.DataFrame(kept, index=frame.index[first]), steps


def _beside(
    source: str, wide: pd.DataFrame, counted: pd.DataFrame, aside: NDArray[np.object_], table: LongTable
) -> tuple[pd.DataFrame, list[Message]]:
    """Counts that the file writes as rows of their own, joined to their precincts."""
    steps: list[Message] = []
    keys = list(table.keys)
    for role in dict.fromkeys(aside.tolist()):
        if role in wide:
            continue
        rows = counted[aside == role]
        values = rows[table.votes].astype("float64")
        text = rows[keys].fillna("").astype("str").apply(lambda c: c.str.strip())
        sums = values.groupby([text[k] for k in keys]).sum(min_count=1)
        places = wide[keys].fillna("").astype("str").apply(lambda c: c.str.strip())
        index = pd.MultiIndex.from_frame(places) if len(keys) > 1 else pd.Index(places[keys[0]])
        wide[role] = sums.reindex(index).to_numpy()
        steps.append(SAY("counts", n=len(rows), role=role))
        elsewhere = int((~pd.MultiIndex.from_frame(text).isin(pd.MultiIndex.from_frame(places))).sum())
        if elsewhere:
            steps.append(SAY("elsewhere", n=elsewhere))
    return wide, steps
