"""Certificates that a ledger of serial numbers says were used more than once: exact, no model."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forensics.finding import Finding
from forensics.kernels.ledger import Uses, uses
from forensics.messages.message import Sentences
from forensics.tables.certificates import Certificates
from forensics.tables.returns import Returns

#: Certificates that a finding lists, those with most uses first.
LISTED = 50

SAY = Sentences(
    "serials",
    null="Each certificate is used at most once: none of the {n:,} serial numbers used is there twice.",
    exclusion="{n:,} {n:plural:entry|entries} without a serial number.",
    typed="Serial numbers typed wrongly or shortened, so that two certificates share one.",
    again="One use entered twice, where lists were put together (uses at one place only).",
    series="Numbers that are unique within a series or a region only, listed without it.",
    handed="A certificate that was taken back and issued again.",
)


def serials(returns: Returns, table: Certificates) -> Finding:
    """The finding for the whole ledger.

    ``statistic``: certificates used more than once. ``effect``: uses beyond the first per 1,000
    certificates used. Serial numbers stand as keyed digests.
    """
    found = uses(table.serial, table.issued_by, table.used_at, len(table.hashes))
    used = int(np.count_nonzero(found.times))
    repeated = np.flatnonzero(found.times > 1)
    extra = int((found.times[repeated] - 1).sum())
    ledger = bool((found.issuers > 0).any())
    worst = repeated[np.lexsort((table.hashes[repeated].astype(np.str_), -found.times[repeated]))][:LISTED]
    return Finding(
        method="certificate_ledger",
        family="carousel",
        quantity="serials",
        scope=returns.scope,
        null=SAY("null", n=used),
        statistic=float(len(repeated)),
        effect=1000 * extra / used if used else None,
        unit="uses beyond the first per 1,000 certificates used",
        n=len(table),
        excluded=table.blank,
        exclusion=SAY("exclusion", n=table.blank) if table.blank else None,
        underpowered=used == 0,
        innocent=SAY.all("typed", "again", "series", "handed"),
        parameters={"listed": LISTED},
        detail={
            "serials": int(np.count_nonzero(found.known)),
            "used": used,
            "used_twice": len(repeated),
            "extra": extra,
            "two_places": int(np.count_nonzero(found.places > 1)),
            "most": int(found.times.max(initial=0)),
            "issued_twice": int(np.count_nonzero(found.issuers > 1)),
            "never_issued": int(np.count_nonzero((found.times > 0) & (found.issuers == 0)))
            if ledger
            else None,
            "repeated": [
                [str(table.hashes[i]), int(found.times[i]), int(found.places[i])] for i in worst.tolist()
            ],
        },
        precincts=_by_precinct(returns, table, found),
    )


def _by_precinct(returns: Returns, table: Certificates, found: Uses) -> NDArray[np.float64] | None:
    """Uses of repeated certificates in each precinct, where its name alone tells it."""
    names = returns.frame["precinct"].astype("str")
    if names.duplicated().any():
        return None
    again = found.entries[found.times[table.serial[found.entries]] > 1]
    place, count = np.unique(table.used_at[again].astype(np.str_), return_counts=True)
    at = dict(zip(place.tolist(), count.tolist(), strict=True))
    return names.map(lambda name: float(at.get(name, 0))).to_numpy(dtype=np.float64)
