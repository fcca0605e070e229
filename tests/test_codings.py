"""Codings: dates, mergers, several labels of one party, and what is refused; the shipped ones."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from forensics.commissions.codings import BLOCS, read_coding, read_codings, shipped_codings
from forensics.errors import ConfigError
from forensics.resources import resource
from forensics.tables.rosters import read_roster


def _rows(*rows: tuple[str, ...]) -> pd.DataFrame:
    names = ["nominator", "bloc", "p_aligned", "valid_from", "valid_to", "merged_into", "source"]
    return pd.DataFrame([dict(zip(names, row, strict=True)) for row in rows])


MERGER = _rows(
    ("Old", "OPP", "0", "", "2013-01-01", "New", "x"),
    ("New", "SAT", "1", "2013-01-01", "", "", "x"),
    ("Club", "CIV", "", "", "", "", "x"),
)


def test_a_merged_nominator_is_its_successor() -> None:
    coding = read_coding(MERGER)
    asked = pd.Series(["Old", " old ", "New", "Club", "Nobody", None])
    before, after = (coding.coded(asked, day) for day in ("2012-12-31", "2013-01-01"))
    assert before["bloc"].tolist() == ["OPP", "OPP", "UNK", "CIV", "UNK", "UNK"]
    assert after["bloc"].tolist() == ["SAT", "SAT", "SAT", "CIV", "UNK", "UNK"]
    assert after["party"].tolist()[:3] == ["new"] * 3
    assert before["p_aligned"].isna().tolist() == [False, False, True, True, True, True]
    assert coding.uncoded(["Old", "New", "Nobody"], "2012-12-31") == ("New", "Nobody")
    assert (coding.parties("2012-12-31"), coding.parties("2013-01-01")) == (("old",), ("new",))


def test_a_bloc_that_depends_on_the_day_needs_one() -> None:
    dated = _rows(
        ("A", "OPP", "0", "", "2010-01-01", "", "x"), ("A", "SAT", "1", "2010-01-01", "", "", "x")
    )
    coding = read_coding(dated)
    with pytest.raises(ConfigError, match="depends on the date"):
        coding.on()
    assert coding.on("2009-01-01").loc["a", "bloc"] == "OPP"
    # A merger alone does not: each label has one bloc of its own.
    assert read_coding(MERGER).on().loc["old", "bloc"] == "OPP"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("A", "GOV", "", "", "", "", "x"), "row 0: 'GOV' is no bloc; a bloc is INC"),
        (("A", "INC", "1.2", "", "", "", "x"), "column 'p_aligned' is '1.2'"),
        (("A", "INC", "1", "soon", "", "", "x"), "column 'valid_from' is 'soon'"),
        (("A", "INC", "1", "", "", "", ""), "column 'source' is empty"),
        (("", "INC", "1", "", "", "", "x"), "column 'nominator' is empty"),
        (("A", "INC", "1", "", "2010-01-01", "B", "x"), "merges into 'B', which has no row"),
        (("A", "INC", "1", "", "", "A", "x"), "has no valid_to"),
    ],
)
def test_rows_that_cannot_be_used(row: tuple[str, ...], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read_coding(_rows(row))


def test_overlapping_spells_and_circles_are_refused() -> None:
    twice = _rows(
        ("A", "OPP", "0", "", "2012-01-01", "", "x"), ("A", "SAT", "1", "2010-01-01", "", "", "x")
    )
    with pytest.raises(ConfigError, match="rows 0 and 1 both hold for 'A'"):
        read_coding(twice)
    circle = _rows(
        ("A", "OPP", "0", "", "2010-01-01", "B", "x"), ("B", "SAT", "1", "", "2010-01-01", "A", "x")
    )
    with pytest.raises(ConfigError, match="merge in a circle"):
        read_coding(circle).on("2011-01-01")
    with pytest.raises(ConfigError, match="no column 'bloc'"):
        read_coding(pd.DataFrame({"nominator": ["A"], "source": ["x"]}))


def test_several_side_by_side_have_names_of_their_own(tmp_path: Path) -> None:
    MERGER.to_csv(tmp_path / "mine.csv", index=False)
    several = read_codings([tmp_path / "mine.csv", "kazakhstan"])
    assert [coding.name for coding in several] == ["mine", "kazakhstan"]
    assert read_codings(None) == ()
    with pytest.raises(ConfigError, match="two codings are called 'kazakhstan'"):
        read_codings(["kazakhstan", "kazakhstan"])
    with pytest.raises(ConfigError, match="no such file"):
        read_coding("nowhere.csv")


@pytest.mark.parametrize("name", shipped_codings())
def test_every_shipped_row_has_a_source(name: str) -> None:
    coding = read_coding(name)
    assert coding.rows["bloc"].isin(BLOCS).all()
    assert (coding.rows["source"].str.len() > 20).all()
    assert coding.rows["p_aligned"].dropna().between(0, 1).all()


def test_the_shipped_files_are_those_that_are_named() -> None:
    folder = resource("codings/kazakhstan.csv").joinpath("..")
    found = sorted(Path(str(folder)).resolve().glob("*.csv"))
    assert sorted(file.stem for file in found) == sorted(shipped_codings())


def test_kazakhstan_on_the_days_of_its_elections() -> None:
    coding = read_coding("kazakhstan")
    # Reference 1.2: Adilet and Rukhaniyat made Birlik in 2013, Patriots and Auyl made Auyl in 2015.
    label = pd.Series(["Adilet", "Party of Patriots", "Нур Отан", "OSDP"])
    assert coding.coded(label, "2012-01-15")["party"].tolist() == ["adilet", "patriots", "nur_otan", "osdp"]
    assert coding.coded(label, "2016-03-20")["party"].tolist() == ["birlik", "auyl", "nur_otan", "osdp"]
    assert coding.coded(label, "2016-03-20")["bloc"].tolist() == ["SAT", "SAT", "INC", "OPP"]
    # The six whose lists were registered in 2016: OSCE/ODIHR, interim report of 11 March 2016.
    assert len(coding.parties("2016-03-20")) == 6
    akim = pd.Series(["akim"])
    assert coding.coded(akim, "1998-06-01")["bloc"].tolist() == ["STATE"]
    assert coding.coded(akim, "2000-06-01")["bloc"].tolist() == ["UNK"]


@pytest.mark.shared
@pytest.mark.parametrize("roster", ["ru2016_spb", "ru2018_spb", "ru2019_spb", "ru2021_spb_odd"])
def test_st_petersburg_knows_every_nominator_of_its_rosters(shared_data: Path, roster: str) -> None:
    read = read_roster(shared_data / "rosters" / f"{roster}.csv")
    named = pd.concat([read.seats["nominated_by"], read.officers["nominated_by"]]).dropna().unique()
    assert len(named) >= 12
    for name in shipped_codings()[2:]:
        assert read_coding(name).uncoded(named) == ()


def test_what_a_coding_may_be_is_said() -> None:
    with pytest.raises(ConfigError) as error:
        read_coding("almaty")
    text = str(error.value)
    assert text.startswith("coding almaty: no such file; give a csv, tsv, xlsx or parquet file")
    assert "or name one that comes with the package: kazakhstan, kazakhstan-nominal, st-petersburg" in text
    assert "data set" not in text
