"""Profiles: their own checks, and the shipped ones on files as published."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tables_of import said, save

from forensics.errors import ConfigError, ReturnsError
from forensics.tables.profiles import load_profile, parse_profile, shipped
from forensics.tables.reading import read_returns
from forensics.tables.returns import Returns

BASE = '[columns]\nprecinct = "ps"\nballots = "cast"\n'
SHIPPED = ("albania-cec", "armenia-cec", "elections-canada", "israel-cec", "medsl", "nist-1500-100",
           "openelections", "region-sheets", "russia-cec", "sweden-val", "ukraine-cvk")  # fmt: skip


def test_every_shipped_profile_loads() -> None:
    assert shipped() == SHIPPED
    for name in SHIPPED:
        assert load_profile(name)[1].title


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (BASE + "colour = 1\n", "unknown key `colour` in columns|Expected"),
        ("colour = 1\n" + BASE, r"unknown key `colour` \(line 1\); the keys are columns, title, levels"),
        ("levels = 3\n" + BASE, "Expected a list, got a whole number in levels"),
        ('[columns]\nballots = "cast"\n', "columns.precinct is missing"),
        ("[columns]\nprecinct = 7\n", r"got a whole number in columns\[...\]"),
        ('blank_in = "box"\n' + BASE, "blank_in is 'box'; it is one of valid or invalid"),
        ('levels = ["region"]\n' + BASE, "level 'region' has no patterns"),
        (BASE + "[[identities]]\nformula = 'a plus b'\n", "is not a comparison"),
        (BASE + "[sums]\nvalid = '1 + 2'\n", "is not a sum"),
        (BASE + "[long]\noption = 'party'\nvotes = 'n'\n", "'party', which has no patterns"),
        ('[columns]\nprecinct = "re:("\n', "no regular expression"),
        ("[columns]\nprecinct = []\n", "empty list of patterns"),
        ("separator = ';;'\n" + BASE, "it is one character"),
        ("levels = [", "no TOML"),
    ],
)
def test_a_faulty_profile_is_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence) as caught:
        parse_profile(text, "own.toml")
    assert str(caught.value).startswith("profile own.toml: ")
    assert "\n" not in str(caught.value)


def test_an_unknown_profile_lists_the_shipped_ones(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"neither a TOML file nor one of the shipped profiles.*russia-cec"
    ):
        read_returns(save(tmp_path, "ps,cast\n1,2\n"), profile="nowhere")


def read(folder: Path, profile: str, text: str, **options: str) -> Returns:
    save(folder, profile, "own.toml")
    return read_returns(save(folder, text), profile=folder / "own.toml", **options)


def test_a_wrong_profile_names_what_it_looked_for(tmp_path: Path) -> None:
    path = save(tmp_path, "a,b\n1,2\n")
    with pytest.raises(
        ConfigError, match="'russia-cec' looks for the precinct in uik, but the headers are a, b"
    ):
        read_returns(path, profile="russia-cec")


def test_a_header_plays_one_role_and_a_role_has_one_header(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="header 'cast' answers to ballots and valid"):
        read(tmp_path, BASE + 'valid = "c*"\n', "ps,cast\n1,2\n")
    with pytest.raises(ConfigError, match="ballots is claimed by two headers, 'cast' and 'Cast'"):
        read(tmp_path, BASE, "ps,cast,Cast\n1,2,3\n")


def test_patterns_ignore_case_numbers_quotes_and_spaces(tmp_path: Path) -> None:
    profile = '[columns]\nprecinct = "участок"\nballots = "число бюллетеней*"\n[votes]\ncolumns = "*"\n'
    returns = read(
        tmp_path,
        profile + 'except = "примечание"\n' + '[votes.names]\nelka = "*партия елка"\n',
        'УЧАСТОК,Число  бюллетеней (шт.),"12. Партия ""Ёлка""",Примечание,Новая партия\n1,10,4,нет,6\n',
    )
    assert returns.options == ("elka", "новая_партия")
    assert returns.labels["elka"] == '12. Партия "Ёлка"'
    assert returns.frame["Примечание"].tolist() == ["нет"]


