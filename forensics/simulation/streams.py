"""One stream of random numbers per purpose, so that a part switched on does not move the others."""

from __future__ import annotations

from zlib import crc32

import numpy as np

from forensics.kernels.seeding import generator

Rng = np.random.Generator | int | None


class Streams:
    """Independent generators by name, all of them made from one seed.

    Parameters
    ----------
    rng : Generator or int, optional
        One number is taken from it; the names do the rest, whatever order they are asked in.

    Raises
    ------
    ConfigError
        If a seed is no whole number from 0 on.
    """

    def __init__(self, rng: Rng = None) -> None:
        self.entropy = int(generator(rng).integers(2**63))

    def __call__(self, name: str) -> np.random.Generator:
        """The generator of a name, from its beginning."""
        return np.random.default_rng([self.entropy, crc32(name.encode())])
