"""Early, outside and mobile voting: published slopes, observers' counts, size, power, edges."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student

import forensics
from forensics.detectors.carousel.early_voting import early_voting
from forensics.finding import Finding
from forensics.kernels.count_ratio import count_ratio
from forensics.simulation import Specification, draw, embedded, manipulate
from forensics.tables.returns import Returns
from forensics.tables.second import read_table

# Slopes are published with three decimals.
PRINTED = 0.0005
RELATIVE = 1e-9


def election(precincts: int = 2000, units: tuple[int, int] = (12, 120)) -> Specification:
    base = embedded()
    shape = msgspec.structs.replace(base.shape, precincts=precincts, units=units)
    return base.replaced(shape=shape, planted=(), roster=None, hours=None, certificates=None, lists=None)


def outside(returns: Returns, **parameters: object) -> Finding:
    return early_voting(returns, **parameters).only(quantity="outside", scope="national")


@pytest.fixture(scope="module")
def clean() -> Returns:
    return draw(election(), rng=5).returns


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "slope", "error"),
    # methods.md, section 9, fact 4: mobile voting within territories, N ≥ 100.
    [("ru2011_duma", 0.238, 0.011), ("ru2016_duma", 0.239, 0.009)],
)
def test_published_slopes(shared_data: Path, name: str, slope: float, error: float) -> None:
    found = outside(forensics.read_returns(shared_data / "returns" / f"{name}.parquet"))
    assert found.detail["slope_within"] == found.effect == pytest.approx(slope, abs=PRINTED)
    assert found.detail["se_within"] == pytest.approx(error, abs=PRINTED)
    assert found.detail["column"] == "issued_outside"
    assert 0.06 < found.detail["share_of_turnout"] < 0.07
    assert found.interval is not None
    assert found.interval.low > 0


@pytest.mark.shared
def test_mobile_voters_of_an_honest_count_are_described(shared_data: Path) -> None:
    returns = forensics.read_returns(shared_data / "returns" / "ro2024_europarl.parquet")
    found = early_voting(returns).only(quantity="mobile")
    # The old in the villages vote at home, and for the government: known, and no alarm.
    assert 0 < (found.effect or 0) < 0.2
    assert found.assumptions[0].holds is False
    assert "older" in str(found.assumptions[0].text)
    assert early_voting.entry.default == "descriptive"  # type: ignore[attr-defined]


@pytest.mark.shared
def test_a_file_without_channels_is_skipped(shared_data: Path) -> None:
    returns = forensics.read_returns(shared_data / "returns" / "il2021_knesset24.parquet")
    (skipped,) = early_voting(returns).skipped
    assert "no issued_early" in str(skipped.reason)


def test_honest_elections_are_hardly_ever_called_odd() -> None:
    pvalues = [outside(draw(election(1200, (6, 60)), rng=seed).returns).pvalue for seed in range(20)]
    assert all(p is not None for p in pvalues)
    # 20 elections at a size of .05: more than 4 has probability .003 (binomial).
    assert sum(p is not None and p <= 0.05 for p in pvalues) <= 4


def test_pressure_at_home_is_found(clean: Returns) -> None:
    full, truth = manipulate(clean, "pressure_at_home", share=0.05, intensity=0.1, rng=5)
    before, after = outside(clean), outside(full)
    assert before.pvalue is not None
    assert before.pvalue > 0.05
    assert after.pvalue is not None
    assert after.pvalue < 1e-4
    assert after.detail["support_channel"] > after.detail["support_rest"] + 0.05
    assert after.precincts is not None
    known = np.isfinite(after.precincts)
    hit = (truth["kind"] != "").to_numpy()
    assert after.precincts[hit & known].mean() > after.precincts[~hit & known].mean() + 0.05


@pytest.mark.slow
def test_size_and_power() -> None:
    sizes, power = [], []
    for seed in range(200):
        honest = draw(election(), rng=60_000 + seed).returns
        sizes.append(outside(honest).pvalue)
        if seed < 50:
            full, _ = manipulate(honest, "pressure_at_home", share=0.05, intensity=0.1, rng=seed)
            power.append(outside(full).pvalue)
    # Size .05 and power .9, each with two standard errors of a share among 200 and 50.
    assert np.mean(np.array(sizes) <= 0.05) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 200)
    assert np.mean(np.array(power) <= 0.05) >= 0.9 - 2 * np.sqrt(0.9 * 0.1 / 50)


def test_levels_options_rows_and_pictures(clean: Returns) -> None:
    found = early_voting(clean, by=(None, "region", "district"))
    nation = found.only(quantity="outside", scope="national")
    regions = found.select(quantity="outside", scope="region").tested
    assert sum(item.detail["voters"] for item in regions) == nation.detail["voters"]
    assert {item.detail["clustered_by"] for item in regions} == {"district"}
    # A region of ten districts has too few clusters for a p-value; its districts count precincts.
    assert all(item.underpowered for item in regions)
    districts = found.select(quantity="outside", scope="district").tested
    assert {item.detail["clustered_by"] for item in districts} == {"precinct"}
    assert nation.pictures[0].figure == "slope_within"
    assert "outside" in str(nation.pictures[0].title)
    quantities = [item.quantity for item in early_voting(clean, option="all").tested]
    assert {"early", "outside", "outside_second", "outside_invalid"} <= set(quantities)
    order = np.random.default_rng(1).permutation(len(clean))
    frame = clean.frame.iloc[order].rename(columns={f"votes_{clean.leader}": "votes_z"})
    other = outside(Returns(frame, levels=clean.levels))
    assert other.effect == pytest.approx(nation.effect, rel=RELATIVE)
    assert other.detail["flagged"] == nation.detail["flagged"]


def test_boxes_stand_in_for_papers_issued_outside(clean: Returns) -> None:
    frame = clean.frame.drop(columns="issued_outside")
    found = outside(Returns(frame, levels=clean.levels))
    assert found.detail["column"] == "box_portable"
    # The simulation counts the same papers in both, of ballots found instead of ballots issued.
    assert found.effect == pytest.approx(outside(clean).effect, abs=0.01)


def observers(clean: Returns, factor: float, n: int = 60) -> pd.DataFrame:
    """Counts of early voters on two days at some precincts, less than was reported by a factor."""
    frame = clean.frame
    rows = np.flatnonzero(frame["issued_early"].to_numpy() > 8)[:n]
    seen = frame.iloc[rows][["region", "district", "precinct"]]
    whole = frame["issued_early"].to_numpy(dtype=float)[rows]
    rng = np.random.default_rng(3)
    total = np.rint(whole * factor + rng.normal(0, 1, n)).clip(0).astype(int)
    return pd.concat([seen.assign(issued_early=total // 2), seen.assign(issued_early=total - total // 2)])


def test_official_numbers_against_observed_ones(clean: Returns) -> None:
    honest = early_voting(clean, observed=observers(clean, 1.0)).only(quantity="early_observed")
    assert honest.interval is not None
    assert honest.interval.low < 1 < honest.interval.high
    assert honest.pvalue is not None
    assert honest.pvalue > 0.05
    # 41.7 % reported against 24 % seen, as in Belarus 2020 (methods.md, C8).
    table = observers(clean, 24 / 41.7)
    found = early_voting(clean, observed=table).only(quantity="early_observed")
    assert found.interval is not None
    assert found.interval.low < 41.7 / 24 < found.interval.high
    assert found.pvalue is not None
    assert found.pvalue < 1e-6
    assert found.n == 60
    assert found.detail["observed"] == table["issued_early"].sum()
    assert found.detail["more"] > 55
    stranger = table.assign(precinct=table["precinct"].where(np.arange(len(table)) > 0, "nowhere"))
    assert early_voting(clean, observed=stranger).only(quantity="early_observed").detail["unmatched"] == 1


def test_observers_who_counted_nothing_of_it(clean: Returns) -> None:
    table = observers(clean, 1.0).rename(columns={"issued_early": "signatures"})
    found = early_voting(clean, observed=read_table("observed", table))
    assert "none of the columns issued_early" in str(found.skipped[0].reason)
    few = early_voting(clean, observed=observers(clean, 1.0, n=5)).only(quantity="early_observed")
    assert few.underpowered
    assert few.pvalue is None


def test_the_ratio_and_its_interval_by_hand() -> None:
    x, y = np.array([12.0, 30, 7, 22]), np.array([10.0, 20, 9, 15])
    found = count_ratio(x, y, np.arange(4), 0.95)
    assert found is not None
    ratio = 71 / 54
    # Cochran (1977), 6.4, on the logarithm: relative error from the residuals x − R y.
    error = np.sqrt(4 / 3 * (((x - ratio * y) / 71) ** 2).sum())
    half = student.ppf(0.975, 3) * error
    assert found.value == pytest.approx(ratio, rel=RELATIVE)
    assert found.low == pytest.approx(ratio * np.exp(-half), rel=RELATIVE)
    apart = x - y
    t = apart.sum() / np.sqrt(4 / 3 * ((apart - apart.mean()) ** 2).sum())
    assert found.pvalue == pytest.approx(student.sf(t, 3), rel=RELATIVE)
    assert count_ratio(x, 0 * y, np.arange(4), 0.95) is None
    one = count_ratio(x[:1], y[:1], np.zeros(1, dtype=np.intp), 0.95)
    assert one is not None
    assert (one.low, one.pvalue) == (None, None)
