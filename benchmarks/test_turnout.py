"""The turnout family on the published returns of Russia 2018, nationally and in 87 regions."""

from __future__ import annotations

import pytest

import forensics

FAMILY = [entry.id for entry in forensics.all_detectors() if entry.family == "turnout"]
#: Needs a second election.
WITHOUT = ("vote_flow",)


@pytest.fixture(scope="module")
def returns(russia_2018):
    return forensics.read_returns(russia_2018, profile="russia-cec")


@pytest.mark.parametrize("method", [method for method in FAMILY if method not in WITHOUT])
def test_detector_nationally_and_by_region(benchmark, returns, method):
    def run():
        return forensics.run_detector(method, returns, seed=1, by=(None, "region"))

    findings = benchmark.pedantic(run, rounds=1, iterations=1)
    assert findings.select(scope="national").tested


def test_whole_family_with_two_workers(benchmark, returns):
    plan = forensics.make_plan(
        returns, seed=1, only=[m for m in FAMILY if m not in (*WITHOUT, "fingerprint")]
    )

    def run():
        return forensics.audit(returns, plan=plan, n_jobs=2)

    assert len(benchmark.pedantic(run, rounds=1, iterations=1).findings.tested) > 87
