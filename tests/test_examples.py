"""Every example runs, in a folder of its own."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).resolve().parents[1] / "examples").glob("plot_*.py"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_runs(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(path))
    assert list(tmp_path.glob("*.png")), "an example makes a figure"


def test_examples_are_short():
    assert EXAMPLES
    long = [path.name for path in EXAMPLES if len(path.read_text(encoding="utf-8").splitlines()) > 80]
    assert long == []
