"""What is odd in the real files is found by the first look at them (../shared/data/README.md)."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from forensics.errors import ReturnsError
from forensics.tables.checking import Check, check
from forensics.tables.returns import Returns

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def look(shared_data: Path):
    """The check of a file of ../shared/data/returns, by name."""
    kept: dict[str, Check] = {}

    def of(name: str) -> Check:
        if name not in kept:
            kept[name] = check(Returns(pd.read_parquet(shared_data / "returns" / f"{name}.parquet")))
        return kept[name]

    return of


@pytest.mark.parametrize(
    ("name", "rows"),
    # MANIFEST.json: rows of each file.
    [
        ("ru2011_duma", 95_225), ("ru2016_duma", 96_871), ("ru2018_president", 97_699),
        ("ru2021_duma", 96_325), ("ru2021_spb_odd", 1_031), ("am2012_parliament", 1_982),
        ("am2018_parliament", 2_010), ("ug2016_president", 28_010), ("ca2015_federal", 75_075),
        ("se2018_riksdag", 6_325), ("pl2018_sejmik", 26_766), ("es2019_cabildos_canarias", 2_825),
        ("il2021_knesset24", 12_926), ("ro2016_senate", 18_626), ("ro2024_europarl", 18_955),
        ("bg2021jul_parliament", 13_005), ("hu2022_parliament_list", 10_243),
        ("ge2016_parliament", 3_668), ("al2013_parliament", 5_508), ("ve2024_president_actas", 25_073),
    ],
)  # fmt: skip
def test_every_file_is_looked_at_and_can_be_written(look, name: str, rows: int) -> None:
    result = look(name)
    assert (result.rows, result.kept, result.refused) == (rows, rows, ())
    assert {"id", "checked", "violations", "favour_leader", "worst"} <= set(result.identities[0])
    text = json.dumps(result.to_dict(), allow_nan=False)
    assert list(json.loads(text))[:4] == ["rows", "kept", "refused", "coverage"]


@pytest.mark.parametrize(
    ("name", "without_votes", "without_ballots"),
    # README: rows without ballots 2 / 3 / 1 / 23. That is the number of rows without a valid vote;
    # without any ballot in the boxes are 1, 0, 1 and 18 (the others hold invalid ones only).
    [("ru2011_duma", 2, 1), ("ru2016_duma", 3, 0), ("ru2018_president", 1, 1), ("ru2021_duma", 23, 18)],
)
def test_rows_without_ballots(look, name: str, without_votes: int, without_ballots: int) -> None:
    coverage = look(name).coverage
    assert coverage["without_votes"] == without_votes
    assert coverage["without_ballots"] == without_ballots


def test_russia_2018(look) -> None:
    result = look("ru2018_president")
    assert result.coverage["levels"][0]["units"] == 87
    readings = {
        column: (n, k) for column, n, k in result.identity("turnout_pct_within_ballots")["readings"]
    }
    # 108 of 91,249 at noon; 2.5 % of 20,256 at 18 h is 514 rows (half a tenth of a point allowed).
    assert readings["turnout_pct_12"] == (91_249, 108)
    assert readings["turnout_pct_18"] == (20_256, 514)


def test_russia_2021_electronic_rows(look) -> None:
    result = look("ru2021_duma")
    assert result.coverage["without_name"]["precinct"] == 18
    assert (result.duplicates["rows_without_precinct"], result.duplicates["keys"]) == (18, 0)
    # 12 collide on (region, territory, precinct): four such keys hold 16 rows, 12 beyond the first.
    short = result.duplicates["short_key"]
    assert short["key"] == ["region", "territory", "precinct"]
    assert (short["keys"], short["without_precinct"], short["without_precinct_beyond_first"]) == (4, 16, 12)


def test_st_petersburg_2021(look) -> None:
    result = look("ru2021_spb_odd")
    # Hospitals lack coordinates; seven of the rows report nothing at all.
    assert result.coverage["not_reported"] == 7
    assert result.coverage["missing"]["lat"] == 68
    assert result.identity("ballots_are_valid_and_invalid")["unchecked"] == 7
    assert result.identity("hour_never_falls")["checked"] == 960


def test_armenia(look) -> None:
    # 245 rows of 2018 with ballots ≠ valid + invalid; 2012 counts ballots from envelopes.
    assert look("am2018_parliament").identity("ballots_are_valid_and_invalid")["violations"] == 245
    assert look("am2012_parliament").identity("ballots_are_valid_and_invalid")["violations"] == 1_251


def test_uganda_not_reported(look) -> None:
    assert look("ug2016_president").coverage["not_reported"] == 235


def test_canada_advance_polls_have_no_electors(look) -> None:
    result = look("ca2015_federal")
    assert result.coverage["registered_zero"] == 5_492
    assert result.identity("registered_cover_ballots")["innocent"] is True
    assert result.contradictions == 0


def test_sweden_late_postal_votes(look) -> None:
    result = look("se2018_riksdag")
    coverage = result.coverage
    assert coverage["registered_zero"] + coverage["registered_missing"] == 321
    assert result.blank_in["place"] == "invalid"
    assert result.identity("votes_are_valid")["violations"] == 0


def test_poland_two_source_files(look) -> None:
    result = look("pl2018_sejmik")
    assert result.identity("ballots_are_valid_and_invalid")["violations"] == 517
    assert (
        abs(result.identity("ballots_are_valid_and_invalid")["worst"][0]["imbalance"]) == 24
    )  # a few votes
    # Six rows hold noughts and no votes by option.
    assert result.identity("issued_cover_ballots")["violations"] == 1_643
    assert result.identity("votes_are_valid")["unchecked"] == 6


def test_spain_blank_votes_are_valid(look) -> None:
    result = look("es2019_cabildos_canarias")
    assert result.blank_in["place"] == "valid"
    assert result.identity("votes_are_valid")["violations"] == 0
    assert [reading[0] for reading in result.identity("hour_within_ballots")["readings"]] == [
        "hour_14",
        "hour_18",
    ]


def test_israel_double_envelopes(look) -> None:
    result = look("il2021_knesset24")
    assert result.coverage["registered_zero"] == 799
    assert result.contradictions == 0


def test_romania_supplementary_lists(look) -> None:
    result = look("ro2024_europarl")
    assert len(result.identity("hour_never_falls")["readings"]) == 15  # 16 points
    assert result.identity("registered_cover_ballots")["violations"] == 204


def test_bulgaria_abroad(look) -> None:
    coverage = look("bg2021jul_parliament").coverage
    assert dict(coverage["levels"][0]["by_unit"])["Извън страната"] == 782
    assert coverage["without_name"] == {"precinct": 0, "region": 0, "district": 782, "municipality": 782}


def test_georgia(look) -> None:
    result = look("ge2016_parliament")
    assert result.coverage["registered_zero"] == 54
    assert result.coverage["without_name"]["region"] == 435
    assert (result.duplicates["keys"], result.duplicates["rows"]) == (2, 4)
    assert {row["precinct"] for row in result.duplicates["listed"]} == {"10.11", "59.11"}


def test_albania(look) -> None:
    result = look("al2013_parliament")
    assert (result.duplicates["keys"], result.duplicates["identical"]) == (60, 0)
    assert result.identity("negative_counts")["readings"] == [["invalid", 5_508, 14]]
    assert result.contradictions == 60 + 14


def test_venezuela_without_registered(look) -> None:
    result = look("ve2024_president_actas")
    assert result.coverage["registered_missing"] == 25_073
    assert ["registered"] in [item["missing"] for item in result.unchecked]


def test_an_unknown_relation_is_named(look) -> None:
    with pytest.raises(KeyError, match="was not checked; there are ballots_are_valid_and_invalid"):
        look("ve2024_president_actas").identity("boxes_hold_ballots")


def test_the_table_without_votes_is_no_returns(shared_data: Path) -> None:
    frame = pd.read_parquet(shared_data / "returns" / "ru2018_spb_stations.parquet")
    with pytest.raises(ReturnsError, match="no count of ballots or votes"):
        Returns(frame)
