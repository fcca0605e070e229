"""Parts of one table: some columns of each, and all parts one below the other."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from pandas.api.types import union_categoricals

from forensics.tables.returns import Returns


def narrowed(returns: Returns, columns: Sequence[str]) -> Returns:
    """The same rows with their levels and those of some columns that are there, nothing else."""
    wanted = dict.fromkeys((*(returns.levels or ()), *columns))
    return returns._with(table=returns.table[[name for name in wanted if name in returns.table.columns]])


def stacked(parts: Sequence[Returns]) -> Returns:
    """The rows of all parts in their order, numbered from 0; the parts have the same columns.

    What is said of the first part (leader, labels, source) is said of all.
    """
    first = parts[0]
    columns = {}
    for name in first.table.columns:
        pieces = [part.table[name].reset_index(drop=True) for part in parts]
        if all(isinstance(piece.dtype, pd.CategoricalDtype) for piece in pieces):
            columns[name] = pd.Series(union_categoricals(pieces, sort_categories=True))
        else:
            columns[name] = pd.concat(pieces, ignore_index=True)
    return first._with(table=pd.DataFrame(columns, copy=False))
