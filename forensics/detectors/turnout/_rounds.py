"""Two rounds of the same precincts side by side, in shares of registered voters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forensics.detectors.shares import INVALID, Votes
from forensics.tables.pairing import Pairs
from forensics.tables.returns import Returns
from forensics.tables.roles import VOTES

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Codes = NDArray[np.intp]

#: Names of what is no option: everything pooled, and the registered who took no ballot.
OTHERS, NON_VOTERS = "others", "non_voters"
#: Options shown by name in one round; with the two above the matrix has at most six rows.
NAMED = 4


@dataclass(frozen=True, slots=True)
class Rounds:
    """Usable pairs: everything float64 of shape (n,) or (n, options), before and now.

    ``rows`` are places in the returns. ``gain`` is (w1, w2) of the option looked at, or ``None``
    where it did not stand before; ``x``, ``y`` are the shares of all options of either round, each
    adding up to 1, the option looked at first, under ``names``.
    """

    rows: Codes
    registered: tuple[Floats, Floats]
    turnout: tuple[Floats, Floats]
    gain: tuple[Floats, Floats] | None
    x: Floats
    y: Floats
    names: tuple[tuple[str, ...], tuple[str, ...]]

    @property
    def added(self) -> Floats:
        """Change of turnout."""
        return np.asarray(self.turnout[1] - self.turnout[0])

    @property
    def gained(self) -> Floats | None:
        """Change of the votes of the option looked at, per registered voter."""
        return None if self.gain is None else np.asarray(self.gain[1] - self.gain[0])

    @property
    def noise(self) -> Floats:
        """Binomial variance of t and covariance of (t, w) in either round, shape (n, 4)."""
        shares = self.gain or (np.zeros_like(self.turnout[0]),) * 2
        columns = [
            part * (1 - t) / n
            for n, t, w in zip(self.registered, self.turnout, shares, strict=True)
            for part in (t, w)
        ]
        return np.column_stack(columns)

    @property
    def z(self) -> Floats:
        """Columns t1, t2 and, where the option stood before, w1, w2 and the options of both rounds."""
        if self.gain is None:
            return np.column_stack(self.turnout)
        return np.column_stack([*self.turnout, *self.gain, self.x, self.y])


def turnout_column(returns: Returns, previous: Returns) -> str | None:
    """The numerator of turnout that both rounds have: ``issued``, else ``ballots``."""
    both = (c for c in ("issued", "ballots") if returns.has(c) and previous.has(c))
    return next(both, None)


def stood_before(previous: Returns, label: str, option: str) -> str | None:
    """The same option of the earlier round: of the same name, or spelled alike by its source."""
    if option == INVALID:
        return INVALID if previous.has(INVALID) else None
    if option in previous.options:
        return option
    alike = [o for o in previous.options if previous.labels[o].casefold() == label.casefold()]
    return alike[0] if len(alike) == 1 else None


def side_by_side(
    returns: Returns,
    previous: Returns,
    pairs: Pairs,
    column: str,
    votes: Votes | None,
    before: str | None,
    minimum: int,
) -> Rounds:
    """The pairs in which both rounds can be compared.

    Left out are pairs where a count is missing, more voters took part than are registered, the
    votes are more than the voters, or fewer than ``minimum`` are registered in either round.
    """
    sides = ((previous, pairs.previous_rows), (returns, pairs.rows))
    registered = [table.counts("registered")[rows] for table, rows in sides]
    voters = [table.counts(column)[rows] for table, rows in sides]
    usable = np.ones(len(pairs), dtype=bool)
    for n, v in zip(registered, voters, strict=True):
        usable &= (n >= max(minimum, 1)) & (v >= 0) & (v <= n)
    if votes is None or before is None:
        t = tuple(v[usable] / n[usable] for n, v in zip(registered, voters, strict=True))
        n1, n2 = (n[usable] for n in registered)
        nothing = np.empty((int(usable.sum()), 0))
        return Rounds(pairs.rows[usable], (n1, n2), (t[0], t[1]), None, nothing, nothing, ((), ()))
    named = (_named(previous, before), _named(returns, votes.option))
    counted = []
    for (table, rows), v, names in zip(sides, voters, named, strict=True):
        columns = np.column_stack([_counts(table, name)[rows] for name in names])
        # Several votes per voter cannot be divided among voters, missing ones not among options.
        usable &= (columns >= 0).all(axis=1) & (table.total_votes[rows] <= v) & (columns.sum(axis=1) <= v)
        counted.append(columns)
    shares, labels = [], []
    for n, v, columns, names in zip(registered, voters, counted, named, strict=True):
        parts = np.column_stack([columns, v - columns.sum(axis=1), n - v])[usable]
        pooled = OTHERS if parts[:, -2].any() else None
        chosen = [name for name in (*names, pooled, NON_VOTERS) if name is not None]
        shares.append((parts if pooled else np.delete(parts, -2, axis=1)) / n[usable, None])
        labels.append(tuple(chosen))
    t1, t2 = (1 - share[:, -1] for share in shares)
    return Rounds(
        rows=pairs.rows[usable],
        registered=(registered[0][usable], registered[1][usable]),
        turnout=(t1, t2),
        gain=(shares[0][:, 0], shares[1][:, 0]),
        x=shares[0],
        y=shares[1],
        names=(labels[0], labels[1]),
    )


def _named(table: Returns, looked_at: str) -> tuple[str, ...]:
    """The option looked at first, then the largest others."""
    totals = sorted((-float(np.nansum(table.votes(name))), name) for name in table.options)
    rest = [name for _, name in totals if name not in (looked_at, OTHERS, NON_VOTERS)]
    return (looked_at, *rest[: NAMED - 1])


def _counts(table: Returns, name: str) -> Floats:
    return table.counts(INVALID if name == INVALID and name not in table.options else VOTES + name)
