"""The report as one HTML page that needs nothing but itself."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from forensics.report.document import Document

#: A larger SVG is shown as PNG: pages that do not open help nobody.
LARGEST_SVG = 150_000


def render(document: Document, images: Mapping[str, Mapping[str, bytes]]) -> str:
    """The page; every text of the data is escaped, every figure is inside.

    Parameters
    ----------
    document : Document
    images : mapping of str to mapping of str to bytes
        For each figure's name its ``"svg"`` and ``"png"``.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("forensics.report", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    inline = {name: _inline(files) for name, files in images.items()}
    return environment.get_template("report.html.j2").render(report=document, images=inline)


def _inline(files: Mapping[str, bytes]) -> str:
    small = len(files["svg"]) <= LARGEST_SVG
    kind, content = ("svg+xml", files["svg"]) if small else ("png", files["png"])
    return f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}"
