"""An observed number of hits against a sum of independent indicators with known chances."""

from __future__ import annotations

from dataclasses import dataclass

from scipy.special import ndtr, ndtri


@dataclass(frozen=True, slots=True)
class Excess:
    """Observed minus expected hits, in shares of n; ``z`` and p are ``None`` where nothing varies."""

    n: int
    share: float
    expected: float
    excess: float
    low: float
    high: float
    z: float | None
    pvalue: float | None


def excess_share(
    hits: float, expected: float, squares: float, n: float, *, confidence_level: float = 0.95
) -> Excess | None:
    """Excess share of hits with a normal interval and a two-sided p-value.

    Parameters
    ----------
    hits, expected : float
        Observed hits, and the sum of their chances q (scaled to the n counted).
    squares : float
        Sum of q², on the same scale: the variance is expected − squares.
    n : float
        Number counted.

    Returns
    -------
    Excess or None
        ``None`` where nothing was counted.
    """
    if n <= 0:
        return None
    deviation = max(expected - squares, 0.0) ** 0.5
    half = float(ndtri((1 + confidence_level) / 2)) * deviation / n
    excess = (hits - expected) / n
    z = (hits - expected) / deviation if deviation > 0 else None
    return Excess(
        n=int(n),
        share=hits / n,
        expected=expected / n,
        excess=excess,
        low=excess - half,
        high=excess + half,
        z=z,
        pvalue=None if z is None else float(2 * ndtr(-abs(z))),
    )
