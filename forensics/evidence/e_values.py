"""E-values: evidence that may be averaged over dependent tests and compared over families and scopes."""

from __future__ import annotations

import math
from collections.abc import Sequence

#: Smallest p-value that is told apart: tail approximations say nothing beyond it.
SMALLEST = 1e-15
#: An e-value that counts as evidence by itself: under the null it has probability 1/20 at most.
EVIDENCE = 20.0


def e_value(pvalue: float) -> float:
    """The e-value of a p-value, by the mixture of the calibrators κ p^(κ−1) over κ in (0, 1).

    Its expectation is at most 1 under the null, whatever the law of a valid p-value. p = .05 gives
    1.8, .01 gives 4.5, .001 gives 20.8; values below 1e-15 count as 1e-15 (8.4e11).

    Parameters
    ----------
    pvalue : float
        In [0, 1].

    References
    ----------
    Vovk, V. and Wang, R. (2021). E-values: calibration, combination and applications. Annals of
    Statistics 49, 1736-1754 (equation 2 and Appendix B.1).
    """
    p = max(pvalue, SMALLEST)
    if p >= 1:
        return 0.5  # the limit
    gap = 1 - p
    if gap < 1e-4:  # (1 - p + p ln p) and (ln p)² both vanish: their Taylor series
        return 0.5 + gap / 6
    return (1 - p + p * math.log(p)) / (p * math.log(p) ** 2)


def average(values: Sequence[float]) -> float:
    """Mean of e-values: an e-value under any dependence; 1 (no evidence) where there is none."""
    return math.fsum(values) / len(values) if values else 1.0


def e_bh(values: Sequence[float], rate: float = 0.05) -> tuple[int, float]:
    """Number of e-values that stand out with false discovery rate ``rate``, and their threshold.

    The k largest are taken, k the largest with the k-th e-value at least m / (rate k); valid under
    any dependence. Where none stands out the threshold is that of the first, m / rate.

    References
    ----------
    Wang, R. and Ramdas, A. (2022). False discovery rate control with e-values. JRSS B 84, 822-852.
    """
    m = len(values)
    ordered = sorted(values, reverse=True)
    k = max((k for k in range(1, m + 1) if ordered[k - 1] >= m / (rate * k)), default=0)
    return k, m / (rate * max(k, 1))
