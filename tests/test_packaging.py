"""What is shipped is whole: the wheel runs the demonstration where there is no checkout and no network."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = "Scripts" if os.name == "nt" else "bin"
# 16 regions, 208 districts, 9,840 precincts: data/demo.toml
DEMO_PRECINCTS = 9840

# One worker builds the wheel for all of these (pytest --dist loadgroup).
pytestmark = pytest.mark.xdist_group("packaging")


def run(*command: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, encoding="utf-8", **options
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source archive and the wheel built from it."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT)
    return folder


@pytest.fixture(scope="session")
def wheel(shipped: Path) -> Path:
    (found,) = shipped.glob("*.whl")
    return found


@pytest.fixture(scope="session")
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel and its dependencies, and without the checkout; its scripts' folder.

    The dependencies are those of the running environment: its folder is appended by a .pth line, and
    .pth files inside a folder that was appended so (an editable install's among them) are not read.
    """
    folder = tmp_path_factory.mktemp("bare")
    run(sys.executable, "-m", "venv", "--without-pip", folder)
    python = folder / SCRIPTS / "python"
    asked = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))")
    site = Path(asked.stdout.strip())
    ours = dict.fromkeys(sysconfig.get_path(kind) for kind in ("purelib", "platlib"))
    (site / "dependencies.pth").write_text("\n".join(ours) + "\n", encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check"]
    run(*pip, "install", "--quiet", "--no-deps", "--no-index", "--ignore-installed", wheel)
    return folder / SCRIPTS


@pytest.fixture
def nowhere(tmp_path: Path) -> dict[str, object]:
    """Options of a process without this project's environment: an empty folder, no data, no way out."""
    kept = {name: os.environ[name] for name in ("SYSTEMROOT", "TEMP", "TMP", "PATH") if name in os.environ}
    shut = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    home = {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path), "MPLCONFIGDIR": str(tmp_path / "mpl")}
    return {"cwd": tmp_path, "env": {**kept, **shut, **home, "PYTHONUTF8": "1"}}


def test_the_wheel_carries_every_embedded_file(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    embedded = [
        file.relative_to(ROOT / "data").as_posix()
        for file in sorted((ROOT / "data").rglob("*"))
        if file.is_file()
    ]
    assert {"registry.csv", "demo.toml", "SOURCES.md"} <= set(embedded)
    assert [name for name in embedded if f"forensics/_data/{name}" not in names] == []
    assert "forensics/py.typed" in names


def test_the_wheel_carries_the_package_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    package = [
        file.relative_to(ROOT).as_posix()
        for file in sorted((ROOT / "forensics").rglob("*"))
        if file.is_file() and "__pycache__" not in file.parts
    ]
    assert [name for name in package if name not in names] == []
    rest = [name for name in names if name not in package and not name.startswith("forensics/_data/")]
    assert [name for name in rest if ".dist-info/" not in name] == []
    assert any(name.endswith("licenses/LICENSE") for name in rest)


def test_the_source_archive_carries_the_tests(shipped: Path) -> None:
    (archive,) = shipped.glob("*.tar.gz")
    with tarfile.open(archive) as content:
        names = {name.split("/", 1)[1] for name in content.getnames()}
    expected = {
        "pyproject.toml",
        "LICENSE",
        "README.md",
        "CHANGELOG.md",
        "SECURITY.md",
        "data/registry.csv",
        "tests/conftest.py",
    }
    assert sorted(expected - names) == []


def test_the_wheel_says_that_it_is_typed(wheel: Path) -> None:
    assert "forensics/py.typed" in zipfile.ZipFile(wheel).namelist()


def test_a_detector_of_another_package_is_one_like_any_other(
    bare: Path, nowhere: dict[str, object], tmp_path: Path
) -> None:
    # The template as its author would install it; the build tool is that of the running environment.
    source = shutil.copytree(ROOT / "examples" / "plugin", tmp_path / "plugin")
    pip = [sys.executable, "-m", "pip", "--python", bare / "python", "--disable-pip-version-check"]
    run(*pip, "install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation", source)
    try:
        told = json.loads(run(bare / "forensics", "detectors", "--json", **nowhere).stdout)
        assert [one["family"] for one in told if one["id"] == "round_hundreds"] == ["digits"]
        table = "precinct,votes_a\n" + "".join(f"{i},{300 if i % 3 else 251}\n" for i in range(150))
        (tmp_path / "returns.csv").write_text(table, encoding="utf-8")
        found = run(bare / "forensics", "run", "round_hundreds", "returns.csv", "--json", **nowhere).stdout
        (finding,) = json.loads(found)["findings"]
        # 100 of the 150 counts above end in 00, all of them of 200 votes or more.
        assert (finding["statistic"], finding["n"]) == (100.0, 150)
    finally:
        run(*pip, "uninstall", "--quiet", "--yes", "forensics-round-hundreds")


def test_the_template_keeps_to_its_own_tests(tmp_path: Path) -> None:
    source = shutil.copytree(ROOT / "examples" / "plugin", tmp_path / "plugin")
    rules = "not size and not power and not hash_seed"
    run(sys.executable, "-m", "pytest", "-q", "-k", rules, "-p", "no:cacheprovider", cwd=source)


def test_the_extras_are_those_of_the_documentation() -> None:
    with (ROOT / "pyproject.toml").open("rb") as text:
        project = tomllib.load(text)["project"]
    assert set(project["optional-dependencies"]) == {"excel", "pdf", "docx", "dask", "fast", "test", "docs"}


def test_the_wheel_runs_without_the_checkout(bare: Path, nowhere: dict[str, object]) -> None:
    program = "import forensics, json, sys; print(json.dumps([forensics.__file__, sys.path]))"
    origin, path = json.loads(run(bare / "python", "-c", program, **nowhere).stdout)
    assert Path(origin).resolve().is_relative_to(bare.parent.resolve())
    assert str(ROOT) not in path
    shown = run(bare / "forensics", "--help", **nowhere).stdout
    for command in ("audit", "plan", "check", "run", "detectors", "demo", "datasets", "verify"):
        assert command in shown
    assert "russia-2018" in run(bare / "forensics", "datasets", "list", **nowhere).stdout


def test_the_wheel_runs_the_demonstration(bare: Path, nowhere: dict[str, object], tmp_path: Path) -> None:
    run(bare / "python", "-m", "forensics", "demo", "--out", tmp_path / "demo", **nowhere)
    written = json.loads((tmp_path / "demo" / "findings.json").read_text(encoding="utf-8"))
    assert written["findings"]
    # Elsewhere n may count intervals of the day, several to a precinct.
    counted = [finding["n"] for finding in written["findings"] if finding["family"] == "turnout"]
    assert max(counted) <= DEMO_PRECINCTS
    page = (tmp_path / "demo" / "index.html").read_text(encoding="utf-8")
    assert page.lower().startswith("<!doctype html")
    read = re.sub(r"<(svg|style|script)\b.*?</\1>|<[^>]+>", "|", page, flags=re.DOTALL)
    # One way to write numbers: a space before the percent sign, a true minus, no power of ten. What
    # stands after "=" is a parameter as it is typed.
    assert re.findall(r".{20}\d%.{9}", read) == []
    assert re.findall(r".{9}(?<!= )(?<![\w.)/–-])-\d.{9}", read) == []
    assert re.findall(r".{9}\d[eE][+−-]\d.{9}", read) == []
