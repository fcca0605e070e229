"""The report as PDF: the same page, set for paper."""

from __future__ import annotations

from collections.abc import Mapping

from forensics.errors import ConfigError
from forensics.report.document import Document
from forensics.report.rendering import inline, lay_out
from forensics.report.shortening import shortened


def require_pdf() -> None:
    """Refuse, before anything is computed, a PDF that cannot be made here.

    Raises
    ------
    ConfigError
        If WeasyPrint or the libraries it draws with are missing.
    """
    try:
        import weasyprint  # noqa: F401
    except ImportError:
        raise ConfigError(
            'a PDF needs WeasyPrint, which is not installed: pip install "forensics[pdf]"'
        ) from None
    except OSError:
        # It is installed and finds no Pango.
        raise ConfigError(
            "a PDF needs Pango, which was not found: on Debian or Ubuntu, apt-get install libpango-1.0-0 "
            "libpangoft2-1.0-0; elsewhere see WeasyPrint's installation page"
        ) from None


def to_pdf(document: Document, images: Mapping[str, Mapping[str, bytes]]) -> bytes:
    """The report as PDF, tagged for readers that speak; long tables are left to the page.

    Parameters
    ----------
    document : Document
    images : mapping of str to mapping of str to bytes
        As for :func:`forensics.report.rendering.render`.

    Raises
    ------
    ConfigError
        If it cannot be made here; see :func:`require_pdf`.
    """
    require_pdf()
    import weasyprint

    page = lay_out(shortened(document), inline(images), paper=True)
    return bytes(weasyprint.HTML(string=page).write_pdf(pdf_variant="pdf/ua-1"))
