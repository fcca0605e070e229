"""Size and power of every test on elections drawn with these precincts: a parametric bootstrap."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import joblib

from forensics.auditing.plan import make_plan
from forensics.errors import ConfigError
from forensics.evidence.cells import (
    SHARE,
    SHARES,
    Cell,
    Drawn,
    election,
    plantable,
    planted_cells,
    pvalues,
    run_batch,
)
from forensics.evidence.fits import WHOLE, Fit, third_by, third_fit, whole_fit
from forensics.evidence.reading import ALPHA, Reading, Rejections, detectable_share, is_calibrated
from forensics.evidence.resuming import Batches
from forensics.simulation.manipulations.registry import MANIPULATIONS

Progress = Callable[[int, int, str], None]
#: Power is told from this part of the simulations: its intervals may be wider than those of a size.
POWER_PART = 4
#: Packages whose version changes draws or statistics.
VERSIONS = ("forensics", "numpy", "scipy", "pandas")


@dataclass(frozen=True, slots=True)
class Calibration:
    """How often each test fires on simulated elections with the sizes and levels of some returns.

    Parameters
    ----------
    generator : dict
        What was drawn: ``fits`` (name, rows, specification), ``seed``, ``digest`` of the returns,
        ``alpha``, ``power_simulations``, ``planted_share``, ``detectable`` (manipulation, intensity
        and shares behind ``detectable_share``), ``manipulations``, ``not_planted`` (reason per
        manipulation), ``without_pvalue`` (detectors).
    simulations : int
        Clean elections per generator.
    readings : tuple of Reading
        One per detector and quantity with a p-value.
    """

    generator: dict[str, Any] = field(hash=False)
    simulations: int
    readings: tuple[Reading, ...]

    def reading(self, method: str, quantity: str) -> Reading | None:
        """That of a detector and quantity; ``None`` where it had no p-value in any simulation."""
        found = (one for one in self.readings if (one.method, one.quantity) == (method, quantity))
        return next(found, None)

    def to_dict(self) -> dict[str, Any]:
        """What ``forensics calibrate --json`` prints."""
        return {
            "generator": self.generator,
            "simulations": self.simulations,
            "detectors": [one.to_dict() for one in self.readings],
        }


def calibration_of(
    returns: Any,
    /,
    *,
    simulations: int = 200,
    detectors: Sequence[str] | None = None,
    manipulations: Sequence[str] | None = None,
    rng: int = 0,
    n_jobs: int = 1,
    progress: Progress | None = None,
    resume: str | Path | None = None,
) -> Calibration:
    """The calibration of some returns; parameters and errors are those of :func:`forensics.calibrate`."""
    _check(simulations, n_jobs, manipulations)
    steps = tuple(step.id for step in make_plan(returns, levels=(), only=detectors).detectors)
    whole = whole_fit(returns)
    families, silent = _families(returns, whole, steps, rng)
    fits = _fits(returns, whole, families, rng)
    kinds, refused = _kinds(returns, whole, manipulations, rng)
    power_simulations = max(1, simulations // POWER_PART)
    cells = [Cell(WHOLE, "", 0.0, 0.0, tuple(families), simulations)]
    for name in fits:
        members = tuple(id for id, family in families.items() if third_by(family) == name)
        if members:
            cells.append(Cell(name, "", 0.0, 0.0, members, simulations))
    cells += planted_cells(kinds, tuple(families), power_simulations, WHOLE)
    plan = _plan(returns, cells, rng)
    tally = _Tally()
    batches = Batches(resume, plan) if resume is not None else None
    total = sum(1 for cell in cells for _ in cell.batches())
    results = _run(returns, fits, cells, rng, n_jobs, batches)
    for done, (cell, drawn) in enumerate(results, start=1):
        tally.add(cell, drawn)
        if progress is not None:
            progress(done, total, cell.label)
    generator = {
        "fits": [one.to_dict() for one in fits.values()],
        "seed": rng,
        "digest": returns.digest,
        "alpha": ALPHA,
        "power_simulations": power_simulations if kinds else 0,
        "planted_share": SHARE,
        "detectable": _detectable(kinds),
        "manipulations": list(kinds),
        "not_planted": refused,
        "without_pvalue": list(silent),
    }
    return Calibration(generator, simulations, _readings(tally, tuple(families), cells, kinds))


def _check(simulations: int, n_jobs: int, manipulations: Sequence[str] | None) -> None:
    if simulations < 1:
        raise ConfigError(f"simulations is a number of elections, at least 1, not {simulations}")
    if n_jobs == 0:
        raise ConfigError("n_jobs is a number of workers, or -1 for one a core; it is not 0")
    for kind in manipulations or ():
        if kind not in MANIPULATIONS:
            raise ConfigError(f"{kind!r} is no manipulation; there are {', '.join(MANIPULATIONS)}")


def _families(
    returns: Any, whole: Fit, steps: tuple[str, ...], seed: int
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Family of each detector that gives a p-value in one drawn election, and the other detectors."""
    pilot = election(returns, whole.specification, Cell("pilot", "", 0.0, 0.0, steps, 1), 0, seed)
    speaking = {method for method, _, _ in pvalues(pilot)}
    families = {item.method: item.family for item in pilot.tested}
    silent = tuple(id for id in steps if id not in speaking)
    return {id: families[id] for id in steps if id in speaking}, silent


