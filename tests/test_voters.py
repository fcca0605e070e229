"""Reading lists of voters: every format gives the same numbers, and no name or date comes out again."""

from __future__ import annotations

import datetime
import pickle
import traceback
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forensics.errors import ConfigError, ForensicsError, ReturnsError
from forensics.tables.second import read_table
from forensics.tables.voter_cells import plain_name
from forensics.tables.voters import VoterList

# Words that stand for names: whatever comes out of a reading must hold none of them.
SECRET = "Zzyzxova"
FIRST = ("Qwertina", "Qwertilda", "qwertina ", "", "O'Plughson")
FAMILY = (SECRET, "Xyzzy-Plover", "ZZYZXOVA", SECRET, "Xyzzy Plover")
HIDDEN = ("Qwert", SECRET, "Xyzzy", "Plover", "Plugh", "1961-04-12", "12.04.1961")


def small() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "given_name": FIRST,
            "family_name": FAMILY,
            "birth_date": ["1961-04-12", "1961-04-12", "12.04.1961", "19610412", "1961"],
            "region": ["North", "North", "South", None, "South"],
            "precinct": ["12", "13", "12", None, "7"],
            "voted": ["1", "yes", "no", "", "0"],
            "passport": ["4009 123456"] * 5,
        }
    )


def says_nothing(*texts: object) -> None:
    for text in texts:
        for word in HIDDEN:
            assert word.casefold() not in str(text).casefold(), f"{word} in {text}"


def numbers(voters: VoterList) -> dict[str, list[object]]:
    return {
        "first": voters.first.tolist(),
        "family": voters.family.tolist(),
        "born": voters.born.astype(str).tolist(),
        "voted": [] if voters.voted is None else voters.voted.tolist(),
        "place": voters.place.tolist(),
    }


def test_what_two_clerks_write_differently_is_one_name() -> None:
    pairs = [("Anna-Maria", "ANNA  MARIA"), ("Фёдор", "федор"), ("O’Neil", "O'Neil"), ("Ｉvan", "ivan")]
    assert [plain_name(one) == plain_name(other) for one, other in pairs] == [True] * 4
    assert plain_name("Ann") != plain_name("Anne")


def test_names_become_numbers() -> None:
    voters = VoterList.read(small())
    assert numbers(voters) == {
        "first": [0, 1, 0, -1, 2],
        "family": [0, 1, 0, 0, 1],
        "born": ["1961-04-12"] * 4 + ["NaT"],
        "voted": [1, 1, 0, -1, 0],
        "place": [0, 1, 2, -1, 3],
    }
    assert voters.places.to_dict("list") == {
        "region": ["North", "North", "South", "South"], "precinct": ["12", "13", "12", "7"],
    }  # fmt: skip
    unit, scopes = voters.units("region")
    assert (unit.tolist(), [str(s) for s in scopes]) == ([0, 0, 1, -1, 1], ["North", "South"])
    assert (len(voters), voters.levels, voters.digest) == (5, ("region",), "")


