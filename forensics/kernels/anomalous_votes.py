"""Votes beyond what a reference bin of turnout implies: bins, the choice of the bin, the sweep.

Letters as in the literature: L votes of the option, O all other ballots, both by bin of turnout; the
ratio c = L/O of the reference bin r makes c·O the votes expected in every bin.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forensics.kernels.two_gaussians import fit_two_gaussians

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]
Flags = NDArray[np.bool_]

#: Bins of turnout, (0, 1 %] to (99, 100 %]; bin b begins at b percent.
BINS = 100
#: Bins averaged before the peak is sought, and bins at the end that are no part of the fit.
BOXCAR, TAIL = 5, 3
#: A Gaussian lower than this part of the highest bin fits a remainder and is no mode.
LOWEST = 0.1
MIDDLES = (np.arange(BINS) + 0.5) / BINS


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference bin per row of O.

    ``bins`` intp of shape (m,), −1 where no bin has other ballots; ``fitted`` bool of shape (m,):
    false where the fit failed and the highest smoothed bin was taken instead; ``mean`` and
    ``deviation`` float64 of shape (m, 2) of the two Gaussians, in turnout.
    """

    bins: Integers
    fitted: Flags
    mean: Floats
    deviation: Floats


def turnout_bins(ballots: NDArray[np.int64], registered: NDArray[np.int64]) -> Integers:
    """Bin b with b < 100·ballots/registered ≤ b + 1, in whole numbers; −1 without ballots."""
    return np.asarray(-(-BINS * ballots // registered) - 1, dtype=np.intp)


def reference_bins(others: Floats) -> Reference:
    """The bin near the mode of O: highest smoothed bin within one deviation of the lower Gaussian.

    Parameters
    ----------
    others : ndarray of float64, shape (m, 100)
        All ballots but those of the option, by bin of turnout.
    """
    smooth = _smoothed(others)[:, : BINS - TAIL]
    middles = MIDDLES[: BINS - TAIL]
    fit = fit_two_gaussians(middles, smooth)
    # A bin without other ballots has no ratio.
    usable = others[:, : BINS - TAIL] > 0
    mean, deviation = fit.mean[:, :1], fit.deviation[:, :1]
    window = usable & (np.abs(middles - mean) < deviation)
    plausible = (fit.height[:, 0] >= LOWEST) & (fit.mean[:, 0] > 0) & (fit.mean[:, 0] < 1)
    fitted = fit.settled & plausible & window.any(axis=1)
    chosen = np.where(fitted[:, None], window, usable)
    bins = np.where(chosen, smooth, -1.0).argmax(axis=1)
    return Reference(np.where(chosen.any(axis=1), bins, -1), fitted, fit.mean, fit.deviation)


def _smoothed(others: Floats) -> Floats:
    half = BOXCAR // 2
    padded = np.pad(others, ((0, 0), (half, half)))
    return np.asarray(sum(padded[:, i : i + BINS] for i in range(BOXCAR)) / BOXCAR)


def anomalous(votes: Floats, others: Floats, bins: Integers) -> Floats:
    """Σ over bins of L − c·O, NaN where the reference bin has no other ballots.

    Parameters
    ----------
    votes, others : ndarray of float64, shape (m, 100)
    bins : ndarray of intp, shape (m,)
        Reference bin of each row.
    """
    rows = np.arange(len(votes))
    o = np.where(bins >= 0, others[rows, bins], 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(o > 0, votes[rows, bins] / o, np.nan)
    return np.asarray(votes.sum(axis=1) - ratio * others.sum(axis=1))


def sweep(votes: Floats, others: Floats) -> tuple[Integers, Floats]:
    """Every bin that has other ballots, and the anomalous votes with it as the reference.

    Parameters
    ----------
    votes, others : ndarray of float64, shape (100,)
    """
    bins = np.flatnonzero(others > 0)
    shape = (len(bins), BINS)
    return bins, anomalous(np.broadcast_to(votes, shape), np.broadcast_to(others, shape), bins)


@dataclass(frozen=True, slots=True)
class Replicates:
    """Resamples of whole clusters, each of shape (n_resamples,).

    ``chosen`` anomalous votes with the reference chosen anew, ``fixed`` with the bin held (float64,
    NaN where the bin is empty), ``votes`` the option's votes in the resample (float64), ``bins`` the
    references chosen (intp), ``fitted`` whether the fit behind the choice settled (bool).
    """

    chosen: Floats
    fixed: Floats
    votes: Floats
    bins: Integers
    fitted: Flags


def resample_clusters(
    votes: Floats, others: Floats, reference: int, n_resamples: int, rng: np.random.Generator
) -> Replicates:
    """Bootstrap over clusters, from their sums by bin.

    Parameters
    ----------
    votes, others : ndarray of float64, shape (clusters, 100)
    reference : int
        Bin that is held in ``fixed``.
    """
    clusters = len(votes)
    drawn = rng.multinomial(clusters, np.full(clusters, 1 / clusters), n_resamples).astype(np.float64)
    leader, rest = drawn @ votes, drawn @ others
    anew = reference_bins(rest)
    return Replicates(
        chosen=anomalous(leader, rest, anew.bins),
        fixed=anomalous(leader, rest, np.full(n_resamples, reference)),
        votes=leader.sum(axis=1),
        bins=anew.bins,
        fitted=anew.fitted,
    )