def _fits(returns: Any, whole: Fit, families: dict[str, str], seed: int) -> dict[str, Fit]:
    """The whole, then the calm thirds that the families need, by name."""
    fits = {WHOLE: whole}
    tried: dict[str, None] = {}
    for family in families.values():
        name = third_by(family)
        if name not in tried:
            tried[name] = None
            third = third_fit(returns, family, seed)
            if third is not None:
                fits[name] = third
    return fits


def _kinds(
    returns: Any, whole: Fit, asked: Sequence[str] | None, seed: int
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Kinds that are planted, and why the others are not.

    Raises
    ------
    ConfigError
        If one that was asked for by name cannot be planted.
    """
    kinds = tuple(dict.fromkeys(asked if asked is not None else MANIPULATIONS))
    reasons = plantable(returns, whole.specification, seed, kinds)
    refused = {kind: reason for kind, reason in reasons.items() if reason}
    if asked is not None and refused:
        raise ConfigError(next(iter(refused.values())))
    return tuple(kind for kind in kinds if kind not in refused), refused


def _plan(returns: Any, cells: Sequence[Cell], seed: int) -> dict[str, Any]:
    """Everything that the batches depend on."""
    return {
        "digest": returns.digest,
        "leader": returns.leader,
        "levels": list(returns.levels or ()),
        "seed": seed,
        "versions": {name: version(name) for name in VERSIONS},
        "cells": [[cell.key, list(cell.detectors), cell.simulations] for cell in cells],
    }


def _run(
    returns: Any,
    fits: dict[str, Fit],
    cells: Sequence[Cell],
    seed: int,
    n_jobs: int,
    batches: Batches | None,
) -> Iterator[tuple[Cell, list[Drawn]]]:
    """Every batch in order: kept ones read again, the others drawn and kept."""
    numbered = list(enumerate((cell, indices) for cell in cells for indices in cell.batches()))
    missing = [
        (number, cell, indices)
        for number, (cell, indices) in numbered
        if batches is None or batches.read(number, len(indices)) is None
    ]
    drawn = joblib.Parallel(n_jobs=n_jobs, return_as="generator")(
        joblib.delayed(run_batch)(returns, fits[cell.fit].specification, cell, indices, seed)
        for _, cell, indices in missing
    )
    absent = {number for number, _, _ in missing}
    try:
        for number, (cell, indices) in numbered:
            if number in absent:
                result = next(drawn)
                if batches is not None:
                    batches.write(number, result)
            else:
                assert batches is not None
                result = batches.read(number, len(indices)) or []
            yield cell, result
    finally:
        with warnings.catch_warnings():
            # Interrupted: that tasks under way are cancelled is what was asked for.
            warnings.simplefilter("ignore", UserWarning)
            drawn.close()


class _Tally:
    """Counts per cell and test: what is kept does not grow with the simulations."""

    def __init__(self) -> None:
        self.counts: dict[tuple[str, str, str], list[int]] = {}

    def add(self, cell: Cell, drawn: Sequence[Drawn]) -> None:
        """Count the p-values of a batch."""
        for one in drawn:
            for method, quantity, pvalue in one:
                count = self.counts.setdefault((cell.key, method, quantity), [0, 0])
                count[0] += pvalue <= ALPHA
                count[1] += 1

    def get(self, cell: Cell, method: str, quantity: str) -> Rejections | None:
        """Those of a test in a cell; ``None`` where it gave no p-value."""
        count = self.counts.get((cell.key, method, quantity))
        return Rejections(count[0], count[1]) if count else None


def _readings(
    tally: _Tally, detectors: tuple[str, ...], cells: Sequence[Cell], kinds: tuple[str, ...]
) -> tuple[Reading, ...]:
    clean = [cell for cell in cells if not cell.kind]
    planted = [cell for cell in cells if cell.kind]
    first = clean[0].key
    # In the order of the plan; quantities in the order of the detector's findings.
    tests = [(m, q) for id in detectors for key, m, q in tally.counts if key == first and m == id]
    readings = []
    for method, quantity in tests:
        sizes = {
            cell.fit: found for cell in clean if (found := tally.get(cell, method, quantity)) is not None
        }
        told = [(cell, found.share) for cell in planted if (found := tally.get(cell, method, quantity))]
        power = {
            kind: tuple(
                (cell.intensity, p) for cell, p in told if cell.kind == kind and cell.share == SHARE
            )
            for kind in kinds
        }
        standard = [(cell.share, p) for cell, p in told if _on_the_grid(cell, kinds)]
        readings.append(
            Reading(
                method,
                quantity,
                sizes,
                is_calibrated(sizes.values(), len(tests)),
                power,
                detectable_share(sorted(standard)),
            )
        )
    return tuple(readings)


def _on_the_grid(cell: Cell, kinds: tuple[str, ...]) -> bool:
    """Whether a cell is one of the shares of the first kind at its default intensity."""
    return cell.kind == kinds[0] and cell.intensity == MANIPULATIONS[cell.kind].intensity


def _detectable(kinds: tuple[str, ...]) -> dict[str, Any] | None:
    """What ``detectable_share`` is about."""
    if not kinds:
        return None
    mechanism = MANIPULATIONS[kinds[0]]
    return {
        "manipulation": kinds[0],
        "intensity": mechanism.intensity,
        "unit": mechanism.unit,
        "shares": list(SHARES),
    }
