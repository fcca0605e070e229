"""An audit over workers and after an interruption: the same findings as at one go."""

from __future__ import annotations

import json
import os
import pickle

import pytest

from forensics.auditing.plan import Step, make_plan
from forensics.auditing.runner import run_plan, run_step
from forensics.auditing.stored import from_bytes, to_bytes
from forensics.auditing.tasks import joined, tasks_of
from forensics.detectors.registry import all_detectors
from forensics.errors import ConfigError
from forensics.finding import Findings
from forensics.simulation import clean
from forensics.tables.returns import Returns

SEED = 5
QUICK = ["protocol_arithmetic", "last_digit", "percent_heaping", "turnout_edge", "reference_bin"]
LEVELS = (None, "region", "district")


@pytest.fixture(scope="module")
def returns():
    return clean(n=300, rng=4)


@pytest.fixture(scope="module")
def plan(returns):
    return make_plan(returns, seed=SEED, only=QUICK, levels=["region", "district"])


@pytest.fixture(scope="module")
def findings(returns, plan):
    return run_plan(returns, plan)


def everything(findings):
    """Findings with their scores and the data of their figures."""
    shown = []
    for item in findings:
        scores, pictures = getattr(item, "precincts", None), getattr(item, "pictures", ())
        tables = [picture.to_frame().to_csv() for picture in pictures]
        shown.append((json.dumps(item.to_dict()), None if scores is None else scores.tobytes(), *tables))
    return shown


@pytest.mark.parametrize("id", [entry.id for entry in all_detectors() if entry.apart])
def test_levels_that_may_be_run_apart_give_what_they_give_together(returns, id):
    together = run_step(returns, Step(id), LEVELS, SEED, {})
    apart = joined([run_step(returns, Step(id), (level,), SEED, {}) for level in LEVELS])
    assert len(together.tested) > 3
    assert everything(apart) == everything(together)


def test_a_detector_that_cannot_run_says_so_once(returns):
    without = Returns(returns.table[["precinct", "region", "district", "registered", "ballots"]])
    together = run_step(without, Step("reference_bin"), LEVELS, SEED, {})
    apart = joined([run_step(without, Step("reference_bin"), (level,), SEED, {}) for level in LEVELS])
    assert [str(item) for item in apart] == [str(item) for item in together]
    assert len(apart) == 1


def test_tasks_are_one_a_detector_or_one_a_level(plan):
    places = range(len(plan.detectors))
    whole = tasks_of(plan.detectors, places, LEVELS, apart=False)
    assert [task.step.id for task in whole] == QUICK
    assert {task.levels for task in whole} == {LEVELS}
    apart = tasks_of(plan.detectors, places, LEVELS, apart=True)
    assert [task.levels for task in apart if task.step.id == "reference_bin"] == [(one,) for one in LEVELS]
    assert [task.levels for task in apart if task.step.id == "last_digit"] == [LEVELS]
    assert len({task.name for task in apart}) == len(apart)


def test_two_workers_give_what_one_gives(returns, plan, findings):
    assert everything(run_plan(returns, plan, n_jobs=2)) == everything(findings)


def test_an_interrupted_audit_goes_on_to_the_same_findings(returns, plan, findings, tmp_path):
    def stop(done, total, id):
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_plan(returns, plan, progress=stop, resume=tmp_path)
    kept = sorted(tmp_path.glob("*.findings"))
    assert len(kept) >= 3
    written = {path: path.stat().st_mtime_ns for path in kept}
    # One was cut short since, by whatever: it is computed again; the others are read.
    cut = kept[0].read_bytes()
    kept[0].write_bytes(cut[: len(cut) // 2])
    told = []
    resumed = run_plan(returns, plan, resume=tmp_path, progress=lambda *step: told.append(step))
    assert everything(resumed) == everything(findings)
    assert all(path.stat().st_mtime_ns == written[path] for path in kept[1:])
    assert [(done, total) for done, total, _ in told] == [(i + 1, len(QUICK)) for i in range(len(QUICK))]
    assert not list(tmp_path.glob("*.part"))
    # What one worker kept another number of workers reads.
    assert everything(run_plan(returns, plan, n_jobs=2, resume=tmp_path)) == everything(findings)


def test_a_folder_of_another_audit_is_refused(returns, plan, tmp_path):
    run_plan(returns, plan, resume=tmp_path)
    other = make_plan(returns, seed=SEED + 1, only=QUICK)
    with pytest.raises(ConfigError, match="the findings there are of another audit"):
        run_plan(returns, other, resume=tmp_path)
    (tmp_path / "audit.json").write_text("[]")
    with pytest.raises(ConfigError, match=r"audit\.json there is not that of an audit"):
        run_plan(returns, plan, resume=tmp_path)


def test_stored_findings_come_back_whole(findings):
    back = from_bytes(to_bytes(findings))
    assert everything(back) == everything(findings)
    assert back.only(method="last_digit", quantity="issued", scope="national").null == (
        findings.only(method="last_digit", quantity="issued", scope="national").null
    )


class Command:
    """What a hostile file would do when it is read."""

    def __reduce__(self):
        return os.system, ("true",)


def test_stored_bytes_from_elsewhere_run_nothing(findings):
    assert from_bytes(None) is None
    assert from_bytes(to_bytes(findings)[:-1]) is None
    assert from_bytes(to_bytes(Findings([Command()]))) is None
    assert pickle.loads(to_bytes(Findings([Command()]))[32:])[0] == 0  # it would have run
