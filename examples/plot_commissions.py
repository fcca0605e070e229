"""
Commissions of St Petersburg
============================

Which question: do precincts whose commissions have more members nominated by the governing party report
another turnout than their neighbours under the same body? St Petersburg 2018 is read where
``FORENSICS_DATA`` has its returns and its roster; otherwise an invented election with a roster is. An
association either way: commissions are not placed at random.
"""

import os
from pathlib import Path

import matplotlib.pyplot as plt

import forensics
from forensics import datasets

CITY, ROSTER = "город Санкт-Петербург", "ru2018_spb.csv"


def roster_at_hand() -> Path | None:
    """The roster of 2018 in one of the folders of ``FORENSICS_DATA``, or beside one."""
    named = os.environ.get("FORENSICS_DATA", "").split(os.pathsep)
    folders = [place for name in named if name for place in (Path(name), Path(name).parent / "rosters")]
    return next((folder / ROSTER for folder in folders if (folder / ROSTER).is_file()), None)


roster = roster_at_hand()
if roster is not None and datasets.locate("ru2018_president") is not None:
    returns = forensics.read_returns("ru2018_president", where=f'region == "{CITY}"')
    link = forensics.associate(
        returns, roster, coding="st-petersburg", exposures=("aligned_share",), permutations=199, rng=1
    )
else:
    election = forensics.demo_election()
    link = forensics.associate(
        election.returns, election.roster, coding=election.coding, permutations=199, rng=1
    )

print(link.coverage)
primary = link.associations.primary
print(primary)

# The headline of each outcome, in percentage points per unit of composition.
shown = link.associations.headlines
figure, ax = plt.subplots(figsize=(6.5, 1.2 + 0.5 * len(shown)), layout="constrained")
for place, one in enumerate(shown):
    low, high = one.interval
    ax.plot([100 * low, 100 * high], [place, place], color="black", linewidth=1)
    ax.plot(100 * one.coefficient, place, "o", color="black")
ax.axvline(0, color="grey", linewidth=0.8)
ax.set_yticks(range(len(shown)), [f"{one.outcome} on {one.exposure}" for one in shown])
ax.set_ylim(len(shown) - 0.5, -0.5)
ax.set_xlabel("percentage points from none to all members, 95 % interval")
figure.savefig(Path("commissions.png"), dpi=120)
