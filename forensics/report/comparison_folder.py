"""The folder of a comparison: the page, the numbers, and the figures with their data."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from forensics.auditing.workers import as_finished, in_order
from forensics.comparing.comparison import Comparison
from forensics.errors import ConfigError
from forensics.messages.message import check_language
from forensics.picture import csv_text
from forensics.plots import drawing
from forensics.report.comparison_page import ComparisonPage, comparison_page
from forensics.report.json_text import dumps
from forensics.report.output import MADE, replacing, write_text
from forensics.report.rendering import fill, inline

NUMBERS, TABLE, PAGE = MADE["comparison"], "comparison.csv", "index.html"
#: What an audit's folder holds: a comparison is not written over it.
_AUDIT = "findings.json"


def write_comparison_folder(
    comparison: Comparison, out: str | Path, *, language: str = "en", n_jobs: int = 1
) -> Path:
    """Write the folder of a comparison; the same comparison gives the same bytes.

    Parameters
    ----------
    comparison : Comparison
    out : path
        Folder, made if it is missing. Figures that an earlier comparison left there are removed.
    language : str
        Of every sentence of the page that has a translation.
    n_jobs : int
        Workers that draw; the bytes do not depend on it.

    Returns
    -------
    Path
        The page, ``out/index.html``.

    Raises
    ------
    ConfigError
        If the folder is an audit's, or cannot be made or written, or there is no such language.
    """
    check_language(language)
    out = Path(out)
    if (out / _AUDIT).exists():
        raise ConfigError(f"{out}: this is the report folder of an audit; give the comparison another one")
    with replacing(out, "comparison", made=MADE["comparison"]) as new:
        page = _write(comparison, new, language, n_jobs)
    return out / page.name


def comparison_table(comparison: Comparison) -> str:
    """``comparison.csv``: texts that a spreadsheet would take for formulas begin with an apostrophe."""
    return csv_text(comparison.to_frame())


def render_comparison(page: ComparisonPage, images: Mapping[str, Mapping[str, bytes]]) -> str:
    """The page; every text of the data is escaped, every figure is inside."""
    return fill("comparison.html.j2", page.language, report=page, images=inline(images), paper=False)


def _write(comparison: Comparison, out: Path, language: str, n_jobs: int) -> Path:
    figures = out / "figures"
    figures.mkdir(parents=True, exist_ok=True)
    draw = partial(drawing.images, language=language, letters="text")
    drawn = in_order(as_finished(draw, [(picture,) for picture in comparison.pictures], n_jobs=n_jobs))
    images = {picture.name: files for picture, files in zip(comparison.pictures, drawn, strict=True)}
    for picture in comparison.pictures:
        for suffix, content in images[picture.name].items():
            (figures / f"{picture.name}.{suffix}").write_bytes(content)
        write_text(figures / f"{picture.name}.csv", drawing.table(picture))
    write_text(out / NUMBERS, dumps(comparison.to_dict(language)))
    write_text(out / TABLE, comparison_table(comparison))
    page = out / PAGE
    write_text(page, render_comparison(comparison_page(comparison, language=language), images))
    return page
