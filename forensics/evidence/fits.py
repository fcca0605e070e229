"""The generators a calibration draws from: fitted to the whole election, and to its calmest third."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from forensics.auditing.plan import Step
from forensics.auditing.runner import run_step
from forensics.errors import ConfigError
from forensics.finding import Findings
from forensics.scope import NATIONAL
from forensics.simulation.fitting import fit
from forensics.simulation.parameters import Specification

WHOLE = "whole"
#: Part of the precincts that the second generator is fitted to, at least.
THIRD = 1 / 3
#: Fewest units that are ranked: the uppermost level with so many is the one whose units are chosen.
FEWEST_UNITS = 9
#: What ranks the units for a family: a statistic of another family. Choosing calm units by turnouts would
#: narrow the very spread that the tests of turnout are calibrated on.
RANKED_BY = {"digits": ("integer_percent", "either")}
OTHERWISE = ("digit_heaping", None)


@dataclass(frozen=True, slots=True)
class Fit:
    """A generator and where it comes from.

    Parameters
    ----------
    name : str
        ``"whole"``, or ``"third_by_<detector>"``.
    specification : Specification
        What is drawn.
    rows, units : int
        Precincts and units it was estimated from; no units for the whole.
    level : str
        Level of the units, empty for the whole.
    """

    name: str
    specification: Specification
    rows: int
    units: int = 0
    level: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Its entry under ``generator`` of ``calibrate --json``."""
        return {
            "name": self.name,
            "rows": self.rows,
            "level": self.level or None,
            "units": self.units or None,
            "specification": msgspec.to_builtins(self.specification),
        }


def whole_fit(returns: Any) -> Fit:
    """The generator fitted to all precincts."""
    return Fit(WHOLE, fit(returns), len(returns))


def third_by(family: str) -> str:
    """Name of the second generator of a family."""
    return f"third_by_{RANKED_BY.get(family, OTHERWISE)[0]}"


def third_fit(returns: Any, family: str, seed: int) -> Fit | None:
    """The generator fitted to the calmest third, ranked by a statistic of another family.

    Units (those of the uppermost level with nine or more) are taken in the order of the statistic
    until a third of the precincts is reached; ``None`` where no level has so many units, the
    statistic is not to be had, or the third is too small to be fitted.
    """
    level = next(
        (one for one in returns.levels or () if len(returns.units(one).scopes) >= FEWEST_UNITS), None
    )
    if level is None:
        return None
    method, quantity = RANKED_BY.get(family, OTHERWISE)
    units = returns.units(level)
    statistic = _statistics(run_step(returns, Step(method), (level,), seed, {}), quantity)
    places = {scope.key: place for place, scope in enumerate(units.scopes)}
    ranked = [
        places[key] for key in sorted(statistic, key=lambda key: (statistic[key], key)) if key in places
    ]
    size = np.bincount(units.codes[units.codes >= 0], minlength=len(units.scopes))
    reached = np.cumsum(size[ranked])
    if not len(reached) or reached[-1] < THIRD * len(returns):
        return None
    chosen = ranked[: int(np.searchsorted(reached, THIRD * len(returns))) + 1]
    rows: NDArray[np.bool_] = np.isin(units.codes, chosen)
    try:
        specification = fit(returns, rows=rows)
    except ConfigError:
        return None
    return Fit(third_by(family), specification, int(rows.sum()), len(chosen), level)


def _statistics(findings: Findings, quantity: str | None) -> dict[str, float]:
    """Statistic of each unit, the mean over the quantities where none is named."""
    found: dict[str, list[float]] = {}
    for finding in findings.tested:
        wanted = quantity is None or finding.quantity == quantity
        if wanted and finding.statistic is not None and finding.scope != NATIONAL:
            found.setdefault(finding.scope.key, []).append(finding.statistic)
    return {key: sum(values) / len(values) for key, values in found.items()}
