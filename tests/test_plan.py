"""Plans: round trip, a hash of the content, and refusals that name what is wrong."""

from __future__ import annotations

import tomllib

import pandas as pd
import pytest

from forensics.auditing.plan import Plan, Step, make_plan, read_plan
from forensics.auditing.runner import run_plan
from forensics.detectors.registry import all_detectors
from forensics.errors import ConfigError
from forensics.simulation import clean
from forensics.tables.returns import Returns
from forensics.tables.source import Source


@pytest.fixture(scope="module")
def returns():
    made = clean(n=40, rng=1)
    return Returns(made.table, leader="leader", source=Source("north.csv", "ab" * 32, "canonical"))


@pytest.fixture
def plan(returns):
    return make_plan(returns.where("registered >= 0"), seed=5, levels=["region", "district"])


@pytest.fixture
def read(tmp_path):
    def read(text):
        path = tmp_path / "plan.toml"
        path.write_text(text, encoding="utf-8")
        return read_plan(path)

    return read


def refused(read, text):
    with pytest.raises(ConfigError) as error:
        read(text)
    assert str(error.value).startswith("plan.toml: ")
    return str(error.value)


def test_a_plan_says_what_it_is_for(plan, returns):
    assert plan.returns.name == "north.csv"
    assert plan.returns.digest == returns.digest
    assert plan.returns.precincts == 40
    assert (plan.returns.sha256, plan.returns.profile) == ("ab" * 32, "canonical")
    assert (plan.returns.where, plan.returns.leader) == ("registered >= 0", "leader")
    assert (plan.seed, plan.levels) == (5, ["region", "district"])


def test_every_detector_that_is_not_off_is_planned_in_the_order_of_the_registry(plan):
    on = [entry.id for entry in all_detectors() if entry.default != "off"]
    assert [step.id for step in plan.detectors] == on
    assert "last_digit" in on


def test_the_level_by_default_is_the_top_one(returns):
    assert make_plan(returns).levels == ["region"]
    assert make_plan(returns, levels=[]).levels == []
    flat = Returns(pd.DataFrame({"precinct": ["1"], "ballots": [3]}))
    assert make_plan(flat).levels == []
    assert make_plan(flat).returns.leader == ""


def test_detectors_are_chosen_once_each_in_the_order_asked(returns):
    chosen = make_plan(
        returns, only=["second_digit", "last_digit"], also=["digit_pairs", "last_digit", "digit_pairs"]
    )
    assert [step.id for step in chosen.detectors] == ["second_digit", "last_digit", "digit_pairs"]


def test_an_unknown_level_or_detector_is_named(returns):
    with pytest.raises(ConfigError, match="'oblast' is no level"):
        make_plan(returns, levels=["oblast"])
    with pytest.raises(ConfigError, match="'benford' is no detector"):
        make_plan(returns, also=["benford"])
    with pytest.raises(ConfigError, match="First-digit Benford is not offered"):
        make_plan(returns, only=["first_digit"])


def test_a_plan_reads_back_as_it_was_written(plan, read):
    text = plan.to_toml()
    assert text.startswith(f'hash = "{plan.hash}"')
    again = read(text)
    assert again == plan
    assert again.hash == plan.hash
    assert again.to_toml() == text


def test_parameters_of_a_step_survive(returns, read):
    steps = [Step("last_digit", {"minimum": 50, "confidence_level": 0.9, "quantity": "issued"})]
    plan = Plan(returns=make_plan(returns).returns, seed=1, levels=[], detectors=steps)
    assert read(plan.to_toml()) == plan


def test_the_hash_does_not_depend_on_the_layout_of_the_file(plan, read):
    content = tomllib.loads(plan.to_toml())
    lines = [f"  {key}   =  {content[key]!r}  # said again" for key in ("seed", "schema_version", "hash")]
    lines.append(f"levels = [\n  {', '.join(map(repr, content['levels']))},\n]")
    lines.append("[returns]")
    lines += [f"{key} = {value!r}" for key, value in sorted(content["returns"].items(), reverse=True)]
    for step in content["detectors"]:
        lines += ["", "[[detectors]]", f"id = '{step['id']}'", "parameters = {}"]
    shuffled = "\n\n".join(lines)
    assert shuffled.splitlines()[0] != plan.to_toml().splitlines()[0]
    assert read(shuffled) == plan


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("seed = 5", "seed = 6"),
        ('id = "last_digit"', 'id = "last_digit", parameters = { minimum = 10 }'),
        ('"region",', '"district", "region",'),
        ("precincts = 40", "precincts = 41"),
        ('leader = "leader"', 'leader = "second"'),
    ],
)
def test_a_plan_that_was_changed_is_refused(plan, read, old, new):
    text = plan.to_toml()
    assert old in text
    said = refused(read, text.replace(old, new, 1))
    assert "was changed after it was frozen" in said
    assert plan.hash[:12] in said


def test_a_plan_that_loses_a_detector_or_its_hash_is_refused(plan, read):
    text = plan.to_toml()
    assert "was changed" in refused(read, text.replace('    { id = "last_digit" },\n', ""))
    assert "hash not stated" in refused(read, text.partition("\n")[2])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("seed = 5", "seed = 5\nsed = 1", "unknown field `sed`"),
        ("seed = 5", 'seed = "five"', "Expected `int`, got `str` - at `$.seed`"),
        ("seed = 5", "", "missing required field `seed`"),
        ("schema_version = 1", "schema_version = 2", "schema_version 2; this version reads 1"),
        ('id = "last_digit"', 'id = "benford"', "'benford' is no detector"),
        ('id = "last_digit"', 'id = "first_digit"', "is not offered"),
        (
            'id = "last_digit"',
            'id = "last_digit", parameters = { minimun = 10 }',
            "last_digit has no parameter 'minimun'; its parameters are",
        ),
        ('name = "north.csv"', 'name = "north.csv"\npath = "x"', "unknown field `path`"),
        ("seed = 5", "seed = ", "this is no TOML file"),
    ],
)
def test_what_is_no_plan_is_refused_with_the_key(plan, read, old, new, said):
    text = plan.to_toml()
    assert old in text
    assert said in refused(read, text.replace(old, new, 1))


def test_a_plan_that_is_not_there_or_no_text_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"absent.toml: the plan cannot be read \(No such file"):
        read_plan(tmp_path / "absent.toml")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_plan(tmp_path)
    (tmp_path / "plan.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="this is no TOML file"):
        read_plan(tmp_path / "plan.toml")


def test_a_plan_for_other_returns_is_refused(plan, returns):
    other = returns.where("registered >= 500")
    assert len(other) < 40
    with pytest.raises(ConfigError) as error:
        run_plan(other, plan)
    text = str(error.value)
    assert returns.digest[:12] in text
    assert other.digest[:12] in text
    assert "(40 precincts)" in text
