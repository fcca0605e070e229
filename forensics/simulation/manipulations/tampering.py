"""Totals that change between the precincts and the commission above them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from forensics.errors import ConfigError
from forensics.simulation.manipulations.protocol import Integers
from forensics.tables import roles


def tamper(
    totals: pd.DataFrame,
    levels: tuple[str, ...],
    leader: str,
    *,
    share: float,
    intensity: float,
    inside: np.ndarray | None = None,
    rng: np.random.Generator,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Votes of the others moved to the leader in the totals of some lowest units, and in those above.

    Parameters
    ----------
    totals : DataFrame
        Level columns and counts, a row per unit; see :func:`forensics.simulation.totals.totals_of`.
    levels : tuple of str
        From the top down.
    leader : str
        Option that gains.
    share : float
        Of the lowest units, 0 to 1; at least one where it is above 0.
    intensity : float
        Part of the others' votes that moves, 0 to 1.
    inside : ndarray of bool, shape (rows of totals,), optional
        Rows of ``totals`` that may be chosen.
    rng : Generator
        Source of the choice.

    Returns
    -------
    totals, truth
        The altered table, and ``moved`` (votes) for each of its rows.

    Raises
    ------
    ConfigError
        If there are no levels, the totals lack one of them or the leader's votes, or ``share`` or
        ``intensity`` is not between 0 and 1.
    """
    if not levels:
        raise ConfigError("totals are tampered with between levels, and these returns have none")
    lacking = [column for column in (*levels, roles.VOTES + leader) if column not in totals]
    if lacking:
        there = ", ".join(map(str, totals.columns))
        raise ConfigError(f"the totals have no column {lacking[0]!r}; they have {there}")
    for name, value in (("share", share), ("intensity", intensity)):
        if not 0 <= value <= 1:
            raise ConfigError(f"{name} is {value}; it lies between 0 and 1")
    totals = totals.copy()
    lowest = totals[levels[-1]].notna().to_numpy()
    allowed = np.flatnonzero(lowest if inside is None else lowest & inside)
    number = min(len(allowed), max(1, round(share * len(allowed)))) if share > 0 else 0
    chosen = np.sort(rng.choice(allowed, number, replace=False)) if number else allowed[:0]
    gain = roles.VOTES + leader
    others = [c for c in totals.columns if c.startswith(roles.VOTES) and c != gain]
    moved: Integers = np.zeros(len(totals), dtype=np.int64)
    votes = totals[[gain, *others]].to_numpy(dtype=np.int64, na_value=0).copy()
    for row in chosen:
        taken = np.rint(intensity * votes[row, 1:]).astype(np.int64)
        for touched in _above(totals, levels, int(row)):
            votes[touched, 1:] -= taken
            votes[touched, 0] += taken.sum()
            moved[touched] += taken.sum()
    for place, column in enumerate((gain, *others)):
        totals[column] = pd.arrays.IntegerArray(votes[:, place], totals[column].isna().to_numpy())
    return totals, pd.DataFrame({"moved": moved}, index=totals.index)


def _above(totals: pd.DataFrame, levels: tuple[str, ...], row: int) -> list[int]:
    """The rows of a lowest unit, of its top-level unit and of the nation."""
    top = totals[levels[0]].iloc[row]
    lower = totals[list(levels[1:])].notna().any(axis=1).to_numpy()
    nation = totals[list(levels)].isna().all(axis=1).to_numpy()
    upper = ~lower & (totals[levels[0]] == top).fillna(False).to_numpy(dtype=bool)
    return sorted({row, *np.flatnonzero(upper).tolist(), *np.flatnonzero(nation).tolist()})
