"""The embedded demonstration election: invented returns with a few planted departures."""

from __future__ import annotations

import tomllib
from typing import Any

import msgspec
import numpy as np
import pandas as pd

from forensics.errors import ConfigError
from forensics.simulation.hierarchical import clean
from forensics.tables.returns import Returns
from forensics.tables.roles import VOTES
from forensics.tables.source import Source


class Planted(msgspec.Struct, forbid_unknown_fields=True):
    """One planted departure: its kind, where, and in what share of the precincts there."""

    kind: str
    regions: list[str]
    share: float
    ballots: int = 0


class Specification(msgspec.Struct, forbid_unknown_fields=True):
    """Contents of ``data/demo.toml``."""

    name: str
    seed: int
    regions: int
    districts: int
    precincts: int
    turnout: float
    support: float
    options: list[str]
    planted: list[Planted] = []


def read_specification(text: str) -> Specification:
    """The specification in a TOML text.

    Raises
    ------
    ConfigError
        If the text is not TOML, or a key is unknown, missing or of the wrong type.
    """
    try:
        return msgspec.convert(tomllib.loads(text), Specification)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ConfigError(f"the specification of the election cannot be used: {error}") from error


def demonstration(specification: Specification, *, rng: np.random.Generator | int | None = None) -> Returns:
    """The election of a specification; the seed of the specification unless ``rng`` is given."""
    generator = np.random.default_rng(specification.seed if rng is None else rng)
    returns = clean(
        _shape(specification, generator),
        turnout=specification.turnout,
        support=specification.support,
        options=specification.options,
        rng=generator,
    )
    frame = returns.frame
    for planted in specification.planted:
        inside = frame["region"].astype("str").isin(planted.regions).to_numpy()
        chosen = inside & (generator.random(len(frame)) < planted.share)
        _PLANTERS[planted.kind](frame, chosen, planted, specification)
    return Returns(
        frame,
        levels=returns.levels,
        leader=specification.options[0],
        source=Source(specification.name, rows=len(frame)),
    )


def _shape(specification: Specification, rng: np.random.Generator) -> Returns:
    """Levels and sizes: districts spread evenly over regions, precincts unevenly over districts."""
    district = np.sort(rng.permutation(np.arange(specification.precincts) % specification.districts))
    region = district * specification.regions // specification.districts
    sizes = np.exp(rng.normal(6.7, 0.8, specification.precincts)).round().clip(15, 3000)
    frame = pd.DataFrame(
        {
            "region": [f"Region {r + 1:02d}" for r in region],
            "district": [f"District {d + 1:03d}" for d in district],
            "precinct": [str(i + 1) for i in range(specification.precincts)],
            "registered": sizes.astype(np.int64),
            "ballots": 0,
        },
        index=np.arange(1, specification.precincts + 1),
    )
    return Returns(frame, source=Source(specification.name))


def _round(frame: pd.DataFrame, chosen: Any, planted: Planted, specification: Specification) -> None:
    """Issued, found and valid ballots in tens; the leader's votes make up the difference."""
    leader = VOTES + specification.options[0]
    target = (frame.loc[chosen, "ballots"] // 10 * 10).clip(lower=10)
    change = target - frame.loc[chosen, "ballots"]
    enough = (frame.loc[chosen, leader] + change >= 0) & (frame.loc[chosen, "valid"] + change >= 0)
    rows = enough.index[enough]
    for column in ("ballots", "valid", leader):
        frame.loc[rows, column] += change[rows]
    frame.loc[rows, "issued"] = frame.loc[rows, "ballots"]


def _add(frame: pd.DataFrame, chosen: Any, planted: Planted, specification: Specification) -> None:
    """Ballots in the box that were never issued, all for the leader."""
    for column in ("ballots", "valid", VOTES + specification.options[0]):
        frame.loc[chosen, column] += planted.ballots


_PLANTERS = {"rounding": _round, "surplus": _add}
