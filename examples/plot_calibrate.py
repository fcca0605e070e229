"""
Simulate, calibrate, detect
===========================

Which question: what is a p-value of these tests worth with these precincts? An election is drawn and a
manipulation planted in it; then the tests are run on many clean elections with the same precincts to
see how often each fires without a cause, and on elections with that manipulation. A dozen simulations
are few, and the intervals show it; a real calibration takes two hundred (``forensics calibrate``).
"""

from pathlib import Path

import matplotlib.pyplot as plt

import forensics
from forensics import simulation

TESTS = ("last_digit", "integer_percent")
SIMULATIONS = 12

# Simulate: turnout and support vary by region, district and precinct, and some fill a quota.
clean = simulation.clean(n=800, rng=1)
manipulated, truth = simulation.manipulate(clean, "turnout_quota", share=0.15, rng=2)
print(f"{(truth['kind'] != '').sum()} of {len(clean)} precincts were changed")

# Calibrate: all that is known of these precincts is what was reported, manipulated or not.
known = forensics.calibrate(
    manipulated,
    simulations=SIMULATIONS,
    most=SIMULATIONS,
    detectors=TESTS,
    manipulations=["turnout_quota"],
    rng=3,
)

# Detect: the p-value of the manipulated election is read beside the size of its test.
audit = forensics.audit(
    manipulated, plan=forensics.make_plan(manipulated, only=TESTS, levels=()), calibration=known
)
for finding in audit.findings.tested:
    print(finding, end="\n\n")
print(audit.evidence.assessment[0].sentence)

figure, ax = plt.subplots(figsize=(6.5, 3.4), layout="constrained")
for place, one in enumerate(known.readings):
    size, interval = one.rejections.share, one.rejections.interval()
    ax.plot([interval.low, interval.high], [place, place], color="black", linewidth=1)
    ax.plot(size, place, "o", color="black", label="clean, 95 % interval" if not place else None)
    _, power = one.power["turnout_quota"][-1]
    label = "with a quota planted" if not place else None
    ax.plot(power, place, "s", markerfacecolor="white", color="black", label=label)
ax.axvline(0.05, color="grey", linewidth=0.8)
ax.set_yticks(range(len(known.readings)), [f"{one.method}: {one.quantity}" for one in known.readings])
ax.set_xlabel("share of elections with p ≤ .05")
ax.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
ax.set_xlim(-0.02, 1.02)
figure.savefig(Path("calibrate.png"), dpi=120)
