"""What the protocol detectors share: rows of each unit, and whether errors lean one way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from forensics.detectors.additive import levels_of
from forensics.scope import Scope
from forensics.tables.returns import Returns


def scopes(
    returns: Returns, by: str | Sequence[str | None] | None
) -> Iterator[tuple[Scope, NDArray[np.intp]]]:
    """Each unit of each level in ``by`` with the positions of its rows."""
    for level in levels_of(returns, by):
        units = returns.units(level)
        order = np.argsort(units.codes, kind="stable")
        edges = np.searchsorted(units.codes[order], np.arange(len(units.scopes) + 1))
        for code, scope in enumerate(units.scopes):
            yield scope, order[edges[code] : edges[code + 1]]


def sign_test(favour: int, compared: int, chance: float = 0.5) -> float | None:
    """Exact two-sided p-value of so many on one side; ``None`` where nothing was compared."""
    if compared == 0 or not 0 < chance < 1:
        return None
    return float(binomtest(favour, compared, chance).pvalue)
