"""What must not change the findings: the order of the rows, names, parts of a file, running twice."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from forensics.finding import Findings
from forensics.tables.reading import read_returns
from forensics.tables.returns import Returns
from forensics.tables.roles import VOTES
from forensics.testing.rules import Outcome
from forensics.testing.subject import Subject, difference

#: Part of the rows that the first of two files holds.
FIRST_PART = 0.4


def order(subject: Subject, returns: Returns, findings: Findings) -> Outcome:
    """Rows in another order."""
    frame = returns.frame
    shuffled = frame.iloc[np.random.default_rng(5).permutation(len(frame))].reset_index(drop=True)
    return _compared("order", subject, _like(returns, shuffled), findings)


def options(subject: Subject, returns: Returns, findings: Findings) -> Outcome:
    """Options under other names, in the same columns."""
    if not returns.options:
        return Outcome("options", None, "the election has no votes by option")
    named = {option: f"renamed{i}" for i, option in enumerate(returns.options)}
    frame = returns.frame.rename(columns={VOTES + old: VOTES + new for old, new in named.items()})
    renamed = Returns(
        frame,
        levels=returns.levels,
        leader=named[returns.leader] if returns.leader else None,
        identities=returns.identities,
        blank_in=returns.blank_in,
    )
    called = {new: old for old, new in named.items()}
    seen = difference(findings, subject.run(renamed), called=called)
    return Outcome("options", not seen, seen)


def precincts(subject: Subject, returns: Returns, findings: Findings) -> Outcome:
    """Precincts under names in another order that hold no numbers."""
    frame = returns.frame
    codes = pd.factorize(frame["precinct"])[0]
    letters = np.array(list("qwertyuiop"))
    frame["precinct"] = ["".join(letters[[int(digit) for digit in f"{code:07d}"[::-1]]]) for code in codes]
    return _compared("precincts", subject, _like(returns, frame), findings)


def split(subject: Subject, returns: Returns, findings: Findings) -> Outcome:
    """The same rows as a folder of two files."""
    frame = returns.frame
    edge = int(len(frame) * FIRST_PART)
    with tempfile.TemporaryDirectory() as folder:
        for name, part in (("a", frame.iloc[:edge]), ("b", frame.iloc[edge:])):
            part.to_parquet(Path(folder) / f"part-{name}.parquet", index=False)
        read = read_returns(folder, leader=returns.leader)
    return _compared("split", subject, _like(returns, read.frame), findings)


def mutation(before: pd.DataFrame, returns: Returns) -> Outcome:
    """The table before the first run and after it."""
    try:
        pd.testing.assert_frame_equal(returns.table, before)
    except AssertionError as error:
        return Outcome("mutation", False, str(error).partition("\n")[0])
    return Outcome("mutation", True)


def rng(subject: Subject, returns: Returns, findings: Findings) -> Outcome:
    """A second run after somebody else has used numpy's global generator."""
    np.random.seed(1)  # noqa: NPY002 - the state that must not matter
    before = _global_state()
    again = subject.run(returns)
    after = _global_state()
    if before != after:
        return Outcome("rng", False, "it draws from numpy's global generator")
    changed = difference(findings, again, rounding=0.0)
    return Outcome("rng", not changed, changed)


def _global_state() -> bytes:
    state = np.random.get_state(legacy=False)  # noqa: NPY002 - looked at, not drawn from
    return bytes(state["state"]["key"].tobytes()) + str(state["state"]["pos"]).encode()


def _compared(rule: str, subject: Subject, changed: Returns, findings: Findings) -> Outcome:
    seen = difference(findings, subject.run(changed))
    return Outcome(rule, not seen, seen)


def _like(returns: Returns, frame: pd.DataFrame) -> Returns:
    """Another table with everything else as it was."""
    return Returns(
        frame,
        levels=returns.levels,
        leader=returns.leader,
        labels=returns.labels,
        identities=returns.identities,
        blank_in=returns.blank_in,
    )


#: Rules that compare with the findings of the returns as they are.
COMPARING: dict[str, Callable[[Subject, Returns, Findings], Outcome]] = {
    "rng": rng,
    "order": order,
    "options": options,
    "precincts": precincts,
    "split": split,
}
