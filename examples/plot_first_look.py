"""
A first look at an election
===========================

Which question: what do turnout and support look like before any test, and how round are the
numbers? The election here is invented, so that this script runs without a network; put
``forensics.read_returns("file.csv", profile="...")`` in its place.
"""

from pathlib import Path

import forensics

returns = forensics.demo_returns()
print(returns)

# Structure and arithmetic come first: what is missing, and what contradicts itself.
check = forensics.check(returns)
for entry in check.identities:
    print(f"{entry['formula']}: {entry['violations']:,} of {entry['checked']:,} precincts break it")

# One test, in the nation and in every region; the null is the first thing it prints.
findings = forensics.last_digit(returns, quantity="issued", by=(None, "region"))
print(findings.only(scope="national"))

# Departures by region, in order of the regions' names: effect and interval before the p-value.
table = findings.select(scope="region").to_frame()
print(table[["scope", "effect", "low", "high", "pvalue"]].to_string(index=False))

# The figure of a finding draws on axes of your own or makes some.
ax = findings.only(scope="national").plot()
ax.figure.savefig(Path("first_look.png"))
