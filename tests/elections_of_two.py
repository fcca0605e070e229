"""Small simulated elections of the same precincts, audited: what comparisons are tested on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import forensics
from forensics.simulation import Specification, draw
from forensics.simulation.parameters import Rate, Shape

SECRET = "precinct-never-printed-"
TESTS = ("protocol_arithmetic", "last_digit", "integer_percent", "reference_bin")


def returns(seed: int) -> forensics.Returns:
    """600 precincts of six regions, clean; names and lists are the same with every seed."""
    frame = _drawn(seed).frame
    registered = _drawn(1).frame["registered"].to_numpy(np.int64)
    scale = registered / frame["registered"].to_numpy(np.float64)
    parts = [c for c in frame.columns if c.startswith("votes_") or c == "invalid"]
    scaled = {c: np.floor(frame[c].to_numpy(np.float64) * scale).astype(np.int64) for c in parts}
    valid = sum(values for c, values in scaled.items() if c != "invalid")
    sums = {"registered": registered, "valid": valid, "ballots": valid + scaled["invalid"]}
    sums |= {"issued": sums["ballots"]} if "issued" in frame.columns else {}
    names = SECRET + frame["precinct"].astype("str")
    return forensics.Returns(
        frame.assign(precinct=names, **scaled, **sums),
        levels=("region", "district"),
        leader=_drawn(1).leader,
    )


def _drawn(seed: int) -> forensics.Returns:
    rate = Rate(median=0.6, spread=(0.2, 0.15, 0.25))
    shape = Shape(levels=("region", "district"), units=(6, 30), precincts=600, smallest=200)
    return draw(Specification(shape=shape, turnout=rate, support=rate), rng=seed).returns


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
