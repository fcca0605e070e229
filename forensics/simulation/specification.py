"""The embedded demonstration election: invented returns with a few planted departures."""

from __future__ import annotations

import tomllib
from typing import Annotated, Literal

import msgspec
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forensics.errors import ConfigError
from forensics.simulation.hierarchical import clean
from forensics.tables.returns import Returns
from forensics.tables.roles import VOTES
from forensics.tables.source import Source

Chosen = NDArray[np.bool_]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Median = Annotated[float, msgspec.Meta(gt=0, lt=1)]
Number = Annotated[int, msgspec.Meta(ge=1)]


class Planted(msgspec.Struct, forbid_unknown_fields=True):
    """One planted departure: its kind, where, and in what share of the precincts there."""

    kind: Literal["rounding", "surplus"]
    regions: list[str]
    share: Share
    ballots: Annotated[int, msgspec.Meta(ge=0)] = 0


class Specification(msgspec.Struct, forbid_unknown_fields=True):
    """Contents of ``data/demo.toml``."""

    name: str
    seed: Annotated[int, msgspec.Meta(ge=0)]
    regions: Number
    districts: Number
    precincts: Number
    turnout: Median
    support: Median
    options: list[str]
    planted: list[Planted] = []


def read_specification(text: str) -> Specification:
    """The specification in a TOML text.

    Raises
    ------
    ConfigError
        If the text is not TOML; a key is unknown, missing, of the wrong type or out of its range;
        the units do not fit into each other; or a departure is planted in a region there is not.
    """
    try:
        specification = msgspec.convert(tomllib.loads(text), Specification)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ConfigError(f"the specification of the election cannot be used: {error}") from error
    fault = _fault(specification)
    if fault:
        raise ConfigError(f"the specification of the election cannot be used: {fault}")
    return specification


def _fault(specification: Specification) -> str:
    """What keeps a specification from being drawn, empty where nothing does."""
    units = (specification.regions, specification.districts, specification.precincts)
    if list(units) != sorted(units):
        return f"regions, districts and precincts are {units}, and each holds at least one of the next"
    regions = _region_names(specification)
    elsewhere = [r for planted in specification.planted for r in planted.regions if r not in regions]
    if elsewhere:
        return f"planted in {elsewhere[0]!r}; the regions are {regions[0]} to {regions[-1]}"
    return ""


def _region_names(specification: Specification) -> list[str]:
    return [f"Region {r + 1:02d}" for r in range(specification.regions)]


def demonstration(specification: Specification, *, rng: np.random.Generator | int | None = None) -> Returns:
    """The election of a specification, drawn with its seed unless ``rng`` is given.

    The departures are planted last: the same seed without them gives the same election elsewhere.
    """
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
        _PLANTERS[planted.kind](frame, chosen, planted, VOTES + specification.options[0])
    return Returns(
        frame,
        levels=returns.levels,
        leader=specification.options[0],
        source=Source(specification.name, rows=len(frame)),
    )


def _shape(specification: Specification, rng: np.random.Generator) -> Returns:
    """Levels and sizes: districts spread evenly over regions, precincts evenly over districts."""
    district = np.sort(np.arange(specification.precincts) % specification.districts)
    region = district * specification.regions // specification.districts
    sizes = np.exp(rng.normal(6.7, 0.8, specification.precincts)).round().clip(15, 3000)
    frame = pd.DataFrame(
        {
            "region": np.array(_region_names(specification))[region],
            "district": [f"District {d + 1:03d}" for d in district],
            "precinct": [str(i + 1) for i in range(specification.precincts)],
            "registered": sizes.astype(np.int64),
            "ballots": 0,
        },
        index=np.arange(1, specification.precincts + 1),
    )
    return Returns(frame, source=Source(specification.name))


def _round(frame: pd.DataFrame, chosen: Chosen, planted: Planted, leader: str) -> None:
    """Ballots issued and found in tens; the leader's votes take the difference, where they can."""
    rows = frame[chosen]
    change = (rows["ballots"] // 10 * 10).clip(lower=10) - rows["ballots"]
    change = change[rows[leader] + change >= 0]
    for column in ("ballots", "valid", leader):
        frame.loc[change.index, column] += change
    frame.loc[change.index, "issued"] = frame.loc[change.index, "ballots"]


def _add(frame: pd.DataFrame, chosen: Chosen, planted: Planted, leader: str) -> None:
    """Ballots in the box that were never issued, all for the leader."""
    for column in ("ballots", "valid", leader):
        frame.loc[chosen, column] += planted.ballots


_PLANTERS = {"rounding": _round, "surplus": _add}
