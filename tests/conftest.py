"""Shared fixtures: real returns where they are at hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# The same examples on every machine, however slow: a failure here is one that can be run again.
settings.register_profile(
    "house", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("house")

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real returns beside the project; the test is skipped where it is missing."""
    if not SHARED.is_dir():
        pytest.skip("real returns are not beside this checkout (../shared/data)")
    return SHARED
