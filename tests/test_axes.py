"""Whatever draws takes an axes and gives one back: figures, pictures, and what has pictures."""

from __future__ import annotations

import inspect
import types
from collections.abc import Iterator
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
from elections_of_two import audited, returns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from test_quick_count import drawn, election

import forensics
from forensics import plots
from forensics.errors import ConfigError
from forensics.picture import Picture, Pictured

#: Tests that are quick and draw.
TESTS = ("last_digit", "integer_percent")


def drawing() -> dict[str, Any]:
    """Every public function and method that draws, by its name in ``forensics``."""
    found: dict[str, Any] = {"Picture.plot": Picture.plot}
    for name in forensics.__all__:
        item = getattr(forensics, name)
        if inspect.isclass(item) and hasattr(item, "plot"):
            found[f"{name}.plot"] = item.plot
        elif isinstance(item, types.FunctionType) and name == "plot":
            found[name] = item
    for name in (*plots.figure_names(), "draw", "draw_as"):
        found[f"plots.{name}"] = getattr(plots, name)
    return found


DRAWING = drawing()


@pytest.fixture(scope="module")
def audit() -> forensics.Audit:
    return audited(1, TESTS)


@pytest.fixture(scope="module")
def link() -> forensics.Link:
    made = forensics.demo_election()
    return forensics.associate(made.returns, made.roster, coding=made.coding, permutations=9, rng=1, wild=9)


@pytest.fixture(scope="module")
def pictured(audit: forensics.Audit, link: forensics.Link) -> dict[str, Pictured | Picture]:
    """One of everything that has pictures, by the name of its class."""
    frame = election(n=400)
    seen = drawn(frame, 20, np.random.default_rng(1))
    return {
        "Association": link.associations.primary,
        "Audit": audit,
        "Comparison": forensics.compare([audit, audited(2, TESTS)]),
        "Finding": audit.findings.only(method="last_digit", quantity="issued", scope="national"),
        "Link": link,
        "Observation": forensics.observe(forensics.Returns(frame), seen, design="simple", permutations=9),
        "Picture": audit.overview[0],
    }


def into(draw: Any, *given: Any, **options: Any) -> None:
    """Hold that a drawing goes into the axes given, and touches neither its neighbour nor another page."""
    page, (mine, other) = plt.subplots(1, 2, figsize=(9, 4))
    before = set(plt.get_fignums())
    try:
        assert draw(*given, ax=mine, **options) is mine
        assert mine.has_data() or mine.texts or mine.patches or mine.collections
        assert not other.has_data()
        assert set(plt.get_fignums()) == before
    finally:
        plt.close(page)


@pytest.mark.parametrize("name", DRAWING)
def test_an_axes_may_be_given_and_is_documented_as_what_comes_back(name: str) -> None:
    signature = inspect.signature(DRAWING[name])
    assert signature.parameters["ax"].default is None
    assert signature.return_annotation == "Axes"
    told = inspect.getdoc(DRAWING[name]) or ""
    assert "ax : matplotlib Axes, optional" in told
    assert "Returns\n-------\nmatplotlib Axes" in told
    assert "Raises\n------\nConfigError" in told


@pytest.mark.parametrize("name", plots.figure_names())
def test_a_figure_is_drawn_into_the_axes(name: str) -> None:
    into(getattr(plots, name), plots.example(name))


def test_everything_that_has_pictures_is_tried_here(pictured: dict[str, Pictured | Picture]) -> None:
    assert {f"{name}.plot" for name in pictured} == {name for name in DRAWING if name.endswith(".plot")}


@pytest.mark.parametrize("name", [name.removesuffix(".plot") for name in DRAWING if name.endswith(".plot")])
def test_what_has_pictures_draws_one_into_the_axes(name: str, pictured: dict[str, Any]) -> None:
    into(pictured[name].plot)
    alone = pictured[name].plot(language="ru")
    assert isinstance(alone, Axes)
    assert isinstance(alone.figure, Figure)


def test_a_figure_of_returns_is_drawn_into_the_axes() -> None:
    into(forensics.plot, "comet", returns(1))


def test_one_of_several_pictures_is_drawn_by_its_name(audit: forensics.Audit) -> None:
    assert audit.pictures[: len(audit.overview)] == audit.overview
    for picture in audit.pictures:
        assert audit.plot(figure=picture.name).get_xlabel() == picture.plot().get_xlabel()
    with pytest.raises(ConfigError, match=r"'comets' is none of the pictures here \(did you mean comet"):
        audit.plot(figure="comets")


def test_what_has_no_picture_says_why(link: forensics.Link) -> None:
    other = next(one for one in link.associations if not one.headline)
    with pytest.raises(ConfigError, match="has no picture: the headline of its question"):
        other.plot()


def test_every_public_class_with_pictures_draws_them() -> None:
    def classes() -> Iterator[tuple[str, type]]:
        for name in forensics.__all__:
            item = getattr(forensics, name)
            if inspect.isclass(item):
                yield name, item

    fields = {name: {*vars(item), *getattr(item, "__dataclass_fields__", ())} for name, item in classes()}
    having = {name for name, own in fields.items() if "pictures" in own}
    assert having
    assert having == {name for name, item in classes() if issubclass(item, Pictured)}
