"""Size and power of every test on elections drawn with these precincts: a parametric bootstrap."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from forensics.auditing.plan import make_plan
from forensics.auditing.workers import as_finished, check_workers
from forensics.errors import ConfigError, meant
from forensics.evidence.cells import (
    NATION,
    SHARE,
    SHARES,
    Cell,
    Drawn,
    counted,
    election,
    plantable,
    planted_cells,
    run_batch,
)
from forensics.evidence.fits import WHOLE, Fit, third_by, third_fit, whole_fit
from forensics.evidence.reading import ALPHA, LOOKS, Reading
from forensics.evidence.resuming import Batches
from forensics.evidence.tally import Tally
from forensics.notebook import Across, card, grid
from forensics.simulation.manipulations.registry import MANIPULATIONS

Progress = Callable[[int, int, str], None]
#: Power is told from this part of the simulations: its intervals may be wider than those of a size.
POWER_PART = 4
#: What a size is the rate of false alarms of, as a notebook says it.
NULL = "Clean elections, drawn with these precincts, of which a test of size .05 fires in 5 %."
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
        Clean elections per generator, at least: tests whose size they leave open have more.
    readings : tuple of Reading
        One per detector and quantity with a p-value.
    """

    generator: dict[str, Any] = field(hash=False)
    simulations: int
    readings: tuple[Reading, ...]

    @property
    def measured_on(self) -> str:
        """The elections simulated have the precincts of the returns."""
        return "these precincts"

    def reading(self, method: str, quantity: str) -> Reading | None:
        """That of the detector ``method`` and ``quantity``; ``None`` where it never had a p-value."""
        found = (one for one in self.readings if (one.method, one.quantity) == (method, quantity))
        return next(found, None)

    def _repr_html_(self) -> str:
        """Sizes with their intervals and what is detectable, for a notebook."""
        rows: list[tuple[str | int | float | None, ...] | Across] = [Across(NULL, "Null")]
        for one in self.readings:
            size, interval = one.rejections, one.rejections.interval()
            rows.append(
                (
                    f"{one.method}: {one.quantity}",
                    f"{size.share:.3f} [{interval.low:.3f}, {interval.high:.3f}]",
                    size.simulations,
                    "yes" if one.calibrated else "no",
                    one.detectable_share,
                )
            )
        head = ("test", "size at .05", "elections", "calibrated", "detectable share")
        return card(grid(head, rows, caption=f"Measured on {self.measured_on}"))

    def to_dict(self) -> dict[str, Any]:
        """What ``forensics calibrate --json`` prints."""
        return {
            "generator": self.generator,
            "simulations": self.simulations,
            "detectors": [one.to_dict() for one in self.readings],
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any], name: str = "calibration") -> Calibration:
        """The calibration that :meth:`to_dict` wrote as ``content``; errors call it ``name``.

        Raises
        ------
        ConfigError
            If the content is no calibration, naming the file.
        """
        try:
            readings = tuple(Reading.from_dict(one) for one in content["detectors"])
            generator = dict(content["generator"])
            return cls(generator, int(content["simulations"]), readings)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ConfigError(
                f"{name}: this is no calibration as forensics calibrate --json prints it "
                f"({type(error).__name__}: {error})"
            ) from error


def read_calibration(path: str | Path) -> Calibration:
    """A calibration from the JSON that ``forensics calibrate`` wrote.

    Raises
    ------
    ConfigError
        If the file cannot be read, or holds no calibration.
    """
    path = Path(path)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path.name}: the calibration cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise ConfigError(f"{path.name}: this is no JSON ({error})") from error
    return Calibration.from_dict(content, path.name)


