"""The totals that higher commissions publish: sums over their precincts."""

from __future__ import annotations

import pandas as pd

from forensics.tables import roles
from forensics.tables.returns import Returns


def totals_of(returns: Returns) -> pd.DataFrame:
    """Sums of every count for each unit of each level and the nation.

    Parameters
    ----------
    returns : Returns
        Precinct returns.

    Returns
    -------
    DataFrame
        Level columns (missing below the unit's own level; all missing for the nation) and counts:
        what ``--with totals=FILE`` takes.
    """
    levels = list(returns.levels or ())
    counts = [c for c in returns.table.columns if roles.is_count(c)]
    table = returns.table
    sums = pd.DataFrame({c: table[c].astype("Int64") for c in counts})
    parts = [sums.sum(min_count=1).to_frame().T.astype("Int64")]
    for level in levels:
        columns = list(returns.unit_columns(level))
        names = {column: table[column].astype("str") for column in columns}
        part = sums.assign(**names).groupby(columns, sort=True)[counts].sum(min_count=1)
        parts.append(part.reset_index())
    whole = pd.concat(parts, ignore_index=True).reindex(columns=[*levels, *counts])
    return whole.astype(dict.fromkeys(levels, "str")).set_axis(range(1, len(whole) + 1), axis=0)
