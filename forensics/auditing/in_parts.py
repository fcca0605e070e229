"""Detectors on a folder of parts that is never in memory as a whole.

Additive detectors keep sums of each part and see every precinct. Those whose effects a sample can
estimate are run on one: so many precincts of each unit of the top level, drawn without replacement,
in proportion to its size. The others say that they need the whole table.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from forensics.auditing.plan import Step
from forensics.auditing.runner import Progress, run_step, task_seed
from forensics.auditing.workers import as_finished
from forensics.detectors.additive import State, additive_of
from forensics.detectors.registry import Detector, all_detectors, find_detector, lacking
from forensics.detectors.streams import Streams
from forensics.errors import ConfigError
from forensics.finding import Assumption, Finding, Findings, Provenance, Skipped
from forensics.messages.message import Message, Sentences
from forensics.scope import NATIONAL
from forensics.tables.parted import Parted, PartFile
from forensics.tables.returns import Returns
from forensics.tables.stacking import stacked

#: Precincts of a sample by default: shares are told to a third of a percentage point.
MOST = 100_000
#: Fewest of a unit, where it has them.
FEWEST = 50

SAY = Sentences(
    "in_parts",
    whole="It needs all precincts in one table: read the folder as a whole, on a machine with room for it.",
    unlike="The parts do not report the same columns, so that one would be looked at in another way than "
    "the next: read the folder as a whole.",
    cut="Rows are compared within their unit of {level}, and one lies in several parts: write each into "
    "one part, or read the folder as a whole.",
    sample="Computed from {n:,} of {of:,} precincts: of each unit of {level}, between {low:.3g} and "
    "{high:.3g} of its precincts, drawn without replacement.",
    sample_plain="Computed from {n:,} of {of:,} precincts, drawn without replacement.",
)


@dataclass(frozen=True, slots=True)
class Design:
    """How many precincts of each unit of the top level are drawn, and from which part."""

    n: int
    of: int
    level: str
    #: Smallest and largest probability of a precinct to be drawn.
    low: float
    high: float
    #: Number to draw by part and unit.
    takes: tuple[Mapping[str, int], ...]

    @property
    def sentence(self) -> Message:
        """What a reader has to know of it."""
        if not self.level:
            return SAY("sample_plain", n=self.n, of=self.of)
        return SAY("sample", n=self.n, of=self.of, level=self.level, low=self.low, high=self.high)

    def parameters(self) -> dict[str, Any]:
        """The same for ``findings.json``."""
        return {"n": self.n, "of": self.of, "by": self.level, "probability": [self.low, self.high]}


def design_of(parted: Parted, *, most: int, seed: int) -> Design:
    """Numbers proportional to the units' sizes; a unit that lies in several parts is drawn from all."""
    rows, streams = parted.units(), Streams(seed)
    share = min(1.0, most / max(len(parted), 1))
    wanted = {name: min(n, max(FEWEST, round(share * n))) for name, n in rows.items()}
    left, open_ = dict(wanted), dict(rows)
    takes = []
    for part in parted.parts:
        take = {}
        for name, n in part.units.items():
            # What of a sample of the whole unit falls into this part.
            rng = streams.of("takes", part.path.name, name)
            take[name] = int(rng.hypergeometric(n, open_[name] - n, left[name])) if left[name] else 0
            left[name] -= take[name]
            open_[name] -= n
        takes.append(take)
    chances = [wanted[name] / n for name, n in rows.items()]
    level = next(iter(parted.levels), "")
    return Design(sum(wanted.values()), sum(rows.values()), level, min(chances), max(chances), tuple(takes))