def test_a_header_with_a_canonical_name_but_no_role_is_set_aside(tmp_path: Path) -> None:
    returns = read(tmp_path, BASE, "ps,cast,registered\n1,2,many\n")
    assert returns.frame["source registered"].tolist() == ["many"]
    assert "'source registered'" in said(returns)


def test_words_prefixes_sums_and_zeros(tmp_path: Path) -> None:
    profile = """
levels = ["region"]
ignore = "id"
zero_where_empty = "votes_*"
blank_in = "invalid"
[columns]
precinct = "ps"
district_code = "code"
invalid = "bad"
venue = "place"
[votes]
columns = "*"
[strip]
precinct = "PS No."
[sums]
valid = "votes"
[words.region]
from = "district_code"
otherwise = "elsewhere"
[words.region.to]
north = "1*"
[words.venue_type]
from = "venue"
otherwise = "other"
[words.venue_type.to]
school = ["*school*", "*lyceum*"]
"""
    returns = read(
        tmp_path, profile, "id,ps,code,bad,place,Ann,Bob\n9,PS no. 7,10,1,Lyceum 5,4,\n9,8,20,0,barn,,3\n"
    )
    frame = returns.frame
    assert frame["precinct"].tolist() == ["7", "8"]
    assert frame["region"].tolist() == ["north", "elsewhere"]
    assert frame["venue_type"].tolist() == ["school", "other"]
    assert frame["valid"].tolist() == [4, 3]
    assert frame["ballots"].tolist() == [5, 3]
    assert returns.derived["valid"] == "votes"
    assert returns.blank_in == "invalid"
    assert "2 empty counts were read as 0" in said(returns)
    assert "ignored by the profile was left out: id" in said(returns)


def test_identities_are_added_to_or_replace_the_defaults(tmp_path: Path) -> None:
    own = '[[identities]]\nformula = "ballots >= valid"\nid = "issued_cover_ballots"\nsurplus = 1\n'
    added = read(tmp_path, BASE + own + '[[identities]]\nformula = "ballots = spoilt"\n', "ps,cast\n1,2\n")
    by_id = {identity.id: identity for identity in added.identities}
    assert by_id["issued_cover_ballots"].formula == "ballots >= valid"
    assert "ballots_is_spoilt" in by_id
    assert "votes_are_valid" in by_id
    alone = read(tmp_path, "default_identities = false\n" + BASE + own, "ps,cast\n1,2\n")
    assert [identity.id for identity in alone.identities] == ["issued_cover_ballots"]


LONG = """
levels = ["county"]
[columns]
county = "county"
precinct = "precinct"
registered = "voters"
who = "candidate"
party = "party"
votes = "votes"
office = "office"
[votes.names]
ann = "ann *"
[long]
option = "who"
votes = "votes"
candidate = ["party"]
contest = ["office"]
[long.counts]
ballots = "ballots cast"
"""
LONG_ROWS = """county,precinct,office,candidate,party,votes,voters
X,1,Mayor,Ann A.,P,10,50
X,1,Mayor,Bob,Q,20,50
X,1,Judge,Eve,,7,50
X,2,Mayor,Ann A.,P,30,60
X,1,Ballots Cast,,,33,50
"""


def test_long_tables_become_a_row_per_precinct(tmp_path: Path) -> None:
    returns = read(tmp_path, LONG, LONG_ROWS, where='office == "Mayor"')
    frame = returns.frame
    assert returns.options == ("ann", "bob")
    assert frame["votes_ann"].tolist() == [10, 30]
    assert frame["votes_bob"].tolist() == [20, 0]
    assert frame["ballots"].tolist()[0] == 33
    assert frame["registered"].tolist() == [50, 60]
    assert frame.index.tolist() == [2, 5]
    assert returns.source.rows == 5
    assert "1 counts of options without a row" in said(returns)


