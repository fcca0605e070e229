"""Whether two tables are of the same precincts, or why nothing can be said of them."""

from __future__ import annotations

from forensics.detectors.turnout._rounds import turnout_column
from forensics.messages.message import Message, Sentences
from forensics.tables.pairing import Pairs, pair
from forensics.tables.returns import Returns

#: Fewest valid pairs per precinct with which the two tables are taken to be of the same precincts.
ENOUGH = 0.7

SAY = Sentences(
    "pairable",
    renumbered="Only {kept:,} valid pairs, {share:.1%} of {of:,} precincts with registered voters; at "
    "least {needed:.0%} are needed. {matched:,} precincts have the same name ({key}) in both tables; of "
    "these {refused:,} were refused because the ratio of their registered voters is outside {low:g} to "
    "{high:g}. Correlation of registered voters: {correlation}.",
    unit="Only {kept:,} valid pairs, {share:.1%} of {of:,} precincts with registered voters; at least "
    "{needed:.0%} are needed. {refused:,} were refused for their ratio of registered voters.",
    registered="The earlier returns have no registered voters, so precincts cannot be paired.",
    turnout="The two tables have neither issued nor ballots in common.",
)


def paired(returns: Returns, previous: Returns, tolerance: tuple[float, float]) -> Pairs | Message:
    """The pairs, or the reason why there are too few."""
    if not (previous.has("registered") and (previous.counts("registered") > 0).any()):
        return SAY("registered")
    if turnout_column(returns, previous) is None:
        return SAY("turnout")
    pairs = pair(returns, previous, tolerance=tolerance)
    if pairs.valid_share >= ENOUGH:
        return pairs
    return SAY(
        "renumbered",
        kept=len(pairs),
        share=pairs.valid_share,
        of=min(pairs.candidates),
        needed=ENOUGH,
        matched=pairs.matched,
        key=", ".join(pairs.key),
        refused=pairs.refused,
        low=tolerance[0],
        high=tolerance[1],
        correlation="unknown" if pairs.correlation is None else f"{pairs.correlation:.2f}",
    )


def too_few(kept: int, candidates: int, refused: int) -> Message | None:
    """Why one unit is left out, or ``None``."""
    share = kept / max(candidates, 1)
    if share >= ENOUGH:
        return None
    return SAY("unit", kept=kept, share=share, of=candidates, needed=ENOUGH, refused=refused)
