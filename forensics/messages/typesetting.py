"""Numbers as text: no power of ten where digits will do, a true minus, a space before the percent sign."""

from __future__ import annotations

from decimal import Decimal

#: From here on numbers are shown whole.
WHOLE = 1000
#: Smaller numbers keep their power of ten: more noughts than these nobody counts.
TINY = 1e-6
#: Smaller ones are what floating point leaves of nought.
NOUGHT = 1e-9


def plain(value: float, digits: int = 4) -> str:
    """A number with so many significant digits, whole from a thousand on.

    Examples
    --------
    >>> plain(0.00003769), plain(-72934.2, 3), plain(2.5), plain(-1.9e-14)
    ('0.00003769', '-72,934', '2.5', '0')
    """
    if abs(value) < NOUGHT:
        return "0"
    if abs(value) >= WHOLE:
        return f"{value:,.0f}"
    text = f"{value:.{digits}g}"
    return format(Decimal(text), "f") if "e" in text and abs(value) >= TINY else text


def typeset(text: str) -> str:
    """A number as Python formats it, with the minus sign and the no-break space of a printed page.

    Examples
    --------
    >>> typeset("-1.7%")
    '−1.7\\xa0%'
    """
    if text.startswith("-"):
        text = f"−{text[1:]}"
    return f"{text[:-1].rstrip()}\u00a0%" if text.endswith("%") else text
