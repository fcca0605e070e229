"""Several methods on the same precincts: what they agree on, and how far they are apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from forensics.auditing.estimates import Estimate, rule
from forensics.messages.message import Sentences
from forensics.report import numerals
from forensics.report.document import AuditLike, Section, Table

SAY = Sentences(
    "report.estimating",
    why="Published numbers for one election differ by method and by what each method leaves out. Here "
    "every method sees the same precincts, and each rule of exclusion is applied to all of them. None of "
    "these numbers is the number of precincts or votes that were manipulated: each counts departures from "
    "a null of its own.",
    caption_precincts="Share of precincts that depart from the null of a method",
    caption_votes="Votes for the option under study that depart from the null of a method",
    precincts="share of precincts [interval]",
    votes="votes [interval]",
    method="method",
    floor="registered, at least",
    used="precincts used",
    rules="Rule of exclusion: {rule}",
    spread_precincts="With at least {floor:,} registered {floor:plural:voter|voters} the methods say from "
    "{low} to {high} of the precincts.",
    spread_votes="With at least {floor:,} registered {floor:plural:voter|voters} the methods say from "
    "{low} to {high} votes.",
    range="The range is the result.",
    absent="Turnout and votes are not both reported, so that no method can be compared with another.",
)
#: The rule whose spread is told in words.
TOLD = 100


def estimating(audit: AuditLike, language: str = "en") -> Section:
    """The section: a table of precincts and one of votes, a column per rule of exclusion."""
    found = audit.estimates
    if not found:
        return Section((SAY("absent").text(language),))
    rules = tuple(dict.fromkeys(one.floor for one in found))
    last = max(rules, key=lambda floor: floor == TOLD)
    notes = [
        SAY("why").text(language),
        SAY("rules", rule=rule(audit.returns, last).text(language)).text(language),
    ]
    tables = []
    for name, read, show in (
        ("precincts", _precincts, _percent),
        ("votes", _votes, numerals.count),
    ):
        told = [one for one in found if read(one) is not None]
        if not told:
            continue
        tables.append(_table(name, found, read, show, language))
        values = [value for one in told if one.floor == last and (value := read(one)) is not None]
        if len(values) > 1:
            low, high = (show(end(value for value, _ in values), language) for end in (min, max))
            spread = SAY(f"spread_{name}", floor=last, low=low, high=high).text(language)
            notes.append(f"{spread} {SAY('range').text(language)}")
    return Section(tuple(notes), tuple(tables))


Value = tuple[float, tuple[float, float]]


def _precincts(one: Estimate) -> Value | None:
    if one.precincts is None or one.precincts_interval is None:
        return None
    return one.precincts, one.precincts_interval


def _votes(one: Estimate) -> Value | None:
    if one.votes is None or one.votes_interval is None:
        return None
    return one.votes, one.votes_interval


def _percent(value: float, language: str) -> str:
    return numerals.percent(value, 1, language)


def _table(
    name: str,
    found: Sequence[Estimate],
    read: Callable[[Estimate], Value | None],
    show: Callable[[float, str], str],
    language: str,
) -> Table:
    """A row per method, quantity and rule that has such a number; a note where a method has none."""
    rows, notes = [], []
    pairs = dict.fromkeys((one.method, one.quantity) for one in found)
    for method, quantity in pairs:
        alone = sum(other == method for other, _ in pairs) == 1
        own = [one for one in found if (one.method, one.quantity) == (method, quantity)]
        told: list[tuple[Estimate, Value]] = []
        for one in own:
            known = read(one)
            if known is not None:
                told.append((one, known))
        reasons: dict[str, list[str]] = {}
        for one in own:
            if one.reason is not None:
                at = reasons.setdefault(one.reason.text(language), [])
                at.append(numerals.count(one.floor, language))
        if told:
            notes.append(f"{method}: {own[0].what.text(language)}")
        # A method that counts votes alone has no reason for giving no precincts.
        if told or all(one.reason is not None for one in own):
            floors = SAY("floor").text(language)
            notes += [f"{method} ({floors}: {', '.join(at)}): {text}" for text, at in reasons.items()]
        for one, (middle, (low, high)) in told:
            ends = numerals.span(show(low, language), show(high, language), language)
            shown = f"{show(middle, language)} {ends}"
            label = method if alone and quantity in ("", "share") else f"{method}: {quantity}"
            floor, n = (numerals.count(number, language) for number in (one.floor, one.n))
            rows.append((label, floor, n, shown))
    columns = tuple(SAY(key).text(language) for key in ("method", "floor", "used", name))
    return Table(
        SAY(f"caption_{name}").text(language),
        columns,
        (False, True, True, True),
        tuple(rows),
        tuple(dict.fromkeys(notes)),
    )
