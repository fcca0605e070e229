"""Answers of observers' forms: tidy, counted, and weighted only where lots drew the precincts."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from forensics.observers.design import Design
from forensics.observers.sample import ITEM, Sample
from forensics.observers.weighing import weighed

YES = ("yes", "y", "true", "да", "иә", "ия", "+")
NO = ("no", "n", "false", "нет", "жоқ")
_NUMBER = re.compile(r"\d{1,6}")
COLUMNS = ("item", "answered", "silent", "yes", "sum", "other", "share", "low", "high")


def tidy(sample: Sample) -> pd.DataFrame:
    """A row per precinct and question that was answered.

    Returns
    -------
    DataFrame
        Key columns of the sample, ``arrived`` and ``left`` where they are given, ``item`` (without
        its prefix), ``answer`` (``yes``, ``no``, a number as text, or ``other``: words are not
        repeated, they may name a person).
    """
    own = [c for c in sample.table.columns if not c.startswith(ITEM) and sample.table[c].dtype == "str"]
    keys = [c for c in own if c not in ("stratum", "cluster")]
    if not sample.items:
        return pd.DataFrame(columns=[*keys, "item", "answer"])
    long = sample.table.melt(
        id_vars=keys, value_vars=[ITEM + i for i in sample.items], var_name="item", value_name="answer"
    ).dropna(subset=["answer"])
    long["item"] = long["item"].str.removeprefix(ITEM)
    long["answer"] = long["answer"].map(_answer)
    return long.reset_index(drop=True)


def summary(sample: Sample, design: Design | None, confidence_level: float) -> pd.DataFrame:
    """What was answered to each question.

    Parameters
    ----------
    sample : Sample
    design : Design, optional
        Without one there are counts, and neither shares nor intervals: the precincts stand for
        themselves.
    confidence_level : float

    Returns
    -------
    DataFrame
        A row per question: ``item``, ``answered``, ``silent``, ``yes`` (answers yes, or numbers above
        0), ``sum`` (of numbers), ``other`` (answers that are neither), ``share`` of precincts with
        yes with ``low`` and ``high``.
    """
    return pd.DataFrame(
        [_row(sample, item, design, confidence_level) for item in sample.items], columns=COLUMNS
    )


def _answer(text: str) -> str:
    word = text.strip().casefold()
    if word in YES:
        return "yes"
    if word in NO:
        return "no"
    return word if _NUMBER.fullmatch(word) else "other"


def _row(sample: Sample, item: str, design: Design | None, confidence_level: float) -> dict[str, Any]:
    answers = sample.table[ITEM + item].map(_answer, na_action="ignore")
    numbers = pd.to_numeric(answers.where(answers.str.fullmatch(_NUMBER).fillna(False).astype(bool)))
    known = answers.notna() & (answers != "other")
    yes = np.where(known, ((answers == "yes") | (numbers > 0)).astype(float), np.nan)
    row: dict[str, Any] = {
        "item": item,
        "answered": int(answers.notna().sum()),
        "silent": int(answers.isna().sum()),
        "yes": int(np.nansum(yes)),
        "sum": int(numbers.sum()) if numbers.notna().any() else None,
        "other": int((answers == "other").sum()),
        "share": None,
        "low": None,
        "high": None,
    }
    if design is not None:
        found = weighed(yes, np.where(known, 1.0, np.nan), design, confidence_level)
        bounds = None if found is None else found.share(confidence_level)
        if found is not None and bounds is not None:
            row |= {"share": found.ratio.value, "low": bounds[0], "high": bounds[1]}
    return row
