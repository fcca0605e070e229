"""Documents of election results: what is read, what is refused, and that nothing is lost."""

from __future__ import annotations

import copy
import io
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from election_reports import as_json, as_xml, counts, report, text
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tables_of import CANONICAL, said, save

from forensics.errors import ConfigError, ReturnsError
from forensics.tables.formats import _tree
from forensics.tables.reading import read_returns

FRAME = pd.read_csv(io.StringIO(CANONICAL)).astype({"precinct": str})
COUNTS = ["registered", "votes_a", "votes_b"]
FORMS = {
    "v2.json": as_json,
    "v2.xml": as_xml,
    "v1.xml": lambda root: as_xml(root, 1),
}


def compared(returns: object, frame: pd.DataFrame, columns: list[str]) -> None:
    """The counts of the same precincts, whatever the order of the rows."""
    keys = ["county", "precinct"]
    read = returns.frame.astype({"county": str}).set_index(keys)[columns].astype("int64")
    written = frame.rename(columns={"region": "county"}).set_index(keys)[columns].astype("int64")
    pd.testing.assert_frame_equal(read.sort_index(), written.sort_index())


@pytest.mark.parametrize("name", FORMS)
def test_a_report_is_recognised_and_read(tmp_path: Path, name: str) -> None:
    returns = read_returns(save(tmp_path, FORMS[name](report(FRAME)), name))
    assert returns.levels == ("county",)
    assert returns.source.profile == "nist-1500-100"
    assert "recognised and read with the profile nist-1500-100" in said(returns)
    # Version 1 has no count of ballots by election.
    compared(returns, FRAME, COUNTS if name == "v1.xml" else [*COUNTS, "ballots"])
    again = read_returns(tmp_path / name, profile="nist-1500-100")
    pd.testing.assert_frame_equal(again.frame, returns.frame)


@pytest.mark.parametrize("name", FORMS)
def test_parts_beside_their_total_are_not_counted_twice(tmp_path: Path, name: str) -> None:
    root = report(FRAME, parts=(0.6, 0.3, 0.1))
    returns = read_returns(save(tmp_path, FORMS[name](root), name))
    compared(returns, FRAME, COUNTS)
    assert "30 rows are parts (count_type) of a total" in said(returns)  # 5 precincts, 2 options, 3 parts
    assert "differ from the sum" not in said(returns)
    first = root["Election"][0]["Contest"][0]["ContestSelection"][0]["VoteCounts"]
    first[1]["Count"] += 1
    assert "1 of these totals differ from the sum" in said(
        read_returns(save(tmp_path, FORMS[name](root), name))
    )
    for selection in root["Election"][0]["Contest"][0]["ContestSelection"]:
        selection["VoteCounts"] = [c for c in selection["VoteCounts"] if c["Type"] != "total"]
    first[1]["Count"] -= 1
    compared(read_returns(save(tmp_path, FORMS[name](root), name)), FRAME, COUNTS)


@st.composite
def elections(draw: st.DrawFn) -> pd.DataFrame:
    """Returns of a few precincts with names of any letters."""
    n = draw(st.integers(1, 6))
    letters = st.text(st.characters(categories=["L", "Nd"]), min_size=1, max_size=6)
    names = draw(st.lists(letters, min_size=n, max_size=n, unique=True))
    options = draw(st.lists(st.sampled_from(["a", "b", "c", "d"]), min_size=2, max_size=4, unique=True))
    votes = {f"votes_{o}": draw(st.lists(st.integers(1, 999), min_size=n, max_size=n)) for o in options}
    frame = pd.DataFrame(
        {"region": draw(st.lists(st.sampled_from(["North", "South"]), min_size=n, max_size=n)),
         "precinct": [f"no {name}" for name in names], **votes}
    )  # fmt: skip
    frame["ballots"] = frame.filter(like="votes_").sum(axis=1)
    frame["registered"] = frame["ballots"] + draw(st.integers(0, 500))
    return frame


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    frame=elections(), name=st.sampled_from(sorted(FORMS)), parts=st.sampled_from([(), (0.7, 0.3), (1.0,)])
)
def test_returns_to_report_to_returns(
    tmp_path: Path, frame: pd.DataFrame, name: str, parts: tuple[float, ...]
) -> None:
    returns = read_returns(save(tmp_path, FORMS[name](report(frame, parts=parts)), name))
    refused = [str(r.reason) for r in returns.source.refused]
    assert not refused or all("sum of" in reason for reason in refused)
    if not refused:
        columns = [c for c in frame.columns if c.startswith(("votes_", "registered"))]
        compared(returns, frame, columns)


