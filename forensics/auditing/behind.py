"""Which precincts stand behind each bar, cell or point of turnout of a figure that counts precincts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forensics.auditing.overview import FEWEST_FOR_TENTHS
from forensics.auditing.ratios import Ratio, share_ratio, turnout_ratio
from forensics.detectors.counted import counted
from forensics.finding import Finding, Findings
from forensics.kernels.anomalous_votes import turnout_bins
from forensics.picture import Picture
from forensics.tables.returns import Returns

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

#: Digit tests whose bars are digits of one count, with the place of the digit.
DIGITS = {"last_digit": -1, "second_digit": 1}


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """The marks of a picture, and for each precinct the one that it is counted in.

    Parameters
    ----------
    picture : Picture
    kind : {"turnout", "share", "votes", "cell", "digit"}
        What a mark is: a class of turnout or of share, a bin of turnout that holds its upper edge, a
        cell of both, or a digit.
    x : ndarray of float64, shape (k,)
        Lower edges on the axis: percent, or the digit.
    width : float
        Of a mark, on the axis.
    of : ndarray of int64, shape (n,)
        Mark of each precinct in the order of the returns; −1: in none.
    y : ndarray of float64, shape (k,), optional
        Lower edges on the other axis, for cells.
    """

    picture: Picture
    kind: str
    x: Floats
    width: float
    of: Integers
    y: Floats | None = None

    @property
    def n(self) -> Integers:
        """Precincts behind each mark, shape (k,)."""
        return np.bincount(self.of[self.of >= 0], minlength=len(self.x)).astype(np.int64)


def behind(returns: Returns, overview: tuple[Picture, ...], findings: Findings) -> Iterator[Marks]:
    """Marks of the first look's comet and histograms, of digits' bars and of votes by turnout.

    Parameters
    ----------
    returns : Returns
    overview : tuple of Picture
        From :func:`forensics.auditing.overview.overview` of these returns.
    findings : Findings
        Those of the scope of the returns are looked at.
    """
    ratios = {"turnout": turnout_ratio(returns), "share": share_ratio(returns)}
    for picture in overview:
        if picture.figure == "comet":
            yield _cells(picture, ratios["turnout"], ratios["share"])
        elif picture.figure == "sawtooth":
            yield _classes(picture, ratios[picture.name.partition("-")[0]])
    for finding in findings.tested:
        for picture in finding.pictures if finding.scope == returns.scope else ():
            if picture.figure == "digit_bars" and finding.method in DIGITS:
                yield _digits(returns, picture, finding)
            elif picture.figure == "votes_by_turnout" and finding.precincts is not None:
                yield _bins(returns, picture, finding.precincts)


def _classes(picture: Picture, ratio: Ratio | None) -> Marks:
    assert ratio is not None  # the picture was made from it
    low = np.asarray(picture.columns["low"], dtype=np.float64)
    of = np.full(len(ratio.usable), -1, dtype=np.int64)
    width = float(picture.options["width"])
    used = ratio.only(ratio.whole >= FEWEST_FOR_TENTHS) if width < 1 else ratio
    of[used.usable] = used.classes(len(low) - 1)
    return Marks(picture, ratio.name, low, width, of)


def _cells(picture: Picture, turnout: Ratio | None, share: Ratio | None) -> Marks:
    assert turnout is not None  # the picture was made from both
    assert share is not None
    width = float(picture.options["width"])
    k = round(100 / width)
    both = turnout.usable & share.usable
    code = turnout.only(both).classes(k) * (k + 1) + share.only(both).classes(k)
    where, place = np.unique(code, return_inverse=True)
    of = np.full(len(both), -1, dtype=np.int64)
    of[both] = place
    x, y = (where // (k + 1)) * width, (where % (k + 1)) * width
    return Marks(picture, "cell", x, width, of, y)


def _digits(returns: Returns, picture: Picture, finding: Finding) -> Marks:
    x = counted(returns, finding.quantity).x
    minimum = int(finding.parameters["minimum"])
    of = np.full(len(x), -1, dtype=np.int64)
    for row in np.flatnonzero(x >= minimum):
        of[row] = int(str(int(x[row]))[DIGITS[finding.method]])
    return Marks(picture, "digit", np.arange(10, dtype=np.float64), 1.0, of)


def _bins(returns: Returns, picture: Picture, residual: Floats) -> Marks:
    used = np.flatnonzero(np.isfinite(residual))
    ballots, registered = (
        returns.counts(name)[used].astype(np.int64) for name in ("ballots", "registered")
    )
    of = np.full(len(returns), -1, dtype=np.int64)
    of[used] = turnout_bins(ballots, registered)
    low = np.asarray(picture.columns["turnout_bin"], dtype=np.float64)
    return Marks(picture, "votes", low, 1.0, of)
