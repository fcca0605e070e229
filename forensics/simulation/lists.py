"""Additions to the list on the day, and the supplementary list they stand on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forensics.simulation.certificates import overdispersed
from forensics.simulation.counting import Integers
from forensics.simulation.parameters import Lists

Columns = dict[str, Integers]


def list_columns(
    registered: Integers,
    issued: Integers,
    on_the_day: NDArray[np.bool_],
    lists: Lists,
    rng: np.random.Generator,
) -> Columns:
    """``registered_initial``, ``voters_added`` and ``supplementary``: registered = initial + added.

    ``on_the_day`` marks institutions whose whole list is made on the day.
    """
    added = np.minimum(overdispersed(lists.added * registered, lists.dispersion, rng), registered)
    added = np.where(on_the_day, registered, added)
    came = np.minimum(rng.binomial(added, lists.voted), issued)
    return {
        "registered_initial": registered - added,
        "voters_added": added,
        "supplementary": np.where(on_the_day, issued, came),
    }
