"""Drawn elections: same seed same bytes, independent blocks, every identity, plausible blocks."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pandas as pd
import pytest

import forensics
from forensics.errors import ConfigError
from forensics.simulation import Specification, draw, read_specification, write_specification
from forensics.simulation.fields import log_decaying
from forensics.simulation.parameters import (
    Accounting,
    Certificates,
    Clerical,
    Contest,
    Field,
    Hours,
    Institutions,
    Lists,
    Places,
    Rate,
    Roster,
    Shape,
)
from forensics.tables.returns import Returns

BARE = Specification(
    turnout=Rate(median=0.6),
    support=Rate(median=0.5),
    shape=Shape(units=(8, 60), precincts=1500),
)
BLOCKS = {
    "accounting": Accounting(),
    "certificates": Certificates(),
    "lists": Lists(),
    "hours": Hours(),
    "contest": Contest(),
}
FULL = BARE.replaced(**BLOCKS, places=Places(), institutions=Institutions(share=0.05), field=Field())
GENERATORS = ("hierarchical", "households")
#: Two standard errors of a median over 8 regions (.35) and 60 districts (.2) on the logit scale: /4.
MEDIAN = 0.08


@pytest.fixture(scope="module", params=GENERATORS)
def full(request):
    return draw(FULL.replaced(generator=request.param), rng=3)


@pytest.mark.parametrize("generator", GENERATORS)
def test_the_same_seed_gives_the_same_bytes(generator):
    one, other = (draw(FULL.replaced(generator=generator, roster=Roster()), rng=5) for _ in range(2))
    pd.testing.assert_frame_equal(one.returns.table, other.returns.table)
    pd.testing.assert_frame_equal(one.truth, other.truth)
    pd.testing.assert_frame_equal(one.roster, other.roster)
    assert draw(FULL.replaced(generator=generator), rng=6).returns.digest != one.returns.digest


@pytest.mark.parametrize("generator", GENERATORS)
@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_adds_its_columns_and_moves_no_other(block, generator):
    without = FULL.replaced(generator=generator, **{block: None})
    full, less = (draw(s, rng=7).returns.table for s in (FULL.replaced(generator=generator), without))
    assert len(full.columns) > len(less.columns)
    pd.testing.assert_frame_equal(full[less.columns], less)


def test_every_identity_holds_and_nothing_is_negative(full):
    found = forensics.check(full.returns)
    assert found.contradictions == 0
    assert {item["violations"] for item in found.identities} == {0}
    checked = {item["id"] for item in found.identities if item["checked"]}
    assert {"received_are_accounted", "certificates_are_accounted", "boxes_hold_ballots"} <= checked


def test_the_ledger_of_certificates_closes(full):
    counts = full.returns.counts
    handed_out = counts("absentee_issued").sum() + counts("absentee_issued_territory").sum()
    # A default of .72 of those issued is used.
    assert 0.6 * handed_out < counts("absentee_voted").sum() <= handed_out


def test_lists_hours_and_the_second_contest_agree_with_the_first(full):
    counts = full.returns.counts
    np.testing.assert_array_equal(
        counts("registered_initial") + counts("voters_added"), counts("registered")
    )
    hours = np.column_stack([counts(f"hour_{h:02d}") for h in Hours().hours])
    assert (np.diff(hours, axis=1) >= 0).all()
    np.testing.assert_array_equal(hours[:, -1], counts("ballots"))
    assert (counts("city_ballots") <= counts("ballots")).all()
    assert (counts("city_registered") <= counts("registered")).all()
    assert (counts("city_ballots") <= counts("city_registered")).all()


def test_institutions_have_their_oddities(full):
    truth, table = full.truth, full.returns.table
    special = truth["institution"].to_numpy()
    # Binomial, 1,500 at .05: a standard deviation of .0056.
    assert special.mean() == pytest.approx(0.05, abs=5 * 0.0056)
    everybody = full.returns.turnout == 1
    assert everybody[special].mean() > 0.2
    assert everybody[~special].mean() < 0.02
    health = (table["venue_type"] == "health").to_numpy()
    assert (table["registered_initial"][health] == 0).all()
    early = full.returns.counts("hour_14") == full.returns.counts("ballots")
    assert early[health].all()
    assert early[~special].mean() < 0.05


def test_medians_are_those_asked_for():
    for generator in GENERATORS:
        returns = draw(BARE.replaced(generator=generator), rng=1).returns
        assert np.median(returns.turnout) == pytest.approx(0.6, abs=MEDIAN)
        assert np.median(returns.share(of="valid")) == pytest.approx(0.5, abs=MEDIAN)


def test_precincts_of_one_building_share_it(full):
    table = full.returns.table
    first = table.groupby("building")[["lat", "lon"]].transform("first")
    assert (table[["lat", "lon"]] == first).all(axis=None)
    # .35 of the precincts lie where the one before does, fewer by those that open a district.
    assert table["building"].nunique() == pytest.approx(0.65 * len(table), rel=0.1)


def test_a_field_is_alike_nearby_and_forgets_with_the_logarithm_of_distance():
    rng = np.random.default_rng(1)
    x, y = rng.uniform(0, 1000, (2, 400))
    shift = {1.0: [], 10.0: [], 100.0: []}
    for seed in range(60):
        here = log_decaying(x, y, 1.0, 1000.0, np.random.default_rng(seed))
        assert here.std() < 3
        for d, values in shift.items():
            values.append((here * log_decaying(x + d, y, 1.0, 1000.0, np.random.default_rng(seed))).mean())
    near, middle, far = (float(np.mean(values)) for values in shift.values())
    # Equal steps of the logarithm, about equal falls: a third of ln(1000) each; ±.1 of 60 fields.
    assert near - middle == pytest.approx(1 / 3, abs=0.12)
    assert middle - far == pytest.approx(1 / 3, abs=0.12)


def test_slips_are_honest_rare_and_marked():
    slipped = draw(FULL.replaced(clerical=Clerical(rate=0.05)), rng=2)
    clean = draw(FULL, rng=2)
    differs = (slipped.returns.table != clean.returns.table).any(axis=1).to_numpy()
    np.testing.assert_array_equal(differs, slipped.truth["slipped"].to_numpy())
    # Binomial, 1,500 at .05; exchanging equal digits changes nothing (2 in 100 of the slips).
    assert differs.mean() == pytest.approx(0.05, abs=0.03)


def test_real_precincts_lend_their_names_sizes_and_places():
    real = draw(FULL, rng=1).returns
    again = draw(BARE, like=real, rng=2).returns
    kept = ["region", "district", "precinct", "registered", "lat", "lon", "building", "venue_type"]
    pd.testing.assert_frame_equal(again.table[kept], real.table[kept])
    assert again.levels == real.levels


def test_known_units_keep_their_effects():
    anchored = BARE.replaced(anchors={"Region 03": (1.5, -1.5)})
    returns = draw(anchored, rng=4).returns
    parts = {str(scope): part for scope, part in returns.by("region")}
    # logit .6 + 1.5 and logit .5 − 1.5; precincts vary by .25 on the logit scale.
    assert np.median(parts["Region 03"].turnout) == pytest.approx(0.87, abs=0.02)
    assert np.median(parts["Region 03"].share(of="valid")) == pytest.approx(0.18, abs=0.03)


def test_any_number_of_levels():
    four = ("region", "district", "territory", "municipality")
    shape = Shape(levels=four, units=(3, 9, 30, 100), precincts=600)
    assert [len(draw(BARE.replaced(shape=shape), rng=1).returns.units(v).scopes) for v in four] == [
        3, 9, 30, 100,
    ]  # fmt: skip
    none = draw(BARE.replaced(shape=Shape(levels=(), units=(), precincts=50)), rng=1)
    assert none.returns.levels == ()


def test_without_a_list_only_votes_are_drawn():
    sheets = pd.DataFrame(
        {"precinct": [str(i) for i in range(200)], "ballots": 300, "votes_a": 150, "votes_b": 150}
    )
    votes_only = Specification(support=Rate(median=0.4))
    drawn = draw(votes_only, like=Returns(sheets), rng=1).returns
    assert "registered" not in drawn.table
    assert (drawn.counts("ballots") <= 300).all()
    with pytest.raises(ConfigError, match="has no turnout"):
        draw(votes_only, rng=1)
    turnout_only = draw(Specification(turnout=Rate(median=0.4)), rng=1).returns
    assert turnout_only.options == ()


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(ConfigError, match="a spatial field needs coordinates"):
        draw(BARE.replaced(field=Field()), rng=1)
    # A struct made in Python is checked when it is drawn.
    with pytest.raises(ConfigError, match=r"at `\$\.turnout\.median`"):
        draw(BARE.replaced(turnout=Rate(median=2.0)), rng=1)


def test_a_specification_survives_its_file():
    for specification in (BARE, FULL.replaced(roster=Roster()), Specification(support=Rate(median=0.3))):
        assert read_specification(write_specification(specification)) == specification


def test_totals_are_sums():
    election = draw(BARE, rng=1)
    totals = forensics.tabulation_sums(election.returns, totals=election.totals)
    assert totals.tested
    assert all(finding.statistic == 0 for finding in totals.tested)


def test_memory_does_not_grow_with_the_number_of_elections():
    draw(BARE, rng=0)
    tracemalloc.start()
    draw(BARE, rng=1)
    before = tracemalloc.get_traced_memory()[0]
    for seed in range(8):
        draw(BARE, rng=seed)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    # One election of 1,500 precincts holds about 100 kB of counts; eight kept would be 800 kB.
    assert grown < 200_000
