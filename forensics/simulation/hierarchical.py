"""Clean elections: nobody rounds, adds or moves a vote, whatever a detector may say of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit

from forensics.errors import ConfigError
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
    precinct, beta-binomial within the precinct; the other options share the rest.

    Parameters
    ----------
    like : Returns, optional
        Precincts whose levels and numbers of registered voters are taken over (rows without
        registered voters are left out); by default ``n`` precincts are drawn, in 12 regions of
        about 10 districts.
    structure : {"regions", "gradient"}
        ``regions``: regions and districts differ independently. ``gradient``: large precincts have
        lower turnout and less support for the leader, as in an urban–rural divide.
    turnout, support : float
        Medians, in (0, 1).
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
    generator = np.random.default_rng(rng)
    frame, levels = _precincts(like, n, generator)
    registered = frame["registered"].to_numpy(dtype=np.float64)
    effects = _effects(frame, levels, spread, correlation, generator)
    if structure == "gradient":
        effects -= GRADIENT * _standardised(np.log(registered))[:, None]
    t = expit(logit(turnout) + effects[:, 0])
    v = expit(logit(support) + effects[:, 1])
    issued = _beta_binomial(registered, t, concentration, generator)
    ballots = issued - generator.binomial(issued, carried_off)
    spoilt = generator.binomial(ballots, invalid)
    valid = ballots - spoilt
    leading = _beta_binomial(valid, v, concentration, generator)
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
        if not (like.has("registered") and (like.counts("registered") > 0).any()):
            raise ConfigError(f"{like.source.name} has no registered voters to take over")
        levels = tuple(like.levels or ())
        frame = like.frame[[*levels, "precinct", "registered"]]
        return frame[like.counts("registered") > 0], levels
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


def _effects(
    frame: pd.DataFrame,
    levels: Sequence[str],
    spread: tuple[float, float, float],
    correlation: float,
    rng: np.random.Generator,
) -> Floats:
    """Correlated effects on (turnout, support), float64 of shape (m, 2): two levels and precinct."""
    mix = np.array([[1.0, 0.0], [correlation, np.sqrt(1 - correlation**2)]])

    def draw(m: int, deviation: float) -> Floats:
        return np.asarray(rng.normal(0.0, deviation, (m, 2)) @ mix.T)

    total = draw(len(frame), spread[2])
    for place, deviation in enumerate(spread[: len(levels[:2])]):
        # As everywhere, a unit is told by its top level and its own name.
        by = frame.groupby(list(levels[: place + 1]), observed=True, dropna=False)
        total += draw(by.ngroups, deviation)[by.ngroup().to_numpy()]
    return total


def _standardised(x: Floats) -> Floats:
    deviation = float(x.std())
    return np.asarray((x - x.mean()) / deviation) if deviation > 0 else np.zeros_like(x)


def _beta_binomial(
    n: Floats | NDArray[np.int64], p: Floats, concentration: float, rng: np.random.Generator
) -> NDArray[np.int64]:
    rate = rng.beta(p * concentration, (1 - p) * concentration)
    return np.asarray(rng.binomial(np.asarray(n, dtype=np.int64), rate))
