"""Flow of votes between two rounds: what is skipped, what is planted, what pairs at random show."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pandas as pd
import pytest
from two_rounds import PLANTED, moved, shuffled

from forensics.auditing.plan import make_plan
from forensics.auditing.runner import run_plan
from forensics.detectors.registry import find_detector
from forensics.detectors.turnout.vote_flow import vote_flow
from forensics.errors import ConfigError
from forensics.finding import Finding
from forensics.simulation import clean
from forensics.tables.returns import Returns

#: Requirement: planted transfers are covered at least this often by intervals of 95 %.
COVERED = 0.9
#: Sums in another order.
ROUNDING = 1e-9


@pytest.fixture(scope="module")
def both() -> tuple[Returns, Returns]:
    """(first round, second round) with planted transfers in 200 territories."""
    return moved(np.random.default_rng(1))


@pytest.fixture(scope="module")
def finding(both: tuple[Returns, Returns]) -> Finding:
    previous, returns = both
    return vote_flow(returns, previous=previous, rng=1).only(quantity="share")


def coverage(finding: Finding) -> np.ndarray:
    """Whether each planted cell lies in its interval."""
    cells = finding.detail["transfer"]
    assert cells["from"] == ["a", "b", "c", "non_voters"]
    assert cells["to"] == ["a", "b", "non_voters"]
    return (np.array(cells["low"]) <= PLANTED) & (np.array(cells["high"]) >= PLANTED)


def test_without_an_earlier_election_it_is_skipped() -> None:
    found = vote_flow(clean(n=300, rng=1))
    assert [str(item.reason) for item in found.skipped] == [
        "No returns of an earlier round or election were given (previous)."
    ]


def test_entry_of_the_registry() -> None:
    entry = find_detector("vote_flow")
    assert (entry.family, entry.default, entry.tables) == ("turnout", "on", ("previous",))
    assert "Myagkov" in entry.summary
    assert "2009" in entry.summary


def test_a_finding_has_all_that_scripts_read(finding: Finding) -> None:
    detail = finding.detail
    assert detail["slope_added_turnout"] == finding.effect
    assert detail["n_matched"] == finding.n == 4000
    assert detail["n_refused"] == 0
    assert finding.pvalue is None
    assert finding.interval is not None
    assert finding.interval.low < finding.effect < finding.interval.high
    share, low, high = (np.array(detail["transfer"][key]) for key in ("share", "low", "high"))
    np.testing.assert_allclose(share.sum(axis=1), 1.0, atol=ROUNDING)
    assert ((low <= high) & (low >= 0) & (high <= 1 + ROUNDING)).all()
    assert (np.array(detail["transfer"]["bounds_low"]) <= PLANTED + 0.02).all()  # realised, not expected
    assert any("ecological, not individual" in str(a.text) for a in finding.assumptions)
    json.dumps(finding.to_dict(), allow_nan=False)


def test_planted_transfers_are_found(finding: Finding) -> None:
    assert coverage(finding).mean() >= COVERED
    share = np.array(finding.detail["transfer"]["share"])
    # The largest interval of a cell is some .03 wide on either side.
    np.testing.assert_allclose(share, PLANTED, atol=0.05)


def test_planted_transfers_are_covered_in_several_elections() -> None:
    covered = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        previous, returns = moved(rng, precincts=10)
        covered.append(coverage(vote_flow(returns, previous=previous, rng=rng)[0]))
    assert np.mean(covered) >= COVERED


@pytest.mark.slow
@pytest.mark.parametrize("levels", [("territory",), ("region", "territory")])
def test_coverage_of_planted_transfers(levels: tuple[str, ...]) -> None:
    covered = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        previous, returns = moved(rng, levels=levels)
        covered.append(coverage(vote_flow(returns, previous=previous, rng=rng)[0]))
    assert np.mean(covered) >= COVERED


def random_pairs(structure: str, seed: int) -> Finding:
    rng = np.random.default_rng(seed)
    before = clean(n=4000, structure=structure, rng=rng)
    now = clean(before, structure=structure, rng=rng)
    return vote_flow(now, previous=shuffled(before, "region", rng), rng=rng)[0]


def no_transfer(finding: Finding, now: Returns) -> np.ndarray:
    """Whether each interval of a named option holds its overall share: nobody's row is special."""
    cells = finding.detail["transfer"]
    names = [name for name in cells["to"] if name not in ("others", "non_voters")]
    rows = finding.precincts is not None and np.isfinite(finding.precincts)
    registered = now.counts("registered")[rows].sum()
    overall = np.array([now.votes(name)[rows].sum() / registered for name in names])
    places = [cells["to"].index(name) for name in names]
    low, high = (np.array(cells[key])[:, places] for key in ("low", "high"))
    return (low <= overall) & (overall <= high)


