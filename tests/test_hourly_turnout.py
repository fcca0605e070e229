"""Turnout through the day: published numbers, silence on clean elections, buses that are found."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from half_hours import election
from scipy.stats import binom

from forensics.detectors.carousel.hourly_turnout import hourly_turnout
from forensics.errors import ConfigError
from forensics.finding import Finding, Findings
from forensics.tables.returns import Returns

LEVEL = 0.05
DRAWS, FEW_DRAWS = 99, 59
QUANTITIES = ("series", "rounded", "bursts", "same_hour", "moving_bursts")


@functools.cache
def bused() -> Returns:
    """One election with buses, used by several tests."""
    return election(3, planted="carousel_impersonation")


def read(shared_data: Path, name: str) -> Returns:
    return Returns(pd.read_parquet(shared_data / "returns" / f"{name}.parquet"))


def national(findings: Findings, quantity: str) -> Finding:
    return findings.only(quantity=quantity, scope="national")


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "series", "falling"),
    # Counted with a loop over the rows of the published files: readings known, any later one lower.
    [
        ("ru2021_spb_odd", 953, 82),
        ("ru2018_president", 20_256, 60),
        ("ro2024_europarl", 18_955, 0),
        ("es2019_cabildos_canarias", 2_825, 1),
        ("ge2016_parliament", 3_668, 6),
    ],
)
def test_series_that_fall(shared_data: Path, name: str, series: int, falling: int) -> None:
    findings = hourly_turnout(read(shared_data, name), rng=1, n_resamples=DRAWS)
    found = national(findings, "series")
    assert (found.detail["n_series"], found.detail["non_monotone"]) == (series, falling)
    assert found.effect == pytest.approx(falling / series)
    assert findings[0] == found
    # No false alarm: three to five readings a day have no power, Romania's fifteen intervals no bursts.
    for quantity in ("same_hour", "moving_bursts"):
        test = national(findings, quantity)
        if name == "ro2024_europarl" and quantity == "same_hour":
            assert test.pvalue is not None
            assert test.pvalue > LEVEL
        else:
            assert test.underpowered
            assert any(a.holds is False for a in test.assumptions)


@pytest.mark.shared
def test_more_at_noon_than_in_the_end(shared_data: Path) -> None:
    # The data's own README: 108 of 91,249 precincts at noon, 2.5 % of 20,256 at 18 h (520 of them).
    returns = read(shared_data, "ru2018_president")
    above = national(hourly_turnout(returns, rng=1, n_resamples=DRAWS), "series").detail["above_final"]
    assert above[1] == ["turnout_pct_12", 91_249, 108]
    assert above[3] == ["turnout_pct_18", 20_256, 520]


@pytest.mark.shared
def test_readings_of_the_supplementary_list_and_the_mobile_box(shared_data: Path) -> None:
    returns = read(shared_data, "ro2024_europarl")
    part = returns.part(np.arange(3000))
    findings = hourly_turnout(part, series="sup", rng=1, n_resamples=DRAWS)
    assert national(findings, "series").detail["further"] == {"hour": [3000, 0], "mobile": [3000, 0]}
    assert national(findings, "bursts").parameters["series"] == "sup"


@pytest.mark.shared
def test_georgian_readings_are_rounded(shared_data: Path) -> None:
    found = national(hourly_turnout(read(shared_data, "ge2016_parliament"), rng=1), "rounded")
    # Counted from the file: readings of 50 and more that end in 0; (545 + 656) / 2 end in 9 and in 1.
    assert (found.detail["tens"]["observed"], found.detail["tens"]["expected"]) == (1109, 600.5)
    assert found.pvalue is None


@pytest.mark.shared
def test_a_file_without_readings_is_skipped(shared_data: Path) -> None:
    (skipped,) = hourly_turnout(read(shared_data, "al2013_parliament")).skipped
    assert "no readings of turnout" in str(skipped.reason)


def test_buses_are_found_in_most_elections() -> None:
    found = 0
    for seed in range(4):
        returns = election(seed, planted="carousel_impersonation")
        p = national(hourly_turnout(returns, rng=seed, n_resamples=FEW_DRAWS), "moving_bursts").pvalue
        assert p is not None
        found += p <= LEVEL
    # Power .8 or more: at least two of four in all but 2.7 % of the studies.
    assert found >= 2


def test_clean_elections_with_town_and_country_are_silent() -> None:
    fired = dict.fromkeys(("same_hour", "moving_bursts"), 0)
    for seed in range(12):
        returns = election(100 + seed, precincts=800, units=(6, 48))
        findings = hourly_turnout(returns, rng=seed, n_resamples=FEW_DRAWS)
        for quantity in fired:
            p = national(findings, quantity).pvalue
            assert p is not None
            fired[quantity] += p <= LEVEL
    # A test of exact size .05 exceeds this quantile once in a thousand studies.
    assert max(fired.values()) <= binom.ppf(0.999, 12, LEVEL)


@pytest.mark.slow
@pytest.mark.parametrize(
    "law",
    [
        {},
        {"gradient": 0.0},
        {"unit_concentration": 200.0},
        {"concentration": 60.0},
        {"units": (12, 250)},
        {"units": (12, 40)},
    ],
)
def test_the_size_on_clean_elections(law: dict[str, float]) -> None:
    fired = 0
    for seed in range(300):
        returns = election(5000 + seed, **law)
        p = national(hourly_turnout(returns, rng=seed, n_resamples=199), "moving_bursts").pvalue
        fired += p is not None and p <= LEVEL
    assert fired <= binom.ppf(0.999, 300, LEVEL)


@pytest.mark.slow
@pytest.mark.parametrize(("concentration", "power"), [(400.0, 0.8), (200.0, 0.8)])
def test_the_power_against_buses(concentration: float, power: float) -> None:
    found = 0
    for seed in range(60):
        returns = election(9000 + seed, planted="carousel_impersonation", concentration=concentration)
        p = national(hourly_turnout(returns, rng=seed, n_resamples=199), "moving_bursts").pvalue
        found += p is not None and p <= LEVEL
    assert found >= power * 60


def test_without_hours_impersonation_cannot_be_told() -> None:
    table = bused().frame
    bare = table.drop(columns=[c for c in table.columns if c.startswith("hour_")])
    (skipped,) = hourly_turnout(Returns(bare)).skipped
    assert "no readings of turnout" in str(skipped.reason)


def test_few_readings_have_no_power() -> None:
    table = bused().frame
    kept = ("hour_10", "hour_12", "hour_15", "hour_18", "hour_20")
    hours = [c for c in table.columns if c.startswith("hour_") and c not in kept]
    findings = hourly_turnout(Returns(table.drop(columns=hours)), rng=1, n_resamples=DRAWS)
    for quantity in ("bursts", "same_hour", "moving_bursts"):
        found = national(findings, quantity)
        assert found.underpowered
        assert found.pvalue is None
    moving = national(findings, "moving_bursts")
    assert "no power at all" in str(next(a.text for a in moving.assumptions if a.holds is False))


def test_without_places_nothing_moves() -> None:
    findings = hourly_turnout(Returns(bused().frame.drop(columns="lat")), rng=1, n_resamples=DRAWS)
    moving = national(findings, "moving_bursts")
    assert moving.underpowered
    assert [a.holds for a in moving.assumptions][:2] == [True, False]
    assert not national(findings, "same_hour").underpowered


def test_one_time_for_a_whole_unit_is_synchrony() -> None:
    table = election(11, precincts=1000, units=(6, 60)).frame
    # In eight districts every fourth precinct adds a fifth of its list, each district at its own time.
    times = dict(zip(range(3, 59, 7), range(1000, 1800, 100), strict=True))
    for district, time in times.items():
        chosen = (table["district"].cat.codes == district).to_numpy() & (np.arange(len(table)) % 4 == 0)
        extra = (chosen * 0.2 * table["registered"]).astype(int)
        for column in table.columns:
            if column.startswith("hour_") and float(column[5:].ljust(4, "0")) >= time:
                table[column] += extra
    findings = hourly_turnout(Returns(table), by=(None, "district"), rng=1, n_resamples=DRAWS)
    whole = national(findings, "same_hour")
    assert whole.pvalue == pytest.approx(1 / (DRAWS + 1))
    units = [f for f in findings.tested if f.quantity == "same_hour" and f.scope.level == "district"]
    units.sort(key=lambda f: -(f.effect or 0))
    names = {str(f.scope).rpartition(" ")[2] for f in units[:8]}
    assert len(names & {f"{d + 1:02d}" for d in times}) >= 6


def test_findings_by_region_and_district() -> None:
    findings = hourly_turnout(bused(), by=(None, "region", "district"), rng=1, n_resamples=DRAWS)
    assert {f.quantity for f in findings.tested} == set(QUANTITIES)
    whole = national(findings, "moving_bursts")
    regions = [f for f in findings.tested if f.quantity == "moving_bursts" and f.scope.level == "region"]
    assert sum(f.detail["pairs"] for f in regions) == whole.detail["pairs"]
    assert whole.statistic == pytest.approx(sum(f.statistic or 0 for f in regions))
    assert all("pvalue_adjusted" in f.detail for f in regions)
    assert whole.interval is not None
    assert whole.interval.low <= (whole.effect or 0) <= whole.interval.high
    assert whole.precincts is not None
    assert whole.precincts.shape == (2000,)
    figures = [p.figure for f in findings.tested for p in f.pictures]
    assert figures == ["intraday_curves", "burst_routes"]


def test_the_order_of_rows_and_the_names_of_options_change_nothing() -> None:
    frame = election(12, planted="carousel_impersonation", precincts=400, units=(4, 24)).frame
    order = np.random.default_rng(1).permutation(len(frame))
    other = frame.iloc[order].rename(columns={"votes_second": "votes_z"})
    one, two = (hourly_turnout(Returns(f), rng=5, n_resamples=DRAWS).tested for f in (frame, other))
    for a, b in zip(one, two, strict=True):
        assert (a.id, a.pvalue) == (b.id, b.pvalue)
        assert a.effect == pytest.approx(b.effect)
        assert a.precincts is None or np.allclose(a.precincts[order], b.precincts, equal_nan=True)


def test_days_that_start_from_nothing_are_recognised() -> None:
    table = pd.DataFrame(
        {
            "precinct": [str(i) for i in range(30)],
            "ballots": 400,
            "hour_d1_12": 100,
            "hour_d1_20": 200,
            "hour_d2_12": 90,
            "hour_d2_20": 190,
        }
    )
    found = national(hourly_turnout(Returns(table), rng=1), "series")
    assert (found.detail["non_monotone"], found.detail["above_final"]) == (0, [])
    table["hour_d2_12"], table["hour_d2_20"] = 190, 400
    assert national(hourly_turnout(Returns(table), rng=1), "series").detail["non_monotone"] == 30


def test_special_venues_are_set_apart_and_named() -> None:
    table = bused().frame.assign(venue_type="school")
    table.loc[table.index[:50], "venue_type"] = "hospital"
    findings = hourly_turnout(Returns(table), rng=1, n_resamples=DRAWS)
    for quantity in ("bursts", "same_hour", "moving_bursts"):
        found = national(findings, quantity)
        assert found.excluded >= 50
        assert any("set apart" in str(a.text) and a.holds for a in found.assumptions)


@pytest.mark.parametrize(
    ("given", "text"), [({"series": "noon"}, "series is one of"), ({"driving_minutes": 0}, "above 0")]
)
def test_what_cannot_be_asked_for(given: dict[str, object], text: str) -> None:
    with pytest.raises(ConfigError, match=text):
        hourly_turnout(bused(), **given)
    with pytest.raises(ConfigError, match="is no level"):
        hourly_turnout(bused(), by="village")


def test_readings_of_a_kind_that_is_not_there_are_skipped() -> None:
    (skipped,) = hourly_turnout(bused(), series="mobile").skipped
    assert "no readings of mobile" in str(skipped.reason)
