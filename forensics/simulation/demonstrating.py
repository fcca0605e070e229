"""The embedded demonstration election: invented, with manipulations planted in known districts."""

from __future__ import annotations

from forensics import resources
from forensics.simulation.drawing import draw
from forensics.simulation.parameters import Specification
from forensics.simulation.specification import read_specification
from forensics.simulation.streams import Rng
from forensics.tables.returns import Returns


def demonstration(specification: Specification | None = None, *, rng: Rng = None) -> Returns:
    """The returns of a specification, drawn with its seed unless ``rng`` is given.

    By default the embedded one, ``data/demo.toml``. What is planted is planted last: the same seed
    without it gives the same election elsewhere.

    Parameters
    ----------
    specification : Specification, optional
        What to draw.
    rng : Generator or int, optional
        Source of the draws.

    Returns
    -------
    Returns
        Precincts with their counts.

    Raises
    ------
    ConfigError
        If the specification cannot be drawn.
    """
    return draw(specification or embedded(), rng=rng).returns


def embedded() -> Specification:
    """The specification of the demonstration election.

    Returns
    -------
    Specification
        That of ``data/demo.toml``.
    """
    return read_specification(resources.resource("demo.toml").read_text(encoding="utf-8"))
