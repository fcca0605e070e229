"""Recommendations that follow from the data themselves: what to publish so that more can be looked at."""

from __future__ import annotations

from forensics.evidence.visibility import Visibility
from forensics.messages.message import Sentences
from forensics.report.document import AuditLike, Section, Table

SAY = Sentences(
    "report.recommending",
    why="These follow from what could not be looked at here. They are addressed to whoever publishes the "
    "returns, and say nothing about this election.",
    nothing="Every mechanism that this project knows can be looked for in these columns, so that nothing "
    "follows for the publication of returns.",
    caption="What to publish with the next election",
    number="no.",
    publish="publish",
    mechanisms="so that these can be looked for",
    totals="Totals at every level of tabulation, beside the counts of the precincts.",
    copies="Copies of the protocols as posted at the precincts (images, and their counts as a table).",
    registered="Registered voters, ballots issued and found, and votes for every option, by precinct.",
    certificates="Absentee certificates received, issued, used and cancelled, by precinct and territory.",
    lists="Voters on the list when it was first posted and when it was closed, with additions by ground.",
    people="Turnout by hour and precinct, and access of observers to head-counts and signed lists.",
    boxes="Ballots issued and ballots found in each kind of box, by precinct.",
    venues="The kind of venue of each precinct (school, hospital, barracks, station …).",
    channels="Ballots cast early, at home and by post, apart from those cast in the polling room.",
    earlier="Identifiers of precincts that stay the same from one election to the next.",
)


def recommending(audit: AuditLike, language: str = "en") -> Section:
    """A row per kind of data that is missing, with the mechanisms that stay unseen without it."""
    unseen = [one for one in audit.evidence.visibility if _unseen(one)]
    if not unseen:
        return Section((SAY("nothing").text(language),))
    needs = dict.fromkeys(one.needs for one in unseen)
    rows = tuple(
        (
            str(i),
            SAY(need).text(language),
            "; ".join(one.name.text(language) for one in unseen if one.needs == need),
        )
        for i, need in enumerate(needs, 1)
    )
    table = Table(
        SAY("caption").text(language),
        tuple(SAY(name).text(language) for name in ("number", "publish", "mechanisms")),
        (True, False, False),
        rows,
    )
    return Section((SAY("why").text(language),), (table,))


def _unseen(one: Visibility) -> bool:
    """Whether no test that is about it ran: more columns would help, not more power."""
    return not one.tests and not one.visible
