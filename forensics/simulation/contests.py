"""A concurrent contest of a narrower electorate: fewer voters, fewer ballots, related votes."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, logit

from forensics.simulation.counting import Counts, Integers
from forensics.simulation.parameters import Contest

Columns = dict[str, Integers]


def contest_columns(
    registered: Integers, counts: Counts, invalid: float, contest: Contest, rng: np.random.Generator
) -> Columns:
    """``<name>_registered``, ``_ballots``, ``_invalid`` and ``_votes_<option>``.

    Every ballot of the contest is that of a voter of the wider one, so it has no more of them.
    """
    voters = rng.binomial(counts.ballots, contest.eligible)
    staying = np.maximum(registered - counts.ballots, 0)
    ballots = rng.binomial(voters, 1 - contest.rolloff)
    spoilt = rng.binomial(ballots, invalid)
    support = np.where(np.isnan(counts.support), 0.5, counts.support).clip(1e-6, 1 - 1e-6)
    leaning = logit(support) + contest.shift + rng.normal(0, contest.spread, len(voters))
    votes = [rng.binomial(ballots - spoilt, expit(leaning))]
    rest = ballots - spoilt - votes[0]
    for others in range(len(contest.options) - 2, 0, -1):
        votes.append(rng.binomial(rest, rng.beta(2.0, 2.0 * others, len(rest))))
        rest = rest - votes[-1]
    if len(contest.options) > 1:
        votes.append(rest)
    else:
        spoilt = spoilt + rest
    name = contest.name
    columns = {
        f"{name}_registered": voters + rng.binomial(staying, contest.eligible),
        f"{name}_ballots": ballots,
        f"{name}_invalid": spoilt,
    }
    labelled = zip(contest.options, votes, strict=True)
    return columns | {f"{name}_votes_{option}": counted for option, counted in labelled}
