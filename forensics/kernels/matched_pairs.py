"""Pairs matched within strata, and how much hidden bias their difference withstands (Rosenbaum 2002)."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from scipy.stats import beta

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Flags = NDArray[np.bool_]

#: Rows of one kind in a stratum that are matched at once: bounds memory and time.
LARGEST = 1500


def matched_pairs(treated: Flags, covariates: Floats, stratum: Codes) -> tuple[Codes, Codes]:
    """Treated rows and their partners: pairs of least total distance within each stratum.

    Parameters
    ----------
    treated : ndarray of bool, shape (n,)
    covariates : ndarray of float64, shape (n, k)
        On scales that may be compared; k may be 0.
    stratum : ndarray of int, shape (n,)

    Returns
    -------
    tuple of ndarray of intp, shape (pairs,)
        Row numbers. The rows left over are those of the kind that has more of them, and rows beyond
        ``LARGEST`` of one kind.
    """
    order = np.argsort(stratum, kind="stable")
    edges = np.flatnonzero(np.diff(stratum[order], prepend=-1, append=stratum.max(initial=0) + 1))
    left, right = [np.empty(0, dtype=np.intp)], [np.empty(0, dtype=np.intp)]
    for begin, end in pairwise(edges):
        rows = order[begin:end]
        one, other = rows[treated[rows]][:LARGEST], rows[~treated[rows]][:LARGEST]
        if not len(one) or not len(other):
            continue
        distance = (
            cdist(covariates[one], covariates[other])
            if covariates.shape[1]
            else np.zeros((len(one), len(other)))
        )
        first, second = linear_sum_assignment(distance)
        left.append(one[first])
        right.append(other[second])
    return np.concatenate(left), np.concatenate(right)


def sign_gamma(positive: int, pairs: int, *, level: float = 0.05) -> float | None:
    """Largest Γ at which the sign test of matched pairs still rejects, one-sided.

    Γ is how many times the odds of being the treated one of a pair may differ through something
    unobserved; the sign score then has at most probability Γ/(1 + Γ), so Γ is the odds of the lower
    Clopper–Pearson limit. ``None`` where the test does not reject even without hidden bias.

    Parameters
    ----------
    positive : int
        Pairs in which the treated row is higher (ties left out).
    pairs : int
    level : float
    """
    if positive <= 0 or positive > pairs:
        return None
    low = float(beta.ppf(level, positive, pairs - positive + 1))
    return low / (1 - low) if low > 0.5 else None
