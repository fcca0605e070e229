"""A folder of parts: additive detectors give what the whole gives, the others a sample that says so."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import forensics
from forensics.auditing.in_parts import FEWEST, design_of, look_at, run_in_parts
from forensics.cli.main import main
from forensics.detectors.additive import additive_of
from forensics.detectors.registry import all_detectors
from forensics.errors import ConfigError, ReturnsError
from forensics.simulation import clean
from forensics.tables.parted import open_parts
from forensics.tables.stacking import narrowed, stacked

SIZE, SEED = 900, 6
ADDITIVE = [
    entry.id for entry in all_detectors() if (steps := additive_of(entry)) is not None and not steps.units
]
# Sums of the same numbers in another order differ in their last bits.
LAST_BITS = 1e-9
# Deviations are put together in bins of this width.
DEVIATION_BIN = 0.05


@pytest.fixture(scope="module")
def whole():
    """A clean election with certificates, kinds of place, and a few ballots carried home."""
    rng = np.random.default_rng(SEED)
    frame = clean(n=SIZE, rng=SEED).frame
    frame["issued"] = frame["ballots"] + rng.poisson(0.3, SIZE)
    received = rng.poisson(12, SIZE)
    frame["absentee_received"] = received
    frame["absentee_issued"] = rng.binomial(received, 0.7)
    frame["absentee_unused"] = received - frame["absentee_issued"] - (rng.random(SIZE) < 0.02)
    frame["absentee_voted"] = rng.binomial(received, 0.6)
    frame["venue_type"] = rng.choice(["school", "hospital", "unknown"], SIZE)
    return forensics.Returns(frame)


@pytest.fixture(scope="module")
def folder(whole, tmp_path_factory):
    """A part per two regions, and one region that lies in two parts."""
    place = tmp_path_factory.mktemp("parts") / "election"
    place.mkdir()
    frame = whole.frame
    units = np.unique(frame["region"].astype("str"), return_inverse=True)[1] // 2
    cut = len(frame) // 2
    for i in np.unique(units):
        rows = np.flatnonzero(units == i)
        for name, some in (("a", rows[rows < cut]), ("b", rows[rows >= cut])):
            if len(some):
                frame.iloc[some].to_parquet(place / f"part-{i}{name}.parquet", index=False)
    return place


@pytest.fixture(scope="module")
def found(folder):
    return run_in_parts(open_parts(folder), seed=SEED, most=400)


def differences(one, other, place=""):
    if isinstance(one, dict):
        if one.keys() != other.keys():
            return [place]
        return [found for key in one for found in differences(one[key], other[key], f"{place}/{key}")]
    if isinstance(one, list):
        if len(one) != len(other):
            return [place]
        pairs = enumerate(zip(one, other, strict=True))
        return [found for i, (a, b) in pairs for found in differences(a, b, f"{place}[{i}]")]
    if isinstance(one, float) and isinstance(other, float):
        return [] if abs(one - other) <= LAST_BITS * max(1, abs(one)) else [place]
    return [] if one == other else [place]


@pytest.mark.parametrize("id", ADDITIVE)
def test_an_additive_detector_gives_what_the_whole_gives(whole, found, id):
    together = forensics.run_detector(id, whole, seed=SEED, by=(None, "region"))
    apart = [item for item in found if item.method == id]
    assert len(apart) == len(together) > 12
    for one, other in zip(together, apart, strict=True):
        # The median deviation of redraws, which an assumption tells, is known to the width of a bin.
        left_out = {"assumptions"} if id in BINNED else set()
        one_told = {key: value for key, value in one.to_dict().items() if key not in left_out}
        other_told = {key: value for key, value in other.to_dict().items() if key not in left_out}
        assert differences(one_told, other_told) == []


BINNED = ("last_digit", "digit_heaping", "percent_heaping", "second_digit", "digit_pairs")


@pytest.mark.parametrize("id", BINNED)
def test_the_deviation_of_parts_is_that_of_the_whole_to_a_bin(whole, folder, id):
    entry = forensics.find_detector(id)
    steps, parts = additive_of(entry), open_parts(folder)
    merged = steps.merge([steps.statistic(parts.read(part)) for part in parts.parts])
    for one, other in zip(steps.statistic(whole), merged, strict=True):
        assert one.quantity == other.quantity
        assert other.deviation == pytest.approx(one.deviation, abs=DEVIATION_BIN)


def test_rows_that_are_compared_within_a_unit_need_it_in_one_part(found, whole, tmp_path):
    reasons = {item.method: str(item.reason) for item in found.skipped}
    assert "within their unit of region" in reasons["protocol_arithmetic"]
    broken = whole.frame
    broken.loc[broken.index[::90], "valid"] += 3
    broken = pd.concat([broken, broken.iloc[:2]], ignore_index=True)
    for name, part in broken.groupby("region", observed=True):
        part.to_parquet(tmp_path / f"{name}.parquet", index=False)
    apart = run_in_parts(open_parts(tmp_path), only=["protocol_arithmetic"], seed=SEED)
    together = forensics.run_detector(
        "protocol_arithmetic", forensics.Returns(broken), seed=SEED, by=(None, "region")
    )
    assert apart.only(quantity="duplicated_keys", scope="national").statistic == 2
    assert len(apart) == len(together)
    for one, other in zip(together, apart, strict=True):
        assert differences(one.to_dict(), other.to_dict()) == []


def test_workers_and_the_order_of_parts_change_nothing(folder, found):
    spread = run_in_parts(open_parts(folder), seed=SEED, most=400, n_jobs=2)
    assert [item.to_dict() for item in spread] == [item.to_dict() for item in found]


def test_what_is_sampled_says_so_and_what_needs_the_whole_is_skipped(found):
    shape = found.only(method="distribution_shape", quantity="turnout", scope="national")
    sample = shape.parameters["sample"]
    assert sample["of"] == SIZE
    assert shape.n <= sample["n"] < SIZE
    assert any("drawn without replacement" in str(one.text) for one in shape.assumptions)
    assert shape.precincts is None
    reasons = {item.method: str(item.reason) for item in found.skipped}
    assert "needs all precincts in one table" in reasons["spatial_clusters"]
    assert reasons["tabulation_sums"] == "No table of totals was given."
    assert not {item.method for item in found.tested} & set(reasons)


def test_a_sample_has_so_many_of_each_unit(folder):
    parts = open_parts(folder)
    design = design_of(parts, most=400, seed=SEED)
    drawn = [
        look_at(parts, part, (), (None,), design.takes[i], SEED).sample
        for i, part in enumerate(parts.parts)
    ]
    regions = [name for one in drawn if one is not None for name in one.table["region"].astype("str")]
    rows = parts.units()
    for name, n in rows.items():
        assert regions.count(name) == min(n, max(FEWEST, round(400 / SIZE * n)))
    assert design.n == len(regions)
    # Every precinct once at most.
    keys = [key for one in drawn if one is not None for key in one.table["precinct"].astype("str")]
    assert len(set(zip(regions, keys, strict=True))) == len(keys)


def test_a_sample_of_all_is_the_whole(folder, whole):
    all_of_it = run_in_parts(open_parts(folder), only=["turnout_share"], seed=SEED, most=10 * SIZE)
    alone = forensics.run_detector("turnout_share", whole, seed=SEED)
    assert "sample" not in all_of_it.tested[0].parameters
    assert all_of_it.tested[0].effect == pytest.approx(alone.tested[0].effect, abs=LAST_BITS)


def test_the_leader_is_that_of_all_parts(folder, whole):
    assert open_parts(folder).leader == whole.leader
    assert open_parts(folder, leader="second").leader == "second"


def test_a_part_that_changes_on_the_way_is_refused(folder, tmp_path):
    place = tmp_path / "election"
    place.mkdir()
    for part in folder.iterdir():
        (place / part.name).write_bytes(part.read_bytes())
    parts = open_parts(place)
    changed = clean(n=40, rng=1).frame
    changed.to_parquet(place / parts.parts[1].path.name, index=False)
    with pytest.raises(ReturnsError, match="was changed since the folder was looked through"):
        run_in_parts(parts, only=["last_digit"])


def test_parts_that_report_other_columns_are_told(folder, tmp_path):
    place = tmp_path / "election"
    place.mkdir()
    frame = clean(n=60, rng=1).frame
    frame.to_parquet(place / "one.parquet", index=False)
    frame.assign(issued=np.nan).to_parquet(place / "two.parquet", index=False)
    found = run_in_parts(open_parts(place), only=["last_digit"])
    assert "do not report the same columns" in str(found.skipped[0].reason)
    frame.drop(columns="issued").to_parquet(place / "two.parquet", index=False)
    with pytest.raises(ReturnsError, match=r"two\.parquet has other columns than one\.parquet"):
        open_parts(place)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [({"most": 0}, "at least 1, not 0"), ({"levels": ["oblast"]}, "'oblast' is no level")],
)
def test_what_cannot_be_run_is_one_sentence(folder, given, sentence):
    with pytest.raises(ConfigError, match=sentence):
        run_in_parts(open_parts(folder), **given)


def test_no_folder_is_one_sentence(tmp_path):
    with pytest.raises(ReturnsError, match="it is no folder"):
        open_parts(tmp_path / "nowhere")
    with pytest.raises(ReturnsError, match="holds no csv"):
        open_parts(tmp_path)


def test_the_command_prints_the_findings(folder, capsys):
    for args in (["--json"], []):
        with pytest.raises(SystemExit) as stopped:
            main(["parts", str(folder), "--only", "last_digit", "--seed", str(SEED), *args])
        assert stopped.value.code == 0
        out = capsys.readouterr().out
        if args:
            assert {item["method"] for item in json.loads(out)["findings"]} == {"last_digit"}
        else:
            assert out.startswith("last_digit")


def test_parts_of_one_table_are_put_together_with_nothing_else(whole):
    parts = [narrowed(part, ("issued", "venue_type", "nowhere")) for _, part in whole.by("region")]
    found = stacked(parts)
    assert list(found.table.columns) == ["region", "district", "issued", "venue_type"]
    assert (len(found), found.leader, found.levels) == (SIZE, whole.leader, whole.levels)
    assert found.units("district").scopes == whole.units("district").scopes
    assert found.counts("issued").sum() == whole.counts("issued").sum()
