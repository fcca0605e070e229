"""Studies of the finite mixture's sampler: ranks of the truth, coverage of planted shares, clean elections.

Run as ``python benchmarks/mixture_studies.py ranks --sets 200``, ``… levels --sets 100`` (ranks with
level intercepts), ``… binomial --sets 100`` (ranks of the variant ``bl``), ``… coverage --sets 50``,
``… clean returns.parquet --option NAME --levels region district`` and ``… cost``. Every set is a line of
JSON in ``--out``; sets that are there already are not run again, so a study can be interrupted.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from scipy.special import logit
from scipy.stats import chisquare

from forensics.kernels.convergence import bulk_size, highest_density, rhat
from forensics.kernels.mixture import model
from forensics.kernels.mixture.chain import first, run_chain
from forensics.kernels.mixture.chains import fit
from forensics.kernels.mixture.mode import apart_of, find_mode
from forensics.kernels.mixture.votes import simulate

#: Draws of a chain in the studies of many sets; ranks are taken among every 12th draw.
WARM, KEEP, THIN = 120, 240, 12
#: What users get unless they ask for more: an interval of few draws is too short.
WARM_UP, DRAWS = 150, 300
#: Shares of incremental precincts that are planted, precincts of an election.
PLANTED, PRECINCTS = (0.02, 0.05, 0.2), 400
NAMES = (
    "pi1",
    "pi2",
    "pi3",
    "logit r2",
    "logit r3",
    *model.EFFECTS,
    *(f"log e {x}" for x in model.EFFECTS),
)
#: Regions, and units of the lowest level, of ten precincts each, of elections with level intercepts.
REGIONS, UNITS = 4, 20
#: Precincts of elections of the variant, and the part of its (there flat) priors that they come from:
#: least ratio, largest size of an intercept.
OF_VARIANT, LEAST, LARGEST = 100, 0.3, 1.0
#: Fewest draws in that part among which a rank is taken: among none it would be uniform whatever is drawn.
WITHIN = 10


def better_start(counts: model.Counts, rng: np.random.Generator) -> bool:
    """Whether the contaminated start leads to the better mode, by Laplace's evidence."""
    told = []
    for contaminated in (False, True):
        mode = find_mode(counts, first(counts, contaminated, rng))
        told.append(mode.value + 0.5 * float(np.linalg.slogdet(mode.covariance)[1]))
    return told[1] > told[0] + 0.5


def ranks_of(seed: int) -> dict[str, Any]:
    """Ranks of parameters drawn from the prior, 200 precincts (Talts and others 2018)."""
    return _ranks(np.random.default_rng([seed, 17]), ())


