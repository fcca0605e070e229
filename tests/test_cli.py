"""The command line as a stranger uses it: exit status, one sentence for bad input, JSON alone on stdout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

import forensics
from forensics.cli.main import COMMANDS, main
from forensics.cli.summary import MOST, _alike


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A small clean election as a file."""
    folder = tmp_path_factory.mktemp("small")
    path = folder / "small.csv"
    forensics.simulation.clean(n=600, rng=1).frame.to_csv(path, index=False)
    return path


@pytest.fixture
def call(capsys):
    """Run a command; (status, stdout, stderr)."""

    def run(*args):
        with pytest.raises(SystemExit) as stopped:
            main([str(arg) for arg in args])
        captured = capsys.readouterr()
        return stopped.value.code, captured.out, captured.err

    return run


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(call, command):
    status, out, _ = call(command, "--help")
    assert status == 0
    assert "Example:" in out or command == "datasets"


def test_help_names_every_command(call):
    status, out, _ = call("--help")
    assert status == 0
    assert all(command in out for command in COMMANDS)


def test_version(call):
    assert call("--version") == (0, f"forensics {forensics.__version__}\n", "")


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (("check", "nowhere.csv"), "no such file"),
        (("check", "{small}", "--where", "registered"), "a comparison is expected"),
        (("check", "{small}", "--where", "voters > 1"), "'voters' is no column"),
        (("check", "{small}", "--leader", "nobody"), "the options are leader, second"),
        (("check", "{small}", "--profile", "nowhere"), "shipped profile"),
        (("run", "frobnicate", "{small}"), "is no detector"),
        (("run", "first_digit", "{small}"), "not offered"),
        (("run", "last_digit", "{small}", "--set", "floor=3"), "no parameter 'floor'"),
        (("run", "last_digit", "{small}", "--set", "floor"), "not of the form name=value"),
        (("run", "last_digit", "{small}", "--by", "planet"), "is no level"),
        (("run", "tabulation_sums", "{small}", "--with", "totals"), "not of the form NAME=FILE"),
        (("audit", "{small}", "--plan", "nowhere.toml"), "cannot be read"),
        (("datasets", "path", "nowhere"), "nowhere"),
        (("verify", "nowhere"), "no folder that an audit wrote"),
    ],
)
def test_bad_input_is_one_sentence_and_status_2(call, small, args, sentence):
    status, out, err = call(*(str(arg).format(small=small) for arg in args))
    assert status == 2
    assert out == ""
    assert sentence in err
    assert "Traceback" not in err
    assert err.count("\n") == 1


def test_unknown_command_and_missing_argument_are_status_2(call):
    assert call("frobnicate")[0] == 2
    assert call("audit")[0] == 2


def test_run_prints_the_null_first(call, small):
    status, out, _ = call("run", "last_digit", small, "--set", "minimum=50")
    assert status == 0
    assert out.startswith("null: ")


def test_run_json_is_alone_on_stdout_and_follows_the_contract(call, small):
    status, out, err = call("run", "digit_heaping", small, "--by", "region", "--json")
    assert (status, err) == (0, "")
    content = json.loads(out)
    assert content["schema_version"] == 1
    assert {finding["scope"]["level"] for finding in content["findings"]} == {"region"}
    assert content["findings"][0]["parameters"]["minimum"] == 100


def test_an_option_of_another_name(call, small):
    _, out, _ = call("run", "last_digit", small, "--option", "second", "--json")
    assert [finding["quantity"] for finding in json.loads(out)["findings"]] == ["votes_second"]


def test_check_json_and_strict(call, small, tmp_path):
    status, out, _ = call("check", small, "--json", "--strict")
    content = json.loads(out)
    assert status == 0
    assert content["rows"] == content["kept"] == 600
    broken = forensics.read_returns(small).frame
    broken.loc[broken.index[0], "valid"] += 5
    broken.to_csv(tmp_path / "broken.csv", index=False)
    assert call("check", tmp_path / "broken.csv")[0] == 0
    status, out, _ = call("check", tmp_path / "broken.csv", "--json", "--strict")
    assert status == 1
    broken_ids = [entry["id"] for entry in json.loads(out)["identities"] if entry["violations"]]
    assert broken_ids == ["ballots_are_valid_and_invalid", "votes_are_valid"]


def test_check_for_a_person(call, small):
    status, out, _ = call("check", small)
    assert status == 0
    assert "valid + invalid = ballots" in out


def test_draft_prints_a_profile_that_reads_the_file(call, small, tmp_path):
    status, out, _ = call("check", small, "--profile", "draft")
    assert status == 0
    (tmp_path / "drafted.toml").write_text(out, encoding="utf-8")
    assert call("check", small, "--profile", tmp_path / "drafted.toml")[0] == 0


def test_detectors_lists_what_each_needs(call):
    status, out, _ = call("detectors", "--json")
    entries = {entry["id"]: entry for entry in json.loads(out)}
    assert status == 0
    assert entries["tabulation_sums"]["tables"] == ["totals"]
    assert {entry["default"] for entry in entries.values()} <= {"on", "descriptive", "off"}
    assert "last_digit" in call("detectors")[1]


def test_datasets_list(call):
    status, out, _ = call("datasets", "list", "--json")
    assert status == 0
    assert "russia-2018" in [row["name"] for row in json.loads(out)]


