"""The page of :mod:`scale`: tables from what was measured."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

Line = Mapping[str, Any]
HEAD = """# Cost of the road, by number of precincts

Written by `python benchmarks/scale.py`; do not edit. Simulated clean elections (levels region and
district, six options, ballots accounted for), each read from a folder of one parquet file per region;
detectors are run on the nation and on every region. CPU seconds of one process, so that what else the
machine did matters little; their absolute size is that of the machine at hand: read ratios and slopes.
Peak memory is that of the process while the step ran, the table and everything found before included.

*Slope*: of log CPU seconds on log precincts, from 10,000 precincts on; 1 is proportional. *Share of the
limit*: of the largest size, what the step could not do without as a share of what it took: for `read`,
the columns decoded and nothing else; for overview and detectors, the random numbers that were drawn and
the probabilities that were evaluated (steps of a recurrence, exponentials of logarithms, log-gammas of a
fit), each at the price of a plain array operation in the same run. A dash: no such work, or less than a
hundredth of the step.
"""
#: Whole sentences for the tests that have a peer.
SAID = {
    "test_exact_null_against_monte_carlo": "whole percentages, exact null of turnout and share",
    "test_the_classic_table": "nine classical statistics of two columns with 1,000-resample intervals",
    "test_a_thousand_precincts_against_the_published_time": "resampled density of shares in 1,000 "
    "simulated precincts; the R implementation, as published: 390 s",
    "test_500_permutations_against_a_loop": "500 permutations within bodies, one model",
}
#: Sizes from which slopes are told: below, fixed costs rule.
FROM = 10_000


def page(measured: Mapping[str, Sequence[Line]]) -> str:
    """The page as Markdown."""
    sizes = sorted(int(size) for size in measured if size.isdigit())
    by_step: dict[str, dict[int, Line]] = {}
    for size in sizes:
        for line in measured[str(size)]:
            by_step.setdefault(line["step"], {})[size] = line
    text = [HEAD, _table("CPU seconds", by_step, sizes, _seconds, tail=True)]
    text.append(_table("Peak memory, MB", by_step, sizes, lambda line: f"{line['peak_mb']:,}"))
    text.append(_sums(measured, sizes))
    if "peers" in measured:
        text.append(_peers(measured["peers"]))
    return "\n".join(text)


def _table(title: str, by_step: Mapping[str, Mapping[int, Line]], sizes: Sequence[int], cell: Any, *,
           tail: bool = False) -> str:  # fmt: skip
    names = [f"{size:,}" for size in sizes] + (["slope", "share of the limit"] if tail else [])
    rows = [f"## {title}\n", f"| step | {' | '.join(names)} |", "| --- |" + " ---: |" * len(names)]
    for step, lines in by_step.items():
        cells = [cell(lines[size]) if size in lines else "–" for size in sizes]
        if tail:
            cells += [_slope(lines), _share(lines)]
        rows.append(f"| {step if ' ' in step else f'`{step}`'} | {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def _peers(peers: Sequence[Line]) -> str:
    """Ratios to published procedures, each from one run."""
    rows = [
        "## Beside published procedures\n",
        "On the returns of Russia 2018, permutations on 9,840 simulated precincts; each ratio is of CPU "
        "times in one run, unless a time is said to be a published one.\n",
        "| ours | what | |",
        "| --- | --- | ---: |",
    ]
    for one in peers:
        said = SAID.get(one["test"], one["test"])
        if "compiled" in one:
            said += ", with `[fast]`" if one["compiled"] else ", without extras"
        told = {key: value for key, value in one.items() if key not in ("test", "compiled")}
        rows += [f"| {said} | {key} | {value:,} |" for key, value in told.items()]
    return "\n".join(rows) + "\n"


def _seconds(line: Line) -> str:
    return f"{line['seconds']:.2f}"


def _slope(lines: Mapping[int, Line]) -> str:
    """Least squares on the logarithms; a dash where a time is too small to tell."""
    points = [
        (math.log(size), math.log(line["seconds"]))
        for size, line in lines.items()
        if size >= FROM and line["seconds"] >= 0.02
    ]
    return f"{_fitted(points):.2f}" if len(points) > 1 else "–"


def _fitted(points: Sequence[tuple[float, float]]) -> float:
    mx = sum(x for x, _ in points) / len(points)
    my = sum(y for _, y in points) / len(points)
    return sum((x - mx) * (y - my) for x, y in points) / sum((x - mx) ** 2 for x, _ in points)


def _share(lines: Mapping[int, Line]) -> str:
    last = lines[max(lines)]
    share = last["limit_seconds"] / last["seconds"] if last["seconds"] else 0.0
    return f"{share:.0%}" if share >= 0.01 else "–"


def _sums(measured: Mapping[str, Sequence[Line]], sizes: Sequence[int]) -> str:
    """The road as a whole, without the report and without the run in parts."""
    totals = {
        size: {
            "seconds": sum(
                line["seconds"]
                for line in measured[str(size)]
                if line["step"] not in ("report", "in parts")
            ),
            "limit_seconds": 0.0,
        }
        for size in sizes
    }
    said = ", ".join(f"{totals[size]['seconds']:.0f} s at {size:,}" for size in sizes)
    peak = max(
        line["peak_mb"] or 0
        for line in measured[str(sizes[-1])]
        if line["step"] not in ("report", "in parts")
    )
    return (
        f"Reading, plan, check, overview and all detectors together: {said} precincts; slope "
        f"{_slope(totals)}; peak at {sizes[-1]:,} precincts {peak:,} MB.\n"
    )
