"""``forensics plot``: a figure and its data from the command line, and one sentence for what cannot be."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import forensics
from forensics.cli.main import main


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """An invented election of six regions as a file."""
    rng = np.random.default_rng(7)
    n = 480
    registered = rng.integers(150, 1500, n)
    ballots = rng.binomial(registered, 0.6)
    leader = rng.binomial(ballots, 0.55)
    path = tmp_path_factory.mktemp("plot") / "small.csv"
    pd.DataFrame({
        "region": [f"Область {1 + i % 6}" for i in range(n)],
        "precinct": [str(i) for i in range(n)],
        "registered": registered,
        "ballots": ballots,
        "valid": ballots,
        "invalid": 0,
        "votes_leader": leader,
        "votes_second": ballots - leader,
    }).to_csv(path, index=False)  # fmt: skip
    return path


def size_of(path):
    """Width and height of a PNG in dots."""
    with Image.open(path) as image:
        return image.size


@pytest.fixture
def call(capsys):
    """Run the command; (status, stdout, stderr)."""

    def run(*args):
        with pytest.raises(SystemExit) as stopped:
            main(["plot", *map(str, args)])
        captured = capsys.readouterr()
        return stopped.value.code, captured.out, captured.err

    return run


def test_a_figure_of_the_size_and_resolution_asked_for_with_its_data(call, small, tmp_path):
    out = tmp_path / "comet.png"
    status, printed, err = call("comet", small, "--out", out, "--size", "16x14", "--dpi", 127)
    assert (status, err) == (0, "")
    assert printed.splitlines() == [str(out), str(tmp_path / "comet.csv")]
    assert size_of(out) == (800, 700)  # centimetres / 2.54 × dots per inch
    picture = forensics.make_picture("comet", forensics.read_returns(small))
    pd.testing.assert_frame_equal(
        pd.read_csv(tmp_path / "comet.csv"), picture.to_frame(), check_dtype=False
    )


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_the_same_bytes_each_time(call, small, tmp_path, suffix):
    contents = []
    for name in ("a", "b"):
        out = tmp_path / f"{name}.{suffix}"
        assert call("sawtooth", small, "--out", out, "--dpi", 80)[0] == 0
        contents.append((out.read_bytes(), out.with_suffix(".csv").read_bytes()))
    assert contents[0] == contents[1]


def test_print_is_300_dots_per_inch_by_default(call, small, tmp_path):
    out = tmp_path / "v.png"
    assert call("votes_by_turnout", small, "--out", out, "--size", "12x11")[0] == 0
    assert size_of(out) == (int(12 / 2.54 * 300), int(11 / 2.54 * 300))


def test_small_multiples_and_forest_by_level(call, small, tmp_path):
    out = tmp_path / "by.png"
    assert call("comet", small, "--by", "region", "--out", out, "--dpi", 60)[0] == 0
    assert pd.read_csv(tmp_path / "by.csv")["unit"].nunique() == 6
    status, _, err = call("forest", small, "--detector", "last_digit", "--out", out, "--dpi", 60)
    assert (status, err) == (0, "")
    frame = pd.read_csv(tmp_path / "by.csv")
    assert list(frame.columns) == ["unit", "effect", "low", "high", "n", "underpowered"]
    assert len(frame) == 6


def test_options_reach_the_figure(call, small, tmp_path):
    out = tmp_path / "s.png"
    args = ("--out", out, "--dpi", 60, "--style", "grey", "--where", "registered >= 300")
    assert call("sawtooth", small, "--quantity", "share", "--option", "second", *args)[0] == 0
    picture = forensics.make_picture(
        "sawtooth",
        forensics.read_returns(small, where="registered >= 300"),
        quantity="share",
        option="second",
    )
    frame = pd.read_csv(tmp_path / "s.csv")
    pd.testing.assert_frame_equal(frame, picture.to_frame(), check_dtype=False)
    with Image.open(out) as image:
        pixels = np.asarray(image.convert("RGB")).astype(int)
    assert np.ptp(pixels, axis=-1).max() == 0


def test_list_names_every_figure(call):
    status, out, _ = call("--list")
    assert status == 0
    assert all(name in out for name in forensics.plots.figure_names())
    entries = json.loads(call("--list", "--json")[1])
    assert [entry["figure"] for entry in entries] == list(forensics.figure_sources())
    assert entries[0]["needs"] == ["registered", "ballots", "votes_<option>"]


def test_list_draws_a_sheet_of_examples(call, tmp_path):
    out = tmp_path / "sheet.png"
    status, printed, _ = call("--list", "--out", out, "--dpi", 60)
    assert (status, printed) == (0, f"{out}\n")
    width, height = size_of(out)
    assert width == int(8.27 * 60)  # inches of an A4 sheet
    assert height > width


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (("comet",), "needs RETURNS and --out"),
        ((), "needs FIGURE and RETURNS and --out"),
        (("pie", "{small}", "--out", "{tmp}/a.png"), "'pie' is no figure; the figures are comet, "),
        (("comet", "{small}", "--out", "{tmp}/a.gif"), "written as .svg, .png, .pdf, not as .gif"),
        (("comet", "{small}", "--out", "{tmp}/a"), "not as a file without a suffix"),
        (("comet", "{small}", "--out", "{tmp}/no/a.png"), "cannot be written there"),
        (("comet", "{small}", "--out", "{tmp}/a.png", "--size", "big"), "not WIDTHxHEIGHT"),
        (("comet", "{small}", "--out", "{tmp}/a.png", "--size", "0x9"), "each side is above 0"),
        (("comet", "{small}", "--out", "{tmp}/a.png", "--size", "nanx9"), "each side is above 0"),
        (("comet", "{small}", "--out", "{tmp}/a.png", "--size", "500x9"), "at most 118.9 cm"),
        (("comet", "{small}", "--out", "{tmp}/a.png", "--size", "3x3"), "no room for its labels"),
        (("comet", "{small}", "--out", "{tmp}/a.png", "--size", "16x6.2"), "of height at a width of 16 cm"),
        (("comet", "{small}", "--out", "{tmp}/a.png", "--size", "100x100", "--dpi", "900"), "million dots"),
        (("comet", "{small}", "--out", "{tmp}/a.png", "--dpi", "3"), "take 50 to 1200"),
        (("comet", "{small}", "--out", "{tmp}/a.png", "--style", "pink"), "styles are print, screen, grey"),
        (("comet", "{small}", "--out", "{tmp}/a.png", "--by", "planet"), "is no level"),
        (("comet", "{small}", "--out", "{tmp}/a.png", "--option", "nobody"), "the options are"),
        (("comet", "{small}", "--out", "{tmp}/a.png", "--quantity", "share"), "has no quantity 'share'"),
        (("comet", "{small}", "--out", "{tmp}/a.png", "--detector", "last_digit"), "takes no detector"),
        (("comet", "{small}", "--out", "{tmp}/a.png", "--previous", "{small}"), "shows one election"),
        (("comet", "{bare}", "--out", "{tmp}/a.png"), "comet cannot be drawn: no registered"),
        (("sawtooth", "{bare}", "--out", "{tmp}/a.png"), "sawtooth cannot be drawn: no registered"),
        (("corners", "{small}", "--by", "region", "--out", "{tmp}/a.png"), "corners takes no --by"),
        (("forest", "{small}", "--detector", "nothing", "--out", "{tmp}/a.png"), "is no detector"),
        (
            ("forest", "{small}", "--quantity", "none", "--out", "{tmp}/a.png"),
            "has no quantity 'none' here",
        ),
        (("forest", "{bare}", "--by", "region", "--out", "{tmp}/a.png"), "is no level"),
        (("forest", "{bare}", "--out", "{tmp}/a.png"), "no levels"),
        (("flow_scatter", "{small}", "--out", "{tmp}/a.png"), "flow_scatter cannot be drawn: "),
    ],
)
def test_what_cannot_be_drawn_is_one_sentence(call, small, tmp_path, args, sentence):
    bare = tmp_path / "bare.csv"
    pd.read_csv(small).drop(columns=["registered", "region"]).to_csv(bare, index=False)
    before = sorted(path.name for path in tmp_path.iterdir())
    status, out, err = call(*(arg.format(small=small, tmp=tmp_path, bare=bare) for arg in args))
    assert (status, out) == (2, "")
    assert sentence in err
    assert err.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == before
