"""Size and power on the standard scenarios: what stands in where these precincts were not simulated.

``python -m forensics.evidence.standard`` measures them again and rewrites the embedded readings and
the page ``benchmarks/README.md``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from forensics.auditing.plan import FAMILIES, family_of, leaned_on, make_plan
from forensics.errors import ForensicsError
from forensics.evidence.calibration import Calibration, calibration_of
from forensics.evidence.reading import (
    ALPHA,
    LARGEST_SIZE,
    LOOKS,
    Reading,
    is_calibrated,
    least_favourable,
)
from forensics.evidence.standard_page import page
from forensics.evidence.visibility import SIGNATURES
from forensics.resources import resource
from forensics.simulation.demonstrating import embedded
from forensics.simulation.drawing import draw
from forensics.simulation.manipulations.registry import MANIPULATIONS
from forensics.simulation.parameters import Contest, Specification

READINGS = "standard_readings.json"
#: Seed of the scenarios and of their calibrations.
SEED = 1


@dataclass(frozen=True, slots=True)
class Scenario:
    """One standard election, and how much of it is simulated.

    ``simulations`` clean elections per generator at first, ``most`` at last; ``whole``: every
    default detector with its power, else the sizes of those that an assessment leans on.
    """

    name: str
    summary: str
    specification: Callable[[], Specification]
    simulations: int
    most: int
    whole: bool = False


def _national() -> Specification:
    return embedded().replaced(name="national", planted=(), contest=Contest())


def _regional() -> Specification:
    """A tenth of the national one, counted by households: other mechanics, smaller samples."""
    shape = msgspec.structs.replace(embedded().shape, units=(8, 40), precincts=1500)
    return _national().replaced(name="regional", generator="households", shape=shape)


SCENARIOS = (
    Scenario(
        "national",
        "9,840 precincts in 16 regions and 208 districts, hierarchical generator, every optional column",
        _national,
        60,
        60,
        whole=True,
    ),
    Scenario(
        "regional",
        "1,500 precincts in 8 regions and 40 districts, generator by households, every optional column; "
        "sizes of the tests that an assessment leans on",
        _regional,
        400,
        1600,
    ),
)


class Standard:
    """Readings over all standard scenarios; sizes are those of the least favourable one.

    Parameters
    ----------
    calibrations : mapping of str to Calibration
        By the name of the scenario.
    """

    measured_on = "standard scenarios"

    def __init__(self, calibrations: Mapping[str, Calibration]) -> None:
        self.calibrations = dict(calibrations)
        found: dict[tuple[str, str], list[tuple[str, Reading]]] = {}
        for name, calibration in self.calibrations.items():
            for one in calibration.readings:
                found.setdefault((one.method, one.quantity), []).append((name, one))
        detectors = len({method for method, _ in found})
        self._readings = {key: _joined(told, detectors) for key, told in found.items()}

    def reading(self, method: str, quantity: str) -> Reading | None:
        """That of a test; of the detector's least favourable quantity where this one was not drawn."""
        exact = self._readings.get((method, quantity))
        if exact is not None:
            return exact
        others = [one for (m, _), one in self._readings.items() if m == method]
        if not others:
            return None
        sizes = {id(one): one.rejections for one in others}
        worst = least_favourable(sizes.values())
        return next(replace(one, quantity=quantity) for one in others if sizes[id(one)] is worst)


def _joined(told: Sequence[tuple[str, Reading]], detectors: int) -> Reading:
    """The readings of one test in several scenarios as one, its generators side by side.

    It is calibrated if one scenario shows its size to be below .08 and none shows it to be above.
    """
    clean = {f"{name}: {fit}": seen for name, one in told for fit, seen in one.clean.items()}
    units = {f"{name}: {fit}": seen for name, one in told for fit, seen in one.units.items()}
    sure = any(is_calibrated(one.clean.values(), detectors, LOOKS) for _, one in told)
    tail = ALPHA / detectors / LOOKS
    above = any(seen.lower(tail) > LARGEST_SIZE for seen in clean.values())
    first = next((one for _, one in told if any(one.power.values())), told[0][1])
    return replace(first, clean=clean, units=units, calibrated=sure and not above)


@cache
def standard() -> Standard:
    """The embedded readings."""
    content = json.loads(resource(READINGS).read_text(encoding="utf-8"))
    return Standard({name: Calibration.from_dict(one, READINGS) for name, one in content.items()})


