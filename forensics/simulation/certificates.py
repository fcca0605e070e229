"""Absentee certificates: issued at home, used elsewhere, and every one of them accounted for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forensics.simulation.counting import Integers
from forensics.simulation.parameters import Certificates
from forensics.simulation.precincts import Precincts

Columns = dict[str, Integers]
Floats = NDArray[np.float64]


def certificate_columns(
    precincts: Precincts, voters: Integers, certificates: Certificates, rng: np.random.Generator
) -> Columns:
    """The certificate columns of each precinct.

    Holders travel: most within their top-level unit, a share ``away`` anywhere. A precinct's
    visitors are among its ``voters`` already, so the turnout is the same with and without these
    columns; the sum of those used never exceeds the sum of those issued.
    """
    n = len(precincts)
    issued = overdispersed(certificates.issued * precincts.size, certificates.dispersion, rng)
    issued = np.minimum(issued, precincts.size)
    territory = np.minimum(rng.binomial(precincts.size, certificates.issued * certificates.territory), 9999)
    travelling = rng.binomial(issued + territory, certificates.used)
    far = rng.binomial(travelling, certificates.away)
    attraction = precincts.size * rng.gamma(certificates.dispersion, 1 / certificates.dispersion, n)
    top = precincts.paths[0] if precincts.paths else np.zeros(n, dtype=np.intp)
    voted = rng.multinomial(int(far.sum()), attraction / attraction.sum())
    near = np.bincount(top, travelling - far).astype(np.int64)
    order = np.argsort(top, kind="stable")
    edges = np.searchsorted(top[order], np.arange(len(near) + 1))
    for unit, number in enumerate(near):
        rows = order[edges[unit] : edges[unit + 1]]
        if number and attraction[rows].sum() > 0:
            voted[rows] += rng.multinomial(number, attraction[rows] / attraction[rows].sum())
    unused = rng.binomial(np.maximum(issued, 1), 0.15) + rng.integers(0, 3, n)
    return {
        "absentee_received": issued + unused,
        "absentee_issued": issued,
        "absentee_issued_territory": territory,
        "absentee_voted": np.minimum(voted, voters),
        "absentee_unused": unused,
        "absentee_lost": np.zeros(n, dtype=np.int64),
    }


def overdispersed(mean: NDArray[np.floating], dispersion: float, rng: np.random.Generator) -> Integers:
    """Negative binomial counts with variance μ + μ²/dispersion."""
    return np.asarray(rng.poisson(mean * rng.gamma(dispersion, 1 / dispersion, len(mean))))
