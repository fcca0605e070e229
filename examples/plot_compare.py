"""
Two elections side by side
==========================

Which question: which numbers are others than two years before? The same tests are run on both elections
and put beside each other; no difference is tested, because no law of chance says how one election
follows another. Russia 2016 and 2018 are read where ``FORENSICS_DATA`` has them; otherwise two invented
elections of the same precincts are, the second with ballots added.
"""

from pathlib import Path

import forensics
from forensics import datasets, plots, simulation

TESTS = ("protocol_arithmetic", "last_digit", "integer_percent", "turnout_share", "turnout_edge")
NAMES = ("ru2016_duma", "ru2018_president")

if all(datasets.locate(name) is not None for name in NAMES):
    elections = [forensics.read_returns(name) for name in NAMES]
else:
    first = simulation.clean(n=2500, rng=2016)
    second = simulation.clean(first, turnout=0.62, rng=2018)
    elections = [first, simulation.manipulate(second, "stuffing", share=0.1, rng=1)[0]]

audits = [
    forensics.audit(returns, plan=forensics.make_plan(returns, only=TESTS, levels=()), n_jobs=1)
    for returns in elections
]
comparison = forensics.compare(audits)
print(comparison)

# What differs is said for every test, and a test whose definition differs is marked so.
table = comparison.to_frame()
table = table[table["effect"].notna()]
print(
    table[["method", "quantity", "election", "effect", "low", "high", "comparable"]].to_string(index=False)
)

# In a notebook the comparison is a table; its figures are pictures like those of any finding.
picture = next(one for one in comparison.pictures if "turnout" in one.name)
ax = plots.draw(picture)
ax.figure.savefig(Path("compare.png"), dpi=110)
