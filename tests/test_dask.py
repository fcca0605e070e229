"""A calibration on a cluster of the user's own: a worker that is killed changes no byte."""

from __future__ import annotations

import warnings

import joblib
import pytest
from lethal import lethal

from forensics.auditing.plan import make_plan
from forensics.auditing.runner import run_plan
from forensics.evidence.calibration import calibration_of
from forensics.report.json_text import dumps
from forensics.simulation import clean

# Enough precincts for a test of last digits to have a p-value.
SIZE, SEED = 700, 3
ASKED = {"simulations": 6, "most": 6, "detectors": ["last_digit"], "manipulations": [], "rng": SEED}

distributed = pytest.importorskip(
    "distributed", reason='dask.distributed is not installed: pip install "forensics[dask]"'
)

# The scheduler says on its own streams that a worker is gone, and closes sockets when it likes.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def cluster():
    """Two worker processes on this machine, as a user would start them elsewhere."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        with (
            distributed.LocalCluster(
                n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
            ) as local,
            distributed.Client(local) as client,
        ):
            yield client


def test_a_calibration_on_a_cluster_survives_a_killed_worker(cluster, tmp_path):
    returns = lethal(tmp_path / "wounds", n=SIZE, most=1, rng=SEED)
    alone = calibration_of(clean(n=SIZE, rng=SEED), **ASKED)
    kept = tmp_path / "kept"
    with joblib.parallel_config(backend="dask"):
        spread = calibration_of(returns, resume=kept, **ASKED)
    assert dumps(spread.to_dict()) == dumps(alone.to_dict())
    assert alone.readings
    assert len(list((tmp_path / "wounds").iterdir())) == 1
    assert list(kept.glob("*.jsonl"))


def test_an_audit_on_a_cluster_is_that_of_one_process(cluster):
    returns = clean(n=SIZE, rng=SEED)
    plan = make_plan(returns, seed=SEED, only=["last_digit", "reference_bin", "turnout_edge"])
    alone = [item.to_dict() for item in run_plan(returns, plan)]
    with joblib.parallel_config(backend="dask"):
        spread = [item.to_dict() for item in run_plan(returns, plan)]
    assert dumps(spread) == dumps(alone)
