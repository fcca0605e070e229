"""How a report and the toolkit are cited: hashes in full, sources of all methods, valid as a file."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path

import pytest
import test_report as fixed

import forensics
from forensics.report.citing import citation_file, how_to_cite
from forensics.report.composing import compose

yaml = pytest.importorskip("yaml", reason="the file is read back with PyYAML")

ROOT = Path(__file__).resolve().parents[1]
HOSTILE = 'A "title": with # marks\nand {braces}'


def test_the_file_of_a_report_holds_the_hashes_in_full() -> None:
    audit = fixed.audit()
    told = yaml.safe_load(citation_file(audit, HOSTILE))
    assert told["cff-version"] == "1.2.0"
    assert told["title"] == HOSTILE
    assert [one["value"] for one in told["identifiers"]] == [
        audit.plan.hash,
        audit.returns.source.sha256,
        audit.returns.digest,
    ]
    assert told["references"][0]["version"] == audit.provenance["version"]
    # What the format requires of every file.
    assert {"cff-version", "message", "title", "authors"} <= set(told)


def test_returns_without_a_file_have_no_hash_of_one() -> None:
    audit = fixed.audit()
    source = dataclasses.replace(audit.returns.source, sha256="")
    bare = dataclasses.replace(audit, returns=dataclasses.replace(audit.returns, source=source))
    assert len(yaml.safe_load(citation_file(bare, "t"))["identifiers"]) == 2


@pytest.mark.parametrize("language", ["en", "ru", "kk"])
def test_the_page_says_it_in_its_language(language: str) -> None:
    document = compose(fixed.audit(), language=language)
    assert document.citation == how_to_cite(fixed.audit(), document.title, language)
    assert fixed.Plan().hash[:12] in document.citation[0]
    assert document.title in document.citation[0]


def test_the_toolkit_is_cited_with_its_version_and_every_method() -> None:
    text = forensics.cite()
    assert f"Version {forensics.__version__}." in text.splitlines()[0]
    assert all(f"\n  {entry.id}\n" in text for entry in forensics.all_detectors())
    # Kobak, Shpilkin and Pshenichnikov (2016), from the docstring of integer_percent.
    assert "Kobak, D., Shpilkin, S. and Pshenichnikov, M. S. (2016)" in text


def test_the_projects_own_file_has_its_version_and_licence() -> None:
    told = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (told["version"], told["license"]) == (project["version"], project["license"])