def calibration_of(
    returns: Any,
    /,
    *,
    simulations: int = 200,
    most: int | None = None,
    detectors: Sequence[str] | None = None,
    manipulations: Sequence[str] | None = None,
    rng: int = 0,
    n_jobs: int = 1,
    progress: Progress | None = None,
    resume: str | Path | None = None,
) -> Calibration:
    """The calibration of some returns; parameters and errors are those of :func:`forensics.calibrate`."""
    most = simulations * 2 ** (LOOKS - 1) if most is None else most
    _check(simulations, most, n_jobs, manipulations)
    steps = tuple(step.id for step in make_plan(returns, levels=(), only=detectors).detectors)
    whole = whole_fit(returns)
    families, silent = _families(returns, whole, steps, rng)
    fits = _fits(returns, whole, families, rng)
    kinds, refused = _kinds(returns, whole, manipulations, rng)
    power_simulations = max(1, simulations // POWER_PART)
    ids = tuple(families)
    level = next(iter(returns.levels or ()), "")
    clean = _clean_cells(fits, families, ids, level, (0, simulations))
    cells = clean + planted_cells(kinds, ids, power_simulations, WHOLE)
    batches = Batches(resume, _plan(returns, cells, rng, most=most)) if resume is not None else None
    draws = _Draws(returns, fits, rng, n_jobs, batches, progress)
    draws.run(cells)
    for stage in _stages(simulations, most):
        left = dict.fromkeys(method for method, _ in draws.tally.open_tests(ids))
        if not left:
            break
        draws.run(_clean_cells(fits, families, tuple(left), "", stage))
    generator = {
        "fits": [one.to_dict() for one in fits.values()],
        "seed": rng,
        "digest": returns.digest,
        "alpha": ALPHA,
        "most_simulations": most,
        "power_simulations": power_simulations if kinds else 0,
        "planted_share": SHARE,
        "detectable": _detectable(kinds),
        "manipulations": list(kinds),
        "not_planted": refused,
        "without_pvalue": list(silent),
    }
    return Calibration(generator, simulations, draws.tally.readings(ids, kinds))


def _stages(simulations: int, most: int) -> Iterator[tuple[int, int]]:
    """Further simulations, (first, number): as many again as there are, up to ``most``."""
    there = simulations
    while there < most:
        more = min(there, most - there)
        yield there, more
        there += more


def _clean_cells(
    fits: Mapping[str, Fit],
    families: Mapping[str, str],
    detectors: Sequence[str],
    level: str,
    stage: tuple[int, int],
) -> list[Cell]:
    """Clean elections of the whole fit, and of each third for the families it is for."""
    first, number = stage
    cells = []
    for name in fits:
        members = tuple(id for id in detectors if name in (WHOLE, third_by(families[id])))
        if members:
            cells.append(Cell(name, "", 0.0, 0.0, members, number, first, level))
    return cells


def _check(simulations: int, most: int, n_jobs: int, manipulations: Sequence[str] | None) -> None:
    if simulations < 1:
        raise ConfigError(f"simulations is a number of elections, at least 1, not {simulations}")
    if most < simulations:
        raise ConfigError(
            f"most is the largest number of clean elections, at least the {simulations} simulations, "
            f"not {most}"
        )
    check_workers(n_jobs)
    for kind in manipulations or ():
        if kind not in MANIPULATIONS:
            raise ConfigError(
                f"{kind!r} is no manipulation{meant(kind, MANIPULATIONS)}; there are "
                f"{', '.join(MANIPULATIONS)}"
            )


def _families(
    returns: Any, whole: Fit, steps: tuple[str, ...], seed: int
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Family of each detector that gives a p-value in one drawn election, and the other detectors."""
    pilot = election(returns, whole.specification, Cell("pilot", "", 0.0, 0.0, steps, 1), 0, seed)
    speaking = {method for method, _, where, *_ in counted(pilot) if where == NATION}
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


def _plan(returns: Any, cells: Sequence[Cell], seed: int, *, most: int) -> dict[str, Any]:
    """Everything that the batches depend on."""
    return {
        "digest": returns.digest,
        "leader": returns.leader,
        "levels": list(returns.levels or ()),
        "seed": seed,
        "most": most,
        "versions": {name: version(name) for name in VERSIONS},
        "cells": [[cell.key, list(cell.detectors), cell.simulations] for cell in cells],
    }


class _Draws:
    """Draws cells batch by batch, keeps finished batches, and counts what they gave."""

    def __init__(
        self,
        returns: Any,
        fits: Mapping[str, Fit],
        seed: int,
        n_jobs: int,
        batches: Batches | None,
        progress: Progress | None,
    ) -> None:
        self.returns, self.fits, self.seed, self.n_jobs = returns, fits, seed, n_jobs
        self.batches, self.progress = batches, progress
        self.tally = Tally()
        self.done = 0

    def run(self, cells: Sequence[Cell]) -> None:
        """Every batch of the cells, in order."""
        numbered = list(
            enumerate(((cell, indices) for cell in cells for indices in cell.batches()), self.done)
        )
        total = self.done + len(numbered)
        for cell, drawn in self._results(numbered):
            self.tally.add(cell, drawn)
            self.done += 1
            if self.progress is not None:
                self.progress(self.done, total, cell.label)

    def _results(
        self, numbered: Sequence[tuple[int, tuple[Cell, range]]]
    ) -> Iterator[tuple[Cell, list[Drawn]]]:
        """Batches in their order: kept ones read again, the others drawn and kept as they are finished."""
        kept = self.batches
        there = {
            number: None if kept is None else kept.read(number, len(indices))
            for number, (_, indices) in numbered
        }
        missing = [(number, one) for number, one in numbered if there[number] is None]
        drawn = as_finished(
            run_batch,
            [
                (self.returns, self.fits[cell.fit].specification, cell, indices, self.seed)
                for _, (cell, indices) in missing
            ],
            n_jobs=self.n_jobs,
        )
        with closing(drawn):
            for number, (cell, _) in numbered:
                while (result := there[number]) is None:
                    place, finished = next(drawn)
                    there[missing[place][0]] = finished
                    if kept is not None:
                        kept.write(missing[place][0], finished)
                del there[number]
                yield cell, result


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
