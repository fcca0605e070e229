"""Other dresses of a report's page: PDF and DOCX, and whether they can be made here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from forensics.errors import ConfigError
from forensics.plots.raster import halved
from forensics.report.document import Document
from forensics.report.drafting import require_docx, to_docx
from forensics.report.paper import require_pdf, to_pdf

#: In a report's folder each is ``report.<format>``.
FORMATS = ("pdf", "docx")


def check_formats(formats: Sequence[str]) -> None:
    """Refuse, before anything is computed, a format that cannot be made here.

    Parameters
    ----------
    formats : sequence of {"pdf", "docx"}
        What a report folder is to hold besides the page.

    Raises
    ------
    ConfigError
        If it is none of ``"pdf"`` and ``"docx"``, or what makes it is not installed.
    """
    for name in formats:
        if name not in FORMATS:
            raise ConfigError(
                f"{name!r} is no format of a report besides its page; the formats are {', '.join(FORMATS)}"
            )
        {"pdf": require_pdf, "docx": require_docx}[name]()


def dressed(
    document: Document,
    formats: Sequence[str],
    shown: Mapping[str, Mapping[str, bytes]],
    files: Mapping[str, Mapping[str, bytes]],
) -> dict[str, bytes]:
    """The report in each format, by name; long tables are left to the page, and it says so.

    Parameters
    ----------
    document : Document
    formats : sequence of {"pdf", "docx"}
    shown, files : mapping of str to mapping of str to bytes
        What the page shows of each figure, and its files in full, as ``"svg"`` and ``"png"``.
    """
    made = {}
    if "pdf" in formats:
        made["pdf"] = to_pdf(document, shown)
    if "docx" in formats:
        # At the width of a text the dots of a printer's file would only make the draft heavy.
        made["docx"] = to_docx(document, {name: halved(content["png"]) for name, content in files.items()})
    return made
