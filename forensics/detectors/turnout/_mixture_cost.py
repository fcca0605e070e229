"""What a fit of the finite mixture costs, told before it starts."""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from forensics.detectors.shares import looked_at
from forensics.detectors.turnout._mixture_fit import check_model, check_sampling
from forensics.detectors.turnout._mixture_input import FEWEST, mixture_input
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
    minimum: int = 1,
    model: str = "qbl",
    level_effects: str = "auto",
    chains: int = 4,
    n_draws: int = 300,
    warm_up: int = 150,
    n_jobs: int = 1,
    **_: Any,
) -> Message | None:
    """Processor time of a run on these returns, and how long it takes with these workers.

    ``None`` where too few precincts can be used for a fit.

    Raises
    ------
    ConfigError
        As the run would.
    """
    check_sampling(chains, n_draws, warm_up, n_jobs)
    check_model(model)
    given = [mixture_input(returns, votes, minimum, level_effects) for votes in looked_at(returns, option)]
    sizes = [len(one.rows) for one in given if len(one.rows) >= FEWEST]
    if not sizes:
        return None
    start, start_thousand, alone, thousand = MILLISECONDS[model, bool(given[0].levels)]
    each = warm_up + n_draws
    of_chains = [start + start_thousand * n / 1000 + each * (alone + thousand * n / 1000) for n in sizes]
    minutes = chains * sum(of_chains) / 60_000
    workers = min(chains, n_jobs if n_jobs > 0 else os.cpu_count() or 1)
    rounds = -(-chains // workers)
    return SAY(
        "cost",
        fits=len(sizes),
        chains=chains,
        iterations=each,
        n=max(sizes),
        minutes=minutes,
        wall=minutes * rounds / chains,
        workers=workers,
    )
