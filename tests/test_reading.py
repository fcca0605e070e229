"""Formats, encodings, headers and rows that are no precincts."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from tables_of import CANONICAL, said, save

from forensics.errors import ReturnsError
from forensics.tables.reading import read_returns

RUSSIAN = (
    "регион;участок;избирателей;бюллетеней;Иванов;Петров\nСевер;1;1000;610;400;210\nЮг;2;900;450;300;150\n"
)
PROFILE = """
levels = ["region"]
[columns]
region = "регион"
precinct = "участок"
registered = "избирателей*"
ballots = "бюллетеней*"
[votes]
columns = "*"
"""


def totals(path: Path, **options: str) -> tuple[int, ...]:
    frame = read_returns(path, **options).frame
    return tuple(int(frame[c].sum()) for c in ("registered", "ballots", "votes_a", "votes_b"))


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    return save(tmp_path, CANONICAL)


def test_csv_has_the_row_numbers_of_a_spreadsheet(plain: Path) -> None:
    returns = read_returns(plain)
    assert returns.table.index.tolist() == [2, 3, 4, 5, 6]
    assert returns.levels == ("region",)
    assert returns.leader == "a"
    assert returns.source.name == "returns.csv"
    assert returns.source.sha256 == hashlib.sha256(CANONICAL.encode()).hexdigest()
    assert returns.source.rows == 5
    assert "utf-8" in said(returns)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_separators_and_line_ends_make_no_difference(
    tmp_path: Path, plain: Path, separator: str, ending: str
) -> None:
    text = CANONICAL.replace(",", separator).replace("\n", ending)
    assert totals(save(tmp_path, text, "other.tsv")) == totals(plain)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
def test_cyrillic_encodings(tmp_path: Path, encoding: str) -> None:
    save(tmp_path, PROFILE, "own.toml")
    returns = read_returns(save(tmp_path, RUSSIAN, encoding=encoding), profile=tmp_path / "own.toml")
    assert returns.frame["region"].tolist() == ["Север", "Юг"]
    assert returns.labels == {"иванов": "Иванов", "петров": "Петров"}
    assert encoding in said(returns)


def test_western_text_is_cp1252(tmp_path: Path) -> None:
    text = CANONICAL.replace("North", "Västra Götalands län").replace("South", "Île-de-France")
    returns = read_returns(save(tmp_path, text, encoding="cp1252"))
    assert set(returns.frame["region"]) == {"Västra Götalands län", "Île-de-France"}
    assert "cp1252" in said(returns)


def test_decimal_commas_do_not_look_like_separators(tmp_path: Path) -> None:
    text = "precinct;ballots;turnout_pct_10\n1;100;5,5\n2;200;6,25\n"
    returns = read_returns(save(tmp_path, text))
    assert returns.frame["turnout_pct_10"].tolist() == [5.5, 6.25]


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (("1 234", "567"), (1234, 567)),
        (("1.234", "567"), (1234, 567)),
        (("2.000", "350"), (2000, 350)),
        (("12.345.678", "9"), (12345678, 9)),
        (('"1,234"', "56"), (1234, 56)),
        (("15.0", "7.0"), (15, 7)),
        (("-5", ""), (-5, None)),
    ],
)
def test_marks_in_counts(tmp_path: Path, cells: tuple[str, str], numbers: tuple[int | None, ...]) -> None:
    text = "precinct,ballots,valid\n" + "".join(f"{i},{c},1\n" for i, c in enumerate(cells))
    found = read_returns(save(tmp_path, text)).frame["ballots"]
    assert tuple(None if pd.isna(x) else int(x) for x in found) == numbers


def test_zip_and_folder_of_parquet(tmp_path: Path, plain: Path) -> None:
    with zipfile.ZipFile(tmp_path / "r.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(plain, "inside/returns.csv")
        archive.writestr("__MACOSX/inside/._returns.csv", "x")
    assert totals(tmp_path / "r.zip") == totals(plain)
    assert read_returns(tmp_path / "r.zip").source.name == "r.zip"
    folder = tmp_path / "parts"
    folder.mkdir()
    frame = pd.read_csv(plain)
    frame.iloc[:2].to_parquet(folder / "a.parquet")
    frame.iloc[2:].to_parquet(folder / "b.parquet")
    (folder / "README.md").write_text("about", encoding="utf-8")
    returns = read_returns(folder)
    assert totals(folder) == totals(plain)
    assert returns.table.index.is_unique
    digests = sorted(hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.glob("*.parquet"))
    assert returns.source.sha256 == hashlib.sha256("".join(digests).encode()).hexdigest()
    assert "README.md" in said(returns)


def test_faults_in_a_folder_name_the_part_and_its_row(tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    save(folder, CANONICAL, "a.csv")
    save(folder, CANONICAL.replace("450", "many"), "b.csv")
    with pytest.raises(ReturnsError, match=r"'many'.*\(row 5 of b\.csv\)"):
        read_returns(folder)


def test_xlsx_takes_the_first_sheet_with_a_table(tmp_path: Path, plain: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.title = "About"
    book.active.append(["Published by the commission"])
    sheet = book.create_sheet("Numbers")
    sheet.append(["Results of the election"])
    sheet.append([])
    for line in CANONICAL.splitlines():
        sheet.append([int(c) if c.isdigit() else c for c in line.split(",")])
    book.save(tmp_path / "r.xlsx")
    returns = read_returns(tmp_path / "r.xlsx")
    assert totals(tmp_path / "r.xlsx") == totals(plain)
    assert returns.table.index.tolist() == [4, 5, 6, 7, 8]
    assert "'Numbers'" in said(returns)
    assert "About" in said(returns)


def test_preamble_and_blank_lines_keep_row_numbers(tmp_path: Path) -> None:
    lines = CANONICAL.splitlines()
    text = "\n".join(["Results of the election", "", *lines[:3], "", *lines[3:], "Source: the commission"])
    returns = read_returns(save(tmp_path, text + "\n"))
    assert returns.table.index.tolist() == [4, 5, 7, 8, 9]
    refused = {r.row: str(r.reason) for r in returns.source.refused}
    assert sorted(refused) == [6, 10]
    assert "empty" in refused[6]
    assert "Source: the commission" in refused[10]
    assert returns.source.rows == len(returns) + len(refused)
    assert "Results of the election" in said(returns)


def test_line_breaks_inside_cells_count_as_one_row(tmp_path: Path) -> None:
    text = 'precinct,ballots,note\n1,10,"two\nlines"\n2,20,one\n'
    returns = read_returns(save(tmp_path, text))
    assert returns.table.index.tolist() == [2, 3]
    assert returns.frame["note"].tolist() == ["two\nlines", "one"]


def test_merged_headers_are_joined(tmp_path: Path) -> None:
    text = (
        "Precinct,Registered,Ballots,Votes for,,\n,,,Ann,Bob,Cem\nA1,100,60,30,20,10\nA2,90,50,25,15,10\n"
    )
    save(
        tmp_path,
        '[columns]\nprecinct="precinct"\nregistered="registered"\nballots="ballots"\n'
        '[votes]\ncolumns="votes for*"\n',
        "own.toml",
    )
    returns = read_returns(save(tmp_path, text), profile=tmp_path / "own.toml")
    assert returns.options == ("votes_for_ann", "votes_for_bob", "votes_for_cem")
    assert returns.table.index.tolist() == [3, 4]
    assert "rows 1 and 2" in said(returns)


def test_bilingual_headers_are_joined(tmp_path: Path) -> None:
    text = (
        "Precinct,Registered,Ballots,Ann\nУчасток,Избирателей,Бюллетеней,Анна\nA1,100,60,30\nA2,90,50,25\n"
    )
    save(
        tmp_path,
        '[columns]\nprecinct="precinct*"\nregistered="*избирателей"\nballots="ballots*"\n'
        '[votes]\ncolumns="*"\n[votes.names]\nann="ann*"\n',
        "own.toml",
    )
    returns = read_returns(save(tmp_path, text), profile=tmp_path / "own.toml")
    assert returns.options == ("ann",)
    assert len(returns) == 2


def test_a_row_of_text_under_canonical_names_is_data_not_a_header(tmp_path: Path) -> None:
    text = "precinct,registered,ballots\nA1,some,few\nA2,90,50\nA3,80,40\n"
    with pytest.raises(ReturnsError, match="row 2, column 'registered'"):
        read_returns(save(tmp_path, text))


TOTALS = [
    "Total,,3900,2017,1990,27,1075,915",
    "ИТОГО,,3900,2017,1990,27,1075,915",
    ",Gesamt:,3900,2017,1990,27,1075,915",
    "South,Total,1600,751,740,11,450,290",
    "South,Total for the south,1600,751,740,11,450,290",
    "South,Summa,1600,751,740,11,450,290",
    "South,,1600,751,740,11,450,290".replace("South,", "Всего по югу,"),
    "Country,all,3900,2017,1990,27,1075,915",
]


@pytest.mark.parametrize("row", TOTALS)
def test_totals_are_refused_and_listed(tmp_path: Path, plain: Path, row: str) -> None:
    path = save(tmp_path, CANONICAL + row + "\n", "with.csv")
    returns = read_returns(path)
    assert [r.row for r in returns.source.refused] == [7]
    assert "total" in str(returns.source.refused[0].reason)
    assert totals(path) == totals(plain)
    assert returns.source.rows == 6


@pytest.mark.parametrize(
    "row",
    [
        "South,Total,12,7,7,0,5,2",  # a place of that name would be as small as a precinct
        "Totalán,7,300,200,199,1,100,99",
        "South,,700,301,300,1,150,150",
        ",,,,,,,7",
        "South,Summa,700,301,300,1,150,150",
        "West,Summa,900,450,440,10,300,140",
        "South,Total Wine Store,1500,700,690,10,400,290",  # near the sum, but not a total by its name
    ],
)
def test_precincts_are_never_taken_for_totals(tmp_path: Path, row: str) -> None:
    returns = read_returns(save(tmp_path, CANONICAL + row + "\n"))
    assert returns.source.refused == ()
    assert len(returns) == 6


def test_two_equal_precincts_are_no_sum_of_each_other(tmp_path: Path) -> None:
    rows = ["1,900,500,490,10", "2,900,500,490,10", "3,0,0,0,0", "4,0,0,0,0"]
    text = "\n".join(["precinct,registered,ballots,valid,invalid", *rows])
    assert len(read_returns(save(tmp_path, text))) == 4


def test_repeated_headers_and_column_numbers(tmp_path: Path) -> None:
    lines = CANONICAL.splitlines()
    text = "\n".join([lines[0], "1,2,3,4,5,6,7,8", *lines[1:4], lines[0], *lines[4:]]) + "\n"
    returns = read_returns(save(tmp_path, text))
    assert {r.row: r.reason.id for r in returns.source.refused} == {3 - 1: "rows.numbers", 6: "rows.header"}
    assert len(returns) == 5


def test_empty_text_stays_text(tmp_path: Path) -> None:
    text = "precinct,ballots,merge_with\n1,5,\n2,6,1\n"
    returns = read_returns(save(tmp_path, text), where='merge_with == ""')
    assert returns.frame["merge_with"].tolist() == [""]


def test_unnamed_columns_are_named_or_left_out(tmp_path: Path) -> None:
    returns = read_returns(save(tmp_path, ",precinct,ballots,\n7,1,5,\n8,2,6,\n"))
    assert list(returns.frame.columns) == ["column 1", "precinct", "ballots"]
    assert "column 1" in said(returns)


def test_leader_and_where_pass_through(plain: Path) -> None:
    returns = read_returns(plain, leader="b", where="registered >= 800")
    assert (returns.leader, len(returns)) == ("b", 3)


@pytest.mark.shared
def test_every_shared_parquet_file_reads(shared_data: Path) -> None:
    rows = {
        entry["name"]: entry["rows"]
        for entry in pd.read_json(shared_data / "MANIFEST.json").to_dict("records")
    }
    for path in sorted((shared_data / "returns").glob("*.parquet")):
        if path.stem == "ru2018_spb_stations":
            with pytest.raises(ReturnsError, match="no count of ballots or votes"):
                read_returns(path)
            continue
        returns = read_returns(path)
        assert len(returns) == rows[path.stem], path.stem
        assert returns.source.refused == (), path.stem
        assert returns.table.index[0] == 1


@pytest.mark.shared
def test_precincts_stored_as_decimals_keep_their_digits(shared_data: Path) -> None:
    returns = read_returns(shared_data / "returns" / "ge2016_parliament.parquet")
    # 10.110 was stored as the number 10.11, so that name stands twice (data/README).
    assert (returns.frame["precinct"] == "10.11").sum() == 2
