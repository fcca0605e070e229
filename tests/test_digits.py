"""Digit detectors: published values, silence on clean elections, power, invariances."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

import forensics
from forensics.detectors.digits.second_digit import BENFORD

FAMILY = ("last_digit", "digit_pairs", "second_digit", "digit_heaping", "percent_heaping", "digit_mixture")
#: The toolkit's table is printed with three decimals.
TABLE = 5e-4


def _read(folder, name, **keywords):
    frame = pd.read_parquet(folder / "returns" / f"{name}.parquet")
    frame.index += 1
    return forensics.Returns(frame, **keywords)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("quantity", "n", "mean", "chi2"),
    # Computed from the published returns of 2018, counts of at least 100.
    [("leader_votes", 87_859, 4.4727, 17.41), ("issued", 90_912, 4.4220, 130.63)],
)
def test_last_digit_of_russia_2018(shared_data, quantity, n, mean, chi2):
    found = forensics.last_digit(_read(shared_data, "ru2018_president"), quantity=quantity).only()
    assert found.n == n
    assert found.detail["mean"] == pytest.approx(mean, abs=5e-5)
    assert found.detail["chi2"] == pytest.approx(chi2, abs=5e-3)


@pytest.mark.shared
def test_second_digit_of_russia_2018(shared_data):
    found = forensics.second_digit(_read(shared_data, "ru2018_president"), quantity="leader_votes").only()
    # Published computation on the same counts: mean 4.0170, chi-square 612.
    assert found.detail["mean"] == pytest.approx(4.0170, abs=5e-5)
    assert found.detail["chi2_benford"] == pytest.approx(612, abs=0.5)
    assert found.detail["pvalue_resampled"] > 0.05


@pytest.mark.shared
@pytest.mark.parametrize(
    ("prefecture", "second", "p05", "c05", "last"),
    # Hicken and Mebane's table for Albania 2013, turnout; last digits computed from the same file.
    [
        ("BERAT", 4.244, 0.197, 0.217, 4.600),
        ("DIBER", 4.167, 0.221, 0.225, 4.163),
        ("DURRES", 4.572, 0.173, 0.194, 4.349),
    ],
)
def test_the_toolkit_table_of_albania_2013(shared_data, prefecture, second, p05, c05, last):
    returns = _read(shared_data, "al2013_parliament").where(f'region == "{prefecture}"')
    ballots = {"quantity": "ballots"}
    assert forensics.second_digit(returns, **ballots).only().detail["mean"] == pytest.approx(
        second, abs=TABLE
    )
    heaping = forensics.digit_heaping(returns, minimum=0, **ballots).only()
    assert heaping.detail["share"] == pytest.approx(c05, abs=TABLE)
    percent = forensics.percent_heaping(returns, minimum=0, quantity="turnout").only()
    assert percent.detail["share"] == pytest.approx(p05, abs=TABLE)
    assert forensics.last_digit(returns, minimum=0, **ballots).only().detail["mean"] == pytest.approx(
        last, abs=TABLE
    )


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "where", "leader"),
    [
        ("ca2015_federal", 'poll_type == "ordinary" and merge_with == "" and void_poll == 0', None),
        ("il2021_knesset24", None, None),
        ("se2018_riksdag", None, None),
        ("pl2018_sejmik", None, "pis"),
    ],
)
def test_the_smooth_null_keeps_still_on_clean_elections(shared_data, name, where, leader):
    returns = _read(shared_data, name, leader=leader)
    found = forensics.last_digit(returns.where(where) if where else returns)
    assert [finding.quantity for finding in found.tested if finding.pvalue <= 0.01] == []


@pytest.mark.shared
def test_the_uniform_null_rejects_clean_canada(shared_data):
    returns = _read(shared_data, "ca2015_federal")
    ordinary = returns.where('poll_type == "ordinary" and merge_with == "" and void_poll == 0')
    found = forensics.last_digit(ordinary, quantity="leader_votes").only()
    # The reason why the smooth null exists: p = 4e-13 for the uniform one.
    assert found.detail["pvalue_uniform"] == pytest.approx(4e-13, rel=0.05)


@pytest.mark.shared
def test_medzihorsky_indices_of_russia_2018(shared_data):
    found = forensics.digit_mixture(_read(shared_data, "ru2018_president"), quantity="issued", rng=1).only()
    # Against uniform digits: pi* .0484 (null mean .0159, 95 % point .0250), Delta .0116.
    assert found.detail["pi_star_uniform"] == pytest.approx(0.0484, abs=5e-5)
    assert found.detail["delta_uniform"] == pytest.approx(0.0116, abs=5e-5)
    assert found.detail["null_mean"] == pytest.approx(0.0159, abs=1e-3)
    assert found.detail["null_95"] == pytest.approx(0.0250, abs=1e-3)


@pytest.mark.parametrize("moved", [0.0, 0.05, 0.2])
def test_the_interval_of_pi_star_covers_the_share_moved(moved):
    # A share of the counts is moved to 0: then min(observed/expected) = 1 - moved exactly.
    rng = np.random.default_rng(15)
    covered = 0
    for _ in range(60):
        returns = forensics.simulation.clean(n=1500, rng=rng)
        issued = returns.frame["issued"]
        chosen = rng.random(len(issued)) < moved
        frame = returns.frame.assign(issued=issued.where(~chosen, issued // 10 * 10))
        doctored = forensics.Returns(frame, leader="leader")
        found = forensics.digit_mixture(doctored, quantity="issued", n_resamples=199, rng=1).only()
        covered += found.interval.low <= moved <= found.interval.high
    # Binomial(60, .95) lies above 49 with probability .999.
    assert covered >= 50


def test_benfords_second_digits():
    # Moments of the law as printed in the literature.
    digits = np.arange(10)
    mean = BENFORD @ digits
    assert mean == pytest.approx(4.18739, abs=5e-6)
    assert BENFORD @ digits**2 - mean**2 == pytest.approx(8.25378, abs=5e-6)


def test_the_numbers_of_iran_2009():
    # Beber and Scacco's 116 province counts: 62 % distant pairs; P(max >= 20 and min <= 5) = .0351.
    assert binom.cdf(72, 116, 0.7) == pytest.approx(0.0411, abs=5e-5)
    draws = np.random.default_rng(2009).multinomial(116, np.full(10, 0.1), 400_000)
    share = np.mean((draws.max(axis=1) >= 20) & (draws.min(axis=1) <= 5))
    # Monte-Carlo error of 400,000 draws is .0003.
    assert share == pytest.approx(0.0351, abs=1e-3)


@pytest.mark.parametrize("structure", ["regions", "gradient"])
@pytest.mark.parametrize("method", ["last_digit", "digit_heaping", "percent_heaping"])
def test_size_on_clean_elections(method, structure):
    rng = np.random.default_rng(20)
    pvalues = []
    for _ in range(60):
        returns = forensics.simulation.clean(n=1500, structure=structure, rng=rng)
        found = forensics.find_detector(method).run(returns)
        pvalues += [finding.pvalue for finding in found.tested]
    rejected = sum(p <= 0.05 for p in pvalues)
    # Exact binomial: more than this many of 120 rejections at .05 has probability below .001.
    assert rejected <= binom.ppf(0.999, len(pvalues), 0.05)


def test_power_on_planted_rounding():
    returns = forensics.simulation.clean(n=3000, rng=7)
    frame = returns.frame
    rounded = frame["issued"] // 10 * 10
    frame["issued"] = frame["issued"].where(np.arange(len(frame)) % 10 != 0, rounded)
    doctored = forensics.Returns(frame, leader="leader")
    for method in ("last_digit", "digit_heaping"):
        found = forensics.find_detector(method).run(doctored, quantity="issued").only()
        assert found.pvalue < 1e-6
        # One in ten counts was moved to 0: about nine in a hundred more zeros than expected.
        assert found.interval.low <= 0.09 <= found.interval.high + 0.01


@pytest.mark.parametrize("method", FAMILY)
def test_order_of_rows_and_names_of_options_change_nothing(method):
    returns = forensics.simulation.clean(n=1200, rng=3)
    run = forensics.find_detector(method).run
    seed = {"rng": 5} if method == "digit_mixture" else {}
    frame = returns.frame
    shuffled = forensics.Returns(frame.sample(frac=1, random_state=1), leader="leader")
    renamed = forensics.Returns(frame.rename(columns={"votes_leader": "votes_x"}), leader="x")
    reference = [finding.to_dict() for finding in run(returns, by=(None, "region"), **seed).tested]
    for other in (shuffled, renamed):
        found = [finding.to_dict() for finding in run(other, by=(None, "region"), **seed).tested]
        for a, b in zip(reference, found, strict=True):
            assert a["statistic"] == pytest.approx(b["statistic"], rel=1e-9)
            assert a["n"] == b["n"]
            assert a["scope"] == b["scope"]


def test_level_and_whole_agree():
    returns = forensics.simulation.clean(n=1200, rng=4)
    together = forensics.last_digit(returns, by=(None, "region"))
    name = together.select(scope="region").tested[0].scope
    part = next(part for scope, part in returns.by("region") if scope == name)
    alone = forensics.last_digit(part)
    for quantity in ("leader_votes", "issued"):
        a, b = together.only(quantity=quantity, scope=name), alone.only(quantity=quantity)
        assert a.statistic == pytest.approx(b.statistic, rel=1e-9)


@pytest.mark.parametrize("method", FAMILY)
def test_few_counts_are_underpowered_not_silent(method):
    returns = forensics.simulation.clean(n=60, rng=9)
    found = forensics.find_detector(method).run(returns)
    assert found.tested
    assert all(finding.underpowered and finding.pvalue is None for finding in found.tested)


def test_without_counts_large_enough_nothing_is_claimed():
    frame = pd.DataFrame({"precinct": ["1", "2"], "ballots": [5, 7], "votes_a": [1, 2], "votes_b": [4, 5]})
    found = forensics.last_digit(forensics.Returns(frame))
    assert all(finding.n == 0 and finding.effect is None for finding in found.tested)


def test_percent_heaping_needs_a_turnout_or_a_share():
    frame = pd.DataFrame({"precinct": ["1"], "votes_a": [1]})
    found = forensics.percent_heaping(forensics.Returns(frame))
    assert "no ballots or issued" in str(found.skipped[0].reason)


@pytest.mark.parametrize("method", ["first_digit", "penultimate_digit"])
def test_tests_that_fire_on_honest_elections_are_refused(method):
    with pytest.raises(forensics.ConfigError, match="not offered"):
        forensics.find_detector(method)


def test_unknown_quantity_is_said():
    with pytest.raises(forensics.ConfigError, match="the counts are leader_votes"):
        forensics.last_digit(forensics.simulation.clean(n=50, rng=1), quantity="turnout")
