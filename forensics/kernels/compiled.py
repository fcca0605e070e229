"""The window sums of ``spikes`` as a compiled loop, where the extra ``[fast]`` is installed."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Loop = Callable[..., Floats]


@cache
def window_loop() -> Loop | None:
    """The compiled loop, or ``None`` without numba.

    Called as ``loop(size, rate, first, points, factorials, period, a, b)`` with the arguments of
    ``spikes._block`` and the window as the fraction a/b; gives the same sums to 1e-12.
    """
    try:
        import numba
    except ImportError:
        return None
    compiled: Any = numba.njit(cache=True)(_loop)
    return compiled  # type: ignore[no-any-return]


def _loop(
    size: Floats,
    rate: Floats,
    first: Floats,
    points: NDArray[np.intp],
    factorials: Floats,
    period: int,
    a: int,
    b: int,
) -> Floats:
    """Plain Python on purpose: numba compiles it, and a test runs it as it stands."""
    out = np.zeros(len(size))
    for i in range(len(size)):
        n = int(size[i])
        log_none = np.log1p(-rate[i])
        log_odds = np.log(rate[i]) - log_none
        base = factorials[n] + n * log_none
        for j in range(points[i]):
            point = (int(first[i]) + j) * period * b
            low = max(-((-(point - a) * n) // (100 * b)), 0)
            high = min(((point + a) * n) // (100 * b), n)
            for x in range(low, high + 1):
                out[i] += np.exp(base + x * log_odds - factorials[x] - factorials[n - x])
    return out
