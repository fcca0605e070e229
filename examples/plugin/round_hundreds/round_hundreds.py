"""Votes that end in two zeros: a whole detector in one file, to be copied."""

from __future__ import annotations

import numpy as np
from scipy import stats

from forensics import Finding, Findings, Interval, Returns, detector
from forensics.messages.message import Sentences

#: Below this number a count is small, and its last two digits are not evenly spread.
SMALLEST = 200
#: Precincts below which no p-value is given.
MINIMUM = 100

SAY = Sentences(
    "round_hundreds",
    null="Of counts of {smallest:,} votes or more, one in a hundred ends in 00.",
    estimates="Commissions that wrote down an estimate while the count was corrected elsewhere.",
    bundles="Ballots that are bundled by the hundred, and a last bundle that was not opened.",
    small="{n:,} {n:plural:precinct|precincts} with fewer than {smallest:,} votes, or none reported.",
)


@detector(family="digits", needs=("votes",))
def round_hundreds(
    returns: Returns,
    /,
    *,
    option: str | None = None,
    minimum: int = MINIMUM,
    confidence_level: float = 0.95,
) -> Findings:
    """Votes of an option that end in 00: somebody's round number (a template, no published method).

    The null: counts that vary by hundreds end in 00 once in a hundred times. The p-value is that of the
    exact binomial test, one-sided.

    Parameters
    ----------
    returns : Returns
        n precincts with votes by option.
    option : str, optional
        By default the one under study.
    minimum : int
        Precincts below which the finding is underpowered.
    confidence_level : float
        Of the exact interval (Clopper and Pearson).

    Returns
    -------
    Findings
        One: the effect is the share that ends in 00 less .01.

    Notes
    -----
    *Innocent explanations*: estimates that were never replaced; bundles of a hundred ballots.
    *Breaks when* precincts are so alike that their counts lie within a hundred votes of each other.
    """
    votes = returns.votes(option)
    # A count that was not reported is no small count, and neither is used.
    used = votes[np.nan_to_num(votes) >= SMALLEST]
    n, small = len(used), len(votes) - len(used)
    test = stats.binomtest(int((used % 100 == 0).sum()), max(n, 1), 0.01, alternative="greater")
    both = stats.binomtest(test.k, max(n, 1)).proportion_ci(confidence_level)
    return Findings(
        [
            Finding(
                method="round_hundreds",
                family="digits",
                quantity="leader_votes" if option is None else f"votes_{returns.option(option)}",
                null=SAY("null", smallest=SMALLEST),
                innocent=SAY.all("estimates", "bundles"),
                scope=returns.scope,
                statistic=float(test.k),
                pvalue=float(test.pvalue) if n >= minimum else None,
                effect=test.k / n - 0.01 if n else None,
                unit="share of precincts",
                interval=Interval(both.low - 0.01, both.high - 0.01, confidence_level) if n else None,
                n=n,
                excluded=small,
                exclusion=SAY("small", n=small, smallest=SMALLEST) if small else None,
                underpowered=n < minimum,
                parameters={"option": returns.option(option), "minimum": minimum},
                detail={"share": test.k / n if n else None},
            )
        ]
    )
