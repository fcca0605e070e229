"""Two rounds of one simulated election with a planted transfer of votes, for the tests of flows."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forensics.tables.returns import Returns

#: Options of the first round and of the second; staying at home is the last of either.
FIRST = ("a", "b", "c")
SECOND = ("a", "b")
#: Planted shares of a, b, c and the non-voters that go to a, b and home.
PLANTED = np.array([[0.85, 0.05, 0.10], [0.05, 0.80, 0.15], [0.30, 0.40, 0.30], [0.12, 0.08, 0.80]])


def moved(
    rng: np.random.Generator,
    *,
    territories: int = 200,
    precincts: int = 20,
    planted: NDArray[np.float64] = PLANTED,
    alike: float = 60.0,
    levels: tuple[str, ...] = ("territory",),
) -> tuple[Returns, Returns]:
    """(first round, second round): every voter of option k goes to j with the territory's chance.

    The chances of a territory are drawn around the planted ones (Dirichlet with total ``alike``),
    so the planted matrix is that of the country from which the territories are drawn.
    """
    n = territories * precincts
    territory = np.repeat(np.arange(territories), precincts)
    registered = rng.integers(300, 2500, n)
    options = len(planted)
    effects = rng.normal(0, 0.4, (territories, options))[territory] + rng.normal(0, 0.4, (n, options))
    chances = np.exp(effects + np.log([0.25, 0.2, 0.1, 0.45]))
    before = rng.multinomial(registered, chances / chances.sum(axis=1, keepdims=True))
    now = np.zeros((n, planted.shape[1]), dtype=np.int64)
    for k, row in enumerate(planted):
        own = rng.dirichlet(alike * row, territories)[territory]
        now += rng.multinomial(before[:, k], own)
    names = {
        "region": [f"Region {code // 50 + 1}" for code in territory],
        "territory": [f"Territory {code + 1}" for code in territory],
        "precinct": np.arange(1, n + 1).astype(str),
        "registered": registered,
    }
    names = {c: values for c, values in names.items() if c in (*levels, "precinct", "registered")}
    return table(names, before, FIRST, levels), table(names, now, SECOND, levels)


def table(
    names: dict[str, object], counts: NDArray[np.int64], options: tuple[str, ...], levels: tuple[str, ...]
) -> Returns:
    """Returns of one round; the last column of the counts are those who stayed at home."""
    ballots = counts[:, :-1].sum(axis=1)
    votes = {f"votes_{option}": counts[:, place] for place, option in enumerate(options)}
    frame = pd.DataFrame({**names, "ballots": ballots, **votes})
    return Returns(frame, levels=levels, leader="a")


def shuffled(previous: Returns, level: str, rng: np.random.Generator) -> Returns:
    """Every precinct with the shares of another one of its unit: pairs that are none.

    Shares move, the registered voters stay, so that no pair is refused.
    """
    frame = previous.frame
    codes = previous.units(level).codes
    order = np.lexsort((rng.random(len(frame)), codes))
    source = np.empty(len(frame), dtype=np.intp)
    source[np.argsort(codes, kind="stable")] = order
    registered = previous.counts("registered")
    columns = [f"votes_{option}" for option in previous.options]
    voters = previous.turnout_of
    scale = registered / registered[source]
    votes = {c: np.round(previous.counts(c)[source] * scale) for c in columns}
    rest = previous.counts(voters) - np.sum([previous.counts(c) for c in columns], axis=0)
    taken = np.sum(list(votes.values()), axis=0) + np.round(rest[source] * scale)
    # Rounding may lift a turnout of 100 % by a vote or two.
    changed = {**votes, voters: taken, "registered": np.maximum(registered, taken)}
    kept = frame[[*(previous.levels or ()), "precinct"]]
    return Returns(
        kept.assign(**{c: values.astype("int64") for c, values in changed.items()}),
        levels=previous.levels,
        leader=previous.leader,
    )
