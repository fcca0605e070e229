"""The runner: the same findings whatever the workers, the order and the hash seed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import version

import pytest

from forensics.auditing.plan import Plan, Step, make_plan
from forensics.auditing.runner import run_plan, task_seed
from forensics.detectors.registry import all_detectors
from forensics.errors import ConfigError
from forensics.simulation import clean

SEED = 11
# What an audit of simulated returns writes, printed by a fresh interpreter.
SCRIPT = """
import json
from forensics.auditing.plan import make_plan
from forensics.auditing.runner import run_plan
from forensics.simulation import clean
returns = clean(n=400, rng=3)
plan = make_plan(returns, seed=11)
print(plan.hash, json.dumps([item.to_dict() for item in run_plan(returns, plan)]))
"""


@pytest.fixture(scope="module")
def returns():
    return clean(n=400, rng=3)


@pytest.fixture(scope="module")
def plan(returns):
    return make_plan(returns, seed=SEED)


@pytest.fixture(scope="module")
def findings(returns, plan):
    return run_plan(returns, plan)


def records(findings):
    return json.dumps([item.to_dict() for item in findings])


def drawing():
    """Detectors that draw random numbers."""
    return [entry.id for entry in all_detectors() if "rng" in entry.parameters and entry.default != "off"]


def test_the_number_of_workers_changes_nothing(returns, plan, findings):
    assert records(run_plan(returns, plan, n_jobs=2)) == records(findings)


def test_the_hash_seed_of_the_interpreter_changes_nothing(plan, findings):
    printed = [
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("0", "1")
    ]
    assert printed[0] == printed[1]
    hash, _, written = printed[0].strip().partition(" ")
    assert hash == plan.hash
    assert written == records(findings)


def test_findings_come_in_the_order_of_the_plan(plan, findings):
    order = list(dict.fromkeys(item.method for item in findings))
    assert order == [step.id for step in plan.detectors]


def test_the_nation_and_every_region_are_looked_at(findings):
    scopes = {str(item.scope) for item in findings.select(method="last_digit").tested}
    assert scopes == {"national"} | {f"Region {r:02d}" for r in range(1, 13)}


def test_every_finding_says_what_it_was_computed_from(returns, findings):
    assert {item.provenance.digest for item in findings.tested} == {returns.digest}
    assert {item.provenance.seed for item in findings.tested} == {SEED}
    assert {item.provenance.version for item in findings.tested} == {version("forensics")}


def test_seeds_depend_on_the_plan_and_the_detector_only(returns, plan, findings):
    assert drawing()
    backwards = Plan(
        returns=plan.returns, seed=SEED, levels=plan.levels, detectors=list(reversed(plan.detectors))
    )
    alone = make_plan(returns, seed=SEED, only=drawing())
    for other in (run_plan(returns, backwards), run_plan(returns, alone)):
        for id in drawing():
            found = [item for item in findings if item.method == id]
            assert found
            assert records([item for item in other if item.method == id]) == records(found)


def test_another_seed_draws_other_numbers(returns, findings):
    # The intervals of this one are those of its draws.
    id = "digit_mixture"
    assert id in drawing()
    other = run_plan(returns, make_plan(returns, seed=SEED + 1, only=[id]))
    assert records(other) != records(findings.select(method=id))


def test_seeds_differ_by_detector_and_by_seed():
    states = {task_seed(seed, id) for seed in range(20) for id in ("last_digit", "digit_pairs")}
    assert len(states) == 40
    assert task_seed(1, "last_digit") == task_seed(1, "last_digit")


def test_parameters_of_a_step_are_used(returns, plan):
    step = Step("last_digit", {"minimum": 50, "quantity": "issued", "by": None})
    one = Plan(returns=plan.returns, seed=1, levels=["region"], detectors=[step])
    assert run_plan(returns, one).only().parameters["minimum"] == 50


def test_the_leader_of_the_plan_is_studied(returns):
    planned = make_plan(returns.with_leader("second"), only=["last_digit"], levels=[])
    found = run_plan(returns, planned).only(quantity="leader_votes")
    second = run_plan(returns.with_leader("second"), planned).only(quantity="leader_votes")
    assert found.detail["counts"] == second.detail["counts"]
    assert found.n == int((returns.votes("second") >= 100).sum())


def test_progress_is_told_after_each_detector(returns, plan):
    told = []
    run_plan(returns, plan, progress=lambda *step: told.append(step))
    total = len(plan.detectors)
    assert told == [(i + 1, total, step.id) for i, step in enumerate(plan.detectors)]


def test_what_cannot_run_is_skipped_and_the_rest_goes_on(plan):
    bare = clean(n=40, rng=1)
    counted = type(bare)(bare.table[["precinct", "region", "ballots"]])
    found = run_plan(counted, make_plan(counted, seed=1))
    assert found.only(method="last_digit", scope="national").quantity == "ballots"
    assert {item.method for item in found} == {step.id for step in plan.detectors}
    assert any("registered" in str(item.reason) or "issued" in str(item.reason) for item in found.skipped)


def test_a_level_that_is_none_is_refused(returns, plan):
    wrong = Plan(returns=plan.returns, seed=1, levels=["oblast"], detectors=[Step("last_digit")])
    with pytest.raises(ConfigError, match="'oblast' is no level; the levels are region, district"):
        run_plan(returns, wrong)


def test_a_table_that_no_detector_reads_is_refused(returns, plan):
    with pytest.raises(ConfigError, match=r"no detector takes a table 'total'; the tables are .*totals"):
        run_plan(returns, plan, tables={"total": None})


def test_no_workers_at_all_are_refused(returns, plan):
    with pytest.raises(ConfigError, match="it is not 0"):
        run_plan(returns, plan, n_jobs=0)