@pytest.mark.parametrize("kind", ["csv", "semicolon", "bom", "cp1251", "parquet", "xlsx", "folder", "zip"])
def test_every_format_gives_the_same_numbers(tmp_path: Path, kind: str) -> None:
    frame = small()
    path = tmp_path / "list.csv"
    if kind in ("csv", "bom"):
        frame.to_csv(path, index=False, encoding="utf-8-sig" if kind == "bom" else "utf-8")
    elif kind == "semicolon":
        frame.to_csv(path, index=False, sep=";")
    elif kind == "cp1251":
        frame.loc[1, "region"] = "Область"
        frame.to_csv(path, index=False, encoding="cp1251")
        frame.loc[1, "region"] = "North"
    elif kind == "parquet":
        path = tmp_path / "list.parquet"
        frame.to_parquet(path)
    elif kind == "xlsx":
        path = tmp_path / "list.xlsx"
        frame.to_excel(path, index=False)
    elif kind == "folder":
        path = tmp_path / "parts"
        path.mkdir()
        frame.iloc[:2].to_csv(path / "a.csv", index=False)
        frame.iloc[2:].to_csv(path / "b.csv", index=False)
    else:
        path = tmp_path / "list.zip"
        frame.to_csv(path, index=False, compression={"method": "zip", "archive_name": "list.csv"})
    voters = VoterList.read(path)
    expected = numbers(VoterList.read(frame))
    if kind == "cp1251":
        expected["place"] = [0, 3, 1, -1, 2]
    assert numbers(voters) == expected
    assert len(voters.digest) == 64
    # The header is row 1 of a text or sheet; a folder's rows run on, each part with its header.
    first = 1 if kind == "parquet" else 2
    rows = [2, 3, 5, 6, 7] if kind == "folder" else list(range(first, first + 5))
    assert voters.row.tolist() == rows
    says_nothing(repr(voters), voters.source, voters.places.to_csv())


def test_types_of_frames() -> None:
    frame = small().iloc[:2]
    typed = frame.assign(
        given_name=frame["given_name"].astype("category"),
        birth_date=pd.to_datetime(["1961-04-12", None]),
        voted=[True, False],
        precinct=[12.0, 13.0],
    )
    voters = VoterList.read(typed)
    assert voters.born.astype(str).tolist() == ["1961-04-12", "NaT"]
    assert voters.voted is not None
    assert (voters.voted.tolist(), voters.places["precinct"].tolist()) == ([1, 0], ["12", "13"])
    objects = frame.assign(birth_date=[datetime.date(1961, 4, 12), None]).astype({"birth_date": object})
    assert VoterList.read(objects).born.astype(str).tolist() == ["1961-04-12", "NaT"]


def test_a_list_without_given_names_marks_or_places() -> None:
    voters = VoterList.read(small()[["family_name", "birth_date"]])
    assert voters.first.tolist() == [0] * 5
    assert voters.voted is None
    assert (voters.place.tolist(), voters.levels) == ([-1] * 5, ())


def test_columns_that_are_not_needed_are_not_read(tmp_path: Path) -> None:
    small().to_csv(tmp_path / "list.csv", index=False)
    steps = " ".join(map(str, VoterList.read(tmp_path / "list.csv").source.steps))
    assert "1 column that no comparison needs was not read" in steps
    assert "passport" not in steps


def test_a_list_made_already_is_handed_back() -> None:
    voters = VoterList.read(small())
    assert VoterList.read(voters) is voters
    assert read_table("voters", voters) is voters


