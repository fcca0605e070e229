"""Calibration: size and power by parametric bootstrap, the same whatever the workers and interruptions."""

from __future__ import annotations

import json
import sys
import types
from pathlib import Path
from typing import Any

import pytest

import forensics
from forensics import ConfigError, Finding, Findings
from forensics.detectors import registry
from forensics.evidence.fits import third_fit
from forensics.evidence.reading import Reading, Rejections, detectable_share, is_calibrated, is_open
from forensics.evidence.standard import merged
from forensics.messages.message import Message
from forensics.simulation import Specification, clean, draw, manipulate
from forensics.simulation.parameters import Rate, Shape

FAST = ("last_digit", "integer_percent")
ROUNDING = 1e-4


@pytest.fixture(scope="module")
def returns() -> forensics.Returns:
    """A small clean election, 12 regions of about 50 precincts."""
    return clean(n=600, rng=3)


def calibrated(returns: forensics.Returns, **changes: Any) -> forensics.Calibration:
    given = {"simulations": 12, "detectors": FAST, "manipulations": ["switching"], "rng": 5} | changes
    given = {"most": given["simulations"]} | given
    return forensics.calibrate(returns, **given)


@pytest.fixture(scope="module")
def known(returns: forensics.Returns) -> forensics.Calibration:
    return calibrated(returns)


def text(calibration: forensics.Calibration) -> str:
    return forensics.to_json(calibration.to_dict())


def test_the_number_of_workers_changes_nothing(returns, known):
    assert text(calibrated(returns, n_jobs=2)) == text(known)


def test_the_seed_changes_the_draws(returns, known, tmp_path):
    first = calibrated(returns, simulations=20, most=20, manipulations=[])
    second = calibrated(returns, simulations=20, most=20, manipulations=[], rng=6)
    assert [one.clean for one in first.readings] != [one.clean for one in second.readings]


def test_one_more_detector_does_not_change_the_others(returns, known):
    alone = calibrated(returns, detectors=["last_digit"])
    assert alone.readings[0].clean == known.reading("last_digit", alone.readings[0].quantity).clean


def test_an_interrupted_calibration_goes_on_to_the_same_bytes(returns, known, tmp_path):
    def stop(done: int, total: int, label: str) -> None:
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        calibrated(returns, resume=tmp_path, progress=stop)
    kept = sorted(tmp_path.glob("*.jsonl"))
    assert len(kept) >= 3
    before = {path: path.stat().st_mtime_ns for path in kept}
    # A file that was cut short (another program's doing) is drawn again.
    kept[0].write_text(kept[0].read_text().splitlines()[0] + "\n")
    assert text(calibrated(returns, resume=tmp_path)) == text(known)
    assert all(path.stat().st_mtime_ns == before[path] for path in kept[1:])
    assert not list(tmp_path.glob("*.part"))


def test_batches_of_another_calibration_are_refused(returns, tmp_path):
    calibrated(returns, simulations=1, manipulations=[], resume=tmp_path)
    with pytest.raises(ConfigError, match="another calibration"):
        calibrated(returns, simulations=1, manipulations=[], resume=tmp_path, rng=6)


def test_a_folder_that_holds_something_else_is_refused(returns, tmp_path):
    (tmp_path / "calibration.json").write_text("[]")
    with pytest.raises(ConfigError, match="not that of a calibration"):
        calibrated(returns, simulations=1, manipulations=[], resume=tmp_path)


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> str:
    """A detector whose p-value is always .01."""

    def always_small(returns: Any) -> Findings:
        """Fires whatever the returns."""
        sentence = Message("test.null", "Nothing.")
        return Findings(
            [
                Finding(
                    method="always_small",
                    family="turnout",
                    quantity="share",
                    null=sentence,
                    innocent=(sentence,),
                    scope=returns.scope,
                    pvalue=0.01,
                    n=len(returns),
                )
            ]
        )

    module = types.ModuleType("elsewhere")
    module.always_small = registry.detector(family="turnout")(always_small)
    monkeypatch.setitem(sys.modules, "elsewhere", module)
    there = {**registry._modules(), "always_small": "elsewhere"}
    monkeypatch.setattr(registry, "_modules", lambda: there)
    return "always_small"


