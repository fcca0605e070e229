"""Counts of small p-values per cell and test: what a calibration keeps, however much it draws."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from forensics.evidence.cells import NATION, SHARE, UNITS, Cell, Drawn
from forensics.evidence.reading import (
    LOOKS,
    Reading,
    Rejections,
    detectable_share,
    is_calibrated,
    is_open,
)
from forensics.simulation.manipulations.registry import MANIPULATIONS

Test = tuple[str, str]


class Tally:
    """Counts per cell, method and quantity, for the nation and for the units."""

    def __init__(self) -> None:
        self._cells: dict[str, Cell] = {}
        self._counts: dict[tuple[str, str, str, str], list[int]] = {}

    def add(self, cell: Cell, drawn: Sequence[Drawn]) -> None:
        """Count a batch; cells of one key are one cell."""
        self._cells.setdefault(cell.key, cell)
        for one in drawn:
            for method, quantity, where, n, low, tail in one:
                count = self._counts.setdefault((cell.key, method, quantity, where), [0, 0, 0])
                for place, number in enumerate((n, low, tail)):
                    count[place] += number

    def tests(self, detectors: Iterable[str]) -> tuple[Test, ...]:
        """Those that gave a national p-value, detectors in their order."""
        found = dict.fromkeys((m, q) for _, m, q, where in self._counts if where == NATION)
        return tuple((m, q) for id in detectors for m, q in found if m == id)

    def clean(self, test: Test, where: str = NATION) -> dict[str, Rejections]:
        """Rejections of a test in the clean elections of each generator."""
        return {
            cell.fit: found
            for key, cell in self._cells.items()
            if not cell.kind and (found := self._get(key, test, where)) is not None
        }

    def open_tests(self, detectors: Sequence[str]) -> tuple[Test, ...]:
        """Tests of which it is still open whether their size is below .08."""
        tests = self.tests(detectors)
        number = _detectors(tests)
        return tuple(test for test in tests if is_open(self.clean(test).values(), number, LOOKS))

    def readings(self, detectors: Sequence[str], kinds: Sequence[str]) -> tuple[Reading, ...]:
        """One per test that has a p-value."""
        tests = self.tests(detectors)
        return tuple(self.reading(test, _detectors(tests), kinds) for test in tests)

    def reading(self, test: Test, detectors: int, kinds: Sequence[str]) -> Reading:
        """That of one test, where so many detectors have a p-value."""
        clean = self.clean(test)
        told = [
            (cell, found.share)
            for key, cell in self._cells.items()
            if cell.kind and (found := self._get(key, test, NATION)) is not None
        ]
        power: Mapping[str, tuple[tuple[float, float], ...]] = {
            kind: tuple(
                (cell.intensity, p) for cell, p in told if cell.kind == kind and cell.share == SHARE
            )
            for kind in kinds
        }
        standard = [(cell.share, p) for cell, p in told if _on_the_grid(cell, kinds)]
        return Reading(
            *test,
            clean=clean,
            calibrated=bool(clean) and is_calibrated(clean.values(), detectors, LOOKS),
            power=power,
            detectable_share=detectable_share(sorted(standard)),
            units=self.clean(test, UNITS),
        )

    def _get(self, key: str, test: Test, where: str) -> Rejections | None:
        count = self._counts.get((key, *test, where))
        return Rejections(count[1], count[0], count[2]) if count else None


def _detectors(tests: Iterable[Test]) -> int:
    """Number of detectors behind some tests."""
    return len({method for method, _ in tests})


def _on_the_grid(cell: Cell, kinds: Sequence[str]) -> bool:
    """Whether a cell is one of the shares of the first kind at its default intensity."""
    return cell.kind == kinds[0] and cell.intensity == MANIPULATIONS[cell.kind].intensity
