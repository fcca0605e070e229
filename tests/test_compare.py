"""Comparisons: what is read, what is refused, what is marked as not comparable, and what is never shown."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from elections_of_two import SECRET, TESTS, audited, changed

import forensics
from forensics.cli.main import main
from forensics.comparing.pictures import beside, missing_overviews
from forensics.errors import ConfigError
from forensics.report.comparison_folder import comparison_table
from forensics.report.json_text import dumps

HOSTILE = "=cmd|'<script>alert(1)</script>'"
# Words a report may not use of an election (the rules of the house for levels below adjudication).
FORBIDDEN = re.compile(r"fraud|suspicious|stolen|falsif|rigg|guilty|cheat", re.IGNORECASE)


@pytest.fixture(scope="module")
def audits() -> tuple[forensics.Audit, forensics.Audit]:
    return audited(1), audited(2, (*TESTS, "turnout_edge"))


@pytest.fixture(scope="module")
def folders(
    audits: tuple[forensics.Audit, forensics.Audit], tmp_path_factory: pytest.TempPathFactory
) -> list[Path]:
    out = tmp_path_factory.mktemp("reports")
    return [forensics.write_report(a, out=out / f"{n}").parent for n, a in enumerate(audits, start=1)]


@pytest.fixture(scope="module")
def comparison(folders: list[Path]) -> forensics.Comparison:
    return forensics.compare(folders)


@pytest.fixture(scope="module")
def written(comparison: forensics.Comparison, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return forensics.write_comparison(comparison, out=tmp_path_factory.mktemp("comparison")).parent


def dated(day: str) -> Callable[[dict[str, Any]], None]:
    def change(content: dict[str, Any]) -> None:
        content["provenance"]["source"]["name"] = f"election of {day}"
        content["provenance"]["digest"] += day

    return change


def test_every_test_stands_beside_itself(
    comparison: forensics.Comparison, audits: tuple[forensics.Audit, forensics.Audit]
) -> None:
    for number, audit in enumerate(audits):
        for finding in audit.findings.select(scope="national").tested:
            (test,) = (
                t for t in comparison.tests if (t.method, t.quantity) == (finding.method, finding.quantity)
            )
            entry = test.entries[number]
            assert entry is not None
            assert (entry.effect, entry.n, entry.pvalue) == (finding.effect, finding.n, finding.pvalue)
            assert test.comparable
    assert comparison.units
    assert comparison.unmatched == ((), ())


def test_audits_and_their_folders_give_the_same(
    comparison: forensics.Comparison, audits: tuple[forensics.Audit, forensics.Audit]
) -> None:
    again = forensics.compare(audits)
    assert dumps(again.to_dict()) == dumps(comparison.to_dict())
    assert [picture.name for picture in again.pictures] == [p.name for p in comparison.pictures]


def test_a_test_of_one_election_only_is_listed_with_the_reason(comparison: forensics.Comparison) -> None:
    (edge,) = (test for test in comparison.tests if test.method == "turnout_edge")
    assert edge.entries[0] is None
    assert edge.reasons == ("The plan of this audit does not have the test.", "")
    frame = comparison.to_frame()
    row = frame[(frame.method == "turnout_edge") & (frame.level == "national")].iloc[0]
    assert pd.isna(row.effect)
    assert row.reason == edge.reasons[0]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [("minimum", 50, "minimum: 100 (1); 50 (2)"), ("turnout_of", "x", "turnout_of")],
)
def test_another_definition_is_flagged_and_drawn_hollow(
    folders: list[Path], tmp_path: Path, name: str, value: object, said: str
) -> None:
    def change(content: dict[str, Any]) -> None:
        for finding in content["findings"]:
            if finding["method"] == "integer_percent":
                finding["parameters"][name] = value

    other = changed(folders[1], tmp_path / "other", change)
    comparison = forensics.compare([folders[0], other])
    for test in comparison.tests:
        assert test.comparable == (test.method != "integer_percent")
    (test,) = (t for t in comparison.tests if (t.method, t.quantity) == ("integer_percent", "turnout"))
    assert said in str(test.differs[0])
    (picture,) = (p for p in comparison.pictures if p.name == "effects-turnout")
    drawn = picture.to_frame()
    assert not drawn.comparable[drawn.test.str.startswith("integer_percent")].any()
    assert drawn.comparable[drawn.test.str.startswith("reference_bin")].all()
    assert not any(p.name.startswith("units-integer_percent") for p in comparison.pictures)
    (panel,) = comparison.panels
    changes = {score.score: score.change for score in panel.scores if score.interval is not None}
    assert changes["integer_percent:turnout"] is None
    assert changes["reference_bin:share"] is not None


def test_another_version_and_another_unit_are_flagged(folders: list[Path], tmp_path: Path) -> None:
    def newer(content: dict[str, Any]) -> None:
        content["provenance"]["version"] = "99"
        content["findings"][0]["unit"] = "votes"

    comparison = forensics.compare([folders[0], changed(folders[1], tmp_path / "newer", newer)])
    assert not any(t.comparable for t in comparison.tests if len(t.there) == 2)
    assert any("unit of the effect" in str(item) for item in comparison.tests[0].differs)


def test_another_option_is_said_and_does_not_stop_the_comparison(
    folders: list[Path], tmp_path: Path
) -> None:
    def other_leader(content: dict[str, Any]) -> None:
        content["provenance"]["leader"] = "second"

    comparison = forensics.compare([folders[0], changed(folders[1], tmp_path / "leader", other_leader)])
    (digits,) = (t for t in comparison.tests if (t.method, t.quantity) == ("last_digit", "leader_votes"))
    assert digits.options == ("leader", "second")
    assert digits.comparable
    (issued,) = (t for t in comparison.tests if (t.method, t.quantity) == ("last_digit", "issued"))
    assert issued.options == ()


def test_units_without_a_counterpart_are_listed(folders: list[Path], tmp_path: Path) -> None:
    def renamed(content: dict[str, Any]) -> None:
        for finding in content["findings"]:
            if finding["scope"].get("region") == "Region 01":
                finding["scope"]["region"] = HOSTILE
            elif "region" in finding["scope"]:
                finding["scope"]["region"] = finding["scope"]["region"].upper()

    comparison = forensics.compare([folders[0], changed(folders[1], tmp_path / "renamed", renamed)])
    assert [[name for _, name, _ in units] for units in comparison.unmatched] == [["Region 01"], [HOSTILE]]
    assert len({test.unit for test in comparison.units}) == 5
    page = forensics.write_comparison(comparison, out=tmp_path / "out").read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    table = comparison_table(comparison)
    assert f"\n{HOSTILE}" not in table


def test_elections_stand_in_the_order_of_their_dates(folders: list[Path], tmp_path: Path) -> None:
    later = changed(folders[0], tmp_path / "a", dated("2021-09-19"))
    earlier = changed(folders[1], tmp_path / "b", dated("2016-09-18"))
    for folder in (earlier, later):
        (folder / "index.html").unlink()
    comparison = forensics.compare([later, earlier])
    assert [one.short for one in comparison.elections] == ["2016", "2021"]
    assert dumps(comparison.to_dict()) == dumps(forensics.compare([earlier, later]).to_dict())
    assert [one.date for one in forensics.compare(folders).elections] == ["", ""]


def test_a_folder_without_its_restricted_part_is_compared_but_for_its_precincts(
    folders: list[Path], tmp_path: Path
) -> None:
    public = shutil.copytree(folders[0], tmp_path / "public")
    shutil.rmtree(public / "restricted")
    comparison = forensics.compare([public, folders[1]])
    assert comparison.panels[0].scores == ()
    assert "without its restricted scores" in str(comparison.panels[0].reason)
    assert len(comparison.tests) == len(forensics.compare(folders).tests)


def test_common_cells_of_comets_hold_every_precinct(folders: list[Path], tmp_path: Path) -> None:
    finer = shutil.copytree(folders[1], tmp_path / "finer")
    path = finer / "figures" / "comet.csv"
    fine = pd.DataFrame(
        {"turnout": [50.5, 51.5, 100.0], "share": [20.0, 20.5, 100.0], "precincts": [3, 4, 5]}
    )
    fine.to_csv(path, index=False)
    read = forensics.compare([folders[0], finer]).elections
    (sheet,) = (one for one in beside(read) if one.figure == "comet")
    assert {picture.options["width"] for picture in sheet.pictures} == {2.0}
    assert sheet.pictures[1].to_frame().to_numpy().tolist() == [[50.0, 20.0, 7], [100.0, 100.0, 5]]
    assert sheet.n[1] == 12
    path.unlink()
    assert missing_overviews(forensics.compare([folders[0], finer]).elections) == {"comet": ("2",)}


def test_the_page_needs_nothing_but_itself_and_names_no_precinct(written: Path) -> None:
    page = (written / "index.html").read_text(encoding="utf-8")
    addresses = set(re.findall(r'(?:src|href)="([^"#][^"]*)"', page))
    outside = [one for one in addresses if not one.startswith("data:image/")]
    assert all((written / one).is_file() for one in outside)
    assert outside
    text = re.sub(r'src="data:[^"]*"', "", page)
    assert not FORBIDDEN.search(text)
    assert str(written) not in page
    everything = text + (written / "comparison.json").read_text() + (written / "comparison.csv").read_text()
    everything += "".join(path.read_text() for path in sorted((written / "figures").glob("*.csv")))
    assert SECRET not in everything
    # Levels below the one that was audited are within the scores of precincts only.
    assert "District 0" not in everything


def test_the_numbers_are_the_same_bytes_each_time(
    written: Path, folders: list[Path], tmp_path: Path
) -> None:
    again = forensics.write_comparison(forensics.compare(folders), out=tmp_path / "again", n_jobs=2).parent
    names = sorted(str(path.relative_to(written)) for path in written.rglob("*") if path.is_file())
    assert names == sorted(str(p.relative_to(again)) for p in again.rglob("*") if p.is_file())
    differing = [name for name in names if (written / name).read_bytes() != (again / name).read_bytes()]
    assert differing == []


def test_the_numbers_can_be_read_back(written: Path, comparison: forensics.Comparison) -> None:
    content = json.loads((written / "comparison.json").read_text(encoding="utf-8"))
    assert [one["election"] for one in content["elections"]] == [one.label for one in comparison.elections]
    assert len(content["tests"]) == len(comparison.tests)
    assert len(content["limits"]) >= 5
    table = pd.read_csv(written / "comparison.csv")
    assert len(table) == 2 * (len(comparison.tests) + len(comparison.units))
    effects = comparison.to_frame()["effect"].astype(float).to_numpy()
    np.testing.assert_array_equal(table["effect"].to_numpy(), effects)


def test_a_notebook_shows_the_comparison(comparison: forensics.Comparison) -> None:
    html = comparison._repr_html_()
    assert html.count("<tr>") == 1 + len(comparison.tests)
    assert "2 elections" not in repr(comparison)
    assert f"{len(comparison.tests)} tests" in repr(comparison)


def test_bad_folders_are_refused_by_name(folders: list[Path], tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    broken = shutil.copytree(folders[1], tmp_path / "broken")
    (broken / "findings.json").write_text('{"schema_version": 1}', encoding="utf-8")
    newer = changed(folders[1], tmp_path / "newer", lambda content: content.update(schema_version=2))
    mixed = shutil.copytree(folders[1], tmp_path / "mixed")
    shutil.copy(folders[0] / "provenance.json", mixed / "provenance.json")
    figure = shutil.copytree(folders[1], tmp_path / "figure")
    (figure / "figures" / "comet.csv").write_text("turnout,share\n1,a\n", encoding="utf-8")
    scores = shutil.copytree(folders[1], tmp_path / "scores")
    (scores / "restricted" / "precincts.parquet").write_bytes(b"no parquet")
    for bad, said in (
        (tmp_path / "nowhere", "there is no such folder"),
        (empty, "it has no findings.json"),
        (broken, "findings.json cannot be read"),
        (newer, "schema_version 2"),
        (mixed, "of different audits"),
        (figure, "figures/comet.csv cannot be read"),
        (scores, "precincts.parquet cannot be read"),
    ):
        with pytest.raises(ConfigError, match=said) as caught:
            forensics.compare([folders[0], bad])
        assert str(bad) in str(caught.value)
        assert "\n" not in str(caught.value)
    same = shutil.copytree(folders[0], tmp_path / "same")
    with pytest.raises(ConfigError, match="audits of the same returns") as caught:
        forensics.compare([folders[0], same])
    assert str(same) in str(caught.value)
    with pytest.raises(ConfigError, match="needs at least 2"):
        forensics.compare([folders[0]])
    with pytest.raises(ConfigError, match="report folder of an audit"):
        forensics.write_comparison(forensics.compare(folders), out=folders[0])


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as stopped:
        main([str(one) for one in arguments])
    return int(str(stopped.value.code or 0))


def test_the_command_prints_json_and_nothing_else(
    folders: list[Path], comparison: forensics.Comparison, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("compare", *folders, "--json") == 0
    out, err = capsys.readouterr()
    assert (out, err) == (dumps(comparison.to_dict()), "")


def test_the_command_says_what_stands_where(
    folders: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("compare", *folders) == 0
    out = capsys.readouterr().out
    assert "600 of 600 precincts persist" in out
    assert "last_digit: issued" in out
    assert run("compare", folders[0]) == 2
    assert "at least 2" in capsys.readouterr().err
    assert run("compare", "--help") == 0
    assert "Example: forensics compare" in capsys.readouterr().out


@pytest.mark.shared
def test_precincts_of_petersburg_persist_from_2016_to_2018(shared_data: Path) -> None:
    where = 'region == "город Санкт-Петербург"'
    paths = [shared_data / "returns" / name for name in ("ru2016_duma.parquet", "ru2018_president.parquet")]
    tables = [forensics.read_returns(path, where=where) for path in paths]
    audits = [
        forensics.audit(table, plan=forensics.make_plan(table, levels=[], only=["integer_percent"]))
        for table in tables
    ]
    comparison = forensics.compare(audits[::-1])
    assert [one.short for one in comparison.elections] == ["2016", "2018"]
    (panel,) = comparison.panels
    assert panel.matched / min(panel.rows) > 0.9
    # Counted directly: keys that stand once in each of the files of the city.
    counted = [
        table.frame[list(panel.key)].astype(str).agg("|".join, axis=1).value_counts() for table in tables
    ]
    once = [set(counts.index[counts == 1]) for counts in counted]
    assert panel.matched == len(once[0] & once[1])
    assert panel.scores[0].interval is not None
