"""One declared pair answers; all other headlines are adjusted for their number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from forensics.commissions.association import Association
from forensics.commissions.inference import Inference
from forensics.kernels.stepdown import benjamini_hochberg, romano_wolf


def adjusted(
    items: Sequence[Association], headlines: Sequence[Inference | None]
) -> tuple[Association, ...]:
    """The associations with adjusted p-values on the headlines that are not primary.

    Benjamini–Hochberg over their leading p-values, Romano–Wolf over their wild bootstrap, whose
    draws they share where their clusters are the same.

    Parameters
    ----------
    items : sequence of Association
    headlines : sequence of Inference or None
        The inference of each headline, ``None`` for other models.
    """
    result = list(items)
    led = [
        (place, found)
        for place, (item, found) in enumerate(zip(items, headlines, strict=True))
        if found is not None and not item.primary and found.p is not None
    ]
    if not led:
        return tuple(result)
    false_discovery = benjamini_hochberg(np.array([found.p for _, found in led], dtype=np.float64))
    for (place, _), value in zip(led, false_discovery, strict=True):
        result[place] = replace(result[place], p_bh=float(value))
    drawn = [(p, f) for p, f in led if f.draws is not None and f.statistic is not None]
    if drawn:
        statistics = np.array([found.statistic for _, found in drawn], dtype=np.float64)
        family_wise = romano_wolf(statistics, np.stack([f.draws for _, f in drawn if f.draws is not None]))
        for (place, _), value in zip(drawn, family_wise, strict=True):
            result[place] = replace(result[place], p_romano_wolf=float(value))
    return tuple(result)
