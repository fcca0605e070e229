"""Returns drawn from the finite mixture."""

from __future__ import annotations

import numpy as np
import pandas as pd

from forensics.kernels.mixture import model
from forensics.kernels.mixture.votes import simulate
from forensics.tables.returns import Returns


def election(n: int, ratios: tuple[float, float], seed: int, levels: bool = True) -> Returns:
    """Returns drawn from the model, in 3 regions."""
    rng = np.random.default_rng(seed)
    at = model.Globals(
        np.array(ratios),
        tuple(np.array([x]) for x in (0.2, -0.2, 0.6, 0.0, 0.8, 0.8)),
        np.array([0.05, 0.05, 0.1, 0.1, 0.1, 0.1]),
    )
    registered = rng.integers(200, 1500, n)
    size = registered.astype(float)
    t, w, _ = simulate(model.Counts(size, size, size), at, rng)
    ballots, votes = t.astype(int), np.minimum(w, t).astype(int)
    columns = {
        "precinct": [str(i) for i in range(n)],
        "registered": registered,
        "ballots": ballots,
        "votes_a": votes,
        "votes_b": ballots - votes,
    }
    frame = pd.DataFrame({"region": [f"R{i % 3}" for i in range(n)], **columns} if levels else columns)
    return Returns(frame, leader="a")
