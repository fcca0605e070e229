"""Chairs who stayed: whether keeping the chair followed what the precinct had shown before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forensics.errors import ConfigError, Fault, RosterError
from forensics.kernels.least_squares import Estimate, cluster_sums, slope
from forensics.kernels.plurality import Bounded
from forensics.messages.message import Message, Sentences
from forensics.tables.rosters import Roster

Floats = NDArray[np.float64]

SAY = Sentences(
    "retention",
    slope="In {retained:.1%} of {n:,} precincts the chair is the one of the election before; for every ten "
    "percentage points of {outcome} then, that share changes by {slope:+.2f} percentage points "
    "[{low:+.2f}, {high:+.2f}] within the units of the top level. Where it rises, keeping the chair may be "
    "a reward for what was delivered, and composition tells of the past; chairs also stay where nothing "
    "else changes.",
    no_slope="In {retained:.1%} of {n:,} precincts the chair is the one of the election before; whether "
    "that follows {outcome} then cannot be told.",
)


def chair_retained(roster: Roster, before: Roster) -> Bounded:
    """Whether each commission's chair is the person who was its chair before.

    Commissions are met by their identifier. NaN where either had no chair, or a person's identifier
    is missing; the bounds then are 0 and 1.

    Parameters
    ----------
    roster, before : Roster
        Of two days, in the long form: one roster ``on`` two days, or two that were read with one
        salt.

    Returns
    -------
    Bounded
        By commission of ``roster``.

    Raises
    ------
    RosterError
        If a roster does not list persons, or the two were hashed with different salts.
    """
    for one in (roster, before):
        if one.members is None:
            raise RosterError(
                one.source.name,
                [Fault("counts by nominator", "who stayed is known from a row per membership only")],
            )
    if roster.mark != before.mark:
        raise RosterError(
            roster.source.name,
            [Fault("persons hashed with another salt", "rosters to be compared are read with one salt")],
        )
    now, then = _chairs(roster), _chairs(before)
    ids = roster.commissions["commission_id"].to_numpy(dtype=object)
    was = then.reindex(ids).to_numpy(dtype=object)
    listed = np.isin(ids.astype(str), then.index.to_numpy(dtype=str))
    current = now.reindex(ids)
    chaired = np.isin(ids.astype(str), now.index.to_numpy(dtype=str)) & listed
    is_ = current.to_numpy(dtype=object)
    known = chaired & pd.notna(is_) & pd.notna(was)
    stayed = known & (is_ == was)
    value = np.where(known, stayed.astype(np.float64), np.nan)
    low, high = stayed.astype(np.float64), (stayed | (chaired & ~known)).astype(np.float64)
    return Bounded(value, low, high).where(chaired)


def _chairs(roster: Roster) -> pd.Series:
    """The chair's digest by commission identifier."""
    assert roster.members is not None
    chairs = roster.members[roster.members["role"] == "chair"].drop_duplicates("commission")
    ids = roster.commissions["commission_id"].to_numpy(dtype=object)
    return pd.Series(chairs["member_id"].to_numpy(), index=ids[chairs["commission"].to_numpy()])


@dataclass(frozen=True, slots=True)
class Reward:
    """How keeping the chair goes with the anomaly of the election before.

    Parameters
    ----------
    n : int
        Precincts with both.
    retained : float
        Share whose chair stayed.
    slope : Estimate
        Change of that share per unit of the past anomaly, with an intercept per group; the interval
        rests on the jackknife over clusters.
    """

    n: int
    retained: float
    slope: Estimate

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values; the slope is the change of the share per unit of the past outcome."""
        low, high = self.slope.low, self.slope.high
        return {
            "n": self.n,
            "retained": self.retained,
            "slope": self.slope.value,
            "interval": None if low is None or high is None else [low, high],
        }

    def sentence(self, outcome: str) -> Message:
        """What is seen, for an outcome that is a share."""
        told = self.to_dict()
        words: dict[str, Any] = {"n": self.n, "retained": self.retained, "outcome": outcome}
        if told["slope"] is None or told["interval"] is None:
            return SAY("no_slope", **words)
        low, high = told["interval"]
        return SAY("slope", slope=10 * told["slope"], low=10 * low, high=10 * high, **words)


def reward_slope(
    retained: Floats,
    anomaly: Floats,
    cluster: NDArray[np.intp],
    group: NDArray[np.intp],
    *,
    confidence_level: float = 0.95,
) -> Reward:
    """Slope of ``chair_retained`` on the past anomaly: a reward for delivery makes it positive.

    Where it is, a composition tells of the past as well as of the present, and no fixed effect of a
    precinct takes that out.

    Parameters
    ----------
    retained, anomaly : ndarray of float64, shape (n,)
        NaN where not known.
    cluster : ndarray of int, shape (n,)
        The appointing body of each precinct, −1 where it is not known.
    group : ndarray of int, shape (n,)
        What the slope is within (fixed effects): constant within a cluster.

    Raises
    ------
    ConfigError
        If no precinct has both, or a cluster lies in two groups.
    """
    used = np.isfinite(retained) & np.isfinite(anomaly) & (cluster >= 0) & (group >= 0)
    if not used.any():
        raise ConfigError("no precinct has both a chair of two elections and a past anomaly")
    clusters, code = np.unique(cluster[used], return_inverse=True)
    groups = np.full(len(clusters), -1, dtype=np.intp)
    groups[code] = group[used]
    if (groups[code] != group[used]).any():
        raise ConfigError("a cluster lies in two groups; the slope is taken within groups of clusters")
    _, groups = np.unique(groups, return_inverse=True)
    sums = cluster_sums(anomaly[used], retained[used], code.astype(np.intp))
    estimate = slope(sums, groups.astype(np.intp), confidence_level=confidence_level)
    return Reward(int(used.sum()), float(retained[used].mean()), estimate)
