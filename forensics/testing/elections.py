"""The simulated elections that detectors are tried on."""

from __future__ import annotations

from forensics.simulation.drawing import draw
from forensics.simulation.parameters import (
    Accounting,
    Certificates,
    Contest,
    Field,
    Hours,
    Institutions,
    Lists,
    Places,
    Rate,
    Shape,
    Specification,
)
from forensics.tables.returns import Returns


def clean_election(rng: int = 0, *, precincts: int = 400) -> Returns:
    """A clean election with every column that the simulation knows.

    Parameters
    ----------
    rng : int
        Seed, from 0 on.
    precincts : int
        At least 20, in four regions of five districts; lists of 200 to 3,000 voters.

    Returns
    -------
    Returns
        A row per precinct; nothing is planted.

    Raises
    ------
    ConfigError
        If there are fewer precincts than districts, or the seed is none.

    Examples
    --------
    >>> from forensics.testing import clean_election
    >>> len(clean_election(1, precincts=100))
    100
    """
    shape = Shape(levels=("region", "district"), units=(4, 20), precincts=precincts, smallest=200)
    rate = Rate(median=0.6, spread=(0.2, 0.15, 0.25))
    drawn = Specification(
        shape=shape,
        turnout=rate,
        support=rate,
        field=Field(),
        places=Places(),
        institutions=Institutions(),
        accounting=Accounting(),
        certificates=Certificates(),
        lists=Lists(),
        hours=Hours(),
        contest=Contest(),
    )
    return draw(drawn, rng=rng).returns
