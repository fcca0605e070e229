"""
A detector of your own
======================

Which question: how does a test that nobody has written yet become one that an audit can run? It is one
function: returns in, findings out, with its null and its innocent explanations. ``examples/plugin`` is
one as a package, which every audit finds by itself.
"""

from pathlib import Path

import matplotlib.pyplot as plt
from scipy import stats

import forensics
from forensics.messages.message import Sentences
from forensics.testing import check_detector

SAY = Sentences(
    "even_votes",
    null="Counts of ten votes or more are as often even as odd.",
    piles="A pile that was counted in pairs, without the last single ballot.",
    corrections="Corrections by one vote, made so that a sum comes out even.",
)


@forensics.detector(family="digits", needs=("votes",))
def even_votes(returns, /, *, option=None, minimum=50):
    """Even numbers among the votes of an option (a template, no published method).

    The null: a count that varies by more than a few votes is even with probability one half.
    *Innocent explanations*: piles counted in pairs; corrections of sums.
    """
    votes = returns.votes(option)
    votes = votes[votes >= 10]
    n, even = len(votes), int((votes % 2 == 0).sum())
    interval = stats.binomtest(even, max(n, 1)).proportion_ci()
    return forensics.Findings(
        [
            forensics.Finding(
                method="even_votes",
                family="digits",
                quantity="leader_votes" if option is None else f"votes_{option}",
                scope=returns.scope,
                null=SAY("null"),
                innocent=SAY.all("piles", "corrections"),
                n=n,
                statistic=float(even),
                effect=even / n - 0.5 if n else None,
                unit="share of precincts",
                interval=forensics.Interval(interval.low - 0.5, interval.high - 0.5) if n else None,
                pvalue=float(stats.binomtest(even, n).pvalue) if n >= minimum else None,
                underpowered=n < minimum,
            )
        ]
    )


# The house rules: what a detector has to keep to before anybody leans on it.
RULES = ["form", "docstring", "null", "innocent", "skipped", "underpowered", "mutation", "order"]
for outcome in check_detector(even_votes, rules=RULES):
    print(outcome)

found = {str(scope): even_votes(part).only() for scope, part in forensics.demo_returns().by("region")}
print(next(iter(found.values())))

figure, ax = plt.subplots(figsize=(6, 4), layout="constrained")
for place, one in enumerate(found.values()):
    ax.plot([100 * one.interval.low, 100 * one.interval.high], [place, place], color="black", linewidth=1)
    ax.plot(100 * one.effect, place, "o", color="black")
ax.axvline(0, color="grey", linewidth=0.8)
ax.set_yticks(range(len(found)), list(found))
ax.invert_yaxis()
ax.set_xlabel("even counts beyond one half, percentage points, 95 % interval")
figure.savefig(Path("own_detector.png"), dpi=120)
