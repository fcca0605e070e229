"""Every example runs in a folder of its own, on what is drawn here, and on real returns where they are."""

from __future__ import annotations

import json
import os
import runpy
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[1] / "examples"
EXAMPLES = sorted(FOLDER.glob("plot_*.py"))
#: Those that read real returns where FORENSICS_DATA names them.
REAL = [path for path in EXAMPLES if "datasets.locate" in path.read_text(encoding="utf-8")]


def run(path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    runpy.run_path(str(path))
    figures = [figure.name for figure in folder.glob("*.png")]
    assert figures == [f"{path.stem.removeprefix('plot_')}.png"], "an example makes one figure of its name"


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_runs(path, tmp_path, monkeypatch):
    monkeypatch.delenv("FORENSICS_DATA", raising=False)
    run(path, tmp_path, monkeypatch)


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.parametrize("path", REAL, ids=lambda path: path.stem)
def test_example_runs_on_real_returns(path, shared_data, tmp_path, monkeypatch):
    monkeypatch.setenv(
        "FORENSICS_DATA", os.pathsep.join([str(shared_data / "raw"), str(shared_data / "returns")])
    )
    run(path, tmp_path, monkeypatch)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_short_and_asks_one_question(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 80
    assert text.count("Which question:") == 1
    assert text.count(".png") == 1


def test_an_example_becomes_a_notebook(tmp_path):
    module = runpy.run_path(str(FOLDER / "notebooks.py"))
    module["main"](tmp_path)
    assert sorted(path.stem for path in tmp_path.glob("*.ipynb")) == [path.stem for path in EXAMPLES]
    for path in EXAMPLES:
        notebook = json.loads((tmp_path / f"{path.stem}.ipynb").read_text(encoding="utf-8"))
        kinds = [cell["cell_type"] for cell in notebook["cells"]]
        assert kinds[0] == "markdown"
        assert kinds.count("code") >= 2
        assert all(not cell.get("outputs") for cell in notebook["cells"])
        # The code of all cells is that of the script: it still compiles, and nothing of it is lost.
        code = "\n".join(cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code")
        compile(code, path.name, "exec")
        script = path.read_text(encoding="utf-8")
        assert [line for line in code.splitlines() if line and line not in script] == []
