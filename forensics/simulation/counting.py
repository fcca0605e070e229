"""From rates to counts: beta-binomial voters, ballots and votes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forensics.simulation.parameters import Options, Specification
from forensics.simulation.precincts import Precincts
from forensics.simulation.streams import Streams

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
#: Rates closer to 0 or 1 than this are exactly that.
EDGE = 1e-9


@dataclass(frozen=True, eq=False)
class Counts:
    """What happened in each precinct.

    Parameters
    ----------
    turnout, support : ndarray of float64, shape (n,)
        The rates behind the counts; NaN where they were not drawn.
    issued, ballots, valid, invalid : ndarray of int64, shape (n,)
        Papers.
    votes : ndarray of int64, shape (n, K)
        Votes per option, the one under study first; K = 0 where votes are not drawn.
    """

    turnout: Floats
    support: Floats
    issued: Integers
    ballots: Integers
    valid: Integers
    invalid: Integers
    votes: Integers


def beta_binomial(
    n: Floats | Integers, p: Floats, concentration: float, rng: np.random.Generator
) -> Integers:
    """Counts of n with a rate of their own each, Beta(p·c, (1 − p)·c); 0 and n at rates of 0 and 1."""
    inner = np.clip(p, EDGE, 1 - EDGE)
    rate = rng.beta(inner * concentration, (1 - inner) * concentration)
    rate = np.where(p <= EDGE, 0.0, np.where(p >= 1 - EDGE, 1.0, rate))
    return np.asarray(rng.binomial(np.asarray(n, dtype=np.int64), rate))


def counted(
    precincts: Precincts, specification: Specification, turnout: Floats, support: Floats, streams: Streams
) -> Counts:
    """Voters, ballots and votes of precincts with these rates, shape (n,) each."""
    rate, size = specification.turnout, precincts.size
    if precincts.fixed == "ballots" or rate is None:
        issued, turnout = size, np.full(len(size), np.nan)
    else:
        issued = beta_binomial(size, turnout, rate.concentration, streams("voters"))
    carried = streams("carried").binomial(issued, specification.carried_off)
    ballots = issued - carried
    spoilt = beta_binomial(
        ballots,
        np.full(len(size), specification.invalid),
        specification.invalid_concentration,
        streams("spoilt"),
    )
    valid = ballots - spoilt
    if specification.support is None:
        nobody = np.zeros((len(size), 0), dtype=np.int64)
        return Counts(turnout, np.full(len(size), np.nan), issued, ballots, valid, spoilt, nobody)
    leading = beta_binomial(valid, support, specification.support.concentration, streams("votes"))
    others = divided(valid - leading, precincts.lowest, specification.options, streams("others"))
    votes = np.column_stack([leading, others])
    return Counts(turnout, support, issued, ballots, valid, spoilt, votes)


def divided(rest: Integers, unit: NDArray[np.intp], options: Options, rng: np.random.Generator) -> Integers:
    """What the leader leaves, divided among the others: Dirichlet by unit, then by precinct.

    Returns
    -------
    ndarray of int64, shape (n, K − 1)
    """
    mean = np.array(options.others) / sum(options.others)
    if len(mean) == 1:
        return rest[:, None]
    units = int(unit.max(initial=0)) + 1
    local = _shares(np.broadcast_to(mean, (units, len(mean))) * options.between_units, rng)
    own = _shares(local[unit] * options.between_precincts, rng)
    return np.asarray(rng.multinomial(rest, own))


def _shares(alpha: Floats, rng: np.random.Generator) -> Floats:
    """Dirichlet draws row by row; a small floor keeps a row of tiny alphas from being all zero."""
    draws = rng.standard_gamma(np.maximum(alpha, 1e-6)) + 1e-12
    return np.asarray(draws / draws.sum(axis=1, keepdims=True))
