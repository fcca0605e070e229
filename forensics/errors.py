"""What can go wrong, as four exceptions that a caller can tell apart.

Every message is one sentence a person can act on: what was given, what is allowed, and where.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SHOWN_FAULTS = 5
#: Names that an error offers in place of one that is unknown.
NEAREST = 2


class ForensicsError(Exception):
    """Base of every error that the input, not the library, is responsible for."""


class ConfigError(ForensicsError):
    """A parameter, plan, profile or specification that cannot be used."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One structural fault of a table: where it is, what stands there, what may stand there."""

    given: str
    allowed: str
    row: int | None = None
    column: str | None = None

    def __str__(self) -> str:
        place = ", ".join(
            part
            for part in (
                f"row {self.row}" if self.row is not None else "",
                f"column {self.column!r}" if self.column is not None else "",
            )
            if part
        )
        return f"{place}: {self.given}; {self.allowed}" if place else f"{self.given}; {self.allowed}"


class ReturnsError(ForensicsError):
    """A table of returns that cannot be used: all of its structural faults, together.

    Parameters
    ----------
    source : str
        Name of the file or data set, without its folder.
    faults : sequence of Fault
        Every fault found; the text shows the first five and counts the others.
    """

    def __init__(self, source: str, faults: Sequence[Fault]) -> None:
        self.source = source
        self.faults = tuple(faults)
        super().__init__(source, self.faults)

    def __str__(self) -> str:
        shown = " | ".join(str(fault) for fault in self.faults[:SHOWN_FAULTS])
        more = len(self.faults) - SHOWN_FAULTS
        return f"{self.source}: {shown}" + (f" | and {more:,} more" if more > 0 else "")


class RosterError(ForensicsError):
    """A table of commission members that cannot be read or joined: all of its faults, together.

    Parameters
    ----------
    source : str
        Name of the file or data set, without its folder.
    faults : sequence of Fault
        Every fault found; the text shows the first five of each kind and counts the others. No
        fault names a person.
    """

    def __init__(self, source: str, faults: Sequence[Fault]) -> None:
        self.source = source
        self.faults = tuple(faults)
        super().__init__(source, self.faults)

    def __str__(self) -> str:
        kinds: dict[str, list[Fault]] = {}
        for fault in self.faults:
            kinds.setdefault(fault.allowed, []).append(fault)
        said = []
        for faults in kinds.values():
            said += [str(fault) for fault in faults[:SHOWN_FAULTS]]
            if len(faults) > SHOWN_FAULTS:
                said.append(f"and {len(faults) - SHOWN_FAULTS:,} more of this kind")
        return f"{self.source}: " + " | ".join(said)


def meant(given: object, known: Iterable[object]) -> str:
    """``" (did you mean a or b?)"`` where some known names are nearly the given one, else nothing."""
    # Not at the top: importing the package costs next to nothing.
    from difflib import get_close_matches

    names = list(dict.fromkeys(map(str, known)))
    folded = {name.casefold(): name for name in reversed(names)}
    near = get_close_matches(str(given).casefold(), folded, n=NEAREST)
    return f" (did you mean {' or '.join(folded[name] for name in near)}?)" if near else ""
