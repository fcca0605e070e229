"""Totals that are whole percentages of their sum: how many vectors of totals there could have been."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cell:
    """One total and the totals that have the same rounded share of the same sum.

    ``share`` is the rounded percentage; ``low`` … ``high`` are the whole numbers with that share;
    ``nearest`` is the whole number nearest to that percentage of the sum.
    """

    votes: int
    share: float
    low: int
    high: int
    nearest: int

    @property
    def width(self) -> int:
        """How many totals share this rounded percentage."""
        return self.high - self.low + 1

    @property
    def matches(self) -> bool:
        """Whether the total is exactly the rounded percentage of the sum."""
        return self.votes == self.nearest


@dataclass(frozen=True, slots=True)
class RoundedTotals:
    """Result of :func:`rounded_shares`: the cells, and the chance of so many matches.

    ``vectors`` is the exact number of vectors of totals with these rounded shares and this sum.
    """

    total: int
    cells: tuple[Cell, ...]
    matched: int
    vectors: int
    pvalue: float


def rounded_shares(votes: Sequence[int], decimals: int = 1) -> RoundedTotals:
    """Totals against the rounded percentages of their own sum.

    Parameters
    ----------
    votes : sequence of int
        k ≥ 2 positive totals.
    decimals : int
        Decimals of the percentages.

    Returns
    -------
    RoundedTotals
        Under the null every vector of whole numbers with these rounded shares and this sum S is
        equally likely. If all totals match, the p-value is the chance that all do: at most one of
        ``vectors`` does so. If only some match, it is P(M ≥ matched) for independent totals, each
        spread evenly over its own cell.
    """
    total = sum(votes)
    cells = tuple(_cell(x, total, decimals) for x in votes)
    matched = sum(cell.matches for cell in cells)
    vectors = vectors_with_sum([cell.width for cell in cells], total - sum(cell.low for cell in cells))
    if matched == len(cells):
        pvalue = 1 / vectors
    else:
        pvalue = matches_at_least([1 / cell.width for cell in cells], matched)
    return RoundedTotals(total, cells, matched, vectors, pvalue)


def _cell(x: int, total: int, decimals: int) -> Cell:
    """Whole-number arithmetic throughout: halves are rounded up."""
    units = 100 * 10**decimals
    share = (2 * units * x + total) // (2 * total)
    low = max(-(-(2 * share - 1) * total // (2 * units)), 0)
    high = min(-(-(2 * share + 1) * total // (2 * units)) - 1, total)
    nearest = (2 * share * total + units) // (2 * units)
    return Cell(x, share / 10**decimals, low, high, nearest)


def vectors_with_sum(widths: Sequence[int], target: int) -> int:
    """Number of vectors of whole numbers 0 ≤ y_j < w_j whose sum is the target, exactly.

    Inclusion and exclusion over the upper bounds; cells of the same width are taken together, and
    nearly all of them have one of two widths.
    """
    k = len(widths)
    state = {target: 1}
    for width, count in sorted(Counter(widths).items()):
        following: Counter[int] = Counter()
        for rest, weight in state.items():
            for taken in range(count + 1):
                left = rest - taken * width
                if left < 0:
                    break
                following[left] += weight * (-1) ** taken * math.comb(count, taken)
        state = dict(following)
    return sum(weight * math.comb(rest + k - 1, k - 1) for rest, weight in state.items() if rest >= 0)


def matches_at_least(chances: Sequence[float], matched: int) -> float:
    """P(M ≥ matched) for the number M of independent events with these chances."""
    if matched <= 0:
        return 1.0
    pmf = [1.0]
    for chance in chances:
        below = [*pmf, 0.0]
        above = [0.0, *pmf]
        pmf = [(1 - chance) * a + chance * b for a, b in zip(below, above, strict=True)]
    return min(1.0, math.fsum(pmf[matched:]))
