"""p-values of the units of one level, adjusted together."""

from __future__ import annotations

from collections.abc import Sequence

from scipy.stats import false_discovery_control

from forensics.scope import Scope


def adjusted(scopes: Sequence[Scope], pvalues: Sequence[float | None]) -> list[float | None]:
    """Benjamini–Hochberg within each level; ``None`` stays ``None``, the nation stands alone."""
    result: list[float | None] = list(pvalues)
    for level in dict.fromkeys(scope.level for scope in scopes):
        rows = [i for i, scope in enumerate(scopes) if scope.level == level and pvalues[i] is not None]
        if rows:
            values = false_discovery_control([pvalues[i] for i in rows])
            for i, value in zip(rows, values, strict=True):
                result[i] = float(value)
    return result
