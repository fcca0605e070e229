"""The first generator's rates: logit-normal with effects of units, precincts, sizes and places."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from forensics.errors import ConfigError
from forensics.simulation.effects import at, correlated
from forensics.simulation.fields import field_effects
from forensics.simulation.parameters import Rate, Specification
from forensics.simulation.precincts import Precincts, size_score
from forensics.simulation.streams import Streams

Floats = NDArray[np.float64]
#: What stands in for a rate that a specification does not draw.
ABSENT = Rate(median=0.5, spread=(0.0,))


def hierarchical_logits(precincts: Precincts, specification: Specification, streams: Streams) -> Floats:
    """Logits of (turnout, support) per precinct, float64 of shape (n, 2)."""
    rates = (specification.turnout or ABSENT, specification.support or ABSENT)
    total = np.full((len(precincts), 2), [logit(rate.median) for rate in rates])
    total += np.outer(size_score(precincts.size), [rate.gradient for rate in rates])
    for place in range(len(precincts.levels)):
        total += unit_effects(precincts, specification, place, streams)
    deviations = (_last(rates[0]), _last(rates[1]))
    own = correlated(
        len(precincts), deviations, specification.correlation[-1], streams("effects of precincts")
    )
    total += own
    return total + place_effects(precincts, specification, streams)


def _last(rate: Rate) -> float:
    return rate.spread[-1] if rate.spread else 0.0


def unit_effects(
    precincts: Precincts, specification: Specification, place: int, streams: Streams
) -> Floats:
    """Effects of one level's units, shape (n, 2); known ones of the top level are taken over."""
    rates = (specification.turnout or ABSENT, specification.support or ABSENT)
    codes = precincts.paths[place]
    spreads = (at(rates[0].spread[:-1], place), at(rates[1].spread[:-1], place))
    correlation = at(specification.correlation, place, specification.correlation[-1])
    effects = correlated(int(codes.max()) + 1, spreads, correlation, streams(f"effects of level {place}"))
    if place == 0 and specification.anchors:
        first = np.unique(codes, return_index=True)[1]
        names = precincts.frame[precincts.levels[0]].astype("str").to_numpy()[first]
        for unit, name in enumerate(names):
            effects[unit] = specification.anchors.get(str(name), effects[unit])
    return np.asarray(effects[codes])


def place_effects(precincts: Precincts, specification: Specification, streams: Streams) -> Floats:
    """The spatial field at the precincts, shape (n, 2); zero where none is asked for."""
    if specification.field is None:
        return np.zeros((len(precincts), 2))
    places = precincts.places
    if places is None:
        raise ConfigError("a spatial field needs coordinates: add the block places, or lat and lon")
    return field_effects(*places, specification.field, streams("field"))


def rates_of(logits: Floats) -> tuple[Floats, Floats]:
    """Turnout and support from their logits."""
    rates = expit(logits)
    return np.asarray(rates[:, 0]), np.asarray(rates[:, 1])
