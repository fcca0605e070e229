"""Pages made from the code itself before Sphinx looks for files: detectors, commands, names, profiles."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import api_pages
import command_pages
import detector_pages
import example_pages
import profile_pages

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

MAKERS = (detector_pages, command_pages, api_pages, profile_pages, example_pages)
#: Links that lead out of docs/ on a forge, and the page that stands for the file here.
ELSEWHERE = {"../benchmarks/README.md": "benchmarks.md"}


def write(app: Sphinx, config: Config) -> None:
    """Write what has changed, and remove pages of what is gone."""
    root = Path(app.srcdir)
    pages = {path: text for maker in MAKERS for path, text in maker.pages(root).items()}
    for old in (root / "generated").rglob("*"):
        if old.is_file() and old.relative_to(root).as_posix() not in pages:
            old.unlink()
    for name, text in pages.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8", newline="\n")


def relink(app: Sphinx, docname: str, source: list[str]) -> None:
    """Links to files beside docs/ lead to their pages."""
    for target, page in ELSEWHERE.items():
        source[0] = source[0].replace(f"]({target}", f"]({page}")


def setup(app: Sphinx) -> dict[str, Any]:
    """Write the pages before files are looked for."""
    app.connect("config-inited", write)
    app.connect("source-read", relink)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
