"""Rows of a long table that are parts of a total which the file gives as well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forensics.messages.message import Message, Sentences
from forensics.tables.header import matches
from forensics.tables.profiles import Globs, globs

SAY = Sentences(
    "parts",
    parts="{n:,} rows are parts ({role}) of a total that the file gives as well, and were left out.",
    unequal="{n:,} of these totals differ from the sum of their parts; the totals were read.",
)
Mask = NDArray[np.bool_]


def without_parts(
    frame: pd.DataFrame, votes: str, keys: Sequence[str], totals: Mapping[str, Globs]
) -> tuple[pd.DataFrame, tuple[Message, ...]]:
    """Leave out parts where the total of the same count is there; the sum would count votes twice.

    Parameters
    ----------
    frame : DataFrame
        Rows per precinct, option and part; ``votes`` is numeric.
    votes : str
        Column of the counts.
    keys : sequence of str
        Columns that say what a count is of.
    totals : mapping of str to patterns
        Column that says which part a row is, and how it calls the total.
    """
    steps: list[Message] = []
    for role, patterns in totals.items():
        if role not in frame.columns or not len(frame):
            continue
        said, unique = pd.factorize(frame[role].fillna("").astype("str"))
        total = np.array([matches(str(text), globs(patterns)) for text in unique], dtype=bool)[said]
        apart = [column for column in keys if column != role]
        codes = np.asarray(frame.groupby(apart, sort=False, dropna=False).ngroup(), dtype=np.intp)
        has_total = np.bincount(codes[total], minlength=int(codes.max()) + 1) > 0
        gone = ~total & has_total[codes]
        if not gone.any():
            continue
        steps.append(SAY("parts", n=int(gone.sum()), role=role))
        if unequal := _unequal(frame[votes], codes, total, gone):
            steps.append(SAY("unequal", n=unequal))
        frame = frame[~gone]
    return frame, tuple(steps)


def _unequal(votes: pd.Series, codes: NDArray[np.intp], total: Mask, gone: Mask) -> int:
    """Totals that are not the sum of their parts, among those whose counts are all there."""
    numbers = votes.to_numpy(dtype=np.float64, na_value=np.nan)
    size = int(codes.max()) + 1
    whole = np.bincount(codes[total], numbers[total], size)
    parts = np.bincount(codes[gone], numbers[gone], size)
    both = (np.bincount(codes[total], minlength=size) > 0) & (np.bincount(codes[gone], minlength=size) > 0)
    return int((both & ~np.isnan(whole) & ~np.isnan(parts) & (whole != parts)).sum())
