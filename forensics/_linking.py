"""Returns, findings and rosters put together: the part of the face that speaks of commissions."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from forensics.auditing.result import Audit, day_of
from forensics.auditing.scores import draws_of, scored_by, scores_of
from forensics.commissions.codings import Coding
from forensics.commissions.law import Law, read_law
from forensics.commissions.linking import Link, link
from forensics.commissions.measures import measure_each
from forensics.tables.joining import Alias, read_alias
from forensics.tables.persons import Salt
from forensics.tables.returns import Returns
from forensics.tables.rosters import Day, Roster, as_day, read_roster

PathLike = str | os.PathLike[str] | pd.DataFrame


def associate(
    subject: Audit | Returns,
    roster: Roster | PathLike,
    /,
    *,
    coding: Coding | PathLike | Sequence[Coding | PathLike] | None = None,
    outcomes: Sequence[str] = ("turnout", "share"),
    exposures: Sequence[str] | None = None,
    previous: Returns | None = None,
    alias: Alias | str | os.PathLike[str] | None = None,
    appointed_by: str | None = None,
    date: Day | None = None,
    law: Law | str | os.PathLike[str] | None = None,
    before: Roster | PathLike | None = None,
    rng: int = 0,
    **options: Any,
) -> Link:
    """Relate what precincts reported to who sat on their commissions.

    An association, never an effect: commissions are not placed at random. Outcomes are fixed before
    the roster is joined; the first outcome and exposure are the declared primary pair, and all
    others are adjusted for their number.

    Parameters
    ----------
    subject : Audit or Returns
        With an audit, the scores of its detectors are outcomes too.
    roster : Roster or path
        Long or wide form.
    coding : Coding, path, name of a shipped one, or several, optional
        Nominators and their blocs; every result is shown under each.
    outcomes : sequence of str
        ``turnout``, ``share``, ``residual:<outcome>``, the id of a detector with scores. Those that
        carry posterior draws (``finite_mixture``, ``finite_mixture:added``, ``finite_mixture:moved``)
        are estimates: their error is carried into the interval.
    exposures : sequence of str, optional
        Measures by id or symbol, ``nominator:<name>``, ``chair:<name>``; by default the first usual
        measure that varies here.
    previous : Returns, optional
        The same precincts in an earlier election, for the placebo.
    alias : mapping or path, optional
        Spellings.
    appointed_by : str, optional
        Level whose commissions appoint those of the precincts.
    date : date or str, optional
        Day of the election.
    law : Law or path, optional
        Dated rules.
    before : Roster or path, optional
        The same commissions at an earlier election, a row per membership: which chairs stayed, and
        with ``previous`` whether that followed what their precincts had shown. Rosters that are
        given as read must have been read with one salt. Where the days of both elections are known
        (``date``, the roster's, or a column ``election_date``), the measures of both are a series.
    rng : int
        Seed of permutations and of the bootstrap.
    **options
        Further fields of the study: ``models``, ``covariates``, ``fixed_effects``, ``cluster``,
        ``permutations``, ``wild``, ``confidence_level``, ``satellites``, ``pre_appointment``.

    Returns
    -------
    Link
        ``coverage``, ``measures`` by coding, ``associations``; ``to_dict()``, ``to_frame()``.

    Raises
    ------
    RosterError
        If the roster has faults, or less than 90 % of it joins the returns.
    ConfigError
        If an outcome, exposure, level or option cannot be used.
    """
    returns = subject.returns if isinstance(subject, Audit) else subject
    wanted = tuple(outcomes)
    if isinstance(subject, Audit):
        found = subject.findings
        scores = scores_of(returns, found, previous=previous)
        missing = tuple(name for name in wanted if not _there(name, list(scores.columns)))
        if missing:
            found += scored_by(returns, missing, rng)
            scores = scores_of(returns, found, previous=previous)
    else:
        found = scored_by(returns, wanted, rng)
        scores = scores_of(returns, found, previous=previous)
    salt = Salt()
    if not isinstance(roster, Roster):
        roster = read_roster(roster, levels=returns.levels or (), salt=salt)
    if before is not None and not isinstance(before, Roster):
        before = read_roster(before, levels=returns.levels or (), salt=salt)
    if alias is not None and not isinstance(alias, Mapping):
        alias = read_alias(alias)
    if law is not None and not isinstance(law, Law):
        law = read_law(law)
    measures = measure_each(
        roster, returns, codings=coding, alias=alias, date=date, law=law, before=before,
        appointed_by=appointed_by,
    )  # fmt: skip
    related = link(
        scores,
        measures,
        outcomes=wanted,
        exposures=exposures,
        appointed_by=appointed_by,
        draws=draws_of(returns, found, wanted),
        seed=rng,
        **options,
    )
    series = {}
    then = None if before is None else before.date or (day_of(previous) if previous is not None else None)
    if before is not None and then is not None:
        # Without the returns: the means of a level need no precincts.
        series[then] = next(iter(measure_each(before, codings=coding, date=then, law=law).values()))
    now = as_day(date) if date is not None else roster.date or day_of(returns)
    if now is not None:
        series[now] = related.first
    return replace(related, series=dict(sorted(series.items())))


def _there(outcome: str, columns: Sequence[Any]) -> bool:
    return outcome in columns or outcome.removeprefix("residual:") in columns
