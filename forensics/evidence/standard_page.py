"""The page of size and power on the standard scenarios, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from forensics.evidence.calibration import Calibration
from forensics.evidence.reading import Reading, Readings

LEAD = """# Size and power on the standard scenarios

Printed by

    python -m forensics.evidence.standard

which simulates clean and manipulated elections, runs every default detector on each, and counts
p-values of .05 or less. Sizes are those of the less favourable of two generators (fitted to the whole
election, and to its calmest third); a test is calibrated where the upper Clopper–Pearson bound of its
size, with 5 % shared by all detectors and four looks, is below .08 in one scenario and the lower one above
.08 in none. Tests that stay open are followed for more elections. Power is the share of elections in which
the national test finds a mechanism planted in {share:.0%} of the precincts (of the lowest units, for
carousels). A power near .05 means: this test does not see this mechanism.

No number here says anything about a real election: `forensics calibrate` measures the same on the
precincts of given returns.
"""


def page(known: Mapping[str, Calibration], summaries: Mapping[str, str], readings: Readings) -> str:
    """The page; the same calibrations give the same bytes.

    ``readings`` are those of all scenarios together: whether a test is calibrated is said of them.
    """
    share = next(iter(known.values())).generator["planted_share"]
    parts = [LEAD.format(share=share)]
    for name, calibration in known.items():
        parts.append(f"\n## Scenario `{name}`\n")
        parts.append(f"{summaries.get(name, name)}.\n")
        parts += _sizes(calibration, readings)
        if calibration.generator["manipulations"]:
            parts += _powers(calibration)
    return "\n".join(parts)


def _table(header: Sequence[str], rows: Iterator[Sequence[str]], texts: int) -> str:
    rule = ["---"] * texts + ["---:"] * (len(header) - texts)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, rule, *rows)) + "\n"


def _sizes(calibration: Calibration, readings: Readings) -> Iterator[str]:
    yield "### Size\n"
    header = ("test", "quantity", "calibrated", "size", "95 % interval", "elections", "units at .05")
    yield _table(header, (_size(one, readings) for one in calibration.readings), 3)
    silent = calibration.generator["without_pvalue"]
    if silent:
        yield f"Without a p-value: {', '.join(f'`{id}`' for id in silent)}.\n"


def _size(one: Reading, readings: Readings) -> tuple[str, ...]:
    worst = one.rejections
    interval = worst.interval()
    joined = readings.reading(one.method, one.quantity)
    units = max((found.share for found in one.units.values()), default=None)
    return (
        f"`{one.method}`",
        one.quantity,
        "yes" if joined is not None and joined.calibrated else "no",
        f"{worst.share:.3f}",
        f"{interval.low:.3f}–{interval.high:.3f}",
        f"{worst.simulations:,}",
        "–" if units is None else f"{units:.3f}",
    )


def _powers(calibration: Calibration) -> Iterator[str]:
    yield f"### Power, {calibration.generator['power_simulations']} elections a cell\n"
    for kind in calibration.generator["manipulations"]:
        rows = [one for one in calibration.readings if one.power.get(kind)]
        if not rows:
            continue
        intensities = [intensity for intensity, _ in rows[0].power[kind]]
        yield f"#### `{kind}`\n"
        yield _table(
            ("test", "quantity", *(f"{intensity:g}" for intensity in intensities)),
            ((f"`{one.method}`", one.quantity, *(f"{p:.2f}" for _, p in one.power[kind])) for one in rows),
            2,
        )
    for kind, reason in calibration.generator["not_planted"].items():
        yield f"`{kind}` was not planted: {reason}.\n"