def test_a_test_that_always_fires_is_not_calibrated(returns, always):
    reading = calibrated(returns, detectors=[always], manipulations=[]).reading(always, "share")
    assert reading.to_dict()["size"] == 1.0
    assert not reading.calibrated
    assert reading.detectable_share is None


def test_every_test_has_two_generators_and_the_less_favourable_counts(known):
    assert [one["name"] for one in known.generator["fits"]] == [
        "whole",
        "third_by_integer_percent",
        "third_by_digit_heaping",
    ]
    for reading in known.readings:
        other = "third_by_integer_percent" if reading.method == "last_digit" else "third_by_digit_heaping"
        assert list(reading.clean) == ["whole", other]
        assert reading.rejections.share == max(one.share for one in reading.clean.values())


def test_the_third_avoids_the_regions_with_planted_round_percentages(returns):
    names = [scope.names[-1][1] for scope in returns.units("region").scopes]
    hit = returns.table["region"].isin(names[:4]).to_numpy()
    rounded, _ = manipulate(returns, "turnout_quota", share=0.8, intensity=1.0, where=hit, rng=1)
    third = third_fit(rounded, "digits", 0)
    assert third.level == "region"
    assert 200 <= third.rows < 300
    # Anchors are the effects of the units that were used.
    assert not set(third.specification.anchors) & set(names[:4])


def test_without_units_there_is_no_third():
    shape = Shape(levels=("region",), units=(3,), precincts=200)
    rate = Rate(median=0.6)
    few = draw(Specification(shape=shape, turnout=rate, support=rate), rng=1).returns
    assert third_fit(few, "digits", 0) is None


def test_the_keys_of_the_json(known):
    told = json.loads(text(known))
    assert list(told) == ["generator", "simulations", "detectors"]
    assert told["simulations"] == 12
    assert told["generator"]["power_simulations"] == 3
    for row in told["detectors"]:
        assert list(row) == [
            "method", "quantity", "size", "size_interval", "calibrated", "power", "detectable_share",
            "simulations", "clean", "units",
        ]  # fmt: skip
        assert [intensity for intensity, _ in row["power"]["switching"]] == [0.1, 0.3, 0.6]
    assert {row["method"] for row in told["detectors"]} == set(FAST)


def test_detectors_without_a_pvalue_are_named(returns):
    known = calibrated(returns, detectors=["last_digit", "reference_bin"], manipulations=[], simulations=1)
    assert known.generator["without_pvalue"] == ["reference_bin"]


def test_bounds_are_those_of_clopper_and_pearson():
    # R: binom.test(3, 50)$conf.int is 0.01254859 to 0.16548195.
    # With 0 of n the upper bound solves (1 - p)^n = .025.
    interval = Rejections(3, 50).interval()
    assert (interval.low, interval.high) == pytest.approx((0.0125, 0.1655), abs=ROUNDING)
    assert Rejections(0, 50).interval().high == pytest.approx(1 - 0.025 ** (1 / 50))
    assert Rejections(50, 50).interval().high == 1.0


def test_more_tests_ask_for_more_certainty():
    # 2 of 100: upper bounds .0616 (95 %) and .0972 (99.75 %: 20 tests), quantiles of Beta(3, 98).
    few = [Rejections(2, 100)]
    assert is_calibrated(few, 1)
    assert not is_calibrated(few, 20)
    assert not is_calibrated([*few, Rejections(40, 100)], 1)


def test_a_size_is_open_until_its_interval_leaves_eight_percent():
    # 10 of 200 is .05 exactly, its upper bound at .05 / 20 is .108 (quantile of Beta(11, 190)).
    assert is_open([Rejections(10, 200)], 20)
    assert not is_open([Rejections(80, 1600)], 20)
    assert not is_open([Rejections(60, 200)], 20)


