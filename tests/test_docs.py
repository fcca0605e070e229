"""The documentation: its commands and programs run, its links lead somewhere, detectors have pages."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from docutils.utils.math.latex2mathml import tex2mathml

from forensics.detectors.registry import all_detectors

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if not {"_build", "generated"} & set(path.parts))
FIGURES = DOCS / "detectors" / "figures"
#: Bytes of a figure: pages are read over poor connections.
LARGEST_FIGURE = 60_000
#: Longest line of a command's output that is read; nothing depends on it but the message of a failure.
SHOWN = 2000

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
SAVED = re.compile(r"[Ss]ave\s+(?:this|it)\s+as\s+`([\w.]+)`")


def detectors() -> dict[str, dict[str, object]]:
    pages = tomllib.loads((DOCS / "detectors" / "detectors.toml").read_text(encoding="utf-8"))
    del pages["elections"]
    return pages


def steps(page: Path) -> list[tuple[str, str, str]]:
    """What a reader does, in order: ("file", name, text), ("run", command, "") or ("python", "", text)."""
    text = page.read_text(encoding="utf-8")
    found, end = [], 0
    for block in BLOCK.finditer(text):
        before = SAVED.findall(text[end : block.start()])
        end = block.end()
        kind, body = block.groups()
        if before and kind in ("python", "toml"):
            found.append(("file", before[-1], body))
        elif kind == "console":
            found += [("run", line[2:], "") for line in body.splitlines() if line.startswith("$ ")]
        elif kind == "python":
            found.append(("python", "", body))
    return found


def do(steps: list[tuple[str, str, str]], folder: Path) -> str:
    """Do what a page says in a folder; the output of everything, one after the other."""
    said = []
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "Agg", "OMP_NUM_THREADS": "1"}
    for kind, name, text in steps:
        if kind == "file":
            (folder / name).write_text(text, encoding="utf-8")
            continue
        if kind == "python":
            command = [sys.executable, "-c", text]
        else:
            program, *rest = name.split()
            command = [sys.executable, *(["-m", "forensics"] if program == "forensics" else []), *rest]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, f"{name or text}\n{done.stdout[-SHOWN:]}\n{done.stderr[-SHOWN:]}"
        said.append(done.stdout)
    return "\n".join(said)


def test_the_tutorial_leads_from_a_strangers_file_to_a_report(tmp_path):
    todo = steps(DOCS / "tutorial" / "index.md")
    assert sum(kind == "run" for kind, _, _ in todo) > 7
    said = do(todo, tmp_path)
    assert (tmp_path / "reports" / "first" / "index.html").is_file()
    assert "every table and every number is reproduced" in said
    # What the page quotes is what is printed, but for spaces at the ends of lines and lines left out.
    text = (DOCS / "tutorial" / "index.md").read_text(encoding="utf-8")
    quoted = [
        line.strip() for kind, body in BLOCK.findall(text) if kind == "text" for line in body.splitlines()
    ]
    printed = {" ".join(line.split()) for line in said.splitlines()}
    missing = [
        line
        for line in quoted
        if "…" not in line and not line.startswith("L0") and " ".join(line.split()) not in printed
    ]
    assert missing == []


def test_the_detector_of_the_how_to_runs_and_keeps_the_rules(tmp_path):
    said = do(steps(DOCS / "how-to" / "detector.md"), tmp_path)
    assert "even in half of the precincts" in said
    assert "of 40 clean elections" in said


def test_the_ledger_of_the_how_to_is_read(tmp_path):
    todo = [step for step in steps(DOCS / "how-to" / "ledger.md") if step[0] != "run"]
    assert "honest count" in do(todo, tmp_path)


def test_the_profile_and_the_coding_of_the_how_to_are_read(tmp_path):
    import forensics
    from forensics.tables.profiles import parse_profile

    blocks = BLOCK.findall((DOCS / "how-to" / "profile.md").read_text(encoding="utf-8"))
    assert parse_profile(next(body for kind, body in blocks if kind == "toml"), "mine").levels
    blocks = BLOCK.findall((DOCS / "how-to" / "coding.md").read_text(encoding="utf-8"))
    table = tmp_path / "mine.csv"
    table.write_text(next(body for kind, body in blocks if kind == "text"), encoding="utf-8")
    assert forensics.read_coding(table).name == "mine"


def test_every_detector_has_a_formula_and_nothing_else_has_one():
    own = {entry.id for entry in all_detectors() if entry.run.__module__.startswith("forensics.")}
    assert set(detectors()) == own
    for id, page in detectors().items():
        assert "<math" in tex2mathml(str(page["formula"])), id
        assert str(page["where"]).endswith("."), id


def test_every_detector_shows_two_elections_or_says_why_not():
    readings = json.loads((FIGURES / "readings.json").read_text(encoding="utf-8"))
    for id, page in detectors().items():
        wanted = {str(page[role]) for role in ("clean", "manipulated") if role in page}
        assert wanted <= set(readings.get(id, {})), id
        assert len(wanted) == 2 or "no_clean" in page, id


def test_figures_are_small_and_none_is_left_over():
    readings = json.loads((FIGURES / "readings.json").read_text(encoding="utf-8"))
    named = {each["file"] for found in readings.values() for each in found.values() if "file" in each}
    there = {path.name for path in FIGURES.iterdir()} - {"readings.json"}
    assert named == there
    assert [name for name in sorted(there) if (FIGURES / name).stat().st_size > LARGEST_FIGURE] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_links_lead_to_a_page(page):
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    targets = [target for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text) if "://" not in target]
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert [target for target in missing if "generated/" not in target] == []


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, built once from a copy, every warning an error."""
    folder = tmp_path_factory.mktemp("site")
    leave = shutil.ignore_patterns("_build", "generated")
    shutil.copytree(DOCS, folder / "docs", ignore=leave)
    for name in ("data", "examples", "benchmarks"):
        (folder / name).symlink_to(ROOT / name)
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-W", "--keep-going", "-q", "docs", "html"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-SHOWN:]
    return folder / "html"


def test_the_site_builds_without_a_warning_and_has_every_name(site):
    import forensics

    ids = [entry.id for entry in all_detectors() if entry.id in detectors()]
    assert [id for id in ids if not (site / "generated" / "detectors" / f"{id}.html").is_file()] == []
    names = [name for name in forensics.__all__ if name not in ids]
    assert [name for name in names if not (site / "generated" / "api" / f"{name}.html").is_file()] == []


def test_the_site_needs_no_network(site):
    fetched = re.compile(r"<(?:script|img|link|iframe)[^>]*(?:src|href)=\"(https?:)?//[^\"]*\"")
    found = [path.name for path in site.rglob("*.html") if fetched.search(path.read_text(encoding="utf-8"))]
    assert found == []


def test_names_in_the_pages_are_links(site):
    """`{py:obj}` of a name that is gone would stay plain text without a warning."""
    plain = re.compile(
        r"<code class=\"xref py py-obj[^\"]*\"><span class=\"pre\">(forensics[\w.]*)</span></code>(?!</a>)"
    )
    found = {
        name
        for folder in ("how-to", "reference", "tutorial", "explanation")
        for path in (site / folder).glob("*.html")
        for name in plain.findall(path.read_text(encoding="utf-8"))
    }
    assert found == set()