def test_one_of_several_contests_is_named(tmp_path: Path) -> None:
    root = report(FRAME)
    second = copy.deepcopy(root["Election"][0]["Contest"][0]) | {"Name": "Sheriff", "@id": "h"}
    second["ContestSelection"][0]["VoteCounts"] = [c | {"Count": 7} for c in counts("u1", 7, ())]
    second["ContestSelection"][1]["VoteCounts"] = counts("u1", 9, ())
    root["Election"][0]["Contest"].append(second)
    path = save(tmp_path, as_json(root), "two.json")
    with pytest.raises(ConfigError, match=r"holds 2 contests .*--where 'contest == \"Governor\""):
        read_returns(path)
    returns = read_returns(path, where='contest == "Sheriff"')
    assert returns.frame[["votes_a", "votes_b"]].to_numpy().tolist() == [[7, 9]]


def test_units_over_others_and_counts_of_no_unit_are_refused_with_their_reason(tmp_path: Path) -> None:
    root = report(FRAME)
    first = root["Election"][0]["Contest"][0]["ContestSelection"][0]
    first["VoteCounts"] += [
        *counts("c0", 625, ()),
        {"Type": "total", "Count": 1075},
        {"Type": "other", "OtherType": "total-percent", "Count": 59.7, "GpUnitId": "u0"},
    ]
    returns = read_returns(save(tmp_path, as_xml(root), "r.xml"))
    compared(returns, FRAME, COUNTS)
    assert [(r.row, str(r.reason)) for r in returns.source.refused] == [
        (6, "the unit North lies over 3 others that report this contest"),
        (7, "the count is of the whole contest, not of a reporting unit"),
        (8, "the count is of total-percent, not of votes"),
    ]


def test_units_of_one_name_stay_apart_and_withheld_counts_are_missing(tmp_path: Path) -> None:
    root = report(FRAME)
    root["GpUnit"][1]["Name"] = text("1")
    root["Election"][0]["Contest"][0]["ContestSelection"][0]["VoteCounts"][0] |= {
        "IsSuppressedForPrivacy": True
    }
    returns = read_returns(save(tmp_path, as_json(root), "r.json"))
    assert returns.frame["precinct"].tolist() == ["1 [u0]", "1 [u1]", "3", "1", "2"]
    assert pd.isna(returns.frame["votes_a"].iloc[0])
    assert returns.frame["votes_b"].iloc[0] == 200
    assert "1 counts are withheld" in said(returns)


def broken(change: object) -> dict:
    root = report(FRAME)
    change(root["Election"][0]["Contest"][0]["ContestSelection"][1])  # type: ignore[operator]
    return root


BROKEN = [
    (lambda s: s["VoteCounts"][0].update(GpUnitId="nowhere"),
     r"r\.json: Election 1, Contest 1 \(Governor\), ContestSelection 2, VoteCounts 1: GpUnitId 'nowhere'"),
    (lambda s: s["VoteCounts"][2].pop("Count"), "ContestSelection 2, VoteCounts 3: no Count; every"),
    (lambda s: s.update(CandidateIds=["nobody"]), "ContestSelection 2: CandidateIds 'nobody' is no"),
    (lambda s: s["VoteCounts"][1].update(Count="many"),
     r"row 7, column 'votes': 'many' is no whole number.*Contest 1 \(Governor\), .* 2, VoteCounts 2"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "sentence"), BROKEN)
def test_a_faulty_report_says_where(tmp_path: Path, change: object, sentence: str) -> None:
    with pytest.raises(ReturnsError, match=sentence):
        read_returns(save(tmp_path, as_json(broken(change)), "r.json"))


