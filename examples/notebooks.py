"""Every example as a notebook beside it: ``python examples/notebooks.py [folder]``.

The scripts are the source: the docstring becomes the first text, a comment after an empty line becomes
a text of its own, and what stands between them is code. Notebooks are made, never kept, so that no
output of real returns is stored by accident.
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def cells(script: str) -> Iterator[tuple[str, str]]:
    """Kind (``markdown`` or ``code``) and text of each cell."""
    docstring = ast.parse(script).body[0]
    yield "markdown", ast.literal_eval(script[: _end(script, docstring)].strip()).strip()
    code: list[str] = []
    text: list[str] = []
    for line in script[_end(script, docstring) :].splitlines():
        after_empty = not code or not code[-1].strip()
        if line.startswith("# ") and (text or after_empty):
            if not text:
                yield from _code(code)
                code = []
            text.append(line[2:])
            continue
        if text:
            yield "markdown", " ".join(text)
            text = []
        code.append(line)
    yield from _code(code)


def _end(script: str, node: ast.stmt) -> int:
    lines = script.splitlines(keepends=True)
    return sum(map(len, lines[: node.end_lineno]))


def _code(lines: list[str]) -> Iterator[tuple[str, str]]:
    text = "\n".join(lines).strip("\n")
    if text.strip():
        yield "code", text


def notebook(script: str) -> dict[str, Any]:
    """The notebook's JSON, of format 4.5."""
    made: list[dict[str, Any]] = []
    for number, (kind, text) in enumerate(cells(script)):
        cell = {"cell_type": kind, "id": f"cell-{number}", "metadata": {}, "source": text}
        made.append(cell | ({"execution_count": None, "outputs": []} if kind == "code" else {}))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": made, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def main(folder: Path) -> None:
    """Write a notebook for each ``plot_*.py``."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(Path(__file__).parent.glob("plot_*.py")):
        text = json.dumps(notebook(path.read_text(encoding="utf-8")), indent=1, ensure_ascii=False)
        (folder / f"{path.stem}.ipynb").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
