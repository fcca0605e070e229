"""Whatever the file, the reader returns Returns or says in one sentence why not."""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tables_of import CANONICAL, save

from forensics.errors import ConfigError, ForensicsError, ReturnsError
from forensics.tables import files
from forensics.tables.reading import read_returns
from forensics.tables.returns import Returns

MANY_ROWS = 1_000_000


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "the file is empty"),
        ("\n\n", "no text"),
        ("a,b\n1,2\n", "no column 'precinct'"),
        ("precinct,b\n1,2\n", "no count of ballots or votes"),
        ("precinct,ballots\n", "no rows below the header"),
        ("precinct,ballots\n1,2\n2,few\n", "row 3, column 'ballots': 'few' is no whole number"),
        ("precinct,ballots\n1,2.5\n", "row 2, column 'ballots': '2.5' is no whole number"),
        ("precinct,ballots,ballots\n1,2,3\n", "column 'ballots': named twice"),
        ("precinct,ballots\n1,2\n3\n4,5\n", "row 3: 1 fields; the header has 2"),
        ("precinct,ballots\n1,2\n3,4,5\n", "row 3: 3 fields; the header has 2"),
        ('precinct,ballots\n1,2\n"3,4\n5,6\n', "row 3: a quotation mark is opened and never closed"),
        (b"precinct,ballots\n\0,1\n", "zero bytes"),
        (
            "precinct,ballots\nж,1\n".encode() + b"\xff" + "жжжжжжжжжжжжжжжжжжжжжжжжж,2\n".encode(),
            "utf-8 with damage",
        ),
        (b"precinct,ballots\ncaf\xe9 d\xe9j\xe0 \x81,1\n", "line 2, byte 0x81"),
    ],
)
def test_bad_tables_are_named_by_file_row_and_column(
    tmp_path: Path, text: str | bytes, sentence: str
) -> None:
    with pytest.raises(ReturnsError) as caught:
        read_returns(save(tmp_path, text))
    assert sentence in str(caught.value)
    assert str(caught.value).startswith("returns.csv: ")
    assert "\n" not in str(caught.value)


def test_all_structural_faults_come_together(tmp_path: Path) -> None:
    with pytest.raises(ReturnsError) as caught:
        read_returns(save(tmp_path, "station,ballots\n1,few\n2,1.5\n"))
    assert len(caught.value.faults) == 3


def zipped(**members: str | bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name.replace("_", "."), text)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("r.doc", b"x", "suffix '.doc'"),
        ("r", b"x", "suffix ''"),
        ("r.zip", b"PK nonsense", "no readable zip"),
        ("r.zip", zipped(), "holds no tables (it is empty)"),
        ("r.zip", zipped(readme_md="x"), "holds no tables (readme.md)"),
        ("r.zip", zipped(a_csv="x", b_csv="y"), "holds 2 tables (a.csv, b.csv)"),
        ("r.zip", zipped(a_csv=""), "a.csv inside it is empty"),
        ("r.zip", zipped(a_csv=CANONICAL)[:-40], "no readable zip"),
        ("r.xlsx", b"not a sheet", "no readable zip"),
        ("r.xlsx", zipped(a_xml="<x/>"), "no readable spreadsheet"),
        ("r.parquet", b"PAR1 nonsense", "no readable parquet file"),
    ],
)
def test_bad_files(tmp_path: Path, name: str, data: bytes, sentence: str) -> None:
    with pytest.raises(ReturnsError) as caught:
        read_returns(save(tmp_path, data, name))
    assert sentence in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


def test_a_zip_with_damaged_content(tmp_path: Path) -> None:
    data = bytearray(zipped(a_csv=CANONICAL * 50))
    data[60] ^= 0xFF
    with pytest.raises(ReturnsError, match="broken or encrypted"):
        read_returns(save(tmp_path, bytes(data), "r.zip"))


