"""OpenElections, MEDSL, exports of spreadsheets and workbooks with a sheet per region."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tables_of import CANONICAL, said, save

from forensics.errors import ConfigError, ReturnsError
from forensics.tables.draft import draft_profile
from forensics.tables.profiles import parse_profile
from forensics.tables.reading import read_returns

FRAME = pd.read_csv(io.StringIO(CANONICAL)).astype({"precinct": str})
COUNTS = ["registered", "ballots", "votes_a", "votes_b"]
#: Columns as the two collections publish them.
OPEN = ["county", "precinct", "office", "district", "party", "candidate", "votes"]
MEDSL = [
    "precinct", "office", "party_detailed", "party_simplified", "mode", "votes", "county_name",
    "county_fips", "jurisdiction_name", "jurisdiction_fips", "candidate", "district", "dataverse", "year",
    "stage", "state", "special", "writein", "state_po", "state_fips", "state_cen", "state_ic", "date",
    "readme_check", "magnitude",
]  # fmt: skip


def open_elections(frame: pd.DataFrame) -> str:
    """A row per precinct and candidate, and rows for registered voters and ballots."""
    rows = []
    for row in frame.itertuples():
        place = {"county": row.region, "precinct": row.precinct}
        rows += [
            place | {"office": "Registered Voters", "votes": row.registered},
            place | {"office": "Ballots Cast", "votes": row.ballots},
            place | {"office": "Governor", "party": "AAA", "candidate": "a", "votes": row.votes_a},
            place | {"office": "Governor", "party": "BBB", "candidate": "b", "votes": row.votes_b},
        ]
    return pd.DataFrame(rows, columns=OPEN).to_csv(index=False)


def medsl(frame: pd.DataFrame, *, early: float = 0.3, total: bool = False) -> str:
    """A row per precinct, candidate and mode of voting; with their total where it is asked for."""
    rows = []
    for row in frame.itertuples():
        place = {"state": "OHIO", "county_name": row.region, "precinct": row.precinct, "stage": "GEN"}
        rows.append(place | {"office": "REGISTERED VOTERS", "mode": "TOTAL", "votes": row.registered})
        rows.append(place | {"office": "BALLOTS CAST", "mode": "TOTAL", "votes": row.ballots})
        for option, votes in (("a", row.votes_a), ("b", row.votes_b)):
            one = place | {"office": "GOVERNOR", "candidate": option, "party_detailed": option * 3}
            parts = {"ELECTION DAY": votes - int(early * votes), "EARLY": int(early * votes)}
            parts |= {"TOTAL": votes} if total else {}
            rows += [one | {"mode": mode, "votes": n} for mode, n in parts.items()]
    return pd.DataFrame(rows, columns=MEDSL).to_csv(index=False)


def compared(returns: object, frame: pd.DataFrame, columns: list[str], level: str) -> None:
    keys = [level, "precinct"]
    read = returns.frame.astype({level: str}).set_index(keys)[columns].astype("int64")
    written = frame.rename(columns={"region": level}).set_index(keys)[columns].astype("int64")
    pd.testing.assert_frame_equal(read.sort_index(), written.sort_index())


@st.composite
def elections(draw: st.DrawFn) -> pd.DataFrame:
    n = draw(st.integers(1, 5))
    votes = st.lists(st.integers(1, 5000), min_size=n, max_size=n)
    frame = pd.DataFrame(
        {"region": draw(st.lists(st.sampled_from(["Adams", "Ross"]), min_size=n, max_size=n)),
         "precinct": [f"P {i}" for i in range(n)], "votes_a": draw(votes), "votes_b": draw(votes)}
    )  # fmt: skip
    frame["ballots"] = frame["votes_a"] + frame["votes_b"] + draw(st.integers(0, 50))
    frame["registered"] = frame["ballots"] + draw(st.integers(1, 500))
    return frame


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(frame=elections())
def test_openelections_is_recognised_and_nothing_is_lost(tmp_path: Path, frame: pd.DataFrame) -> None:
    returns = read_returns(save(tmp_path, open_elections(frame)))
    assert returns.source.profile == "openelections"
    compared(returns, frame, COUNTS, "county")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(frame=elections(), early=st.floats(0, 1), total=st.booleans())
def test_medsl_is_recognised_and_modes_are_summed_once(
    tmp_path: Path, frame: pd.DataFrame, early: float, total: bool
) -> None:
    returns = read_returns(save(tmp_path, medsl(frame, early=early, total=total)))
    assert returns.source.profile == "medsl"
    compared(returns, frame, COUNTS, "county_name" if "county_name" in returns.frame else "county")
    assert ("are parts (mode) of a total" in said(returns)) == total


def test_a_file_with_canonical_counts_is_not_recognised(tmp_path: Path) -> None:
    rows = open_elections(FRAME).replace("county,precinct", "county,ballots", 1)
    with pytest.raises(ReturnsError, match="no column 'precinct'"):
        read_returns(save(tmp_path, rows))
    assert read_returns(save(tmp_path, CANONICAL)).source.profile == ""


#: As Google Sheets exports a table made to be looked at: a title, merged headings, totals.
EXPORT = """\ufeffResults of the vote,,,,,,
,,,Protocol,,Votes,
region,precinct,registered,ballots,invalid,votes_a,votes_b
North,1,"1,000",610,10,400,200
North,2,"1,800",405,5,100,300
North,Total,"2,800","1,015",15,500,500
South,1,"1,900",450,10,300,140
South,Total,"1,900",450,10,300,140
,,,,,,
Total,,"4,700","1,465",25,800,640
"""


def test_an_export_of_a_spreadsheet(tmp_path: Path) -> None:
    # The band over the header would be joined to it: a profile finds the columns all the same.
    profile = save(
        tmp_path,
        'levels = ["region"]\n[columns]\nregion = "*region"\nprecinct = "*precinct"\n'
        'registered = "*registered"\nballots = "*ballots"\ninvalid = "*invalid"\n'
        '[votes]\ncolumns = "*votes_*"\n',
        "p.toml",
    )
    returns = read_returns(save(tmp_path, EXPORT), profile=profile)
    frame = returns.frame
    assert frame["registered"].tolist() == [1000, 1800, 1900]
    assert frame.filter(like="votes_").to_numpy().tolist() == [[400, 200], [100, 300], [300, 140]]
    assert len(returns.source.refused) == 4
    assert "between the thousands" in said(returns)
    plain = EXPORT.replace(",,,Protocol,,Votes,\n", "")
    assert read_returns(save(tmp_path, plain)).frame["registered"].tolist() == [1000, 1800, 1900]


def workbook(folder: Path, sheets: dict[str, list[list[object]]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    path = folder / "book.xlsx"
    book.save(path)
    return path


def by_region(frame: pd.DataFrame) -> dict[str, list[list[object]]]:
    own = frame.drop(columns="region")
    parts = own.groupby(frame["region"], sort=False)
    return {str(region): [list(own.columns), *rows.to_numpy().tolist()] for region, rows in parts}


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(frame=elections())
def test_a_sheet_per_region(tmp_path: Path, frame: pd.DataFrame) -> None:
    returns = read_returns(workbook(tmp_path, by_region(frame)), profile="region-sheets")
    assert returns.levels == ("region",)
    compared(returns, frame, COUNTS, "region")


def test_notes_and_summaries_are_no_regions(tmp_path: Path) -> None:
    sheets = {
        "Summary": by_region(FRAME)["North"],
        **by_region(FRAME),
        "About": [["Source: the commission"]],
    }
    returns = read_returns(workbook(tmp_path, sheets), profile="region-sheets")
    compared(returns, FRAME, COUNTS, "region")
    assert "2 sheets were read one below the other" in said(returns)
    assert "Sheets without a table were not read: About." in said(returns)
    assert "does not name were not read: Summary." in said(returns)


def test_one_of_many_equal_sheets_is_not_read_alone(tmp_path: Path) -> None:
    path = workbook(tmp_path, by_region(FRAME))
    with pytest.raises(
        ConfigError, match=r"2 sheets have the same columns \(North, South\).*region-sheets"
    ):
        read_returns(path)
    other = by_region(FRAME) | {"South": [["precinct", "ballots"], ["1", 5]]}
    with pytest.raises(ReturnsError, match="South has other columns than North"):
        read_returns(workbook(tmp_path, other), profile="region-sheets")
    bad = by_region(FRAME)
    bad["South"][2][1] = "many"
    with pytest.raises(ReturnsError, match=r"row 7, column 'registered': 'many'.*\(row 3 of South\)"):
        read_returns(workbook(tmp_path, bad), profile="region-sheets")
    profile = save(
        tmp_path, 'sheets = "City*"\ncanonical = true\n[columns]\nprecinct = "precinct"\n', "p.toml"
    )
    with pytest.raises(ConfigError, match=r"no sheet answers to City\*; the sheets are North, South"):
        read_returns(workbook(tmp_path, by_region(FRAME)), profile=profile)


def test_a_draft_says_that_other_sheets_have_the_same_columns(tmp_path: Path) -> None:
    text = draft_profile(workbook(tmp_path, by_region(FRAME)))
    assert "# 2 sheets have these columns: North, South. Only the first is read." in text
    parse_profile(text, "draft.toml")
    edited = 'levels = ["region"]\nsheets = "*"\n' + text.replace("levels = []\n", "", 1)
    edited = edited.replace("[columns]\n", '[columns]\nregion = "sheet"\n', 1)
    profile = save(tmp_path, edited, "p.toml")
    compared(
        read_returns(workbook(tmp_path, by_region(FRAME)), profile=profile), FRAME, COUNTS[:2], "region"
    )


PROFILE = """levels = ["Land", "Kreis"]
[columns]
Land = "Land"
Kreis = "Kreis"
precinct = "Wahllokal-Nr."
registered = "Wahlberechtigte"
ballots = "Wähler"
[votes]
columns = ["Rote", "Blaue"]
"""


def districts(merged: bool) -> str:
    """Six precincts in each of four districts of two regions, as a spreadsheet exports them.

    Each district ends with its total, the table with the country's and a line on its source; regions
    stand in their first row only where ``merged``.
    """
    lines = ["Land;Kreis;Wahllokal-Nr.;Wahlberechtigte;Wähler;Rote;Blaue"]
    for district in range(4):
        rows = [(1000 + 7 * n + district, 600 + n, 350 + n, 250) for n in range(6)]
        land = ("Nord", "Süd")[district // 2]
        for n, counts in enumerate(rows):
            name = land if not merged or (district % 2 == 0 and n == 0) else ""
            lines.append(";".join([name, f"K{district}", f"{10 + 6 * district + n}", *map(str, counts)]))
        sums = [str(sum(column)) for column in zip(*rows, strict=True)]
        lines.append(";".join(["" if merged else land, f"K{district}", "Kreis gesamt", *sums]))
    return "\n".join([*lines, "Insgesamt;;;24300;14460;8460;6000", "Quelle: Wahlamt;;;;;;"]) + "\n"


@pytest.mark.parametrize("merged", [False, True])
def test_totals_of_units_notes_and_merged_cells(tmp_path: Path, merged: bool) -> None:
    text = PROFILE.replace("[columns]", 'fill_down = ["Land"]\n[columns]', 1) if merged else PROFILE
    path = save(tmp_path, districts(merged))
    returns = read_returns(path, profile=save(tmp_path, text, "p.toml"))
    assert len(returns) == 24
    assert returns.frame["Land"].value_counts().to_dict() == {"Nord": 12, "Süd": 12}
    refused = {r.row: r.reason.id for r in returns.source.refused}
    assert refused == {8: "rows.sum", 15: "rows.sum", 22: "rows.sum", 29: "rows.sum",
                       30: "rows.label", 31: "rows.nothing"}  # fmt: skip
    # 24 precincts, 4 totals and the line on the source (the country's total names itself) have an
    # empty cell, but for the first rows of the two regions; the line has a name of its own.
    assert ("26 empty cells took the name above" in said(returns)) is merged


def test_a_total_is_no_name_to_repeat(tmp_path: Path) -> None:
    rows = ["Nord;K;1;900;500", "Summe Nord;;;900;500", ";K;2;800;400"]
    text = "\n".join(["Land;Kreis;Wahllokal-Nr.;Wahlberechtigte;Wähler", *rows])
    profile = save(tmp_path, PROFILE.replace("[columns]", 'fill_down = ["Land"]\n[columns]', 1), "p.toml")
    assert read_returns(save(tmp_path, text), profile=profile).frame["Land"].isna().tolist() == [
        False,
        True,
    ]


def test_a_draft_repeats_the_names_of_merged_cells(tmp_path: Path) -> None:
    path = save(tmp_path, districts(merged=True))
    draft = draft_profile(path)
    assert "# region is empty in 26 of 30 rows, as where cells were merged" in draft
    assert parse_profile(draft, "draft").fill_down == ["region"]
    assert "fill_down" not in draft_profile(save(tmp_path, districts(merged=False), "whole.csv"))


def test_a_precinct_is_rather_a_growing_number_than_the_name_of_a_unit(tmp_path: Path) -> None:
    lines = districts(merged=False).replace("Wahllokal-Nr.", "lfd").splitlines()
    kept = [line for line in lines if "gesamt" not in line and "Quelle" not in line]
    draft = draft_profile(save(tmp_path, "\n".join(kept)))
    assert parse_profile(draft, "draft").columns["precinct"] == "lfd"
    assert "# precinct (unsure): no header names the precinct; this column's number grows" in draft


def test_headers_in_turkish_capitals_are_known(tmp_path: Path) -> None:
    # Casefolding makes two letters of the capital I with a dot.
    text = "İL;İLÇE;SANDIK NO;KAYITLI SEÇMEN\n" + "".join(f"a;b;{n};{300 + n}\n" for n in range(1, 9))
    columns = parse_profile(draft_profile(save(tmp_path, text)), "draft").columns
    assert (columns["region"], columns["district"], columns["precinct"]) == ("İL", "İLÇE", "SANDIK NO")


def test_the_new_keys_of_a_profile_are_checked() -> None:
    with pytest.raises(ConfigError, match="'land' has no patterns in columns"):
        parse_profile('fill_down = ["land"]\n[columns]\nprecinct = "ps"\n', "p.toml")
    base = '[columns]\nprecinct = "ps"\nparty = "p"\nn = "n"\n[long]\noption = "party"\nvotes = "n"\n'
    with pytest.raises(ConfigError, match="long names 'mode', which has no patterns"):
        parse_profile(base + 'totals = { mode = "total" }\n', "p.toml")
    with pytest.raises(ConfigError, match=r"pattern 're:\(' is no regular expression"):
        parse_profile('sheets = "re:("\n[columns]\nprecinct = "ps"\n', "p.toml")
