"""What a fit of the finite mixture costs, told before it starts."""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from forensics.kernels.mixture.chain import iterations
from forensics.messages.message import Message, Sentences
from forensics.tables.returns import Returns

SAY = Sentences(
    "mixture_cost",
    cost="finite_mixture: {fits:,} {fits:plural:fit|fits} of {chains} chains with {iterations:,} "
    "iterations each on {n:,} precincts: about {minutes:,.1f} minutes of processor time, "
    "{wall:,.1f} minutes on {workers} {workers:plural:worker|workers} (a chain is one process).",
)
#: Processor milliseconds of a chain's mode and of an iteration, and those that every thousand precincts
#: add to each, by the model and whether level intercepts enter: measured with 1,000 and 91,000 precincts
#: (with levels 4,000 to 97,699, ``bl`` 300 and 900) on cores that others used too.
MILLISECONDS: Mapping[tuple[str, bool], tuple[float, float, float, float]] = MappingProxyType(
    {
        ("qbl", False): (4000, 2500, 10, 20),
        ("qbl", True): (4000, 6000, 10, 40),
        ("bl", False): (0, 0, 2, 15),
        ("bl", True): (0, 0, 2, 15),
    }
)


def cost(
    returns: Returns,
    /,
    *,
    option: str | None = None,
    model: str = "qbl",
    level_effects: str = "auto",
    chains: int = 4,
    n_draws: int = 300,
    warm_up: int = 150,
    n_jobs: int = 1,
    **_: Any,
) -> Message:
    """Processor time of a run on these returns, and how long it takes with these workers."""
    n = len(returns)
    each = iterations(warm_up, n_draws)
    fits = len(returns.options) if option == "all" else 1
    levels = bool(returns.levels) and level_effects != "none"
    known = MILLISECONDS.get((model, levels), MILLISECONDS["qbl", levels])
    start, start_thousand, alone, thousand = known
    of_chain = start + start_thousand * n / 1000 + each * (alone + thousand * n / 1000)
    seconds = fits * chains * of_chain / 1000
    workers = min(chains, n_jobs if n_jobs > 0 else os.cpu_count() or 1)
    rounds = -(-chains // workers)
    return SAY(
        "cost",
        fits=fits,
        chains=chains,
        iterations=each,
        n=n,
        minutes=seconds / 60,
        wall=seconds / 60 * rounds / chains,
        workers=workers,
    )
