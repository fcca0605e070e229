"""The same precincts in two tables: matched by name, refused where the electorate is another one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from forensics.errors import ConfigError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forensics.tables.returns import Returns

    Rows = NDArray[np.intp]

#: The short key may stand in for the full one where at most this share of either table shares it.
AMBIGUOUS = 0.01


@dataclass(frozen=True, eq=False)
class Pairs:
    """Rows of two tables that are the same precinct, and what was lost on the way.

    Parameters
    ----------
    rows, previous_rows : ndarray of intp, shape (pairs,)
        Places of the same precinct in the returns and in the earlier ones, in order of the returns.
    key : tuple of str
        Columns by which they were matched.
    matched, refused : int
        Pairs with the same key, and those of them whose registered voters changed by more than the
        tolerance; ``len(pairs)`` is the difference.
    without_registered, duplicated, unmatched : tuple of two int
        Rows of (the returns, the earlier ones) without registered voters, with a key that another
        row has too, and with a key that the other table lacks (or without a name).
    candidates : tuple of two int
        Rows of each table with registered voters: what could have been paired.
    correlation : float or None
        Of the registered voters over all matched pairs, before any is refused.
    refused_rows : ndarray of intp
        Rows of the returns whose pair was refused.
    """

    rows: Rows
    previous_rows: Rows
    key: tuple[str, ...]
    matched: int
    refused: int
    without_registered: tuple[int, int]
    duplicated: tuple[int, int]
    unmatched: tuple[int, int]
    candidates: tuple[int, int]
    correlation: float | None
    refused_rows: Rows

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def valid_share(self) -> float:
        """Valid pairs per row of the table that has fewer rows with registered voters."""
        return len(self) / max(min(self.candidates), 1)


def pair(returns: Returns, previous: Returns, *, tolerance: tuple[float, float] = (0.8, 1.25)) -> Pairs:
    """Match the precincts of two tables.

    The key is the level columns that both tables have and the precinct, in a spelling without case,
    punctuation and leading zeros. Levels are often spelled anew between two elections, so the top
    level and the precinct alone are tried as well: they are used where they (nearly) always name
    one row and give more valid pairs.

    Parameters
    ----------
    returns, previous : Returns
        Both with the column ``registered``.
    tolerance : tuple of two float
        Smallest and largest ratio of registered voters, now to then, of one and the same precinct.

    Returns
    -------
    Pairs

    Raises
    ------
    ConfigError
        If a table has no registered voters, or the tolerance is no interval around 1.
    """
    edges = np.ravel(tolerance).tolist()
    if len(edges) != 2 or not 0 < edges[0] <= 1 <= edges[1] < np.inf:
        raise ConfigError(f"the tolerance is an interval around 1, such as (0.8, 1.25), not {tolerance}")
    for table in (returns, previous):
        if not table.has("registered"):
            raise ConfigError(
                f"{table.source.name}: no registered voters, so its precincts cannot be paired"
            )
    shared = tuple(level for level in returns.levels or () if level in (previous.levels or ()))
    full = _matched(returns, previous, (*shared, "precinct"), tolerance)
    if len(shared) < 2:
        return full
    short = _matched(returns, previous, (shared[0], "precinct"), tolerance)
    unique = all(
        repeated <= AMBIGUOUS * of for repeated, of in zip(short.duplicated, short.candidates, strict=True)
    )
    return short if unique and len(short) > len(full) else full


def _matched(
    returns: Returns, previous: Returns, key: tuple[str, ...], tolerance: tuple[float, float]
) -> Pairs:
    ours, theirs = (_Side(table, key) for table in (returns, previous))
    places = theirs.names.get_indexer(ours.names)
    found = places >= 0
    rows, before = ours.rows[found], theirs.rows[places[found]]
    now, then = ours.registered[rows], theirs.registered[before]
    valid = (now >= tolerance[0] * then) & (now <= tolerance[1] * then)
    return Pairs(
        rows=rows[valid],
        previous_rows=before[valid],
        key=key,
        matched=len(rows),
        refused=int((~valid).sum()),
        without_registered=(ours.empty, theirs.empty),
        duplicated=(ours.duplicated, theirs.duplicated),
        unmatched=(ours.pairable - len(rows), theirs.pairable - len(rows)),
        candidates=(ours.candidates, theirs.candidates),
        correlation=_correlation(now, then),
        refused_rows=rows[~valid],
    )


class _Side:
    """Keys of one table that name one row with registered voters."""

    def __init__(self, table: Returns, key: Sequence[str]) -> None:
        self.registered = table.counts("registered")
        electorate = np.nan_to_num(self.registered) > 0
        texts = pd.DataFrame({column: spelling(table.table[column]) for column in key})
        named = electorate & texts["precinct"].notna().to_numpy()
        chosen = np.flatnonzero(named)
        names = pd.MultiIndex.from_frame(texts.iloc[chosen].fillna(""))
        repeated = names.duplicated(keep=False)
        self.rows = chosen[~repeated]
        self.names = names[~repeated]
        self.empty = int((~electorate).sum())
        self.candidates = int(electorate.sum())
        self.duplicated = int(repeated.sum())
        self.pairable = self.candidates - self.duplicated


def spelling(values: pd.Series) -> pd.Series:
    """Names without case, punctuation and leading zeros; missing ones stay missing."""
    codes, names = pd.factorize(values.astype("str").where(values.notna()))
    plain = pd.Series(names, dtype="str").str.normalize("NFKC").str.casefold().str.replace("ё", "е")
    plain = plain.str.replace(r"[\W_]+", " ", regex=True).str.strip()
    plain = plain.str.replace(r"^0+(?=\d)", "", regex=True)
    spelled = np.array([*plain, None], dtype=object)
    return pd.Series(spelled[codes], index=values.index, dtype="object")


def _correlation(now: NDArray[np.float64], then: NDArray[np.float64]) -> float | None:
    if len(now) < 2 or np.ptp(now) == 0 or np.ptp(then) == 0:
        return None
    return float(np.corrcoef(now, then)[0, 1])
