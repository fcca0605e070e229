"""Official numbers of early, outside and mobile voters against what observers counted."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.detectors.carousel._channels import Channel, observed_counts
from forensics.finding import Assumption, Finding, Interval, Skipped
from forensics.kernels.count_ratio import count_ratio
from forensics.messages.message import Sentences
from forensics.tables.returns import Returns
from forensics.tables.second import Observed

Codes = NDArray[np.intp]

#: With fewer precincts no p-value is given.
FEWEST = 10
#: A level serves as cluster if at least this many of its units were observed.
CLUSTERS = 20

SAY = Sentences(
    "counted_channels",
    null="As many {channel} voters were reported as observers counted, up to errors as often upwards as "
    "downwards.",
    exclusion="{unmatched:,} counts of no precinct, {ambiguous:,} of a key that the returns hold twice, "
    "{silent:,} precincts that reported no number of {channel} voters.",
    columns="The observers' table has none of the columns {columns}.",
    none="No precinct has both an official number of {channel} voters and an observed one.",
    sample="The observed precincts stand for the others: observers went where they were let in.",
    whole="The observers counted throughout all the hours and days that the official number covers.",
    missed="Observers who left for a while, or could not see the box, count too few.",
    other="An official number that contains voters at home, or of other precincts.",
)


def compared(
    returns: Returns, found: tuple[Channel, ...], observed: Any, confidence_level: float
) -> list[Finding | Skipped]:
    """One finding per channel that the observers' table counts.

    Parameters
    ----------
    returns : Returns
    found : tuple of Channel
    observed : Observed, DataFrame or path
    confidence_level : float
    """
    table = Observed.read(observed)
    shared = [channel for channel in found if channel.column in table.quantities]
    if not shared:
        columns = ", ".join(channel.column for channel in found)
        return [Skipped("early_voting", returns.scope, SAY("columns", columns=columns))]
    return [_finding(returns, channel, table, confidence_level) for channel in shared]


def _finding(
    returns: Returns, channel: Channel, table: Observed, confidence_level: float
) -> Finding | Skipped:
    matched = observed_counts(returns, table, channel.column)
    counted = ~np.isnan(matched.counts)
    rows = np.flatnonzero(counted & ~np.isnan(channel.x))
    x, y = channel.x[rows], matched.counts[rows]
    level, cluster = _clusters(returns, rows)
    ratio = count_ratio(x, y, cluster, confidence_level) if len(rows) else None
    if ratio is None:
        return Skipped("early_voting", returns.scope, SAY("none", channel=channel.name))
    silent = int(counted.sum()) - len(rows)
    excluded = matched.unmatched + matched.ambiguous + silent
    residual = np.full(len(returns), np.nan)
    residual[rows] = x - y
    few = len(rows) < FEWEST
    return Finding(
        method="early_voting",
        family="carousel",
        quantity=f"{channel.name}_observed",
        scope=returns.scope,
        null=SAY("null", channel=channel.name),
        statistic=float(x.sum() - y.sum()),
        pvalue=None if few else ratio.pvalue,
        effect=ratio.value,
        unit="official per observed voter",
        interval=None
        if ratio.low is None or ratio.high is None
        else Interval(ratio.low, ratio.high, confidence_level),
        n=len(rows),
        excluded=excluded,
        exclusion=SAY(
            "exclusion",
            unmatched=matched.unmatched,
            ambiguous=matched.ambiguous,
            silent=silent,
            channel=channel.name,
        )
        if excluded
        else None,
        underpowered=few,
        assumptions=(Assumption(SAY("sample")), Assumption(SAY("whole"))),
        innocent=SAY.all("missed", "other"),
        parameters={"column": channel.column, "alternative": "greater", "fewest": FEWEST},
        detail={
            "official": int(x.sum()),
            "observed": int(y.sum()),
            "more": int(np.count_nonzero(x > y)),
            "less": int(np.count_nonzero(x < y)),
            "equal": int(np.count_nonzero(x == y)),
            "unmatched": matched.unmatched,
            "ambiguous": matched.ambiguous,
            "clustered_by": level or "precinct",
            "clusters": ratio.clusters,
        },
        precincts=residual,
    )


def _clusters(returns: Returns, rows: Codes) -> tuple[str | None, Codes]:
    """The highest level with enough observed units, and the unit of each row; else each row its own."""
    for level in returns.levels or ():
        codes = returns.units(level).codes[rows]
        if (codes >= 0).all():
            place = np.unique(codes, return_inverse=True)[1].astype(np.intp)
            if int(place.max(initial=-1)) + 1 >= CLUSTERS:
                return level, place
    return None, np.arange(len(rows))
