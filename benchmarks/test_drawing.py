"""A figure as files, beside what matplotlib and Pillow pay for the PNG alone.

Seconds are those of the machine at hand: quote ratios between rows of one run.
"""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from forensics.plots import page, raster, theme
from forensics.plots.examples import example
from forensics.report.drawn import FINE, drawn

FIGURES = ["forest", "sawtooth", "residual_map"]


def _page(name: str) -> Figure:
    return page.page_of(example(name), None, "en")[0]


@pytest.fixture(scope="module")
def dots() -> np.ndarray:
    with theme.style(), Image.open(BytesIO(raster.png(_page("residual_map"), FINE))) as image:
        return np.array(image.convert("RGBA"))


@pytest.mark.parametrize("name", FIGURES)
def test_svg_and_png_of_a_report(benchmark, name):
    files = benchmark.pedantic(drawn, (example(name), "en"), rounds=3, iterations=1).files
    assert len(files["png"]) > 10_000


@pytest.mark.parametrize("name", FIGURES)
def test_png_as_matplotlib_writes_it_for_comparison(benchmark, name):
    def draw():
        with theme.style():
            file = BytesIO()
            _page(name).savefig(file, format="png", dpi=FINE)
            return file.getvalue()

    assert len(benchmark.pedantic(draw, rounds=3, iterations=1)) > 10_000


def test_packing_dots(benchmark, dots):
    assert benchmark.pedantic(raster.packed, (dots,), rounds=3, iterations=1)


def test_packing_dots_by_pillow_for_comparison(benchmark, dots):
    """A palette chosen from all dots, the bytes packed as hard as can be."""

    def pack():
        file = BytesIO()
        plain = Image.fromarray(dots).convert("RGB").quantize(256, dither=Image.Dither.NONE)
        plain.save(file, format="png", optimize=True)
        return file.getvalue()

    assert benchmark.pedantic(pack, rounds=3, iterations=1)
