"""
The same audit on a cluster
===========================

Which question: do the numbers depend on where they are computed? They do not: every detector draws from
a stream of its own, so that one worker, four, or a cluster give the same findings. joblib carries the
work; with ``forensics[dask]`` installed it goes to the scheduler that you name, here one on this machine.
"""

from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

import joblib

import forensics
from forensics import simulation

TESTS = ("last_digit", "integer_percent", "turnout_edge")

returns = simulation.clean(n=1500, rng=1)
plan = forensics.make_plan(returns, seed=7, only=TESTS)
alone = forensics.audit(returns, plan=plan)

with ExitStack() as stack:
    if find_spec("distributed") is not None:
        from distributed import Client

        # A cluster's address goes here: Client("tcp://scheduler:8786").
        stack.enter_context(Client(processes=False, n_workers=2, dashboard_address=None))
        stack.enter_context(joblib.parallel_config(backend="dask"))
        print("on dask")
    else:
        stack.enter_context(joblib.parallel_config(backend="threading"))
        print("dask is not installed: on threads")
    together = forensics.audit(returns, plan=plan, n_jobs=2)

# The same bytes, not only nearly the same numbers.
one, many = forensics.findings_json(alone), forensics.findings_json(together)
print("the same findings:", one == many, f"({len(alone.findings.tested)} of them)")
assert one == many

# A file larger than memory is a folder of parquet parts; detectors with sums that add up run part by part.
drawn = next(finding for finding in together.findings.tested if finding.pictures)
ax = drawn.plot()
ax.figure.savefig(Path("dask.png"), dpi=110)
