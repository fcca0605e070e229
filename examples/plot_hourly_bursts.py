"""
Bursts of voters in the course of the day
=========================================

Which question: does turnout in some precincts leap between two readings as it does nowhere else in the
same territory at that hour? The three days of September 2021 in a half of St Petersburg are read where
``FORENSICS_DATA`` has them; otherwise the demonstration election is, whose buses arrive at some hour.
"""

from pathlib import Path

import forensics
from forensics import datasets

NAME = "ru2021_spb_odd"
real = datasets.locate(NAME) is not None
returns = forensics.read_returns(NAME) if real else forensics.demo_returns()
hours = [name for name in returns.frame.columns if name.startswith("hour_")]
print(returns, f"{len(hours)} readings: {hours[0]} to {hours[-1]}")

findings = forensics.hourly_turnout(returns, rng=1)
for finding in findings.tested:
    print(finding, end="\n\n")
for skipped in findings.skipped:
    print(skipped)

# Readings that fall are contradictions, and mostly slips of the pen: they are counted, not judged.
first = findings.tested[0]
print(
    "series with a reading that falls:",
    first.detail.get("non_monotone"),
    "of",
    first.detail.get("n_series"),
)

# The finding's own figure: exactly what its picture holds, with the data beside it.
shown = next(finding for finding in findings.tested if finding.pictures)
ax = shown.plot()
ax.figure.savefig(Path("hourly_bursts.png"), dpi=110)
shown.pictures[0].to_frame().to_csv(Path("hourly_bursts.csv"), index=False)
