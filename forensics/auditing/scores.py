"""Scores of precincts as a frame: what outcomes are taken from, frozen before anybody looks at a roster."""

from __future__ import annotations

import numpy as np
import pandas as pd

from forensics.auditing.plan import Step
from forensics.auditing.runner import run_step
from forensics.detectors.registry import detector_ids
from forensics.errors import ConfigError
from forensics.finding import Findings
from forensics.scope import NATIONAL
from forensics.tables.pairing import pair
from forensics.tables.returns import Returns

#: Places and technology that models may need, where the returns have them.
PLACES = ("lat", "lon", "building", "venue_type", "optical_scanner")
PREVIOUS = "previous:"
#: Outcomes that need no detector.
PLAIN = ("turnout", "share")


def scores_of(
    returns: Returns, findings: Findings | None = None, *, previous: Returns | None = None
) -> pd.DataFrame:
    """A row per precinct: levels, turnout, share, log of registered voters, scores of detectors.

    Parameters
    ----------
    returns : Returns
    findings : Findings, optional
        National findings with a score per precinct give a column ``<method>:<quantity>``, and the
        first of each method one under the method's name.
    previous : Returns, optional
        The same precincts in an earlier election: ``previous:turnout`` and ``previous:share``, NaN
        where no pair was found.

    Returns
    -------
    DataFrame
        Indexed by the row numbers of the returns; turnout and share in 0–1, NaN where undefined.
    """
    frame = returns.frame
    columns: dict[str, object] = {level: frame[level].astype("str") for level in returns.levels or ()}
    columns |= {name: _plain(returns, name) for name in PLAIN}
    if returns.has("registered"):
        registered = returns.counts("registered")
        columns["log_registered"] = np.log(np.where(registered > 0, registered, np.nan))
    columns |= {name: frame[name] for name in PLACES if name in frame.columns}
    for item in (findings or Findings()).select(scope=NATIONAL).tested:
        if item.precincts is not None:
            columns[f"{item.method}:{item.quantity}"] = item.precincts
            columns.setdefault(item.method, item.precincts)
    if previous is not None:
        pairs = pair(returns, previous)
        for name in PLAIN:
            earlier = np.full(len(returns), np.nan)
            earlier[pairs.rows] = _plain(previous, name)[pairs.previous_rows]
            columns[PREVIOUS + name] = earlier
    return pd.DataFrame(columns, index=frame.index)


def scored_by(returns: Returns, outcomes: tuple[str, ...], seed: int = 0) -> Findings:
    """National findings of the detectors whose scores some outcomes are.

    Raises
    ------
    ConfigError
        If an outcome is neither turnout, share nor a detector, or the detector gives no scores here.
    """
    found = Findings()
    for name in dict.fromkeys(outcome.removeprefix("residual:").split(":")[0] for outcome in outcomes):
        if name in (*PLAIN, "previous"):
            continue
        if name not in detector_ids():
            raise ConfigError(
                f"{name!r} is no outcome; outcomes are {', '.join(PLAIN)}, residual:<outcome>, and the "
                "scores of a detector by its id"
            )
        own = run_step(returns, Step(name), (None,), seed, {})
        if not any(item.precincts is not None for item in own.tested):
            why = "; ".join(str(item.reason) for item in own.skipped) or "it has none"
            raise ConfigError(f"{name} gives no scores of precincts here: {why}")
        found += own
    return found


def _plain(returns: Returns, name: str) -> np.ndarray:
    """Turnout or share per precinct, NaN where it cannot be told."""
    with np.errstate(divide="ignore", invalid="ignore"):
        if name == "turnout":
            there = returns.has("registered") and returns.has(returns.turnout_of)
            part = returns.counts(returns.turnout_of) if there else None
            whole = returns.counts("registered") if there else None
        else:
            there = bool(returns.options) and returns.has("ballots")
            part, whole = (returns.votes(), returns.counts("ballots")) if there else (None, None)
        if part is None or whole is None:
            return np.full(len(returns), np.nan)
        ratio = part / np.where(whole > 0, whole, np.nan)
    return np.asarray(np.where((ratio >= 0) & (ratio <= 1), ratio, np.nan))
