"""What the figure of the flow of certificates draws: issued, used, and what crossed borders."""

from __future__ import annotations

from typing import Any

import numpy as np

from forensics.messages.message import Sentences
from forensics.picture import Picture

SAY = Sentences(
    "flow_picture",
    title="Absentee certificates from issue to use",
    caption="Used, by level: covered by what the unit itself issued, and beyond it. So many certificates "
    "at least were used outside the {level} that issued them, or more than once: travel is the usual "
    "reason. {issued:,} issued, {voted:,} used.",
    xlabel="certificates",
)


def flow_picture(total: dict[str, int], balance: int, levels: list[list[Any]]) -> Picture:
    """Bars of a ledger.

    Parameters
    ----------
    total : dict
        ``issued``, ``issued_territory`` and ``voted``.
    balance : int
        Issued by both less voted.
    levels : list
        [level, units, units beyond, certificates beyond] from the top down.
    """
    voted = total["voted"]
    bars = [
        ("issued", "by precincts", total["issued"]),
        ("issued", "by territories", total["issued_territory"]),
    ]
    bars += [("used", "covered", voted + min(balance, 0)), ("used", "beyond", max(-balance, 0))]
    bars.append(("used", "not used", max(balance, 0)))
    for name, _, _, beyond in levels:
        bars += [(f"used, by {name}", "covered", voted - beyond), (f"used, by {name}", "beyond", beyond)]
    stage, part, amount = zip(*bars, strict=True)
    return Picture(
        figure="certificate_flow",
        name="certificate_ledger",
        title=SAY("title"),
        caption=SAY(
            "caption",
            level=", ".join(str(level[0]) for level in levels),
            issued=total["issued"] + total["issued_territory"],
            voted=voted,
        ),
        columns={
            "stage": np.array(stage),
            "part": np.array(part),
            "certificates": np.array(amount, dtype=np.int64),
        },
        labels={"xlabel": SAY("xlabel")},
    )
