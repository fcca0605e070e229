"""What an election is drawn from: the parts of a specification, each a block of its TOML."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

Share = Annotated[float, Meta(ge=0, le=1)]
Median = Annotated[float, Meta(gt=0, lt=1)]
Spread = Annotated[float, Meta(ge=0)]
Positive = Annotated[float, Meta(gt=0)]
Correlation = Annotated[float, Meta(ge=-1, le=1)]
Number = Annotated[int, Meta(ge=1)]
# Both, so that a whole hour is written back as one.
Hour = Annotated[int, Meta(ge=1, le=24)] | Annotated[float, Meta(ge=1, le=24)]

#: Words of ``venue_type`` that mark a closed or special institution.
INSTITUTIONS = ("health", "care", "dormitory", "military", "prison", "transport", "remote")


class Block(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a specification; every field has a range, checked when it is read."""


class Shape(Block, frozen=True, kw_only=True):
    """Sizes and levels of drawn precincts (real ones are taken over from returns instead).

    ``units`` are the numbers of units per level, spread evenly; sizes are log-normal between
    ``smallest`` and ``largest``.
    """

    levels: tuple[str, ...] = ("region", "district")
    units: tuple[Number, ...] = (12, 120)
    precincts: Number = 2000
    median_registered: Positive = 735.0
    spread: Spread = 0.7
    smallest: Number = 20
    largest: Number = 3000


class Rate(Block, frozen=True, kw_only=True):
    """A rate per precinct: logit-normal between precincts, beta-binomial within.

    Parameters
    ----------
    median : float
        Rate of a precinct without any effect.
    spread : tuple of float
        Standard deviations on the logit scale: one per level from the top, the last of precincts.
        Levels beyond those given do not vary.
    concentration : float
        Of the beta distribution behind each count; large is nearly binomial.
    gradient : float
        Change on the logit scale per standard deviation of the log size of a precinct.
    """

    median: Median
    spread: tuple[Spread, ...] = (0.35, 0.2, 0.25)
    concentration: Positive = 150.0
    gradient: float = 0.0


class Field(Block, frozen=True, kw_only=True):
    """A spatially correlated effect whose correlation decays with the logarithm of distance.

    ``turnout`` and ``support`` are its standard deviations on the logit scale; it varies on
    lengths between ``shortest`` and ``longest``, in kilometres.
    """

    turnout: Spread = 0.15
    support: Spread = 0.15
    correlation: Correlation = 0.3
    shortest: Positive = 2.0
    longest: Positive = 200.0


class Options(Block, frozen=True, kw_only=True):
    """Options in order, the one under study first, and how the others divide what it leaves.

    ``others`` are their shares of the rest; the concentrations are those of Dirichlet
    distributions between the lowest units and between the precincts of a unit.
    """

    names: tuple[str, ...] = ("leader", "second", "third", "fourth")
    others: tuple[Positive, ...] = (0.5, 0.3, 0.2)
    between_units: Positive = 40.0
    between_precincts: Positive = 40.0


class Places(Block, frozen=True, kw_only=True):
    """Coordinates of drawn precincts, in a rectangle [south, west, north, east] of degrees.

    ``shared`` is the probability that a precinct lies in the building of the one before it.
    """

    extent: tuple[float, float, float, float] = (43.0, 50.0, 54.0, 85.0)
    region_km: Positive = 180.0
    district_km: Positive = 25.0
    shared: Share = 0.35


class Institutions(Block, frozen=True, kw_only=True):
    """Hospitals, barracks, dormitories, stations …: a ``share`` of the precincts, with their oddities.

    Their electorates vote otherwise: on the logit scale by ``turnout`` and ``support``; with
    probability ``full`` everybody on the list votes.
    """

    share: Share = 0.015
    turnout: float = 1.4
    support: float = 0.5
    full: Share = 0.4


class Accounting(Block, frozen=True, kw_only=True):
    """Ballots received, cancelled and lost; those issued outside the station and in portable boxes."""

    surplus: Share = 0.02
    lost: Share = 0.002
    early: Share = 0.01
    outside: Share = 0.06
    concentration: Positive = 12.0


class Certificates(Block, frozen=True, kw_only=True):
    """Absentee certificates: handed out at home and in the territory, used elsewhere, all accounted for.

    ``dispersion`` is that of the gamma-mixed Poisson counts (variance μ + μ²/dispersion).
    """

    issued: Share = 0.012
    used: Share = 0.72
    territory: Share = 0.1
    away: Share = 0.15
    dispersion: Positive = 1.5


class Lists(Block, frozen=True, kw_only=True):
    """Voters added to the list on the day and the supplementary list they are written on."""

    added: Share = 0.008
    dispersion: Positive = 1.2
    voted: Share = 0.97


class Hours(Block, frozen=True, kw_only=True):
    """Cumulative turnout by hour: ``profile`` are the shares of the day's voters of each interval.

    ``hours`` may be fractions (8.5 is half past eight). ``concentration`` is that of the Dirichlet
    distribution of a precinct's day around the profile; ``unit_concentration`` that of a lowest
    unit's around the nation's. ``gradient`` makes town and country differ: the log odds of the last
    interval against the first grow by twice that per standard deviation of the log size.
    """

    hours: tuple[Hour, ...] = (8, 10, 12, 14, 16, 18, 20)
    profile: tuple[Positive, ...] = (0.04, 0.17, 0.24, 0.2, 0.15, 0.12, 0.08)
    concentration: Positive = 60.0
    unit_concentration: Positive = 400.0
    gradient: float = 0.0


