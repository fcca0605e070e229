"""How many precincts fall into each class of a percentage when every count is redrawn, exactly.

X_i ~ Bin(n_i, p_i); class b of k holds floor(k X_i / n_i) = b, and class k holds X_i = n_i alone. The
number of precincts in a class is then Poisson-binomial: its mean and variance are sums over the
precincts, and nothing is drawn.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

#: Counts farther than this many standard deviations from the mean (and this many more counts, because
#: the tails of small counts are skewed) hold less than 1e-6 of a precinct.
REACH = 5.0
#: Counts evaluated together; small enough for the arrays to stay in cache.
BLOCK = 65_536


def expected_histogram(n: Integers, p: Floats, k: int) -> tuple[Floats, Floats]:
    """Mean and variance of the number of precincts in each class of ``floor(k X / n)``.

    Parameters
    ----------
    n : ndarray of int64, shape (m,)
        Trials, at least 1.
    p : ndarray of float64, shape (m,)
        Chance, in [0, 1]; at 0 and 1 the count cannot vary.
    k : int
        Number of classes below 100 %.

    Returns
    -------
    tuple of ndarray of float64, shape (k + 1,)
        Σ q and Σ q(1−q) over the precincts, q the chance of the class.
    """
    mean, variance = np.zeros(k + 1), np.zeros(k + 1)
    mean[0] += np.count_nonzero(p <= 0)
    mean[k] += np.count_nonzero(p >= 1)
    size, rate, times = _different(n, p)
    reach = REACH * np.sqrt(size * rate * (1 - rate)) + REACH
    first = np.maximum(np.ceil(size * rate - reach), 0).astype(np.int64)
    counts = np.minimum(np.floor(size * rate + reach), size).astype(np.int64) - first + 1
    ends = np.cumsum(counts)
    factorials = gammaln(np.arange(int(size.max(initial=0)) + 1) + 1.0)
    start = 0
    while start < len(size):
        stop = max(int(np.searchsorted(ends, ends[start] - counts[start] + BLOCK)), start + 1)
        part = slice(start, stop)
        classes, q, owner = _block(size[part], rate[part], first[part], counts[part], factorials, k)
        weight = times[part][owner]
        mean += np.bincount(classes, weight * q, k + 1)
        variance += np.bincount(classes, weight * q * (1 - q), k + 1)
        start = stop
    return mean, variance


def _different(n: Integers, p: Floats) -> tuple[Integers, Floats, Integers]:
    """Sizes and chances of the precincts that can vary, each pair once, and how many there are of each."""
    rows = np.flatnonzero((p > 0) & (p < 1))
    rows = rows[np.lexsort((p[rows], n[rows]))]
    size, rate = n[rows], p[rows]
    opens = np.ones(len(rows), dtype=np.bool_)
    opens[1:] = (np.diff(size) != 0) | (np.diff(rate) != 0)
    place = np.flatnonzero(opens)
    return size[place], rate[place], np.diff(place, append=len(rows))


def _block(
    n: Integers, p: Floats, first: Integers, counts: Integers, factorials: Floats, k: int
) -> tuple[NDArray[np.intp], Floats, NDArray[np.intp]]:
    """Class, chance and precinct of every class that a precinct of the block can reach."""
    owner = np.repeat(np.arange(len(n)), counts)
    x = np.arange(len(owner)) + np.repeat(first - np.cumsum(counts) + counts, counts)
    trials = n[owner]
    odds = np.log(p) - np.log1p(-p)
    log_mass = (factorials[n] + n * np.log1p(-p))[owner] + x * odds[owner]
    log_mass -= factorials[x] + factorials[trials - x]
    # Half a count keeps what is rounded away from the edges of the classes: this is x k // n.
    classes = ((x * k + 0.5) / trials).astype(np.intp)
    # A large precinct has several counts in one class; they stand side by side.
    opens = np.flatnonzero(np.diff(owner * (k + 1) + classes, prepend=-1))
    return classes[opens], np.add.reduceat(np.exp(log_mass), opens), owner[opens]
