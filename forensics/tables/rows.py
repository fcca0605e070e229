"""Rows that are no precincts: empty ones, headers, totals, notes. Each is listed, none is guessed.

A row is taken for a total only if it says so where a precinct or a unit is named and its numbers
are about those of a sum, or if all its numbers are exactly a sum. A real precinct must never go.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forensics.messages.message import Message, Sentences
from forensics.tables import roles
from forensics.tables.header import normalise
from forensics.tables.raw import SAY as SAY_RAW
from forensics.tables.source import Refused

SAY = Sentences(
    "rows",
    header="the row repeats the header",
    numbers="the row numbers the columns",
    label="the row is a total: it says {text!r} instead of a precinct",
    sum="the row is a total: its counts are the sum of {n:,} other rows",
    nothing="the row names no precinct and holds no count",
)
#: What a total is called, at the beginning of a cell (compared without case, quotes and ё).
TOTALS = [
    "total",
    "totals",
    "totaal",
    "totale",
    "totali",
    "totaux",
    "totalt",
    "totalsumma",
    "gesamt",
    "gesamtergebnis",
    "insgesamt",
    "summe",
    "summa",
    "suma",
    "sum",
    "subtotal",
    "sub-total",
    "subtotals",
    "итого",
    "всего",
    "итог",
    "итоги",
    "сумма",
    "усього",
    "всього",
    "разом",
    "барлығы",
    "жалпы",
    "razem",
    "ogółem",
    "łącznie",
    "celkem",
    "spolu",
    "összesen",
    "ukupno",
    "skupaj",
    "toplam",
    "kokku",
    "kopā",
    "yhteensä",
    "σύνολο",
    "общо",
    "всичко",
    "ընդամենը",
    "სულ",
    "סהכ",
    "المجموع",
    "jumla",
    "jami",
]
_WORD = "|".join(map(re.escape, (normalise(word) for word in TOTALS)))
_BEGINS = re.compile(
    rf"(?:(?:grand|county|district|general|genel|общее|iš) )?(?:{_WORD}|viso)\b.{{0,80}}", re.DOTALL
)
_EXACT = re.compile(
    rf"(?:(?:grand|county|district|genel) )?(?:{_WORD}|iš viso)"
    r"(?: (?:по|for|of|de|du|des|der|für|för|general|général)\b.{0,60})?[:.]?"
)
#: Such a word somewhere in a name; it says enough only beside numbers that are exactly a sum.
_SAYS = re.compile(rf"\b(?:{_WORD})")
#: Words for a total that are names of places as well: such a precinct goes only if all counts agree.
PLACES = ("summa", "suma", "sum", "jami", "итог", "kokku")
#: A labelled total may be this far from the sum of the rows at hand (filtered or corrected later).
NEAR = (0.5, 1.5)
#: An unlabelled total needs this many other rows with counts, and this many columns that agree.
ROWS_OF_A_SUM = 4
COLUMNS_OF_A_SUM = 3
COLUMNS_OF_A_BLANK_SUM = 2
SMALLEST_SUM = 100
#: Columns compared; exact agreement in that many is no accident.
_COMPARED = 8
_FIRST_ROWS = 3

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


def unlike_precincts(frame: pd.DataFrame, headers: Mapping[str, str]) -> dict[int, Message]:
    """Empty rows, repeated headers and rows of column numbers: position to reason.

    Parameters
    ----------
    frame : DataFrame
        The file's rows under the names their columns are kept by.
    headers : mapping of str to str
        The header each column had in the file.
    """
    reasons: dict[int, Message] = {}
    precinct = frame["precinct"]
    maybe_empty = np.flatnonzero(_blank(precinct))
    if len(maybe_empty):
        part = frame.iloc[maybe_empty]
        empty = np.logical_and.reduce([_blank(part[column]) for column in frame.columns])
        reasons |= {int(i): SAY_RAW("empty") for i in maybe_empty[empty]}
    if pd.api.types.is_numeric_dtype(precinct.dtype):
        return reasons
    own = normalise(headers["precinct"])
    texts = precinct.astype("str").str.strip()
    for i in np.flatnonzero((texts == headers["precinct"].strip()).to_numpy(dtype=bool)).tolist():
        row = [str(cell) for cell in frame.iloc[i]]
        same = sum(
            normalise(c) == normalise(headers[name]) for c, name in zip(row, frame.columns, strict=True)
        )
        if 2 * same >= len(row) and own:
            reasons[i] = SAY("header")
    positions = [str(n + 1) for n in range(len(frame.columns))]
    for i in range(min(_FIRST_ROWS, len(frame))):
        if len(positions) >= 4 and [str(cell).strip() for cell in frame.iloc[i]] == positions:
            reasons[i] = SAY("numbers")
    return reasons


def totals(frame: pd.DataFrame, levels: Sequence[str], counts: Mapping[str, Floats]) -> dict[int, Message]:
    """Rows that are sums of other rows, or neither name nor count anything: position to reason.

    Parameters
    ----------
    frame : DataFrame
        Rows with a ``precinct`` column and the levels.
    levels : sequence of str
        Level columns, from the top down.
    counts : mapping of str to float64 array of shape (n,)
        The counts, NaN where missing.
    """
    if not len(frame) or not counts:
        return {}
    compared = [counts[c] for c in _compared(counts)]
    keys = [column for column in levels if column in frame.columns]
    blank = _blank(frame["precinct"])
    labels = _labels(frame, keys, blank)
    units = _units(frame, keys)
    reasons = _labelled(compared, units[1:], labels, blank)
    left = np.ones(len(frame), dtype=bool)
    left[list(reasons)] = False
    for depth in range(len(keys), -1, -1):
        for i, n in _exact_sums(compared, units[depth], left, blank):
            # A precinct may happen to be as large as all others of its unit; it then has a name of its own.
            if depth == 0 or blank[i] or _SAYS.search(normalise(str(frame["precinct"].iloc[i]))):
                reasons[i] = SAY("sum", n=n)
                left[i] = False
    nameless = np.flatnonzero(blank & left)
    silent = np.logical_and.reduce([np.isnan(values[nameless]) for values in counts.values()])
    return reasons | {i: SAY("nothing") for i in nameless[silent].tolist()}


def says_total(text: str) -> bool:
    """Whether a name begins with a word for a total."""
    return _BEGINS.fullmatch(normalise(text)) is not None


def refused_rows(index: pd.Index, reasons: Mapping[int, Message]) -> tuple[Refused, ...]:
    """The rows of the file that were left out, in their order."""
    return tuple(Refused(int(index[i]), reasons[i]) for i in sorted(reasons))


def _blank(values: pd.Series) -> Mask:
    missing = values.isna().to_numpy()
    if pd.api.types.is_numeric_dtype(values.dtype) or pd.api.types.is_bool_dtype(values.dtype):
        return missing
    return missing | (values.astype("str").str.strip() == "").to_numpy(dtype=bool, na_value=True)


def _compared(counts: Mapping[str, Floats]) -> list[str]:
    """A few columns that are enough to know a sum, the same whatever the file."""
    first = [c for c in ("registered", "issued", "ballots", "valid", "invalid") if c in counts]
    votes = [c for c in counts if roles.is_option(c)]
    others = [c for c in counts if c not in first and c not in votes]
    return (first + votes + others)[:_COMPARED]


def _labels(frame: pd.DataFrame, keys: list[str], blank: Mask) -> dict[int, str]:
    """Rows that call themselves a total: in the precinct cell, or in a level beside an empty one."""
    found: dict[int, str] = {}
    for column in ["precinct", *keys]:
        if pd.api.types.is_numeric_dtype(frame[column].dtype):
            continue
        # Most names are numbers, and a million of them need no closer look.
        begins = frame[column].astype("str").str.lstrip().str.slice(0, 1)
        closer = np.flatnonzero(~begins.isin(list("0123456789")).to_numpy(dtype=bool))
        codes, unique = pd.factorize(frame[column].iloc[closer])
        texts = [str(name).strip() for name in unique]
        words = [k for k, t in enumerate(texts) if not t[:1].isdigit() and _BEGINS.fullmatch(normalise(t))]
        if words:
            told = np.isin(codes, words) & (blank[closer] if column != "precinct" else True)
            rows = np.flatnonzero(told)
            found = {int(closer[i]): texts[codes[i]] for i in rows.tolist()} | found
    return found


def _labelled(
    compared: Sequence[Floats], units: Sequence[Codes], labels: dict[int, str], blank: Mask
) -> dict[int, Message]:
    """Rows that say they are a total and whose counts are about a sum, or that name nothing else."""
    reasons: dict[int, Message] = {}
    if not labels:
        return reasons
    rows = sorted(labels)
    matrix = np.column_stack(compared)
    missing, matrix = np.isnan(matrix), np.nan_to_num(matrix)
    plain = np.ones(len(matrix), dtype=bool)
    plain[rows] = False
    counted = matrix * plain[:, None]
    running = np.vstack([np.zeros(matrix.shape[1]), np.cumsum(counted, axis=0)])
    sums = [np.column_stack([np.bincount(unit, c) for c in counted.T]) for unit in units]
    edges = [-1, *rows, len(matrix)]
    for place, i in enumerate(rows, start=1):
        before = running[i] - running[edges[place - 1] + 1]
        after = running[edges[place + 1]] - running[i + 1]
        candidates = [running[-1], before, after, *(s[u[i]] for s, u in zip(sums, units, strict=True))]
        text = normalise(labels[i])
        # A total of a long table may have no registered voters beside its votes.
        known = ~missing[i]
        main = int(np.argmax(np.where(known, running[-1], -1)))
        only_a_total = _EXACT.fullmatch(text) is not None and text not in PLACES
        if not matrix[i].any():
            refused = only_a_total
        elif only_a_total or blank[i]:
            ratios = [matrix[i, main] / c[main] for c in candidates if c[main] > 0]
            refused = (only_a_total and bool(blank[i])) or any(NEAR[0] <= r <= NEAR[1] for r in ratios)
        else:
            refused = any(bool((matrix[i] == c)[known].all()) for c in candidates)
        if refused:
            reasons[i] = SAY("label", text=labels[i])
    return reasons


def _units(frame: pd.DataFrame, keys: list[str]) -> list[Codes]:
    """Unit of each row by none, one, … all of the keys; a missing name is a unit of its own."""
    units = [np.zeros(len(frame), dtype=np.intp)]
    for key in keys:
        found, unique = pd.factorize(frame[key], use_na_sentinel=False)
        units.append(pd.factorize(units[-1] * len(unique) + found)[0])
    return units


def _exact_sums(compared: Sequence[Floats], unit: Codes, left: Mask, blank: Mask) -> list[tuple[int, int]]:
    """Rows whose counts are all the sums of the other rows of their unit, with the number of those."""
    size = int(unit.max()) + 1
    rows = np.flatnonzero(left)
    # Hardly any row is left after the first column, so that the others cost nothing.
    for column in compared:
        there = left & ~np.isnan(column)
        sums = np.bincount(unit[there], column[there], size)
        rows = rows[(2 * column[rows] == sums[unit[rows]]) | np.isnan(column[rows])]
        if not len(rows):
            return []
    matrix = np.nan_to_num(np.column_stack([column[rows] for column in compared]))
    some = np.logical_or.reduce([np.nan_to_num(column) != 0 for column in compared])
    others = np.bincount(unit, left & some, size).astype(int) - 1
    agree = (matrix > 0).sum(axis=1) >= np.where(blank[rows], COLUMNS_OF_A_BLANK_SUM, COLUMNS_OF_A_SUM)
    agree &= (matrix.max(axis=1) >= SMALLEST_SUM) & (others[unit[rows]] >= ROWS_OF_A_SUM)
    return [(i, int(others[unit[i]])) for i in rows[agree].tolist()]
