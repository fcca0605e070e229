"""The folder of a comparison: the page, the numbers, and the figures with their data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import joblib

from forensics.comparing.comparison import Comparison
from forensics.errors import ConfigError
from forensics.messages.message import check_language
from forensics.plots import drawing
from forensics.report.comparison_page import ComparisonPage, comparison_page
from forensics.report.json_text import dumps
from forensics.report.rendering import fill, inline

NUMBERS, TABLE, PAGE = "comparison.json", "comparison.csv", "index.html"
_FIGURES = (".svg", ".png", ".csv")
#: What an audit's folder holds: a comparison is not written over it.
_AUDIT = "findings.json"
#: First letters by which a spreadsheet takes a text for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


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
    try:
        return _write(comparison, out, language, n_jobs)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigError(
            f"{out}: the comparison cannot be written there ({reason}); give a folder that can be written"
        ) from error


def comparison_table(comparison: Comparison) -> str:
    """``comparison.csv``: texts that a spreadsheet would take for formulas begin with an apostrophe."""
    frame = comparison.to_frame()
    return str(frame.map(_guarded).to_csv(index=False, lineterminator="\n"))


def render_comparison(page: ComparisonPage, images: Mapping[str, Mapping[str, bytes]]) -> str:
    """The page; every text of the data is escaped, every figure is inside."""
    return fill("comparison.html.j2", page.language, report=page, images=inline(images), paper=False)


def _guarded(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _write(comparison: Comparison, out: Path, language: str, n_jobs: int) -> Path:
    figures = out / "figures"
    # A folder that an earlier comparison made; anything else in somebody's folder is left alone.
    if (out / NUMBERS).is_file() and figures.is_dir():
        for path in sorted(figures.iterdir()):
            if path.suffix in _FIGURES:
                path.unlink()
    figures.mkdir(parents=True, exist_ok=True)
    drawn = joblib.Parallel(n_jobs=n_jobs)(
        joblib.delayed(drawing.images)(picture, language=language, letters="text")
        for picture in comparison.pictures
    )
    images = {picture.name: files for picture, files in zip(comparison.pictures, drawn, strict=True)}
    for picture in comparison.pictures:
        for suffix, content in images[picture.name].items():
            (figures / f"{picture.name}.{suffix}").write_bytes(content)
        _text(figures / f"{picture.name}.csv", drawing.table(picture))
    _text(out / NUMBERS, dumps(comparison.to_dict(language)))
    _text(out / TABLE, comparison_table(comparison))
    page = out / PAGE
    _text(page, render_comparison(comparison_page(comparison, language=language), images))
    return page


def _text(path: Path, text: str) -> None:
    path.write_bytes(text.encode("utf-8"))
