"""Spikes in the fine distribution of share and turnout, on clean, planted and real returns."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import forensics
from forensics.detectors.registry import find_detector
from forensics.detectors.turnout.resampled_density import resampled_density
from forensics.errors import ConfigError
from forensics.finding import Skipped
from forensics.simulation import clean

#: The acceptance line: the flagged share may change so much when the resamples are quadrupled.
QUADRUPLED = 0.10


def planted(n: int, rounded: float, rng: int, step: float = 0.05) -> forensics.Returns:
    """A clean election; in some precincts the leader's share is moved to a multiple of ``step``."""
    returns = clean(n=n, turnout=0.7, support=0.7, rng=rng)
    frame = returns.frame
    generator = np.random.default_rng(rng)
    ballots, votes = (frame[name].to_numpy(dtype=np.int64) for name in ("ballots", "votes_leader"))
    goal = np.rint(np.ceil(votes / np.maximum(ballots, 1) / step) * step * ballots).astype(np.int64)
    chosen = (generator.random(n) < rounded) & (goal <= frame["valid"].to_numpy(dtype=np.int64))
    frame["votes_leader"] = np.where(chosen, goal, votes)
    return forensics.Returns(frame, levels=returns.levels, leader="leader")


def rejected(structure: str, elections: int, n: int) -> int:
    """Simulated clean elections with a p-value of the share or of turnout below .05."""
    count = 0
    for seed in range(elections):
        returns = clean(n=n, structure=structure, rng=seed)
        for quantity in ("share", "turnout"):
            finding = resampled_density(returns, quantity=quantity).only()
            count += finding.pvalue is not None and finding.pvalue < 0.05
    return count


@pytest.mark.parametrize("structure", ["regions", "gradient"])
def test_clean_elections_are_silent(structure):
    # 8 tests at .05: more than 3 rejections have a chance of 4e-4 (binomial).
    assert rejected(structure, 4, 1000) <= 3


@pytest.mark.slow
@pytest.mark.parametrize("structure", ["regions", "gradient"])
def test_size_on_clean_elections(structure):
    elections = 200
    count = rejected(structure, elections, 2000)
    # Upper end of the 95 % interval at most .07, as for every detector of the family.
    from scipy.stats import beta

    assert beta.ppf(0.975, count + 1, 2 * elections - count) <= 0.07


def test_rounded_shares_are_found_where_they_are():
    finding = resampled_density(planted(4000, 0.08, rng=1), quantity="share").only()
    assert finding.pvalue < 1e-4
    # 8 % of the precincts are moved, not all of them out of the reach of their envelope.
    assert 2 < finding.effect < 8
    assert finding.interval.low > 0
    assert finding.interval.low <= finding.effect <= finding.interval.high
    multiples = [share for share, _ in finding.detail["peaks"][:5]]
    assert {0.65, 0.7, 0.75, 0.8} & {round(share, 3) for share in multiples}
    assert finding.detail["percent_corrected"] > 1


def test_power_rises_with_the_share_of_rounded_precincts():
    effects = [
        resampled_density(planted(2500, rounded, rng=2), quantity="share").only().effect
        for rounded in (0.0, 0.06, 0.2)
    ]
    assert effects[0] < effects[1] < effects[2]


def test_scores_sum_to_the_flagged_precincts():
    returns = planted(2500, 0.15, rng=3)
    finding = resampled_density(returns, quantity="share").only()
    assert finding.precincts.shape == (len(returns),)
    assert np.nansum(finding.precincts) == pytest.approx(finding.effect / 100 * finding.n)
    assert sum(excess for _, excess in finding.detail["peaks"]) == pytest.approx(
        finding.effect / 100 * finding.n
    )


def test_the_result_does_not_depend_on_the_number_of_resamples():
    returns = planted(2500, 0.2, rng=4)
    exact = resampled_density(returns, quantity="share").only().effect
    drawn = [
        resampled_density(returns, quantity="share", n_resamples=r, rng=5).only().effect
        for r in (1000, 4000)
    ]
    assert drawn[1] == pytest.approx(drawn[0], rel=QUADRUPLED)
    assert exact == pytest.approx(drawn[1], rel=QUADRUPLED)
    literature = [
        percent for _, percent in resampled_density(returns, quantity="share").only().detail["literature"]
    ]
    assert literature == sorted(literature, reverse=True)  # the published rule does depend on it


def test_order_of_rows_and_names_of_options_change_nothing():
    returns = planted(1500, 0.1, rng=6)
    frame = returns.frame.rename(columns={"votes_leader": "votes_zz", "votes_second": "votes_aa"})
    shuffled = forensics.Returns(frame.sample(frac=1, random_state=1), leader="zz")
    first = resampled_density(returns, quantity="share").only()
    second = resampled_density(shuffled, quantity="share").only()
    assert first.effect == pytest.approx(second.effect, rel=1e-6)
    assert first.pvalue == pytest.approx(second.pvalue, rel=1e-4)


def test_levels_have_their_own_null_and_are_adjusted_together():
    findings = resampled_density(planted(8000, 0.1, rng=7), by=(None, "region"), quantity="share")
    units = findings.select(scope="region").tested
    assert len(units) == 12  # the regions of the simulated election
    assert findings.only(scope="national").n == sum(unit.n for unit in units)
    tested = [unit for unit in units if not unit.underpowered]
    assert len(tested) >= 6
    for unit in tested:
        assert unit.detail["pvalue_adjusted"] >= unit.pvalue
        assert unit.interval is not None
        assert unit.pictures == ()
    assert all(unit.n < 500 and unit.effect is None for unit in units if unit.underpowered)


