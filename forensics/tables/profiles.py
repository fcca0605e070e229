"""Profiles: which header of a source's files plays which role, written in TOML."""

from __future__ import annotations

import os
import re
import tomllib
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import msgspec

from forensics.errors import ConfigError
from forensics.tables import roles
from forensics.tables.header import matches, pattern
from forensics.tables.identities import Identity, default_identities, parse_identity

FOLDER = Path(__file__).parent / "profiles"
BLANK_PLACES = ("valid", "invalid")
#: What the checker calls kinds of values, and what a reader does.
_KINDS = {
    "str | array": "a text or a list", "array": "a list", "str": "a text", "int": "a whole number",
    "bool": "true or false", "object": "a table", "float": "a number", "null": "nothing",
}  # fmt: skip

Globs = str | list[str]


def globs(value: Globs) -> list[str]:
    """One pattern or several, as a list."""
    return [value] if isinstance(value, str) else value


class Votes(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Which of the columns without a role are options, and what they are called.

    ``columns`` and ``except`` are patterns; ``names`` gives an option's id its patterns. Options
    without a name there are called by their header.
    """

    columns: Globs = []
    except_: Globs = msgspec.field(name="except", default=[])
    names: dict[str, Globs] = {}


class Words(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A source's words for the values of a column: ``to`` gives each value its patterns.

    The words are looked for in the column ``from`` (the column itself where it is not given);
    what fits no pattern becomes ``otherwise``, or stays as it is.
    """

    to: dict[str, Globs]
    from_: str | None = msgspec.field(name="from", default=None)
    otherwise: str | None = None


class Long(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A file with a row per precinct and option.

    ``option`` and ``votes`` are the roles (keys of ``columns``) that become the columns of options;
    ``candidate`` tells apart rows of the same option (two independents), ``contest`` are the roles
    of which a file may hold several values, one of them to be studied. ``counts`` gives a
    role the patterns of option or contest under which the file writes a count of the precinct.
    ``repeats`` says what rows of the same precinct and option are: a ``fault``, or parts to ``sum``.
    ``totals`` gives a role of ``candidate`` the patterns under which a row is the total of others.
    ``unnamed`` is the role under which a row without an option is read, such as its party.
    """

    option: str
    votes: str
    candidate: list[str] = []
    contest: list[str] = []
    counts: dict[str, Globs] = {}
    repeats: str = "fault"
    totals: dict[str, Globs] = {}
    unnamed: str | None = None


class Formula(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """An identity of the source; one with the id of a default identity replaces it."""

    formula: str
    id: str | None = None
    surplus: int = 0
    innocent: bool = False


class Profile(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """How the files of one source are read; the shipped ones are examples of every key.

    ``canonical`` says that headers which are canonical names keep them; ``sheet`` names the sheet of
    a workbook, ``sheets`` those that stand below each other, their names a column ``sheet``.
    ``fill_down`` names columns whose empty cells take the name above, as merged cells leave them.
    ``known_by`` gives patterns of headers: a table without a profile that has one for each, and no
    canonical count, is read with this profile.
    """

    columns: dict[str, Globs]
    title: str = ""
    levels: list[str] = []
    votes: Votes = Votes()
    ignore: Globs = []
    counts: list[str] = []
    sums: dict[str, str] = {}
    zero_where_empty: Globs = []
    fill_down: list[str] = []
    strip: dict[str, Globs] = {}
    words: dict[str, Words] = {}
    long: Long | None = None
    identities: list[Formula] = []
    default_identities: bool = True
    blank_in: str | None = None
    closed_list: bool = False
    encoding: str | None = None
    separator: str | None = None
    sheet: str | None = None
    sheets: Globs = []
    canonical: bool = False
    known_by: list[Globs] = []

    def all_identities(self) -> tuple[Identity, ...]:
        """The default identities, replaced and followed by the profile's own."""
        own = [
            parse_identity(f.formula, id=f.id, surplus=f.surplus, innocent=f.innocent)
            for f in self.identities
        ]
        replaced = {identity.id: identity for identity in own}
        kept = default_identities(closed_list=self.closed_list) if self.default_identities else ()
        defaults = tuple(replaced.pop(identity.id, identity) for identity in kept)
        return (*defaults, *(identity for identity in own if identity.id in replaced))


def shipped() -> tuple[str, ...]:
    """Names of the profiles that come with the package."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def load_profile(profile: str | os.PathLike[str]) -> tuple[str, Profile]:
    """A shipped profile by name, or a TOML file by path; the name and the checked profile.

    Raises
    ------
    ConfigError
        If there is no such profile, or the file is no TOML, or it has an unknown key, a value of
        the wrong type, or a formula that is none.
    """
    name, found, _ = open_profile(profile)
    return name, found


def open_profile(profile: str | os.PathLike[str]) -> tuple[str, Profile, str]:
    """As :func:`load_profile`, and the text of a user's own profile, without which its returns cannot be
    read again; empty for a shipped one."""
    path, text = _text_of(profile)
    own = "" if str(profile) in shipped() else text
    return path.stem, parse_profile(text, path.name), own


def _text_of(profile: str | os.PathLike[str]) -> tuple[Path, str]:
    if not isinstance(profile, (str, os.PathLike)):
        raise ConfigError(f"a profile is a name or a path, not {type(profile).__name__}")
    given = str(profile)
    path = FOLDER / f"{given}.toml" if given in shipped() else Path(profile)
    if path.suffix.lower() != ".toml" or not path.is_file():
        raise ConfigError(
            f"profile {Path(given).name!r} is neither a TOML file nor one of the shipped profiles "
            f"({', '.join(shipped())})"
        )
    try:
        data = path.read_bytes()
        # A draft that went through ">" of a Windows shell begins with a byte-order mark.
        return path, data.decode("utf-16" if data[:2] in (BOM_UTF16_LE, BOM_UTF16_BE) else "utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"profile {path.name}: the file is no utf-8 text") from None


def parse_profile(text: str, name: str) -> Profile:
    """Check the text of a profile.

    Raises
    ------
    ConfigError
        As for :func:`load_profile`.
    """
    try:
        profile = msgspec.convert(tomllib.loads(text), Profile)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"profile {name}: no TOML ({error})") from None
    except msgspec.ValidationError as error:
        raise ConfigError(f"profile {name}: {_plain(str(error), text)}") from None
    _check(profile, name)
    return profile


def _plain(said: str, text: str) -> str:
    """The checker's sentence with a key's path as TOML writes it, and the line of a key that is unknown."""
    what, _, where = said.partition(" - at ")
    place = where.strip("`").removeprefix("$").removeprefix(".")
    what = what.replace("Object contains unknown field", "unknown key").replace("Object missing", "missing")
    for kind, plain in _KINDS.items():
        what = what.replace(f"`{kind}`", plain)
    if unknown := re.fullmatch(r"unknown key `(.+)`", what):
        key = re.compile(rf"\s*\[*\s*\"?{re.escape(unknown[1])}\"?\s*[=.\]]")
        lines = [n for n, one in enumerate(text.splitlines(), start=1) if key.match(one)]
        what += f" (line {', '.join(map(str, lines))})" if lines else ""
        what += "" if place else f"; the keys are {', '.join(Profile.__struct_encode_fields__)}"
    return f"{what} in {place}" if place else what


def _check(profile: Profile, name: str) -> None:
    def need(condition: bool, what: str) -> None:
        if not condition:
            raise ConfigError(f"profile {name}: {what}")

    need("precinct" in profile.columns, "columns.precinct is missing; one column names the precinct")
    need(
        profile.blank_in in (None, *BLANK_PLACES),
        f"blank_in is {profile.blank_in!r}; it is one of {' or '.join(BLANK_PLACES)}",
    )
    need(
        profile.separator is None or len(profile.separator) == 1,
        f"separator is {profile.separator!r}; it is one character",
    )
    filled = {column for column, words in profile.words.items() if words.from_}
    for level in profile.levels:
        need(level in profile.columns or level in filled, f"level {level!r} has no patterns in columns")
    for column in [*profile.counts, *profile.strip, *profile.fill_down]:
        need(column in profile.columns, f"{column!r} has no patterns in columns")
    for column, words in profile.words.items():
        source = words.from_ or column
        need(
            source in profile.columns, f"words.{column} are looked for in {source!r}, which has no patterns"
        )
    if profile.long is not None:
        need(
            profile.long.repeats in ("fault", "sum"),
            f"long.repeats is {profile.long.repeats!r}; it is one of fault or sum",
        )
    if profile.long is not None:
        rule = profile.long
        unnamed = [] if rule.unnamed is None else [rule.unnamed]
        for column in [rule.option, rule.votes, *rule.candidate, *rule.contest, *rule.totals, *unnamed]:
            need(column in profile.columns, f"long names {column!r}, which has no patterns in columns")
    every: Mapping[str, Globs] = {**profile.columns, **profile.votes.names}
    for key, value in every.items():
        need(bool(globs(value)), f"{key!r} has an empty list of patterns")
    for text in _patterns(profile):
        try:
            pattern(text.removeprefix("!"))
        except re.error as error:
            need(False, f"pattern {text!r} is no regular expression ({error})")
    try:
        profile.all_identities()
        for column, formula in profile.sums.items():
            parse_identity(f"{column} = {formula}")
    except ConfigError as error:
        raise ConfigError(f"profile {name}: {error}") from None


def _patterns(profile: Profile) -> list[str]:
    """Every pattern of a profile, wherever it stands."""
    every = [
        *profile.columns.values(),
        *profile.votes.names.values(),
        profile.votes.columns,
        profile.votes.except_,
        profile.ignore,
        profile.zero_where_empty,
        profile.sheets,
        *profile.known_by,
    ]
    every += [value for words in profile.words.values() for value in words.to.values()]
    every += list(profile.long.counts.values()) if profile.long is not None else []
    if profile.long is not None:
        every += list(profile.long.totals.values())
    return [text for value in every for text in globs(value)]


@cache
def _known() -> tuple[tuple[str, Profile], ...]:
    """Shipped profiles whose files are known by their headers."""
    loaded = [load_profile(name) for name in shipped()]
    return tuple((name, profile) for name, profile in loaded if profile.known_by)


def recognised(headers: Sequence[str]) -> tuple[str, Profile] | None:
    """The one shipped profile that knows a table without canonical counts by its headers."""
    if any(header in ("ballots", "valid") or roles.is_option(header) for header in headers):
        return None
    found = [
        (name, profile)
        for name, profile in _known()
        if all(any(matches(header, globs(one)) for header in headers) for one in profile.known_by)
    ]
    # A format that knows a table by more of its headers knows it better.
    found.sort(key=lambda one: -len(one[1].known_by))
    unclear = len(found) > 1 and len(found[0][1].known_by) == len(found[1][1].known_by)
    return found[0] if found and not unclear else None