BOMB = """<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<ElectionReport>&b;</ElectionReport>"""
OUTSIDE = '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><ElectionReport>&x;</ElectionReport>'
REFUSED = [
    ("r.xml", BOMB, "declares a document type"),
    ("r.xml", OUTSIDE, "declares a document type"),
    ("r.xml", "<a>" * 100 + "</a>" * 100, "nested too deep"),
    ("r.xml", "<ElectionReport><a></ElectionReport>", "no readable XML .mismatched tag: line 1"),
    ("r.xml", '<?xml version="1.0" encoding="klingon"?><a/>', "no readable XML"),
    ("r.xml", "<ElectionReport/>", "no VoteCounts in any Contest"),
    ("r.xml", "<VipObject/>", "outermost part is VipObject, no known format"),
    ("r.json", "{", "no readable JSON"),
    ("r.json", "[" * 5000 + "]" * 5000, "r.json: "),
    ("r.json", "[1]", "a list or a value"),
    ("r.json", "{}", "an object without an @type"),
    ("r.json", b"\xff\xfe\x00", "r.json: "),
]


@pytest.mark.parametrize(("name", "content", "sentence"), REFUSED)
def test_dangerous_and_foreign_documents_are_refused(
    tmp_path: Path, name: str, content: str | bytes, sentence: str
) -> None:
    with pytest.raises(ReturnsError, match=sentence):
        read_returns(save(tmp_path, content, name))


def test_a_document_has_a_largest_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_tree, "LARGEST", 100)
    with pytest.raises(ReturnsError, match=r"a document of [\d,]+ bytes; at most 100 bytes are read"):
        read_returns(save(tmp_path, as_json(report(FRAME)), "r.json"))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), name=st.sampled_from(sorted(FORMS)))
def test_any_damage_is_read_or_refused_in_a_sentence(
    tmp_path: Path, data: st.DataObject, name: str
) -> None:
    whole = FORMS[name](report(FRAME))
    at = data.draw(st.integers(0, len(whole) - 1))
    many = data.draw(st.integers(0, 40))
    damaged = whole[:at] + data.draw(st.binary(max_size=4)) + whole[at + many :]
    try:
        outcome = said(read_returns(save(tmp_path, damaged, name)))
    except (ReturnsError, ConfigError) as error:
        outcome = str(error)
    assert outcome


def test_ballots_as_version_1_counts_them(tmp_path: Path) -> None:
    root = report(FRAME)
    contest = root["Election"][0]["Contest"][0]
    contest["SummaryCounts"] = [
        {"GpUnitId": f"u{i}", "Type": kind, "BallotsCast": int(n) - 10 * (kind == "early"), "Overvotes": 3}
        for i, n in enumerate(FRAME["ballots"].head(2))
        for kind in ("total", "early")
    ]
    root["GpUnit"][2]["SummaryCounts"] = [
        {"Type": "election-day", "BallotsCast": 200},
        {"Type": "early", "BallotsCast": 51},
    ]
    root["GpUnit"][3]["VotersParticipated"] = 450
    returns = read_returns(save(tmp_path, as_xml(root, 1), "r.xml"))
    # The contest's own count, else that of the unit (its parts added up), else its voters, else none.
    assert returns.frame["ballots"].tolist()[:4] == FRAME["ballots"].tolist()[:4]
    assert pd.isna(returns.frame["ballots"].iloc[4])


def test_a_zip_and_a_folder_of_documents(tmp_path: Path) -> None:
    archive = tmp_path / "r.zip"
    with zipfile.ZipFile(archive, "w") as inside:
        inside.writestr("results.json", as_json(report(FRAME)))
    compared(read_returns(archive), FRAME, COUNTS)
    # A description beside a table is not read.
    with zipfile.ZipFile(archive, "w") as inside:
        inside.writestr("datapackage.json", "{}")
        inside.writestr("returns.csv", CANONICAL)
    assert len(read_returns(archive)) == len(FRAME)
    folder = tmp_path / "parts"
    folder.mkdir()
    for region, rows in FRAME.groupby("region"):
        root = report(rows)
        # The state's district is none of these counties.
        del root["Election"][0]["Contest"][0]["ElectionDistrictId"]
        (folder / f"{region}.xml").write_bytes(as_xml(root))
    compared(read_returns(folder), FRAME, COUNTS)