def test_oversized_zips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(tmp_path, zipped(a_csv=CANONICAL * 100), "r.zip")
    size = len(CANONICAL) * 100
    monkeypatch.setattr(files, "LARGEST_UNZIPPED", size - 1)
    with pytest.raises(ReturnsError, match=f"{size:,} bytes once unzipped; at most {size - 1:,}"):
        read_returns(path)
    monkeypatch.undo()
    monkeypatch.setattr(files, "RATIO_MATTERS_FROM", 1000)
    monkeypatch.setattr(files, "LARGEST_RATIO", 2)
    with pytest.raises(ReturnsError, match="would unzip to"):
        read_returns(path)


def test_xlsx_without_openpyxl_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(ConfigError, match=r'pip install "forensics\[excel\]"'):
        read_returns(save(tmp_path, zipped(a_xml="<x/>"), "r.xlsx"))


def test_an_open_quotation_mark_before_much_text(tmp_path: Path) -> None:
    text = 'precinct,ballots\n1,2\n"3,4\n' + "5,6\n" * 50_000
    with pytest.raises(ReturnsError, match="row 3: a quotation mark is opened"):
        read_returns(save(tmp_path, text))


def test_missing_paths_and_folders(tmp_path: Path) -> None:
    with pytest.raises(ReturnsError, match=r"^nowhere\.csv: no such file"):
        read_returns(tmp_path / "nowhere.csv")
    with pytest.raises(ReturnsError, match="holds no csv"):
        read_returns(tmp_path)
    save(tmp_path, CANONICAL, "a.csv")
    save(tmp_path, "precinct,ballots\n1,2\n", "b.csv")
    with pytest.raises(ReturnsError, match=r"b\.csv has other columns than a\.csv"):
        read_returns(tmp_path)
    pd.read_csv(tmp_path / "a.csv").to_parquet(tmp_path / "c.parquet")
    with pytest.raises(ReturnsError, match="files of different kinds"):
        read_returns(tmp_path)
    with pytest.raises(ConfigError, match="a path is needed, not int"):
        read_returns(7)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("column", "sentence"),
    [
        (pa.array([[1], [2]]), "column 'ballots': list<.*> values"),
        (pa.array([b"a", b"b"]), "binary values"),
        (pa.array([True, False]), "column 'ballots': bool values"),
        (pa.array([1.5, 2.0]), "row 1, column 'ballots': 1.5 is no whole number"),
        (pa.array(["one", "2"]), "row 1, column 'ballots': 'one' is no whole number"),
        (pa.array([pd.Timestamp("2020-01-01")] * 2), "is no whole number|datetime"),
        (pa.array([pd.Timestamp("2020-01-01").date()] * 2), "is no whole number"),
    ],
)
def test_parquet_of_the_wrong_types(tmp_path: Path, column: pa.Array, sentence: str) -> None:
    pq.write_table(pa.table({"precinct": ["a", "b"], "ballots": column}), tmp_path / "r.parquet")
    with pytest.raises(ReturnsError, match=sentence):
        read_returns(tmp_path / "r.parquet")


def test_parquet_with_a_column_twice(tmp_path: Path) -> None:
    table = pa.table([pa.array([1, 2])] * 3, names=["precinct", "ballots", "ballots"])
    pq.write_table(table, tmp_path / "r.parquet")
    with pytest.raises(ReturnsError, match="column 'ballots': named twice"):
        read_returns(tmp_path / "r.parquet")


@pytest.mark.parametrize(
    "where", ["registered", "registered >=", "import os", "nobody > 3", "registered > 1 )", ""]
)
def test_a_where_that_is_no_comparison(tmp_path: Path, where: str) -> None:
    with pytest.raises(ConfigError, match="--where"):
        read_returns(save(tmp_path, CANONICAL), where=where)


def test_a_where_that_keeps_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="keeps none of the 5 rows"):
        read_returns(save(tmp_path, CANONICAL), where="registered > 9999")


def test_one_row_and_nobody_registered_are_no_faults(tmp_path: Path) -> None:
    one = read_returns(save(tmp_path, "precinct,registered,ballots\n1,0,0\n"))
    assert len(one) == 1
    assert pd.isna(one.turnout).all()


