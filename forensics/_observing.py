"""Returns, detectors and an observers' sample put together: the part of the face about observers."""

from __future__ import annotations

from typing import Any

from forensics.detectors.registry import find_detector
from forensics.errors import ConfigError
from forensics.finding import Findings, Skipped
from forensics.kernels.seeding import generator, seed_of
from forensics.messages.message import Message
from forensics.observers.agreement import protocol_gap
from forensics.observers.checklist import summary, tidy
from forensics.observers.design import design_of
from forensics.observers.matching import match
from forensics.observers.observation import Observation
from forensics.observers.presence import head_count, presence
from forensics.observers.quick_count import METHOD, quick_count
from forensics.observers.sample import Given, Sample, read_sample
from forensics.observers.spillover import spillover
from forensics.tables import roles
from forensics.tables.returns import Returns

COPIES = "protocol_copies"


def observe(
    returns: Returns,
    sample: Given,
    /,
    *,
    design: str | None = None,
    stratum: str | None = None,
    areas: str | None = None,
    option: str | None = None,
    confidence_level: float = 0.95,
    permutations: int = 999,
    rng: int = 0,
) -> Observation:
    """Put a quick count or an observers' sample beside the official result.

    Where lots drew the precincts, turnout and every option's share are estimated for all of them as
    stratified ratios of totals, with design effect and interval, and the official result is
    compared with that; so is what tabulation changed in the sampled protocols. Where observers chose
    the precincts nothing is estimated for others: their counts are compared with the official ones
    of the same precincts, and the rest is ``Skipped`` with the reason.

    Parameters
    ----------
    returns : Returns
        Official result of all precincts that the sample was drawn from.
    sample : Sample, DataFrame or path
        Columns of ``forensics schema observers``; a row per precinct that was drawn or visited.
    design : {"given", "simple", "stratified", "convenience"}, optional
        ``given``: the sample states ``probability`` or ``weight`` (the default where it does).
        ``simple``: every precinct had the same chance. ``stratified``: the same chance within each
        unit of ``stratum``. ``convenience``: observers chose (the default otherwise).
    stratum : str, optional
        Level whose units are the strata; by default the sample's column ``stratum``.
    areas : str, optional
        Level whose units were drawn first, precincts within them after; the sample states the
        chance of each precinct. The other precincts of such areas are then compared with those of
        areas without observers.
    option : str, optional
        Option whose share the observed precincts are compared on; by default the leader.
    confidence_level : float
        Of the intervals.
    permutations : int
        Of the lots, for the effect of being observed.
    rng : int
        Seed of the permutations.

    Returns
    -------
    Observation
        Findings, the estimates behind them, and how the sample joined the returns.

    Raises
    ------
    ReturnsError
        If the sample has faults, all of them together.
    ConfigError
        If it does not join the returns, the design does not fit it, or ``confidence_level``,
        ``permutations`` or ``rng`` is out of its range.

    Examples
    --------
    >>> import forensics
    >>> returns = forensics.demo_returns()
    >>> drawn = returns.frame.sample(60, random_state=1)
    >>> result = forensics.observe(returns, drawn, design="simple")
    >>> result.findings.only(method="quick_count", quantity="turnout").detail["inside"]
    True
    """
    if not isinstance(confidence_level, float) or not 0 < confidence_level < 1:
        raise ConfigError(f"confidence_level is {confidence_level!r}; it lies between 0 and 1")
    if not isinstance(permutations, int) or permutations < 1:
        raise ConfigError(f"permutations is {permutations!r}; a whole number from 1 on is needed")
    seed = seed_of(rng)
    study = {
        "design": design,
        "stratum": stratum,
        "areas": areas,
        "option": option,
        "confidence_level": confidence_level,
        "permutations": permutations,
        "rng": seed,
    }
    returns = returns if option is None else returns.with_leader(option)
    seen = read_sample(sample, levels=returns.levels or ())
    matched = match(returns, seen)
    found = design_of(returns, seen, matched, kind=design, stratum=stratum, areas=areas)
    known = None if isinstance(found, Message) else found
    findings: Findings
    if isinstance(found, Message):
        findings = Findings([Skipped(METHOD, returns.scope, found)])
    else:
        findings = quick_count(returns, seen, matched, found, confidence_level=confidence_level)
        findings += protocol_gap(returns, seen, matched, found, confidence_level=confidence_level)
    findings += _copies(returns, seen)
    findings += head_count(returns, seen, matched, known, confidence_level=confidence_level)
    lots: dict[str, Any] = {
        "permutations": permutations,
        "confidence_level": confidence_level,
        "rng": generator(seed),
    }
    if areas is not None and known is not None:
        findings += spillover(returns, matched, known, areas=areas, **lots)
    else:
        findings += presence(returns, matched, known, **lots)
    return Observation(
        sample=seen,
        matched=matched,
        design=known,
        because=(found,) if isinstance(found, Message) else found.sentences,
        findings=findings,
        items=summary(seen, known, confidence_level),
        answers=tidy(seen),
        study=study,
        digest=returns.digest,
    )


def _copies(returns: Returns, sample: Sample) -> Findings:
    """Protocols as seen against those of the same precincts as tabulated, by the detector for copies."""
    keys = [c for c in (*(returns.levels or ()), "precinct") if c in sample.table]
    counts = [
        c
        for c in sample.table.columns
        if (c in ("ballots", "valid", "invalid") or roles.is_option(c)) and sample.has(c)
    ]
    if not counts:
        return Findings()
    copies = sample.table[[*keys, *counts]].assign(copy_type="observer")
    return find_detector(COPIES).run(returns, copies=copies)
