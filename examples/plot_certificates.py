"""
Absentee certificates
=====================

Which question: do certificates gather in a few precincts of a territory, and does the leader have more
votes where they do? The demonstration election has buses of certificate voters planted in four of its
districts; the Russian election of 2011 is read where ``FORENSICS_DATA`` has it.
"""

from pathlib import Path

import matplotlib.pyplot as plt

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

# With the leader's share, between and within territories: an association, not yet a cause.
link = forensics.absentee_link(returns)
for finding in link.tested:
    print(finding)

# Two figures of findings side by side, on axes of our own.
drawn = [finding for finding in (*spread.tested, *link.tested) if finding.pictures][:2]
figure, axes = plt.subplots(1, len(drawn), figsize=(11, 4.4), layout="constrained", squeeze=False)
for ax, finding in zip(axes[0], drawn, strict=True):
    finding.plot(ax)
figure.savefig(Path("certificates.png"), dpi=110)
