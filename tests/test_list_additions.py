"""List additions: totals of a real file, honest controls, buses that are found, edges."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
import pytest

import forensics
from forensics.detectors.carousel.list_additions import list_additions
from forensics.errors import ConfigError
from forensics.finding import Finding, Findings
from forensics.kernels.neighbour_pairs import nearest_within, shuffled_products
from forensics.simulation import Specification, draw, embedded, manipulate
from forensics.tables.returns import Returns

#: Blocks of the demonstration that have nothing to do with lists.
WITHOUT = {"planted": (), "roster": None, "hours": None, "accounting": None, "certificates": None}


def election(precincts: int = 2000, units: tuple[int, int] = (12, 120), **changes: object) -> Specification:
    base = embedded()
    shape = msgspec.structs.replace(base.shape, precincts=precincts, units=units)
    return base.replaced(**{**WITHOUT, "shape": shape, **changes})


def growth(returns: Returns, **parameters: object) -> Finding:
    found = list_additions(returns, **({"rng": 1, "n_resamples": 19} | parameters))
    return found.only(quantity="voters_added", scope="national")


def read(shared_data: Path, name: str) -> Findings:
    returns = forensics.read_returns(shared_data / "returns" / f"{name}.parquet")
    return list_additions(returns, rng=1, n_resamples=49)


@pytest.fixture(scope="module")
def clean() -> Returns:
    return draw(election(), rng=5).returns


@pytest.mark.shared
def test_additions_of_a_real_file(shared_data: Path) -> None:
    found = read(shared_data, "ru2021_spb_odd")
    frame = pd.read_parquet(shared_data / "returns" / "ru2021_spb_odd.parquet").astype(
        {"registered": float, "registered_initial": float, "voters_added": float}
    )
    added = found.only(quantity="voters_added")
    # Sums and counts taken from the file directly.
    assert added.detail["total"] == int(frame["voters_added"].sum()) == 21_674
    assert added.detail["net"] == int((frame["registered"] - frame["registered_initial"]).sum()) == 19_269
    assert (added.detail["over_50"], added.detail["over_100"]) == (116, 33)
    assert added.detail["censored"] is True
    assert added.interval is not None
    assert added.interval.low < 1000 * 21_674 / frame["registered"].sum() < added.interval.high
    attached = found.only(quantity="absentee_attached")
    assert attached.detail["net"] == 3_174
    # The four clinics, a consulate and the like are set apart.
    assert added.detail["apart"]["special"][0] > 0
    assert added.pictures
    assert added.pictures[0].figure == "exceedances"


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "quantity"), [("ro2016_senate", "supplementary"), ("ge2016_parliament", "special_list")]
)
def test_honest_lists_hold_no_territory_that_stands_out(
    shared_data: Path, name: str, quantity: str
) -> None:
    found = read(shared_data, name).only(quantity=quantity)
    assert found.pvalue is not None
    assert found.pvalue > 0.05
    assert found.detail["territories_flagged"] == 0
    # Universities, canteens, barracks: single precincts do lie far beyond their neighbours.
    assert found.detail["flagged"] > 20


@pytest.mark.shared
def test_the_highest_precincts_of_romania_are_in_university_towns(shared_data: Path) -> None:
    returns = forensics.read_returns(shared_data / "returns" / "ro2024_europarl.parquet")
    found = list_additions(returns, rng=1, n_resamples=1).only(quantity="supplementary")
    assert found.pvalue is not None
    assert found.pvalue > 0.05
    assert found.precincts is not None
    highest = np.argsort(-np.nan_to_num(found.precincts))[:20]
    towns = "IAŞI|CLUJ-NAPOCA|TIMIŞOARA|BUCUREŞTI|BRAŞOV"
    # The five largest university towns have a sixth of the country's precincts.
    assert returns.frame["municipality"].iloc[highest].str.contains(towns).mean() >= 0.9
    assert returns.frame["municipality"].str.contains(towns).mean() < 0.2


@pytest.mark.shared
def test_transfers_that_go_to_one_precinct_by_rule_are_no_concentration(shared_data: Path) -> None:
    found = read(shared_data, "hu2022_parliament_list").only(quantity="absentee_attached")
    assert found.detail["by_rule"] is True
    assert found.pvalue is None
    assert "by rule" in str(found.innocent[0])
    # All attached less all detached voters of the file.
    assert found.detail["net"] == 157_551 - 223_031


@pytest.mark.shared
def test_a_file_without_additions_is_skipped(shared_data: Path) -> None:
    (skipped,) = read(shared_data, "il2021_knesset24").skipped
    assert "no voters_added" in str(skipped.reason)


def test_honest_elections_are_hardly_ever_called_odd() -> None:
    pvalues = [growth(draw(election(), rng=seed).returns).pvalue for seed in range(12)]
    # 12 elections at a size of .05: more than 3 has probability .002 (binomial).
    assert sum(p is not None and p <= 0.05 for p in pvalues) <= 3


def test_buses_in_a_twentieth_of_the_territories_are_found(clean: Returns) -> None:
    before = growth(clean)
    full, truth = manipulate(clean, "carousel_lists", share=0.05, intensity=30, rng=5)
    after = growth(full)
    assert before.pvalue is not None
    assert before.pvalue > 0.05
    assert after.pvalue is not None
    assert after.pvalue < 0.001
    hit = (truth["kind"] != "").to_numpy()
    units = full.units("district")
    toured = {units.scopes[code].key for code in np.unique(units.codes[hit])}
    assert {cluster[0] for cluster in after.detail["clusters"]} <= toured
    assert after.detail["territories_flagged"] >= len(toured) - 2
    assert after.precincts is not None
    known = np.isfinite(after.precincts)
    assert after.precincts[hit & known].mean() > 10
    assert after.detail["total"] - before.detail["total"] == int(truth["changed_voters_added"].sum())


def test_impersonation_leaves_no_trace_in_the_lists(clean: Returns) -> None:
    full, _ = manipulate(clean, "carousel_impersonation", share=0.05, rng=5)
    assert growth(full).pvalue == growth(clean).pvalue


@pytest.mark.slow
def test_size_and_power_on_standard_elections() -> None:
    sizes, power = [], []
    for seed in range(100):
        honest = draw(election(), rng=50_000 + seed).returns
        sizes.append(growth(honest, n_resamples=1).pvalue)
        if seed < 50:
            full, _ = manipulate(honest, "carousel_lists", share=0.05, intensity=30, rng=seed)
            power.append(growth(full, n_resamples=1).pvalue)
    # Size at most .05 and power .9, each with two standard errors of a share among 100 and 50.
    assert np.mean(np.array(sizes) <= 0.05) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 100)
    assert np.mean(np.array(power) <= 0.05) >= 0.9 - 2 * np.sqrt(0.9 * 0.1 / 50)


def test_growth_is_the_difference_where_nobody_reports_additions(clean: Returns) -> None:
    frame = clean.frame.drop(columns="voters_added")
    one, other = growth(clean), growth(Returns(frame, levels=clean.levels))
    for key in ("total", "net", "over_50", "over_100", "phi"):
        assert one.detail[key] == other.detail[key]
    assert one.pvalue == other.pvalue


def test_lists_that_shrink_count_in_the_net_only() -> None:
    frame = pd.DataFrame({
        "region": ["r"] * 6,
        "precinct": list("abcdef"),
        "registered": [500, 600, 700, 800, 900, 1000],
        "registered_initial": [400, 590, 760, 800, None, 1000],
        "votes_x": 10,
    })  # fmt: skip
    found = growth(Returns(frame))
    names = ("total", "net", "over_50", "over_100")
    assert [found.detail[name] for name in names] == [110, 50, 1, 0]
    assert found.underpowered
    assert found.pvalue is None
    assert found.n == 5
    censored = growth(Returns(frame.assign(voters_added=[100, 10, None, None, None, None])))
    assert [censored.detail[name] for name in names] == [110, 50, 1, 0]
    assert censored.detail["censored"] is True


def test_levels_order_and_names_change_nothing(clean: Returns) -> None:
    found = list_additions(clean, by=(None, "region", "district"), rng=1, n_resamples=9)
    nation = found.only(quantity="voters_added", scope="national")
    regions = found.select(quantity="voters_added", scope="region").tested
    assert sum(item.detail["total"] for item in regions) == nation.detail["total"]
    assert sum(item.detail["territories"] for item in regions) == nation.detail["territories"]
    assert all(item.detail["pvalue_adjusted"] >= item.pvalue for item in regions)
    assert all(item.detail["neighbours"] is None for item in regions)
    order = np.random.default_rng(1).permutation(len(clean))
    renamed = clean.frame.iloc[order].rename(columns={f"votes_{clean.leader}": "votes_z"})
    other = growth(Returns(renamed, levels=clean.levels), n_resamples=9)
    assert other.pvalue == pytest.approx(nation.pvalue, rel=1e-9)
    assert other.detail["neighbours"]["pvalue"] == nation.detail["neighbours"]["pvalue"]


def test_whole_lists_and_special_precincts_are_set_apart(clean: Returns) -> None:
    found = growth(clean)
    special = clean.frame["venue_type"].isin(["health", "transport"]).to_numpy()
    assert special.any()
    assert found.precincts is not None
    assert np.isnan(found.precincts[special]).all()
    blind = growth(Returns(clean.frame.drop(columns="venue_type"), levels=clean.levels))
    # Lists made up on the day show themselves: nearly everybody on them was added.
    assert blind.detail["apart"]["whole_list"][0] >= special.sum() - 5
    assert blind.assumptions[0].holds is None


def test_neighbours_that_are_alike_are_found() -> None:
    rng = np.random.default_rng(2)
    group, places = np.repeat(np.arange(40), 20), rng.normal(0, 10, (800, 2))
    honest = rng.normal(0, 1, 800)
    pairs = nearest_within(places, group)
    assert (group[pairs[0]] == group[pairs[1]]).all()
    patch = honest + 2 * (np.hypot(*(places - [3, 3]).T) < 6)
    found = shuffled_products(patch, pairs, group, n_resamples=99, rng=rng)
    assert found is not None
    assert found.pvalue == 0.01
    # Of 40 honest draws at a size of .05, more than 6 have probability .003 (binomial).
    drawn = [
        shuffled_products(rng.normal(0, 1, 800), pairs, group, n_resamples=39, rng=rng) for _ in range(40)
    ]
    assert sum(one is not None and one.pvalue <= 0.05 for one in drawn) <= 6
    assert shuffled_products(honest, (pairs[0][:0], pairs[1][:0]), group, n_resamples=9, rng=rng) is None


def test_a_rate_that_is_none_is_refused(clean: Returns) -> None:
    with pytest.raises(ConfigError, match="rate is a share"):
        list_additions(clean, rate=1.5)
