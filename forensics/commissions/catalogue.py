"""The measures there are: identifier, symbol, formula, and what each needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from forensics.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Entry:
    """One measure of a commission.

    ``kind`` is ``share`` (0 to 1), ``yes or no``, ``number``; ``coded`` says whether it changes
    with the coding.
    """

    id: str
    symbol: str
    kind: str
    formula: str
    needs: str
    coded: bool = False


_CODING = "a coding of nominators"
_EMPLOYERS = "employers of members (employer_id)"
_OFFICERS = "the nominators of officers, and a coding"
_GRAPH = "a table of edges from institutions to the national executive"
_ENTRIES = (
    Entry("incumbent_share", "S_inc", "share", "k_INC / m", _CODING, True),
    Entry("aligned_share", "S_bloc", "share", "sum of p_aligned / m", _CODING, True),
    Entry("opposition_present", "O1", "yes or no", "k_OPP >= 1", _CODING, True),
    Entry("opposition_officer", "O_lead", "yes or no", "OPP among the officers", _OFFICERS, True),
    Entry(
        "effective_nominators", "ENN", "number", "1 / sum of squared nominator shares", "named nominators"
    ),
    Entry("same_nominator", "H*", "share", "sum k(k-1) / (m(m-1)) over nominators", "named nominators"),
    Entry("effective_blocs", "ENB", "number", "1 / sum of squared bloc shares", _CODING, True),
    Entry("effective_employers", "ENE", "number", "1 / sum of squared employer shares", _EMPLOYERS),
    Entry("same_employer", "PE", "share", "sum k(k-1) / (m(m-1)) over employers", _EMPLOYERS),
    Entry(
        "subordination",
        "D",
        "share",
        "members employed where the chair is head / (m-1)",
        "the chair's employer and whether the chair heads it",
    ),
    Entry("public_dependence", "PUB", "share", "members the public employs / m", "employer_type"),
    Entry(
        "chair_heads_venue",
        "VEN",
        "yes or no",
        "the chair heads the institution of the precinct's venue",
        "the chair's employer, its role there, and the venue",
    ),
    Entry(
        "label_dependence",
        "A",
        "share",
        "nominees of other parties who work for the chair's employer / all nominees of other parties",
        f"{_EMPLOYERS}, and a coding",
        True,
    ),
    Entry("leadership", "LEAD", "share", "sum of p_aligned of officers / officers", _OFFICERS, True),
    Entry("aligned_majority", "MAJ", "yes or no", "k_bloc >= floor(m/2) + 1", _CODING, True),
    Entry("aligned_quorum", "QUO", "yes or no", "k_bloc >= ceil(2m/3)", _CODING, True),
    Entry("opposition_blocks", "OPPBLK", "yes or no", "k_OPP >= m - ceil(2m/3) + 1", _CODING, True),
    Entry("chain_depth", "CHAIN", "number", "mean steps from member to the national executive", _GRAPH),
    Entry(
        "common_principal",
        "LCP",
        "number",
        "steps below the national executive of the lowest principal common to 2/3 of members",
        _GRAPH,
    ),
    Entry(
        "dual_closure",
        "DUAL",
        "share",
        "members whose appointers and employers meet below the national executive",
        _GRAPH,
    ),
    Entry(
        "filler_share",
        "FILL",
        "share",
        "members that no party nominated / m",
        "nominator_type, or a coding",
        True,
    ),
    Entry(
        "nomination_gap",
        "NGAP",
        "share",
        "1 - parties seated / parties that nominated",
        "a table of nominations",
        True,
    ),
    Entry(
        "plurality_gap",
        "PGAP",
        "share",
        "1 - parties seated / parties registered",
        "the number of registered parties",
        True,
    ),
    Entry(
        "protection_gap",
        "PROT",
        "number",
        "complaints of dismissal or transfer without consent / m, where the law protects members",
        "a table of complaints, and a law",
    ),
    Entry(
        "chair_retained",
        "R",
        "yes or no",
        "the chair is the person who was chair on the day before",
        "persons' identifiers on two days",
    ),
    Entry("chair_aligned", "C_chair", "yes or no", "p_aligned of the chair >= 1/2", _OFFICERS, True),
    Entry(
        "secretary_aligned",
        "C_secretary",
        "yes or no",
        "p_aligned of the secretary >= 1/2",
        _OFFICERS,
        True,
    ),
    Entry("no_opposition", "C_none", "yes or no", "k_OPP = 0", _CODING, True),
    Entry("one_employer", "C_employer", "yes or no", "PE >= 1/4", _EMPLOYERS),
    Entry(
        "capture_count",
        "CAP",
        "number",
        "how many of: chair aligned, secretary aligned, MAJ, no opposition, PE >= 1/4, VEN",
        "all six parts",
        True,
    ),
)
#: Every measure by its identifier, in the order of the tables.
CATALOGUE: Mapping[str, Entry] = MappingProxyType({entry.id: entry for entry in _ENTRIES})
#: The six parts of the capture count: always shown with it.
CAPTURE_PARTS = (
    "chair_aligned", "secretary_aligned", "aligned_majority", "no_opposition", "one_employer",
    "chair_heads_venue",
)  # fmt: skip
#: Exposures made for every nominator or bloc: the prefix, before its name.
PREFIXES = ("nominator:", "chair:", "deputy:", "secretary:", "bloc:")
#: Those that a nominator's name follows.
OF_NOMINATOR = PREFIXES[:-1]
#: The same measure of the commission above, before its identifier.
ABOVE = ("territorial:", "regional:")


def measure_id(name: str) -> str:
    """The identifier meant by a name: an identifier or a symbol, whatever its case.

    Names with a prefix (``nominator:united_russia``, ``territorial:LEAD``) keep it.

    Raises
    ------
    ConfigError
        If no measure answers to the name.
    """
    for prefix in ABOVE:
        if name.startswith(prefix):
            return prefix + measure_id(name.removeprefix(prefix))
    if name.startswith(PREFIXES):
        return name
    wanted = name.casefold()
    for entry in _ENTRIES:
        if wanted in (entry.id, entry.symbol.casefold()):
            return entry.id
    listed = ", ".join(f"{entry.id} ({entry.symbol})" for entry in _ENTRIES)
    raise ConfigError(
        f"{name!r} is no measure; the measures are {listed}, and nominator:<name> or chair:<name> for "
        "every nominator"
    )