class Contest(Block, frozen=True, kw_only=True):
    """A concurrent contest with a narrower electorate; its leader's support follows the first's."""

    name: str = "city"
    options: tuple[str, ...] = ("leader", "second", "third")
    eligible: Share = 0.985
    rolloff: Share = 0.004
    shift: float = -0.1
    spread: Spread = 0.15


class Clerical(Block, frozen=True, kw_only=True):
    """Honest slips: a count of a share ``rate`` of the protocols is written down wrongly."""

    rate: Share = 0.02


class Nominator(Block, frozen=True, kw_only=True):
    """Who nominates members: ``bloc`` is its coding, ``weight`` how often it does; one seat or more."""

    name: str
    type: str
    bloc: Literal["INC", "SAT", "OPP", "STATE", "CIV", "UNK"]
    weight: Positive
    single: bool = True


NOMINATORS = (
    Nominator(name="ruling", type="party", bloc="INC", weight=3.0),
    Nominator(name="satellite_a", type="party", bloc="SAT", weight=2.0),
    Nominator(name="satellite_b", type="party", bloc="SAT", weight=2.0),
    Nominator(name="satellite_c", type="party", bloc="SAT", weight=1.5),
    Nominator(name="opposition_a", type="party", bloc="OPP", weight=1.0),
    Nominator(name="opposition_b", type="party", bloc="OPP", weight=0.7),
    Nominator(name="association_youth", type="public association", bloc="CIV", weight=1.0),
    Nominator(name="association_women", type="public association", bloc="CIV", weight=1.0),
    Nominator(name="association_veterans", type="public association", bloc="CIV", weight=1.0),
    Nominator(
        name="superior_commission", type="superior commission", bloc="STATE", weight=1.5, single=False
    ),
)


class Roster(Block, frozen=True, kw_only=True):
    """Commissions at four levels and who sits in them.

    ``spread`` are standard deviations of the tilt towards aligned nominators (top units, lowest
    units, precincts); ``one_employer`` is the probability that a member works where the chair does.
    """

    seats: Annotated[int, Meta(ge=3)] = 7
    spread: tuple[Spread, Spread, Spread] = (0.4, 0.4, 0.5)
    one_employer: Share = 0.45
    advisory: Share = 0.1
    nominators: tuple[Nominator, ...] = NOMINATORS


class Planted(Block, frozen=True, kw_only=True):
    """One planted manipulation: its kind, where, in what share, how strongly.

    ``where`` is an expression over the columns; ``share`` is of the precincts there, or of the
    lowest units for a mechanism that works on units. ``coefficient`` makes the odds of a precinct
    grow with the standardised share of aligned members (needs a roster; 0: composition says nothing).
    """

    kind: str
    where: str = ""
    share: Share = 0.05
    intensity: Positive | None = None
    coefficient: float = 0.0


class Specification(Block, frozen=True, kw_only=True):
    """Everything a simulated election is drawn from; a block left out is a column left out.

    Parameters
    ----------
    turnout, support : Rate, optional
        Without ``turnout`` the ballots of real precincts are taken over; without ``support``
        nobody's votes are drawn.
    correlation : tuple of float
        Between the effects on turnout and on support, in the order of their spreads; the last one
        stands for those not given.
    invalid, invalid_concentration : float
        Probability that a cast ballot is invalid, and how alike precincts are in it.
    carried_off : float
        Probability that an issued ballot is carried away.
    anchors : mapping of str to (float, float)
        Top-level units whose effects on turnout and support are known instead of drawn.
    columns : tuple of str
        Counts that the returns report; empty: all that are drawn.
    generator : str
        ``hierarchical``, or ``households``: other mechanics with the same marginal behaviour.
    name : str
        Of the election.
    seed : int
        Of the draws.
    shape : Shape
        Levels, numbers of units and precincts, sizes of lists.
    options : Options
        Parties or candidates and their shares.
    field, places, institutions, accounting, certificates, lists, hours, contest, clerical, roster : block
        What else is drawn: spatial effects, buildings, hospitals and barracks, bookkeeping of ballots,
        certificates, additions, hourly turnout, a second contest, honest slips, commissions.
    planted : tuple of Planted
        Manipulations, planted last.
    """

    name: str = "simulated, clean"
    seed: Annotated[int, Meta(ge=0)] = 0
    generator: Literal["hierarchical", "households"] = "hierarchical"
    shape: Shape = Shape()
    turnout: Rate | None = None
    support: Rate | None = None
    correlation: tuple[Correlation, ...] = (0.3,)
    options: Options = Options()
    invalid: Share = 0.012
    invalid_concentration: Positive = 300.0
    carried_off: Share = 0.0003
    anchors: dict[str, tuple[float, float]] = {}
    columns: tuple[str, ...] = ()
    field: Field | None = None
    places: Places | None = None
    institutions: Institutions | None = None
    accounting: Accounting | None = None
    certificates: Certificates | None = None
    lists: Lists | None = None
    hours: Hours | None = None
    contest: Contest | None = None
    clerical: Clerical | None = None
    roster: Roster | None = None
    planted: tuple[Planted, ...] = ()

    def replaced(self, **changes: Any) -> Specification:
        """A copy with the fields that ``changes`` names changed."""
        return msgspec.structs.replace(self, **changes)
