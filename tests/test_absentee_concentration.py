"""Dispersion of voters from elsewhere: published values, planted buses, venues, edges."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from test_absentee_link import standard

import forensics
from forensics.detectors.carousel.absentee_concentration import absentee_concentration
from forensics.errors import ConfigError
from forensics.finding import Finding
from forensics.kernels.concentration import lower_means_by_group, means_by_group
from forensics.simulation import draw, manipulate
from forensics.tables.returns import Returns


def national(returns: Returns, **parameters: object) -> Finding:
    return absentee_concentration(returns, **({"rng": 1} | parameters)).only(scope="national")


@pytest.fixture(scope="module")
def small() -> Returns:
    return draw(standard(2400, (8, 60)), rng=7).returns


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "dispersion"),
    # Published: 38 and 24 within territories; the tolerance is the acceptance's.
    [("ru2011_duma", 38), ("ru2016_duma", 24)],
)
def test_published_dispersion(shared_data: Path, name: str, dispersion: float) -> None:
    returns = forensics.read_returns(shared_data / "returns" / f"{name}.parquet")
    found = national(returns)
    assert found.detail["dispersion"] == found.effect == pytest.approx(dispersion, abs=1)
    assert found.interval is not None
    assert found.interval.low < dispersion < found.interval.high
    assert found.pvalue is None
    assert 1 < found.detail["phi"] < 4
    assert found.detail["flagged_voters"] > 100 * 1000
    assert found.detail["flagged"] < 0.03 * found.n
    assert found.detail["capacity"] == int(returns.counts("absentee_voted").sum())


@pytest.mark.shared
def test_a_real_file_with_venues(shared_data: Path) -> None:
    returns = forensics.read_returns(shared_data / "returns" / "ru2021_spb_odd.parquet")
    found = national(returns)
    assert found.quantity == "absentee_attached"
    # Attached voters and registered of the four clinics in the file.
    clinics = returns.frame["venue_type"].isin(["hospital", "neuropsychiatry"])
    sums = returns.frame.loc[clinics, ["absentee_attached", "registered"]].sum()
    assert found.detail["apart"]["health"] == [4, *sums.tolist()]
    assert sum(found.detail["venue_types"].values()) == found.detail["flagged"]


@pytest.mark.shared
def test_a_file_without_certificates_is_skipped(shared_data: Path) -> None:
    returns = forensics.read_returns(shared_data / "returns" / "il2021_knesset24.parquet")
    assert absentee_concentration(returns).skipped


def test_negative_binomial_visitors_are_hardly_flagged() -> None:
    found = national(draw(standard(), rng=5).returns)
    # The simulation's own dispersion; few flags are false where nothing is planted.
    assert found.detail["phi"] == pytest.approx(1.5, abs=0.2)
    assert found.statistic == found.detail["flagged"] <= 5


def test_buses_raise_the_dispersion_and_lead_the_ranking() -> None:
    honest = draw(standard(), rng=6).returns
    full, truth = manipulate(honest, "carousel_certificates", share=0.05, intensity=60, rng=6)
    before, after = national(honest), national(full)
    assert before.interval is not None
    assert (after.effect or 0) > before.interval.high
    assert after.detail["flagged"] > before.detail["flagged"]
    assert after.precincts is not None
    hit = (truth["kind"] != "").to_numpy()
    worst = np.argsort(-np.nan_to_num(after.precincts, nan=-9))[:100]
    # Buses tour whole districts, where everybody has many visitors: no flag is sure, the order tells.
    assert hit[worst].mean() > 8 * hit.mean()


def test_lower_means_do_not_follow_the_highest() -> None:
    rng = np.random.default_rng(1)
    group, n = np.repeat(np.arange(50), 40), rng.integers(200, 2000, 2000).astype(float)
    x = rng.poisson(n * 0.01).astype(float)
    clean = lower_means_by_group(x, n, group)
    assert clean.sum() == pytest.approx(x.sum(), rel=0.02)
    loud = x.copy()
    loud[:8] += 500  # eight precincts of the first group
    assert lower_means_by_group(loud, n, group)[:40].sum() < 1.2 * clean[:40].sum()
    assert means_by_group(loud, n, group)[:40].sum() > 5 * clean[:40].sum()
    none = np.where(group == 3, 0.0, x)
    assert (lower_means_by_group(none, n, group)[group == 3] == 0).all()


def test_the_residual_is_standardised() -> None:
    found = national(draw(standard(), rng=5).returns)
    assert found.precincts is not None
    assert np.nanmean(found.precincts) == pytest.approx(0, abs=0.03)
    assert np.nanstd(found.precincts) == pytest.approx(1, abs=0.1)


def test_levels_and_interval(small: Returns) -> None:
    found = absentee_concentration(small, by=(None, "region", "district"), rng=1)
    nation = found.only(scope="national")
    regions, districts = found.select(scope="region").tested, found.select(scope="district").tested
    for name in ("flagged", "flagged_voters", "over_100", "precincts", "territories", "capacity"):
        assert sum(item.detail[name] for item in regions) == nation.detail[name]
    assert all(item.interval is None for item in districts)  # one territory says nothing of others
    assert all(item.underpowered == (item.n < 100) for item in districts)
    # Pooled over regions by their degrees of freedom.
    freedom = np.array([item.detail["precincts"] - item.detail["territories"] for item in regions])
    pooled = sum(f * (item.effect or 0) for f, item in zip(freedom, regions, strict=True)) / freedom.sum()
    assert pooled == pytest.approx(nation.effect, rel=1e-9)


def test_the_interval_covers_the_dispersion() -> None:
    values = []
    for seed in range(12):
        found = national(draw(standard(2400, (8, 60)), rng=seed).returns, n_resamples=1)
        assert found.interval is not None
        values.append((found.effect, found.interval.low, found.interval.high))
    effect, low, high = np.array(values, dtype=float).T
    middle = float(effect.mean())
    # 12 intervals of 95 %: fewer than 9 cover with probability .002 (binomial).
    assert ((low <= middle) & (middle <= high)).sum() >= 9


def test_nobody_came_from_elsewhere(small: Returns) -> None:
    frame = small.frame.assign(absentee_voted=0)
    (skipped,) = absentee_concentration(Returns(frame, levels=small.levels)).skipped
    assert "positive" in str(skipped.reason)
    frame["absentee_voted"] = np.where(np.arange(len(frame)) == 0, 2, 0)
    found = national(Returns(frame.iloc[:60], levels=small.levels))
    assert found.underpowered
    assert found.detail["over_100"] == 0


def test_order_of_rows_changes_nothing(small: Returns) -> None:
    order = np.random.default_rng(1).permutation(len(small))
    one, two = national(small), national(Returns(small.frame.iloc[order], levels=small.levels))
    assert one.effect == pytest.approx(two.effect, rel=1e-9)
    assert (one.statistic, one.detail["phi"]) == (two.statistic, pytest.approx(two.detail["phi"], rel=1e-6))
    first, second = one.pictures[0].columns, two.pictures[0].columns
    assert first["expected"] == pytest.approx(second["expected"], rel=1e-9)


def test_the_curves_rise_from_nothing_to_all(small: Returns) -> None:
    columns = national(small).pictures[0].columns
    for name in ("observed", "evenly", "expected"):
        assert columns[name][[0, -1]].tolist() == pytest.approx([0, 100])
        assert (np.diff(columns[name]) >= -1e-9).all()
    assert (columns["observed"] >= columns["evenly"] - 1e-9).mean() > 0.99


def test_bad_parameters(small: Returns) -> None:
    with pytest.raises(ConfigError, match="trim is a share between 0 and 1"):
        absentee_concentration(small, trim=0)
    with pytest.raises(ConfigError, match="rate is a share between 0 and 1"):
        absentee_concentration(small, rate=1.5)
