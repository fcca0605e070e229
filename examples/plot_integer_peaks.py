"""
Whole percentages over the years
================================

Which question: do more precincts report turnout or support in whole percent than rounding gives, and
did that change? Where ``FORENSICS_DATA`` has four Russian elections they are read; otherwise four
invented elections are, in which ever more precincts fill a quota of turnout.
"""

from pathlib import Path

import matplotlib.pyplot as plt

import forensics
from forensics import datasets, simulation

YEARS = {"2011": "ru2011_duma", "2016": "ru2016_duma", "2018": "ru2018_president", "2021": "ru2021_duma"}
#: Share of precincts with a quota in the invented elections.
PLANTED = (0.0, 0.02, 0.05, 0.1)


def election(number: int, name: str) -> forensics.Returns:
    """The returns of one year, real where they are at hand."""
    if datasets.locate(name) is not None:
        return forensics.read_returns(name)
    invented = simulation.clean(n=6000, rng=number)
    if not PLANTED[number]:
        return invented
    return simulation.manipulate(invented, "turnout_quota", share=PLANTED[number], rng=number)[0]


real = all(datasets.locate(name) is not None for name in YEARS.values())
findings = {
    year: forensics.integer_percent(election(number, name))
    for number, (year, name) in enumerate(YEARS.items())
}

# The null comes first, whatever the figure shows afterwards.
print(findings["2011"].only(quantity="turnout").null)

# Each effect with its interval; a line at 0 is what rounding alone gives.
figure, ax = plt.subplots(figsize=(6, 3.6), layout="constrained")
for shift, quantity in ((-0.08, "turnout"), (0.08, "share")):
    found = [each.only(quantity=quantity) for each in findings.values()]
    effects = [100 * one.effect for one in found]
    reach = [
        [100 * (one.effect - one.interval.low) for one in found],
        [100 * (one.interval.high - one.effect) for one in found],
    ]
    places = [place + shift for place in range(len(found))]
    ax.errorbar(places, effects, reach, fmt="o", capsize=3, label=quantity)
ax.axhline(0, color="grey", linewidth=0.8)
ax.set_xticks(range(len(YEARS)), list(YEARS) if real else [f"{100 * p:.0f} % planted" for p in PLANTED])
ax.set_ylabel("excess at whole percent,\n% of precincts, 95 % interval")
ax.set_title("Russian federal elections" if real else "Four invented elections", loc="left")
ax.legend(frameon=False)
figure.savefig(Path("integer_peaks.png"), dpi=120)
