"""Entries of one name and one date of birth, against what chance gives among so many namesakes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from forensics.detectors.carousel._list_findings import birth_dates, serials
from forensics.detectors.carousel._pairs import Options, pairs
from forensics.detectors.carousel._voters import compared
from forensics.detectors.registry import detector
from forensics.detectors.streams import Seed, Streams
from forensics.finding import Finding, Findings, Skipped
from forensics.messages.message import Sentences
from forensics.scope import NATIONAL
from forensics.tables.certificates import Certificates
from forensics.tables.returns import Returns
from forensics.tables.voters import VoterList

SAY = Sentences("duplicate_voters", dates="No entry of the list has a name and a full date of birth.")


@detector(family="carousel", first="voters")
def duplicate_voters(
    voters: Any,
    /,
    *,
    returns: Returns | None = None,
    by: str | Sequence[str | None] | None = None,
    minimum: int = 1000,
    confidence_level: float = 0.95,
    n_resamples: int = 2000,
    weight: float = 100.0,
    times: float = 5.0,
    listed: int = 0,
    rng: Seed = 0,
) -> Findings:
    """People on a voter list twice, by name and date of birth, after Goel and others (2020).

    Null: nobody is there twice; entries with one name and one date of birth are namesakes born on
    the same day by chance. Among the n people of one name and birth year chance gives C(n, 2) Σ p²
    pairs, with p the shares of the days of the year: those of the birth year mixed with those of
    the first name, the latter with weight n_f / (n_f + ``weight``).

    Parameters
    ----------
    voters : VoterList, DataFrame, path or Certificates
        Entries with ``given_name``, ``family_name``, ``birth_date`` and where known ``voted``,
        ``precinct`` and levels. Names are hashed while they are read under a salt that is
        forgotten; no result holds or depends on a hash. Or a ledger of certificates made with
        ``read_table("certificates", …)``: serials used twice, which needs no model.
    returns : Returns, optional
        Returns whose precincts the list names: gives the residual per precinct. In an audit the
        returns stand first and the list is the keyword ``voters``.
    by : str or sequence, optional
        Level(s) of the list within which pairs are counted; ``None`` is the nation.
    minimum : int
        Entries below which a finding is underpowered.
    confidence_level : float
        Of the intervals: for the nation from a bootstrap over names, for units that of a Poisson
        count.
    n_resamples : int
        Resamples of the bootstrap.
    weight : float
        People of a first name at which its own birthdays count as much as those of the year.
    times : float
        A day with more than this many times the births of the usual day of its year is no birthday:
        its entries are left out and reported under ``birth_dates``.
    listed : int
        Pairs whose row numbers are listed; none by default, since with the list they are persons.
    rng : int or Generator
        Source of the bootstrap.

    Returns
    -------
    Findings
        Quantities ``voted_twice`` (where the list says who voted), ``listed_twice`` (where it also
        has others), ``birth_dates`` (heaps, descriptive) and, for certificates, ``serials`` (exact,
        no model). For the first two ``statistic`` is the number of pairs beyond chance and
        ``effect`` that number per 10,000 people; ``pvalue`` is one-sided, Poisson. ``detail``:
        ``observed``, ``expected``, ``excess``, ``standard_error``, ``rate`` (per person),
        ``one_in`` (people for each one there twice, or None), ``same_precinct`` (pairs within one
        precinct), ``most`` (entries of one person at most), ``classes`` ([people of one name and
        year from, to, groups, observed, expected]), ``poll_book`` ([share of unused entries marked
        by mistake, pairs left]), ``explaining`` ([that share, people listed twice who voted once
        that explain all pairs]), ``break_even`` (share that explains all pairs, where unused
        entries are listed), ``pairs`` (row numbers), for units ``pvalue_adjusted``.
        ``precincts``: entries with a partner of one name and birthday minus those by chance.

    Raises
    ------
    ConfigError
        If a level or a parameter is unknown, or a parameter out of its range.
    ReturnsError
        If the list has no such columns or cannot be read.

    Notes
    -----
    Innocent explanations: people with two entries of which one was used, wrong lines marked in poll
    books, rows entered twice, names that go with birthdays. Breaks where names are shortened to
    initials for some and written out for others, and where the years of birth but not the days are
    real. A pair is a question to the register, never an accusation. Spelling variants are not
    matched: names are hashed on reading, and what is hashed can be equal but not similar.

    References
    ----------
    Goel, S., Meredith, M., Morse, M., Rothschild, D. and Shirani-Mehr, H. (2020). One person, one
    vote: estimating the prevalence of double voting in U.S. presidential elections. American
    Political Science Review 114, 456-469.
    McDonald, M. and Levitt, J. (2008). Seeing double voting. Election Law Journal 7, 111-122.
    """
    if isinstance(voters, Certificates):
        return Findings([serials(voters)])
    table = VoterList.read(voters)
    levels = (by,) if by is None or isinstance(by, str) else tuple(by)
    options = Options(levels, minimum, confidence_level, n_resamples, listed, weight, times)
    found: list[Finding | Skipped] = []
    ready = compared(table, weight, times)
    if len(ready.entries) or ready.heaped:
        found += pairs(table, ready, returns, options, Streams(rng))
        found.append(birth_dates(ready, times, minimum))
    else:
        found.append(Skipped("duplicate_voters", NATIONAL, SAY("dates")))
    return Findings(found)
