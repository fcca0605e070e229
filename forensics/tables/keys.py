"""Keys of precincts and names of units: what occurs twice, what has no name, what does not nest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from forensics.tables import roles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forensics.tables.returns import Returns


@dataclass(frozen=True, eq=False)
class Repeated:
    """Rows that share their key with another row.

    Parameters
    ----------
    columns : tuple of str
        The key.
    codes : ndarray of int, shape (n,)
        Number of the repeated key, −1 for rows whose key is their own or that have no precinct
        name. A missing level counts as a name of its own.
    keys : int
        Keys that occur more than once.
    identical : int
        Those of them whose rows agree in every count.
    """

    columns: tuple[str, ...]
    codes: NDArray[np.intp]
    keys: int
    identical: int


def repeated_keys(returns: Returns, columns: Sequence[str] | None = None) -> Repeated:
    """Keys that occur more than once; by default all levels and the precinct.

    Rows without a precinct name are compared only where ``columns`` are given.
    """
    table = returns.table
    key = tuple(columns or (*(returns.levels or ()), "precinct"))
    frame = pd.DataFrame(
        {c: table[c].astype("str").where(table[c].notna(), "") for c in key}, index=table.index
    )
    named = table["precinct"].notna().to_numpy() if columns is None else np.ones(len(table), dtype=bool)
    rows = np.flatnonzero(frame.duplicated(keep=False).to_numpy() & named)
    codes = np.full(len(table), -1, dtype=np.intp)
    if not rows.size:
        return Repeated(key, codes, 0, 0)
    groups = frame.iloc[rows].groupby(list(key), sort=True).ngroup().to_numpy()
    codes[rows] = groups
    counts = table.iloc[rows][[c for c in table.columns if roles.is_count(c)]]
    same = counts.groupby(groups).nunique(dropna=False).le(1).all(axis=1)
    return Repeated(key, codes, int(groups.max()) + 1, int(same.sum()))


def listed_keys(returns: Returns, repeated: Repeated, k: int = 20) -> list[dict[str, Any]]:
    """The first k repeated keys in order of their names, each with the numbers of its rows."""
    listed = []
    for code in range(min(repeated.keys, k)):
        part = returns.table.iloc[np.flatnonzero(repeated.codes == code)]
        first = part.iloc[0]
        names = {c: None if pd.isna(first[c]) else str(first[c]) for c in repeated.columns}
        listed.append({**names, "rows": sorted(int(str(label)) for label in part.index)})
    return listed


def nesting(returns: Returns, k: int = 5) -> list[dict[str, Any]]:
    """For each pair of levels, how many units of the lower one lie in several of the upper one.

    A unit is named by its top level and its own. Against the top level itself it is the bare name
    that is looked at: names that occur in several top-level units, numbers used anew in each.
    """
    levels = tuple(returns.levels or ())
    rows = []
    for i, upper in enumerate(levels):
        for lower in levels[i + 1 :]:
            unit = (lower,) if i == 0 else (levels[0], lower)
            pairs = returns.table[[*dict.fromkeys((*unit, upper))]].dropna().astype("str").drop_duplicates()
            uppers = pairs.groupby(list(unit), sort=True)[upper].nunique()
            several = uppers[uppers > 1]
            names = [" / ".join(n if isinstance(n, tuple) else (n,)) for n in several.index[:k]]
            rows.append({
                "upper": upper,
                "lower": lower,
                "units": len(uppers),
                "in_several": len(several),
                "examples": names,
            })  # fmt: skip
    return rows
