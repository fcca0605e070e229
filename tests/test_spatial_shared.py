"""Spatial clusters in real elections: whole percentages scattered in clean ones, clustered in Russia."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import forensics
from forensics.detectors.neighbours.spatial_clusters import spatial_clusters
from forensics.detectors.turnout.integer_percent import integer_percent
from forensics.finding import Finding
from forensics.tables.returns import Returns

LEVEL = 0.05


def percentages(returns: Returns, quantity: str) -> dict[str, np.ndarray]:
    found = integer_percent(returns, quantity=quantity).only(scope="national")
    assert found.precincts is not None
    return {f"integer_percent:{quantity}": found.precincts}


def real(shared_data: Path, name: str, quantity: str) -> Finding:
    returns = forensics.read_returns(shared_data / "returns" / f"{name}.parquet")
    findings = spatial_clusters(returns, residuals=percentages(returns, quantity), n_resamples=199, rng=1)
    turnout = findings.only(quantity="turnout")
    # Neighbours vote alike everywhere: the reason why turnout itself is not tested.
    assert turnout.pvalue is None
    assert turnout.detail["z"] > 5
    return findings.only(quantity=f"integer_percent_{quantity}")


@pytest.mark.shared
@pytest.mark.parametrize("name", ["se2018_riksdag", "es2019_cabildos_canarias", "bg2021jul_parliament"])
def test_whole_percentages_of_clean_elections_are_scattered(shared_data: Path, name: str) -> None:
    found = real(shared_data, name, "either")
    assert found.pvalue is not None
    assert found.pvalue > LEVEL
    assert found.detail["local"]["flagged"] == 0


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.parametrize("name", ["pl2018_sejmik", "ro2016_senate", "hu2022_parliament_list"])
def test_whole_percentages_of_larger_clean_elections_are_scattered(shared_data: Path, name: str) -> None:
    found = real(shared_data, name, "either")
    assert found.pvalue is not None
    assert found.pvalue > LEVEL


@pytest.mark.shared
def test_whole_percentages_of_russia_2018_come_in_territories(shared_data: Path) -> None:
    found = real(shared_data, "ru2018_president", "turnout")
    assert found.pvalue == pytest.approx(1 / 200)
    # z 9.1 with 999 permutations; territories within regions, for want of coordinates.
    assert found.detail["z"] > 6
    assert found.parameters["stratum"] == "region"
