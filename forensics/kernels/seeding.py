"""Sources of random numbers from what a caller gives: a seed, a generator, or nothing."""

from __future__ import annotations

from numbers import Integral

import numpy as np

from forensics.errors import ConfigError


def generator(rng: np.random.Generator | int | None) -> np.random.Generator:
    """A generator from a seed; a generator stays the one it is.

    Parameters
    ----------
    rng : Generator, int or None
        A whole number from 0 on, or nothing for numbers that never come again.

    Raises
    ------
    ConfigError
        If it is something else.
    """
    if rng is None or isinstance(rng, np.random.Generator):
        return np.random.default_rng(rng)
    return np.random.default_rng(seed_of(rng))


def seed_of(rng: object) -> int:
    """A seed that can be written down: a whole number from 0 on.

    Raises
    ------
    ConfigError
        If it is no whole number, or below 0.
    """
    if isinstance(rng, bool) or not isinstance(rng, Integral) or rng < 0:
        raise ConfigError(f"rng is {rng!r}; a seed is a whole number from 0 on")
    return int(rng)
