"""A random sample against the official result: published values, coverage, what it finds and refuses."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

import forensics
from forensics.errors import ConfigError
from forensics.kernels.stepdown import holm
from forensics.kernels.survey import ratio
from forensics.observers.design import Design
from forensics.observers.weighing import weighed

#: Published numbers are rounded to so many digits.
PRINTED = 1e-6
ROUNDING = 1e-9


def test_strata_weights_and_finite_numbers_as_published() -> None:
    # The artificial data `fpc` of the Stata survey manual (svyset, finite population correction), also
    # data(fpc) of the R package survey: mean 5.448148, standard error .7412683, corrected .6160407.
    x = np.array([2.8, 4.1, 6.8, 6.8, 9.2, 3.7, 6.6, 4.2])
    weight = np.array([3.0] * 5 + [4.0] * 3)
    stratum = np.array([0] * 5 + [1] * 3)
    found = ratio(x, np.ones(8), weight=weight, stratum=stratum)
    assert found.value == pytest.approx(5.448148, abs=PRINTED)
    assert found.standard_error == pytest.approx(0.7412683, abs=PRINTED)
    drawn = np.array([5 / 15, 3 / 12])
    corrected = ratio(x, np.ones(8), weight=weight, stratum=stratum, sampled=drawn)
    assert corrected.standard_error == pytest.approx(0.6160407, abs=PRINTED)


def test_a_simple_sample_as_published() -> None:
    # Levy and Lemeshow, Sampling of Populations, p. 106, as printed by Stata: six of 54 clusters, mean
    # 4.498333, standard error .5310139, interval [3.133318, 5.863348], design effect 1.
    x = np.array([5, 4.33, 4, 3.33, 7, 3.33])
    found = ratio(x, np.ones(6), weight=np.full(6, 9.0), sampled=np.array([6 / 54]))
    assert found.value == pytest.approx(4.498333, abs=PRINTED)
    assert found.standard_error == pytest.approx(0.5310139, abs=PRINTED)
    assert found.low == pytest.approx(3.133318, abs=PRINTED)
    assert found.high == pytest.approx(5.863348, abs=PRINTED)
    assert found.design_effect == pytest.approx(1, abs=PRINTED)


def test_a_ratio_as_published() -> None:
    # Davison and Hinkley (1997), Bootstrap methods and their application, example 1.2: populations of ten
    # cities in 1920 and 1930, ratio of the means 1.520.
    u = np.array([138, 93, 61, 179, 48, 37, 29, 23, 30, 2], dtype=float)
    x = np.array([143, 104, 69, 260, 75, 63, 50, 48, 111, 50], dtype=float)
    assert ratio(x, u).value == pytest.approx(1.520, abs=5e-4)


def test_holm_is_that_of_statsmodels() -> None:
    p = np.random.default_rng(3).random(12) ** 3
    np.testing.assert_allclose(holm(p), multipletests(p, method="holm")[1], rtol=ROUNDING)


def plain(n: int, strata: int = 1, kind: str = "simple") -> Design:
    return Design(
        kind=kind,
        weight=np.full(n, 10.0),
        stratum=np.arange(n) % strata,
        cluster=np.arange(n),
        drawn=np.zeros(strata),
        even=True,
        frame=10 * n,
        frame_stratum=None,
    )


@pytest.mark.parametrize("hits", [0, 1, 7, 59, 60])
def test_a_share_of_precincts_has_the_exact_interval(hits: int) -> None:
    y = np.zeros(60)
    y[:hits] = 1
    found = weighed(y, np.ones(60), plain(60), 0.95)
    assert found is not None
    low, high = found.share(0.95)  # type: ignore[misc]
    # A simple sample is worth n − 1 of its n precincts in the linearised variance, or all where alike.
    worth = 60 if hits in (0, 60) else 59
    exact = proportion_confint(hits * worth / 60, worth, method="beta")
    assert (low, high) == pytest.approx(exact, abs=1e-6)


def test_precincts_that_did_not_report_are_replaced_within_their_stratum() -> None:
    y = np.where(np.arange(200) % 2 == 0, 30.0, 60.0)
    y[:100:2] = np.nan  # half of the first stratum is silent
    found = weighed(y, np.full(200, 100.0), plain(200, strata=2), 0.95)
    assert found is not None
    assert (found.n, found.silent) == (150, 50)
    assert found.ratio.value == pytest.approx(0.45)


def election(seed: int = 1, n: int = 2000) -> pd.DataFrame:
    """Precincts of eight regions that differ."""
    rng = np.random.default_rng(seed)
    region = np.sort(rng.integers(0, 8, n))
    registered = rng.integers(300, 2500, n)
    turnout = (0.55 + 0.02 * region + 0.07 * rng.normal(size=n)).clip(0.1, 0.95)
    ballots = rng.binomial(registered, turnout)
    share = (0.3 + 0.04 * region + 0.06 * rng.normal(size=n)).clip(0.05, 0.9)
    votes = rng.binomial(ballots, share)
    return pd.DataFrame(
        {"region": [f"R{r}" for r in region], "precinct": [str(i) for i in range(n)],
         "registered": registered, "ballots": ballots, "votes_a": votes, "votes_b": ballots - votes}
    )  # fmt: skip


COLUMNS = ["region", "precinct", "ballots", "votes_a", "votes_b"]


def drawn(frame: pd.DataFrame, each: int, rng: np.random.Generator) -> pd.DataFrame:
    rows = [
        rng.choice(np.flatnonzero(frame["region"] == r), each, replace=False)
        for r in sorted(set(frame["region"]))
    ]
    return frame.iloc[np.sort(np.concatenate(rows))][COLUMNS]


@pytest.mark.parametrize("strata", [1, 8])
def test_intervals_cover_what_they_were_drawn_from(strata: int) -> None:
    frame = election()
    place = pd.factorize(frame["region"])[0] if strata > 1 else np.zeros(len(frame), dtype=int)
    x, y = frame["ballots"].to_numpy(float), frame["votes_a"].to_numpy(float)
    truth, size = y.sum() / x.sum(), np.bincount(place)
    each = 160 // strata
    covered = 0
    rng = np.random.default_rng(7)
    for _ in range(300):
        rows = np.concatenate(
            [rng.choice(np.flatnonzero(place == h), each, replace=False) for h in range(strata)]
        )
        design = Design(
            kind="stratified",
            weight=(size / each)[place[rows]],
            stratum=place[rows],
            cluster=np.arange(len(rows)),
            drawn=each / size,
            even=True,
            frame=len(frame),
            frame_stratum=place,
        )
        found = weighed(y[rows], x[rows], design, 0.95)
        assert found is not None
        covered += found.ratio.low <= truth <= found.ratio.high
    # Bin(300, .95) lies in [270, 297] with probability .999.
    assert 270 <= covered <= 297


def test_the_worst_that_silence_can_hide() -> None:
    frame = election(n=400)
    sample = frame.sample(100, random_state=2)[COLUMNS].reset_index(drop=True)
    sample.loc[:9, ["ballots", "votes_a", "votes_b"]] = np.nan
    found = forensics.observe(forensics.Returns(frame), sample, design="simple")
    share = found.findings.only(method="quick_count", quantity="share_a")
    assert share.excluded == 10
    low, high = share.detail["worst"]
    official = frame.set_index("precinct").loc[sample["precinct"], "ballots"].to_numpy()
    seen = sample["votes_a"].sum()
    assert low == pytest.approx(seen / official.sum())
    assert high == pytest.approx((seen + official[:10].sum()) / official.sum())
    assert share.assumptions[-1].holds is None
    assert "10 sampled precincts that did not report" in str(share.assumptions[-1].text)


def test_strata_sharpen_the_estimate() -> None:
    frame = election()
    returns = forensics.Returns(frame)
    sample = drawn(frame, 30, np.random.default_rng(2))
    found = forensics.observe(returns, sample, design="stratified", stratum="region")
    share = found.findings.only(method="quick_count", quantity="share_a").detail
    assert share["design_effect"] < 0.8
    assert share["strata"] == 8
    assert share["response"] == 1


def test_votes_added_in_tabulation_are_found_and_ballots_added_before_are_not() -> None:
    frame = election()
    sample = drawn(frame, 40, np.random.default_rng(3))
    tabulated = frame.copy()
    # A tenth of the votes of one option is moved to the other in a third of the precincts.
    moved = (tabulated["votes_b"] * 0.1).astype(int).where(np.arange(len(frame)) % 3 == 0, 0)
    tabulated["votes_a"] += moved
    tabulated["votes_b"] -= moved
    returns = forensics.Returns(tabulated)
    found = forensics.observe(returns, sample, design="stratified", stratum="region")
    net = found.findings.only(method="protocol_gap", quantity="votes_a")
    assert net.pvalue < 1e-6
    truth = float(moved.sum())
    low, high = net.detail["extrapolated_interval"]
    assert low < truth < high
    protocols = found.findings.only(method="protocol_gap", quantity="protocols")
    assert protocols.interval.low < 100 / 3 < protocols.interval.high
    copies = found.findings.only(method="protocol_copies", quantity="leader_votes")
    assert copies.pvalue < 1e-6
    # What was false before the count is in the sampled protocols too.
    true = forensics.observe(forensics.Returns(frame), sample, design="stratified", stratum="region")
    assert true.findings.select(method="protocol_gap").tested[0].effect == 0
    assert "No sampled precinct differs in ballots" in str(true.findings.skipped[0])


def test_an_official_result_that_is_not_the_sum_of_its_protocols() -> None:
    frame = election()
    sample = drawn(frame, 40, np.random.default_rng(4))
    elsewhere = frame.copy()
    free = ~elsewhere["precinct"].isin(sample["precinct"])
    moved = (elsewhere["votes_b"] * 0.25).astype(int).where(free, 0)
    elsewhere["votes_a"] += moved
    elsewhere["votes_b"] -= moved
    found = forensics.observe(forensics.Returns(elsewhere), sample, design="stratified", stratum="region")
    share = found.findings.only(method="quick_count", quantity="share_a")
    assert share.pvalue < 0.001
    assert not share.detail["inside"]
    assert share.detail["p_holm"] >= share.pvalue
    assert "lies outside the interval" in str(found)
    # The sampled protocols themselves agree.
    assert found.findings.only(method="protocol_gap", quantity="protocols").effect == 0


def test_few_clusters_give_no_p_value() -> None:
    frame = election()
    sample = frame.sample(12, random_state=1)[COLUMNS]
    found = forensics.observe(forensics.Returns(frame), sample, design="simple")
    turnout = found.findings.only(method="quick_count", quantity="turnout")
    assert turnout.underpowered
    assert turnout.pvalue is None
    assert found.sentences == ()


def test_clusters_widen_the_interval() -> None:
    frame = election()
    frame["cluster"] = (np.arange(len(frame)) // 20).astype(str)
    chosen = np.random.default_rng(5).choice(100, 30, replace=False).astype(str)
    sample = frame[frame["cluster"].isin(chosen)][[*COLUMNS, "cluster"]]
    found = forensics.observe(forensics.Returns(frame), sample.assign(weight=100 / 30))
    share = found.findings.only(method="quick_count", quantity="share_a").detail
    assert found.design.kind == "given"
    assert (share["clusters"], share["freedom"]) == (30, 29)
    assert share["design_effect"] > 3
    reason = next(s for s in found.findings.skipped if s.method == "observer_presence")
    assert "drawn in clusters" in str(reason)


def test_unequal_chances_are_weighted() -> None:
    frame = election()
    rng = np.random.default_rng(6)
    chance = np.where(frame["region"].isin(["R6", "R7"]), 0.3, 0.03)
    taken = rng.random(len(frame)) < chance
    sample = frame[taken][COLUMNS].assign(probability=chance[taken])
    found = forensics.observe(forensics.Returns(frame), sample)
    share = found.findings.only(method="quick_count", quantity="share_a").detail
    assert share["inside"]
    plain = sample["votes_a"].sum() / sample["ballots"].sum()
    assert abs(plain - share["official"]) > 3 * abs(share["estimate"] - share["official"])


def test_designs_that_do_not_fit_are_refused() -> None:
    frame = election(n=300)
    returns = forensics.Returns(frame)
    sample = frame.sample(60, random_state=1)[COLUMNS]
    for arguments, sentence in [
        ({"design": "lucky"}, "design is 'lucky'; it is one of given, simple, stratified, convenience"),
        ({"design": "stratified"}, "needs the level whose units are the strata"),
        ({"design": "stratified", "stratum": "town"}, "'town' is no level; the levels are region"),
        ({"design": "given"}, "have neither probability nor weight"),
        ({"permutations": 0}, "permutations is 0; a whole number from 1 on is needed"),
        ({"design": "simple", "rng": -1}, "rng is -1; a seed is a whole number from 0 on"),
        ({"design": "simple", "confidence_level": 2}, "confidence_level is 2; it lies between 0 and 1"),
    ]:  # fmt: skip
        with pytest.raises(ConfigError, match=sentence):
            forensics.observe(returns, sample, **arguments)
    with pytest.raises(ConfigError, match=r"0 of 60 precincts are in frame once, by region, precinct"):
        forensics.observe(returns, sample.assign(precinct="x" + sample["precinct"]), design="simple")
