"""The report as one HTML page that needs nothing but itself, and as a page for other dresses of it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from forensics.messages.message import Sentences
from forensics.report.document import Document
from forensics.report.drawn import shown_as_svg
from forensics.report.json_text import embedded

if TYPE_CHECKING:
    import jinja2

SAY = Sentences(
    "report.tables",
    skip="Skip to the content",
    filter="Filter the rows",
    shown="[k] of [n] rows",
    sort="Sort by the first column",
)
_STYLE, _SCRIPT, _PRECINCTS = "style.css", "tables.js", "precincts.js"


def render(document: Document, images: Mapping[str, Mapping[str, bytes]]) -> str:
    """The page; every text of the data is escaped, every figure is inside.

    Parameters
    ----------
    document : Document
    images : mapping of str to mapping of str to bytes
        For each figure's name its ``"svg"``, and a ``"png"`` for the case that the SVG is large.
    """
    return lay_out(document, inline(images))


def lay_out(document: Document, places: Mapping[str, str], *, paper: bool = False) -> str:
    """The page with its figures at the places given.

    Parameters
    ----------
    places : mapping of str to str
        Address of each figure's image, by name.
    paper : bool
        Whether nobody will click: without the script and without links to files.
    """
    return fill("report.html.j2", document.language, report=document, images=places, paper=paper)


def fill(template: str, language: str, **content: Any) -> str:
    """A page of this package's templates, with its one style and its scripts.

    The policy in its head names each by its SHA-256: nothing else runs, and nothing is fetched.
    """
    words = {name: SAY(name).text(language) for name in SAY.sources}
    return _environment().get_template(template).render(language=language, words=words, **content)


def inline(images: Mapping[str, Mapping[str, bytes]]) -> dict[str, str]:
    """Addresses that hold the images themselves."""
    return {name: address(content) for name, content in images.items()}


def address(content: Mapping[str, bytes]) -> str:
    kind, image = ("svg+xml", content["svg"]) if shown_as_svg(content) else ("png", content["png"])
    return f"data:image/{kind};base64,{base64.b64encode(image).decode('ascii')}"


@cache
def _environment() -> jinja2.Environment:
    import jinja2
    from markupsafe import Markup

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("forensics.report", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    style, script, precincts = (
        (files("forensics.report") / "templates" / name).read_text(encoding="utf-8")
        for name in (_STYLE, _SCRIPT, _PRECINCTS)
    )
    environment.globals |= {
        "style": Markup(style),
        "script": Markup(script),
        "precincts_script": Markup(precincts),
        "policy": _policy(style, script),
        "precincts_policy": _policy(style, script, precincts),
    }
    environment.filters["embedded"] = lambda content: Markup(embedded(content))
    return environment


def _policy(style: str, *scripts: str) -> Any:
    from markupsafe import Markup

    known = " ".join(_hash(script) for script in scripts)
    return Markup(f"default-src 'none'; img-src data:; style-src {_hash(style)}; script-src {known}")


def _hash(text: str) -> str:
    """Digest of an inline style or script, as a content security policy names it."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}'"
