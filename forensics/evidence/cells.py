"""The cells of a calibration (generator, manipulation, intensity, share), drawn in independent batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from forensics.auditing.plan import Step
from forensics.auditing.runner import run_in_turn, task_seed
from forensics.errors import ConfigError
from forensics.evidence.reading import ALPHA, TAIL
from forensics.finding import Findings
from forensics.scope import NATIONAL
from forensics.simulation.drawing import draw
from forensics.simulation.manipulations.planting import manipulate
from forensics.simulation.manipulations.registry import MANIPULATIONS
from forensics.simulation.parameters import Specification

#: Share of precincts (lowest units, for carousels) that intensities are told at.
SHARE = 0.05
#: Shares that the smallest detectable one is looked for among.
SHARES = (0.01, 0.02, 0.05, 0.1, 0.2)
#: Simulations of one task: small enough to lose little at an interruption.
BATCH = 5

#: The nation, and the units of the top level.
NATION, UNITS = "nation", "units"
#: What one simulation gave: method, quantity, nation or units, p-values, those <= .05, those <= .01.
Drawn = list[tuple[str, str, str, int, int, int]]


@dataclass(frozen=True, slots=True)
class Cell:
    """What is simulated many times.

    Parameters
    ----------
    fit : str
        Name of the generator.
    kind : str
        Manipulation planted; empty for clean elections.
    intensity, share : float
        How it is planted.
    detectors : tuple of str
        Which are run.
    simulations : int
        How many times.
    first : int
        Index of the first simulation: a cell may go on where another one ended.
    level : str
        Level whose units are tested as well; empty for the nation only.
    """

    fit: str
    kind: str
    intensity: float
    share: float
    detectors: tuple[str, ...]
    simulations: int
    first: int = 0
    level: str = ""

    @property
    def key(self) -> str:
        """What the seeds of the cell depend on."""
        return f"{self.fit}:{self.kind}:{self.intensity!r}:{self.share!r}"

    @property
    def label(self) -> str:
        """What progress says."""
        return self.kind or "clean"

    def batches(self) -> Iterator[range]:
        """Its simulations, a few at a time."""
        end = self.first + self.simulations
        for start in range(self.first, end, BATCH):
            yield range(start, min(start + BATCH, end))


def planted_cells(
    kinds: Sequence[str], detectors: tuple[str, ...], simulations: int, fit: str
) -> list[Cell]:
    """Every kind at its intensities, and the first kind at its default intensity over the shares."""
    cells = [
        Cell(fit, kind, intensity, SHARE, detectors, simulations)
        for kind in kinds
        for intensity in MANIPULATIONS[kind].intensities
    ]
    for kind in kinds[:1]:
        intensity = MANIPULATIONS[kind].intensity
        cells += [
            Cell(fit, kind, intensity, share, detectors, simulations) for share in SHARES if share != SHARE
        ]
    return cells


def run_batch(
    returns: Any, specification: Specification, cell: Cell, indices: range, seed: int
) -> list[Drawn]:
    """What some simulations of a cell gave; each depends on its own index only."""
    return [counted(election(returns, specification, cell, index, seed)) for index in indices]


def election(returns: Any, specification: Specification, cell: Cell, index: int, seed: int) -> Findings:
    """Findings of one simulated election with the sizes and levels of the returns."""
    own = task_seed(seed, f"{cell.key}:{index}")
    simulated = draw(specification, like=returns, rng=own).returns
    if cell.kind:
        simulated, _ = manipulate(
            simulated, cell.kind, share=cell.share, intensity=cell.intensity, rng=task_seed(own, cell.kind)
        )
    levels = (None, cell.level) if cell.level else (None,)
    return run_in_turn(simulated, [Step(id) for id in cell.detectors], levels, own)


def counted(findings: Findings) -> Drawn:
    """P-values of every test, of the nation and of all units together, and how many are small."""
    found: dict[tuple[str, str, str], list[int]] = {}
    for finding in findings.tested:
        if finding.pvalue is not None:
            where = NATION if finding.scope == NATIONAL else UNITS
            count = found.setdefault((finding.method, finding.quantity, where), [0, 0, 0])
            count[0] += 1
            count[1] += finding.pvalue <= ALPHA
            count[2] += finding.pvalue <= TAIL
    return [(*test, n, low, tail) for test, (n, low, tail) in found.items()]


def plantable(
    returns: Any, specification: Specification, seed: int, kinds: Sequence[str]
) -> dict[str, str]:
    """Why each kind cannot be planted in elections drawn like the returns; empty where it can."""
    clean = draw(specification, like=returns, rng=task_seed(seed, "plantable")).returns
    reasons = {}
    for kind in kinds:
        reasons[kind] = ""
        try:
            manipulate(clean, kind, share=SHARE, rng=0)
        except ConfigError as error:
            reasons[kind] = str(error)
    return reasons
