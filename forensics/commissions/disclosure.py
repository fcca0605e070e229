"""What may be printed of commissions: no cell of fewer than five of them.

A chair is one person: a row about one commission is a row about somebody. Every table and figure of
compositions that is meant for publication passes through here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forensics.errors import ConfigError

#: Commissions of which a published cell tells at least.
LEAST = 5


def withheld(n: NDArray[np.int64], *, with_total: bool = False) -> NDArray[np.bool_]:
    """Which cells are not printed, by the number of commissions in each.

    Parameters
    ----------
    n : ndarray of int, shape (cells,)
    with_total : bool
        Whether the total of the cells is printed as well: then what is withheld must not follow
        from it, so that the smallest printed cells are withheld too until five commissions are.

    Returns
    -------
    ndarray of bool, shape (cells,)
    """
    numbers = np.asarray(n, dtype=np.int64)
    hidden = (numbers < LEAST) & (numbers > 0)
    if with_total and hidden.any():
        order = np.argsort(numbers, kind="stable")
        for cell in order:
            if numbers[hidden].sum() >= LEAST and hidden.sum() > 1:
                break
            hidden[cell] |= numbers[cell] > 0
    return hidden


def common(nominators: pd.Series, commissions: pd.Series) -> frozenset[str]:
    """Nominators that may be named: those of members of at least five commissions.

    A rare text in that column is often no party but a person: somebody who stood for himself, or a
    name in the wrong column.

    Parameters
    ----------
    nominators, commissions : Series
        Of each seat, as :class:`~forensics.tables.rosters.Roster` has them; missing ones name nobody.
    """
    n = commissions.groupby(nominators).nunique()
    return frozenset(str(name) for name in n.index[n >= LEAST])


def publishable(
    table: pd.DataFrame, *, n: str = "commissions", keep: Sequence[str] = (), with_total: bool = False
) -> pd.DataFrame:
    """A table with what few commissions tell blanked out; no row is left out.

    Parameters
    ----------
    table : DataFrame
        A row per cell; column ``n`` holds the number of commissions in it.
    keep : sequence of str
        Columns that name the cell and stay.
    with_total : bool
        As in :func:`withheld`.

    Returns
    -------
    DataFrame
        With a column ``withheld``; in withheld rows everything else than ``keep`` is missing.

    Raises
    ------
    ConfigError
        If there is no column ``n``.
    """
    if n not in table.columns:
        raise ConfigError(f"no column {n!r}, so it is not known how many commissions a cell tells of")
    hidden = withheld(table[n].fillna(0).to_numpy(dtype=np.int64), with_total=with_total)
    out = table.copy()
    for column in out.columns:
        if column not in keep:
            out[column] = out[column].where(~hidden)
    out["withheld"] = hidden
    return out