def test_more_simulations_are_drawn_for_what_is_open_and_the_first_stay(returns):
    first = calibrated(returns, simulations=10, most=10, manipulations=[])
    more = calibrated(returns, simulations=10, most=40, manipulations=[])
    for one, other in zip(first.readings, more.readings, strict=True):
        assert one.rejections.simulations == 10
        assert other.rejections.simulations in (10, 20, 40)
        assert other.rejections.rejected >= one.rejections.rejected or not other.rejections.simulations > 10
    assert max(one.rejections.simulations for one in more.readings) == 40


def test_a_test_that_keeps_its_level_is_left_as_it_is():
    # 16 of 200 may be chance (p = .044), 32 of 400 is not (p = .006).
    assert Rejections(16, 200, 2).inflation == 1.0
    exact, loose = Rejections(20, 400, 4), Rejections(32, 400, 4)
    assert exact.inflation == 1.0
    # z(.05) / z(.08) = 1.6449 / 1.4051.
    assert loose.inflation == pytest.approx(1.6449 / 1.4051, abs=ROUNDING)
    reading = Reading("m", "q", {"whole": loose}, True, {}, None, {"whole": exact})
    # z of .001 is 3.0902; divided by 1.1707 it is 2.6397, whose tail is .00415.
    assert reading.corrected(0.001) == pytest.approx(0.00415, abs=ROUNDING)
    assert reading.corrected(0.001, national=False) == 0.001
    assert reading.corrected(0.7) == 0.7


def test_a_calibration_reads_back(known):
    content = json.loads(text(known))
    assert text(forensics.Calibration.from_dict(content)) == text(known)
    with pytest.raises(ConfigError, match="no calibration"):
        forensics.Calibration.from_dict({"detectors": [{}]}, "other.json")


def test_the_detectable_share_is_interpolated():
    assert detectable_share([(0.01, 0.1), (0.02, 0.6), (0.05, 1.0)]) == pytest.approx(0.035)
    assert detectable_share([(0.01, 0.9), (0.02, 1.0)]) == 0.01
    assert detectable_share([(0.01, 0.1), (0.2, 0.7)]) is None


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"simulations": 0}, "at least 1"),
        ({"n_jobs": 0}, "n_jobs"),
        ({"most": 3}, "at least the 12 simulations"),
        ({"manipulations": ["bribes"]}, "no manipulation"),
        ({"manipulations": ["ballot_chain", "pressure_institutions"]}, "cannot be planted"),
        ({"detectors": ["tea_leaves"]}, "no detector"),
    ],
)
def test_what_cannot_be_calibrated_is_said(returns, changes, sentence):
    with pytest.raises(ConfigError, match=sentence):
        calibrated(returns, **changes)


def test_the_command_prints_the_same_json(returns, known, tmp_path, capsys):
    from forensics.cli.main import main

    path: Path = tmp_path / "returns.parquet"
    returns.frame.to_parquet(path, index=False)
    options = ["--simulations", "2", "--most", "2", "--detector", "last_digit", "--no-power", "--seed", "5"]
    with pytest.raises(SystemExit) as end:
        main(["calibrate", str(path), *options, "--json"])
    assert end.value.code == 0
    told = json.loads(capsys.readouterr().out)
    assert [row["method"] for row in told["detectors"]] == ["last_digit", "last_digit"]
    with pytest.raises(SystemExit):
        main(["calibrate", str(path), *options])
    assert "last_digit" in capsys.readouterr().out


def test_readings_of_a_family_that_is_about_no_mechanism_leave_the_power_of_the_others(returns, known):
    later = calibrated(returns, detectors=["last_digit"], manipulations=[])
    joined = merged(known, later, ["digits"])
    assert {one.method for one in joined.readings} == set(FAST)
    assert joined.generator["power_simulations"] == known.generator["power_simulations"] > 0
    assert joined.generator["detectable"] == known.generator["detectable"]
    assert joined.generator["manipulations"] == ["switching"]
