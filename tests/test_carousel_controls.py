"""The carousel family as a whole on counts held to be honest: no alarm after its own correction."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

import forensics
from forensics.auditing.plan import family_of, leaned_on, make_plan

LEVEL = 0.05


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "tests"),
    # Four readings a day have no power (Spain), two none at all (Georgia): lists and chains remain.
    [
        ("es2019_cabildos_canarias", set()),
        ("ro2024_europarl", {"hourly_turnout", "list_additions"}),
        ("ge2016_parliament", {"ballot_chain", "list_additions"}),
    ],
)
def test_no_alarm_of_the_family(shared_data: Path, name: str, tests: set[str]) -> None:
    returns = forensics.read_returns(shared_data / "returns" / f"{name}.parquet")
    plan = make_plan(returns, levels=())
    own = [step for step in plan.detectors if family_of(step.id) == "carousel"]
    audit = forensics.audit(returns, plan=msgspec.structs.replace(plan, detectors=own))
    counted = leaned_on([step.id for step in own])
    pvalues = {
        f.id: f.pvalue for f in audit.findings.tested if f.method in counted and f.pvalue is not None
    }
    assert {id.partition(":")[0] for id in pvalues} == tests
    # Bonferroni over the tests of the family that have a p-value.
    assert all(p * len(pvalues) > LEVEL for p in pvalues.values())
    assert audit.evidence is not None
    (nation,) = audit.evidence.assessment
    assert not any(one.stands_out for one in nation.families)
    assert all(one.value < 2 for one in nation.families)
