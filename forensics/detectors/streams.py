"""Random streams that depend on what is drawn for, not on what was drawn before.

A detector over many scopes and quantities gives each its own stream: adding a level, a region or a
quantity then changes no other number.
"""

from __future__ import annotations

import hashlib

import numpy as np

Seed = np.random.Generator | int | None


class Streams:
    """Independent generators by key, all from one seed.

    Parameters
    ----------
    rng : int, Generator or None
        An int gives the same streams every time; a Generator is asked once; ``None`` is fresh
        entropy.

    Examples
    --------
    >>> bool(Streams(1).of("national").random() == Streams(1).of("national").random())
    True
    """

    def __init__(self, rng: Seed) -> None:
        if isinstance(rng, (int, np.integer)):
            self.entropy = int(rng)
        else:
            self.entropy = int.from_bytes(np.random.default_rng(rng).bytes(16), "big")

    def of(self, *keys: object) -> np.random.Generator:
        """The stream of some keys (texts, numbers, a :class:`Scope`'s ``key``)."""
        text = ":".join([str(self.entropy), *map(str, keys)])
        return np.random.default_rng(int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big"))