def test_a_contest_must_be_chosen(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"holds 2 contests .Mayor; Judge.; choose one with --where 'office == \"Mayor\"'"
    ):
        read(tmp_path, LONG, LONG_ROWS)


def test_repeated_rows_of_a_long_table_are_faults_or_summed(tmp_path: Path) -> None:
    rows = LONG_ROWS.replace("X,1,Judge,Eve,,7,50", "X,1,Mayor,Bob,Q,5,50")
    with pytest.raises(ReturnsError, match="row 4, column 'who': 'Bob' has a row in this precinct already"):
        read(tmp_path, LONG, rows)
    summed = read(tmp_path, LONG.replace("[long]", '[long]\nrepeats = "sum"'), rows)
    assert summed.frame["votes_bob"].tolist() == [25, 0]
    with pytest.raises(ReturnsError, match="row 3, column 'registered': '51', but '50' in row 2"):
        read(tmp_path, LONG, LONG_ROWS.replace("Bob,Q,20,50", "Bob,Q,20,51"), where='office == "Mayor"')


OPEN = """county,precinct,office,district,party,candidate,votes
Adams,A,President,,DEM,Ann A.,40
Adams,A,President,,REP,Bob B.,30
Adams,A,U.S. House,1,DEM,Eve E.,35
Adams,B,President,,DEM,Ann A.,10
Adams,B,President,,REP,Bob B.,20
Adams,,President,,DEM,Ann A.,50
Adams,A,Registered Voters,,,,100
Adams,A,Ballots Cast,,,,71
"""
MEDSL = """precinct,office,party_detailed,mode,votes,candidate,district,stage,special,county_name,\
jurisdiction_name,state
A,US PRESIDENT,DEMOCRAT,ELECTION DAY,30,ANN,STATEWIDE,GEN,FALSE,ADAMS,ADAMS,OHIO
A,US PRESIDENT,DEMOCRAT,ABSENTEE,10,ANN,STATEWIDE,GEN,FALSE,ADAMS,ADAMS,OHIO
A,US PRESIDENT,REPUBLICAN,ELECTION DAY,25,BOB,STATEWIDE,GEN,FALSE,ADAMS,ADAMS,OHIO
A,US SENATE,REPUBLICAN,ELECTION DAY,20,EVE,STATEWIDE,GEN,FALSE,ADAMS,ADAMS,OHIO
A,REGISTERED VOTERS,,TOTAL,90,,,GEN,FALSE,ADAMS,ADAMS,OHIO
"""


def test_openelections_and_medsl(tmp_path: Path) -> None:
    returns = read_returns(save(tmp_path, OPEN), profile="openelections", where='office == "President"')
    known = returns.frame[returns.frame["precinct"].notna()]
    assert known["votes_ann_a"].tolist() == [40, 10]
    assert known["registered"].tolist()[0] == 100
    assert known["ballots"].tolist()[0] == 71
    returns = read_returns(save(tmp_path, MEDSL), profile="medsl", where='office == "US PRESIDENT"')
    assert returns.frame[["votes_ann", "votes_bob", "registered"]].to_numpy().tolist() == [[40, 25, 90]]
    assert returns.levels == ("state", "county", "jurisdiction")


RAW = [
    ("russia-2018.csv.zip", "russia-cec", "ru2018_president"),
    ("russia-2011.csv.zip", "russia-cec", "ru2011_duma"),
    ("armenia-2018.csv", "armenia-cec", "am2018_parliament"),
    ("albania-2013.csv", "albania-cec", "al2013_parliament"),
    ("sweden-2018-riksdag.xlsx", "sweden-val", "se2018_riksdag"),
]
#: Columns that the canonical files took from other sources, or joined from several columns.
FROM_ELSEWHERE = ("precinct", "votes_other", "valid", "invalid")


