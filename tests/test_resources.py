"""Embedded files are found by name, and a name that is not there says what is."""

from __future__ import annotations

from pathlib import Path

import pytest

from forensics import resources
from forensics.errors import ConfigError
from forensics.resources import resource

DATA = Path(__file__).resolve().parents[1] / "data"


def test_a_checkout_reads_its_own_data() -> None:
    assert resource("registry.csv").read_bytes() == (DATA / "registry.csv").read_bytes()


@pytest.mark.parametrize("name", ["absent.toml", "", ".", "../pyproject.toml", "/etc/hosts"])
def test_what_is_not_embedded_is_refused(name: str) -> None:
    with pytest.raises(
        ConfigError, match=r"no embedded file of this installation, which carries .*registry\.csv"
    ):
        resource(name)


def test_an_installation_without_data_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(resources, "_root", lambda: tmp_path / "absent")
    with pytest.raises(ConfigError, match="carries nothing"):
        resource("registry.csv")


def test_every_embedded_file_has_its_source_written_down() -> None:
    written = (DATA / "SOURCES.md").read_text(encoding="utf-8")
    embedded = [
        file.relative_to(DATA).as_posix()
        for file in sorted(DATA.rglob("*"))
        if file.is_file() and file.name != "SOURCES.md"
    ]
    assert embedded
    assert [name for name in embedded if f"`{name}`" not in written] == []
