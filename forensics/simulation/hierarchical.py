"""Clean elections in one call: nobody rounds, adds or moves a vote, whatever a detector may say of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit

from forensics.errors import ConfigError
from forensics.kernels.seeding import generator as seeded
from forensics.simulation.counting import beta_binomial
from forensics.simulation.effects import correlated
from forensics.simulation.precincts import precincts_like, size_score, unit_paths
from forensics.tables.returns import Returns
from forensics.tables.roles import VOTES
from forensics.tables.source import Source

Floats = NDArray[np.float64]

STRUCTURES = ("regions", "gradient")
#: Fall of turnout and of support, on the logit scale, per standard deviation of log size.
GRADIENT = 0.35


def clean(
    like: Returns | None = None,
    /,
    *,
    n: int = 2000,
    structure: str = "regions",
    turnout: float = 0.6,
    support: float = 0.55,
    options: Sequence[str] = ("leader", "second", "third", "fourth"),
    spread: tuple[float, float, float] = (0.35, 0.2, 0.25),
    correlation: float = 0.3,
    concentration: float = 150.0,
    carried_off: float = 0.0003,
    invalid: float = 0.012,
    rng: np.random.Generator | int | None = None,
) -> Returns:
    """A clean election with precinct sizes that are real or drawn.

    Turnout and the leader's support are logit-normal with effects of region, district and
    precinct, beta-binomial within the precinct; the other options share the rest. This is the
    short way to the counts of one contest; :func:`~forensics.simulation.drawing.draw` makes
    everything else.

    Parameters
    ----------
    like : Returns, optional
        Precincts whose levels and numbers of registered voters are taken over (rows without
        registered voters are left out); by default ``n`` precincts are drawn, in 12 regions of
        about 10 districts.
    n : int
        Precincts drawn where no ``like`` is given.
    structure : {"regions", "gradient"}
        ``regions``: regions and districts differ independently. ``gradient``: large precincts have
        lower turnout and less support for the leader, as in an urban–rural divide.
    turnout, support : float
        Medians, in (0, 1).
    options : sequence of str
        The leader first; the others share the rest.
    spread : tuple of three floats
        Standard deviations of region, district and precinct effects on the logit scale.
    correlation : float
        Between the effects on turnout and on support.
    concentration : float
        Of the beta distribution behind each precinct's counts; large is nearly binomial.
    carried_off, invalid : float
        Probability that an issued ballot is carried away, and that a cast one is invalid.
    rng : Generator or int, optional
        Source of the draws.

    Returns
    -------
    Returns
        With registered, issued, ballots, valid, invalid and votes per option.

    Raises
    ------
    ConfigError
        If the structure is unknown, a median or probability is out of its range, there are fewer
        than two options, or ``like`` has no registered voters.
    """
    _check(structure, options, n, turnout=turnout, support=support)
    generator = seeded(rng)
    frame, levels = _precincts(like, n, generator)
    registered = frame["registered"].to_numpy(dtype=np.int64)
    effects = correlated(len(frame), (spread[2], spread[2]), correlation, generator)
    for codes, deviation in zip(unit_paths(frame, levels[:2]), spread[:2], strict=False):
        effects += correlated(int(codes.max()) + 1, (deviation, deviation), correlation, generator)[codes]
    if structure == "gradient":
        effects -= GRADIENT * size_score(registered)[:, None]
    t = expit(logit(turnout) + effects[:, 0])
    v = expit(logit(support) + effects[:, 1])
    issued = beta_binomial(registered, t, concentration, generator)
    ballots = issued - generator.binomial(issued, carried_off)
    spoilt = generator.binomial(ballots, invalid)
    valid = ballots - spoilt
    leading = beta_binomial(valid, v, concentration, generator)
    votes = (leading, *_divided(valid - leading, len(options) - 1, generator))
    counts = {"issued": issued, "ballots": ballots, "valid": valid, "invalid": spoilt}
    counts |= {VOTES + option: column for option, column in zip(options, votes, strict=True)}
    frame = frame.assign(**counts)
    return Returns(frame, levels=levels, leader=options[0], source=Source("simulated, clean"))


def _check(structure: str, options: Sequence[str], n: int, **medians: float) -> None:
    if structure not in STRUCTURES:
        raise ConfigError(f"structure is {' or '.join(STRUCTURES)}, not {structure!r}")
    if len(options) < 2 or len(set(options)) < len(options):
        raise ConfigError(
            f"an election has at least two options, each of its own name, not {list(options)}"
        )
    if n < 1:
        raise ConfigError(f"n is a number of precincts of at least 1, not {n}")
    for name, median in medians.items():
        if not 0 < median < 1:
            raise ConfigError(f"{name} is a median between 0 and 1, both excluded, not {median}")


def _divided(
    votes: NDArray[np.int64], options: int, rng: np.random.Generator
) -> Iterator[NDArray[np.int64]]:
    """What is left for the other options, one after another; the last takes what remains."""
    for others in range(options - 1, 0, -1):
        part = rng.binomial(votes, rng.beta(2.0, 2.0 * others))
        yield np.asarray(part)
        votes = votes - part
    yield votes


def _precincts(
    like: Returns | None, n: int, rng: np.random.Generator
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Levels, precinct names and registered voters."""
    if like is not None:
        taken = precincts_like(like)
        return taken.frame[[*taken.levels, "precinct"]].assign(registered=taken.size), taken.levels
    district = np.sort(rng.integers(0, 120, n))
    sizes = np.exp(rng.normal(6.6, 0.7, n)).round().clip(20, 3000)
    frame = pd.DataFrame(
        {
            "region": [f"Region {d // 10 + 1:02d}" for d in district],
            "district": [f"District {d // 10 + 1:02d}-{d % 10 + 1:02d}" for d in district],
            "precinct": [str(i + 1) for i in range(n)],
            "registered": sizes.astype(np.int64),
        },
        index=np.arange(1, n + 1),
    )
    return frame, ("region", "district")
