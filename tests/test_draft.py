"""Drafted profiles: roles from words and from numbers, each with its evidence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from tables_of import CANONICAL, save
from test_bad_input import tables

from forensics.errors import ForensicsError, ReturnsError
from forensics.tables.draft import draft_profile
from forensics.tables.profiles import Profile, parse_profile
from forensics.tables.reading import read_returns


def drafted(path: Path) -> tuple[str, Profile]:
    text = draft_profile(path)
    return text, parse_profile(text, "draft")


def numbers(rows: int = 60) -> str:
    """A table whose headers say nothing: only the sums and orders of its columns do."""
    rng = np.random.default_rng(1)
    lines = ["place;k1;k2;k3;k4;k5;k6;k7"]
    for i in range(rows):
        votes = rng.integers(20, 200, 3)
        invalid = rng.integers(1, 9)
        ballots = votes.sum() + invalid
        lines.append(
            f"Place {i};{ballots + rng.integers(50, 500)};{ballots};{invalid};{votes.sum()};"
            + ";".join(map(str, votes))
        )
    return "\n".join(lines) + "\n"


def test_words_give_roles_with_their_evidence(tmp_path: Path) -> None:
    text = CANONICAL.replace(
        "region,precinct,registered,ballots,valid,invalid,votes_a,votes_b",
        "Oblast,Polling station,Registered voters,Ballots cast,Valid votes,Invalid votes,Ann,Bob",
    )
    draft, profile = drafted(save(tmp_path, text))
    assert profile.columns == {
        "region": "Oblast", "precinct": "Polling station", "registered": "Registered voters",
        "ballots": "Ballots cast", "valid": "Valid votes", "invalid": "Invalid votes",
    }  # fmt: skip
    assert profile.votes.columns == ["Ann", "Bob"]
    assert profile.levels == ["region"]
    assert "# ballots: the header has the words 'ballots cast*'" in draft
    assert "sum is column 'Valid votes'" in draft


def test_numbers_give_roles_where_words_do_not(tmp_path: Path) -> None:
    draft, profile = drafted(save(tmp_path, numbers()))
    assert profile.columns["precinct"] == "place"
    assert profile.columns["valid"] == "k4"
    assert profile.votes.columns == ["k5", "k6", "k7"]
    assert (profile.columns["ballots"], profile.columns["invalid"]) == ("k2", "k3")
    # An order alone is weak evidence, so that guess is there but commented out.
    assert "registered" not in profile.columns
    assert '# registered = "k1"' in draft
    assert "never below the ballots" in draft


def test_words_that_the_numbers_contradict_are_commented_out(tmp_path: Path) -> None:
    text = "precinct,registered,ballots cast\n" + "".join(f"{i},{100 + i},{900 + i}\n" for i in range(20))
    draft, profile = drafted(save(tmp_path, text))
    assert "ballots" not in profile.columns
    assert "often above 'registered'" in draft


def test_a_draft_reads_its_file(tmp_path: Path) -> None:
    path = save(tmp_path, numbers())
    save(tmp_path, draft_profile(path), "draft.toml")
    returns = read_returns(path, profile=tmp_path / "draft.toml")
    assert len(returns) == 60
    assert returns.options == ("k5", "k6", "k7")
    assert (returns.total_votes == returns.counts("valid")).all()


def test_a_long_file_is_recognised(tmp_path: Path) -> None:
    rows = "".join(
        f"X,{p},Mayor,{c},{10 * p + k}\n" for p in range(9) for k, c in enumerate(["Ann", "Bob"])
    )
    path = save(tmp_path, "county,precinct,office,candidate,votes\n" + rows)
    _, profile = drafted(path)
    assert profile.long is not None
    save(tmp_path, draft_profile(path), "draft.toml")
    assert read_returns(path, profile=tmp_path / "draft.toml").options == ("ann", "bob")


def test_a_file_that_cannot_be_read_cannot_be_drafted(tmp_path: Path) -> None:
    with pytest.raises(ReturnsError, match="empty"):
        draft_profile(save(tmp_path, ""))


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=tables())
@example(table=(b"region,region", None))
def test_any_draft_loads(tmp_path: Path, table: tuple[bytes, str | None]) -> None:
    try:
        text = draft_profile(save(tmp_path, table[0]))
    except ForensicsError as error:
        text = ""
        refused = str(error)
    if text:
        assert parse_profile(text, "draft").columns["precinct"]
    else:
        assert refused.startswith("returns.csv: ")


RAW = [
    ("russia-2018.csv.zip", "путин_владимир_владимирович", 8),
    ("armenia-2018.csv", "my_step", 11),
    ("albania-2013.csv", "c035", 66),
    ("sweden-2018-riksdag.xlsx", "s", 34),
    ("canada-2015", "liberal", 6),
]


@pytest.mark.shared
@pytest.mark.parametrize(("file", "leader", "options"), RAW)
def test_drafts_for_files_as_published(
    shared_data: Path, tmp_path: Path, file: str, leader: str, options: int
) -> None:
    path = shared_data / "raw" / file
    save(tmp_path, draft_profile(path), "draft.toml")
    returns = read_returns(path, profile=tmp_path / "draft.toml")
    assert (returns.leader, len(returns.options)) == (leader, options)
    assert "registered" in returns.frame