def measured(
    scenario: Scenario, families: Sequence[str], *, n_jobs: int, resume: Path | None
) -> Calibration | None:
    """The calibration of a scenario, for the detectors of some families; None where none has a p-value."""
    returns = draw(scenario.specification(), rng=SEED).returns
    ids = [step.id for step in make_plan(returns, levels=()).detectors]
    members = [id for id in ids if family_of(id) in families]
    if not scenario.whole:
        members = list(leaned_on(members))
    if not members:
        return None

    def say(done: int, total: int, label: str) -> None:
        if done % max(total // 100, 1) == 0:
            print(f"{scenario.name}: {done} of {total} ({label})", file=sys.stderr, flush=True)

    return calibration_of(
        returns,
        simulations=scenario.simulations,
        most=scenario.most,
        detectors=members,
        manipulations=_kinds(members) if scenario.whole else (),
        rng=SEED,
        n_jobs=n_jobs,
        progress=say,
        resume=None if resume is None else resume / "-".join((scenario.name, *families)),
    )


def _kinds(members: Sequence[str]) -> tuple[str, ...]:
    """Mechanisms whose signature one of the detectors looks for; all where they are of every family."""
    about = tuple(kind for kind in MANIPULATIONS if set(SIGNATURES[kind][0]) & set(members))
    return tuple(MANIPULATIONS) if {family_of(id) for id in members} >= {"digits", "turnout"} else about


def merged(earlier: Calibration | None, later: Calibration | None, families: Sequence[str]) -> Calibration:
    """The later readings, and the earlier ones of other families."""
    if earlier is None or later is None:
        found = later or earlier
        assert found is not None
        return found
    kept = [one for one in earlier.readings if family_of(one.method) not in families]
    readings = (*kept, *later.readings)
    silent = dict.fromkeys(
        id
        for id in (*earlier.generator["without_pvalue"], *later.generator["without_pvalue"])
        if id not in {one.method for one in readings}
    )
    fits = {one["name"]: one for found in (earlier, later) for one in found.generator["fits"]}
    kinds = dict.fromkeys((*earlier.generator["manipulations"], *later.generator["manipulations"]))
    # Where the later ones are about no mechanism, nothing was planted for them: power is the earlier's.
    planted = later if later.generator["manipulations"] else earlier
    generator = later.generator | {
        **{key: planted.generator[key] for key in ("power_simulations", "detectable")},
        "fits": list(fits.values()),
        "without_pvalue": list(silent),
        "manipulations": list(kinds),
        "not_planted": earlier.generator["not_planted"] | later.generator["not_planted"],
    }
    return replace(later, generator=generator, readings=readings)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the standard scenarios; 0 where readings and page were written, else 1."""
    parser = argparse.ArgumentParser(
        prog="python -m forensics.evidence.standard",
        description="Measure size and power of every test on the standard scenarios.",
    )
    parser.add_argument("--out", type=Path, default=Path("data") / READINGS, help="JSON to write")
    parser.add_argument("--table", type=Path, default=Path("benchmarks/README.md"), help="page to write")
    parser.add_argument("--jobs", type=int, default=1, help="workers")
    parser.add_argument("--resume", type=Path, help="folder that keeps finished batches")
    parser.add_argument(
        "--family",
        action="append",
        choices=FAMILIES,
        help="measure only the detectors of this family and keep the other readings (repeatable)",
    )
    parser.add_argument("--page-only", action="store_true", help="write the page from the readings there")
    given = parser.parse_args(arguments)
    try:
        content: dict[str, Any] = {}
        if given.family or given.page_only:
            content = json.loads(given.out.read_text(encoding="utf-8"))
        if not given.page_only:
            families = tuple(given.family or FAMILIES)
            for one in SCENARIOS:
                there = content.get(one.name)
                earlier = Calibration.from_dict(there, given.out.name) if there else None
                later = measured(one, families, n_jobs=given.jobs, resume=given.resume)
                if earlier is not None or later is not None:
                    content[one.name] = merged(earlier, later, families).to_dict()
            text = json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False)
            given.out.write_text(text + "\n", encoding="utf-8", newline="\n")
        known = {name: Calibration.from_dict(one, given.out.name) for name, one in content.items()}
        given.table.write_text(
            page(known, {one.name: one.summary for one in SCENARIOS}, Standard(known)),
            encoding="utf-8",
            newline="\n",
        )
    except (ForensicsError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
