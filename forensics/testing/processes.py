"""The same run in two interpreters that hash texts differently."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path

from forensics.tables.returns import Returns
from forensics.testing.rules import Outcome
from forensics.testing.subject import Subject

SEEDS = ("1", "4242")
#: What each interpreter does: the detector by its module and name, the rest from a file.
PROGRAM = """
import importlib, json, pickle, sys
sys.path[:] = json.loads(sys.argv[3])
with open(sys.argv[2], "rb") as file:
    returns, parameters = pickle.load(file)
module, name = sys.argv[1].split(":")
from forensics.testing.subject import numbers
found = getattr(importlib.import_module(module), name)(returns, **parameters)
print(json.dumps(numbers(found)))
"""


def hash_seed(subject: Subject, returns: Returns) -> Outcome:
    """Findings, in their order, from two processes."""
    function = subject.entry.run
    module, name = function.__module__, function.__name__  # type: ignore[attr-defined]
    if getattr(sys.modules.get(module), name, None) is not function or module == "__main__":
        return Outcome("hash_seed", None, f"{module}:{name} cannot be imported by another process")
    parameters = dict(subject.beside(returns))
    if "rng" in subject.entry.parameters:
        parameters = {"rng": subject.rng} | parameters
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "given.pickle"
        path.write_bytes(pickle.dumps((returns, parameters)))
        told = [_found(f"{module}:{name}", path, seed) for seed in SEEDS]
    same = told[0] == told[1]
    return Outcome("hash_seed", same, "" if same else "the findings or their order differ")


def _found(place: str, path: Path, seed: str) -> str:
    command = [sys.executable, "-c", PROGRAM, place, str(path), json.dumps(sys.path)]
    environment = os.environ | {"PYTHONHASHSEED": seed}
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=environment)
    if done.returncode:
        raise RuntimeError(f"{place} failed in another process: {done.stderr.strip()}")
    return done.stdout
