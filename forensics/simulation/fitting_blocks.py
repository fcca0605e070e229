"""Parameters of the further columns of given returns: papers, additions, certificates, hours, slips."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.simulation.parameters import Accounting, Certificates, Clerical, Hours, Lists
from forensics.simulation.precincts import Precincts
from forensics.tables.imbalance import imbalances
from forensics.tables.returns import Returns
from forensics.tables.series import read_series

Floats = NDArray[np.float64]
Chosen = NDArray[np.bool_]

#: Identities whose breaks are slips of the pen: sums of the same protocol.
SUMS = ("ballots_are_valid_and_invalid", "votes_are_valid")
#: Concentrations and dispersions, least and most.
LEAST, MOST = 0.05, 1e4


def fitted_blocks(returns: Returns, precincts: Precincts, used: Chosen) -> dict[str, Any]:
    """The fields of a specification besides its rates, as far as the returns tell of them."""
    part = returns.part(used)
    blocks: dict[str, Any] = {}
    if part.has("invalid", "ballots"):
        blocks["invalid"], blocks["invalid_concentration"] = _overdispersed_share(
            part.counts("invalid"), part.counts("ballots")
        )
    else:
        blocks["invalid"] = 0.0
    blocks["carried_off"] = _carried_off(part)
    rate = _slips(part)
    if rate > 0:
        blocks["clerical"] = Clerical(rate=rate)
    if not part.has("registered"):
        return blocks
    if part.has("ballots_received") or part.has("box_portable"):
        blocks["accounting"] = _accounting(part)
    added = _added(part)
    if added is not None:
        blocks["lists"] = Lists(**_rate(added, part.counts("registered"), "added"))
    if part.has("absentee_issued", "absentee_voted"):
        blocks["certificates"] = _certificates(part)
    hours = _hours(part)
    if hours is not None:
        blocks["hours"] = hours
    return blocks


def _share(x: Floats, n: Floats) -> float:
    known = (x >= 0) & (n > 0) & (x <= n)
    return float(x[known].sum() / n[known].sum()) if known.any() else 0.0


def _overdispersed_share(x: Floats, n: Floats) -> tuple[float, float]:
    """Pooled share and beta concentration, from the variance beyond binomial."""
    known = (x >= 0) & (n > 1) & (x <= n)
    if not known.any():
        return 0.0, MOST
    x, n = x[known], n[known]
    p = float(x.sum() / n.sum())
    spread = p * (1 - p)
    excess = float(((x - n * p) ** 2 - n * spread).sum())
    whole = float((n * (n - 1) * spread).sum())
    concentration = whole / excess - 1 if excess > 0 else MOST
    return p, float(np.clip(concentration, LEAST, MOST))


def _carried_off(returns: Returns) -> float:
    """Share of ballots that were issued and not found; a reader's own sums tell nothing."""
    if not returns.has("issued", "ballots") or "ballots" in returns.derived:
        return 0.0
    issued, ballots = returns.counts("issued"), returns.counts("ballots")
    return _share(np.maximum(issued - ballots, 0.0), issued)


def _slips(returns: Returns) -> float:
    """Share of protocols with a sum that is off."""
    found, _ = imbalances(returns)
    off = np.zeros(len(returns), dtype=bool)
    for item in found:
        if item.id in SUMS and not item.innocent:
            off |= item.violated
    return float(off.mean())


def _rate(x: Floats, size: Floats, name: str) -> dict[str, float]:
    """Pooled rate and negative-binomial dispersion by moments."""
    known = (x >= 0) & (size > 0)
    x, size = x[known], size[known]
    rate = float(np.clip(x.sum() / size.sum(), 0, 1)) if len(x) else 0.0
    mean = rate * size
    excess, whole = float(((x - mean) ** 2 - mean).sum()), float((mean**2).sum())
    dispersion = whole / excess if excess > 0 else MOST
    return {name: rate, "dispersion": float(np.clip(dispersion, LEAST, MOST))}


def _added(returns: Returns) -> Floats | None:
    if returns.has("voters_added"):
        return returns.counts("voters_added")
    if returns.has("registered_initial"):
        return np.asarray(returns.counts("registered") - returns.counts("registered_initial"))
    return None


def _certificates(returns: Returns) -> Certificates:
    issued, voted = returns.counts("absentee_issued"), returns.counts("absentee_voted")
    size = returns.counts("registered")
    territory = 0.0
    if returns.has("absentee_issued_territory"):
        territory = float(np.nansum(returns.counts("absentee_issued_territory")))
    whole = float(np.nansum(issued))
    used = float(np.nansum(voted)) / max(whole + territory, 1.0)
    dispersion = _rate(voted, size, "issued")["dispersion"]
    return Certificates(
        issued=_rate(issued, size, "issued")["issued"],
        used=min(used, 1.0),
        territory=min(territory / max(whole, 1.0), 1.0),
        dispersion=dispersion,
    )


def _accounting(returns: Returns) -> Accounting:
    given: dict[str, float] = {}
    issued = returns.counts(returns.turnout_of)
    outside = next((c for c in ("issued_outside", "box_portable") if returns.has(c)), None)
    if outside:
        given["outside"], concentration = _overdispersed_share(returns.counts(outside), issued)
        given["concentration"] = concentration
    if returns.has("issued_early"):
        given["early"] = _share(returns.counts("issued_early"), issued)
    if returns.has("ballots_received"):
        received, size = returns.counts("ballots_received"), returns.counts("registered")
        given["surplus"] = float(np.clip(np.nanmedian(received / size) - 1, 0, 1))
    return Accounting(**given)


def _hours(returns: Returns) -> Hours | None:
    """Profile and concentration of single-day hourly turnout."""
    found = read_series(returns, "hour")
    if found is None or len(found.columns) < 2 or found.days != (1,):
        return None
    running = found.values
    steps = np.diff(running, axis=1, prepend=0.0)
    known = (np.nan_to_num(steps, nan=-1) >= 0).all(axis=1) & (running[:, -1] > 1)
    if not known.any():
        return None
    steps, n = steps[known], running[known, -1]
    profile = np.maximum(steps.sum(axis=0) / n.sum(), 1e-6)
    square = ((steps / n[:, None] - profile) ** 2).sum(axis=1)
    diversity = 1 - float((profile**2).sum())
    excess = float((square - diversity / n).sum())
    concentration = float((diversity * (1 - 1 / n)).sum()) / excess - 1 if excess > 0 else MOST
    return Hours(
        hours=tuple(int(hour) if hour == int(hour) else hour for hour in found.hour.tolist()),
        profile=tuple(profile.tolist()),
        concentration=float(np.clip(concentration, 1.0, MOST)),
        unit_concentration=MOST,
    )