@pytest.mark.shared
@pytest.mark.parametrize(("file", "profile", "canonical"), RAW)
def test_raw_files_agree_with_the_canonical_ones(
    shared_data: Path, file: str, profile: str, canonical: str
) -> None:
    raw = read_returns(shared_data / "raw" / file, profile=profile)
    same = read_returns(shared_data / "returns" / f"{canonical}.parquet")
    assert len(raw) == len(same)
    assert raw.leader == same.leader
    assert raw.source.refused == ()
    numbers = [c for c in same.frame if str(same.frame[c].dtype).startswith("Int") and c in raw.frame]
    assert {"registered", "ballots", f"votes_{same.leader}"} <= set(numbers)
    for column in numbers:
        if column not in FROM_ELSEWHERE:
            np.testing.assert_array_equal(raw.counts(column), same.counts(column), err_msg=column)
    for level in raw.levels:
        assert raw.frame[level].astype(str).tolist() == same.frame[level].astype(str).tolist()


@pytest.mark.shared
def test_canada_agrees_riding_by_riding(shared_data: Path) -> None:
    raw = read_returns(shared_data / "raw" / "canada-2015", profile="elections-canada").frame
    same = read_returns(shared_data / "returns" / "ca2015_federal.parquet").frame
    same = same[same["district_code"].isin(["10001", "10002", "10003"])].sort_values("precinct")
    raw = raw.assign(key=raw["district_code"] + "-" + raw["precinct"]).sort_values("key")
    assert raw["key"].tolist() == same["precinct"].tolist()
    for column in (
        "registered",
        "ballots",
        "valid",
        "invalid",
        "votes_liberal",
        "votes_ndp",
        "votes_conservative",
    ):
        assert raw[column].tolist() == same[column].tolist(), column
    for column in ("poll_type", "merge_with", "region", "district"):
        assert raw[column].astype(str).tolist() == same[column].astype(str).tolist(), column
    assert raw["void_poll"].astype(int).tolist() == same["void_poll"].tolist()
    others = (
        raw[[c for c in raw if c.startswith("votes_") and c not in same]].sum(axis=1) + raw["votes_other"]
    )
    assert others.tolist() == same["votes_other"].tolist()


HEADERS = {
    "russia-2004": ("russia-cec", "putin", 7), "russia-2007": ("russia-cec", "united_russia", 11),
    "russia-2008": ("russia-cec", "medvedev", 4), "russia-2012": ("russia-cec", "putin", 5),
    "russia-2016": ("russia-cec", "united_russia", 14), "russia-2020": ("russia-cec", "yes", 2),
    "russia-2021": ("russia-cec", "kprf", 14), "russia-2024": ("russia-cec", "putin", 4),
    "armenia-2012": ("armenia-cec", "republican", 9), "armenia-2017": ("armenia-cec", "republican", 9),
    "armenia-2021": ("armenia-cec", "civil_contract", 25), "israel-2021": ("israel-cec", "labor", 39),
    "sweden-2022-riksdag": ("sweden-val", "s", 9), "ukraine-2004-runoff": ("ukraine-cvk", "yanukovych", 3),
}  # fmt: skip


@pytest.mark.shared
@pytest.mark.parametrize("file", sorted(HEADERS))
def test_other_years_by_their_first_lines(shared_data: Path, file: str) -> None:
    profile, leader, options = HEADERS[file]
    returns = read_returns(shared_data / "raw" / "headers" / f"{file}.csv", profile=profile)
    assert (len(returns), returns.leader, len(returns.options)) == (1, leader, options)
    assert all(option.isascii() for option in returns.options)
    assert {"registered", "ballots", "invalid"} <= set(returns.frame)
    # In the first row of every one of these files the options add up to the valid ballots.
    valid = (
        returns.counts("valid")
        if "valid" in returns.frame
        else returns.counts("ballots") - returns.counts("invalid")
    )
    if file != "ukraine-2004-runoff":
        assert returns.total_votes.tolist() == valid.tolist()
    assert all(" " not in c for c in returns.frame.columns), returns.frame.columns
