"""One detector held to the house rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from forensics.errors import ConfigError, meant
from forensics.tables.returns import Returns
from forensics.testing import invariance, lacking, processes, simulating, stating
from forensics.testing.elections import clean_election
from forensics.testing.rules import RULES, BrokenRule, Outcome
from forensics.testing.subject import Subject, entry_of

#: Precincts that are too few for any test of one election.
FEW = 4


def check_detector(
    detector: Any,
    /,
    *,
    elections: Callable[[int], Returns] = clean_election,
    beside: Callable[[Returns], Mapping[str, Any]] | None = None,
    planted: str | simulating.Plant | None = None,
    rules: Iterable[str] = tuple(RULES),
    waived: Mapping[str, str] | None = None,
    simulations: int = 60,
    few: int = FEW,
    rng: int = 0,
) -> tuple[Outcome, ...]:
    """Hold a detector to the house rules.

    Parameters
    ----------
    detector : function or Detector
        A function under ``@forensics.detector`` whose first argument is returns.
    elections : callable
        ``elections(seed)`` gives clean returns with the columns that the detector needs; by default
        :func:`clean_election`.
    beside : callable, optional
        ``beside(returns)`` gives further keyword arguments, such as a second table.
    planted : str or callable, optional
        The manipulation that the detector is for: a kind of ``forensics.simulation.MANIPULATIONS``
        (in a tenth of the precincts), or ``planted(returns, seed)`` that gives manipulated returns.
    rules : iterable of str
        Names in ``RULES``; by default all.
    waived : mapping of str to str, optional
        Rules that cannot hold for this detector, each with the reason.
    simulations : int
        Clean elections of the rule ``size``; a third as many with the manipulation.
    few : int
        Precincts of the rule ``underpowered``.
    rng : int
        Seed of the detector and of the first election.

    Returns
    -------
    tuple of Outcome
        One for each rule, in the order of ``RULES``; those not looked at say why.

    Raises
    ------
    BrokenRule
        All broken rules together, each with what was seen.
    ConfigError
        If this is no detector, a rule is unknown, or a rule is waived without a reason.

    Examples
    --------
    >>> import forensics
    >>> from forensics.testing import check_detector
    >>> for outcome in check_detector(forensics.turnout_edge, rules=["null", "order"]):
    ...     print(outcome)
    null: held (1 findings)
    order: held
    """
    waived = dict(waived or {})
    wanted = tuple(rules)
    _check(wanted, waived)
    subject = Subject(entry_of(detector), elections, beside or (lambda returns: {}), rng)
    returns = elections(rng)
    untouched = returns.frame
    findings = subject.run(returns)
    looks: dict[str, Callable[[], Outcome]] = {
        "form": lambda: stating.form(subject),
        "docstring": lambda: stating.docstring(subject),
        "null": lambda: stating.null(findings),
        "innocent": lambda: stating.innocent(findings),
        "skipped": lambda: lacking.skipped(subject, returns),
        "underpowered": lambda: lacking.underpowered(subject, returns, few),
        "mutation": lambda: invariance.mutation(untouched, returns),
        "hash_seed": lambda: processes.hash_seed(subject, returns),
        "size": lambda: simulating.size(subject, simulations),
        "power": lambda: simulating.power(subject, planted, max(1, simulations // 3)),
    }
    for name, compare in invariance.COMPARING.items():
        looks[name] = partial(compare, subject, returns, findings)
    outcomes = tuple(
        Outcome(rule, None, f"waived: {waived[rule]}") if rule in waived else looks[rule]()
        for rule in RULES
        if rule in wanted
    )
    broken = {outcome.rule: outcome.seen for outcome in outcomes if outcome.held is False}
    if broken:
        raise BrokenRule(subject.entry.id, broken)
    return outcomes


def _check(wanted: tuple[str, ...], waived: Mapping[str, str]) -> None:
    for rule in (*wanted, *waived):
        if rule not in RULES:
            raise ConfigError(f"{rule!r} is no house rule{meant(rule, RULES)}; they are {', '.join(RULES)}")
    for rule, reason in waived.items():
        if not reason.strip():
            raise ConfigError(f"rule {rule!r} is waived without a reason; say why it cannot hold")
