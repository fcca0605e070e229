"""The page of examples, from the scripts in examples/; their figures are made by running them."""

from __future__ import annotations

import ast
from pathlib import Path

from rst import heading, indented


def pages(root: Path) -> dict[str, str]:
    """One page of all example scripts, by path."""
    lines = [
        heading("Examples"),
        "Short scripts of the folder ``examples/``: each asks one question and makes one figure.",
        "",
    ]
    for path in sorted((root.parent / "examples").glob("plot_*.py")):
        text = path.read_text(encoding="utf-8")
        said = (ast.get_docstring(ast.parse(text)) or path.stem).strip().splitlines()
        code = text.split('"""', 2)[-1].strip()
        about = "\n".join(line for line in said[1:] if set(line.strip()) - {"="})
        lines += [heading(said[0], 1), about, ""]
        lines += [f"``examples/{path.name}``:", "", ".. code-block:: python", "", indented(code), ""]
    return {"generated/examples.rst": "\n".join(lines)}
