"""A report of files that try to run, lead away or tell too much: nothing runs and nothing leaks."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import hostile_election as hostile
import numpy as np
import pytest
from browser import Page, browser

import forensics
from forensics.auditing.plan import make_plan
from forensics.errors import ConfigError, ReturnsError
from forensics.messages.letters import INSTEAD, UNSHOWN
from forensics.messages.message import Message
from forensics.picture import FORMULA, Picture
from forensics.report.notes import read_notes
from forensics.tables.schema import LONGEST_NAME

pytestmark = pytest.mark.xdist_group("browser")

#: Written as they were given: the texts that the report was made with.
GIVEN = ("ledger", "notes")
TEXTS = {".html", ".json", ".csv", ".svg", ".toml", ".txt"}
DETECTORS = ("protocol_arithmetic", "last_digit", "integer_percent")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the hostile election, in a folder that has a neighbour."""
    place = tmp_path_factory.mktemp("red")
    files = hostile.written(place)
    returns = forensics.read_returns(files["returns"])
    audit = forensics.audit(returns, plan=make_plan(returns, levels=("region",), only=DETECTORS))
    link = forensics.associate(audit, files["roster"], coding=str(files["coding"]), rng=1)
    forensics.write_report(
        audit,
        link,
        out=place / "reports" / "out",
        ledger=files["ledger"],
        notes=files["notes"],
        formats=("docx",),
    )
    return place / "reports" / "out"


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser(tmp_path_factory.mktemp("profile")) as page:
        yield page


def texts(folder: Path, *, restricted: bool) -> dict[str, str]:
    """The texts of the folder's files, those of a DOCX and of names of files among them."""
    found = {"names": "\n".join(str(path.relative_to(folder)) for path in sorted(folder.rglob("*")))}
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if inside.parts[0] in GIVEN or (inside.parts[0] == "restricted") != restricted:
            continue
        if path.suffix in TEXTS:
            found[str(inside)] = path.read_text(encoding="utf-8")
        elif path.suffix == ".docx":
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    if name.endswith((".xml", ".rels")):
                        found[f"{inside}/{name}"] = archive.read(name).decode("utf-8")
    return found


def test_no_precinct_and_no_person_is_in_what_is_published(folder: Path) -> None:
    published = texts(folder, restricted=False)
    assert {"index.html", "findings.csv", "commissions.json", "report.docx/word/document.xml"} <= set(
        published
    )
    assert [name for name, text in published.items() if hostile.PRECINCT in text] == []
    assert [name for name, text in published.items() if hostile.PERSON in text] == []


def test_the_restricted_folder_holds_precincts_and_nobody_of_a_commission(folder: Path) -> None:
    kept = texts(folder, restricted=True)
    assert hostile.PRECINCT in kept["restricted/precincts.html"]
    assert [name for name, text in kept.items() if hostile.PERSON in text] == []
    assert [
        name for name, text in kept.items() if name != "names" and re.search("nominat|aligned", text)
    ] == []


def test_a_region_of_four_commissions_is_withheld_and_does_not_follow_from_the_others(folder: Path) -> None:
    import json

    measures = json.loads((folder / "commissions.json").read_text(encoding="utf-8"))["measures"]
    units = [row for row in measures if row["unit"] and row["measure"] == "aligned_share"]
    assert len(units) == len(hostile.REGIONS)
    held = [row for row in units if row["withheld"]]
    few = next(row for row in units if row["unit"] == hostile.REGIONS[-1])
    assert few in held
    # Four alone would follow from the total, so a second region is withheld with them.
    assert len(held) == 2
    assert all(row["mean"] is None and row["low"] is None and row["commissions"] is None for row in held)


def test_no_cell_of_a_table_is_a_formula(folder: Path) -> None:
    tables = sorted(folder.rglob("*.csv"))
    assert len(tables) > len(DETECTORS)
    number = re.compile(r"[-+]?[\d.]+(e-?\d+)?")
    formulas = [
        (path.name, cell)
        for path in tables
        for row in csv.reader(io.StringIO(path.read_text(encoding="utf-8")))
        for cell in row
        if len(cell) > 1 and cell.startswith(FORMULA) and not number.fullmatch(cell)
    ]
    assert formulas == []
    # The hostile names are there all the same, as texts.
    assert f"'{hostile.FORMULAS[0]}" in next(
        cell
        for row in csv.reader(io.StringIO((folder / "findings.csv").read_text(encoding="utf-8")))
        for cell in row
        if cell.startswith("'=")
    )


def test_letters_that_cannot_be_shown_are_nowhere(folder: Path) -> None:
    everything = texts(folder, restricted=False) | texts(folder, restricted=True)
    assert [name for name, text in everything.items() if UNSHOWN.search(text)] == []
    assert f"North{INSTEAD}htroN" in everything["index.html"]


def test_nothing_is_written_beside_the_folder(folder: Path) -> None:
    assert [path.name for path in folder.parent.iterdir()] == ["out"]
    assert sorted(path.name for path in folder.parent.parent.iterdir() if path.is_dir()) == ["reports"]
    assert all(folder in path.resolve().parents for path in folder.rglob("*"))
    assert all(re.fullmatch(r"[\w.\-]+", path.name) for path in folder.rglob("*"))


