"""What the figures of the reference bin draw: votes by turnout, and the sweep over references."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forensics.detectors.shares import Votes
from forensics.kernels.anomalous_votes import BINS, sweep
from forensics.messages.message import Sentences
from forensics.picture import Picture
from forensics.scope import Scope

Floats = NDArray[np.float64]

SAY = Sentences(
    "bin_pictures",
    curves_title="Votes by turnout for {option}: {scope}",
    curves_caption="Ballots per percentage point of turnout (n = {n:,} precincts). Expected: other ballots "
    "times the ratio of the reference bin, {low}–{high} % turnout; the difference is added votes only if "
    "support does not depend on turnout.",
    sweep_title="Anomalous votes for {option} by reference bin: {scope}",
    sweep_caption="What the method gives for every reference bin of turnout (n = {n:,} precincts). The bin "
    "chosen begins at {low} %. Null: support does not depend on turnout, which honest geography "
    "violates too.",
    turnout="turnout, %",
    ballots="ballots per point of turnout",
    reference="turnout of the reference bin, %",
    votes="anomalous votes",
)


def pictures(
    option: Votes, scope: Scope, n: int, votes: Floats, others: Floats, bin_: int, either_side: int
) -> tuple[Picture, Picture]:
    """Pictures of the figures ``votes_by_turnout`` and ``reference_sweep``.

    Parameters
    ----------
    votes, others : ndarray of float64, shape (100,)
        Votes of the option and all other ballots by bin of turnout.
    bin_, either_side : int
        The reference, and how many bins on either side make the range.
    """
    bins, swept = sweep(votes, others)
    name = f"reference_bin-{option.quantity}"
    said = {"option": option.option, "scope": str(scope)}
    curves = Picture(
        figure="votes_by_turnout",
        name=f"{name}-curves",
        title=SAY("curves_title", **said),
        caption=SAY("curves_caption", n=n, low=bin_, high=bin_ + 1),
        columns={
            "turnout_bin": np.arange(BINS),
            "leader": votes,
            "others": others,
            "expected_leader": votes[bin_] / others[bin_] * others,
        },
        options={"reference": bin_},
        labels={"xlabel": SAY("turnout"), "ylabel": SAY("ballots")},
    )
    return curves, Picture(
        figure="reference_sweep",
        name=f"{name}-sweep",
        title=SAY("sweep_title", **said),
        caption=SAY("sweep_caption", n=n, low=bin_),
        columns={
            "reference": bins,
            "votes": swept,
            "share_of_ballots": swept / (votes.sum() + others.sum()),
        },
        options={"reference": bin_, "range_bins": either_side},
        labels={"xlabel": SAY("reference"), "ylabel": SAY("votes")},
    )
