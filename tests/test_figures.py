"""Figures of returns: what they hold, how they are written, that grey is grey and bytes repeat."""

from __future__ import annotations

import io
import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image
from scipy.stats import binom

import forensics
from forensics.auditing.forest import forest, natural_order
from forensics.errors import ConfigError
from forensics.finding import Finding, Interval
from forensics.kernels.histogram import expected_histogram
from forensics.messages.message import Message
from forensics.picture import Picture, Sheet
from forensics.plots import drawing, page, theme
from forensics.plots.examples import example
from forensics.plots.greys import grey_of
from forensics.plots.multiples import pages_of
from forensics.plots.registry import figure_names
from forensics.scope import Scope
from forensics.tables.returns import Returns

# Mass beyond the kernel's reach of five standard deviations, per precinct (its module says 1e-6).
TAIL = 1e-6
# CIE lightness steps that stay apart on a grey printer; ten is a clear step of a grey wedge.
APART = 10.0
LONG = "Ханты-Мансийский автономный округ — Югра и Ямало-Ненецкий автономный округ номер {}"


def _returns(units: int = 5, each: int = 60, seed: int = 1) -> Returns:
    """An invented election of regions with long names."""
    rng = np.random.default_rng(seed)
    n = units * each
    registered = rng.integers(150, 2500, n)
    ballots = rng.binomial(registered, rng.beta(12, 9, n))
    red = rng.binomial(ballots, rng.beta(9, 9, n))
    blue = rng.binomial(ballots - red, 0.6)
    return Returns(
        pd.DataFrame({
            "region": [LONG.format(1 + i % units) for i in range(n)],
            "precinct": [str(i) for i in range(n)],
            "registered": registered,
            "ballots": ballots,
            "valid": ballots,
            "invalid": 0,
            "votes_red": red,
            "votes_blue": blue,
            "votes_green": ballots - red - blue,
        })
    )  # fmt: skip


def _pixels(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)


