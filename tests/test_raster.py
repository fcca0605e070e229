"""PNG of a page: its palette against the colours that were drawn, its size, its letters."""

from __future__ import annotations

from io import BytesIO

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from forensics.plots import drawing, raster
from forensics.plots.examples import example
from forensics.plots.lettering import width_of

#: Levels of 255 by which the dots of a page may lie off on average: an eye tells about two apart.
UNSEEN = 2.0
#: Share of a page's dots that may lie off by more than the step of a palette of 256 between neighbours.
RARE, STEP = 0.002, 16

#: Width of a line against that of its outlines: each letter lies on a whole dot.
EVEN = 0.01


def _read(content: bytes) -> np.ndarray:
    with Image.open(BytesIO(content)) as image:
        return np.asarray(image.convert("RGBA"))


@pytest.mark.parametrize("colours", [1, 2, 16, 17, 256])
def test_up_to_256_colours_are_kept_exactly(colours: int) -> None:
    rng = np.random.default_rng(3)
    drawn = rng.integers(0, 256, (colours, 4), dtype=np.uint8)
    drawn[:, 3] = 255
    dots = np.concatenate([drawn, drawn[rng.integers(0, colours, 40 * 30 - colours)]]).reshape(30, 40, 4)
    assert np.array_equal(_read(raster.packed(dots)), dots)


def test_more_colours_are_shown_by_their_nearest() -> None:
    # Overlapping dots of many sizes and colours: the map of residuals has thousands of them.
    page = Figure(figsize=(5, 4), dpi=150)
    ax = page.add_axes((0, 0, 1, 1))
    rng = np.random.default_rng(5)
    ax.scatter(*rng.random((2, 400)), s=rng.uniform(5, 300, 400), c=rng.random(400), alpha=0.6)
    file = BytesIO()
    page.savefig(file, format="png", dpi=150)
    there = _read(file.getvalue())[..., :3].astype(int)
    assert len(np.unique(there.reshape(-1, 3), axis=0)) > 10 * raster.MOST
    off = np.abs(_read(raster.png(page, 150))[..., :3] - there).max(axis=-1)
    assert off.mean() < UNSEEN
    assert (off > STEP).mean() < RARE


def test_the_same_page_gives_the_same_bytes_and_keeps_its_dots() -> None:
    first, second = (drawing.images(example("residual_map"), ("png",), dpi=120)["png"] for _ in range(2))
    assert first == second
    with Image.open(BytesIO(first)) as image:
        # PNG keeps dots per metre, whole numbers of them.
        assert image.info["dpi"] == pytest.approx((120, 120), abs=0.02)


def test_drawing_leaves_the_page_and_the_settings_as_they_were() -> None:
    page = Figure(figsize=(2, 1), dpi=100)
    page.text(0.1, 0.5, "turnout")
    before = matplotlib.rcParams["text.hinting"]
    rows, columns, _ = _read(raster.png(page, 300)).shape
    assert (rows, columns) == (300, 600)
    assert page.dpi == 100
    assert matplotlib.rcParams["text.hinting"] == before


def test_letters_for_printers_are_as_far_apart_as_their_outlines() -> None:
    # Lines are broken by the widths of outlines: letters fitted to the dots come out 2 % narrower.
    text = "Line and band: what binomial redraws give"
    page = Figure(figsize=(6, 1))
    page.text(0.01, 0.5, text, fontsize=8, family="DejaVu Sans")
    inked = np.flatnonzero((_read(raster.png(page, 300))[..., 0] < 128).any(axis=0))
    assert inked[-1] - inked[0] + 1 == pytest.approx(300 * width_of(text, 8), rel=EVEN)
