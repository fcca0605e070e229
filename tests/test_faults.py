"""What breaks from outside: a killed worker, a full disk, an interruption, a file that changes."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from lethal import lethal, lethal_picture
from test_report import audit

import forensics
from forensics.auditing.overview import overview
from forensics.auditing.plan import make_plan
from forensics.auditing.runner import run_plan
from forensics.auditing.workers import FRESH
from forensics.cli.main import main
from forensics.comparing.comparison import Comparison
from forensics.errors import ConfigError, ForensicsError, ReturnsError
from forensics.evidence.calibration import calibration_of
from forensics.report import output
from forensics.report.folder import write_folder
from forensics.simulation import clean
from forensics.tables import files

SIZE, SEED = 120, 3
# Enough precincts for a test of last digits to have a p-value, so that there is something to calibrate.
ENOUGH = 700
QUICK = ["protocol_arithmetic", "last_digit", "percent_heaping"]
# More than any run of these tests gives workers.
ALWAYS = 1000


def killing(tmp_path, most, size=SIZE):
    return lethal(tmp_path / "wounds", n=size, most=most, rng=SEED)


def records(findings):
    return json.dumps([item.to_dict() for item in findings])


def test_an_audit_survives_a_worker_that_is_killed(tmp_path):
    returns, whole = killing(tmp_path, 1), clean(n=SIZE, rng=SEED)
    plan = make_plan(whole, seed=SEED, only=QUICK)
    assert records(run_plan(returns, plan, n_jobs=2)) == records(run_plan(whole, plan))
    assert any((tmp_path / "wounds").iterdir())


def test_a_calibration_survives_a_worker_that_is_killed(tmp_path):
    asked = {"simulations": 2, "most": 2, "detectors": ["last_digit"], "manipulations": [], "rng": SEED}
    returns, whole = killing(tmp_path, 1, ENOUGH), clean(n=ENOUGH, rng=SEED)
    alone = calibration_of(whole, **asked)
    assert alone.readings
    assert calibration_of(returns, n_jobs=2, **asked) == alone
    assert any((tmp_path / "wounds").iterdir())


def test_workers_that_are_always_killed_are_one_sentence(tmp_path):
    returns = killing(tmp_path, ALWAYS)
    plan = make_plan(clean(n=SIZE, rng=SEED), seed=SEED, only=QUICK)
    with pytest.raises(ForensicsError, match=f"ended from outside {FRESH + 1} times.* give fewer workers"):
        run_plan(returns, plan, n_jobs=2)


def contents(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


@pytest.fixture
def earlier(tmp_path):
    """A report folder that somebody else's file lies in."""
    out = tmp_path / "report"
    write_folder(audit(), out)
    (out / "index.html").write_text("the earlier page")
    (out / "figures" / "old.png").write_text("an earlier figure")
    (out / "restricted" / "old.svg").write_text("an earlier restricted figure")
    (out / "calibration.json").unlink()
    (out / "report.pdf").write_text("the earlier pdf")
    (out / "mine.txt").write_text("somebody's own")
    return out