@pytest.mark.parametrize("page", ["index.html", "restricted/precincts.html"])
def test_nothing_runs_and_nothing_is_fetched(window: Page, folder: Path, page: str) -> None:
    window.open(folder / page)
    assert window.run("window.ran === undefined")
    assert window.complaints() == []
    assert window.requests() == [(folder / page).resolve().as_uri()]
    # Every element is one of ours: no handler, no frame, no address outside.
    assert window.run(
        "[...document.querySelectorAll('*')].every(e => [...e.attributes].every(a => "
        "!a.name.startsWith('on') && !/^\\s*javascript:/i.test(a.value)))"
    )
    assert window.run("document.querySelectorAll('iframe, object, embed, form, base, link').length") == 0
    assert window.run(
        "[...document.querySelectorAll('a')].every(a => "
        "/^(#|figures\\/[\\w.-]+$)/.test(a.getAttribute('href')))"
    )
    assert window.run("getComputedStyle(document.querySelector('main')).display") == "block"


def test_a_figure_named_by_an_option_stays_in_its_folder() -> None:
    say = Message("test", "said")
    picture = Picture("forest", "share-../../<b>harm?#x", say, say, {"a": np.zeros(1)})
    assert picture.name == "share-.._.._b_harm_x"
    assert Picture("forest", "../../harm", say, say, {}).name == "_.._harm"


def test_templates_in_names_are_not_worked_out(folder: Path) -> None:
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "{{ 6 * 191 }}" in page
    assert "{{ 5 * 191 }}" in page


def test_clicking_marks_shows_hostile_names_as_texts(window: Page, folder: Path) -> None:
    window.open(folder / "restricted" / "precincts.html")
    window.run("document.querySelector('[data-marks=\"last_digit-leader_votes\"] .marks').focus()")
    for mark in range(10):
        window.press("ArrowRight", 39)
        window.press("Enter", 13, "\r")
        assert window.run("document.querySelectorAll('#behind tbody tr').length") > 0, mark
    assert window.run("document.querySelectorAll('#behind tbody :not(tr, th, td)').length") == 0
    assert window.run("window.ran === undefined")
    assert window.complaints() == []


def test_a_zip_that_climbs_out_of_its_folder_writes_nothing(tmp_path: Path) -> None:
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    path = inside / "returns.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../harm.csv", hostile.returns().to_csv(index=False))
    returns = forensics.read_returns(path)
    assert len(returns) == len(hostile.returns())
    assert next(step.text() for step in returns.source.steps) == "harm.csv was taken out of the zip."
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["a", "b", "returns.zip"]


def test_a_zip_that_unfolds_is_refused_before_it_does(tmp_path: Path) -> None:
    path = tmp_path / "returns.zip"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("returns.csv", "w") as member,
    ):
        for _ in range(80):
            member.write(b"0" * 2**20)
    with pytest.raises(
        ReturnsError, match=r"returns\.zip: .* bytes that would unzip to 83,886,080; a table"
    ):
        forensics.read_returns(path)


@pytest.mark.parametrize("column", ["precinct", "region"])
def test_a_name_of_ten_million_letters_is_refused_by_its_row(tmp_path: Path, column: str) -> None:
    table = hostile.returns().drop(columns="district").head(30)
    table.loc[table.index[6], column] = "x" * 10_000_000
    path = tmp_path / "returns.csv"
    table.to_csv(path, index=False)
    with pytest.raises(ReturnsError, match=rf"row 8, column '{column}': a name of 10,000,000 letters"):
        forensics.read_returns(path)


def test_a_header_that_is_too_long_is_refused(tmp_path: Path) -> None:
    table = hostile.returns().head(30).rename(columns={"valid": "x" * (LONGEST_NAME + 1)})
    path = tmp_path / "returns.csv"
    table.to_csv(path, index=False)
    with pytest.raises(
        ReturnsError, match=r"column 6 has a name of 1,001 letters; a name has at most 1,000"
    ):
        forensics.read_returns(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# Heading\n\nabc\u202etxt.exe\n", "notes.md, line 3: the character U.202E cannot be shown"),
        ("first\n\nbell\x07\n", "notes.md, line 3: the character U.0007 cannot be shown"),
    ],
)
def test_notes_that_turn_a_line_round_are_refused_by_their_line(
    tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "notes.md"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=said):
        read_notes(path)


def test_a_ledger_that_turns_a_line_round_is_refused_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "ledger.toml"
    path.write_text(hostile.LEDGER.replace("{{ 5 * 191 }}", "\\u202Ederetla"), encoding="utf-8")
    line = hostile.LEDGER.splitlines().index('topic = "{{ 5 * 191 }}"') + 1
    with pytest.raises(
        ConfigError, match=rf"ledger\.toml, line {line}: the character U.202E cannot be shown"
    ):
        forensics.read_ledger(path)
