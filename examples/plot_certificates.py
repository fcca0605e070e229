"""
Absentee certificates
=====================

Which question: do certificates gather in a few precincts of a territory, and does the leader have more
votes where they do? The demonstration election has buses of certificate voters planted in four of its
districts; the Russian election of 2011 is read where ``FORENSICS_DATA`` has it.
"""

from pathlib import Path

import forensics
from forensics import datasets

NAME = "ru2011_duma"
real = datasets.locate(NAME) is not None
returns = forensics.read_returns(NAME) if real else forensics.demo_returns()

# Does the book balance? Certificates that were issued, used, and left over.
for finding in forensics.certificate_ledger(returns).tested:
    print(finding.quantity, finding.statistic, finding.unit)

# How unequally certificates are spread within territories; 1 is what lots would give.
spread = forensics.absentee_concentration(returns)
print(spread)

# With the leader's share, between and within territories: an association, not yet a cause. The slope
# within territories is the one that differences between territories do not make.
link = forensics.absentee_link(returns)
for finding in link.tested:
    print(finding, end="\n\n")

# How large such a slope would have to be: the same in every region, with its interval.
by_region = forensics.absentee_link(returns, by=(None, "region")).select(scope="region").to_frame()
print(by_region[["scope", "quantity", "effect", "low", "high", "n"]].head().to_string(index=False))

# Every finding holds what its figure draws; drawn alone it is a page with its caption.
shown = next(finding for finding in spread.tested if finding.pictures)
ax = shown.plot()
ax.figure.savefig(Path("certificates.png"), dpi=110)