def run_in_parts(
    parted: Parted,
    *,
    levels: Sequence[str] | None = None,
    only: Sequence[str] | None = None,
    seed: int = 0,
    most: int = MOST,
    n_jobs: int = 1,
    progress: Progress | None = None,
) -> Findings:
    """Findings of the default detectors, in their order, whatever the parts and the workers.

    Parameters
    ----------
    parted : Parted
    levels : sequence of str, optional
        Levels at which additive detectors are told besides the nation; by default the top one.
    only : sequence of str, optional
        These detectors instead of the default ones.
    seed : int
    most : int
        Precincts of the sample; a unit of fewer than 50 is in it as a whole.
    n_jobs : int
        Workers, a part each.
    progress : callable, optional
        ``progress(parts done, parts in all, name of the part)``.

    Returns
    -------
    Findings
        Without scores of precincts. Those from a sample say so among their assumptions and in
        ``parameters["sample"]``.

    Raises
    ------
    ConfigError
        If a level or a detector is unknown, or ``most`` is below 1.
    ReturnsError
        If a part was changed since the folder was looked through.
    """
    if most < 1:
        raise ConfigError(f"most is a number of precincts of at least 1, not {most}")
    wanted = parted.levels[:1] if levels is None else tuple(levels)
    for level in wanted:
        if level not in parted.levels:
            raise ConfigError(
                f"{parted.name}: {level!r} is no level; the levels are {', '.join(parted.levels) or 'none'}"
            )
    ids = [entry.id for entry in all_detectors() if entry.default != "off"] if only is None else list(only)
    entries = [find_detector(id) for id in ids]
    additive = [entry.id for entry in entries if _fits(entry, parted)]
    sampled = [entry.id for entry in entries if entry.sampled and entry.id not in additive]
    design = design_of(parted, most=most, seed=seed)
    by = (None, *wanted)
    calls = [
        (parted, part, tuple(additive), by, design.takes[i] if sampled else {}, seed)
        for i, part in enumerate(parted.parts)
    ]
    kept: dict[int, _Kept] = {}
    for done, (i, one) in enumerate(as_finished(look_at, calls, n_jobs=n_jobs), start=1):
        kept[i] = one
        if progress is not None:
            progress(done, len(calls), parted.parts[i].path.name)
    in_order = [kept[i] for i in range(len(calls))]
    drawn = [one.sample for one in in_order if one.sample is not None]
    sample = stacked(drawn) if drawn else None
    found: list[Finding | Skipped] = []
    for id in ids:
        if id in additive:
            given = {"by": by, "rng": task_seed(seed, id)}
            found += _finished(id, [one.states[id] for one in in_order], given)
        elif id in sampled and sample is not None:
            own = run_step(sample, Step(id), (None,), seed, {})
            found += [_sampled(item, design) for item in own]
        else:
            found.append(Skipped(id, NATIONAL, _reason(id, parted, sample)))
    provenance = Provenance(digest=parted.digest, seed=seed, version=_version())
    return Findings(found).with_provenance(provenance)


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is kept of a part: a state, or why there is none, by detector; and its part of the sample."""

    states: Mapping[str, State | Message]
    sample: Returns | None


def look_at(
    parted: Parted,
    part: PartFile,
    additive: tuple[str, ...],
    by: tuple[str | None, ...],
    take: Mapping[str, int],
    seed: int,
) -> _Kept:
    """States of one part, and its precincts that are in the sample; what a worker does."""
    returns = parted.read(part)
    states: dict[str, State | Message] = {}
    for id in additive:
        entry = find_detector(id)
        steps = additive_of(entry)
        assert steps is not None
        reason = lacking(entry, returns)
        given = _accepted(steps.statistic, {"by": by})
        states[id] = steps.statistic(returns, **given) if reason is None else reason
    return _Kept(states, _drawn(returns, part, take, seed))


def _drawn(returns: Returns, part: PartFile, take: Mapping[str, int], seed: int) -> Returns | None:
    if not sum(take.values()):
        return None
    level, streams = next(iter(returns.levels or ()), None), Streams(seed)
    rows = []
    names = returns.table[level].astype("str").fillna("").to_numpy() if level else np.full(len(returns), "")
    for name, n in take.items():
        there = np.flatnonzero(names == name)
        rows.append(streams.of("sample", part.path.name, name).choice(there, size=n, replace=False))
    return returns.part(np.sort(np.concatenate(rows)))


def _finished(
    id: str, states: Sequence[State | Message], given: Mapping[str, Any]
) -> list[Finding | Skipped]:
    """Findings from the states of all parts; skipped where no part has what the detector needs."""
    steps = additive_of(find_detector(id))
    assert steps is not None
    there = [state for state in states if not isinstance(state, Message)]
    if not there:
        return [Skipped(id, NATIONAL, next(state for state in states if isinstance(state, Message)))]
    merged = steps.merge(there)
    found = steps.finish(merged, **_accepted(steps.finish, given))
    return [replace(item, precincts=None) if isinstance(item, Finding) else item for item in found]


def _fits(entry: Detector, parted: Parted) -> bool:
    """Whether a detector is additive over these parts."""
    steps = additive_of(entry)
    return steps is not None and parted.alike and (parted.uncut or not steps.units)


def _reason(id: str, parted: Parted, sample: Returns | None) -> Message:
    """Why a detector is not run in parts: it lacks something anyway, or it needs the whole."""
    entry = find_detector(id)
    reason = None if sample is None else lacking(entry, sample)
    if reason is None and additive_of(entry) is not None:
        reason = SAY("cut", level=parted.levels[0]) if parted.alike else SAY("unlike")
    return reason or SAY("whole")


def _sampled(item: Finding | Skipped, design: Design) -> Finding | Skipped:
    if isinstance(item, Skipped) or design.n == design.of:
        return item
    return replace(
        item,
        assumptions=(*item.assumptions, Assumption(design.sentence)),
        parameters={**item.parameters, "sample": design.parameters()},
        precincts=None,
    )


def _accepted(function: Callable[..., Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Those of some keywords that a function takes."""
    names = inspect.signature(function).parameters
    return {name: value for name, value in given.items() if name in names}


def _version() -> str:
    from importlib.metadata import version

    return version("forensics")
