"""Every mechanism moves what the signature table says and nothing else, and the truth accounts for it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import forensics
from forensics import simulation
from forensics.errors import ConfigError
from forensics.simulation import MANIPULATIONS, Specification, draw, manipulate
from forensics.simulation.manipulations.carousel import stops
from forensics.simulation.manipulations.protocol import Protocol
from forensics.simulation.parameters import (
    Accounting,
    Certificates,
    Contest,
    Hours,
    Institutions,
    Lists,
    Places,
    Planted,
    Rate,
    Roster,
    Shape,
)
from forensics.tables.returns import Returns

SPECIFICATION = Specification(
    turnout=Rate(median=0.6),
    support=Rate(median=0.5),
    shape=Shape(units=(6, 40), precincts=1200),
    places=Places(),
    institutions=Institutions(share=0.05, full=0.2),
    accounting=Accounting(),
    certificates=Certificates(),
    lists=Lists(),
    hours=Hours(),
    contest=Contest(),
)
HOURS = {f"hour_{h:02d}" for h in Hours().hours}
OTHERS = {"votes_second", "votes_third", "votes_fourth"}
#: Ballots that are issued, put into the box and counted for the leader.
ADDED = {"issued", "ballots", "valid", "votes_leader", "issued_station", "box_stationary"}
PAPERS = {"ballots_cancelled", "ballots_received"}
STUFFED = ADDED | PAPERS | HOURS

#: Columns that each mechanism must move, and those it may move besides (the table of signatures:
#: list N, turnout G/N, leader L/B, others' votes, absentee and added columns, hourly profile).
SIGNATURES = {
    "stuffing": (ADDED, STUFFED),
    "stuffing_knowing_the_tests": (ADDED, STUFFED),
    "switching": ({"votes_leader", *OTHERS}, set()),
    "rewritten_totals": (ADDED | OTHERS | HOURS, STUFFED | OTHERS),
    "wrong_pile": ({"votes_leader", "votes_second"}, OTHERS),
    "turnout_quota": (ADDED, STUFFED),
    "share_quota": ({"votes_leader", *OTHERS}, set()),
    "full_turnout": (ADDED, STUFFED),
    "carousel_certificates": ({*ADDED, "absentee_voted"}, STUFFED),
    "carousel_lists": ({*ADDED, "registered", "voters_added", "supplementary"}, STUFFED),
    "carousel_impersonation": (ADDED, STUFFED),
    "ballot_chain": ({"votes_leader", *OTHERS, "ballots", "valid", "box_stationary"}, set()),
    "pressure_institutions": ({*ADDED, "hour_10"}, STUFFED),
    "pressure_at_home": (
        {"issued", "ballots", "valid", "votes_leader", "issued_outside", "box_portable", "hour_10"},
        PAPERS | HOURS,
    ),
    "roll_padding": ({"registered", "registered_initial", *PAPERS}, set()),
}


@pytest.fixture(scope="module", params=("hierarchical", "households"))
def clean(request):
    return draw(SPECIFICATION.replaced(generator=request.param), rng=11).returns


def test_every_mechanism_has_its_signature():
    assert list(SIGNATURES) == list(MANIPULATIONS)


@pytest.mark.parametrize("kind", MANIPULATIONS)
def test_a_mechanism_moves_its_own_columns_and_the_truth_accounts_for_all(clean, kind):
    changed, truth = manipulate(clean, kind, share=0.2, rng=1)
    must, may = SIGNATURES[kind]
    moved = {c for c in clean.table.columns if not changed.table[c].equals(clean.table[c])}
    assert must <= moved <= must | may
    for column in moved:
        difference = changed.counts(column) - clean.counts(column)
        np.testing.assert_array_equal(truth[f"changed_{column}"], difference)
    hit = (truth["kind"] == kind).to_numpy()
    rows = (changed.table != clean.table).any(axis=1).to_numpy()
    np.testing.assert_array_equal(hit, rows)
    gained = (changed.votes() - clean.votes())[hit]
    np.testing.assert_array_equal((truth["added"] + truth["moved"])[hit], gained)
    assert (truth["intensity"][hit] == MANIPULATIONS[kind].intensity).all()


@pytest.mark.parametrize("kind", MANIPULATIONS)
def test_protocols_stay_consistent(clean, kind):
    changed, _ = manipulate(clean, kind, share=0.2, rng=2)
    found = {item["id"]: item["violations"] for item in forensics.check(changed).identities}
    # A chain's ballot was handed out and never found: more voters by hour than ballots.
    allowed = {id for id in found if kind == "ballot_chain" and id.startswith("hour_")}
    assert {id: n for id, n in found.items() if n and id not in allowed} == {}


@pytest.mark.parametrize("kind", MANIPULATIONS)
def test_the_same_seed_plants_the_same(clean, kind):
    one, other = (manipulate(clean, kind, share=0.1, rng=3)[0] for _ in range(2))
    assert one.digest == other.digest


def test_the_share_is_of_precincts_or_of_units(clean):
    _, stuffed = manipulate(clean, "stuffing", share=0.1, rng=1)
    assert (stuffed["kind"] != "").sum() == pytest.approx(120, abs=3)
    _, toured = manipulate(clean, "carousel_lists", share=0.1, rng=1)
    assert clean.table["district"][(toured["kind"] != "").to_numpy()].nunique() == 4
    _, nobody = manipulate(clean, "stuffing", share=0.0, rng=1)
    assert (nobody["kind"] == "").all()


def test_where_is_an_expression_or_a_mask(clean):
    region = (clean.table["region"] == "Region 02").to_numpy()
    for where in ('region == "Region 02"', region):
        _, truth = manipulate(clean, "switching", share=0.5, where=where, rng=1)
        hit = (truth["kind"] != "").to_numpy()
        assert hit.any()
        assert region[hit].all()


def test_intensities_do_what_their_unit_says(clean):
    listed = clean.counts("registered")
    changed, truth = manipulate(clean, "stuffing", share=1.0, intensity=0.1, rng=1)
    room = (1 - clean.turnout) > 0.15
    # Uniform between half and one and a half times .1: mean .1.
    assert (truth["added"].to_numpy() / listed)[room].mean() == pytest.approx(0.1, abs=0.005)
    changed, _ = manipulate(clean, "turnout_quota", share=1.0, intensity=5, rng=1)
    percent = 100 * changed.turnout
    assert (np.abs(percent - np.rint(percent / 5) * 5) <= 50 / listed + 1e-9).all()
    changed, _ = manipulate(clean, "share_quota", share=1.0, intensity=1, rng=1)
    percent = 100 * changed.share()
    assert (np.abs(percent - np.rint(percent)) <= 50 / changed.counts("ballots") + 1e-9).all()
    changed, _ = manipulate(clean, "full_turnout", share=1.0, rng=1)
    assert (changed.turnout == 1).all()
    _, truth = manipulate(clean, "ballot_chain", share=1.0, intensity=60, rng=1)
    assert set(-truth["changed_ballots"]) <= {0, 1, 2, 3}


def test_who_knows_the_tests_leaves_no_whole_percentage(clean):
    big = clean.where("registered >= 300")
    shares = {}
    for kind in ("stuffing", "stuffing_knowing_the_tests"):
        changed, truth = manipulate(big, kind, share=1.0, intensity=0.1, rng=4)
        hit = (truth["added"] > 0).to_numpy()
        shares[kind] = np.isin(changed.votes()[hit] % 10, (0, 5)).mean()
    # One in five honest counts ends in 0 or 5; the knowing avoid them as far as twelve steps reach.
    assert shares["stuffing"] == pytest.approx(0.2, abs=0.06)
    assert shares["stuffing_knowing_the_tests"] < 0.02


def test_buses_tour_neighbours_with_time_between(clean):
    protocol = Protocol(clean)
    rows = np.flatnonzero(protocol.unit == 0)
    visits = list(stops(protocol, rows, np.random.default_rng(1)))
    # Buses of 20 to 40 on routes of 5 to 20 precincts (those there are), up to three of them.
    assert 5 <= len(visits) <= 60
    assert max(visit.people for visit in visits) <= 40
    assert {visit.row for visit in visits} <= set(rows.tolist())
    steps = np.diff([visit.hour for visit in visits])
    assert (steps[steps > 0] >= 0.4 - 1e-9).all()


def test_a_mechanism_says_what_it_lacks(clean):
    bare = Returns(clean.frame[["region", "precinct", "registered", "ballots", "votes_leader"]])
    with pytest.raises(
        ConfigError, match=r"carousel_certificates cannot be planted in .* lacks absentee_voted"
    ):
        manipulate(bare, "carousel_certificates")
    with pytest.raises(ConfigError, match="is no manipulation; there are stuffing,"):
        manipulate(clean, "magic")
    with pytest.raises(ConfigError, match="between 0 and 1, not 5"):
        manipulate(clean, "stuffing", share=5)
    with pytest.raises(ConfigError, match="intensity is above 0"):
        manipulate(clean, "stuffing", intensity=0)
    with pytest.raises(ConfigError, match=r"no precinct of .* fits"):
        manipulate(clean, "stuffing", where="registered > 90000")


def test_rows_that_do_not_report_are_left_alone():
    frame = pd.DataFrame(
        {
            "precinct": list("abcd"),
            "registered": pd.array([500, None, 500, 500], dtype="Int64"),
            "ballots": pd.array([300, 300, None, 0], dtype="Int64"),
            "votes_a": pd.array([200, 200, 100, 0], dtype="Int64"),
        }
    )
    returns = Returns(frame)
    changed, truth = manipulate(returns, "stuffing", share=1.0, rng=1)
    assert (truth["kind"] != "").tolist() == [True, False, False, False]
    pd.testing.assert_frame_equal(changed.table[1:], returns.table[1:])


def test_several_mechanisms_add_up_in_one_truth():
    planted = (
        Planted(kind="stuffing", share=0.3),
        Planted(kind="switching", share=0.3),
        Planted(kind="tabulation", share=0.05),
    )
    election = draw(SPECIFICATION.replaced(planted=planted), rng=1)
    clean = draw(SPECIFICATION, rng=1)
    assert {"stuffing", "switching", "stuffing+switching", ""} == set(election.truth["planted"])
    gained = election.returns.votes() - clean.returns.votes()
    np.testing.assert_array_equal(election.truth["added"] + election.truth["moved"], gained)
    truth = election.totals_truth["moved"].to_numpy()
    # Two of 40 districts, their regions and the nation.
    lowest = election.totals["district"].notna().to_numpy()
    assert (truth[lowest] > 0).sum() == 2
    assert truth[~lowest].max() == truth[lowest].sum()
    off = forensics.tabulation_sums(election.returns, totals=election.totals)
    assert any(finding.statistic for finding in off.tested)


@pytest.mark.parametrize("coefficient", [0.0, 1.5])
def test_planting_depends_on_composition_as_much_as_is_asked(coefficient):
    planted = (Planted(kind="stuffing", share=0.3, coefficient=coefficient),)
    election = draw(SPECIFICATION.replaced(roster=Roster(), planted=planted), rng=5)
    bloc = election.coding.set_index("nominator")["bloc"]
    precinct = election.roster[election.roster["level"] == 3]
    aligned = precinct["nominated_by"].map(bloc).isin(["INC", "SAT", "STATE"])
    share = aligned.groupby(precinct["precinct"].astype(int)).mean().to_numpy()
    hit = (election.truth["planted"] != "").to_numpy()
    gap = share[hit].mean() - share[~hit].mean()
    # The standard deviation of the share is about .17: a difference of means has one of about .011.
    if coefficient:
        assert gap > 0.1
    else:
        assert abs(gap) < 4 * 0.011


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"leader": "nobody"}, "the totals have no column 'votes_nobody'"),
        ({"levels": ("region", "village")}, "the totals have no column 'village'"),
        ({"share": 5.0}, "share is 5.0; it lies between 0 and 1"),
        ({"intensity": -3.0}, "intensity is -3.0; it lies between 0 and 1"),
        ({"levels": ()}, "between levels, and these returns have none"),
    ],
)
def test_totals_that_cannot_be_tampered_with_are_refused(changes: dict, sentence: str) -> None:
    made = simulation.clean(n=60, rng=1)
    given = {"levels": tuple(made.levels), "leader": made.option(None), "share": 0.1, "intensity": 0.1}
    with pytest.raises(ConfigError, match=sentence):
        simulation.tamper(simulation.totals_of(made), rng=np.random.default_rng(1), **(given | changes))
