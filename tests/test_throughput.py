"""Seconds per voter: by hand, on real readings, and where the hours are not known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from half_hours import election

from forensics.detectors.carousel.throughput import throughput
from forensics.errors import ConfigError
from forensics.tables.returns import Returns


def table() -> pd.DataFrame:
    """Three precincts with 1, 2 and 4 desks."""
    return pd.DataFrame(
        {
            "region": ["r", "r", "s"],
            "precinct": ["a", "b", "c"],
            "registered": [400, 501, 2000],
            "ballots": [300, 400, 1500],
            "hour_10": [60, 100, 300],
            "hour_12": [240, 220, 400],
            "hour_15": [290, 390, 1400],
        }
    )


def test_seconds_by_hand() -> None:
    found = throughput(Returns(table())).only(scope="national")
    # a: 180 voters in 2 hours at a desk, 40 s; b: 120 at 2 desks, 120 s; 170 in 3 hours, 127 s;
    # c: 1,000 in 3 hours at 4 desks, 43.2 s.
    assert found.precincts is not None
    np.testing.assert_allclose(found.precincts, [40.0, 120.0, 43.2])
    assert (found.detail["violations"], found.detail["intervals_below"]) == (2, 2)
    # Beyond 60 s a voter: 180 − 120 at a, 1,000 − 720 at c.
    assert found.detail["voters_below"] == pytest.approx(60 + 280)
    assert found.detail["sweep"] == [[120.0, 2], [60.0, 2], [45.0, 2], [30.0, 0], [20.0, 0]]
    assert found.detail["intervals"] == ["12:00", "15:00"]
    assert (found.effect, found.pvalue, found.underpowered) == (2 / 3, None, True)


def test_opening_and_closing_give_two_more_intervals() -> None:
    found = throughput(Returns(table()), opens=8, closes=16, seconds=30).only(scope="national")
    # To 10: a 60 in 2 h at one desk, 120 s; from 15 to 16: c 100 at 4 desks, 144 s.
    assert found.detail["intervals"] == ["10:00", "12:00", "15:00", "close"]
    assert found.precincts is not None
    np.testing.assert_allclose(found.precincts, [40.0, 120.0, 43.2])
    assert found.detail["violations"] == 0


def test_desks_by_region_and_invariance() -> None:
    returns = Returns(table())
    found = throughput(returns, by=(None, "region"), per_desk=2000)
    # One desk each: 1,000 voters of c in 3 hours are 10.8 s.
    assert found.only(scope="region=s").detail["shortest"] == pytest.approx(10.8)
    other = Returns(table().iloc[::-1])
    one, two = (throughput(r).only(scope="national") for r in (returns, other))
    assert (one.effect, dict(one.detail)) == (two.effect, dict(two.detail))


def test_special_venues_are_left_out() -> None:
    returns = Returns(table().assign(venue_type=["military", "school", "school"]))
    found = throughput(returns).only(scope="national")
    assert (found.n, found.excluded, found.detail["violations"]) == (2, 1, 1)


def test_ballots_for_people_who_were_not_there() -> None:
    returns = election(2, precincts=300, units=(3, 20))
    before = throughput(returns, seconds=30).only(scope="national")
    frame = returns.frame
    chosen = np.arange(len(frame)) % 20 == 0
    # Half of the list between 18:30 and 19:00: 1,800 s of a desk per 500 voters, 7.2 s each.
    for column in ("hour_19", "hour_1930", "hour_20"):
        frame[column] += (chosen * 0.5 * frame["registered"]).astype(int)
    after = throughput(Returns(frame), seconds=30).only(scope="national")
    assert before.effect == 0
    assert after.precincts is not None
    assert after.effect == pytest.approx(15 / 300)
    assert (after.precincts[chosen] < 30).all()


@pytest.mark.slow
def test_clean_elections_and_a_fifth_of_the_list_added_in_half_an_hour() -> None:
    peaks, silent, found = [], [], []
    for seed in range(20):
        returns = election(300 + seed, precincts=600, units=(6, 40))
        peaks.append(throughput(returns).only(scope="national").effect)
        silent.append(throughput(returns, seconds=30).only(scope="national").effect)
        frame = returns.frame
        chosen = np.random.default_rng(seed).random(len(frame)) < 0.05
        for column in ("hour_19", "hour_1930", "hour_20"):
            frame[column] += (chosen * 0.2 * frame["registered"]).astype(int)
        after = throughput(Returns(frame), seconds=30).only(scope="national").precincts
        assert after is not None
        found.append((after[chosen] < 30).mean())
    # Honest peaks of half an hour come below 60 s a voter, as the docstring says, and not below 30.
    assert 0 < np.mean(peaks) <= 0.05
    assert np.max(silent) == 0
    # 100 voters of a list of 500 in 1,800 s are 18 s each; lists of 300 and fewer stay above 30.
    assert np.mean(found) >= 0.8


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "n", "below"),
    # Computed apart from the code, with desks = ceil(N / 500) and the hours between readings.
    [
        ("ro2024_europarl", 18_955, [3440, 42, 8, 4, 1]),
        ("es2019_cabildos_canarias", 2_817, [15, 0, 0, 0, 0]),
        ("ge2016_parliament", 3_603, [59, 1, 1, 1, 1]),
        ("ru2018_president", 89_863, [58_561, 5498, 1236, 37, 2]),
    ],
)
def test_real_readings(shared_data: Path, name: str, n: int, below: list[int]) -> None:
    returns = Returns(pd.read_parquet(shared_data / "returns" / f"{name}.parquet"))
    found = throughput(returns).only(scope="national")
    assert (found.n, [count for _, count in found.detail["sweep"]]) == (n, below)


@pytest.mark.shared
def test_a_file_without_readings_is_skipped(shared_data: Path) -> None:
    returns = Returns(pd.read_parquet(shared_data / "returns" / "al2013_parliament.parquet"))
    assert "no readings of turnout" in str(throughput(returns).skipped[0].reason)


def test_what_is_not_known_is_said() -> None:
    one = Returns(table().drop(columns=["hour_12", "hour_15"]))
    assert "known length" in str(throughput(one).skipped[0].reason)
    assert throughput(one, opens=8).only(scope="national").n == 3
    assert "no registered" in str(throughput(Returns(table().drop(columns="registered"))).skipped[0].reason)


@pytest.mark.parametrize("given", [{"seconds": 0}, {"per_desk": 0}, {"opens": 25}, {"series": "sup"}])
def test_what_cannot_be_asked_for(given: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        throughput(Returns(table()), **given)
