"""Votes of the larger options by turnout of the precinct, described and not tested."""

from __future__ import annotations

import numpy as np

from forensics.auditing.ratios import spelled
from forensics.kernels.anomalous_votes import BINS, turnout_bins
from forensics.messages.message import Sentences
from forensics.picture import Picture
from forensics.tables.returns import Returns

#: Options that have a line of their own besides the one under study, those with most votes.
FURTHER = 3
_COLUMNS = ("turnout_bin", "leader", "others", "expected_leader")

SAY = Sentences(
    "curves",
    xlabel="turnout (ballots / registered), %",
    title="Votes by turnout of the precinct: {scope}",
    caption="Votes per percentage point of turnout (ballots / registered; a bin holds its upper edge). "
    "Others: all remaining ballots, invalid ones among them. {n:,} precincts; left out: {excluded:,} (a "
    "count missing or negative, nobody registered, no ballots, or more of them than registered). A "
    "description, no test: where support depends on turnout, as between town and country, the lines differ "
    "in shape without anybody's doing. Source: {source}.",
)


def votes_by_turnout(returns: Returns) -> Picture | None:
    """Votes by bin of turnout: the option under study, the next largest ones, all others.

    Returns
    -------
    Picture or None
        Columns ``turnout_bin`` (0 … 99), ``leader``, one per further option in its own spelling, and
        ``others``; ``None`` where no precinct has registered voters, ballots and votes.
    """
    if not returns.leader or not returns.has("registered", "ballots"):
        return None
    names = sorted(
        (name for name in returns.options if name != returns.leader),
        key=lambda name: (-float(np.nansum(returns.votes(name))), name),
    )[:FURTHER]
    registered, ballots = returns.counts("registered"), returns.counts("ballots")
    votes = np.stack([returns.votes(), *(returns.votes(name) for name in names)])
    with np.errstate(invalid="ignore"):
        keep = (registered > 0) & (ballots > 0) & (ballots <= registered) & (votes >= 0).all(axis=0)
    n = int(keep.sum())
    if not n:
        return None
    bins = turnout_bins(ballots[keep].astype(np.int64), registered[keep].astype(np.int64))
    by_bin = [np.bincount(bins, row[keep], BINS).astype(np.int64) for row in votes]
    total = np.bincount(bins, ballots[keep], BINS).astype(np.int64)
    columns = {"turnout_bin": np.arange(BINS), "leader": by_bin[0]}
    for name, row in zip(names, by_bin[1:], strict=True):
        label = spelled(returns, name)
        columns[f"votes_{name}" if label in (*_COLUMNS, *columns) else label] = row
    columns["others"] = total - np.sum(by_bin, axis=0)
    return Picture(
        figure="votes_by_turnout",
        name="votes-by-turnout",
        title=SAY("title", scope=str(returns.scope)),
        caption=SAY("caption", n=n, excluded=len(returns) - n, source=returns.source.name),
        columns=columns,
        options={
            "leader_label": spelled(returns),
            "ylabel": "votes per point of turnout",
        },
        labels={"xlabel": SAY("xlabel")},
    )
