"""Figures: every one draws its picture, the CSV is the picture, and bytes repeat."""

from __future__ import annotations

import io
import threading
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from forensics.auditing.overview import overview
from forensics.errors import ConfigError
from forensics.messages.message import Message
from forensics.picture import Picture
from forensics.plots import drawing, page, theme
from forensics.plots.examples import example
from forensics.plots.lettering import width_of, wrap
from forensics.plots.registry import figure_names
from forensics.tables.returns import Returns

LONG = (
    "Число действительных бюллетеней равно сумме голосов за кандидатов Превысокомногорассмотрительствующее"
)


def _picture(figure: str, columns: dict[str, object], **options: float | str) -> Picture:
    return Picture(
        figure=figure,
        name=f"{figure}-example",
        title=Message("t", "Digits of {what}", (("what", "Հանրապետություն $x_1$"),)),
        caption=Message("c", "A caption that is long enough to need more than one line. " * 3),
        columns={name: np.asarray(values) for name, values in columns.items()},
        options=options,
    )


PICTURES = {
    "digit_bars": _picture(
        "digit_bars",
        {
            "digit": np.arange(10),
            "observed": np.linspace(0.11, 0.09, 10),
            "expected": np.full(10, 0.1),
            "low": np.full(10, 0.095),
            "high": np.full(10, 0.105),
        },
        xlabel="last digit",
        ylabel="share of counts",
    ),
    "comet": _picture(
        "comet",
        {"turnout": [0.0, 50.0, 100.0], "share": [10.0, 62.0, 100.0], "precincts": [1, 40, 3]},
        width=2.0,
    ),
    "sawtooth": _picture(
        "sawtooth",
        {"low": np.arange(1001) / 10, "count": [*np.arange(1000) % 7, 900]},
        width=0.1,
    ),
    "imbalance_bars": _picture(
        "imbalance_bars",
        {
            "identity": ["votes_are_valid", LONG],
            "checked": [97699, 2010],
            "violations": [0, 245],
            "share": [0.0, 245 / 2010],
            "surplus": [0.0, 1234567.0],
            "deficit": [0.0, 31.0],
        },
    ),
}


PICTURES = {name: example(name) for name in figure_names()} | PICTURES


def test_every_figure_has_an_example_here() -> None:
    assert set(PICTURES) == set(figure_names())


@pytest.mark.parametrize("size", [page.SMALLEST, None, (11.0, 8.0)])
@pytest.mark.parametrize("name", sorted(PICTURES))
def test_a_figure_keeps_its_text_on_the_page(name: str, size: tuple[float, float] | None) -> None:
    with theme.style():
        drawn, _ = page.page_of(PICTURES[name], size, "en")
        drawn.savefig(io.BytesIO(), format="png")  # ticks and colour bars take their place on drawing
        inside = drawn.bbox
        tight = drawn.get_tightbbox().transformed(drawn.dpi_scale_trans)
    slack = 2.0  # pixels: antialiasing and the last tick label's overhang
    assert tight.x0 >= inside.x0 - slack
    assert tight.x1 <= inside.x1 + slack
    assert tight.y0 >= inside.y0 - slack
    assert tight.y1 <= inside.y1 + slack


@pytest.mark.parametrize("name", sorted(PICTURES))
def test_saving_twice_gives_the_same_bytes(name: str, tmp_path: Path) -> None:
    first = drawing.save(PICTURES[name], tmp_path / "a")
    second = drawing.save(PICTURES[name], tmp_path / "b")
    assert [path.name for path in first] == [f"{name}-example.{s}" for s in ("svg", "png", "csv")]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    there = PICTURES[name].to_frame()
    # A year that is a label is text: a file does not say so.
    texts = {column: "str" for column in there.columns if there[column].dtype in (object, "str")}
    frame = pd.read_csv(tmp_path / "a" / f"{name}-example.csv", dtype=texts)
    frame = frame.fillna({column: "" for column in texts if (there[column] == "").any()})
    pd.testing.assert_frame_equal(frame, there, check_dtype=False)


def test_a_raster_keeps_the_resolution_asked_for() -> None:
    from PIL import Image

    content = drawing.images(PICTURES["digit_bars"], ("png",), size=(4.0, 5.0), dpi=300)["png"]
    assert Image.open(io.BytesIO(content)).size == (1200, 1500)  # inches times dots per inch


def test_draws_into_an_axes_of_the_caller_without_touching_settings() -> None:
    before = dict(mpl.rcParams)
    figure = Figure()
    ax = figure.add_subplot()
    assert drawing.draw(PICTURES["sawtooth"], ax) is ax
    assert ax.get_title(loc="left") == "Digits of Հանրապետություն $x_1$"
    assert drawing.draw(PICTURES["sawtooth"]).figure is not figure
    drawing.images(PICTURES["comet"], ("png",))
    assert dict(mpl.rcParams) == before


