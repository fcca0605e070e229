"""Units of effects: plain English in a finding, said in the reader's language where it is read."""

from __future__ import annotations

from forensics.messages.known import Known
from forensics.messages.message import Message, Sentences

SAY = Sentences(
    "unit",
    precincts="share of precincts",
    precincts_percent="% of precincts",
    counts="share of counts",
    counts_percent="% of counts",
    rows="share of rows checked",
    rows_percent="% of rows checked",
    totals="share of totals",
    totals_percent="% of totals",
    series="share of series",
    series_percent="% of series",
    readings="share of readings",
    readings_percent="% of readings",
    registered="share of registered voters",
    registered_percent="% of registered voters",
    tolerance="share of precincts beyond the tolerance",
    tolerance_percent="% of precincts beyond the tolerance",
    option_votes="share of the option's votes",
    option_votes_percent="% of the option's votes",
    votes="votes",
    pairs="pairs of precincts",
    issued="ballots per 1,000 issued",
    added="voters added per 1,000 registered",
    sum="per 1,000 of the sum",
    buildings="points of the buildings",
    copies="votes per precinct with a copy",
    per_ballots="per 100 ballots",
    dated="percent of the entries with a date",
    observed="official per observed voter",
    uses="uses beyond the first of a certificate",
    uses_rate="uses beyond the first per 1,000 certificates used",
    scores="difference of mean scores",
    dip="dip above the null's median",
    variance="times the variance of Poisson counts",
    people="pairs beyond chance per 10,000 people",
    moran="Moran's I above its mean under permutation",
    certificates="certificates used per certificate issued",
    circle="standard deviations, inside the circle minus outside",
    zones="variance between units, standard deviations squared",
    zones_logit="variance between units, logit squared",
    zones_points="variance between units, points squared",
    chain="share points between precincts that miss one or two ballots and that miss none",
    by_turnout="share points per point of turnout",
    by_elsewhere="share points per point of voters from elsewhere",
    by_early="share points per point of early voters",
    by_mobile="share points per point of mobile voters",
    by_outside="share points per point of outside voters",
    flow="votes per added voter, beyond the cross-section",
    points="percentage points",
    points_short="points",
    outcome="units of the outcome",
    effect="effect",
    statistic="statistic",
)
UNITS = Known(SAY)
_SHARE = "share of "


def is_share(unit: str) -> bool:
    """Whether a unit is a share of something, which readers are told in percent."""
    return unit.startswith(_SHARE)


def percent_of(unit: str, language: str = "en") -> str:
    """The unit of a share told in percent: ``% of precincts``."""
    return UNITS.text(f"% of {unit.removeprefix(_SHARE)}", language)


def named(unit: str) -> Message | str:
    """The unit as a sentence, or as it is where it is not known."""
    return UNITS.message(unit) or unit