def test_a_million_rows(tmp_path: Path) -> None:
    rows = pd.DataFrame(
        {"region": "R", "precinct": range(MANY_ROWS), "ballots": 5, "votes_a": 3, "votes_b": 2}
    )
    rows.to_csv(tmp_path / "r.csv", index=False)
    returns = read_returns(tmp_path / "r.csv")
    assert len(returns) == MANY_ROWS
    assert returns.table.index[-1] == MANY_ROWS + 1


ODD_CELLS = [
    *("", "Total", "ИТОГО", "1 234", "1.234", "1,5", "-", "n/a", "précinct", "Уик №7", "nan", "inf", "1e5"),
    *('"', "'", "a;b", "x\ty", "0x1F", "٣", "²", "½", "1_000", "True", "\u2028", "9" * 40),
]
NAMES = [
    *("precinct", "region", "territory", "registered", "ballots", "valid", "invalid", "votes_a", "votes_b"),
    *("lat", "hour_12", "turnout_pct_10", "uik", "tik", "", "url", "Precinct", "votes_"),
]
CELLS = st.one_of(st.integers(-10, 3000).map(str), st.sampled_from(ODD_CELLS), st.text(max_size=6))
HEADS = st.one_of(st.sampled_from(NAMES), st.text(max_size=5))


@st.composite
def tables(draw: st.DrawFn) -> tuple[bytes, str | None]:
    """Bytes of a delimited text that may be a table, and a profile to read it with."""
    width = draw(st.integers(1, 6))
    heads = draw(st.lists(HEADS, min_size=width, max_size=width))
    ragged = draw(st.booleans()) and draw(st.booleans())
    size = st.integers(1, 7) if ragged else st.just(width)
    rows = draw(st.lists(size.flatmap(lambda n: st.lists(CELLS, min_size=n, max_size=n)), max_size=12))
    separator = draw(st.sampled_from([",", ";", "\t", "|"]))
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    above = draw(st.sampled_from([[], [], [["Results of the election"]], [[""], ["x", "y"]]]))
    text = end.join(separator.join(row) for row in [*above, heads, *rows])
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "cp1251", "cp1252", "utf-16"]))
    profile = draw(st.sampled_from([None, None, "russia-cec", "openelections"]))
    return text.encode(encoding, "ignore") + draw(st.sampled_from([b"", end.encode(), b"\n"])), profile


def outcome(path: Path, **options: str | None) -> Returns | str:
    try:
        return read_returns(path, **options)
    except ForensicsError as error:
        return str(error)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=tables())
def test_any_table_is_read_or_refused_in_a_sentence(
    tmp_path: Path, table: tuple[bytes, str | None]
) -> None:
    data, profile = table
    found = outcome(save(tmp_path, data), profile=profile)
    if isinstance(found, Returns):
        source = found.source
        long = profile == "openelections"
        assert long or source.rows == len(found) + len(source.refused)
        assert not {r.row for r in source.refused} & set(found.table.index)
        assert found.table.index.is_unique
    else:
        assert found
        assert str(tmp_path) not in found


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=200), suffix=st.sampled_from(["csv", "tsv", "zip", "xlsx", "parquet"]))
def test_any_bytes_are_read_or_refused_in_a_sentence(tmp_path: Path, data: bytes, suffix: str) -> None:
    assert outcome(save(tmp_path, data, f"r.{suffix}"))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.lists(st.one_of(st.none(), st.integers(), st.floats(), st.booleans(), st.dates(),
                                        st.sampled_from(["precinct", "ballots", "Total", "7", "x"])),
                              min_size=1, max_size=5), min_size=1, max_size=8))  # fmt: skip
def test_any_sheet_is_read_or_refused_in_a_sentence(tmp_path: Path, rows: list[list[object]]) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in [["precinct", "ballots"], *rows]:
        book.active.append(
            [str(c) if (isinstance(c, (float, int)) and abs(c) > 1e15) or c != c else c for c in row]
        )
    book.save(tmp_path / "r.xlsx")
    assert outcome(tmp_path / "r.xlsx")
