"""Measures of commissions: the published vector exactly, bounds, days, levels, real rosters."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from commissions_of_seven import NOMINATORS, coding_of_seven, seven

from forensics.commissions.catalogue import CAPTURE_PARTS, CATALOGUE, measure_id
from forensics.commissions.measures import Measures, measure, measure_each
from forensics.errors import ConfigError
from forensics.simulation import draw, embedded
from forensics.tables.returns import Returns
from forensics.tables.rosters import read_roster

# The vector gives three decimals; ratios of whole numbers are exact to rounding.
ROUNDING = 1e-12

# Section 1.3 of the reference: seven members, INC chair who heads S12, six of seven aligned.
VECTOR = {
    "S_inc": 1 / 7,
    "S_bloc": 6 / 7,
    "ENN": 7.0,
    "H*": 0.0,
    "ENB": 49 / 19,  # 2.579
    "ENE": 49 / 19,
    "PE": 12 / 42,  # .286
    "D": 0.5,
    "PUB": 6 / 7,  # .857
    "A": 3 / 5,
    "MAJ": 1,
    "QUO": 1,
    "OPPBLK": 0,  # three would be needed
    "O1": 1,
    "O_lead": 0,
    "VEN": 1,
    "LEAD": 1,
    "CAP": 5,  # all but: no opposition
    "FILL": 1 / 7,
}


def _measured(**changes: object) -> Measures:
    return measure(read_roster(seven(**changes)), coding=coding_of_seven())


@pytest.mark.parametrize("symbol", list(VECTOR))
def test_the_published_vector(symbol: str) -> None:
    measured = _measured()
    name = measure_id(symbol)
    for table in (measured.value, measured.low, measured.high):
        assert table.loc[0, name] == pytest.approx(VECTOR[symbol], abs=ROUNDING)


def test_rounded_as_published() -> None:
    value = _measured().value.loc[0]
    shown = {s: f"{value[measure_id(s)]:.3f}" for s in ("S_inc", "S_bloc", "ENB", "PE", "PUB")}
    assert shown == {"S_inc": "0.143", "S_bloc": "0.857", "ENB": "2.579", "PE": "0.286", "PUB": "0.857"}


def test_the_count_is_shown_with_its_six_parts() -> None:
    value = _measured().value.loc[0]
    assert len(CAPTURE_PARTS) == 6
    assert value[list(CAPTURE_PARTS)].sum() == value["capture_count"] == 5
    assert value["no_opposition"] == 0


def test_exposures_for_every_nominator() -> None:
    value = _measured().value.loc[0]
    assert value["nominator:sat1"] == pytest.approx(1 / 7)
    assert value["chair:inc"] == value["secretary:sat1"] == value["deputy:sat4"] == 1
    assert value["bloc:SAT"] == pytest.approx(4 / 7)


def test_consultative_members_are_not_counted() -> None:
    votes = ["decisive"] * 5 + ["consultative", "decisive"]
    measured = _measured(vote_right=votes)
    assert measured.value.loc[0, "opposition_present"] == 0
    assert measured.value.loc[0, "incumbent_share"] == pytest.approx(1 / 6)


def _together(frames: list[pd.DataFrame], coding: pd.DataFrame) -> pd.DataFrame:
    """Measures of many commissions of seven, a row each."""
    named = [frame.assign(commission_id=f"c{i}") for i, frame in enumerate(frames)]
    return measure(read_roster(pd.concat(named, ignore_index=True)), coding=coding).value


CODED = [entry.id for entry in CATALOGUE.values() if entry.coded]


@pytest.mark.parametrize("gone", [(1,), (5, 6), (0, 3)])
def test_bounds_hold_for_whoever_the_unknown_members_are(gone: tuple[int, ...]) -> None:
    """Every way of filling in the unknown nominators stays inside; the extremes are reached."""
    unknown = [None if i in gone else name for i, name in enumerate(NOMINATORS)]
    kinds = ["party"] * 6 + ["executive"]
    kind = [None if i in gone else kinds[i] for i in range(7)]
    bounded = _measured(nominated_by=unknown, nominator_type=kind)
    filled = []
    for names in product([*NOMINATORS, "other"], repeat=len(gone)):
        chosen = dict(zip(gone, names, strict=True))
        own = [chosen.get(i, name) for i, name in enumerate(NOMINATORS)]
        types = ["party" if name in NOMINATORS[:6] else "executive" for name in own]
        filled.append(seven(nominated_by=own, nominator_type=types))
    other = pd.DataFrame({"nominator": ["other"], "bloc": ["CIV"], "p_aligned": [0.0], "source": ["x"]})
    reached = _together(filled, pd.concat([coding_of_seven(), other]))
    made = [name for name in (*CODED, "effective_nominators", "same_nominator") if name in bounded.ids]
    assert len(made) >= 14
    for name in made:
        low, high = bounded.low.loc[0, name], bounded.high.loc[0, name]
        assert low <= reached[name].min() + ROUNDING, name
        assert high >= reached[name].max() - ROUNDING, name
    for name in ("incumbent_share", "aligned_share", "opposition_present", "aligned_majority", "leadership",
                 "effective_nominators", "same_nominator", "filler_share", "chair_aligned"):  # fmt: skip
        assert bounded.low.loc[0, name] == pytest.approx(reached[name].min(), abs=ROUNDING), name
        assert bounded.high.loc[0, name] == pytest.approx(reached[name].max(), abs=ROUNDING), name


@pytest.mark.parametrize("gone", [(1,), (4, 6), (2, 3)])
def test_bounds_hold_for_whoever_employs_the_unknown(gone: tuple[int, ...]) -> None:
    ids, kinds = seven()["employer_id"].tolist(), seven()["employer_type"].tolist()
    places = {
        "S12": "school",
        "clinic": "health",
        "private": "private",
        "x": "private",
        "akimat": "executive",
    }
    without = _measured(
        employer_id=[None if i in gone else name for i, name in enumerate(ids)],
        employer_type=[None if i in gone else name for i, name in enumerate(kinds)],
    )
    filled = []
    for names in product(places, repeat=len(gone)):
        chosen = dict(zip(gone, names, strict=True))
        own = [chosen.get(i, name) for i, name in enumerate(ids)]
        filled.append(seven(employer_id=own, employer_type=[places[name] for name in own]))
    reached = _together(filled, coding_of_seven())
    for name in ("effective_employers", "same_employer", "subordination", "public_dependence",
                 "label_dependence", "capture_count"):  # fmt: skip
        assert without.low.loc[0, name] <= reached[name].min() + ROUNDING, name
        assert without.high.loc[0, name] >= reached[name].max() - ROUNDING, name
    for name in ("subordination", "public_dependence"):
        assert without.low.loc[0, name] == pytest.approx(reached[name].min(), abs=ROUNDING), name
        assert without.high.loc[0, name] == pytest.approx(reached[name].max(), abs=ROUNDING), name


def test_a_chair_of_whom_nothing_is_known_decides_nothing() -> None:
    roles = ["head", *["subordinate"] * 6]
    unknown = _measured(employer_role=[None, *roles[1:]])
    assert np.isnan(unknown.value.loc[0, "subordination"])
    assert (unknown.low.loc[0, "subordination"], unknown.high.loc[0, "subordination"]) == (0, 0.5)
    assert _measured(employer_role="subordinate").value.loc[0, "subordination"] == 0
    unchaired = _measured(role="member")
    assert "subordination" not in unchaired.ids
    assert "leadership" not in unchaired.ids
    assert "needs" in str(unchaired.skipped["subordination"])


def test_the_same_type_of_venue_is_a_guess_with_bounds() -> None:
    guess = _measured(venue_id=None)
    assert guess.value.loc[0, "chair_heads_venue"] == 1
    assert (guess.low.loc[0, "chair_heads_venue"], guess.high.loc[0, "chair_heads_venue"]) == (0, 1)
    other = _measured(venue_id=None, venue_type="health")
    assert other.high.loc[0, "chair_heads_venue"] == 0
    assert _measured(venue_id="S13").value.loc[0, "chair_heads_venue"] == 0


def test_without_a_coding_only_what_needs_none() -> None:
    measured = measure(read_roster(seven()))
    assert measured.coding == ""
    assert measured.value.loc[0, "effective_nominators"] == pytest.approx(7)
    assert "aligned_share" not in measured.ids
    assert "a coding" in str(measured.skipped["aligned_share"])


def test_switching_the_coding_changes_only_what_is_coded() -> None:
    """Feature 6 of the reference: codings side by side."""
    nominal = coding_of_seven().assign(p_aligned=[1, 0, 0, 0, 0, 0, 0])
    frames = {"broad": coding_of_seven(), "nominal": nominal}
    made = {
        name: measure(read_roster(seven()), coding=frame).value.loc[0] for name, frame in frames.items()
    }
    changed = [name for name in made["broad"].index if made["broad"][name] != made["nominal"][name]]
    assert "aligned_share" in changed
    assert all(CATALOGUE[name].coded for name in changed)


def test_names_of_measures() -> None:
    assert measure_id("lead") == "leadership"
    assert measure_id("territorial:S_BLOC") == "territorial:aligned_share"
    assert measure_id("chair:x") == "chair:x"
    with pytest.raises(ConfigError, match="no measure; the measures are incumbent_share"):
        measure_id("power")


def test_spells_need_a_day() -> None:
    frame = pd.concat([seven(), seven().iloc[:1].set_axis([9], axis=0).assign(member_id="next")])
    frame["start"], frame["end"] = [None] * 7 + ["2018-05-01"], ["2018-05-01"] + [None] * 7
    frame.loc[9, "nominated_by"] = "opp"
    roster = read_roster(frame)
    with pytest.raises(ConfigError, match="give the day"):
        measure(roster, coding=coding_of_seven())
    before, after = (
        measure(roster, coding=coding_of_seven(), date=day) for day in ("2018-04-01", "2018-05-01")
    )
    assert before.value.loc[0, "chair_aligned"] == 1
    assert after.value.loc[0, "chair_aligned"] == 0


@pytest.fixture(scope="module")
def simulated() -> Measures:
    drawn = draw(embedded())
    return measure(read_roster(drawn.roster), drawn.returns, coding=drawn.coding)


def test_a_drawn_roster_of_four_levels_gives_measures(simulated: Measures) -> None:
    frame = simulated.frame
    # data/demo.toml: 9,840 precincts, all with a commission of seven.
    assert len(frame) == 9840
    assert frame.index.equals(simulated.places.index)
    assert frame["aligned_share"].notna().all()
    assert simulated.level_of("LEAD") == "precinct"
    assert simulated.level_of("territorial:LEAD") == "district"
    assert simulated.level_of("regional:S_bloc") == "region"
    assert frame["appointed_by"].nunique() == 208
    # Roster.one_employer is .45, with 60,000 draws.
    assert frame["subordination"].mean() == pytest.approx(0.45, abs=0.01)
    wide = frame[[c for c in frame.columns if c.startswith("bloc:")]].sum(axis=1)
    assert wide.to_numpy() == pytest.approx(np.ones(len(frame)))


def test_no_frame_without_returns() -> None:
    with pytest.raises(ConfigError, match="not joined to returns"):
        assert _measured().frame is None


def test_the_appointing_level_is_the_first_above_unless_named(simulated: Measures) -> None:
    assert simulated.appointing_level == "district"
    drawn = draw(embedded())
    roster = read_roster(drawn.roster)
    regional = measure(roster, drawn.returns, appointed_by="region")
    assert regional.appointing_level == "region"
    assert regional.frame["appointed_by"].nunique() == 16  # data/demo.toml
    with pytest.raises(ConfigError, match="'county' is no level"):
        measure(roster, drawn.returns, appointed_by="county")


@pytest.mark.shared
@pytest.mark.parametrize(
    ("roster", "returns"), [("ru2016_spb", "ru2016_duma"), ("ru2018_spb", "ru2018_president")]
)
def test_st_petersburg(shared_data: Path, roster: str, returns: str) -> None:
    path = shared_data / "rosters" / f"{roster}.csv"
    read = read_roster(path)
    table = Returns(pd.read_parquet(shared_data / "returns" / f"{returns}.parquet"))
    made = measure_each(
        read, table, codings=["st-petersburg", "st-petersburg-nominal", "st-petersburg-public"]
    )
    raw = pd.read_csv(path, dtype={"precinct": "str"}).set_index("precinct")
    for measured in made.values():
        frame = measured.frame.dropna(subset="nominator:united_russia")
        keys = table.table.loc[frame.index, "precinct"].astype("str")
        own = raw.loc[keys]
        share = (own["commission_n_united_russia"] / own["commission_n"]).to_numpy()
        np.testing.assert_allclose(frame["nominator:united_russia"], share, rtol=ROUNDING)
        chair = own["commission_chair_by"].eq("united_russia").fillna(False).to_numpy(dtype=float)
        known = frame["chair:united_russia"].notna().to_numpy()
        np.testing.assert_array_equal(frame["chair:united_russia"][known], chair[known])
        assert not measured.steps  # the coding knows every nominator
        low, high = measured.bounds
        assert ((low <= high) | low.isna()).loc[:, list(measured.ids)].all(axis=None)
    nominal = made["st-petersburg-nominal"].frame
    assert nominal["aligned_share"].equals(nominal["incumbent_share"])
    assert (
        made["st-petersburg"].high["aligned_share"].mean()
        > made["st-petersburg"].low["aligned_share"].mean()
    )
