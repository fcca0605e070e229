"""The first generator's rates: logit-normal with effects of units, precincts, sizes and places."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

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
    total += unit_effects(precincts, specification, streams)
    deviations = (_last(rates[0]), _last(rates[1]))
    own = correlated(
        len(precincts), deviations, specification.correlation[-1], streams("effects of precincts")
    )
    total += own
    return total + place_effects(precincts, specification, streams)


def _last(rate: Rate) -> float:
    return rate.spread[-1] if rate.spread else 0.0


def unit_effects(precincts: Precincts, specification: Specification, streams: Streams) -> Floats:
    """Effects of the units of all levels on the logits, float64 of shape (n, 2).

    A top-level unit whose effect is known keeps it whatever its lower units draw: theirs are
    measured from their mean over its precincts.
    """
    if not precincts.levels:
        return np.zeros((len(precincts), 2))
    rates = (specification.turnout or ABSENT, specification.support or ABSENT)
    effects = []
    for place, codes in enumerate(precincts.paths):
        spreads = (at(rates[0].spread[:-1], place), at(rates[1].spread[:-1], place))
        correlation = at(specification.correlation, place, specification.correlation[-1])
        rng = streams(f"effects of level {place}")
        effects.append(correlated(int(codes.max()) + 1, spreads, correlation, rng)[codes])
    top, lower = effects[0], np.sum([np.zeros_like(effects[0]), *effects[1:]], axis=0)
    if not specification.anchors:
        return np.asarray(top + lower)
    codes = precincts.paths[0]
    first = np.unique(codes, return_index=True)[1]
    names = precincts.frame[precincts.levels[0]].astype("str").to_numpy()[first]
    known = [specification.anchors.get(str(name)) for name in names]
    anchored = np.array([effect is not None for effect in known])[codes]
    anchor = np.array([effect or (0.0, 0.0) for effect in known])[codes]
    size = np.bincount(codes)
    mean = np.column_stack([np.bincount(codes, lower[:, k]) / size for k in (0, 1)])[codes]
    return np.asarray(np.where(anchored[:, None], anchor + lower - mean, top + lower))


def place_effects(precincts: Precincts, specification: Specification, streams: Streams) -> Floats:
    """The spatial field at the precincts, shape (n, 2); zero where none is asked for."""
    if specification.field is None:
        return np.zeros((len(precincts), 2))
    places = precincts.places
    if places is None:
        raise ConfigError(
            "a spatial field needs coordinates: add the block places, or lat and lon, or leave it out (an "
            "election fitted to returns without coordinates has none)"
        )
    return field_effects(*places, specification.field, streams("field"))
