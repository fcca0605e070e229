"""Interval of a proportion."""

from __future__ import annotations

from scipy.special import ndtri


def wilson(x: int, n: int, confidence_level: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval of x out of n > 0: the rates that a two-sided normal test does not reject."""
    z2 = float(ndtri((1 + confidence_level) / 2)) ** 2
    middle = (x + z2 / 2) / (n + z2)
    half = (z2 * (x * (n - x) / n + z2 / 4)) ** 0.5 / (n + z2)
    return max(middle - half, 0.0), min(middle + half, 1.0)
