"""Cells to whole numbers, real numbers and names, with every fault named."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forensics.errors import Fault
from forensics.messages.message import Message, Sentences
from forensics.tables.grouping import A_SPACE, Reading, read_numbers

SAY = Sentences(
    "counts",
    thousands="Column {column}: {n:,} {n:plural:count was|counts were} written with {mark} between the "
    "thousands.",
    decimals="Column {column}: {n:,} {n:plural:count was|counts were} written with decimals that are all "
    "zero.",
    space="a space",
    comma="Column {column}: {n:,} numbers were written with a decimal comma.",
)
MISSING = frozenset({"", "-", "–", "—", "..", "...", "na", "n/a", "nan", "none", "null", "<na>"})
ALLOWED_COUNT = "a count is a whole number, or empty where it was not reported"
ALLOWED_MEASURE = "write a number, or leave it empty where it is not known"
#: Beyond this, float64 does not hold every whole number.
LARGEST = 2**53
#: Characters of a cell that an error shows.
SHOWN = 40
_REAL = re.compile(r"([+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?)\s*%?")

Floats = NDArray[np.float64]


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
    if values.dtype in ("Int32", "Int64"):
        return Parsed(values)
    column = str(values.name)
    if not _may_be_numbers(values):
        return Parsed(values, faults=(Fault(f"{values.dtype} values", ALLOWED_COUNT, column=column),))
    if isinstance(values.dtype, np.dtype) and values.dtype.kind in "iu":
        plain = values.to_numpy()
        largest = max(int(plain.max(initial=0)), -int(plain.min(initial=0)))
        if largest <= LARGEST:
            return Parsed(_nullable(values, plain, np.zeros(len(plain), dtype=bool), largest))
    steps: list[Message] = []
    faults: list[Fault] = []
    if is_text(values):
        numbers = _numbers_of_text(values, column, steps, faults)
    else:
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    with np.errstate(invalid="ignore"):
        fraction = (numbers != np.rint(numbers)) | np.isinf(numbers)
        bad = ~np.isnan(numbers) & (fraction | (np.abs(numbers) > LARGEST))
    for i in np.flatnonzero(bad):
        what = "is no whole number" if fraction[i] else "is larger than any count"
        faults.append(_fault(values, int(i), f"{numbers[i]:.15g} {what}", ALLOWED_COUNT))
    numbers = np.where(bad, np.nan, numbers)
    missing, largest = np.isnan(numbers), int(np.nanmax(np.abs(numbers), initial=0))
    parsed = _nullable(values, np.where(missing, 0, numbers), missing, largest)
    return Parsed(parsed, tuple(steps), tuple(faults))


def _nullable(
    values: pd.Series, whole: NDArray[Any], missing: NDArray[np.bool_], largest: int
) -> pd.Series:
    """Whole numbers of at most ``largest`` as a column in the place of ``values``."""
    array = pd.arrays.IntegerArray(whole.astype("int32" if largest < 2**31 else "int64"), missing)
    return pd.Series(array, index=values.index, name=str(values.name))


def _may_be_numbers(values: pd.Series) -> bool:
    """Whether a column's type can hold numbers: not a truth value, a time, or a complex number."""
    dtype = values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        dtype = dtype.categories.dtype
    return not (
        pd.api.types.is_bool_dtype(dtype)
        or pd.api.types.is_complex_dtype(dtype)
        or pd.api.types.is_datetime64_any_dtype(dtype)
        or pd.api.types.is_timedelta64_dtype(dtype)
        or isinstance(dtype, (pd.PeriodDtype, pd.IntervalDtype))
    )


def _fault(values: pd.Series, position: int, given: str, allowed: str) -> Fault:
    return Fault(given, allowed, int(values.index[position]), str(values.name))