@pytest.mark.parametrize("structure", ["regions", "gradient"])
def test_pairs_at_random_show_no_slope(structure: str) -> None:
    """The plain slope is mechanical: it is far from 0 for precincts that are no pairs at all."""
    found = [random_pairs(structure, seed) for seed in range(12)]
    inside = [f.interval.low <= 0 <= f.interval.high for f in found if f.interval]
    assert len(inside) == 12
    assert sum(inside) >= 9  # of 12 at 95 %: fewer than 9 has probability .002
    assert min(f.detail["slope_plain"] for f in found) > 0.4  # leader's share of about .55
    assert abs(np.mean([f.effect for f in found])) < 0.01  # intervals are some .015 on either side


def test_pairs_at_random_show_no_transfer() -> None:
    holds = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        before, now = moved(rng, levels=("region", "territory"))
        found = vote_flow(now, previous=shuffled(before, "region", rng), rng=rng)[0]
        holds.append(no_transfer(found, now))
    assert np.mean(holds) >= COVERED


@pytest.mark.slow
@pytest.mark.parametrize("structure", ["regions", "gradient"])
def test_pairs_at_random_in_many_elections(structure: str) -> None:
    found = [random_pairs(structure, seed) for seed in range(200)]
    inside = [f.interval.low <= 0 <= f.interval.high for f in found if f.interval]
    assert np.mean(inside) >= COVERED


def stuffed(returns: Returns, rng: np.random.Generator, share: float) -> Returns:
    """Ballots for the leader added in some precincts: up to half of those who stayed at home."""
    frame = returns.frame
    home = returns.counts("registered") - returns.counts("issued")
    where = rng.random(len(frame)) < share
    extra = np.floor(np.where(where, home * rng.uniform(0.2, 0.5, len(frame)), 0)).astype("int64")
    columns = ("issued", "ballots", "valid", f"votes_{returns.leader}")
    frame = frame.assign(**{column: frame[column] + extra for column in columns})
    return Returns(frame, levels=returns.levels, leader=returns.leader)


def test_added_ballots_raise_the_slope() -> None:
    rng = np.random.default_rng(3)
    before = clean(n=4000, rng=rng)
    again = perturbed(before, rng)
    slopes = [
        vote_flow(stuffed(again, np.random.default_rng(4), share), previous=before, rng=1)[0].detail
        for share in (0.0, 0.1, 0.3)
    ]
    plain = [detail["slope_plain"] for detail in slopes]
    added = [detail["slope_added_turnout"] for detail in slopes]
    assert plain[0] < plain[1] < plain[2]
    assert added[0] < added[1]


def perturbed(returns: Returns, rng: np.random.Generator) -> Returns:
    """A second round of the same electorate: each precinct's turnout a little higher or lower."""
    frame = returns.frame
    registered, issued = returns.counts("registered"), returns.counts("issued")
    shift = np.clip(issued / registered + rng.normal(0, 0.04, len(frame)), 0.02, 0.98) * registered
    counts = rng.binomial(registered.astype("int64"), shift / registered)
    shares = np.column_stack([returns.votes(option) for option in returns.options])
    shares = (shares + 0.5) / (shares + 0.5).sum(axis=1, keepdims=True)
    votes = rng.multinomial(counts, shares)
    columns = {f"votes_{option}": votes[:, k] for k, option in enumerate(returns.options)}
    frame = frame.assign(issued=counts, ballots=counts, valid=counts, invalid=0, **columns)
    return Returns(frame, levels=returns.levels, leader=returns.leader)


