"""What a user is refused on the command line: by file and line, and before anything is written."""

from __future__ import annotations

import contextlib
import dataclasses
from pathlib import Path

import hostile_election as hostile
import jinja2
import pytest
from small_ledger import ENTRY
from test_notebook import association

import forensics
from forensics.cli.main import main
from forensics.report.commissions import _headline
from forensics.report.document import Headline
from forensics.report.writing import HEADINGS

#: Region of the hostile election that has four precincts.
FEW = "R4"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Harmless returns of five regions, the last of four precincts, and a plan of two tests."""
    folder = tmp_path_factory.mktemp("refusals")
    table = hostile.returns().drop(columns="district")
    codes = {name: f"R{i}" for i, name in enumerate(hostile.REGIONS)}
    table = table.assign(region=table["region"].map(codes), precinct=range(len(table)))
    table.columns = [*table.columns[:-2], "votes_a", "votes_b"]
    table.to_csv(folder / "returns.csv", index=False)
    returns = forensics.read_returns(folder / "returns.csv")
    plan = forensics.make_plan(returns, levels=("region",), only=("protocol_arithmetic", "last_digit"))
    (folder / "plan.toml").write_text(plan.to_toml(), encoding="utf-8")
    return folder


def refused(files: Path, tmp_path: Path, option: str, name: str, text: str) -> list[str]:
    """The command's arguments with one further file."""
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    out = str(tmp_path / "out")
    return [
        "audit", str(files / "returns.csv"), "--plan", str(files / "plan.toml"), "--quiet", "--out", out,
        option, str(path),
    ]  # fmt: skip


LINKED = ENTRY.replace("demo_digits", "last_digit").replace('measured = ["protocol_copies"]\n', "")


@pytest.mark.parametrize(
    ("option", "name", "text", "said"),
    [
        (
            "--notes",
            "notes.md",
            "# Reading\n\nThese digits show fraud.\n",
            "notes.md, line 3: 'fraud' needs L3, and this stands at L0",
        ),
        (
            "--notes",
            "notes.md",
            "It is {finding:protocol_arithmetic:negative_counts} here.\n",
            "notes.md, line 1: {finding:protocol_arithmetic:negative_counts} has no interval",
        ),
        (
            "--notes",
            "notes.md",
            f"\nThere it was {{finding:last_digit:leader_votes:region={FEW}}} of counts.\n",
            f"notes.md, line 2: {{finding:last_digit:leader_votes:region={FEW}}} is about 4 precincts, and "
            "no number of fewer than 5 is published",
        ),
        (
            "--ledger",
            "ledger.toml",
            LINKED.replace('official_response = "none found"\n', ""),
            "ledger.toml, line 6, entry 'count': official_response is missing",
        ),
        (
            "--ledger",
            "ledger.toml",
            LINKED.replace("ballots are counted in view of those present", "there was fraud in the count"),
            "ledger.toml, line 8, entry 'count': 'fraud' needs L3, and this stands at L1",
        ),
    ],
)
def test_the_build_stops_with_file_and_line(
    files: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    option: str,
    name: str,
    text: str,
    said: str,
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(refused(files, tmp_path, option, name, text))
    assert stopped.value.code == 2
    assert f"forensics: {said}" in capsys.readouterr().err
    assert not (tmp_path / "out" / "index.html").exists()


def test_a_ledger_that_is_refused_is_refused_before_the_tests_are_run(
    files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*_: object, **__: object) -> None:
        raise AssertionError("the audit was run")

    monkeypatch.setattr(forensics, "audit", run)
    text = LINKED.replace('official_response = "none found"\n', "")
    with contextlib.suppress(SystemExit):
        main(refused(files, tmp_path, "--ledger", "ledger.toml", text))


def drawn(headline: Headline) -> str:
    """The headline as the page has it."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("forensics.report", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    headings = {name: HEADINGS(name).text() for name in HEADINGS.sources if name != "title"}
    return str(environment.get_template("_parts.html.j2").module.headline(headline, headings, {}))


def test_a_placebo_that_departs_puts_a_box_before_the_number_and_words_the_headline_down() -> None:
    warned = association()
    told = drawn(_headline(warned, (), "en"))
    assert told.index('class="warning"') < told.index("Beware.") < told.index('class="facts"')
    assert "not to be read as an association with who sat" in told.partition("</h3>")[0]
    quiet = drawn(_headline(dataclasses.replace(warned, warning=()), (), "en"))
    assert 'class="warning"' not in quiet
    assert "not to be read" not in quiet
