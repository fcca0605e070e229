"""Simulated elections with a reading every half hour, for the tests of turnout through the day."""

from __future__ import annotations

import numpy as np

from forensics.simulation import draw, manipulate
from forensics.simulation.parameters import Hours, Places, Rate, Shape, Specification
from forensics.tables.returns import Returns

HALF_HOURS = tuple(8 + i / 2 for i in range(1, 25))
#: How much precincts' days vary (Dirichlet concentration): hourly readings of Romania 2024 give 280
#: to 450 between 8 and 19 h against the profile of the county, 350 to 510 against the municipality.
CONCENTRATION = 400.0


def profile() -> tuple[float, ...]:
    """A day with a peak before noon and one in the afternoon."""
    hour = np.array(HALF_HOURS)
    share = np.exp(-(((hour - 11.5) / 2.6) ** 2)) + 0.75 * np.exp(-(((hour - 17) / 2.4) ** 2)) + 0.15
    return tuple((share / share.sum()).tolist())


def election(
    seed: int,
    *,
    planted: str = "",
    intensity: float = 30.0,
    concentration: float = CONCENTRATION,
    unit_concentration: float = 2000.0,
    gradient: float = 0.3,
    precincts: int = 2000,
    units: tuple[int, int] = (12, 120),
) -> Returns:
    """Town and country differ, districts differ; planted in 5 % of the districts."""
    specification = Specification(
        shape=Shape(units=units, precincts=precincts),
        turnout=Rate(median=0.6),
        support=Rate(median=0.5),
        places=Places(),
        hours=Hours(
            hours=HALF_HOURS,
            profile=profile(),
            concentration=concentration,
            unit_concentration=unit_concentration,
            gradient=gradient,
        ),
    )
    returns = draw(specification, rng=seed).returns
    if planted:
        returns, _ = manipulate(returns, planted, intensity=intensity, rng=seed + 1_000_000)
    return returns
