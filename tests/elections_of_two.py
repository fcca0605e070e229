"""Small simulated elections of the same precincts, audited: what comparisons are tested on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import forensics
from forensics.simulation import Specification, draw
from forensics.simulation.parameters import Rate, Shape

SECRET = "precinct-never-printed-"
TESTS = ("protocol_arithmetic", "last_digit", "integer_percent", "reference_bin")


def returns(seed: int) -> forensics.Returns:
    """600 precincts of six regions, clean; names are the same with every seed and found nowhere else."""
    rate = Rate(median=0.6, spread=(0.2, 0.15, 0.25))
    shape = Shape(levels=("region", "district"), units=(6, 30), precincts=600, smallest=200)
    drawn = draw(Specification(shape=shape, turnout=rate, support=rate), rng=seed).returns
    names = SECRET + drawn.frame["precinct"].astype("str")
    return forensics.Returns(drawn.frame.assign(precinct=names), levels=drawn.levels, leader=drawn.leader)


def audited(seed: int, tests: tuple[str, ...] = TESTS) -> forensics.Audit:
    """A few tests of one of them, nationally and by region."""
    table = returns(seed)
    return forensics.audit(table, plan=forensics.make_plan(table, seed=1, only=tests))


def changed(folder: Path, to: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """A copy of a report folder whose findings.json is another one."""
    shutil.copytree(folder, to)
    path = to / "findings.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")
    provenance = to / "provenance.json"
    provenance.write_text(json.dumps(content["provenance"]), encoding="utf-8")
    return to
