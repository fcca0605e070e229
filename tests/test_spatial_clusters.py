"""Spatial clusters: what is tested and what is only described, who is left out, and real elections."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.stats import binom

from forensics.detectors.neighbours.spatial_clusters import spatial_clusters
from forensics.detectors.turnout.integer_percent import integer_percent
from forensics.errors import ConfigError
from forensics.simulation import Specification, draw, manipulate
from forensics.simulation.parameters import Field, Places, Rate, Shape
from forensics.tables.returns import Returns

#: Sums in another order.
EXACT = 1e-9
LEVEL = 0.05
NAME = "integer_percent:share"
TESTED = "integer_percent_share"


def election(seed: int = 1, precincts: int = 600) -> Returns:
    """Towns and villages close together, and a field that neighbours share."""
    return draw(
        Specification(
            turnout=Rate(median=0.6, gradient=-0.2),
            support=Rate(median=0.55),
            places=Places(extent=(48.0, 20.0, 49.0, 21.5), region_km=10.0, district_km=4.0),
            field=Field(turnout=0.3, support=0.3, longest=80.0),
            shape=Shape(precincts=precincts, units=(4, 16)),
        ),
        rng=seed,
    ).returns


def noise(returns: Returns, seed: int) -> np.ndarray:
    """An indicator minus its chance, which is larger in small precincts: as whole percentages are."""
    rng = np.random.default_rng(seed)
    chance = np.clip(40 / returns.counts("registered"), 0.02, 0.6)
    return (rng.random(len(returns)) < chance) - chance


def near(returns: Returns, k: int, seed: int = 0) -> np.ndarray:
    """The k precincts around one that is drawn."""
    lat, lon = returns.counts("lat"), returns.counts("lon")
    centre = np.random.default_rng(seed).integers(len(returns))
    distance = np.hypot(111 * (lat - lat[centre]), 73 * (lon - lon[centre]))
    return distance <= np.sort(distance)[k - 1]


def percentages(returns: Returns, quantity: str) -> dict[str, np.ndarray]:
    found = integer_percent(returns, quantity=quantity).only(scope="national")
    assert found.precincts is not None
    return {f"integer_percent:{quantity}": found.precincts}


@pytest.fixture(scope="module")
def returns() -> Returns:
    return election()


def test_turnout_and_share_are_described_and_never_tested(returns: Returns) -> None:
    findings = spatial_clusters(returns, n_resamples=99, rng=1)
    names = ["turnout", "share"]
    assert [f.quantity for f in findings.tested] == [q + s for q in names for s in ("", "_scan", "_border")]
    for finding in findings.tested:
        assert finding.pvalue is None
        assert any(a.holds is False for a in finding.assumptions)
        assert "No test" in str(finding.null)
        json.dumps(finding.to_dict(), allow_nan=False)
    # An honest field: the usual convention would reject.
    found = findings.only(quantity="turnout")
    assert found.detail["pvalue_permutation"] == pytest.approx(0.01)
    assert found.detail["z"] > 5
    assert found.effect == pytest.approx(found.statistic - found.detail["expected"], rel=EXACT)
    assert found.interval is not None
    assert found.interval.low < found.effect < found.interval.high


@pytest.mark.parametrize("elections", [15, pytest.param(400, marks=pytest.mark.slow)])
def test_size_on_clean_elections_with_a_field(elections: int) -> None:
    fired = dict.fromkeys((TESTED, f"{TESTED}_scan", f"{TESTED}_border"), 0)
    flagged = 0
    for seed in range(elections):
        returns = election(seed, 400)
        findings = spatial_clusters(
            returns, residuals={NAME: noise(returns, seed)}, n_resamples=99, reach=10.0, rng=seed
        )
        for name in fired:
            pvalue = findings.only(quantity=name).pvalue
            assert pvalue is not None
            fired[name] += pvalue <= LEVEL
        flagged += findings.only(quantity=TESTED).detail["local"]["flagged"] > 0
    # A test of exact size .05 exceeds this quantile once in a thousand studies.
    most = binom.ppf(0.999, elections, LEVEL)
    assert max(*fired.values(), flagged) <= most, (fired, flagged)


def test_quotas_in_one_place_are_found() -> None:
    found = 0
    for seed in range(6):
        returns = election(seed)
        planted, _ = manipulate(
            returns, "turnout_quota", share=0.7, intensity=5.0, where=near(returns, 40, seed), rng=seed
        )
        residuals = percentages(planted, "turnout")
        findings = spatial_clusters(planted, residuals=residuals, n_resamples=199, rng=seed)
        pvalue = findings.only(quantity="integer_percent_turnout").pvalue
        assert pvalue is not None
        found += pvalue <= LEVEL
    assert found >= 5


def test_a_planted_cluster_is_where_it_was_planted(returns: Returns) -> None:
    here = near(returns, 20, 3)
    values = np.random.default_rng(4).normal(size=len(returns)) + 3.0 * here
    findings = spatial_clusters(returns, residuals={NAME: values}, n_resamples=99, rng=5)
    moran, scan = findings.only(quantity=TESTED), findings.only(quantity=f"{TESTED}_scan")
    assert moran.pvalue == scan.pvalue == pytest.approx(0.01)
    assert moran.detail["local"]["high_high"] >= 8
    lat, lon = returns.counts("lat"), returns.counts("lon")
    south, west = scan.detail["centre"]
    away = np.hypot(111 * (lat[here] - south), 73 * (lon[here] - west))
    assert away.min() < 1e-3
    assert scan.effect > 1.5
    # The score of a precinct and its neighbours is high where the cluster is.
    assert np.nanmean(moran.precincts[here]) > 2 > np.nanmean(moran.precincts[~here])
    assert [row[0] for row in moran.detail["by_stratum"]] == ["region", "district"]


def test_a_residual_without_a_null_is_described(returns: Returns) -> None:
    values = noise(returns, 6)
    described = spatial_clusters(returns, residuals={"ballot_chain:x": values}, n_resamples=19, rng=1)
    only = described.only(quantity="ballot_chain_x")
    assert only.pvalue is None
    assert "local" not in only.detail
    assert "local" not in described.only(quantity="turnout").detail
    declared = spatial_clusters(
        returns,
        residuals={"ballot_chain:x": values},
        independent=("ballot_chain:x",),
        n_resamples=19,
        rng=1,
    )
    assert declared.only(quantity="ballot_chain_x").pvalue is not None


def test_cases_are_scanned_with_poisson(returns: Returns) -> None:
    here = near(returns, 15, 7)
    rng = np.random.default_rng(8)
    cases = (rng.random(len(returns)) < np.where(here, 0.8, 0.05)).astype(float)
    findings = spatial_clusters(
        returns, residuals={"mine": cases}, independent=("mine",), n_resamples=99, rng=1
    )
    scan = findings.only(quantity="mine_scan")
    assert scan.detail["model"] == "poisson"
    assert scan.detail["cases"] > 3 * scan.detail["expected_cases"]
    assert scan.pvalue == pytest.approx(0.01)


def test_the_order_of_the_rows_and_the_names_change_nothing(returns: Returns) -> None:
    values = noise(returns, 9)
    order = np.random.default_rng(10).permutation(len(returns))
    names = {f"votes_{o}": f"votes_z{i}" for i, o in enumerate(returns.options)}
    other = Returns(returns.frame.iloc[order].rename(columns=names), levels=returns.levels)
    kwargs = {"n_resamples": 49, "rng": 3, "by": (None, "region")}
    one = spatial_clusters(returns, residuals={NAME: values}, **kwargs)
    two = spatial_clusters(other, residuals={NAME: values[order]}, **kwargs)
    assert [f.id for f in one.tested] == [f.id for f in two.tested]
    for a, b in zip(one.tested, two.tested, strict=True):
        assert a.statistic == pytest.approx(b.statistic, rel=EXACT, abs=EXACT)
        assert a.pvalue == b.pvalue
        if a.precincts is not None and b.precincts is not None:
            np.testing.assert_allclose(a.precincts[order], b.precincts, rtol=1e-6, atol=EXACT)


def test_units_have_their_own_statistic(returns: Returns) -> None:
    findings = spatial_clusters(
        returns, residuals={NAME: noise(returns, 11)}, by=(None, "region"), n_resamples=99, rng=1
    )
    units = [f for f in findings.select(quantity=TESTED).tested if f.scope.level == "region"]
    assert len(units) == 4
    assert sum(f.n for f in units) == findings.only(quantity=TESTED, scope="national").n
    for finding in units:
        # Benjamini and Hochberg's never falls below the p-value of its own.
        assert finding.detail["pvalue_adjusted"] >= finding.pvalue
        assert finding.precincts is None


def test_who_is_left_out_is_told() -> None:
    returns = election(12)
    frame = returns.frame.copy()
    frame["venue_type"] = "school"
    lat, lon, venue = (frame.columns.get_loc(c) for c in ("lat", "lon", "venue_type"))
    frame.iloc[:10, lat] = np.nan
    frame.iloc[10:14, [lat, lon]] = 0.0
    frame.iloc[20:25, lat] += 20.0
    frame.iloc[100:140, [lat, lon]] = frame.iloc[100, [lat, lon]].tolist()
    frame.iloc[200:203, venue] = "prison"
    found = spatial_clusters(Returns(frame, levels=returns.levels), minimum=1, n_resamples=19, rng=1)
    first = found.only(quantity="turnout")
    said = str(first.exclusion)
    assert "no coordinates (14)" in said
    assert "the rest of their unit (5)" in said
    assert "more than 25 precincts (40)" in said
    assert "special venues (3)" in said
    assert first.excluded == 14 + 5 + 40 + 3 == len(frame) - first.n
    assert np.isnan(first.precincts[:14]).all()


def test_without_coordinates_neighbours_are_those_of_the_unit() -> None:
    returns = election(13)
    frame = returns.frame.drop(columns=["lat", "lon", "building"])
    values = np.random.default_rng(14).normal(size=len(frame))
    unit = frame["district"].astype(str).to_numpy()
    values[unit == unit[0]] += 1.5
    findings = spatial_clusters(
        Returns(frame, levels=returns.levels), residuals={NAME: values}, minimum=1, n_resamples=99, rng=1
    )
    assert "no circle can be drawn" in str(findings.skipped[0].reason)
    found = findings.only(quantity=TESTED)
    assert found.pvalue == pytest.approx(0.01)
    assert found.detail["local"]["units_high"] == 1
    # Beside one unit that is high the others of its region are low.
    assert found.detail["local"]["flagged"] >= (unit == unit[0]).sum()
    assert [picture.figure for picture in found.pictures] == ["moran_scatter"]


def test_nobody_near_is_skipped() -> None:
    frame = election(15, 60).frame[["precinct", "registered", "ballots", "votes_leader", "votes_second"]]
    skipped = spatial_clusters(Returns(frame, levels=())).skipped
    assert "nobody is known to be a neighbour" in str(skipped[0].reason)


def test_few_precincts_are_underpowered() -> None:
    returns = election(16, 45)
    values = np.random.default_rng(1).normal(size=len(returns))
    findings = spatial_clusters(returns, residuals={NAME: values}, minimum=1, n_resamples=19, rng=1)
    for finding in findings.tested:
        assert finding.underpowered
        assert finding.pvalue is None


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({"residuals": {"a": [1.0, 2.0]}}, r"residuals 'a' have the shape \(2,\)"),
        ({"residuals": {"a": ["x"] * 600}}, "residuals 'a' hold something that is no number"),
        ({"neighbours": 0}, "neighbours is a number of at least 1, not 0"),
        ({"n_resamples": 5}, "n_resamples is a number of at least 19, not 5"),
        ({"reach": 0.0}, "reach is a number of kilometres above 0, not 0.0"),
        ({"stratum": "county"}, "'county' is no level"),
    ],
)
def test_what_cannot_be_meant_is_refused(returns: Returns, parameters: dict, text: str) -> None:
    with pytest.raises(ConfigError, match=text):
        spatial_clusters(returns, **parameters)


def test_the_map_and_the_scatter_are_drawn(returns: Returns) -> None:
    from forensics.plots.drawing import images

    found = spatial_clusters(returns, n_resamples=19, rng=1).only(quantity="share")
    assert [picture.figure for picture in found.pictures] == ["residual_map", "moran_scatter"]
    for picture in found.pictures:
        # Cells of precincts: a row per precinct is not for publication.
        assert picture.columns["precincts"].sum() == found.n
        assert len(picture.to_frame()) < found.n / 2
        for style in ("screen", "grey"):
            assert images(picture, ("png",), style=style, dpi=50)["png"].startswith(b"\x89PNG")
    # Moran's I is the slope of the line through the origin.
    assert found.pictures[1].options["slope"] == found.statistic
