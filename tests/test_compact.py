"""Figures of a page: the SVG is short, says its text as text, and draws what the long one draws."""

from __future__ import annotations

import re
from io import BytesIO
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from forensics.plots import drawing, raster, theme
from forensics.plots.compact import compact
from forensics.plots.examples import example
from forensics.plots.page import page_of

SVG = "{http://www.w3.org/2000/svg}"
# Enough to be on every page, and drawn with clips, markers, rasters, bars and turned text between them.
SHORT = ("comet", "commission_composition", "digit_bars", "forest", "moran_scatter", "sawtooth")


def svg(name: str, letters: str = "text") -> bytes:
    return drawing.images(example(name), ("svg",), letters=letters)["svg"]


def long_one(name: str) -> bytes:
    """The same SVG as matplotlib writes it."""
    picture = example(name)
    with theme.style("text"):
        file = BytesIO()
        page_of(picture, None, "en")[0].savefig(file, format="svg", dpi=theme.DPI)
    return file.getvalue()


@pytest.mark.parametrize(
    "name", [name for name in SHORT if name not in ("commission_composition", "moran_scatter")]
)
def test_the_page_gets_a_fraction_of_the_bytes_and_the_same_each_time(name: str) -> None:
    short = svg(name)
    # Letters as outlines are most of a figure, except where there are hundreds of marks.
    assert len(short) < len(svg(name, "paths")) / 2
    assert short == svg(name)


@pytest.mark.parametrize("name", SHORT)
def test_every_reference_has_its_element(name: str) -> None:
    root = ElementTree.fromstring(svg(name))
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    used = set(re.findall(r"(?:href=\"|url\()#([\w-]+)", svg(name).decode()))
    assert used == set(ids)
    # Each clip, marker and hatch that matplotlib drew is still there.
    pattern = rb"<(?:clipPath|pattern) |<use "
    assert len(re.findall(pattern, svg(name))) == len(re.findall(pattern, long_one(name)))
    classes = set(re.findall(r"\.(c\d+)\{", root.findtext(f"{SVG}style") or ""))
    assert classes == {element.get("class") for element in root.iter() if element.get("class")}


def test_titles_captions_and_names_are_text() -> None:
    picture = example("forest")
    said = " ".join(ElementTree.fromstring(svg("forest")).itertext())
    assert picture.title.text() in said
    assert all(str(unit).split(",")[0] in said for unit in picture.columns["unit"])
    assert "<text" not in svg("forest", "paths").decode()


def test_names_that_look_like_markup_stay_names() -> None:
    hostile = 'A & <b onload="x">'
    content = '<svg xmlns="http://www.w3.org/2000/svg"><g><text x="1.23456">{}</text></g></svg>'
    escaped = hostile.replace("&", "&amp;").replace("<", "&lt;")
    root = ElementTree.fromstring(compact(content.format(escaped).encode()))
    (text,) = root.findall(f"{SVG}text")
    assert (text.text, text.get("x")) == (hostile, "1.23")
    assert root.find(f"{SVG}b") is None


def test_scales_keep_their_digits() -> None:
    content = (
        '<svg xmlns="http://www.w3.org/2000/svg"><g transform="scale(0.0123 -0.0123)">'
        '<path d="M 1.23456 0 \nL 5e-05 -0.001 \nz "/></g></svg>'
    )
    text = compact(content.encode()).decode()
    assert 'transform="scale(0.0123 -0.0123)"' in text
    # Half a ten-thousandth of a point is nothing; a minus before nothing neither.
    assert 'd="M1.23 0L0 0z"' in text


def test_a_raster_for_a_page_has_half_the_dots_of_one_for_printers() -> None:
    fine = drawing.images(example("comet"), ("png",), dpi=300)["png"]
    small = raster.halved(fine)
    with Image.open(BytesIO(fine)) as large, Image.open(BytesIO(small)) as half:
        assert [-(-side // 2) for side in large.size] == list(half.size)
        there = np.asarray(large.convert("L").resize(half.size), dtype=float)
        here = np.asarray(half.convert("L"), dtype=float)
        # Grey levels of 255: a palette of 256 colours moves none of them far.
        assert np.abs(there - here).mean() < 4
    assert small == raster.halved(fine)