def test_plan_audit_and_verify(call, small, tmp_path):
    plan, out = tmp_path / "plan.toml", tmp_path / "report"
    status, printed, _ = call("plan", small, "--seed", 7, "--only", "last_digit", "--out", plan)
    assert status == 0
    assert forensics.read_plan(plan).hash in printed
    assert call("plan", small, "--out", plan)[0] == 2  # a frozen plan is not overwritten
    assert call("audit", small, "--plan", plan, "--by", "region")[0] == 2
    status, printed, _ = call("audit", small, "--plan", plan, "--out", out)
    assert status == 0
    assert "none is a verdict" in printed
    assert call("verify", out, "--returns", small)[0] == 0

    findings = out / "findings.json"
    text = findings.read_text(encoding="utf-8")
    findings.write_text(text.replace('"n": ', '"n": 1', 1), encoding="utf-8")
    status, printed, _ = call("verify", out, "--returns", small)
    assert status == 1
    assert printed.startswith("findings.json: line ")

    plan_text = (out / "plan.toml").read_text(encoding="utf-8")
    (out / "plan.toml").write_text(plan_text.replace("seed = 7", "seed = 8"), encoding="utf-8")
    status, _, err = call("verify", out, "--returns", small)
    assert status == 2
    assert "changed after it was frozen" in err


def test_a_report_carries_the_profile_it_was_read_with(call, small, tmp_path):
    frame = forensics.read_returns(small).frame
    own, out = tmp_path / "own.csv", tmp_path / "report"
    frame.rename(columns={"registered": "voters on the list"}).to_csv(own, index=False)
    profile = tmp_path / "mine.toml"
    named = "".join(f'{c} = "{c}"\n' for c in frame if c != "registered" and not c.startswith("votes_"))
    votes = "".join(f'{c.removeprefix("votes_")} = "{c}"\n' for c in frame if c.startswith("votes_"))
    profile.write_text(
        f'[columns]\nregistered = "voters on the list"\n{named}[votes.names]\n{votes}', encoding="utf-8"
    )
    plan = tmp_path / "plan.toml"
    assert call("plan", own, "--profile", profile, "--only", "last_digit", "--out", plan)[0] == 0
    assert call("audit", own, "--profile", profile, "--plan", plan, "--out", out, "--quiet")[0] == 0
    profile.unlink()
    assert (out / "profile" / "mine.toml").is_file()
    assert call("verify", out, "--returns", own)[:2] == (
        0,
        "report: every table and every number is reproduced\n",
    )
    # A later report of the same folder that has no profile of its own leaves none behind.
    assert call("plan", small, "--only", "last_digit", "--out", tmp_path / "other.toml")[0] == 0
    assert call("audit", small, "--plan", tmp_path / "other.toml", "--out", out, "--quiet")[0] == 0
    assert not (out / "profile" / "mine.toml").exists()


def test_verify_needs_the_same_returns(call, small, tmp_path):
    out = tmp_path / "report"
    assert call("audit", small, "--out", out, "--quiet") == (0, "", "")
    other = tmp_path / "other.csv"
    forensics.simulation.clean(n=600, rng=2).frame.to_csv(other, index=False)
    status, _, err = call("verify", out, "--returns", other)
    assert status == 2
    assert "the plan was made for returns with digest" in err


def _audit(small, out, hash_seed, jobs):
    subprocess.run(
        [
            sys.executable,
            "-m",
            "forensics",
            "audit",
            str(small),
            "--out",
            str(out),
            "--quiet",
            "--jobs",
            str(jobs),
        ],
        check=True,
        env={**os.environ, "PYTHONHASHSEED": str(hash_seed)},
    )
    return {
        str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()
    }


def test_same_bytes_for_any_hash_seed_and_number_of_workers(small, tmp_path):
    first = _audit(small, tmp_path / "a", 0, 1)
    second = _audit(small, tmp_path / "b", 1, 2)
    assert list(first) == list(second)
    assert [name for name in first if first[name] != second[name]] == []


def test_interrupted_is_status_130(monkeypatch, call, small):
    def interrupt(*_args, **_keywords):
        raise KeyboardInterrupt

    monkeypatch.setattr(forensics, "read_returns", interrupt)
    assert call("check", small)[0] == 130


def test_a_reader_that_goes_away_is_no_error(small):
    done = subprocess.run(
        f"{sys.executable} -m forensics run last_digit {small} --by district --json | head -n 1",
        shell=True,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Traceback" not in done.stderr


def test_the_report_is_named_last(call, small, tmp_path):
    plan, out = tmp_path / "plan.toml", tmp_path / "report"
    assert call("plan", small, "--only", "last_digit", "--out", plan)[0] == 0
    status, said, _ = call("audit", small, "--plan", plan, "--out", out)
    assert status == 0
    assert said.splitlines()[-1] == f"report: {out / 'index.html'}"


def test_many_quantities_without_a_difference_stand_in_one_line():
    def one(method, quantity, effect, pvalue=None):
        return SimpleNamespace(
            method=method, quantity=quantity, effect=effect, unit="u", interval=None, pvalue=pvalue,
            underpowered=False,
        )  # fmt: skip

    same = [one("sums", f"q{i}", 0.0) for i in range(MOST + 1)]
    own = [one("sums", "differs", 0.2), one("digits", "a", 0.0, 0.5), one("digits", "b", 0.0, 0.5)]
    lines = _alike([own[0], *same, *own[1:]])
    assert [len(line) for line in lines] == [1, MOST + 1, 1, 1]
    assert [len(line) for line in _alike(same[:MOST])] == [1] * MOST
