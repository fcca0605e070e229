"""Figures over elections: an axes per test, hollow where definitions differ, no text on other text."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from forensics.picture import Picture
from forensics.plots import theme
from forensics.plots.examples import example
from forensics.plots.figures import unit_series
from forensics.plots.page import page_of


def drawn(picture: Picture, width: float = theme.WIDTH):
    """The page of a picture, and the axes that its tests are drawn in."""
    with theme.style():
        page, ax = page_of(picture, (width, 3.0), "en")
        page.canvas.draw()
    return page, ax


@pytest.mark.parametrize("width", [theme.WIDTH, 3.2])  # two columns of tests, and one
def test_every_test_has_an_axes_of_its_own_and_room_for_its_text(width: float) -> None:
    picture = example("effects_over_elections")
    long = np.array([f"{name} with a long name" for name in picture.columns["unit"]])
    picture = dataclasses.replace(picture, columns={**picture.columns, "unit": long})
    page, ax = drawn(picture, width)
    tests = ax.child_axes
    assert len(tests) == len(set(picture.columns["test"].tolist())) == 4
    boxes = [one.get_tightbbox() for one in tests]
    headings = [text.get_window_extent() for text in ax.texts]
    for group in (boxes, headings):
        for i, one in enumerate(group):
            assert not any(one.overlaps(other) for other in group[i + 1 :])
    for text in headings:
        assert not any(text.overlaps(box) for box in boxes)
    right = page.get_size_inches()[0] * page.dpi
    assert all(box.x0 >= 0 and box.x1 <= right for box in [*boxes, *headings])


def test_what_is_not_comparable_is_hollow() -> None:
    picture = example("effects_over_elections")
    _, ax = drawn(picture)
    names = list(dict.fromkeys(picture.columns["test"].tolist()))
    for name, one in zip(names, ax.child_axes, strict=True):
        marks = one.lines[-1]
        comparable = picture.columns["comparable"][picture.columns["test"] == name].all()
        assert (marks.get_markerfacecolor() == "white") == (not comparable)
        np.testing.assert_array_equal(
            marks.get_xdata(), picture.columns["effect"][picture.columns["test"] == name]
        )


def test_panels_of_units_share_an_axis_that_holds_every_effect_of_enough_precincts() -> None:
    picture = example("unit_series")
    low = dataclasses.replace(
        picture, columns={**picture.columns, "effect": picture.columns["effect"] - [9, 9, 9, 99]}
    )
    shared = unit_series.common([picture, low])
    effects = np.concatenate([picture.columns["effect"], low.columns["effect"]])
    hollow = np.tile(picture.columns["underpowered"], 2)
    assert effects.min() < shared["bottom"] < effects[~hollow].min()
    assert shared["top"] > effects[~hollow].max()
