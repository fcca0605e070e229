"""Real returns for the benchmarks; skipped where they are not beside the checkout."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def russia_2018() -> Path:
    """The published file of 97,699 precincts."""
    path = SHARED / "raw" / "russia-2018.csv.zip"
    if not path.is_file():
        pytest.skip("the published returns of 2018 are not beside this checkout (../shared/data/raw)")
    return path
