"""What files of OpenElections, MEDSL and NIST SP 1500-100 were found to hold, in small invented tables.

Each test has one trait of files that the collections publish; names and numbers are invented.
"""

from __future__ import annotations

import io
import shlex
from pathlib import Path

import pandas as pd
import pytest
from election_reports import as_xml, report
from tables_of import CANONICAL, said, save

from forensics.errors import ConfigError, ReturnsError
from forensics.tables.reading import read_returns

FRAME = pd.read_csv(io.StringIO(CANONICAL)).astype({"precinct": str})
OPEN = "county,precinct,office,district,candidate,party,votes\n"
#: Headers of precinct files of 2016 and of 2018, as their codebooks list them.
MEDSL_2016 = (
    "year,stage,special,state,state_postal,county_name,county_fips,jurisdiction,precinct,candidate,"
    "candidate_normalized,office,district,writein,party,mode,votes\n"
)
MEDSL_2018 = (
    "year,state,state_po,county,jurisdiction,precinct,office,district,stage,special,candidate,party,writein,"
    "mode,votes,dataverse\n"
)


@pytest.mark.parametrize("declared", ["utf_8", "UTF8", "utf-8"])
def test_a_report_may_call_its_encoding_by_any_name(tmp_path: Path, declared: str) -> None:
    # Python's own writer declares utf_8, which is no name that XML knows.
    written = as_xml(report(FRAME, contest="Präsidentin"))
    renamed = written.replace(b'encoding="UTF-8"', f"encoding='{declared}'".encode(), 1)
    assert renamed != written
    returns = read_returns(save(tmp_path, renamed, "report.xml"))
    assert returns.frame["contest"].unique().tolist() == ["Präsidentin"]


def test_a_report_in_an_encoding_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    written = "<?xml version='1.0' encoding='klingon'?><ElectionReport/>"
    with pytest.raises(ReturnsError, match="no readable XML"):
        read_returns(save(tmp_path, written, "report.xml"))


def test_a_straight_ticket_has_parties_and_no_candidates(tmp_path: Path) -> None:
    rows = "".join(f"Adams,{p},Straight Party,,,{party},{n}\n" for p, party, n in (
        ("A", "DEM", 57), ("A", "REP", 134), ("B", "DEM", 64), ("B", "REP", 115),
    ))  # fmt: skip
    returns = read_returns(save(tmp_path, OPEN + rows))
    assert returns.frame[["votes_dem", "votes_rep"]].to_numpy().tolist() == [[57, 134], [64, 115]]
    assert "4 rows without an option were read under the text of party." in said(returns)


def test_totals_without_registered_voters_beside_their_votes(tmp_path: Path) -> None:
    rows = [f"Adams,{p},Registered Voters,,,,{n}\n" for p, n in (("A", 300), ("B", 400))]
    rows += [f"Adams,{p},Ballots Cast,,,,{n}\n" for p, n in (("A", 192), ("B", 179))]
    for candidate, counts in (("Ann", (57, 64)), ("Bob", (134, 115))):
        rows += [f"Adams,{p},Governor,,{candidate},,{n}\n" for p, n in zip("AB", counts, strict=True)]
        rows += [f"Adams,Total,Governor,,{candidate},,{sum(counts)}\n"]
    returns = read_returns(save(tmp_path, OPEN + "".join(rows)))
    assert returns.frame["precinct"].tolist() == ["A", "B"]
    assert [str(item.reason) for item in returns.source.refused] == [
        "the row is a total: it says 'Total' instead of a precinct"
    ]


def test_the_contest_that_is_proposed_can_be_typed_whatever_its_name(tmp_path: Path) -> None:
    rows = "".join(
        f"Adams,A,{office},,Ann,,{n}\n" for office, n in (("Governor's Council", 5), ("Mayor", 6))
    )
    path = save(tmp_path, OPEN + rows)
    with pytest.raises(ConfigError) as caught:
        read_returns(path)
    proposed = str(caught.value).partition("choose one with ")[2].partition(", naming only")[0]
    option, expression = shlex.split(proposed)
    assert option == "--where"
    assert read_returns(path, where=expression).frame["votes_ann"].tolist() == [5]


@pytest.mark.parametrize(("header", "row"), [
    (MEDSL_2016, "2016,gen,FALSE,Alaska,AK,,,District 1,{p},{who},,US President,,FALSE,{party},{mode},{n}"),
    (MEDSL_2018, "2018,Delaware,DE,Kent,Kent,{p},US Senate,,gen,FALSE,{who},{party},FALSE,{mode},{n},x"),
])  # fmt: skip
def test_older_files_of_medsl_are_recognised_too(tmp_path: Path, header: str, row: str) -> None:
    rows = "".join(
        row.format(p=p, who=who, party=who * 2, mode=mode, n=n) + "\n"
        for p, who, mode, n in (
            ("1", "ann", "absentee", 12), ("1", "ann", "machine", 310), ("1", "bob", "machine", 190),
            ("2", "ann", "machine", 210), ("2", "bob", "machine", 290),
        )
    )  # fmt: skip
    returns = read_returns(save(tmp_path, header + rows))
    assert returns.source.profile == "medsl"
    assert returns.frame[["votes_ann", "votes_bob"]].to_numpy().tolist() == [[322, 190], [210, 290]]


def test_towns_of_a_county_have_precincts_of_one_name(tmp_path: Path) -> None:
    row = "2018,State,ST,Kent,{town},1,GOVERNOR,statewide,gen,FALSE,ann,aaa,FALSE,total,{n},state\n"
    rows = "".join(row.format(town=town, n=n) for town, n in (("Acton", 40), ("Boxford", 70)))
    returns = read_returns(save(tmp_path, MEDSL_2018 + rows))
    assert returns.levels == ("state", "county", "jurisdiction")
    assert returns.frame["votes_ann"].tolist() == [40, 70]