def test_the_callers_settings_do_not_change_the_files() -> None:
    plain = drawing.images(PICTURES["sawtooth"])
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "black", "svg.hashsalt": "other"}):
        assert drawing.images(PICTURES["sawtooth"]) == plain


def test_threads_draw_the_same() -> None:
    expected = drawing.images(PICTURES["digit_bars"], ("svg",))
    results: list[dict[str, bytes]] = []
    threads = [
        threading.Thread(target=lambda: results.append(drawing.images(PICTURES["digit_bars"], ("svg",))))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [expected] * 3


def test_unknown_figures_formats_and_sizes_are_refused() -> None:
    with pytest.raises(ConfigError, match="'pie' is no figure; the figures are binned_scatter, "):
        drawing.draw(_picture("pie", {}))
    with pytest.raises(ConfigError, match="'gif' is no format"):
        drawing.images(PICTURES["comet"], ("gif",))
    with pytest.raises(ConfigError, match="the smallest is"):
        drawing.images(PICTURES["comet"], size=(1, 1))


def test_letters_the_font_lacks_do_not_warn() -> None:
    picture = _picture("imbalance_bars", {**PICTURES["imbalance_bars"].columns, "identity": ["選挙", "ok"]})
    assert drawing.images(picture, ("png",))["png"]


def test_lines_are_as_wide_as_allowed_and_lose_nothing() -> None:
    lines = wrap(LONG, 1.5, 8.0).split("\n")
    assert all(width_of(line, 8.0) <= 1.5 for line in lines)
    assert "".join(lines).replace(" ", "") == LONG.replace(" ", "")
    assert wrap("95 % of it", 0.4, 8.0).split("\n")[0] == "95\u00a0%"


def _small() -> Returns:
    return Returns(
        pd.DataFrame({
            "precinct": list("abcdefg"),
            "registered": [100, 1000, 100, 0, 10, 200, pd.NA],
            "ballots": [29, 290, 100, 5, 20, 58, 7],
            "votes_red": [10, 100, 100, 5, 15, 30, 6],
            "votes_blue": [19, 190, 0, 0, 5, 28, 1],
        })
    )  # fmt: skip


def test_histograms_count_exact_percentages_in_the_class_they_open() -> None:
    pictures = {picture.name: picture for picture in overview(_small())}
    assert list(pictures) == ["comet", "turnout-tenths", "turnout-points", "share-tenths", "share-points"]
    counts = pictures["turnout-tenths"].to_frame().set_index("low")["count"]
    # 29/100, 290/1000 and 58/200 are all exactly 29 %, though 0.29 * 1000 is 290.00000000000006 or less
    # in floating point; d, e and g have no turnout (nobody registered, 200 %, missing).
    assert counts[29.0] == 3
    assert counts[100.0] == 1
    assert counts.sum() == 4
    assert "4 precincts with registered of at least 100; left out: 0 smaller and 3 without" in str(
        pictures["turnout-tenths"].caption
    )


def test_the_comet_holds_every_usable_precinct() -> None:
    comet = overview(_small())[0].to_frame()
    assert comet["precincts"].sum() == 4
    # Row c: turnout and share exactly 100 %.
    assert comet.iloc[-1].tolist() == [100.0, 100.0, 1.0]


def test_what_is_missing_leaves_its_pictures_out() -> None:
    frame = _small().frame
    assert [p.name for p in overview(Returns(frame.drop(columns="registered")))] == [
        "share-tenths",
        "share-points",
    ]
    votes = frame.drop(columns=["registered", "ballots"])
    assert overview(Returns(votes)) == () or {p.name for p in overview(Returns(votes))} == {
        "share-tenths",
        "share-points",
    }
    only_ballots = frame[["precinct", "registered", "ballots"]]
    assert [p.name for p in overview(Returns(only_ballots))] == ["turnout-tenths", "turnout-points"]


@pytest.mark.shared
def test_russia_2018_has_its_known_number_of_whole_turnouts(shared_data: Path) -> None:
    returns = Returns(pd.read_parquet(shared_data / "returns" / "ru2018_president.parquet"))
    pictures = {picture.name: picture for picture in overview(returns)}
    frame = returns.frame
    full = int(((frame["issued"] == frame["registered"]) & (frame["registered"] > 0)).sum())
    assert pictures["turnout-points"].to_frame()["count"].iloc[-1] == full
    # 97,699 rows, one of them without ballots (shared README): 97,698 have a share.
    assert int(pictures["share-points"].to_frame()["count"].sum()) == 97_698
