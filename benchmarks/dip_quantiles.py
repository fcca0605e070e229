"""Quantiles of √n · dip for uniform samples: prints the table of ``forensics/kernels/dip_quantiles.py``.

Run as ``python benchmarks/dip_quantiles.py`` (about twenty minutes on one
core). Rows: sample sizes; columns: the number of samples drawn and the quantile at each level.
"""

from __future__ import annotations

import sys

import numpy as np

from forensics.kernels.dip import dip

SEED = 1985
#: Sample size and number of samples; fewer where a sample is dear and the limit is near.
SIZES = (
    (10, 200_000), (15, 200_000), (20, 200_000), (30, 200_000), (50, 200_000), (75, 200_000),
    (100, 200_000), (150, 200_000), (200, 200_000), (300, 200_000), (500, 200_000), (1000, 150_000),
    (2000, 100_000), (5000, 50_000), (10_000, 25_000), (30_000, 10_000), (100_000, 5_000),
)  # fmt: skip
LEVELS = (
    0.001, 0.005, 0.01, 0.02, 0.05, *(round(0.05 * i, 2) for i in range(2, 19)),
    0.925, 0.95, 0.96, 0.97, 0.975, 0.98, 0.985, 0.99, 0.995, 0.998, 0.999, 0.9995,
)  # fmt: skip


def main() -> None:
    """Simulate every size with a stream of its own and print the table as csv."""
    print(",".join(["n", "samples", *map(str, LEVELS)]))
    for (n, samples), seed in zip(SIZES, np.random.SeedSequence(SEED).spawn(len(SIZES)), strict=True):
        rng = np.random.default_rng(seed)
        scaled = np.sqrt(n) * np.array([dip(rng.random(n)).dip for _ in range(samples)])
        print(n, samples, *(f"{q:.5f}" for q in np.quantile(scaled, LEVELS)), sep=",")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
