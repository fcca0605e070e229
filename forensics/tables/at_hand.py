"""Returns of a named data set if it is on this machine; an absent one is an answer, not an error."""

from __future__ import annotations

from collections.abc import Sequence

from forensics import datasets
from forensics.tables.reading import read_returns
from forensics.tables.returns import Returns


def read_at_hand(
    names: Sequence[str], /, *, leader: str | None = None, where: str | None = None
) -> Returns | None:
    """Returns of the first of these data sets that is on this machine, or None; nothing is downloaded.

    Parameters
    ----------
    names : sequence of str
        Names of data sets, the preferred one first: the same election in several editions.
    leader, where : str, optional
        As in :func:`forensics.tables.reading.read_returns`.

    Raises
    ------
    ReturnsError, ConfigError
        If the data set is there and cannot be read, or is not the registered one.
    """
    for name in names:
        if datasets.locate(name) is not None:
            return read_returns(name, leader=leader, where=where)
    return None
