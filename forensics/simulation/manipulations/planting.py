"""Choosing the precincts, planting one mechanism there, and telling what was changed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forensics.errors import ConfigError, meant
from forensics.kernels.seeding import generator as seeded
from forensics.messages.message import Sentences
from forensics.simulation.manipulations.protocol import Protocol, Rows
from forensics.simulation.manipulations.registry import MANIPULATIONS, Manipulation
from forensics.simulation.parameters import INSTITUTIONS
from forensics.simulation.streams import Rng
from forensics.tables.returns import Returns
from forensics.tables.where import compile_where

SAY = Sentences(
    "planting", planted="Planted for a test: {kind} in {n:,} {n:plural:precinct|precincts} (simulated)."
)
Chosen = NDArray[np.bool_]


def manipulate(
    returns: Returns,
    kind: str,
    *,
    share: float = 0.05,
    intensity: float | None = None,
    where: str | Chosen | None = None,
    odds: NDArray[np.float64] | None = None,
    rng: Rng = None,
) -> tuple[Returns, pd.DataFrame]:
    """Plant one mechanism for the leader of the returns.

    Parameters
    ----------
    returns : Returns
        Precinct returns, usually clean ones.
    kind : str
        A name of :data:`~forensics.simulation.manipulations.registry.MANIPULATIONS`.
    share : float
        Share of the candidate precincts that is hit; of the lowest units, for carousels.
    intensity : float, optional
        In the mechanism's own unit; by default its middle one.
    where : str or ndarray of bool, shape (n,), optional
        Candidates: an expression over the columns, or a mask of the rows.
    odds : ndarray of float64, shape (n,), optional
        How much likelier each precinct is to be hit; by default all alike.
    rng : Generator or int, optional
        Source of the choices.

    Returns
    -------
    returns, truth
        ``truth`` has the rows of the returns: ``kind`` (empty where nothing was done),
        ``intensity``, ``added`` and ``moved`` (votes for the leader), and ``changed_<column>`` for
        every column that changed.

    Raises
    ------
    ConfigError
        If the mechanism is unknown, a share or an intensity is out of its range, a column it needs
        is missing, or nothing can be hit.
    """
    mechanism = _mechanism(returns, kind)
    intensity = mechanism.intensity if intensity is None else float(intensity)
    if not 0 <= share <= 1:
        raise ConfigError(f"share is a share of the precincts between 0 and 1, not {share}")
    if not intensity > 0:
        raise ConfigError(f"intensity is above 0 ({mechanism.unit}), not {intensity}")
    generator = seeded(rng)
    protocol = Protocol(returns)
    rows = _chosen(
        protocol, mechanism, share, _candidates(protocol, mechanism, kind, where), odds, generator
    )
    mechanism.plant(protocol, rows, intensity, generator)
    changed, truth = protocol.result()
    counts = truth.loc[:, truth.columns.str.startswith("changed_")]
    hit = (counts != 0).any(axis=1).to_numpy()
    told = {"kind": np.where(hit, kind, ""), "intensity": np.where(hit, intensity, 0.0)}
    truth = pd.concat([pd.DataFrame(told, index=truth.index).astype({"kind": "str"}), truth], axis=1)
    step = SAY("planted", kind=kind, n=int(hit.sum()))
    return replace(changed, source=changed.source.then(step)), truth


def _mechanism(returns: Returns, kind: str) -> Manipulation:
    if kind not in MANIPULATIONS:
        raise ConfigError(
            f"{kind!r} is no manipulation{meant(kind, MANIPULATIONS)}; there are {', '.join(MANIPULATIONS)}"
        )
    mechanism = MANIPULATIONS[kind]
    missing = [column for column in mechanism.needs if column not in returns.table.columns]
    if missing or not returns.options:
        lacking = ", ".join(missing) or "votes"
        raise ConfigError(f"{kind} cannot be planted in {returns.source.name}, which lacks {lacking}")
    return mechanism


def _candidates(
    protocol: Protocol, mechanism: Manipulation, kind: str, where: str | Chosen | None
) -> Chosen:
    table = protocol.returns.table
    allowed = protocol.usable
    if isinstance(where, str) and where:
        allowed = allowed & compile_where(where, table)
    elif where is not None and not isinstance(where, str):
        allowed = allowed & where
    if mechanism.institutions:
        allowed = allowed & table["venue_type"].isin(INSTITUTIONS).to_numpy()
    if not allowed.any():
        raise ConfigError(f"{kind} cannot be planted: no precinct of {protocol.returns.source.name} fits")
    return np.asarray(allowed)


def _chosen(
    protocol: Protocol,
    mechanism: Manipulation,
    share: float,
    allowed: Chosen,
    odds: NDArray[np.float64] | None,
    rng: np.random.Generator,
) -> Rows:
    """Rows that are hit: a fixed number of precincts, or all candidates of a fixed number of units."""
    candidates = np.flatnonzero(allowed)
    weights = np.ones(len(candidates)) if odds is None else np.asarray(odds, dtype=np.float64)[candidates]
    if mechanism.by_unit:
        units, place = np.unique(protocol.unit[candidates], return_inverse=True)
        mean = np.bincount(place, weights) / np.bincount(place)
        return candidates[np.isin(place, _sample(len(units), share, mean, rng))]
    return candidates[_sample(len(candidates), share, weights, rng)]


def _sample(n: int, share: float, weights: NDArray[np.float64], rng: np.random.Generator) -> Rows:
    """Positions of ``share`` of n (at least one unless the share is zero), in order."""
    number = min(n, max(1, round(share * n))) if share > 0 else 0
    return np.sort(rng.choice(n, number, replace=False, p=weights / weights.sum()))
