"""The published schemas say what the readers accept: the same columns, words, needs and constraints."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner
from tables_of import CANONICAL, save

import forensics
from forensics.cli.main import cli
from forensics.commissions import codings
from forensics.errors import ConfigError, ReturnsError, RosterError
from forensics.observers.sample import read_sample
from forensics.tables import roles
from forensics.tables import roster_columns as columns
from forensics.tables.counts import MISSING
from forensics.tables.published import SCHEMAS, table_schema
from forensics.tables.series import KINDS

#: What the Table Schema standard (Data Package 2.0) allows, as far as it is used here.
TYPES = ("string", "integer", "number", "date")
CONSTRAINTS = {
    "string": {"required", "enum", "pattern"},
    "integer": {"required", "minimum", "maximum"},
    "number": {"required", "minimum", "maximum"},
    "date": {"required"},
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_keeps_to_the_standard(name: str) -> None:
    schema = forensics.schema(name)
    assert schema["$schema"].startswith("https://datapackage.org/profiles/2.0/tableschema")
    assert schema["fieldsMatch"] == "partial"
    assert schema["missingValues"] == sorted(MISSING)
    names = [field["name"] for field in schema["fields"]]
    assert len(names) == len(set(names))
    for field in (*schema["fields"], *schema.get("patternFields", [])):
        assert field["type"] in TYPES
        assert field["description"].endswith(".")
        assert set(field.get("constraints", {})) <= CONSTRAINTS[field["type"]], field
        if "pattern" in field:
            re.compile(field["pattern"])
        pattern = field.get("constraints", {}).get("pattern")
        assert pattern is None or re.fullmatch(pattern, field["example"])


def test_columns_of_returns_are_those_that_are_read() -> None:
    schema = table_schema("returns")
    own = {field.name: field for field in schema.fields if not field.by_pattern}
    assert {n for n, f in own.items() if f.type == "integer"} == set(roles.COUNTS)
    assert {n for n, f in own.items() if f.type == "number"} == set(roles.MEASURES)
    assert set(roles.LEVELS) < set(own)
    series = [f"{kind}_{at}" for kind in KINDS for at in ("12", "d2_18", "0930")]
    for column in ("votes_a", "city_registered", "city_votes_x", *series):
        found = schema.field(column)
        assert found is not None, column
        assert roles.is_count(column) == (found.type == "integer"), column
        assert roles.is_measure(column) == (found.type == "number"), column
    for column in ("votes_", "hour_1", "hour_noon", "registered2", "note"):
        assert schema.field(column) is None, column
        assert not roles.is_count(column), column
    assert [f.name for f in schema.fields if f.needed] == ["precinct"]


def test_columns_of_rosters_are_those_that_are_read() -> None:
    schema = table_schema("roster")
    own = {field.name: field for field in schema.fields if not field.by_pattern}
    wide = [columns.TOTAL, f"{columns.COUNT}party", *columns.OFFICERS_BY.values()]
    assert all(schema.field(column).by_pattern for column in wide)
    read = ("commission_id", "precinct", *roles.LEVELS, *columns.OF_COMMISSION, *columns.OF_MEMBER)
    assert set(own) == set(read)
    assert {n for n, f in own.items() if f.type == "date"} == set(columns.DATES)
    for column, words in (*columns.WORDS.items(), *columns.LOOSE_WORDS.items()):
        assert own[column].enum == words
    assert own["level"].enum == (*map(str, columns.LEVELS), *columns.LEVELS.values())


def test_columns_of_codings_are_those_that_are_read() -> None:
    own = {field.name: field for field in table_schema("coding").fields}
    assert set(own) == set(codings.COLUMNS)
    assert own["bloc"].enum == codings.BLOCS


MEMBER = {"commission_id": "7", "role": "chair", "nominated_by": "A", "precinct": "1"}
CODED = {"nominator": "A", "bloc": "INC", "source": "a list"}
SEEN = {"precinct": "1", "ballots": 5}
#: A row that is read, by table, and how it is read.
READERS: dict[str, tuple[dict[str, Any], Any]] = {
    "returns": ({"precinct": "1", "ballots": 5}, lambda frame: forensics.Returns(frame)),
    "roster": (MEMBER, forensics.read_roster),
    "coding": (CODED, forensics.read_coding),
    "observers": (SEEN, read_sample),
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_needed_column_is_missed_in_a_sentence(name: str) -> None:
    row, read = READERS[name]
    read(pd.DataFrame([row]))
    for field in table_schema(name).fields:
        if field.needed and field.name != "commission_id":
            short = {column: value for column, value in row.items() if column != field.name}
            with pytest.raises((ReturnsError, RosterError, ConfigError), match=field.name):
                read(pd.DataFrame([short]))


WRONG = [
    ("roster", {"role": "boss"}, "role is one of chair, deputy, secretary, member"),
    ("roster", {"vote_right": "some"}, "vote_right is one of decisive, consultative"),
    ("roster", {"start": "June"}, "a date is written as 2019-06-09"),
    ("coding", {"bloc": "X"}, "a bloc is INC, SAT, OPP, STATE, CIV, UNK"),
    ("coding", {"p_aligned": "2"}, "a probability is from 0 to 1"),
    ("observers", {"probability": 2.0}, "probability is a number from 0 to 1"),
    ("observers", {"left": "late"}, "left is written as 21:10"),
    ("observers", {"valid": -1}, "a count is a whole number, or empty where it was not reported, and not"),
    ("returns", {"valid": "five"}, "a count is a whole number, or empty where it was not reported"),
]


@pytest.mark.parametrize(("name", "cells", "sentence"), WRONG)
def test_a_cell_that_breaks_a_constraint_is_told_what_is_allowed(
    name: str, cells: dict[str, Any], sentence: str
) -> None:
    row, read = READERS[name]
    with pytest.raises((ReturnsError, RosterError, ConfigError), match=re.escape(sentence)):
        read(pd.DataFrame([row | cells]))


def test_missing_columns_say_what_they_are_for(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"no column 'source' \(who says so, or where it can be looked up\)"
    ):
        forensics.read_coding(save(tmp_path, "nominator,bloc\nA,INC\n"))


def test_the_command_prints_a_schema() -> None:
    run = CliRunner().invoke
    for name in SCHEMAS:
        told = run(cli, ["schema", name])
        assert told.exit_code == 0
        for field in forensics.schema(name)["fields"]:
            assert f"{field['name']} " in told.output
        assert json.loads(run(cli, ["schema", name, "--json"]).output) == forensics.schema(name)
    assert run(cli, ["schema", "voters"]).exit_code == 2
    with pytest.raises(ConfigError, match="'voters' has no schema; the schemas are returns, roster"):
        forensics.schema("voters")


def test_returns_that_are_read_have_columns_of_the_schema(tmp_path: Path) -> None:
    returns = forensics.read_returns(save(tmp_path, CANONICAL))
    schema = table_schema("returns")
    assert all(schema.field(column) is not None for column in returns.frame.columns)
