"""The cells of a calibration (generator, manipulation, intensity, share), drawn in independent batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from forensics.auditing.plan import Step
from forensics.auditing.runner import run_step, task_seed
from forensics.errors import ConfigError
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

#: P-values of one simulation: method, quantity, p.
Drawn = list[tuple[str, str, float]]


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
    """

    fit: str
    kind: str
    intensity: float
    share: float
    detectors: tuple[str, ...]
    simulations: int

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
        for start in range(0, self.simulations, BATCH):
            yield range(start, min(start + BATCH, self.simulations))


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
    """National p-values of some simulations of a cell; each depends on its own index only."""
    return [pvalues(election(returns, specification, cell, index, seed)) for index in indices]


def election(returns: Any, specification: Specification, cell: Cell, index: int, seed: int) -> Findings:
    """Findings of one simulated election with the sizes and levels of the returns."""
    own = task_seed(seed, f"{cell.key}:{index}")
    simulated = draw(specification, like=returns, rng=own).returns
    if cell.kind:
        simulated, _ = manipulate(
            simulated, cell.kind, share=cell.share, intensity=cell.intensity, rng=task_seed(own, cell.kind)
        )
    return Findings(
        item for id in cell.detectors for item in run_step(simulated, Step(id), (None,), own, {})
    )


def pvalues(findings: Findings) -> Drawn:
    """Method, quantity and p-value of the national findings that have one."""
    return [
        (finding.method, finding.quantity, float(finding.pvalue))
        for finding in findings.tested
        if finding.pvalue is not None and finding.scope == NATIONAL
    ]


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
