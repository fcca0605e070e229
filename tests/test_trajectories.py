"""Trajectories are annotations with coder and reasons; the timeline draws them beside law and measures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_ledger import ENTRY, TRAJECTORY, spoilt, written

from forensics.commitments.ledger import read_ledger
from forensics.commitments.pictures import timeline_pictures
from forensics.commitments.trajectories import FRAMEWORKS, LIFE_CYCLE, SPIRAL
from forensics.errors import ConfigError
from forensics.plots import drawing
from forensics.plots.examples import example

BOTH = ENTRY + TRAJECTORY
SECOND = TRAJECTORY.replace('id = "spiral"', 'id = "other"').replace('"A. Coder"', '"B. Coder"')


def test_the_frameworks_have_their_phases() -> None:
    # Risse, Ropp and Sikkink: five phases; Finnemore and Sikkink: three (reference 1.1).
    assert {name: len(phases) for name, phases in FRAMEWORKS.items()} == {SPIRAL: 5, LIFE_CYCLE: 3}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('coder = "A. Coder"\n', "", "entry 'spiral': missing required field `coder`"),
        ('rationale = "The law was amended."\n', "", "entry 'spiral': missing required field `rationale`"),
        ('rationale = "The law was amended."', 'rationale = ""', "a text that says something is needed"),
        ('framework = "spiral model"', 'framework = "stages"', "'stages' is no framework"),
        ('phase = "denial"', 'phase = "cascade"', "'cascade' is no phase of the spiral model"),
        ("end = 2004\n", "end = 1990\n", r"the phase 'denial' ends \(1990\) before it begins \(1995\)"),
        ("start = 2004\n", "start = 2001\n", r"begins \(2001\) before the phase 'denial' above it ends"),
        ('norm = "honest count"\nframework', 'norm = "peace"\nframework', "'peace' is no norm of an entry"),
        ('id = "spiral"', 'id = "count"', "the id 'count' stands twice"),
    ],
)
def test_an_annotation_that_cannot_be_used(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(ConfigError, match=rf"ledger\.toml.*{said}"):
        read_ledger(spoilt(tmp_path, old, new, BOTH))


def test_a_trajectory_without_phases_is_refused(tmp_path: Path) -> None:
    bare = TRAJECTORY[: TRAJECTORY.index("[[trajectory.phase]]")] + "phase = []\n"
    with pytest.raises(ConfigError, match="entry 'spiral': no phase is annotated"):
        read_ledger(written(tmp_path, ENTRY + bare))


def test_phases_may_come_back(tmp_path: Path) -> None:
    # Hoffmann: the order is not chronological (reference 1.1).
    back = """
[[trajectory.phase]]
phase = "denial"
start = 2015
rationale = "Officials said so again."
source = "statements"
"""
    ledger = read_ledger(
        written(tmp_path, BOTH.replace("start = 2004\n", "start = 2004\nend = 2015\n") + back)
    )
    assert [one.phase for one in ledger.trajectories[0].phase][::2] == ["denial", "denial"]


def test_the_timeline_has_every_phase_and_every_dated_record(tmp_path: Path) -> None:
    (picture,) = timeline_pictures(read_ledger(written(tmp_path, BOTH)), example("law_timeline"))
    frame = picture.to_frame()
    spiral = frame[frame["lane"] == SPIRAL]
    assert spiral["label"].tolist() == list(FRAMEWORKS[SPIRAL])
    # A year stands in its middle; phases that were not seen have a row and no bar.
    assert spiral["start"].round().tolist()[1:3] == [1995, 2004] or np.isnan(spiral["start"].iloc[0])
    seen = spiral[spiral["start"].notna()].set_index("label")["start"]
    assert seen.to_dict() == pytest.approx({"denial": 1995.5, "tactical concessions": 2004.5}, abs=0.01)
    lanes = frame["lane"].value_counts().to_dict()
    assert (lanes["promised"], lanes["law"], lanes["practice"], lanes["contested"]) == (1, 1, 1, 1)
    # The measures of the elections stand beside them, as they were measured.
    measured = example("law_timeline").to_frame().query("lane == 'measure'")
    assert lanes["measure"] == len(measured) == 10
    assert "A. Coder annotated them; nothing in them is computed" in str(picture.caption)
    for suffix, content in drawing.images(picture, ("png", "svg")).items():
        assert content, suffix


def test_two_coders_stand_beside_each_other(tmp_path: Path) -> None:
    (picture,) = timeline_pictures(read_ledger(written(tmp_path, BOTH + SECOND)))
    labels = picture.to_frame().query("lane == 'spiral model'")["label"].tolist()
    assert labels[:2] == ["repression (A. Coder)", "denial (A. Coder)"]
    assert "denial (B. Coder)" in labels


def test_the_timeline_of_what_ships() -> None:
    observed, commissions = timeline_pictures(read_ledger("kazakhstan"))
    assert "phases" not in str(observed.caption)
    frame = commissions.to_frame()
    lots = frame[frame["label"] == "Art. 10: party lots"].iloc[0]
    # 1999 to 2002 (Isaacs): years only, so that each stands in its middle.
    assert (lots["start"], lots["end"]) == pytest.approx((1999.5, 2002.5), abs=0.01)
    assert frame[frame["lane"] == "contested"]["label"].tolist() == [
        "OSCE/ODIHR",
        "OSDP/Azat",
        "OSCE/ODIHR",
    ]
    with pytest.raises(ConfigError, match="is no series of law and practice"):
        timeline_pictures(read_ledger("kazakhstan"), example("digit_bars"))