def full_after(monkeypatch, writes):
    """Every write after so many fails as on a full disk."""
    done, write = [0], Path.write_bytes

    def write_bytes(path, data):
        if done[0] >= writes:
            with suppress(OSError):
                write(path, data[: len(data) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        done[0] += 1
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", write_bytes)


@pytest.mark.parametrize("writes", [0, 1, 4, 7])
def test_a_full_disk_leaves_the_earlier_report_whole(earlier, monkeypatch, writes):
    before = contents(earlier)
    with monkeypatch.context() as patched:
        full_after(patched, writes)
        with pytest.raises(ConfigError, match=r"cannot be written there \(No space left on device\)"):
            write_folder(audit(), earlier)
    assert contents(earlier) == before


def with_figures(tmp_path=None, most=0):
    """An audit with figures, one of which ends the first workers that draw it."""
    first, *others = overview(audit().returns)
    if tmp_path is not None:
        first = lethal_picture(first, tmp_path / "wounds", most=most)
    return replace(audit(), overview=(first, *others))


def test_figures_survive_a_worker_that_is_killed_while_it_draws(tmp_path):
    whole, wounded = tmp_path / "whole", tmp_path / "wounded"
    write_folder(with_figures(), whole)
    write_folder(with_figures(tmp_path, 1), wounded, n_jobs=2)
    assert len(list((tmp_path / "wounds").iterdir())) == 1
    assert contents(wounded) == contents(whole)


def test_workers_that_are_always_killed_while_they_draw_are_one_sentence(earlier, tmp_path):
    before = contents(earlier)
    with pytest.raises(
        ForensicsError, match=r"report was not written, .* ended from outside .* fewer workers"
    ):
        write_folder(with_figures(tmp_path, ALWAYS), earlier, n_jobs=2)
    assert contents(earlier) == before


def test_a_comparison_survives_a_worker_that_is_killed_while_it_draws(tmp_path, monkeypatch):
    for name, seed in (("one", 1), ("two", 2)):
        returns = clean(n=SIZE, rng=seed)
        plan = make_plan(returns, seed=SEED, only=QUICK)
        forensics.write_report(forensics.audit(returns, plan=plan), out=tmp_path / name)
    compared = forensics.compare([tmp_path / "one", tmp_path / "two"])
    whole = forensics.write_comparison(compared, out=tmp_path / "whole").parent
    first, *others = compared.pictures
    drawn = (lethal_picture(first, tmp_path / "wounds", most=1), *others)
    monkeypatch.setattr(Comparison, "pictures", drawn)
    wounded = forensics.compare([tmp_path / "one", tmp_path / "two"])
    out = forensics.write_comparison(wounded, out=tmp_path / "wounded", n_jobs=2).parent
    assert len(list((tmp_path / "wounds").iterdir())) == 1
    assert contents(out) == contents(whole)


@pytest.mark.parametrize("fault", [OSError(errno.EIO, "broken"), KeyboardInterrupt()])
@pytest.mark.parametrize("moves", [0, 1, 5, 12])
def test_a_fault_while_the_new_report_takes_its_place_is_undone(earlier, monkeypatch, moves, fault):
    before, folders = contents(earlier), sorted(earlier.rglob("*"))
    done, replace = [0], os.replace

    def stopping(source, target):
        done[0] += 1
        if done[0] == moves + 1:
            raise fault
        replace(source, target)

    monkeypatch.setattr(output.os, "replace", stopping)
    with pytest.raises((ConfigError, KeyboardInterrupt)):
        write_folder(audit(), earlier)
    assert contents(earlier) == before
    assert sorted(earlier.rglob("*")) == folders


def test_a_new_report_replaces_the_earlier_one_and_nothing_else(earlier):
    write_folder(audit(), earlier)
    after = contents(earlier)
    assert after["mine.txt"] == b"somebody's own"
    assert after["index.html"] != b"the earlier page"
    assert not {"figures/old.png", "restricted/old.svg", "report.pdf"} & set(after)
    fresh = earlier.parent / "fresh"
    write_folder(audit(), fresh)
    assert {**contents(fresh), "mine.txt": b"somebody's own"} == after


def test_what_a_killed_process_left_is_cleared_by_the_next_report(earlier):
    rubbish = earlier / output.UNFINISHED / "new"
    rubbish.mkdir(parents=True)
    (rubbish / "index.html").write_text("half a page")
    write_folder(audit(), earlier)
    assert not (earlier / output.UNFINISHED).exists()


def test_a_report_that_fails_leaves_no_new_folder(tmp_path, monkeypatch):
    full_after(monkeypatch, 2)
    with pytest.raises(ConfigError, match="No space left"):
        write_folder(audit(), tmp_path / "a" / "b")
    assert list(tmp_path.iterdir()) == []


def refuse_folders(monkeypatch):
    """No folder can be made, as on a medium that is read-only: the owner of a test may write anywhere."""

    def mkdir(path, *_args, **_keywords):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    monkeypatch.setattr(Path, "mkdir", mkdir)


def test_a_read_only_folder_is_told_before_anything_is_computed(earlier, monkeypatch, capsys):
    before = contents(earlier)

    def never(*_args, **_keywords):
        raise AssertionError("returns were read for a report that cannot be written")

    monkeypatch.setattr(forensics, "read_returns", never)
    refuse_folders(monkeypatch)
    with pytest.raises(SystemExit) as stopped:
        main(["audit", "anything.csv", "--out", str(earlier)])
    said = capsys.readouterr().err
    assert stopped.value.code == 2
    assert "the report cannot be written there (Read-only file system)" in said
    assert said.count("\n") == 1
    assert contents(earlier) == before


def test_a_folder_that_can_be_written_is_left_as_it_was(earlier, tmp_path):
    before = contents(earlier)
    forensics.check_folder(earlier)
    forensics.check_folder(tmp_path / "new" / "deeper")
    assert contents(earlier) == before
    assert list(tmp_path.iterdir()) == [earlier]


def test_tasks_that_cannot_be_kept_are_one_sentence(tmp_path, monkeypatch):
    whole = clean(n=SIZE, rng=SEED)
    plan = make_plan(whole, seed=SEED, only=QUICK)
    with monkeypatch.context() as patched:
        full_after(patched, 1)
        with pytest.raises(ConfigError, match=r"findings of an audit cannot be kept there \(No space left"):
            run_plan(whole, plan, resume=tmp_path)
    assert not list(tmp_path.glob("*.part"))
    assert records(run_plan(whole, plan, resume=tmp_path)) == records(run_plan(whole, plan))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_full_output_is_one_sentence():
    command = [sys.executable, "-m", "forensics", "detectors", "--json"]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "forensics: the output cannot be written (No space left on device)\n"


INTERRUPTED = """
import os, signal, sys
from forensics.cli.main import main
from forensics.comparing.comparison import Comparison
from forensics.report import folder
render = folder.render
def interrupted(*args, **keywords):
    os.kill(os.getpid(), signal.SIGINT)
    return render(*args, **keywords)
folder.render = interrupted
main(["audit", *sys.argv[1:]])
"""


def test_an_interrupted_command_is_status_130_and_leaves_the_earlier_report(tmp_path):
    returns, out, plan = tmp_path / "small.csv", tmp_path / "report", tmp_path / "plan.toml"
    clean(n=SIZE, rng=SEED).frame.to_csv(returns, index=False)
    frozen = make_plan(forensics.read_returns(returns), only=QUICK, levels=[])
    plan.write_text(frozen.to_toml(), encoding="utf-8")
    out.mkdir()
    (out / "index.html").write_text("the earlier page")
    (out / "provenance.json").write_text("{}")
    command = [sys.executable, "-c", INTERRUPTED, str(returns), "--plan", str(plan), "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 130
    assert "interrupted" in done.stderr
    assert "Traceback" not in done.stderr
    assert contents(out) == {"index.html": b"the earlier page", "provenance.json": b"{}"}


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "small.csv"
    clean(n=SIZE, rng=SEED).frame.to_csv(path, index=False)
    fstat, asked = os.fstat, []

    def writing(descriptor):
        found = fstat(descriptor)
        if not asked:
            with path.open("a", encoding="utf-8") as file:
                file.write("a row that comes late\n")
        asked.append(descriptor)
        return found

    monkeypatch.setattr(files.os, "fstat", writing)
    with pytest.raises(ReturnsError, match="the file was changed while it was read"):
        forensics.read_returns(path)


def test_a_file_that_is_replaced_while_it_is_read_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "parts" / "one.csv"
    path.parent.mkdir()
    clean(n=SIZE, rng=SEED).frame.to_csv(path, index=False)
    other = tmp_path / "other.csv"
    other.write_bytes(path.read_bytes())
    fstat, asked = os.fstat, []

    def replacing(descriptor):
        if not asked:
            os.replace(other, path)
        asked.append(descriptor)
        return fstat(descriptor)

    monkeypatch.setattr(files.os, "fstat", replacing)
    with pytest.raises(ReturnsError, match=r"parts/one\.csv: the file was changed while it was read"):
        forensics.read_returns(path.parent)


def test_returns_that_changed_since_the_plan_are_refused(tmp_path, capsys):
    path, plan = tmp_path / "small.csv", tmp_path / "plan.toml"
    frame = clean(n=SIZE, rng=SEED).frame
    frame.to_csv(path, index=False)
    plan.write_text(make_plan(forensics.read_returns(path), only=QUICK).to_toml(), encoding="utf-8")
    frame.loc[frame.index[0], "ballots"] += 1
    frame.to_csv(path, index=False)
    with pytest.raises(SystemExit) as stopped:
        main(["audit", str(path), "--plan", str(plan), "--quiet"])
    assert stopped.value.code == 2
    assert "the plan was made for returns with digest" in capsys.readouterr().err
