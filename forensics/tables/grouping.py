"""Whole numbers written as text: which mark groups thousands, told from the whole column.

``1.234`` and ``1,000`` alone may be a thousand or a bit more than one. A column decides it by how
its other cells are written; where it does not, the cell is refused, not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

#: What a mark that cannot be seen is called.
A_SPACE = "a space"
#: Marks that stand between thousands and nowhere else.
SPACES = " \u00a0\u2009\u202f"
APOSTROPHES = "'’"
#: Marks that group thousands in some countries and begin decimals in others.
TWOFOLD = (".", ",")

_APART = re.compile(rf"[+-]?\d{{1,3}}([{SPACES}{APOSTROPHES}]\d{{3}})+")
_DECIMAL = re.compile(r"[+-]?(\d+[.,]?|\d*[.,]\d+)([eE][+-]?\d+)?")
# No group of thousands begins with a zero: 0.000 is nought.
_GROUPED = {mark: re.compile(rf"[+-]?[1-9]\d{{0,2}}({re.escape(mark)}\d{{3}})+") for mark in TWOFOLD}


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text was read as: a value, or a fault; and the mark that was taken out."""

    value: float | None = None
    fault: str = ""
    thousands: str = ""
    comma: bool = False


def read_numbers(texts: Sequence[str], largest_plain: float | None) -> list[Reading]:
    """Each of the distinct texts of a column that are more than digits.

    Parameters
    ----------
    texts : sequence of str
        Stripped, not empty.
    largest_plain : float or None
        Largest absolute value among the cells that are digits only, ``None`` where there are none.
    """
    meaning = {mark: _meaning(mark, texts, largest_plain) for mark in TWOFOLD}
    return [_read(text, meaning) for text in texts]


def _meaning(mark: str, texts: Sequence[str], largest_plain: float | None) -> str:
    """What a mark stands for in a column: ``thousands``, ``decimals`` or ``unclear``."""
    grouped = [text for text in texts if _GROUPED[mark].fullmatch(text)]
    if len(grouped) < sum(mark in text for text in texts):
        return "decimals"
    if any(text.count(mark) > 1 for text in grouped):
        return "thousands"
    other = TWOFOLD[1 - TWOFOLD.index(mark)]
    both = any(_GROUPED[other].fullmatch(text) for text in texts)
    written_out = largest_plain is not None and largest_plain >= 1000
    # A table exported with three decimals: every cell ends in zeros, none is written without them.
    zeros = largest_plain is None and all(text.endswith(mark + "000") for text in grouped)
    return "unclear" if both or written_out or zeros else "thousands"


def _read(text: str, meaning: dict[str, str]) -> Reading:
    if match := _APART.fullmatch(text):
        mark = match[1][0]
        return Reading(float(re.sub(r"[^\d+-]", "", text)), thousands=A_SPACE if mark in SPACES else mark)
    for mark in TWOFOLD:
        if meaning[mark] != "decimals" and _GROUPED[mark].fullmatch(text):
            joined = text.replace(mark, "")
            if meaning[mark] == "thousands":
                return Reading(float(joined), thousands=mark)
            return Reading(fault=f"{text!r} may be {joined} or {float(text.replace(mark, '.')):.15g}")
    if not _DECIMAL.fullmatch(text):
        return Reading(fault=f"{text[:40]!r} is no whole number")
    value = float(text.replace(",", "."))
    if not value.is_integer():
        return Reading(fault=f"{text[:40]!r} is no whole number")
    return Reading(value, comma="," in text)
