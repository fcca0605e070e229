"""Carry-off: published totals, the interval against a direct computation, merging of parts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t as student

from forensics.detectors.carousel.ballot_chain import ballot_chain, finish, merge_states, statistic
from forensics.scope import Scope
from forensics.tables.returns import Returns

RELATIVE = 1e-9


def election(n: int = 600, regions: int = 3, territories: int = 25, seed: int = 2) -> pd.DataFrame:
    """Precincts that miss a few ballots each, some territories more than others."""
    rng = np.random.default_rng(seed)
    issued = rng.integers(80, 1500, n)
    territory = np.arange(n) % (regions * territories)
    missing = rng.poisson(issued * 0.001 * (1 + territory % 5))
    return pd.DataFrame(
        {
            "region": [f"r{t // territories}" for t in territory],
            "territory": [f"t{t:02}" for t in territory],
            "precinct": np.arange(n),
            "registered": issued + rng.integers(20, 900, n),
            "issued": issued,
            "ballots": issued - missing,
            "votes_a": (issued - missing) // 2,
        }
    )


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "missing", "over_10", "negative"),
    # methods.md, C11: total and precincts over 10 of 2011 and 2016, negatives 2 to 18.
    [("ru2011_duma", 117_904, 2_057, 18), ("ru2016_duma", 69_143, 1_259, 4)],
)
def test_published_carry_off(
    shared_data: Path, name: str, missing: int, over_10: int, negative: int
) -> None:
    returns = Returns(pd.read_parquet(shared_data / "returns" / f"{name}.parquet"))
    found = ballot_chain(returns).only(quantity="missing_ballots")
    assert found.detail["missing_total"] == found.statistic == missing
    assert found.detail["precincts_over_10"] == over_10
    assert found.detail["negative"] == negative
    assert found.detail["missing_positive"] - found.detail["surplus"] == missing
    assert found.pvalue is None
    assert found.detail["clustered_by"] == "territory"


@pytest.mark.shared
def test_a_file_without_ballots_issued_is_skipped(shared_data: Path) -> None:
    returns = Returns(pd.read_parquet(shared_data / "returns" / "al2013_parliament.parquet"))
    assert "no issued" in str(ballot_chain(returns).skipped[0].reason)


def test_nothing_missing_is_nothing_found() -> None:
    frame = election().assign(ballots=lambda f: f["issued"])
    found = ballot_chain(Returns(frame)).only(quantity="missing_ballots", scope="national")
    assert (found.statistic, found.effect, found.detail["precincts_over_10"]) == (0.0, 0.0, 0)
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == (0.0, 0.0)


def test_counts_by_hand() -> None:
    frame = election(40)
    frame["ballots"] = frame["issued"]
    frame.loc[0, "ballots"] -= 10  # not over 10
    frame.loc[1, "ballots"] -= 11
    frame.loc[2, "ballots"] += 4
    found = ballot_chain(Returns(frame)).only(quantity="missing_ballots", scope="national")
    names = ("missing_total", "missing_positive", "negative", "surplus", "precincts_over_10")
    assert [found.detail[name] for name in names] == [17, 21, 1, 4, 1]
    assert found.effect == pytest.approx(1000 * 17 / frame["issued"].sum(), rel=RELATIVE)
    assert sum(band[2] for band in found.detail["bands"]) == 40
    assert found.precincts is not None
    assert found.precincts[:4].tolist() == [10.0, 11.0, -4.0, 0.0]


def test_the_interval_is_that_of_a_clustered_ratio_estimator() -> None:
    frame = election()
    groups = frame.groupby(["region", "territory"])[["issued", "ballots"]].sum()
    missing = groups["issued"] - groups["ballots"]
    rate = missing.sum() / groups["issued"].sum()
    k = len(groups)
    assert k == 75
    # Cochran, Sampling Techniques, 3rd edition, 6.4: variance of a ratio from its residuals.
    variance = k / (k - 1) * ((missing - rate * groups["issued"]) ** 2).sum() / groups["issued"].sum() ** 2
    half = 1000 * student.ppf(0.975, k - 1) * variance**0.5
    found = ballot_chain(Returns(frame)).only(quantity="missing_ballots", scope="national")
    assert found.interval is not None
    assert found.effect == pytest.approx(1000 * rate, rel=RELATIVE)
    assert found.interval.high - found.effect == pytest.approx(half, rel=RELATIVE)
    assert found.detail["clusters"] == 75


def test_the_interval_falls_back_to_precincts_where_units_are_few() -> None:
    frame = election(300, regions=2, territories=5)
    found = ballot_chain(Returns(frame), by=(None, "region"))
    assert [f.detail["clustered_by"] for f in found.select(quantity="missing_ballots").tested] == [
        "precinct"
    ] * 3
    part = frame[frame["region"] == "r0"]
    missing = part["issued"] - part["ballots"]
    rate = missing.sum() / part["issued"].sum()
    variance = 150 / 149 * ((missing - rate * part["issued"]) ** 2).sum() / part["issued"].sum() ** 2
    region = found.only(quantity="missing_ballots", scope="region=r0")
    assert region.interval is not None
    half = 1000 * student.ppf(0.975, 149) * variance**0.5
    assert region.interval.high - (region.effect or 0) == pytest.approx(half, rel=RELATIVE)


def test_the_interval_covers_the_rate_it_should() -> None:
    # Territories have 1 to 5 missing ballots in 1,000, 3 on average: 190 of 200 expected to cover.
    covered = 0
    for seed in range(200):
        found = ballot_chain(Returns(election(300, seed=seed))).only(
            quantity="missing_ballots", scope="national"
        )
        assert found.interval is not None
        covered += found.interval.low <= 3.0 <= found.interval.high
    assert 180 <= covered <= 200  # beyond three standard deviations of Bin(200, .95)


def test_a_bundle_carried_off_moves_the_effect_out_of_the_interval() -> None:
    frame = election()
    before = ballot_chain(Returns(frame)).only(quantity="missing_ballots", scope="national")
    frame.loc[frame.index % 10 == 0, "ballots"] -= 15
    after = ballot_chain(Returns(frame)).only(quantity="missing_ballots", scope="national")
    assert before.interval is not None
    assert (after.effect or 0) > before.interval.high
    assert after.detail["precincts_over_10"] >= 60


def test_counts_made_from_each_other_are_skipped() -> None:
    returns = Returns(election(), derived={"issued": "ballots"})
    assert "issued = ballots" in str(ballot_chain(returns).skipped[0].reason)
    parts = election().rename(columns={"issued": "issued_station"})
    assert ballot_chain(Returns(parts)).only(quantity="missing_ballots", scope="national").n == 600


def test_missing_counts_and_few_precincts() -> None:
    frame = election(30).astype({"issued": "Int64"})
    frame.loc[:14, "issued"] = pd.NA
    found = ballot_chain(Returns(frame)).only(quantity="missing_ballots", scope="national")
    assert (found.n, found.excluded, found.underpowered) == (15, 15, True)
    assert "15 precincts that did not report" in str(found.exclusion)
    empty = ballot_chain(Returns(frame), by="territory").skipped
    assert "No precinct here" in str(empty[0].reason)


def test_parts_merge_into_the_whole() -> None:
    returns = Returns(election())
    by = (None, "region", "territory")
    whole = finish(statistic(returns, by), by)
    parts = [Returns(returns.frame.iloc[i::4]) for i in range(4)]
    merged = finish(merge_states([statistic(part, by) for part in parts]), by)
    assert [f.id for f in merged.tested] == [f.id for f in whole.tested]
    assert [dict(f.detail) for f in merged.tested] == [dict(f.detail) for f in whole.tested]
    for one, other in zip(merged.tested, whole.tested, strict=True):
        assert one.effect == pytest.approx(other.effect, rel=RELATIVE)


def test_one_region_taken_out_gives_what_it_gave_inside() -> None:
    returns = Returns(election())
    inside = ballot_chain(returns, by="region").only(quantity="missing_ballots", scope="region=r1")
    part = returns.part(returns.units("region").codes == 1, Scope("region", (("region", "r1"),)))
    for by in (None, "region"):
        (outside,) = ballot_chain(part, by=by).select(quantity="missing_ballots").tested
        assert (outside.id, outside.effect, dict(outside.detail)) == (
            inside.id,
            inside.effect,
            dict(inside.detail),
        )
        assert outside.interval == inside.interval


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(120)), st.sampled_from(["z", "the party"]))
def test_the_order_of_rows_and_the_names_of_options_change_nothing(order: list[int], name: str) -> None:
    frame = election(120)
    other = frame.iloc[order].rename(columns={"votes_a": f"votes_{name}"})
    one, two = (
        ballot_chain(Returns(table)).only(quantity="missing_ballots", scope="national")
        for table in (frame, other)
    )
    assert (one.effect, one.interval, dict(one.detail)) == (two.effect, two.interval, dict(two.detail))
