"""Letters that cannot be shown: control characters, and marks that turn the rest of a line round."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

#: C0 controls but tab and line ends, delete, changes of writing direction, and what is no character.
#: No page, drawing or document can hold the first; the others make a line say what it does not.
UNSHOWN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ufffe\uffff]")
#: What stands in their place.
INSTEAD = "\ufffd"


def first_unshown(content: object) -> str | None:
    """The first letter of a text, or of the texts of nested tables, that cannot be shown."""
    return next(_unshown(content), None)


def line_with(text: str, letter: str) -> int:
    """Line (from 1) on which a letter first stands, as itself or as TOML spells it."""
    spelt = {"\b": r"\b", "\f": r"\f"}.get(letter)
    forms = [letter, f"\\u{ord(letter):04x}", f"\\u{ord(letter):08x}", *([spelt] if spelt else [])]
    for number, line in enumerate(text.split("\n"), start=1):
        if any(form in line.casefold() for form in forms):
            return number
    return 1


def unshown_text(text: str, content: object) -> str | None:
    """What to say of a file whose content holds a letter that cannot be shown: line and letter."""
    letter = first_unshown(content)
    if letter is None:
        return None
    return (
        f"line {line_with(text, letter)}: the character U+{ord(letter):04X} cannot be shown, or turns the "
        "rest of its line round; leave it out"
    )


def _unshown(content: object) -> Iterator[str]:
    if isinstance(content, str):
        yield from UNSHOWN.findall(content)
    elif isinstance(content, Mapping):
        for value in content.values():
            yield from _unshown(value)
    elif isinstance(content, Sequence):
        for value in content:
            yield from _unshown(value)