def test_a_new_option_leaves_only_the_change_of_turnout(both: tuple[Returns, Returns]) -> None:
    previous, returns = both
    renamed = Returns(returns.frame.rename(columns={"votes_a": "votes_new"}), levels=returns.levels)
    found = vote_flow(renamed, previous=previous, option="new", rng=1).only(scope="national")
    assert found.quantity == "turnout"
    assert found.detail["slope_added_turnout"] is None
    assert found.detail["transfer"] is None
    assert found.effect == pytest.approx(change(previous, returns))
    assert found.pictures == ()
    named = vote_flow(renamed, previous=previous, option="new", previous_option="a", rng=1)[0]
    assert named.detail["transfer"]["to"][0] == "new"
    assert named.effect == pytest.approx(vote_flow(returns, previous=previous, rng=1)[0].effect)


def change(previous: Returns, returns: Returns) -> float:
    weight = returns.counts("registered")
    return float(np.average(returns.turnout - previous.turnout, weights=weight))


def test_all_options_say_which_are_new(both: tuple[Returns, Returns]) -> None:
    previous, returns = both
    frame = returns.frame
    third = Returns(frame.assign(votes_z=0, ballots=frame["ballots"]), levels=returns.levels, leader="a")
    found = vote_flow(third, previous=previous, option="all", rng=1)
    assert [item.quantity for item in found.tested] == ["share", "share_b"]
    assert [str(item.reason) for item in found.skipped] == ["z did not stand in the earlier election."]


def test_renumbered_precincts_are_skipped_with_the_numbers(both: tuple[Returns, Returns]) -> None:
    previous, returns = both
    order = np.random.default_rng(1).permutation(len(previous))
    frame = previous.frame.assign(precinct=previous.frame["precinct"].to_numpy()[order])
    moved_away = Returns(frame, levels=())
    reason = str(vote_flow(Returns(returns.frame, levels=()), previous=moved_away).skipped[0].reason)
    assert "4,000 precincts with registered voters" in reason
    assert "70\u00a0%" in reason
    assert "Correlation of registered voters: " in reason


def test_what_is_left_out_is_counted() -> None:
    previous, returns = moved(np.random.default_rng(2), territories=30)
    frame = returns.frame.reset_index(drop=True)
    frame.loc[0, "registered"] = 5 * frame.loc[0, "registered"]
    frame.loc[1, "votes_a"] = frame.loc[1, "ballots"] + 10
    frame.loc[2, "votes_b"] = pd.NA
    frame.loc[3, "precinct"] = "elsewhere"
    frame.loc[4, "ballots"] = frame.loc[4, "registered"] + 1
    found = vote_flow(Returns(frame, levels=returns.levels), previous=previous, rng=1)[0]
    assert found.excluded == 5
    assert found.n == len(frame) - 5
    losses = found.detail["losses"]
    assert (losses["refused"], losses["counts"], losses["unpaired"]) == (1, 3, 1)
    assert np.isnan(found.precincts[:5]).all()
    assert np.isfinite(found.precincts[5:]).all()


def test_few_pairs_are_underpowered_and_few_units_have_no_interval() -> None:
    previous, returns = moved(np.random.default_rng(3), territories=4, precincts=20)
    small = vote_flow(returns, previous=previous, rng=1)[0]
    assert small.underpowered
    assert small.effect is None
    assert small.detail["transfer"] is None
    previous, returns = moved(np.random.default_rng(3), territories=10, precincts=40)
    few = vote_flow(returns, previous=previous, rng=1)[0]
    assert few.underpowered
    assert few.interval is None
    assert few.detail["transfer"]["low"] is None
    assert few.effect is not None


