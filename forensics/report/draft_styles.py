"""How the Word document looks: one face, black headings, narrow spaces, columns as wide as their texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

#: Inches of the text between the margins.
WIDTH = 6.3
#: A face with the letters of all languages that Word, LibreOffice and their substitutes have.
FACE = "Arial"
#: Points of the text, and of headings from the first level on.
TEXT, HEADINGS = 10, (18, 14, 12, 11, 10, 10)
#: Letters of a table to an inch, on average; those that the margins of a cell take; the longest word
#: and the longest text that a column is widened for.
PER_INCH, PADDING, WORD, LINE = 15.5, 2.8, 26, 60


def dress(document: Any) -> None:
    """Set face, sizes and spaces of a document's styles, and number its pages."""
    from docx.shared import Pt, RGBColor

    levels = [f"Heading {level}" for level in range(1, len(HEADINGS) + 1)]
    for name in ("Normal", "List Bullet", *levels):
        style = document.styles[name]
        _face(style)
        style.paragraph_format.space_after = Pt(4)
        style.paragraph_format.line_spacing = 1.08
    document.styles["Normal"].font.size = Pt(TEXT)
    for name, size in zip(levels, HEADINGS, strict=True):
        style = document.styles[name]
        style.font.size, style.font.bold, style.font.italic = Pt(size), True, False
        style.font.color.rgb = RGBColor(0x1A, 0x1A, 0x1A)
        style.paragraph_format.space_before = Pt(size)
        style.paragraph_format.keep_with_next = True
    _numbered(document.sections[0].footer.paragraphs[0])


def widths(rows: Sequence[Sequence[tuple[str, int]]], columns: int) -> list[float]:
    """Inches of each column of a table: what its texts ask for, and in all not more than the page.

    Parameters
    ----------
    rows : sequence of sequence of (str, int)
        Text of each cell, and the columns that it spans.
    columns : int

    Returns
    -------
    list of float
        As wide as the longest text where all fit; else each column has its longest word, and the
        rest goes to those with longer texts.
    """
    least, asked = [PADDING] * columns, [PADDING] * columns
    for row in rows:
        at = 0
        for text, span in row:
            if span == 1:
                word = max((len(one) for one in text.split(" ")), default=0)
                least[at] = max(least[at], min(word, WORD) + PADDING)
                asked[at] = max(asked[at], min(len(text), LINE) + PADDING)
            at += span
    room = WIDTH * PER_INCH
    if sum(asked) <= room:
        found = asked
    elif sum(least) >= room:
        found = [one * room / sum(least) for one in least]
    else:
        more = [wish - one for wish, one in zip(asked, least, strict=True)]
        share = (room - sum(least)) / sum(more)
        found = [one + share * wish for one, wish in zip(least, more, strict=True)]
    return [one / PER_INCH for one in found]


def _face(style: Any) -> None:
    """The face of a style for every script; a theme's face would be taken before it."""
    from docx.oxml.ns import qn

    style.font.name = FACE
    faces = style.element.rPr.rFonts
    for name in list(faces.attrib):
        if name.endswith("Theme"):
            del faces.attrib[name]
    for script in ("ascii", "hAnsi", "cs", "eastAsia"):
        faces.set(qn(f"w:{script}"), FACE)


def _numbered(paragraph: Any) -> None:
    """A field that holds the number of the page."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    paragraph._p.append(field)
