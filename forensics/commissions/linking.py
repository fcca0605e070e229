"""A roster beside the scores of precincts: coverage, measures, and their relation to the outcomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forensics.commissions.association import Associations
from forensics.commissions.catalogue import measure_id
from forensics.commissions.material import PREVIOUS
from forensics.commissions.measures import Measures
from forensics.commissions.pictures import composition_picture
from forensics.commissions.relating import associations_of
from forensics.commissions.retention import Reward, reward_slope
from forensics.commissions.study import Study
from forensics.commissions.summaries import by_level, by_unit, rows_of
from forensics.errors import ConfigError
from forensics.messages.message import Message
from forensics.picture import Picture, Pictured
from forensics.tables.rosters import Day

Floats = NDArray[np.float64]

#: What is related to the outcomes unless something is asked for: the first that varies here.
EXPOSURES = ("aligned_share", "incumbent_share", "filler_share", "same_nominator")
#: A measure serves as exposure without being asked for where it is known for this part of the rosters.
KNOWN = 0.5
#: Whether a commission's chair is the one of the election before.
RETAINED = "chair_retained"


@dataclass(frozen=True, eq=False, repr=False)
class Link(Pictured):
    """What a roster says of commissions, and how it goes with what precincts reported.

    Parameters
    ----------
    measures : mapping of str to Measures
        By the name of the coding; empty where none was given.
    associations : Associations
        Outcomes on exposures, under each coding.
    rewards : mapping of str to Reward
        By outcome of the election before: how it goes with chairs who stayed.
    series : mapping of day to Measures
        Under the first coding, of each election whose day and roster are known, the earliest first.
    """

    measures: Mapping[str, Measures]
    associations: Associations
    rewards: Mapping[str, Reward] = field(default_factory=dict)
    series: Mapping[Day, Measures] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<Link of {len(self.first.value):,} commissions: {self.associations!r}>"

    def __str__(self) -> str:
        return "\n\n".join([*map(str, (*self.steps, *self.retention)), str(self.associations)])

    def _repr_html_(self) -> str:
        return self.associations._repr_html_()

    @property
    def first(self) -> Measures:
        """The measures under the first coding."""
        return next(iter(self.measures.values()))

    @property
    def coverage(self) -> dict[str, Any]:
        """How far the roster reaches into the returns."""
        return {} if self.first.joined is None else self.first.joined.to_dict()

    @property
    def steps(self) -> tuple[Message, ...]:
        """What was done to join roster and returns, and what the codings do not know."""
        joined = self.first.joined.steps if self.first.joined is not None else ()
        return (*joined, *dict.fromkeys(step for one in self.measures.values() for step in one.steps))

    @property
    def retention(self) -> tuple[Message, ...]:
        """Whether chairs stayed where the election before had gone one way, in sentences."""
        return tuple(one.sentence(name.removeprefix(PREVIOUS)) for name, one in self.rewards.items())

    @cached_property
    def levels(self) -> pd.DataFrame:
        """Measures by level of commissions; cells of fewer than five commissions are withheld."""
        return pd.concat([by_level(one) for one in self.measures.values()], ignore_index=True)

    @cached_property
    def units(self) -> pd.DataFrame:
        """Measures of the precinct commissions by top-level unit; small cells are withheld."""
        tables = [by_unit(one, one.levels[0]) for one in self.measures.values() if one.levels]
        return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()

    def pictures(self) -> tuple[Picture, ...]:
        """Composition by level under each coding, and the pictures of the headlines."""
        composed = [composition_picture(one) for name, one in self.measures.items() if name]
        drawn = [picture for one in self.associations.headlines for picture in one.pictures]
        return (*composed, *drawn)

    def _pictures(self) -> tuple[Picture, ...]:
        return self.pictures()

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """The object that ``forensics commissions --json`` prints."""
        told = self.associations.to_dict(language)
        missing = [
            {"measure": name, "coding": coding or None, "reason": reason.text(language)}
            for coding, one in self.measures.items()
            for name, reason in one.skipped.items()
        ]
        return {
            "coverage": self.coverage,
            "measures": rows_of(self.levels) + rows_of(self.units),
            "association": told["association"],
            "skipped": [*told["skipped"], *missing],
            "study": told["study"],
            "retention": {name: one.to_dict() for name, one in self.rewards.items()},
            "steps": [step.text(language) for step in self.steps],
        }

    def to_frame(self) -> pd.DataFrame:
        """A row per association."""
        return self.associations.to_frame()


def default_exposures(measures: Mapping[str, Measures]) -> tuple[str, ...]:
    """The first usual measure that varies and is known widely, else the most frequent nominator.

    Raises
    ------
    ConfigError
        If nothing in these rosters varies.
    """
    for one in measures.values():
        frame = one.frame
        own = [name for name in EXPOSURES if name in frame.columns]
        nominators = {
            str(name): float(frame[name].to_numpy(dtype=np.float64, na_value=0.0).sum())
            for name in frame.columns
            if str(name).startswith("nominator:")
        }
        own += sorted(nominators, key=lambda name, seats=nominators: (-seats[name], name))  # type: ignore[misc]
        least = KNOWN * (one.joined.joined if one.joined else len(frame))
        for name in own:
            values = frame[name].dropna().to_numpy(dtype=np.float64)
            if len(values) >= least and np.ptp(values) > 0:
                return (name,)
    raise ConfigError("no measure of these commissions varies between precincts; name an exposure")


def link(
    scores: pd.DataFrame,
    measures: Mapping[str, Measures],
    *,
    outcomes: Sequence[str],
    exposures: Sequence[str] | None = None,
    appointed_by: str | None = None,
    draws: Mapping[str, Floats] | None = None,
    **options: Any,
) -> Link:
    """Measures and outcomes of the same precincts, related.

    Parameters
    ----------
    scores : DataFrame
        Indexed by the rows of the returns that the measures were joined to.
    measures : mapping of str to Measures
        By coding, joined.
    outcomes, exposures : sequence of str
        The first of each is the declared primary pair; exposures default to
        :func:`default_exposures`.
    appointed_by : str, optional
        Level whose commissions appoint.
    draws : mapping of outcome to ndarray of shape (rows of scores, draws), optional
        Of outcomes that are estimates.
    **options
        Fields of :class:`Study`.

    Raises
    ------
    ConfigError
        As :class:`Study` and :func:`associations_of`.
    """
    first = next(iter(measures.values()))
    named = tuple(measure_id(name) for name in exposures or ()) or default_exposures(measures)
    given: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in options.items()
    }
    study = Study(outcomes=tuple(outcomes), exposures=named, **given)
    sizes = first.roster.size
    seated = sizes[sizes > 0]
    members = float(len(seated) / (1 / seated).sum()) if len(seated) else None
    found = associations_of(
        scores,
        {name: one.frame for name, one in measures.items()},
        study,
        levels=first.levels,
        appointed_by=appointed_by or first.appointing_level,
        draws=draws,
        members=members,
    )
    return Link(measures, found, _rewards(scores, first))


def _rewards(scores: pd.DataFrame, measures: Measures) -> dict[str, Reward]:
    """The slope of chairs who stayed on every outcome of the election before, within top-level units."""
    frame = measures.frame.reindex(scores.index)
    if RETAINED not in frame.columns or not measures.levels:
        return {}
    retained = frame[RETAINED].to_numpy(dtype=np.float64)
    top = frame[measures.levels[0]]
    # A body is told by its name within its top-level unit.
    body = pd.factorize(top.astype("str") + "\x1f" + frame["appointed_by"].astype("str"), sort=True)[0]
    group = pd.factorize(top, sort=True)[0]
    found = {}
    for name in (str(column) for column in scores.columns if str(column).startswith(PREVIOUS)):
        anomaly = scores[name].to_numpy(dtype=np.float64)
        if (np.isfinite(retained) & np.isfinite(anomaly)).any():
            found[name] = reward_slope(retained, anomaly, body.astype(np.intp), group.astype(np.intp))
    return found