def test_too_few_precincts_are_underpowered():
    finding = resampled_density(clean(n=300, rng=8), quantity="share").only()
    assert finding.underpowered
    assert finding.pvalue is None
    assert finding.detail["percent_flagged"] is None


def test_every_option_and_the_invalid_votes():
    findings = resampled_density(clean(n=600, rng=9), option="all")
    options = {"share", "share_second", "share_third", "share_fourth"}
    assert {finding.quantity for finding in findings} == options | {"share_invalid", "turnout"}


def test_columns_that_are_missing():
    frame = pd.DataFrame({"precinct": ["1", "2"], "registered": [10, 20], "votes_a": [3, 4]})
    [item] = resampled_density(forensics.Returns(frame))
    assert isinstance(item, Skipped)
    frame = clean(n=600, rng=10).frame
    [turnout] = resampled_density(forensics.Returns(frame.drop(columns=["ballots", "valid", "invalid"])))
    assert turnout.quantity == "turnout"
    [share] = resampled_density(forensics.Returns(frame.drop(columns=["registered", "issued"])))
    assert share.quantity == "share"
    [nothing] = resampled_density(forensics.Returns(frame[["precinct", "valid", "votes_leader"]]))
    assert isinstance(nothing, Skipped)


def test_counts_out_of_range_are_left_out_and_said():
    frame = clean(n=700, rng=11).frame
    frame.loc[frame.index[:3], "votes_leader"] = [-1, 10_000, pd.NA]
    finding = resampled_density(forensics.Returns(frame, leader="leader"), quantity="share").only()
    assert finding.excluded == 3
    assert np.isnan(finding.precincts[:3]).all()
    assert str(finding.exclusion).startswith("3 precincts left out")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"quantity": "either"}, "looks at share, turnout"),
        ({"of": "issued"}, "a share is of ballots"),
        ({"width": 0.003}, "does not divide 1"),
        ({"width": 0.0}, "does not divide 1"),
        ({"level": 1.0}, "between 0 and 1"),
        ({"n_resamples": 100}, "at least 1000 do"),
        ({"option": "nobody"}, "is no option"),
    ],
)
def test_wrong_parameters_are_refused(wrong, says):
    with pytest.raises(ConfigError, match=says):
        resampled_density(clean(n=50, rng=12), **wrong)


def test_picture_and_registry():
    assert find_detector("resampled_density").default == "on"
    finding = resampled_density(clean(n=600, rng=13), quantity="turnout").only()
    (picture,) = finding.pictures
    assert picture.figure == "density_spikes"
    assert list(picture.columns) == ["share", "observed", "expected", "envelope", "flagged"]
    assert picture.columns["observed"].sum() == finding.n
    assert picture.columns["expected"].sum() == pytest.approx(finding.n, rel=1e-6)


@pytest.fixture
def real(shared_data):
    def read(name: str) -> forensics.Returns:
        return forensics.read_returns(shared_data / "returns" / f"{name}.parquet")

    return read


@pytest.mark.shared
def test_clean_controls_are_below_a_fifth_of_a_percent(real):
    canada = real("ca2015_federal").where('poll_type == "ordinary" and merge_with == "" and void_poll == 0')
    for returns in (canada, real("se2018_riksdag")):
        for finding in resampled_density(returns).tested:
            assert finding.effect < 0.2  # acceptance line
            assert finding.pvalue > 0.05


@pytest.mark.shared
def test_russia_2011(real):
    finding = resampled_density(real("ru2011_duma"), quantity="share").only()
    assert 0.6 < finding.effect < 1.5  # acceptance line; the paper's package gives about 1.0
    peaks = {round(share, 3) for share, _ in finding.detail["peaks"]}
    assert {0.75, 0.95, 0.65, 0.85} <= peaks
    assert finding.pvalue < 1e-6
    # The package: 2.17 % at 20 resamples, 1.50 % at 100, about 1.0 % at 1,000 (of valid votes).
    published = dict(finding.detail["literature"])
    assert published[20.0] > published[100.0] > published[1000.0] > 0.6
    assert published[20.0] == pytest.approx(2.17, abs=0.4)
    assert published[100.0] == pytest.approx(1.50, abs=0.4)


@pytest.mark.shared
def test_of_valid_votes_the_highest_peaks_are_the_published_ones(real):
    finding = resampled_density(real("ru2011_duma"), quantity="share", of="valid").only()
    # Bins listed for these returns with the paper's method: .75 .95 .751 .65 .85.
    assert {round(share, 3) for share, _ in finding.detail["peaks"][:5]} == {0.75, 0.95, 0.751, 0.65, 0.85}


@pytest.mark.shared
@pytest.mark.slow
def test_russia_2011_with_resamples_quadrupled(real):
    returns = real("ru2011_duma")
    first, second = (
        resampled_density(returns, quantity="share", n_resamples=r, rng=1).only().effect
        for r in (1000, 4000)
    )
    assert second == pytest.approx(first, rel=QUADRUPLED)
