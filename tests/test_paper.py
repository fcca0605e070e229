"""The report on paper: a PDF that shows the page, a DOCX that opens again, and what both leave out."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import test_report as fixed

from forensics.auditing.overview import overview
from forensics.cli.main import main
from forensics.errors import ConfigError
from forensics.report import drafting, paper
from forensics.report.composing import compose
from forensics.report.document import Document, Table
from forensics.report.folder import write_folder
from forensics.report.formats import check_formats
from forensics.report.shortening import LONGEST, shortened

LONG = tuple((f"unit {i}", str(i)) for i in range(LONGEST + 1))


def available(require: Callable[[], None]) -> None:
    """Skip, with the reason, where a format cannot be made."""
    try:
        require()
    except ConfigError as error:
        pytest.skip(str(error))


def subject() -> fixed.Audit:
    base = fixed.audit()
    return fixed.Audit(base.returns, base.findings, base.check, overview(base.returns)[:2])


def with_a_long_table(document: Document) -> Document:
    """The document, its table of skipped tests being one row longer than paper holds."""
    table = Table("Too long", ("unit", "value"), (False, True), LONG)
    return replace(document, skipped=table)


def test_a_long_table_is_left_out_and_the_paper_says_so() -> None:
    document = with_a_long_table(compose(fixed.audit()))
    left = shortened(document).skipped
    assert (left.caption, left.rows) == ("Too long", ())
    assert f"This table of {LONGEST + 1} rows is left out on paper" in left.notes[0]
    # One row fewer is printed; nothing else is touched.
    assert (
        shortened(replace(document, skipped=replace(document.skipped, rows=LONG[1:]))).skipped.rows
        == LONG[1:]
    )
    assert replace(shortened(document), skipped=document.skipped) == document


def test_the_pdf_shows_the_report(tmp_path: Path) -> None:
    available(paper.require_pdf)
    pdfium = pytest.importorskip("pypdfium2")
    write_folder(subject(), tmp_path, formats=("pdf",))
    book = pdfium.PdfDocument(tmp_path / "report.pdf")
    try:
        text = "\n".join(page.get_textpage().get_text_bounded() for page in book)
        assert "What the data cover" in text
        assert "Digits are as chance makes them." in text
        # Letters of a figure are letters, and no precinct is named.
        assert "turnout, %" in text
        assert fixed.SECRET not in text
        sizes = {tuple(round(side) for side in page.get_size()) for page in book}
        assert sizes == {(595, 842)}  # A4 in points
        grey = np.asarray(book[0].render(scale=1).to_pil().convert("L"))
        assert 0.7 < (grey > 250).mean() < 0.99
        # Nothing is printed into the margins of 18 mm: 51 points, less a hair.
        assert (grey[:, :48] > 250).all()
        assert (grey[:, -48:] > 250).all()
    finally:
        book.close()


def test_the_docx_opens_again_with_headings_tables_and_described_figures(tmp_path: Path) -> None:
    available(drafting.require_docx)
    import docx

    write_folder(subject(), tmp_path, formats=("docx",))
    draft = docx.Document(str(tmp_path / "report.docx"))
    document = compose(subject())
    headings = [p.text for p in draft.paragraphs if p.style.name.startswith("Heading")]
    assert headings[0] == document.title
    assert document.headings["coverage"] in headings
    assert document.families[0].results[0].heading in headings
    tables = [[cell.text for cell in table.rows[0].cells] for table in draft.tables]
    assert list(document.skipped.columns) in tables
    assert list(document.coverage.tables[0].rows[0]) in tables
    described = [shape._inline.docPr.get("descr") for shape in draft.inline_shapes]
    assert described == [" ".join(figure.alt.split()) for figure in document.coverage.figures]
    # Everything fits between the margins of an A4 page.
    assert all(shape.width <= drafting.WIDTH * 914400 for shape in draft.inline_shapes)
    said = "\n".join(
        [
            *(p.text for p in draft.paragraphs),
            *(c.text for t in draft.tables for r in t.rows for c in r.cells),
        ]
    )
    assert fixed.SECRET not in said


def test_the_draft_has_every_sentence_of_the_page() -> None:
    available(drafting.require_docx)
    import docx

    document = compose(fixed.audit())
    draft = docx.Document(BytesIO(drafting.to_docx(document, {})))
    said = {" ".join(p.text.split()) for p in draft.paragraphs}
    expected = (
        document.lead,
        *document.tested_notes,
        *document.limits,
        document.reading_notes,
        *document.notes,
    )
    assert [text for text in expected if " ".join(text.split()) not in said] == []


def test_the_same_report_gives_the_same_draft() -> None:
    available(drafting.require_docx)
    import zipfile

    document = compose(fixed.audit())
    parts = []
    for _ in range(2):
        with zipfile.ZipFile(BytesIO(drafting.to_docx(document, {}))) as file:
            parts.append({name: file.read(name) for name in file.namelist()})
    assert parts[0] == parts[1]


@pytest.mark.parametrize(("name", "library"), [("pdf", "weasyprint"), ("docx", "docx")])
def test_without_the_extra_one_sentence_says_what_to_install(
    name: str, library: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ours = builtins.__import__

    def missing(module: str, *rest: Any, **more: Any) -> Any:
        if module.split(".")[0] == library:
            raise ImportError(module)
        return ours(module, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(ConfigError, match=rf'pip install "forensics\[{name}\]"'):
        write_folder(fixed.audit(), tmp_path / "out", formats=(name,))
    # Refused before anything was done.
    assert not (tmp_path / "out").exists()


def test_a_format_that_there_is_not() -> None:
    with pytest.raises(
        ConfigError, match="'odt' is no format of a report besides its page; the formats are pdf, docx"
    ):
        check_formats(["odt"])


def test_papers_of_an_earlier_report_do_not_stay(tmp_path: Path) -> None:
    write_folder(fixed.audit(), tmp_path)
    (tmp_path / "report.pdf").write_bytes(b"earlier")
    write_folder(fixed.audit(), tmp_path)
    assert not (tmp_path / "report.pdf").exists()


def test_a_format_without_a_folder_is_refused_before_anything_is_read(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["audit", "no-such-file.csv", "--docx"])
    assert stopped.value.code == 2
    said = capsys.readouterr().err
    assert "--docx" in said
    assert "say where" in said
    assert "no-such-file" not in said


def test_columns_of_the_draft_are_as_wide_as_their_texts_and_never_wider_than_the_page() -> None:
    from forensics.report.draft_styles import WIDTH, widths

    short = widths([[("name", 1), ("7", 1)], [("longer name", 1), ("1,234", 1)]], 2)
    assert short[0] > short[1]
    assert sum(short) < WIDTH
    long = widths([[("a", 1), ("word " * 40, 1), ("word " * 40, 1)], [("group over all", 3)]], 3)
    assert sum(long) == pytest.approx(WIDTH)
    assert long[1] > 3 * long[0]
    crowded = widths([[("x" * 40, 1)] * 8], 8)
    assert sum(crowded) == pytest.approx(WIDTH)


def test_a_term_and_its_value_are_one_paragraph_and_a_folded_table_has_one_caption() -> None:
    from forensics.report.drafting import _Draft

    draft = _Draft({})
    draft.feed(
        "<dl><dt>Seed</dt><dd>7</dd></dl><details><summary>By region</summary>"
        "<table><caption>By region</caption><tr><th>a</th></tr><tr><th>last <span class='null'>Digits are "
        "even.</span></th></tr></table></details>"
    )
    draft.close()
    assert [one.text for one in draft.docx.paragraphs if one.text] == ["Seed: 7", "By region"]
    cell = draft.docx.tables[0].rows[1].cells[0].paragraphs[0]
    assert cell.text == "last\nDigits are even."
    assert [run.bold for run in cell.runs] == [True, None]
    assert {draft.docx.styles[name].font.name for name in ("Normal", "Heading 1", "Heading 4")} == {"Arial"}