def ranks_with_levels(seed: int) -> dict[str, Any]:
    """The same with intercepts of regions and of units within them."""
    code = np.repeat(np.arange(UNITS), 200 // UNITS)
    return _ranks(np.random.default_rng([seed, 18]), (code * REGIONS // UNITS, code))


def _ranks(rng: np.random.Generator, units: tuple[Any, ...]) -> dict[str, Any]:
    at = model.Globals(
        rng.random(2),
        tuple(np.array([np.sqrt(model.INTERCEPT) * rng.standard_normal()]) for _ in range(6)),
        rng.exponential(1 / model.RATE, 6),
    )
    size = rng.integers(100, 1000, 200).astype(float)
    apart = np.zeros((2, 200))
    for code in units:
        apart += rng.standard_normal((2, code.max() + 1))[:, code]
    t, w, _ = simulate(model.Counts(size, size, size, (), units), at, rng, (apart[0], apart[1]))
    counts = model.Counts(size, t, w, (), units)
    chain = run_chain(counts, better_start(counts, rng), rng, warm=WARM, keep=KEEP)
    true = np.concatenate([at.pi, model.pack(at)])
    draws = np.concatenate([chain.pi, chain.phi], axis=1)
    return {
        "rank": (draws[THIN - 1 :: THIN] < true).sum(axis=0).tolist(),
        "ess": [round(bulk_size(draws[None, :, k])) for k in range(draws.shape[1])],
    }


def ranks_of_variant(seed: int) -> dict[str, Any]:
    """Ranks of parameters of the variant ``bl``, of the mode with the best evidence.

    They come from a part of the prior, so the rank is that among the draws in the same part, on the
    scale of as many as there would be without it. Which sets have enough of them depends on the counts
    and the draws, given which ranks are uniform.
    """
    rng = np.random.default_rng([seed, 19])
    beta = rng.uniform(-LARGEST, LARGEST, (6, 1))
    at = model.Globals(rng.uniform(LEAST, 1, 2), tuple(beta), np.full(6, 1e-12))
    size = rng.integers(200, 1500, OF_VARIANT).astype(float)
    t, w, _ = simulate(model.Counts(size, size, size), at, rng)
    found = fit(model.Counts(size, t, w), seed, model="bl", chains=4, warm=WARM, keep=KEEP)
    draws = np.concatenate([found.best[0].pi, found.best[0].phi], axis=1)
    true = np.concatenate([at.pi, model.pack(at)[: draws.shape[1] - 3]])
    draws = draws[THIN - 1 :: THIN]
    number = len(draws) + 1
    within = (draws[:, 3:5] > logit(LEAST)).all(axis=1) & (np.abs(draws[:, 5:]) < LARGEST).all(axis=1)
    share = ((draws[within] < true).sum(axis=0) + rng.random(len(true))) / (within.sum() + 1)
    return {
        "rank": np.floor(number * share).astype(int).tolist(),
        "within": int(within.sum()),
        "modes": [list(mode.chains) for mode in found.modes],
    }


def coverage_of(seed: int, share: float) -> dict[str, Any]:
    """Whether the interval of a planted share of incremental precincts holds it."""
    rng = np.random.default_rng([seed, int(1000 * share)])
    at = model.Globals(
        np.array([share / (0.99 - share), 0.01 / (0.99 - share)]),
        tuple(np.array([x]) for x in (0.2, -0.2, 0.6, 0.0, 0.8, 0.8)),
        np.array([0.08, 0.08, 0.1, 0.1, 0.1, 0.1]),
    )
    size = rng.integers(200, 1500, PRECINCTS).astype(float)
    t, w, _ = simulate(model.Counts(size, size, size), at, rng)
    counts = model.Counts(size, t, np.minimum(w, t))
    found = fit(counts, seed, warm=WARM_UP, keep=DRAWS)
    low, high = highest_density(np.concatenate([chain.pi[:, 1] for chain in found.best]))
    return {
        "rhat": found.rhat,
        "modes": len(found.modes),
        "share": share,
        "low": low,
        "high": high,
        "holds": bool(low <= share <= high),
    }


def counts_of(path: Path, option: str, levels: list[str], some: int | None) -> model.Counts:
    """Counts of a table of returns with columns ``registered``, ``valid`` and ``votes_<option>``."""
    frame = pd.read_parquet(path)
    n, t, w = (frame[name].to_numpy(float) for name in ("registered", "valid", f"votes_{option}"))
    rows = np.flatnonzero((n >= 1) & (t >= 0) & (t <= n) & (w >= 0) & (w <= t))
    if some is not None and some < len(rows):
        rows = np.sort(np.random.default_rng(2018).choice(rows, some, replace=False))
    units, above = [], np.zeros(len(rows), dtype=np.intp)
    for name in levels:
        codes = frame[name].astype("category").cat.codes.to_numpy()[rows]
        above = (
            np.unique(np.stack([above, codes]), axis=1, return_inverse=True)[1].reshape(-1).astype(np.intp)
        )
        units.append(above)
    return model.Counts(n[rows], t[rows], w[rows], (), tuple(units))


#: Studies of many sets: what is done with a seed, and with what else.
STUDIES: dict[str, tuple[Any, tuple[tuple[Any, ...], ...]]] = {
    "ranks": (ranks_of, ((),)),
    "levels": (ranks_with_levels, ((),)),
    "binomial": (ranks_of_variant, ((),)),
    "coverage": (coverage_of, tuple((share,) for share in PLANTED)),
}


def sampled(counts: model.Counts, warm: int, keep: int, jobs: int, chains: int) -> dict[str, Any]:
    """Modes, π with intervals, convergence and cost of some chains."""
    began, wall = time.process_time(), time.perf_counter()
    found = fit(counts, 2018, chains=chains, warm=warm, keep=keep, n_jobs=jobs)
    pi = np.concatenate([chain.pi for chain in found.best])
    phi = np.array([chain.phi for chain in found.best])
    return {
        "precincts": len(counts),
        "modes": [
            [list(mode.chains), mode.pi.tolist(), mode.log_evidence and mode.log_evidence.value]
            for mode in found.modes
        ],
        "pi": pi.mean(axis=0).tolist(),
        "interval": [list(highest_density(pi[:, k])) for k in range(3)],
        "rhat": found.rhat,
        "ess": min(found.bulk, found.tail),
        "ess_slowest": min(bulk_size(phi[:, :, k]) for k in range(phi.shape[2])),
        "rhat_slowest": max(rhat(phi[:, :, k]) for k in range(phi.shape[2])),
        "processor_seconds": time.process_time() - began if jobs == 1 else None,
        "seconds": time.perf_counter() - wall,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def clean_of(counts: model.Counts, seed: int) -> model.Counts:
    """A clean election of the same size: the honest class of the fitted model, its levels kept."""
    rng = np.random.default_rng([seed, 97])
    mode = find_mode(counts, first(counts, False, rng))
    apart = apart_of(mode.levels, counts, mode.at)
    at = model.Globals(np.full(2, 1e-12), mode.at.beta, mode.at.e)
    t, w, _ = simulate(counts, at, rng, apart)
    return model.Counts(counts.n, t, np.minimum(w, t), counts.designs, counts.units)


def told(rows: list[dict[str, Any]], study: str) -> None:
    """Print what a study says so far."""
    if rows and "rank" in rows[0]:
        every = len(rows)
        rows = [row for row in rows if row.get("within", WITHIN) >= WITHIN]
        if len(rows) < every:
            print(f"{every - len(rows)} sets left out: fewer than {WITHIN} draws in the part of the prior")
        ranks = np.array([row["rank"] for row in rows])
        number = KEEP // THIN + 1
        print(f"{len(rows)} sets, ranks among {number - 1} draws, in {number // 3} classes")
        for k, name in enumerate(NAMES[: ranks.shape[1]]):
            seen = np.bincount(ranks[:, k] // 3, minlength=number // 3)
            mean = (ranks[:, k].mean() - (number - 1) / 2) / np.sqrt((number**2 - 1) / 12 / len(rows))
            print(f"{name:12} p = {chisquare(seen).pvalue:.3f}  mean rank z = {mean:+.2f}")
    elif study == "coverage":
        for share in PLANTED:
            holds = [row["holds"] for row in rows if row["share"] == share]
            print(f"planted {share:.0%}: {sum(holds)} of {len(holds)} intervals hold it")
    else:
        for row in rows:
            print(json.dumps(row))


def main() -> None:
    """Run a study from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", choices=(*STUDIES, "clean", "cost"))
    parser.add_argument("returns", type=Path, nargs="?")
    parser.add_argument("--option", default="")
    parser.add_argument("--levels", nargs="*", default=[])
    parser.add_argument("--sets", type=int, default=10)
    parser.add_argument("--precincts", type=int)
    parser.add_argument("--draws", type=int, nargs=2, default=(200, 300), metavar=("WARM", "KEEP"))
    parser.add_argument("--chains", type=int, default=4)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("mixture_studies.jsonl"))
    given = parser.parse_args()
    if given.study in ("clean", "cost") and not (given.returns and given.option):
        parser.error(f"{given.study} is about an election: name its returns and --option")
    lines = given.out.read_text().splitlines() if given.out.exists() else []
    rows = [row for row in map(json.loads, lines) if row["study"] == given.study]

    def write(key: list[Any], found: dict[str, Any]) -> None:
        rows.append({"study": given.study, "key": key, **found})
        with given.out.open("a") as file:
            file.write(json.dumps(rows[-1]) + "\n")

    def keep(key: list[Any], run: Any) -> None:
        if not any(row["key"] == key for row in rows):
            write(key, run())

    if given.study in STUDIES:
        of_seed, others = STUDIES[given.study]
        wanted = [[seed, *other] for seed in range(given.sets) for other in others]
        wanted = [key for key in wanted if not any(row["key"] == key for row in rows)]
        coming = joblib.Parallel(n_jobs=given.jobs, return_as="generator")(
            joblib.delayed(of_seed)(*key) for key in wanted
        )
        for key, found in zip(wanted, coming, strict=True):
            write(key, found)
    else:
        counts = counts_of(given.returns, given.option, given.levels, given.precincts)
        name = [given.returns.stem, given.levels, len(counts)]
        how = (*given.draws, given.jobs, given.chains)
        keep([*name, "observed"], lambda: sampled(counts, *how))
        for seed in range(given.sets if given.study == "clean" else 0):
            keep([*name, seed], lambda s=seed: sampled(clean_of(counts, s), *how))
    told(rows, given.study)


if __name__ == "__main__":
    main()
