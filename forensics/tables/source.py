"""Where a table came from and everything that was done to it on the way in."""

from __future__ import annotations

from dataclasses import dataclass, replace

from forensics.messages.message import Message


@dataclass(frozen=True, slots=True)
class Refused:
    """A row of the file that is not a precinct (a total, an empty line, a repeated header)."""

    row: int
    reason: Message


@dataclass(frozen=True, slots=True)
class Source:
    """Provenance of a table, without paths, hosts or user names.

    Parameters
    ----------
    name : str
        File name without its folder, or the name of a data set.
    sha256 : str
        Digest of the bytes read (of the sorted parts' digests, for a folder); empty for a frame.
    profile : str
        Name of the profile the columns were read with; empty for canonical columns.
    steps : tuple of Message
        Each thing done to the file (decoding, separators, headers, filters), in order.
    refused : tuple of Refused
        Rows left out because they are not precincts, each with its reason.
    rows : int
        Rows found below the header, refused ones included.
    where : str
        The filter that was applied, so that the same rows can be found again.
    profile_text : str
        The profile itself, where it is the user's own and no shipped one.
    """

    name: str
    sha256: str = ""
    profile: str = ""
    steps: tuple[Message, ...] = ()
    refused: tuple[Refused, ...] = ()
    rows: int = 0
    where: str = ""
    profile_text: str = ""

    def then(self, *steps: Message) -> Source:
        """The same source with further steps recorded."""
        return replace(self, steps=(*self.steps, *steps))