def test_an_election_compared_with_itself_has_no_slope(both: tuple[Returns, Returns]) -> None:
    found = vote_flow(both[0], previous=both[0], rng=1)[0]
    assert found.effect is None
    assert found.detail["turnout_change"][0] == 0
    np.testing.assert_allclose(found.detail["transfer"]["share"], np.eye(4), atol=1e-6)


def test_levels_have_findings_of_their_own() -> None:
    previous, returns = moved(np.random.default_rng(4), levels=("region", "territory"))
    found = vote_flow(returns, previous=previous, by=[None, "region"], rng=1)
    assert [f.scope.level for f in found.tested] == ["national", *["region"] * 4]
    assert sum(f.n for f in found.tested[1:]) == found[0].n
    assert found.tested[1].parameters["clusters"] == "territory"
    assert found.tested[1].precincts is None
    alone = vote_flow(returns, previous=previous, by="region", rng=1)
    assert alone.tested[0].to_dict() == found.tested[1].to_dict()  # nothing depends on what else is asked


def test_order_of_rows_and_names_of_options_change_nothing(both: tuple[Returns, Returns]) -> None:
    previous, returns = both
    straight = vote_flow(returns, previous=previous, rng=1)[0]
    order = np.random.default_rng(5).permutation(len(returns))
    turned = vote_flow(returns.part(order), previous=previous.part(order[::-1]), rng=1)[0]
    assert turned.effect == pytest.approx(straight.effect, abs=ROUNDING)
    np.testing.assert_allclose(turned.precincts, straight.precincts[order], atol=1e-7)
    names = {"votes_a": "votes_x", "votes_b": "votes_y", "votes_c": "votes_z"}
    other = [
        Returns(t.frame.rename(columns=names), levels=t.levels, leader="x") for t in (previous, returns)
    ]
    renamed = vote_flow(other[1], previous=other[0], rng=1)[0]
    assert renamed.detail["transfer"]["share"] == straight.detail["transfer"]["share"]


def test_pictures_hold_what_the_figures_draw(finding: Finding) -> None:
    scatter, matrix = finding.pictures
    assert (scatter.figure, matrix.figure) == ("flow_scatter", "transfer_matrix")
    assert 0 < len(scatter.columns["weight"]) <= 2000
    registered = moved(np.random.default_rng(1))[1].counts("registered").sum()
    assert scatter.columns["weight"].sum() == pytest.approx(registered)
    assert matrix.columns["share"].tolist() == np.ravel(finding.detail["transfer"]["share"]).tolist()
    assert "ecological, not individual" in str(matrix.caption).lower()


def test_bad_input_is_refused_in_plain_words(both: tuple[Returns, Returns]) -> None:
    previous, returns = both
    with pytest.raises(ConfigError, match="previous is the Returns"):
        vote_flow(returns, previous="earlier.csv")
    with pytest.raises(ConfigError, match="no option"):
        vote_flow(returns, previous=previous, previous_option="nobody")
    with pytest.raises(ConfigError, match="not 'all'"):
        vote_flow(returns, previous=previous, option="all", previous_option="a")
    with pytest.raises(ConfigError, match="n_resamples"):
        vote_flow(returns, previous=previous, n_resamples=1)
    without = Returns(previous.frame.drop(columns="registered"), levels=previous.levels)
    assert "no registered voters" in str(vote_flow(returns, previous=without).skipped[0].reason)


def test_earlier_returns_travel_to_workers(both: tuple[Returns, Returns]) -> None:
    previous, returns = both
    plan = make_plan(returns, only=["vote_flow"], levels=[])
    one, two = (
        run_plan(returns, plan, tables={"previous": previous}, n_jobs=n).only(scope="national")
        for n in (1, 2)
    )
    assert one.to_dict() == two.to_dict()
    assert pickle.loads(pickle.dumps(previous)).digest == previous.digest
