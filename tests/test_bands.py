"""The table by size of precinct says what its columns are, whatever detector gave it."""

from __future__ import annotations

import pytest

import forensics
from forensics.auditing.runner import run_plan
from forensics.detectors.registry import all_detectors
from forensics.report.results import BANDS

#: Statistic and p-value of each class of size: chi-squared tests.
TESTS = {"last_digit", "digit_pairs", "second_digit"}


@pytest.fixture(scope="module")
def findings() -> forensics.Findings:
    demo = forensics.demo_returns().where('region in ("Region 01", "Region 02")')
    ids = [one.id for one in all_detectors() if one.id in TESTS | set(BANDS)]
    return run_plan(demo, forensics.make_plan(demo, only=ids))


def test_every_table_by_size_has_its_columns_named(findings: forensics.Findings) -> None:
    with_bands = {item.method for item in findings.tested if item.detail.get("bands")}
    assert with_bands == TESTS | set(BANDS)


def test_only_p_values_stand_under_p(findings: forensics.Findings) -> None:
    for item in findings.tested:
        if item.method in TESTS:
            ends = [band[4] for band in item.detail["bands"] if band[4] is not None]
            assert all(0 <= end <= 1 for end in ends)
