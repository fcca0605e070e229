"""With nothing planted the ladder stays at none or L0, whatever clerical errors there are (slow study)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from forensics.auditing.plan import leaned_on, make_plan
from forensics.auditing.runner import run_plan
from forensics.evidence.ladder import assess
from forensics.evidence.reading import Rejections
from forensics.evidence.standard import SCENARIOS, standard
from forensics.simulation import draw
from forensics.simulation.parameters import Clerical

ELECTIONS = 60
#: Largest share of clean nations at L1 or above, and of regions: at .05 each, with room for 60 elections.
NATIONS, REGIONS = 0.07, 0.05
#: 517 of 26,766 rows of the Polish regional election of 2018 contradict another source file.
CLERICAL = 517 / 26766


@dataclass(frozen=True)
class Audited:
    returns: Any
    findings: Any


def lifted(rate: float | None) -> tuple[Rejections, Rejections]:
    """Nations and regions at L1 or above, of so many clean elections of the regional scenario."""
    (scenario,) = (one for one in SCENARIOS if one.name == "regional")
    specification = scenario.specification()
    if rate is not None:
        specification = specification.replaced(clerical=Clerical(rate=rate))
    counts = {"nation": [0, 0], "region": [0, 0]}
    for seed in range(ELECTIONS):
        returns = draw(specification, rng=1000 + seed).returns
        everything = make_plan(returns, seed=seed)
        ids = leaned_on([step.id for step in everything.detectors])
        findings = run_plan(returns, make_plan(returns, seed=seed, only=ids))
        for one in assess(Audited(returns, findings), standard()):
            count = counts["nation" if one.scope == returns.scope else "region"]
            count[0] += one.ladder in ("L1", "L2")
            count[1] += 1
    return Rejections(*counts["nation"]), Rejections(*counts["region"])


@pytest.mark.slow
@pytest.mark.parametrize("rate", [None, CLERICAL])
def test_clean_elections_are_not_lifted(rate):
    nations, regions = lifted(rate)
    # Not significantly above what may be: with 60 elections the bound itself is too coarse.
    assert nations.lower(0.05) <= NATIONS
    assert regions.lower(0.05) <= REGIONS
