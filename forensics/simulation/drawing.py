"""An election from a specification: precincts, rates, counts, and the columns that are asked for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from forensics.errors import ConfigError
from forensics.simulation.accounting import accounting_columns
from forensics.simulation.certificates import certificate_columns
from forensics.simulation.clerical import slip
from forensics.simulation.contests import contest_columns
from forensics.simulation.counting import Counts, Integers, counted
from forensics.simulation.hours import hour_columns
from forensics.simulation.households import counted_by_households, type_logits
from forensics.simulation.institutions import (
    CLOSE_EARLY,
    LISTED_ON_THE_DAY,
    assigned,
    is_institution,
    shifted,
)
from forensics.simulation.lists import list_columns
from forensics.simulation.outcome import hierarchical_logits
from forensics.simulation.parameters import Planted, Specification
from forensics.simulation.places import placed
from forensics.simulation.precincts import Precincts, drawn_precincts, precincts_like
from forensics.simulation.rosters import aligned_share, coding_of, draw_roster
from forensics.simulation.simulated import Simulated
from forensics.simulation.specification import checked
from forensics.simulation.streams import Rng, Streams
from forensics.tables.returns import Returns
from forensics.tables.roles import VOTES
from forensics.tables.source import Source

#: Protocol counts that a clerk may mistake, where they are drawn.
MISTAKEN = ("registered", "issued", "ballots", "valid", "invalid", "ballots_cancelled", "box_portable")
#: The two generators: rates on the logit scale, and counts from rates.
GENERATORS = {
    "hierarchical": (hierarchical_logits, counted),
    "households": (type_logits, counted_by_households),
}


def draw(specification: Specification, *, like: Returns | None = None, rng: Rng = None) -> Simulated:
    """Draw an election; clean unless the specification plants something.

    Every block draws from a stream of its own: a block switched on leaves the others' counts as
    they were (institutions change the electorates and votes of their own precincts).

    Parameters
    ----------
    specification : Specification
        What to draw.
    like : Returns, optional
        Precincts whose levels, names, places and sizes are taken over.
    rng : Generator or int, optional
        Source of the draws; by default the specification's seed.

    Returns
    -------
    Simulated
        Returns, truth and whatever else the specification draws.

    Raises
    ------
    ConfigError
        If the specification cannot be drawn (its rates missing, a field without coordinates), or
        ``like`` has no sizes to take over.
    """
    specification = checked(specification)
    streams = Streams(specification.seed if rng is None else rng)
    precincts = _precincts(specification, like, streams)
    counts = _counts(precincts, specification, streams)
    columns = _columns(precincts, counts, specification, streams)
    slipped = np.zeros(len(precincts), dtype=bool)
    if specification.clerical is not None:
        candidates = (*MISTAKEN, *(c for c in columns if c.startswith(VOTES)))
        columns, slipped = slip(columns, candidates, specification.clerical, streams("clerical"))
    if specification.columns:
        columns = {c: column for c, column in columns.items() if c in specification.columns}
    truth = pd.DataFrame(
        {
            "turnout_rate": counts.turnout,
            "support_rate": counts.support,
            "institution": is_institution(precincts),
            "slipped": slipped,
            "planted": pd.array([""] * len(precincts), dtype="str"),
            "added": np.zeros(len(precincts), dtype=np.int64),
            "moved": np.zeros(len(precincts), dtype=np.int64),
        },
        index=precincts.frame.index,
    )
    simulated = Simulated(_returns(precincts, columns, specification), truth, specification)
    if specification.roster is not None:
        roster = draw_roster(precincts, specification.roster, streams("roster"))
        simulated = replace(simulated, roster=roster, coding=coding_of(specification.roster))
    for place, planted in enumerate(specification.planted):
        simulated = _planted(simulated, planted, streams(f"planted {place}"))
    return simulated


def _precincts(specification: Specification, like: Returns | None, streams: Streams) -> Precincts:
    if like is None:
        if specification.turnout is None:
            raise ConfigError(
                "the specification has no turnout: it draws votes among the ballots of given returns"
            )
        precincts = drawn_precincts(specification.shape, streams("sizes"))
    else:
        precincts = precincts_like(like, "ballots" if specification.turnout is None else "registered")
    if specification.institutions is not None:
        precincts = assigned(precincts, specification.institutions, streams("institutions"))
    if specification.places is not None:
        precincts = placed(precincts, specification.places, streams("places"))
    return precincts


def _counts(precincts: Precincts, specification: Specification, streams: Streams) -> Counts:
    logits, count = GENERATORS[specification.generator]
    scores = logits(precincts, specification, streams)
    everybody: NDArray[np.bool_] = np.zeros(len(precincts), dtype=bool)
    if specification.institutions is not None:
        rng = streams("institutions vote")
        scores, everybody = shifted(precincts, scores, specification.institutions, rng)
    turnout, support = expit(scores).T
    return count(precincts, specification, np.where(everybody, 1.0, turnout), support, streams)


def _columns(
    precincts: Precincts, counts: Counts, specification: Specification, streams: Streams
) -> dict[str, Integers]:
    columns: dict[str, Integers] = {}
    if precincts.fixed == "registered":
        columns |= {"registered": precincts.size, "issued": counts.issued}
    columns |= {"ballots": counts.ballots, "valid": counts.valid, "invalid": counts.invalid}
    names = specification.options.names if counts.votes.shape[1] else ()
    columns |= {VOTES + name: counts.votes[:, place] for place, name in enumerate(names)}
    if precincts.fixed == "ballots":
        return columns
    listed = is_institution(precincts, LISTED_ON_THE_DAY)
    early = is_institution(precincts, CLOSE_EARLY)
    s = specification
    if s.accounting is not None:
        columns |= accounting_columns(precincts.size, counts, s.accounting, streams("accounting"))
    if s.certificates is not None:
        rng = streams("certificates")
        columns |= certificate_columns(precincts, counts.ballots, s.certificates, rng)
    if s.lists is not None:
        columns |= list_columns(precincts.size, counts.issued, listed, s.lists, streams("lists"))
    if s.hours is not None:
        rng = streams("hours")
        columns |= hour_columns(counts.ballots, precincts.size, precincts.lowest, early, s.hours, rng)
    if s.contest is not None:
        rng = streams("contest")
        columns |= contest_columns(precincts.size, counts, s.invalid, s.contest, rng)
    return columns


def _returns(precincts: Precincts, columns: dict[str, Integers], specification: Specification) -> Returns:
    whole = np.zeros(len(precincts), dtype=bool)
    arrays = {c: pd.arrays.IntegerArray(values.astype(np.int32), whole) for c, values in columns.items()}
    frame = precincts.frame.assign(**arrays)
    leader = specification.options.names[0] if VOTES + specification.options.names[0] in columns else None
    return Returns(
        frame,
        levels=precincts.levels,
        leader=leader,
        source=Source(specification.name, rows=len(frame)),
    )


def _planted(simulated: Simulated, planted: Planted, rng: np.random.Generator) -> Simulated:
    odds = None
    if planted.coefficient and simulated.roster is not None and simulated.coding is not None:
        odds = np.exp(planted.coefficient * aligned_share(simulated.roster, simulated.coding))
    return simulated.plant(
        planted.kind,
        share=planted.share,
        intensity=planted.intensity,
        where=planted.where or None,
        odds=odds,
        rng=rng,
    )
