"""A second generator with other mechanics: voter types, neighbours, households that go together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.special import expit, logit, softmax

from forensics.simulation.counting import Counts, Integers, divided
from forensics.simulation.effects import at
from forensics.simulation.outcome import ABSENT, place_effects, unit_effects
from forensics.simulation.parameters import Rate, Specification
from forensics.simulation.precincts import Precincts, size_score
from forensics.simulation.streams import Streams

Floats = NDArray[np.float64]

#: Latent types of voters: how much likelier, in logits, each is to vote and to choose the leader.
TYPES = np.array([[1.6, 0.3], [0.8, 1.5], [0.2, -1.4], [-0.7, 0.9], [-1.6, -0.8]])
#: Households of 1, 2, … people: shares of voters that live in them.
HOUSEHOLDS = np.array([0.24, 0.36, 0.2, 0.14, 0.06])
#: Share of a household's decisions that are taken together, on going and on whom to choose.
TOGETHER = (0.5, 0.4)
#: Influence of the neighbours' mean, number of neighbours, and sweeps until it has settled.
INFLUENCE, NEIGHBOURS, SWEEPS = 0.8, 6, 15


def type_logits(precincts: Precincts, specification: Specification, streams: Streams) -> Floats:
    """Logits of (turnout, support) from mixtures of voter types, float64 of shape (n, 2).

    The mixtures follow a spatial autoregression; the spread that they give is scaled to the
    specification's precinct spread, so that both generators agree in their first two moments.
    """
    rates = (specification.turnout or ABSENT, specification.support or ABSENT)
    rng = streams("types")
    latent = autoregressive(precincts, rng.standard_normal((len(precincts), len(TYPES))))
    mixed = logit(softmax(latent, axis=1) @ expit(TYPES))
    mixed = (mixed - mixed.mean(axis=0)) / np.maximum(mixed.std(axis=0), 1e-12)
    total = np.array([logit(rate.median) for rate in rates]) + mixed * [_own_spread(r) for r in rates]
    total += np.outer(size_score(precincts.size), [rate.gradient for rate in rates])
    total += unit_effects(precincts, specification, streams)
    return np.asarray(total + place_effects(precincts, specification, streams))


def _own_spread(rate: Rate) -> float:
    return at(rate.spread, len(rate.spread) - 1)


def autoregressive(precincts: Precincts, noise: Floats) -> Floats:
    """x = ρ W x + noise, W the mean of the nearest precincts; of the next rows without coordinates."""
    n = len(precincts)
    k = min(NEIGHBOURS, n - 1)
    if k < 1:
        return noise
    places = precincts.places
    if places is None:
        steps = np.array([s for s in range(-k, k + 1) if s])[:, None]
        near = (np.arange(n) + steps).T % n
    else:
        points = np.nan_to_num(np.column_stack(places))
        near = np.asarray(cKDTree(points).query(points, k + 1)[1])[:, 1:]
    x = noise
    for _ in range(SWEEPS):
        x = INFLUENCE * x[near].mean(axis=1) + noise
    return x


def counted_by_households(
    precincts: Precincts, specification: Specification, turnout: Floats, support: Floats, streams: Streams
) -> Counts:
    """Voters, ballots and votes when members of a household decide together, shape (n,) each."""
    size = precincts.size
    if precincts.fixed == "ballots" or specification.turnout is None:
        issued, turnout = size, np.full(len(size), np.nan)
    else:
        issued = clustered(size, turnout, TOGETHER[0], streams("voters"))
    ballots = issued - streams("carried").binomial(issued, specification.carried_off)
    invalid = streams("spoilt").binomial(ballots, specification.invalid)
    valid = ballots - invalid
    if specification.support is None:
        nobody = np.zeros((len(size), 0), dtype=np.int64)
        return Counts(turnout, np.full(len(size), np.nan), issued, ballots, valid, invalid, nobody)
    leading = clustered(valid, support, TOGETHER[1], streams("votes"))
    others = divided(valid - leading, precincts.lowest, specification.options, streams("others"))
    votes = np.column_stack([leading, others])
    return Counts(turnout, support, issued, ballots, valid, invalid, votes)


def clustered(n: Integers, rate: Floats, together: float, rng: np.random.Generator) -> Integers:
    """Counts out of n when a share of the people decide as whole households, int64 of shape (n,)."""
    joint = rng.binomial(n, together)
    people = rng.multinomial(joint, HOUSEHOLDS / HOUSEHOLDS.sum())
    total = rng.binomial(n - joint, rate)
    for place in range(len(HOUSEHOLDS)):
        members = place + 1
        whole, left = np.divmod(people[:, place], members)
        total = total + members * rng.binomial(whole, rate) + rng.binomial(left, rate)
    return np.asarray(total)
