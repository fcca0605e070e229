"""A smooth expectation for the upper tail of turnout, without assuming one shape for a country.

x_i ~ Bin(n_i, p_i), where the density of θ = logit p is a mixture of wide bells N(c_k, s_k²) on a
grid: it follows the differences between regions, towns and villages, and heavy tails, but nothing
narrower than a bell. The weights are fitted (EM on classes of two points) to the bulk below 98 %
only, so that what lies above is extrapolated, and shrunk towards those of the whole country.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, expit, logit, xlog1py, xlogy

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Integers = NDArray[np.int64]

#: Lower edges of the size bands that are fitted apart: small precincts vote otherwise than large ones.
SIZES = (0, 200, 400, 700, 1200)
#: The bulk that is fitted, and the width of its classes, as shares.
CUT, CLASS = 0.98, 0.02
CLASSES = round(CUT / CLASS)
#: Standard deviations of a bell around one half and in the upper tail, where a point of turnout is
#: more logits; the widths change over between the two centres. Logits, as the spacing of the centres.
BELLS, BETWEEN, STEP = (0.12, 0.35), (1.0, 2.2), 0.1
#: Precincts of the whole country that a unit's own fit is mixed with.
PRIOR = 50.0
#: Steps of EM: the density is wide, so more change nothing that can be seen.
STEPS = 150
#: Precinct sizes that stand for a band when the bulk is fitted.
STAND_INS = 25
#: Percentages whose classes [j − ½, j + ½) are looked at; the last reaches to 100 only.
PERCENTS = np.arange(75, 101)
#: Turnout from which a precinct is at the edge.
EDGE = 99

#: Chances within exp(−FAR) of 0 or 1 are taken as such: less than the rounding of the others.
FAR = 37.0
#: Precinct sizes handled together: what a processor's cache holds.
BLOCK = 64

_NODES = np.arange(-5.7, 5.71, 0.1)
_CENTRES = np.arange(-5.0, float(logit(CUT)) + 1e-9, STEP)


@dataclass(frozen=True, slots=True)
class UpperTail:
    """Chances of the precincts of each unit and size.

    ``chances`` float64 of shape (k, 26): P(percentage in the class of ``PERCENTS``); ``edge``
    float64 of shape (k,): P(x/n ≥ .99); ``misfit``: share of the bulk that would have to change
    its class of two points to agree with the fit, beyond what sampling gives by itself.
    """

    chances: Floats
    edge: Floats
    misfit: float


def percent_class(x: NDArray[np.int64], n: NDArray[np.int64]) -> NDArray[np.int64]:
    """The whole number nearest to 100 x/n (halves upwards), in exact integers."""
    return np.asarray((200 * x + n) // (2 * n))


def at_edge(x: NDArray[np.int64], n: NDArray[np.int64], percent: int = EDGE) -> NDArray[np.bool_]:
    """Whether 100 x/n is at least ``percent``, in exact integers."""
    return np.asarray(100 * x >= percent * n)


def bulk_classes(x: Integers, n: Integers, unit: Codes, units: int) -> Integers:
    """Precincts below the cut by unit, size band and class of two points.

    Parameters
    ----------
    x, n : ndarray of int64, shape (m,)
        Counts with 0 ≤ x ≤ n and n ≥ 1.
    unit : ndarray of intp, shape (m,)
        Unit of each precinct (its region), 0 … ``units`` − 1.

    Returns
    -------
    ndarray of int64, shape (units, 5, 49)
    """
    place = (x / (CLASS * n)).astype(np.intp)
    below = place < CLASSES
    cell = (unit * len(SIZES) + _band(n)) * CLASSES + place
    seen = np.bincount(cell[below], minlength=units * len(SIZES) * CLASSES)
    return seen.astype(np.int64).reshape(units, len(SIZES), CLASSES)


def expect_upper_tail(
    n: Integers, unit: Codes | Integers, precincts: Integers, bulk: Integers
) -> UpperTail:
    """Fit the bulk of each unit by size bands, and give the chances in the tail by unit and size.

    Parameters
    ----------
    n, unit, precincts : ndarray of int64, shape (k,)
        Sizes ≥ 1, each with its unit and the number of precincts of both.
    bulk : ndarray of int64, shape (units, 5, 49)
        Of the same precincts, as :func:`bulk_classes` gives it.
    """
    chances, edge = np.zeros((len(n), len(PERCENTS))), np.zeros(len(n))
    band = _band(n)
    bells = _bells()
    fitted = np.zeros((2, CLASSES))
    for b in np.unique(band):
        rows = np.flatnonzero(band == b)
        there, own = np.unique(unit[rows], return_inverse=True)
        seen = bulk[there, b].astype(np.float64)
        sizes, size = np.unique(n[rows], return_inverse=True)
        below = bells @ _bulk(_stand_ins(np.repeat(n[rows], precincts[rows])), CLASSES)
        weights = _fit(seen, below)
        expected = weights @ below
        total = expected.sum(axis=1, keepdims=True)
        expected *= np.where(total > 0, seen.sum(axis=1, keepdims=True) / np.maximum(total, 1e-300), 0.0)
        fitted += [seen.sum(axis=0), expected.sum(axis=0)]
        tail, last = _tail(sizes.astype(np.int64).tobytes())
        # Weights on the last nodes of θ: one product gives every size that occurs in a unit.
        nodes = (weights @ bells)[:, -last.shape[1] :]
        for u in range(len(there)):
            of = np.flatnonzero(own == u)
            chances[rows[of]] = tail[size[of]] @ nodes[u]
            edge[rows[of]] = last[size[of]] @ nodes[u]
    return UpperTail(np.clip(chances, 0, 1), np.clip(edge, 0, 1), _misfit(*fitted))


def _band(n: Integers) -> Codes:
    return np.asarray(np.searchsorted(SIZES, n, side="right") - 1)


def _misfit(seen: Floats, expected: Floats) -> float:
    """Total variation less its mean under sampling alone (a Poisson count is off by √(2e/π))."""
    off = np.abs(seen - expected).sum() - np.sqrt(2 * expected / np.pi).sum()
    return max(0.0, float(off) / 2 / max(float(seen.sum()), 1.0))


def _bells() -> Floats:
    """Mass of each bell on the nodes of θ, shape (K, Q), rows sum to one."""
    width = np.interp(_CENTRES, BETWEEN, BELLS)
    mass = np.exp(-0.5 * ((_NODES[None, :] - _CENTRES[:, None]) / width[:, None]) ** 2)
    return np.asarray(mass / mass.sum(axis=1, keepdims=True))


def _stand_ins(n: NDArray[np.int64]) -> bytes:
    """Sizes that stand for those of a band, as a key of :func:`_bulk`."""
    levels = (np.arange(STAND_INS) + 0.5) / STAND_INS
    return np.unique(np.quantile(n, levels, method="nearest")).astype(np.int64).tobytes()


# The same precincts are looked at in every simulated election: their sizes' chances are kept.
@functools.lru_cache(maxsize=len(SIZES))
def _bulk(stand_ins: bytes, classes: int) -> Floats:
    """P(x/n in each class below the cut) at the nodes, shape (Q, classes), for sizes like these."""
    sizes = np.frombuffer(stand_ins, dtype=np.int64)
    first = np.ceil(np.round(np.arange(classes + 1) * CLASS * sizes[:, None], 9))
    reached = at_least(first, sizes, expit(_NODES))
    return np.asarray(-np.diff(reached, axis=1).mean(axis=0).T)


def _fit(seen: Floats, below: Floats) -> Floats:
    """Weights of the bells per unit, shape (R, K): EM for counts truncated at the cut.

    ``seen`` has shape (R, B) and ``below`` (K, B).
    """
    reach = np.maximum(below.sum(axis=1), 1e-12)
    inside = below / reach[:, None]
    flat = np.full((1, len(inside)), 1 / len(inside))
    whole = seen.sum(axis=0, keepdims=True)
    country = _em(whole, inside, flat, flat * 1e-9)
    own = _em(seen, inside, np.repeat(country, len(seen), axis=0), PRIOR * country)
    own = own / reach
    return np.asarray(own / own.sum(axis=1, keepdims=True))


def _em(seen: Floats, inside: Floats, start: Floats, prior: Floats) -> Floats:
    weights = start
    for _ in range(STEPS):
        mixed = np.maximum(weights @ inside, 1e-300)
        weights = weights * ((seen / mixed) @ inside.T) + prior
        weights = weights / weights.sum(axis=1, keepdims=True)
    return weights


@functools.lru_cache(maxsize=len(SIZES))
def _tail(distinct: bytes) -> tuple[Floats, Floats]:
    """Chances of the tail's classes, shape (U, 26, Q), and of the edge, (U, Q), at the last Q nodes.

    Nodes before them are rates from which 74.5 % is out of reach.
    """
    sizes, rate = np.frombuffer(distinct, dtype=np.int64), expit(_NODES)
    deviation = np.sqrt(rate * (1 - rate) / sizes.min())
    rate = rate[int(np.argmax(rate + 9 * deviation >= PERCENTS[0] / 100 - 0.005)) :]
    # First count of each class: 200 x + n ≥ 2 j n.
    first = -((-(2 * PERCENTS - 1) * sizes[:, None]) // 200)
    thresholds = np.concatenate([first, -((-EDGE * sizes[:, None]) // 100)], axis=1)
    above = at_least(thresholds.astype(np.float64), sizes, rate)
    edge = above[:, -1].copy()
    above[:, -1] = 0.0
    above[:, :-1] -= above[:, 1:]
    return above[:, :-1], edge


def at_least(count: Floats, n: NDArray[np.int64], rate: Floats) -> Floats:
    """P(X ≥ count) for X ~ Bin(n, rate).

    Parameters
    ----------
    count : ndarray of float64, shape (U, B)
        Whole numbers, also below 0 and above n.
    n : ndarray of int64, shape (U,)
    rate : ndarray of float64, shape (Q,)
        Chances in (0, 1).

    Returns
    -------
    ndarray of float64, shape (U, B, Q)
    """
    out = np.empty((*count.shape, len(rate)))
    for start in range(0, len(n), BLOCK):
        rows = slice(start, start + BLOCK)
        k, size = count[rows, :, None], n[rows, None, None]
        share = np.clip(k / size, 0.0, 1.0)
        # Chernoff: beyond k, away from the mean, lies at most exp(−n D(k/n ‖ rate)).
        distance = xlogy(share, share) + xlog1py(1 - share, -share) - share * np.log(rate)
        distance -= (1 - share) * np.log1p(-rate)
        chance = np.where((k <= 0) | ((share < rate) & (k <= size)), 1.0, 0.0)
        near = (size * distance < FAR) & (k > 0) & (k <= size)
        out[rows] = betainc(k, size - k + 1, rate, out=chance, where=near)
    return out
