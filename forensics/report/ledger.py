"""The ledger in the report: what was promised, the law, what is done, who objects, and who answers."""

from __future__ import annotations

from collections.abc import Callable

from forensics.commissions.linking import Link
from forensics.commitments.ledger import Ledger
from forensics.commitments.pictures import timeline_pictures
from forensics.commitments.trajectories import Trajectory
from forensics.finding import Findings
from forensics.picture import Picture
from forensics.report.coverage import figure
from forensics.report.document import AuditLike, LedgerSection, Table
from forensics.report.ledger_entries import Speaker, days, entry_section
from forensics.report.ledger_wording import check_wording


def ledger_extract(
    ledger: Ledger,
    audit: AuditLike,
    *,
    link: Link | None = None,
    observed: Findings | None = None,
    named: Callable[[Picture], Picture] = lambda picture: picture,
    beside: Picture | None = None,
    language: str = "en",
) -> LedgerSection:
    """The section on commitments.

    Parameters
    ----------
    ledger : Ledger
    audit : AuditLike
        Its findings are set beside the entries that are linked to them.
    link : Link, optional
        Measures of commissions, for the records of practice that name them.
    observed : Findings, optional
        Those of an observers' sample: entries may be linked to them too.
    named : callable
        Gives each picture a name of its own within the report.
    beside : Picture, optional
        The law-practice series of the commissions, drawn under the ledger's own lanes.
    language : str

    Raises
    ------
    ConfigError
        If a text of the ledger says what its evidence level does not bear; the sentence names file,
        line and entry.
    """
    check_wording(ledger)
    say = Speaker(language)
    measured = () if link is None else tuple(link.levels["measure"].astype(str))
    findings = audit.findings if observed is None else audit.findings + observed
    run = tuple(dict.fromkeys((*(item.method for item in findings.tested), *measured)))
    pictures = tuple(named(picture) for picture in timeline_pictures(ledger, beside))
    return LedgerSection(
        heading=say("heading"),
        answers=say("responses"),
        notes=(
            say("lead", country=ledger.name, digest=ledger.digest[:12]),
            say("source", source=ledger.source),
            *(
                say("instrument", id=one.id, name=one.name, adopted=str(one.adopted))
                for one in ledger.instruments.values()
            ),
        ),
        paragraphs=_paragraphs(ledger, run, say),
        figures=tuple(figure(picture, language) for picture in pictures),
        norms=tuple(
            (
                norm,
                tuple(
                    entry_section(entry, number, ledger, audit, findings, say, link)
                    for number, entry in enumerate(ledger.entries, start=1)
                    if entry.norm == norm
                ),
            )
            for norm in ledger.norms
        ),
        trajectories=tuple(_trajectory(one, say) for one in ledger.trajectories),
        pictures=pictures,
    )


def _paragraphs(ledger: Ledger, run: tuple[str, ...], say: Speaker) -> Table:
    used = {(entry.instrument, number) for entry in ledger.entries for number in entry.paragraphs}
    rows = []
    for instrument in ledger.instruments.values():
        for one in instrument.commitments:
            if (instrument.id, one.paragraph) in used:
                here = [test for test in one.tests if test in run]
                rest = [test for test in one.tests if test not in run]
                rows.append((
                    f"{instrument.id}, {one.paragraph}",
                    one.topic,
                    ", ".join(here) or "–",
                    ", ".join(rest) or "–",
                ))  # fmt: skip
    return Table(
        say("paragraphs"),
        (say("paragraph"), say("topic"), say("relevant"), say("other")),
        (False, False, False, False),
        tuple(rows),
    )


def _trajectory(one: Trajectory, say: Speaker) -> Table:
    rows = tuple(
        (say.word(item.phase), days(item.start, item.end, say), item.rationale, item.source)
        for item in one.phase
    )
    columns = tuple(say(name) for name in ("phase", "date", "rationale", "from_source"))
    return Table(
        f"{say('phases', coder=one.coder, framework=say.word(one.framework))} ({one.norm})",
        columns, (False,) * len(columns), rows, (say("annotation"),),
    )  # fmt: skip