def _numbers_of_text(values: pd.Series, column: str, steps: list[Message], faults: list[Fault]) -> Floats:
    """Text to float64 with NaN for missing; unreadable cells become faults and NaN."""
    texts, numbers = _texts(values)
    marked = texts.str.contains("[.,]", regex=True).fillna(False).to_numpy(dtype=bool)
    odd = texts.notna().to_numpy() & (marked | np.isnan(numbers))
    odd[odd] = ~texts[odd].str.casefold().isin(MISSING).to_numpy()
    if not odd.any():
        return numbers
    plain = numbers[~odd & ~np.isnan(numbers)]
    codes, distinct = pd.factorize(texts[odd])
    readings = read_numbers(list(distinct), float(np.abs(plain).max()) if plain.size else None)
    rows = np.flatnonzero(odd)
    numbers[rows] = np.array([np.nan if r.value is None else r.value for r in readings])[codes]
    for row, code in zip(rows, codes, strict=True):
        if readings[code].fault:
            faults.append(_fault(values, int(row), readings[code].fault, ALLOWED_COUNT))
    steps += _done([readings[code] for code in codes], column)
    return numbers


def _texts(values: pd.Series) -> tuple[pd.Series, Floats]:
    """Cells as stripped text, missing where they hold a number already, and those numbers."""
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan).copy()
    texts = values.astype("str").str.strip()
    if values.dtype == object:
        kinds = [type(value) for value in values]
        number = np.array([issubclass(k, (int, float, np.number)) and k is not bool for k in kinds])
        texts = texts.mask(number & ~np.isnan(numbers))
        # True and False are no counts, though they pass for 1 and 0.
        numbers[np.array([issubclass(k, (bool, np.bool_)) for k in kinds], dtype=bool)] = np.nan
    return texts, numbers


def _done(readings: list[Reading], column: str) -> Iterator[Message]:
    """What was taken out of the cells of a column, to be recorded."""
    for mark in sorted({reading.thousands for reading in readings} - {""}):
        n = sum(reading.thousands == mark for reading in readings)
        yield SAY("thousands", column=column, n=n, mark=SAY("space") if mark == A_SPACE else repr(mark))
    commas = sum(reading.comma for reading in readings)
    if commas:
        yield SAY("decimals", column=column, n=commas)


def parse_measures(values: pd.Series) -> Parsed:
    """A column of real numbers (coordinates, percentages) as float64, NaN where missing."""
    column = str(values.name)
    if not _may_be_numbers(values):
        return Parsed(values, faults=(Fault(f"{values.dtype} values", ALLOWED_MEASURE, column=column),))
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan).copy()
    faults, commas = [], 0
    if is_text(values):
        for i in np.flatnonzero(np.isnan(numbers)):
            text = "" if pd.isna(values.iloc[i]) else str(values.iloc[i]).strip()
            if text.casefold() in MISSING:
                continue
            if match := _REAL.fullmatch(text):
                numbers[i] = float(match[1].replace(",", "."))
                commas += "," in text
            else:
                faults.append(_fault(values, int(i), f"{text[:SHOWN]!r} is no number", ALLOWED_MEASURE))
    faults += [
        _fault(values, int(i), f"{numbers[i]:g} is no number", ALLOWED_MEASURE)
        for i in np.flatnonzero(np.isinf(numbers))
    ]
    steps = (SAY("comma", column=column, n=commas),) if commas else ()
    return Parsed(pd.Series(numbers, values.index, name=column), steps, tuple(faults))


def parse_names(values: pd.Series) -> pd.Series:
    """Names or numbers of units as text: ``7.0`` becomes ``"7"``, an empty cell is missing."""
    if pd.api.types.is_float_dtype(values.dtype):
        texts = pd.Series(
            [_name(x) for x in values.to_numpy(dtype=np.float64, na_value=np.nan)],
            index=values.index,
            dtype="str",
        )
    elif values.dtype == object:
        # A spreadsheet's column of numbers and texts: its numbers are floats.
        named = [_name(value) if isinstance(value, float) else value for value in values]
        texts = pd.Series(named, index=values.index, dtype=object).astype("str").str.strip()
    else:
        texts = values.astype("str").str.strip()
    texts = texts.where(texts != "", None)
    texts.name = values.name
    return texts


def _name(number: float) -> str | None:
    return None if np.isnan(number) else repr(float(number)).removesuffix(".0")
