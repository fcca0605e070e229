"""The road on the published returns of Russia 2018: reading, detectors, report.

Seconds are those of the machine at hand: quote ratios between rows of one run.
"""

from __future__ import annotations

import csv
import io
import zipfile

import pytest

import forensics


@pytest.fixture(scope="module")
def returns(russia_2018):
    return forensics.read_returns(russia_2018, profile="russia-cec")


def test_plain_csv_reader_for_comparison(benchmark, russia_2018):
    """What any reader pays: unzip, decode and split, without roles, numbers or checks."""

    def read():
        with zipfile.ZipFile(russia_2018) as archive, archive.open(archive.namelist()[0]) as file:
            return sum(1 for _ in csv.reader(io.TextIOWrapper(file, "utf-8")))

    assert benchmark.pedantic(read, rounds=3, iterations=1) == 97_700


def test_reading(benchmark, russia_2018):
    read = benchmark.pedantic(
        forensics.read_returns, (russia_2018,), {"profile": "russia-cec"}, rounds=3, iterations=1
    )
    assert len(read) == 97_699


@pytest.mark.parametrize("method", ["last_digit", "second_digit", "digit_pairs", "protocol_arithmetic"])
def test_detector_nationally_and_by_region(benchmark, returns, method):
    run = forensics.find_detector(method).run
    findings = benchmark.pedantic(run, (returns,), {"by": (None, "region")}, rounds=3, iterations=1)
    assert len(findings.tested) > 87


def test_audit_with_report(benchmark, russia_2018, tmp_path):
    def road():
        read = forensics.read_returns(russia_2018, profile="russia-cec")
        return forensics.write_report(forensics.audit(read, rng=1), out=tmp_path / "report")

    assert benchmark.pedantic(road, rounds=1, iterations=1).is_file()
