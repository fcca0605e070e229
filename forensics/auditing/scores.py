"""Scores of precincts as a frame: what outcomes are taken from, frozen before anybody looks at a roster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from forensics.auditing.plan import Step
from forensics.auditing.runner import run_step
from forensics.detectors.registry import detector_ids
from forensics.errors import ConfigError
from forensics.finding import Finding, Findings
from forensics.scope import NATIONAL
from forensics.tables.pairing import pair
from forensics.tables.returns import Returns

#: Places and technology that models may need, where the returns have them.
PLACES = ("lat", "lon", "building", "venue_type", "optical_scanner")
PREVIOUS = "previous:"
#: Outcomes that need no detector.
PLAIN = ("turnout", "share")
#: Draws of an estimated outcome that an association is fitted to: fifty would do.
DRAWS = 100


def scores_of(
    returns: Returns, findings: Findings | None = None, *, previous: Returns | None = None
) -> pd.DataFrame:
    """A row per precinct: levels, turnout, share, log of registered voters, scores of detectors.

    Parameters
    ----------
    returns : Returns
    findings : Findings, optional
        National findings with a score per precinct give a column ``<method>:<quantity>``, and the
        first of each method one under the method's name; posterior draws give the means of their
        quantities, ``<method>:<name>``.
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
        for name, values in _estimated(item).items():
            columns.setdefault(f"{item.method}:{name}", _spread(returns, item, values.mean(axis=0)))
    if previous is not None:
        pairs = pair(returns, previous)
        for name in PLAIN:
            earlier = np.full(len(returns), np.nan)
            earlier[pairs.rows] = _plain(previous, name)[pairs.previous_rows]
            columns[PREVIOUS + name] = earlier
    return pd.DataFrame(columns, index=frame.index)


def draws_of(
    returns: Returns, findings: Findings, outcomes: Sequence[str], *, most: int = DRAWS
) -> dict[str, np.ndarray]:
    """Posterior draws of those outcomes that are estimates, for carrying their error onwards.

    Parameters
    ----------
    returns : Returns
    findings : Findings
    outcomes : sequence of str
        Columns of :func:`scores_of`.
    most : int
        Most draws of each, evenly of those that there are.

    Returns
    -------
    dict of str to ndarray of float64, shape (rows of the returns, draws)
        NaN where a precinct was left out; outcomes without draws are absent.
    """
    found: dict[str, np.ndarray] = {}
    for item in findings.select(scope=NATIONAL).tested:
        for place, (name, values) in enumerate(_estimated(item).items()):
            # The first is what the finding's own score of a precinct is the mean of.
            names = [f"{item.method}:{name}"]
            names += [f"{item.method}:{item.quantity}", item.method] if place == 0 else []
            some = np.linspace(0, len(values) - 1, min(len(values), most)).round().astype(np.intp)
            for column in (one for one in names if one in outcomes and one not in found):
                found[column] = _spread(returns, item, values[some]).T
    return found


def _estimated(item: Finding) -> Mapping[str, np.ndarray]:
    return {} if item.draws is None else item.draws.outcomes


def _spread(returns: Returns, item: Finding, values: np.ndarray) -> np.ndarray:
    """Values of the precincts used, in the last axis, put in their places among all."""
    every = np.full((*values.shape[:-1], len(returns)), np.nan)
    if item.draws is not None:
        every[..., item.draws.rows] = values
    return every


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
            failing = (one.text for item in own.tested if item.underpowered
                       for one in item.assumptions if one.holds is False)  # fmt: skip
            why = "; ".join(map(str, (*(item.reason for item in own.skipped), *failing))) or "it has none"
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