def test_a_header_below_a_title_and_empty_rows(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    line = f"{SECRET},1961-04-12,1"
    path.write_text(
        f"Voters of the commune\nfamily_name,birth_date,voted\n{line}\n \n{line}\n\n{line}\n",
        encoding="utf-8",
    )
    voters = VoterList.read(path)
    assert voters.row.tolist() == [3, 5, 6, 7]
    assert voters.family.tolist() == [0, 0, -1, 0]
    assert [refused.row for refused in voters.source.refused] == [4]
    assert voters.source.rows == 5


def text(body: str, header: str = "given_name,family_name,birth_date,voted") -> str:
    return f"{header}\n{body}\n"


BAD = {
    "no header row": (f"Qwertina,{SECRET},1961-04-12,1\n" * 3, "birth_date, given_name and family_name"),
    "no date": (text(f"Qwertina,{SECRET}", "given_name,family_name"), "columns given_name, family"),
    "other names": (text(f"{SECRET},1961-04-12", "name,birth_date"), "and 1 of other names"),
    "empty": (text("").rstrip("\n") + "\n", "no rows below the header"),
    "dates in words": (text(f"Qwertina,{SECRET},April 12th 1961,1"), "row 2, column 'birth_date': no date"),
    "American dates": (text(f"Qwertina,{SECRET},04/12/1961,1"), "written 1980-05-17"),
    "mark": (text(f"Qwertina,{SECRET},1961-04-12,{SECRET}"), "row 2, column 'voted': something else"),
    "fields": (text(f"Qwertina,{SECRET},1961-04-12,1,{SECRET}"), "row 2: 5 fields; the header has 4"),
    "few fields": (text(f"Q,{SECRET},1961-04-12,1\nQwertina {SECRET}"), "row 3: 1 fields; the header"),
    "open quotation": (text(f'Qwertina,"{SECRET},1961-04-12,1\nX,Y,1961-04-12,1'), "list.csv: "),
    "twice": (text(f"{SECRET},{SECRET},1961-04-12", "given_name,given_name,birth_date"), "named twice"),
}  # fmt: skip


@pytest.mark.parametrize("case", sorted(BAD))
def test_no_error_quotes_a_cell(tmp_path: Path, case: str) -> None:
    body, said = BAD[case]
    path = tmp_path / "list.csv"
    path.write_text(body, encoding="utf-8")
    with pytest.raises(ReturnsError) as caught:
        VoterList.read(path)
    error = caught.value
    assert said in str(error)
    trace = "".join(traceback.format_exception(error))
    says_nothing(
        error, repr(error), repr(error.faults), trace.replace(Path(__file__).read_text("utf-8"), "")
    )
    chain: BaseException | None = error
    while chain is not None:
        says_nothing(chain, repr(chain))
        chain = chain.__context__


@pytest.mark.parametrize("name", ["list.parquet", "list.csv"])
def test_bytes_that_are_no_list(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(f"{SECRET}\0\xff".encode("latin-1") * 40)
    with pytest.raises(ReturnsError) as caught:
        VoterList.read(path)
    says_nothing(caught.value, repr(caught.value))


def test_a_late_byte_of_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    line = f"Qwertina,{SECRET},1961-04-12,1\n"
    many = text(line * (2**20 // len(line) + 10)).encode() + f"Qwert,{SECRET}ÿ,1961-04-12,1\n".encode(
        "latin-1"
    )
    path.write_bytes(many)
    with pytest.raises(ReturnsError, match="bytes of another encoding") as caught:
        VoterList.read(path)
    says_nothing(caught.value)


@pytest.mark.parametrize("given", [None, 3, [SECRET]])
def test_something_that_is_no_list(given: object) -> None:
    with pytest.raises(ConfigError, match="voters are read from a path or a DataFrame") as caught:
        VoterList.read(given)  # type: ignore[arg-type]
    says_nothing(caught.value)


def test_frames_that_are_no_list() -> None:
    for frame in (small().iloc[:0], small().drop(columns="birth_date"), small().assign(voted=SECRET)):
        with pytest.raises(ForensicsError) as caught:
            VoterList.read(frame)
        says_nothing(caught.value, repr(caught.value))


def test_nothing_that_is_kept_holds_a_name_or_depends_on_the_salt() -> None:
    one, other = VoterList.read(small()), VoterList.read(small())
    assert numbers(one) == numbers(other)
    stored = pickle.dumps(one)
    assert stored == pickle.dumps(other)
    says_nothing(stored.decode("latin-1"))
    says_nothing({name: value for name, value in vars(one).items() if name != "born"})


def test_batches_are_one_list(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    frame = pd.concat([small()] * 30, ignore_index=True)
    frame.to_parquet(tmp_path / "list.parquet")
    frame.to_csv(tmp_path / "list.csv", index=False)
    whole = numbers(VoterList.read(frame))
    monkeypatch.setattr("forensics.tables.voter_rows.ROWS", 7)
    monkeypatch.setattr("forensics.tables.voter_rows._BLOCK", 300)
    for table in (frame, tmp_path / "list.parquet", tmp_path / "list.csv"):
        voters = VoterList.read(table)
        assert numbers(voters) == whole
        assert np.diff(voters.row).tolist() == [1] * 149
