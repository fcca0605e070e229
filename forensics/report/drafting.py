"""The report as a Word document that a mission edits: headings, tables and figures in the page's order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from html.parser import HTMLParser
from io import BytesIO
from typing import Any

from forensics.errors import ConfigError
from forensics.report.document import Document
from forensics.report.draft_styles import WIDTH, dress, widths
from forensics.report.rendering import lay_out
from forensics.report.shortening import shortened

#: Inches of the text between the margins from top to bottom, and of the margins, on A4.
HEIGHT, MARGIN = 9.7, 0.98
#: Points of the letters in a table.
SMALL = 8
#: The same for every document: the report says itself what it was made from.
MADE = datetime(2000, 1, 1)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCKS = {"p": "Normal", "li": "List Bullet", "dt": "Normal", "dd": "Normal", "summary": "Normal"}
#: Parts of the page that are for those who click.
_LEFT_OUT = ("head", "nav", "figcaption", "script")


def require_docx() -> None:
    """Refuse, before anything is computed, a DOCX that cannot be made here.

    Raises
    ------
    ConfigError
        If python-docx is missing.
    """
    try:
        import docx  # noqa: F401
    except ImportError:
        raise ConfigError(
            'a DOCX needs python-docx, which is not installed: pip install "forensics[docx]"'
        ) from None


def to_docx(document: Document, images: Mapping[str, bytes]) -> bytes:
    """The report as DOCX; long tables are left to the page.

    Parameters
    ----------
    document : Document
    images : mapping of str to bytes
        PNG of each figure, by name; its alternative text goes with it.

    Raises
    ------
    ConfigError
        If python-docx is missing.
    """
    require_docx()
    # The page is laid out once, in its template: the draft has the same order and the same words.
    page = lay_out(shortened(document), {name: name for name in images}, paper=True)
    draft = _Draft(images)
    draft.feed(page)
    draft.close()
    properties = draft.docx.core_properties
    properties.title, properties.language, properties.author = document.title, document.language, ""
    properties.comments, properties.created, properties.modified = "", MADE, MADE
    file = BytesIO()
    draft.docx.save(file)
    return file.getvalue()


class _Draft(HTMLParser):
    """Reads the page of the report and writes its parts into a Word document."""

    def __init__(self, images: Mapping[str, bytes]) -> None:
        import docx
        from docx.shared import Inches, Mm

        super().__init__(convert_charrefs=True)
        self.docx = docx.Document()
        self._images = images
        self._skipped = 0
        self._paragraph: Any = None
        self._bold = 0
        self._italic = 0
        # Rows of the table being read: (text, is it a header, columns it spans, is it a number).
        self._rows: list[list[_Cell]] | None = None
        self._caption: list[str] | None = None
        # What was said above a folded table, which its caption repeats.
        self._summary = ""
        dress(self.docx)
        page = self.docx.sections[0]
        page.page_width, page.page_height = Mm(210), Mm(297)
        for side in ("left_margin", "right_margin", "top_margin", "bottom_margin"):
            setattr(page, side, Inches(MARGIN))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        from docx.shared import Pt

        given = dict(attrs)
        if self._skipped or tag in _LEFT_OUT:
            self._skipped += tag in _LEFT_OUT
        elif tag == "table":
            self._rows = []
        elif tag == "caption":
            # A caption that is only read aloud repeats the heading above it.
            self._caption = None if given.get("class") == "unseen" else []
        elif tag == "tr" and self._rows is not None:
            self._rows.append([])
        elif tag in ("th", "td") and self._rows:
            number = "number" in (given.get("class") or "").split()
            self._rows[-1].append(_Cell(tag == "th", int(given.get("colspan") or 1), number))
        elif tag == "img":
            self._figure(given.get("src") or "", given.get("alt") or "")
        elif tag in _HEADINGS:
            self._paragraph = self.docx.add_heading(level=_HEADINGS[tag])
        elif tag == "dd" and self._paragraph is not None:
            # A term and what is said of it are one paragraph.
            self._paragraph.add_run(": ").bold = True
        elif tag in _BLOCKS:
            self._paragraph = self.docx.add_paragraph(style=_BLOCKS[tag])
            self._bold += tag in ("dt", "summary")
            if tag == "dt":
                self._paragraph.paragraph_format.space_after = Pt(1)
        elif tag == "br" and self._paragraph is not None:
            self._paragraph.add_run().add_break()
        elif tag == "span" and self._rows and self._rows[-1] and given.get("class") == "null":
            self._rows[-1][-1].second = []
        elif tag == "strong":
            self._bold += 1
        elif tag == "cite":
            self._italic += 1

    def handle_endtag(self, tag: str) -> None:
        if self._skipped:
            self._skipped -= tag in _LEFT_OUT
        elif tag == "table":
            self._table()
        elif tag == "caption" and self._caption is not None:
            text, self._caption = " ".join("".join(self._caption).split()), None
            if text == self._summary:
                return
            self._bold += 1
            self._paragraph = self.docx.add_paragraph()
            self._paragraph.paragraph_format.keep_with_next = True
            self._write(text)
            self._bold -= 1
            self._paragraph = None
        elif tag in _HEADINGS or tag in _BLOCKS:
            self._bold -= tag in ("dt", "summary")
            if tag == "summary" and self._paragraph is not None:
                self._paragraph.paragraph_format.keep_with_next = True
                self._summary = self._paragraph.text.strip()
            self._paragraph = self._paragraph if tag == "dt" else None
        elif tag == "strong":
            self._bold -= 1
        elif tag == "cite":
            self._italic -= 1

    def handle_data(self, data: str) -> None:
        if self._skipped:
            return
        if self._caption is not None:
            self._caption.append(data)
        elif self._rows and self._rows[-1]:
            cell = self._rows[-1][-1]
            (cell.text if cell.second is None else cell.second).append(data)
        elif self._paragraph is not None:
            self._write(" ".join([*data.split(), ""] if data[-1:].isspace() else data.split()), data)

    def _write(self, text: str, raw: str = "") -> None:
        if not text.strip():
            return
        spaced = raw[:1].isspace() and self._paragraph.runs
        run = self._paragraph.add_run(f" {text}" if spaced else text)
        run.bold, run.italic = bool(self._bold) or None, bool(self._italic) or None

    def _figure(self, name: str, alternative: str) -> None:
        from docx.shared import Inches

        shape = self.docx.add_picture(BytesIO(self._images[name]))
        ratio = min(Inches(WIDTH) / shape.width, Inches(HEIGHT) / shape.height)
        shape.width, shape.height = int(shape.width * ratio), int(shape.height * ratio)
        described = shape._inline.docPr
        described.set("descr", alternative)
        described.set("name", name)

    def _table(self) -> None:
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.shared import Inches, Pt

        rows, self._rows = [row for row in self._rows or () if row], None
        if not rows:
            return
        columns = max(sum(cell.span for cell in row) for row in rows)
        table = self.docx.add_table(len(rows), columns)
        table.style, table.autofit = "Table Grid", False
        wide = widths([[(_line(cell.text), cell.span) for cell in row] for row in rows], columns)
        for column, inches in zip(table.columns, wide, strict=True):
            column.width = Inches(inches)
        for row, made in zip(rows, table.rows, strict=True):
            cells, at = made.cells, 0
            for cell in row:
                place = cells[at]
                if cell.span > 1:
                    place = place.merge(cells[at + cell.span - 1])
                place.width = Inches(sum(wide[at : at + cell.span]))
                at += cell.span
                paragraph = place.paragraphs[0]
                paragraph.paragraph_format.space_after = Pt(0)
                run = paragraph.add_run(_line(cell.text))
                run.font.size, run.bold = Pt(SMALL), cell.header or None
                if cell.second:
                    run.add_break()
                    paragraph.add_run(_line(cell.second)).font.size = Pt(SMALL)
                if cell.number:
                    paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        if all(cell.header for cell in rows[0]) and len(rows) > 1:
            _repeat(table.rows[0])
        self.docx.add_paragraph()


class _Cell:
    """A cell of the table being read."""

    def __init__(self, header: bool, span: int, number: bool) -> None:
        self.header, self.span, self.number = header, span, number
        self.text: list[str] = []
        # What stands below the name of a test in the row that opens its group.
        self.second: list[str] | None = None


def _line(parts: list[str]) -> str:
    return " ".join("".join(parts).split())


def _repeat(row: Any) -> None:
    """Mark a row as the heading that Word repeats on every page and reads with each cell."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)
