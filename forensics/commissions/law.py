"""Rules on commissions with the days on which they hold, and counts of commissions by source."""

from __future__ import annotations

import datetime
import hashlib
import os
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from forensics.errors import ConfigError
from forensics.resources import resource
from forensics.tables.rosters import Day, as_day

#: What a rule may be about, with the parameter it needs.
PREDICATES: dict[str, str | None] = {
    "bodies": "bodies",
    "appointed_by": "body",
    "formed_by": "body",
    "one_nominee_per_party": None,
    "nominee_need_not_be_member": None,
    "fallback_nominators": "bodies",
    "protection": None,
    "quorum": "share",
    "majority": "share",
    "chair_names_issuers": None,
    "issuer_signs": None,
    "ballots_shown": None,
    "protocol_at_once": None,
    "representative": None,
}
_FOLDER = "law"


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule: an article, the days it holds, what it says in a form that can be compared.

    ``valid_to`` is the first day on which it no longer holds; a day left out is not known or has
    not come. ``text`` is a paraphrase; ``read`` says whether its source was read.
    """

    id: str
    article: str
    predicate: str
    text: str
    source: str
    read: bool
    valid_from: datetime.date | None = None
    valid_to: datetime.date | None = None
    level: int | None = None
    body: str | None = None
    bodies: tuple[str, ...] = ()
    share: tuple[int, int] | None = None
    seats: int | None = None
    days: int | None = None

    @property
    def text_hash(self) -> str:
        """SHA-256 of the text relied upon: a rule that was reworded is another rule."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def holds(self, day: datetime.date) -> bool:
        """Whether it is in force on a day."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day < self.valid_to
        )


class Count(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many commissions of a level there were, as one source counts and calls them."""

    year: int
    level: int
    n: int
    called: str
    source: str


class Parties(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many parties were registered from a day on, as one source counts them."""

    valid_from: datetime.date
    registered: int
    source: str
    valid_to: datetime.date | None = None


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    act: str
    rule: tuple[Rule, ...]
    count: tuple[Count, ...] = ()
    parties: tuple[Parties, ...] = ()


@dataclass(frozen=True, eq=False, repr=False)
class Law:
    """The rules of one country, all of them or those of a day.

    Parameters
    ----------
    name, act : str
    rules : tuple of Rule
    counts : tuple of Count
    parties : tuple of Parties
    date : date or None
        The day the rules were chosen for.
    """

    name: str
    act: str
    rules: tuple[Rule, ...]
    counts: tuple[Count, ...] = ()
    parties: tuple[Parties, ...] = ()
    date: datetime.date | None = None

    def __repr__(self) -> str:
        return f"<Law {self.name}: {len(self.rules):,} rules{f' on {self.date}' if self.date else ''}>"

    def on(self, date: Day) -> Law:
        """The rules in force on a day."""
        day = as_day(date)
        return replace(self, rules=tuple(rule for rule in self.rules if rule.holds(day)), date=day)

    def select(self, predicate: str) -> tuple[Rule, ...]:
        """Rules about one thing, in the order of the file.

        Raises
        ------
        ConfigError
            If no rule can be about that.
        """
        if predicate not in PREDICATES:
            raise ConfigError(f"{predicate!r} is no predicate; the predicates are {', '.join(PREDICATES)}")
        return tuple(rule for rule in self.rules if rule.predicate == predicate)

    def bodies(self, date: Day) -> tuple[str, ...]:
        """The kinds of commissions on a day."""
        return tuple(body for rule in self.on(date).select("bodies") for body in rule.bodies)

    def appointed_by(self, date: Day) -> tuple[str, ...]:
        """Who appoints or elects members on a day."""
        return tuple(rule.body or "" for rule in self.on(date).select("appointed_by"))

    def quorum(self, date: Day) -> tuple[int, int] | None:
        """The share of all members that must sit, as (numerator, denominator)."""
        found = self.on(date).select("quorum")
        return found[0].share if found else None

    def protects(self, date: Day) -> bool:
        """Whether members may not be dismissed or transferred on a day without consent."""
        return bool(self.on(date).select("protection"))

    def one_nominee_per_party(self, date: Day) -> bool:
        """Whether a party may nominate one member of a commission only."""
        return bool(self.on(date).select("one_nominee_per_party"))

    def registered_parties(self, date: Day) -> int | None:
        """How many parties were registered on a day, where a source says so."""
        day = as_day(date)
        known = [
            item
            for item in self.parties
            if item.valid_from <= day and (item.valid_to is None or day < item.valid_to)
        ]
        return known[-1].registered if known else None


def shipped_laws() -> tuple[str, ...]:
    """Names of the laws that come with the package."""
    return ("kazakhstan",)


def read_law(given: str | os.PathLike[str] | Law, /) -> Law:
    """Rules by a shipped name or from a TOML file.

    Parameters
    ----------
    given : str, path or Law
        ``"kazakhstan"``, or a file.

    Returns
    -------
    Law
        Rules, each with the days on which it held.

    Raises
    ------
    ConfigError
        If there is no such file, a key is unknown or of the wrong type, two rules have one id, a
        predicate is unknown or lacks its parameter, or a rule ends before it begins.
    """
    if isinstance(given, Law):
        return given
    if isinstance(given, str) and given in shipped_laws():
        name, text = given, resource(f"{_FOLDER}/{given}.toml").read_text(encoding="utf-8")
    else:
        name = Path(given).name
        try:
            text = Path(given).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no utf-8 text"
            raise ConfigError(
                f"{name}: the rules cannot be read ({reason}); give a TOML file or one of "
                f"{', '.join(shipped_laws())}"
            ) from None
    try:
        file = msgspec.convert(tomllib.loads(text), _File)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name}: no TOML ({error})") from None
    except msgspec.ValidationError as error:
        raise ConfigError(f"{name}: {error}") from None
    _check(name, file.rule)
    return Law(file.name, file.act, file.rule, file.count, file.parties)


def _check(name: str, rules: tuple[Rule, ...]) -> None:
    ids = [rule.id for rule in rules]
    for rule in rules:
        needed = PREDICATES.get(rule.predicate, "")
        if needed == "":
            raise ConfigError(
                f"{name}: rule {rule.id!r} is about {rule.predicate!r}; a rule is about one of "
                f"{', '.join(PREDICATES)}"
            )
        if needed is not None and not getattr(rule, needed):
            raise ConfigError(f"{name}: rule {rule.id!r} ({rule.predicate}) lacks {needed!r}")
        if ids.count(rule.id) > 1:
            raise ConfigError(f"{name}: two rules are called {rule.id!r}; every rule has an id of its own")
        if rule.valid_from and rule.valid_to and rule.valid_to <= rule.valid_from:
            raise ConfigError(f"{name}: rule {rule.id!r} ends before it begins")


def row_of(rule: Rule) -> dict[str, Any]:
    """A rule as a row: what a table or a timeline shows."""
    return {
        "id": rule.id,
        "article": rule.article,
        "valid_from": rule.valid_from.isoformat() if rule.valid_from else None,
        "valid_to": rule.valid_to.isoformat() if rule.valid_to else None,
        "predicate": rule.predicate,
        "text": rule.text,
        "text_hash": rule.text_hash,
        "source": rule.source,
        "read": rule.read,
    }
