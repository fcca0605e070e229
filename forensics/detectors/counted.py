"""The counts that digit tests look at, each with the total it is a part of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from forensics.errors import ConfigError
from forensics.tables.returns import Returns
from forensics.tables.roles import VOTES

Floats = NDArray[np.float64]

#: What each count is a part of, the first one present.
PARTS_OF: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "issued": ("registered",),
        "ballots": ("registered",),
        "valid": ("ballots", "registered"),
        "invalid": ("ballots",),
    }
)


@dataclass(frozen=True, slots=True)
class Counted:
    """A count per precinct and its total.

    ``x`` float64 of shape (m,), NaN where missing or negative. ``n`` is the total it is a part of,
    ``inf`` where that is missing, zero or smaller than the count (a redraw is then Poisson).
    """

    quantity: str
    x: Floats
    n: Floats
    total: str


def resolve(
    returns: Returns, quantity: str | None, option: str | None, default: tuple[str, ...]
) -> tuple[str, ...]:
    """Quantities to look at.

    Parameters
    ----------
    quantity : str or None
        ``"leader_votes"``, a count column, or ``None`` for ``default`` (those present).
    option : str or None
        An option to look at instead, or ``"all"`` for every option.

    Raises
    ------
    ConfigError
        If the quantity is no count of these returns, or the option none of theirs.
    """
    if option == "all" and returns.options:
        return tuple(VOTES + name for name in returns.options)
    if option is not None:
        name = returns.option(option)
        return ("leader_votes",) if name == returns.leader else (VOTES + name,)
    there = tuple(filter(lambda name: _is_there(returns, name), _nameable(returns)))
    if quantity is not None:
        if quantity not in there:
            raise ConfigError(
                f"{quantity!r} is no count that can be looked at here; the counts are {', '.join(there)}"
            )
        return (quantity,)
    chosen = tuple(name for name in default if name in there)
    # Ballots issued and ballots found are nearly the same number: one of them is enough.
    return tuple(name for name in chosen if name != "ballots" or "issued" not in chosen)


def _nameable(returns: Returns) -> tuple[str, ...]:
    return ("leader_votes", *PARTS_OF, *(VOTES + name for name in returns.options))


def _is_there(returns: Returns, quantity: str) -> bool:
    return bool(returns.leader) if quantity == "leader_votes" else returns.has(quantity)


def counted(returns: Returns, quantity: str) -> Counted:
    """The count and its total for one quantity of :func:`resolve`."""
    x = returns.votes() if quantity == "leader_votes" else returns.counts(quantity)
    candidates = PARTS_OF.get(quantity, ("ballots", "valid"))
    total = next((name for name in candidates if returns.has(name)), "")
    n = returns.counts(total) if total else np.full(len(x), np.inf)
    x = np.where(x >= 0, x, np.nan)
    holds = (n > 0) & (n >= x)
    return Counted(quantity, x, np.where(holds, n, np.inf), total)
