"""Cells to whole numbers, real numbers and names, with every fault named."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forensics.errors import Fault
from forensics.messages.message import Message, Sentences

SAY = Sentences(
    "counts",
    thousands="Column {column}: {n:,} counts were written with {mark} between the thousands.",
    decimals="Column {column}: {n:,} counts were written with decimals that are all zero.",
    comma="Column {column}: {n:,} numbers were written with a decimal comma.",
)
MISSING = frozenset({"", "-", "–", "—", "..", "...", "na", "n/a", "nan", "none", "null", "<na>"})
ALLOWED_COUNT = "a count is a whole number, or empty where it was not reported"
LARGEST = 2**53
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:([ \u00a0\u2009\u202f'’.,])\d{3})(?:\1\d{3})*")
_WHOLE = re.compile(r"[+-]?\d+(?:[.,]0*)?")
_REAL = re.compile(r"[+-]?\d*(?:[.,]\d+)?(?:[eE][+-]?\d+)?%?")
_MARK_NAMES = {" ": "a space", "\u00a0": "a space", "\u2009": "a space", "\u202f": "a space"}


@dataclass(frozen=True, slots=True)
class Parsed:
    """A converted column, what was done to its cells, and the cells that cannot stand."""

    values: pd.Series
    steps: tuple[Message, ...] = ()
    faults: tuple[Fault, ...] = ()


def is_text(values: pd.Series) -> bool:
    """Whether a column holds text (or mixed objects), as opposed to numbers."""
    return not (pd.api.types.is_numeric_dtype(values.dtype) or pd.api.types.is_bool_dtype(values.dtype))


def parse_counts(values: pd.Series) -> Parsed:
    """A column of counts as nullable integers (Int32 where they fit, else Int64)."""
    column = str(values.name)
    if pd.api.types.is_bool_dtype(values.dtype) or pd.api.types.is_datetime64_any_dtype(values.dtype):
        return Parsed(values, faults=(Fault(f"{values.dtype} values", ALLOWED_COUNT, column=column),))
    if values.dtype in ("Int32", "Int64"):
        return Parsed(values)
    steps: list[Message] = []
    faults: list[Fault] = []
    if is_text(values):
        numbers = _numbers_of_text(values, column, steps, faults)
    else:
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    with np.errstate(invalid="ignore"):
        bad = (numbers != np.rint(numbers)) & ~np.isnan(numbers) | (np.abs(numbers) > LARGEST)
    for row, number in zip(values.index[bad], numbers[bad], strict=True):
        faults.append(Fault(f"{number:g} is no whole number", ALLOWED_COUNT, int(row), column))
    numbers = np.where(bad, np.nan, numbers)
    width = "Int32" if np.nanmax(np.abs(numbers), initial=0) < 2**31 else "Int64"
    missing = np.isnan(numbers)
    whole = np.where(missing, 0, numbers).astype(width.lower())
    array = pd.arrays.IntegerArray(whole, missing)
    return Parsed(pd.Series(array, index=values.index, name=column), tuple(steps), tuple(faults))


def _numbers_of_text(
    values: pd.Series, column: str, steps: list[Message], faults: list[Fault]
) -> np.ndarray:
    """Text to float64 with NaN for missing; unreadable cells become faults and NaN."""
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    odd = np.flatnonzero(np.isnan(numbers))
    texts = {int(i): str(values.iloc[i]).strip() for i in odd if not pd.isna(values.iloc[i])}
    texts = {i: text for i, text in texts.items() if text.casefold() not in MISSING}
    if not texts:
        return numbers
    marks = {match[1] for text in texts.values() if (match := _THOUSANDS.fullmatch(text))}
    # 1.234 is one thousand only if no count of this column is written out with four digits.
    ambiguous = marks & {".", ","} and np.nanmax(np.abs(numbers), initial=0) >= 1000
    grouped = decimals = 0
    for i, text in texts.items():
        match = _THOUSANDS.fullmatch(text)
        if match and len(marks) == 1 and not ambiguous:
            numbers[i] = float(text.replace(match[1], ""))
            grouped += 1
        elif _WHOLE.fullmatch(text):
            numbers[i] = float(re.split("[.,]", text)[0])
            decimals += 1
        else:
            faults.append(
                Fault(f"{text[:40]!r} is no whole number", ALLOWED_COUNT, int(values.index[i]), column)
            )
    if grouped:
        mark = next(iter(marks))
        steps.append(SAY("thousands", column=column, n=grouped, mark=_MARK_NAMES.get(mark, repr(mark))))
    if decimals:
        steps.append(SAY("decimals", column=column, n=decimals))
    return numbers


def parse_measures(values: pd.Series) -> Parsed:
    """A column of real numbers (coordinates, percentages) as float64, NaN where missing."""
    column = str(values.name)
    if not is_text(values):
        return Parsed(
            pd.Series(values.to_numpy(dtype=np.float64, na_value=np.nan), values.index, name=column)
        )
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan).copy()
    faults, commas = [], 0
    for i in np.flatnonzero(np.isnan(numbers)):
        text = "" if pd.isna(values.iloc[i]) else str(values.iloc[i]).strip()
        if text.casefold() in MISSING:
            continue
        if _REAL.fullmatch(text):
            numbers[i] = float(text.rstrip("%").replace(",", "."))
            commas += "," in text
        else:
            faults.append(
                Fault(
                    f"{text[:40]!r} is no number",
                    "write a number, or leave it empty where it is not known",
                    int(values.index[i]),
                    column,
                )
            )
    steps = (SAY("comma", column=column, n=commas),) if commas else ()
    return Parsed(pd.Series(numbers, values.index, name=column), steps, tuple(faults))


def parse_names(values: pd.Series) -> pd.Series:
    """Names or numbers of units as text: ``7.0`` becomes ``"7"``, an empty cell is missing."""
    if pd.api.types.is_float_dtype(values.dtype):
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
        texts = pd.Series(
            [None if np.isnan(x) else repr(float(x)).removesuffix(".0") for x in numbers],
            index=values.index,
            dtype="str",
        )
    else:
        texts = values.astype("str").str.strip()
    return texts.where(texts != "", None).rename(values.name)
