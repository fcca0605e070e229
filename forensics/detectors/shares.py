"""Whose votes a share detector looks at, and the denominators of turnout and share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forensics.tables.returns import Returns

Floats = NDArray[np.float64]
INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Votes:
    """Votes of one option: ``quantity`` is ``share`` for the leader, ``share_<option>`` else."""

    quantity: str
    option: str
    votes: Floats


def looked_at(returns: Returns, option: str | None) -> tuple[Votes, ...]:
    """The option meant, or with ``"all"`` every option in order of its votes and the invalid votes.

    An anomaly that the runner-up, the smallest option and the invalid votes all share is a matter
    of how the data were handled, not of whom they favour.

    Raises
    ------
    ConfigError
        If the option is unknown.
    """
    if option != "all":
        if option == INVALID and returns.has(INVALID):
            return (Votes(f"share_{INVALID}", INVALID, returns.counts(INVALID)),)
        return (_votes(returns, returns.option(option)),)
    totals = [(-float(np.nansum(returns.votes(name))), name) for name in returns.options]
    chosen = [_votes(returns, name) for _, name in sorted(totals)]
    if returns.has(INVALID):
        chosen.append(Votes(f"share_{INVALID}", INVALID, returns.counts(INVALID)))
    return tuple(chosen)


def _votes(returns: Returns, name: str) -> Votes:
    label = "share" if name == returns.leader else f"share_{name}"
    return Votes(label, name, returns.votes(name))