def test_the_expected_histogram_is_the_sum_of_binomial_chances() -> None:
    rng = np.random.default_rng(3)
    n, p = rng.integers(1, 3000, 80), rng.random(80)
    p[:2] = 0.0, 1.0
    mean, variance = np.zeros(1001), np.zeros(1001)
    for trials, chance in zip(n, p, strict=True):
        x = np.arange(trials + 1)
        q = np.bincount(x * 1000 // trials, binom.pmf(x, trials, chance), 1001)
        mean, variance = mean + q, variance + q * (1 - q)
    found = expected_histogram(n, p, 1000)
    np.testing.assert_allclose(found[0], mean, atol=80 * TAIL)
    np.testing.assert_allclose(found[1], variance, atol=80 * TAIL)


def test_no_precinct_at_all_expects_nothing() -> None:
    mean, variance = expected_histogram(np.array([], np.int64), np.array([]), 10)
    assert mean.tolist() == variance.tolist() == [0.0] * 11


def test_the_sawtooth_of_honest_redraws_stays_in_its_band() -> None:
    rng = np.random.default_rng(5)
    n = rng.integers(200, 2000, 20_000)
    rate = rng.beta(20, 15, 20_000)
    mean, variance = expected_histogram(n, rate, 1000)
    seen = np.bincount(rng.binomial(n, rate) * 1000 // n, minlength=1001)
    busy = mean > 10
    outside = np.abs(seen - mean)[busy] > 1.96 * np.sqrt(variance[busy])
    assert busy.sum() > 300
    # Five percent of a few hundred classes, give or take four standard deviations of a binomial count.
    assert abs(outside.mean() - 0.05) < 4 * np.sqrt(0.05 * 0.95 / busy.sum())


def test_a_sawtooth_holds_the_expectation_of_its_own_precincts() -> None:
    frame = forensics.make_picture("sawtooth", _returns(), quantity="share").to_frame()
    assert frame["count"].sum() > 200
    assert frame["expected"].sum() == pytest.approx(frame["count"].sum(), abs=300 * TAIL)
    assert (frame["expected_low"] <= frame["expected"]).all()
    assert (frame["expected"] <= frame["expected_high"]).all()


def test_the_sides_of_the_comet_hold_the_precincts_of_its_cells() -> None:
    frame = forensics.make_picture("fingerprint_comet", _returns()).to_frame()
    cells = frame.dropna()["precincts"].sum()
    assert cells > 200
    assert frame[frame["share"].isna()]["precincts"].sum() == cells
    assert frame[frame["turnout"].isna()]["precincts"].sum() == cells


def test_votes_by_turnout_are_all_ballots_by_the_bin_that_ends_at_them() -> None:
    returns = Returns(
        pd.DataFrame({
            "precinct": list("abcd"),
            "registered": [100, 1000, 200, 100],
            "ballots": [29, 291, 200, 120],
            "votes_red": [20, 200, 150, 60],
            "votes_others": [5, 50, 10, 60],
        })
    )  # fmt: skip
    frame = forensics.make_picture("votes_by_turnout", returns).to_frame().set_index("turnout_bin")
    # 29 % is the upper edge of bin 28, 29.1 % in bin 29, 100 % in bin 99; d has more ballots than voters.
    assert frame["leader"][frame["leader"] > 0].to_dict() == {28: 20, 29: 200, 99: 150}
    # An option that is called like a column of the figure keeps its canonical name.
    assert frame.loc[29, "votes_others"] == 50
    assert frame["others"].sum() == (29 - 25) + (291 - 250) + (200 - 160)


def test_an_option_of_choice_is_the_one_drawn() -> None:
    picture = forensics.make_picture("comet", _returns(), option="blue")
    assert "blue" in str(picture.title)


def test_a_detectors_figure_carries_its_null_and_its_source() -> None:
    picture = forensics.make_picture("digit_bars", _returns())
    text = picture.legend()
    assert "Null: " in text
    assert text.endswith("Source: frame.")
    assert forensics.make_picture("digit_bars", _returns(), detector="second_digit").name != picture.name


@pytest.mark.parametrize(
    ("figure", "units"), [("comet", 87), ("sawtooth", 87), ("votes_by_turnout", 5), ("comet", 5)]
)
def test_small_multiples_keep_their_text_apart_and_on_the_page(figure: str, units: int) -> None:
    sheet = forensics.make_picture(figure, _returns(units, 8), by="region")
    assert isinstance(sheet, Sheet)
    assert len(sheet.units) == units
    assert [natural_order(unit) for unit in sheet.units] == sorted(map(natural_order, sheet.units))
    with theme.style():
        (drawn,) = pages_of(sheet, None, "en", paged=False)
        drawn.savefig(io.BytesIO(), format="png")
        names = [text.get_window_extent() for text in drawn.texts if "\nn " in text.get_text()]
        axes = [ax.get_window_extent() for ax in drawn.axes]
        inside = drawn.bbox
    assert len(names) == units
    for i, box in enumerate(names):
        assert box.x0 >= inside.x0
        assert box.x1 <= inside.x1
        others = [*names[:i], *names[i + 1 :], *axes]
        assert not [other for other in others if _overlap(box, other)]


def _overlap(one: object, other: object) -> bool:
    wide = min(one.x1, other.x1) - max(one.x0, other.x0)  # type: ignore[attr-defined]
    high = min(one.y1, other.y1) - max(one.y0, other.y0)  # type: ignore[attr-defined]
    return bool(wide > 1 and high > 1)  # pixels


def test_a_sheet_is_one_png_and_several_pdf_pages(tmp_path: Path) -> None:
    sheet = forensics.make_picture("sawtooth", _returns(24, 8), by="region")
    figure, data = forensics.plots.write(sheet, tmp_path / "sheet.pdf", size=(16, 11))
    assert figure.read_bytes().count(b"/Type /Page ") > 1
    frame = pd.read_csv(data)
    pd.testing.assert_frame_equal(frame, sheet.to_frame(), check_dtype=False)
    assert frame["unit"].nunique() == 24


def _findings(units: int, interval: bool = True) -> list[Finding]:
    rng = np.random.default_rng(4)
    effects = rng.normal(0, 0.05, units)
    return [
        Finding(
            method="test",
            family="turnout",
            quantity="share",
            null=Message("n", "Nothing happens."),
            innocent=(Message("i", "Chance."),),
            scope=Scope("region", (("region", LONG.format(i)),)),
            effect=float(effects[i]),
            statistic=float(effects[i] * 40),
            interval=Interval(effects[i] - 0.03, effects[i] + 0.04) if interval else None,
            unit="share of precincts",
            n=20 + i,
            underpowered=i % 7 == 3,
        )
        for i in range(units)
    ]


@pytest.mark.parametrize(
    ("units", "width"), [(5, None), (5, 3.2), (31, None), (87, None), (87, 3.2), (200, None)]
)
def test_a_forest_keeps_its_rows_apart(units: int, width: float | None) -> None:
    picture = forest(_findings(units))
    assert picture is not None
    with theme.style():
        drawn, _ = page.page_of(picture, (width, 3.0) if width else None, "en")
        drawn.savefig(io.BytesIO(), format="png")
        inside = drawn.bbox
        tight = drawn.get_tightbbox().transformed(drawn.dpi_scale_trans)
        boxes = [
            [label.get_window_extent() for label in ax.get_yticklabels() if label.get_text()]
            for ax in drawn.axes
        ]
    assert sum(map(len, boxes)) == units
    for column in boxes:
        assert not [(a, b) for a, b in itertools.pairwise(column) if _overlap(a, b)]
    assert tight.x0 >= inside.x0 - 2  # pixels
    assert tight.x1 <= inside.x1 + 2


def test_a_forest_names_no_unit_of_a_few_precincts() -> None:
    findings = _findings(8)
    few = [*findings[:7], _with(findings[7], n=4)]
    picture = forest(few, nation=_with(findings[0], effect=0.01))
    assert picture is not None
    assert len(picture.columns["unit"]) == 7
    assert "1 unit with fewer than 5 precincts" in str(picture.caption)
    assert picture.options["nation"] == 0.01
    assert forest(findings[:4]) is None
    assert forest(_findings(201)) is None


def _with(finding: Finding, **changes: object) -> Finding:
    import dataclasses

    return dataclasses.replace(finding, **changes)


def test_a_forest_without_intervals_shows_the_statistic() -> None:
    findings = _findings(6, interval=False)
    picture = forest(findings, nation=findings[0])
    assert picture is not None
    by_name = {str(item.scope): item.statistic for item in findings}
    assert picture.columns["effect"].tolist() == [by_name[unit] for unit in picture.columns["unit"]]
    assert "nation" not in picture.options


@pytest.mark.parametrize("name", figure_names())
def test_grey_has_no_colour(name: str) -> None:
    grey = _pixels(drawing.images(example(name), ("png",), dpi=50, style="grey")["png"])
    assert np.ptp(grey, axis=-1).max() == 0
    assert len(np.unique(grey)) > 10


def test_print_has_colour() -> None:
    colour = _pixels(drawing.images(example("comet"), ("png",), dpi=50)["png"])
    assert np.ptp(colour, axis=-1).max() > 40


def test_the_colours_differ_in_lightness_too() -> None:
    from matplotlib.colors import to_rgba

    colours = np.array([to_rgba(c) for c in (theme.INK, theme.VERMILION, theme.BLUE, theme.SKY)])
    level = grey_of(colours)[:, 0]
    linear = np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)
    lightness = 116 * np.cbrt(linear) - 16  # CIE 1976, above its linear part
    assert np.diff(lightness).min() > APART


def test_a_screen_has_larger_letters_and_the_size_asked_for() -> None:
    size = (6.0, 5.0)
    screen = drawing.images(example("sawtooth"), ("png",), size=size, dpi=100, style="screen")["png"]
    print_ = drawing.images(example("sawtooth"), ("png",), size=size, dpi=100)["png"]
    assert _pixels(screen).shape == _pixels(print_).shape == (500, 600, 3)
    assert screen != print_


def test_figures_are_functions_of_a_picture_by_name() -> None:
    figure = Figure()
    ax = figure.add_subplot()
    assert forensics.plots.sawtooth(example("sawtooth"), ax) is ax
    assert forensics.plots.sawtooth is forensics.plots.sawtooth
    assert set(figure_names()) < set(dir(forensics.plots))
    assert "count" in (forensics.plots.sawtooth.__doc__ or "")
    with pytest.raises(AttributeError, match="no attribute 'pie'"):
        _ = forensics.plots.pie
    with pytest.raises(ConfigError, match="has no column 'turnout'; comet draws turnout, share, precincts"):
        forensics.plots.comet(example("sawtooth"))


def test_every_figure_can_be_made_from_returns_or_says_how() -> None:
    assert set(forensics.figure_sources()) == set(figure_names())
    for source in forensics.figure_sources().values():
        for detector in source.detectors:
            assert forensics.find_detector(detector).id == detector


def test_a_sheet_needs_panels_of_one_figure() -> None:
    one, other = example("comet"), example("sawtooth")
    words = {"name": "s", "title": one.title, "caption": one.caption}
    with pytest.raises(ValueError, match="every panel has a name"):
        Sheet(**words, units=("a",), n=(1, 2), pictures=(one,))
    with pytest.raises(ValueError, match="of one figure"):
        Sheet(**words, units=("a", "b"), n=(1, 2), pictures=(one, other))
    with pytest.raises(ConfigError, match="corners is not drawn by unit"):
        drawing.images(Sheet(**words, units=("a",), n=(9,), pictures=(example("corners"),)), ("png",))


def test_notes_follow_the_caption() -> None:
    picture = example("comet")
    noted = Picture(
        picture.figure, "n", picture.title, picture.caption, picture.columns, picture.options,
        (Message("x", "One."), Message("y", "Two.")),
    )  # fmt: skip
    assert noted.legend() == "Invented data. One. Two."


def test_a_report_shows_the_forest_of_each_level(tmp_path: Path) -> None:
    audit = forensics.audit(_returns(6, 40), plan=forensics.make_plan(_returns(6, 40), only=["last_digit"]))
    index = forensics.write_report(audit, out=tmp_path)
    found = sorted(path.stem for path in (tmp_path / "figures").glob("*-by-region.csv"))
    assert len(found) >= 2
    frame = pd.read_csv(tmp_path / "figures" / f"{found[0]}.csv")
    assert frame["unit"].tolist() == sorted(frame["unit"], key=natural_order)
    assert index.read_text(encoding="utf-8").count("by region") >= len(found)


@pytest.mark.shared
def test_russia_2018_has_more_fives_than_chance(shared_data: Path) -> None:
    returns = forensics.read_returns(shared_data / "returns" / "ru2018_president.parquet")
    frame = forensics.make_picture("sawtooth", returns).to_frame()
    fives = frame[(frame["low"] % 5 == 0) & frame["low"].between(70, 95)]
    # The published spikes of 2018: 70, 75, 80, 85, 90 and 95 % each stand above their band.
    assert len(fives) == 6
    assert (fives["count"] > fives["expected_high"]).all()
