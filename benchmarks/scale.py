"""Cost of every step of the road and of every detector at 1,000 to 1,050,000 precincts: ``SCALE.md``.

Run as ``python benchmarks/scale.py`` (about a quarter of an hour on one core; a quarter of that with
``--sizes 1000 10000 100000``), with ``--peers`` for the published procedures too. Each size is measured
in a process of its own; what is not measured again keeps what was measured before, in ``scale.json``.
``--steps`` measures some steps only, each without what the others would have left in memory.
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import counting
import scale_page

import forensics
from forensics.auditing.overview import overview
from forensics.auditing.plan import make_plan
from forensics.auditing.runner import _phases, residuals_for, run_step

HERE = Path(__file__).resolve().parent
MEASURED = HERE / "scale.json"
SEED = 2024
#: Precincts, regions, districts; the largest is the number of polling stations of India.
SIZES = {
    1_000: (12, 40),
    10_000: (36, 80),
    100_000: (36, 400),
    1_050_000: (36, 4_000),
}
#: The report draws the same figures whatever the size: it is measured up to here.
LARGEST_REPORT = 100_000
#: The step that runs additive detectors on parts.
PARTS = "in parts"
#: Tests that time a published procedure beside ours; they need the returns of Russia 2018.
PEERS = ("test_integer.py", "test_classic.py", "test_permutation.py", "test_density.py")
SPECIFICATION = """
name = "scale"
seed = 2024
[shape]
levels = ["region", "district"]
units = [{regions}, {districts}]
precincts = {precincts}
median_registered = 880
spread = 0.4
smallest = 20
largest = 3000
[turnout]
median = 0.66
[support]
median = 0.40
[options]
names = ["leader", "second", "third", "fourth", "fifth", "sixth"]
others = [0.5, 0.2, 0.15, 0.1, 0.05]
[accounting]
"""


def simulate(folder: Path, precincts: int) -> None:
    """A clean election as a folder of one parquet file per region."""
    regions, districts = SIZES[precincts]
    text = SPECIFICATION.format(precincts=precincts, regions=regions, districts=districts)
    specification = forensics.simulation.read_specification(text)
    frame = forensics.simulation.draw(specification).returns.frame
    for i, (_, part) in enumerate(frame.groupby("region", sort=True, observed=True)):
        part.to_parquet(folder / f"part-{i:02d}.parquet", index=False)


def measure(folder: Path, out: Path, only: Sequence[str] = ()) -> None:
    """Measure every step, or some, on the election in a folder; a line of JSON each."""
    clock = counting.Clock(out, only)
    returns = clock.step("read", lambda: forensics.read_returns(folder), limit=lambda: _decoded(folder))
    clock.step("digest and plan", lambda: make_plan(returns, seed=SEED))
    clock.step("check", lambda: forensics.check(returns))
    with clock.counted():
        clock.step("overview", lambda: overview(returns))
    plan = make_plan(returns, seed=SEED)
    levels = (None, *plan.levels)
    found: dict[int, forensics.Findings] = {}
    with clock.counted():
        for chosen in _phases(plan.detectors):
            earlier = [found[i] for i in sorted(found)]
            for i in chosen:
                step = plan.detectors[i]
                if not clock.wanted(step.id):
                    continue
                given = residuals_for(step.id, earlier, returns.scope)
                found[i] = clock.step(step.id, lambda: run_step(returns, step, levels, SEED, given))  # noqa: B023
                if not found[i].tested:
                    clock.forget()
    del found
    gc.collect()
    if len(returns) <= LARGEST_REPORT and clock.wanted("report"):
        audit = forensics.audit(returns, rng=SEED)
        with tempfile.TemporaryDirectory() as there:
            clock.step("report", lambda: forensics.write_report(audit, out=Path(there) / "report"))


def measure_parts(folder: Path, out: Path) -> None:
    """Measure the run in parts, in a process that never held the whole table."""
    counting.Clock(out).step(PARTS, lambda: forensics.audit_parts(folder, rng=SEED))


def peers() -> list[dict[str, object]]:
    """Ours beside what was written down from a published algorithm, each pair in one run."""
    with tempfile.TemporaryDirectory() as there:
        out = Path(there) / "peers.json"
        tests = [str(HERE / name) for name in PEERS]
        command = [sys.executable, "-m", "pytest", "-q", *tests, f"--benchmark-json={out}"]
        subprocess.run(command, check=True)
        done = json.loads(out.read_text())["benchmarks"]
    return [{"test": one["name"].partition("[")[0], **one["extra_info"]} for one in done]


def _decoded(folder: Path) -> float:
    """CPU seconds that reading and decoding the columns takes without a table of returns."""
    import pyarrow.parquet

    start = time.process_time()
    for path in sorted(folder.glob("*.parquet")):
        pyarrow.parquet.read_table(path)
    return time.process_time() - start


def main() -> None:
    """Measure the sizes that are asked for and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", choices=SIZES, default=list(SIZES))
    parser.add_argument("--steps", nargs="*", default=[], help="of the page, instead of all")
    parser.add_argument("--peers", action="store_true", help="time the published procedures too")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--parts", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--lines", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        if given.parts:
            measure_parts(given.measure, given.lines)
        else:
            measure(given.measure, given.lines, given.steps)
        return
    measured = json.loads(MEASURED.read_text()) if MEASURED.exists() else {}
    for size in given.sizes:
        with tempfile.TemporaryDirectory() as there:
            folder, written = Path(there) / "election", []
            folder.mkdir()
            simulate(folder, size)
            for part in ([], ["--parts"]):
                if part and given.steps and PARTS not in given.steps:
                    continue
                lines = Path(there) / f"lines{len(part)}"
                part = [*part, "--steps", *given.steps]
                command = [sys.executable, __file__, "--measure", str(folder), "--lines", str(lines), *part]
                subprocess.run(command, check=True)
                written += lines.read_text().splitlines()
            new = {line["step"]: line for line in map(json.loads, written)}
            before = {line["step"]: line for line in measured.get(str(size), ())} if given.steps else {}
            measured[str(size)] = list((before | new).values())
        MEASURED.write_text(json.dumps(measured, indent=1) + "\n")
    if given.peers:
        measured["peers"] = peers()
        MEASURED.write_text(json.dumps(measured, indent=1) + "\n")
    (HERE / "SCALE.md").write_text(scale_page.page(measured), encoding="utf-8")


if __name__ == "__main__":
    main()
