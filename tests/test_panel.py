"""Precincts that persist: who is paired, who is refused, and what their scores have in common."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from forensics.comparing.beside import Beside
from forensics.comparing.documents import read_document
from forensics.comparing.elections import Election
from forensics.comparing.panel import FEWEST, panels

UNITS, EACH = 30, 20
SCORE = "last_digit:issued"


def frame(scores: np.ndarray, *, digits: int = 0, district: str = "District") -> pd.DataFrame:
    """Precincts of five regions and thirty districts, with one score."""
    unit = np.repeat(np.arange(UNITS), EACH)
    return pd.DataFrame(
        {
            "row": np.arange(len(unit)) + 1,
            "region": [f"Region {one % 5}" for one in unit],
            "district": [f"{district} {one}" for one in unit],
            "precinct": [f"{place + 1:0{digits}d}" for place in range(len(unit))],
            SCORE: scores,
        }
    )


def election(year: int, precincts: pd.DataFrame | None) -> Election:
    content = {
        "schema_version": 1,
        "provenance": {"digest": str(year), "version": "1"},
        "findings": [],
        "skipped": [],
    }
    document = read_document(json.dumps(content).encode(), str(year))
    return Election(str(year), f"{year}-01-01", document, {}, precincts, f"election {year}", str(year))


def noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=UNITS * EACH)


def test_scores_that_persist_are_told_with_their_interval() -> None:
    places = noise(1)
    then, now = frame(places + 0.5 * noise(2)), frame(places + 0.5 * noise(3))
    (panel,) = panels([election(2016, then), election(2020, now)], ())
    (score,) = panel.scores
    assert (panel.kept, panel.rows, panel.reason, panel.refused) == (600, (600, 600), None, None)
    assert panel.key == ("region", "district", "precinct")
    # Correlation 1/(1 + .25) = .8 of normal scores; Spearman's is 6/π asin(.8/2) = .786.
    assert score.interval is not None
    assert score.interval.low < 0.786 < score.interval.high
    assert score.again is not None
    assert score.expected == pytest.approx(0.1)
    assert score.again > 0.4
    assert (score.clustered_by, score.clusters, score.n) == ("district", UNITS, 600)


def test_scores_that_have_nothing_in_common_are_told_too() -> None:
    (panel,) = panels([election(2016, frame(noise(4))), election(2020, frame(noise(5)))], ())
    (score,) = panel.scores
    assert score.interval is not None
    assert score.interval.low < 0 < score.interval.high


def test_the_change_is_told_only_under_one_definition() -> None:
    then = frame(noise(6))
    now = then.assign(**{SCORE: then[SCORE] + 2.0 + 0.1 * noise(7)})
    both = [election(2016, then), election(2020, now)]
    same = Beside("last_digit", "digits", "issued", "national", "", (), (), (), ())
    assert panels(both, ())[0].scores[0].change is None
    change = panels(both, (same,))[0].scores[0].change
    assert change is not None
    assert change[1] == pytest.approx(2.0, abs=0.02)  # median of 600 normal values of spread .1


def test_spelling_and_leading_zeros_do_not_tell_precincts_apart() -> None:
    then, now = frame(noise(8)), frame(noise(9), digits=4)
    now["region"] = now["region"].str.upper()
    assert panels([election(2016, then), election(2020, now)], ())[0].kept == 600


def test_levels_spelled_anew_below_the_top_are_left_out_of_the_key() -> None:
    then, now = frame(noise(10)), frame(noise(11), district="Constituency")
    (panel,) = panels([election(2016, then), election(2020, now)], ())
    assert panel.key == ("region", "precinct")
    assert panel.kept == 600


def test_names_that_stand_twice_are_not_paired() -> None:
    then, now = frame(noise(12)), frame(noise(13))
    then.loc[1, ["precinct", "district", "region"]] = then.loc[0, ["precinct", "district", "region"]]
    (panel,) = panels([election(2016, then), election(2020, now)], ())
    assert (panel.kept, panel.rows) == (598, (600, 600))


def test_renumbered_precincts_are_refused_with_the_reason() -> None:
    then, now = frame(noise(14)), frame(noise(15))
    now["precinct"] = [str(place + 400) for place in range(len(now))]
    (panel,) = panels([election(2016, then), election(2020, now)], ())
    assert panel.scores == ()
    assert "at least 70\u00a0% are needed" in str(panel.reason)


def test_another_electorate_under_an_old_name_is_refused() -> None:
    then, now = frame(noise(16)), frame(noise(17))
    then["registered"], now["registered"] = 1000, 1000
    now.loc[:99, "registered"] = 1300  # above 1.25 of then
    (panel,) = panels([election(2016, then), election(2020, now)], ())
    assert (panel.matched, panel.refused, panel.kept) == (600, 100, 500)
    assert panel.reason is None
    assert panel.scores[0].n == 500
    now["registered"] = 3000
    (panel,) = panels([election(2016, then), election(2020, now)], ())
    assert "600 were refused because the ratio" in str(panel.reason)


def test_without_restricted_scores_nothing_is_paired() -> None:
    (panel,) = panels([election(2016, None), election(2020, frame(noise(18)))], ())
    assert "2016 was handed on without its restricted scores" in str(panel.reason)


def test_without_a_level_in_common_nothing_is_paired() -> None:
    now = frame(noise(19)).rename(columns={"region": "oblast", "district": "rayon"})
    (panel,) = panels([election(2016, frame(noise(20))), election(2020, now)], ())
    assert "no level in common" in str(panel.reason)


def test_a_handful_of_scored_precincts_is_not_told() -> None:
    few = noise(21)
    few[FEWEST - 1 :] = np.nan
    lone = np.zeros(UNITS * EACH)
    lone[: FEWEST - 1] = 1.0
    for scores, said in ((few, f"Only {FEWEST - 1} precincts"), (lone, "the same in nearly all")):
        (panel,) = panels([election(2016, frame(scores)), election(2020, frame(noise(22)))], ())
        assert panel.scores[0].correlation is None
        assert said in str(panel.scores[0].reason)


def test_a_score_of_one_election_only_is_said_to_be_so() -> None:
    now = frame(noise(23)).rename(columns={SCORE: "turnout_edge:turnout"})
    (panel,) = panels([election(2016, frame(noise(24))), election(2020, now)], ())
    assert [str(score.reason) for score in panel.scores] == [
        "2016 has no such score.",
        "2020 has no such score.",
    ]


def test_three_elections_have_two_panels() -> None:
    three = [election(year, frame(noise(year))) for year in (2012, 2016, 2020)]
    assert [(panel.earlier, panel.later) for panel in panels(three, ())] == [
        ("2012", "2016"),
        ("2016", "2020"),
    ]
