"""Where an effect stands among real elections held clean, contested and manipulated.

``python -m forensics.evidence.references`` computes the statistics of the reference elections again
from the data sets at hand (``FORENSICS_DATA``, or what ``forensics datasets fetch`` brought).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from forensics.auditing.surveying import survey
from forensics.errors import ConfigError, ForensicsError
from forensics.evidence.reference_page import page
from forensics.evidence.reference_rows import (
    CLASSES,
    DIGEST_DIGITS,
    STATISTICS,
    Class,
    Election,
    Row,
    compared,
    elections,
    read_rows,
    reference_rows,
    row_of,
    write_rows,
)
from forensics.finding import Finding
from forensics.messages.message import Message, Sentences
from forensics.scope import NATIONAL

#: Elections of a class below which a percentile says nothing: each would be 20 points or more.
FEWEST = 5
#: Seed of the plans that the embedded statistics come from.
SEED = 1
#: Where the statistics stand, and the page that is printed from them: in the project's own folder.
OUT, TABLE = Path("data") / STATISTICS, Path("docs/reference-elections.md")

SAY = Sentences(
    "references",
    place="Among {n:,} elections held {class_}, this effect stands at percentile {percentile:.0f}.",
    few="Too few elections held {class_} have this statistic ({n:,}; at least {fewest:,} are needed).",
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an effect stands among the reference elections of one class.

    Parameters
    ----------
    class_ : {"clean", "contested", "manipulated"}
    n : int
        Elections of the class with the same method and quantity, the finding's own left out.
    percentile : float or None
        0 to 100: share of them with a smaller effect, equal ones counted half; None where they are
        fewer than ``FEWEST``.
    of : str
        What is compared: ``"effect"``, or the key of ``detail`` that stands for it where the effect
        is an absolute number of votes.
    """

    class_: Class
    n: int
    percentile: float | None
    of: str = "effect"

    @property
    def sentence(self) -> Message:
        """The place as a sentence, or that the elections are too few."""
        if self.percentile is None:
            return SAY("few", class_=self.class_, n=self.n, fewest=FEWEST)
        return SAY("place", class_=self.class_, n=self.n, percentile=self.percentile)

    def to_dict(self) -> dict[str, Any]:
        """The object ``reference`` of ``findings.json`` for one class."""
        return {"class": self.class_, "n": self.n, "percentile": self.percentile, "of": self.of}


def place(finding: Finding, *, name: str = "", rows: Sequence[Row] | None = None) -> tuple[Place, ...]:
    """Place a finding among the reference elections by its effect, never by its z or p-value.

    Parameters
    ----------
    finding : Finding
    name : str, optional
        Name of the data set or file looked at. A reference election of this name, or with the
        digest in the finding's provenance, is the finding's own and is left out.
    rows : sequence of Row, optional
        Reference statistics instead of the embedded ones.

    Returns
    -------
    tuple of Place
        One for each of clean, contested and manipulated. Empty where there is nothing to compare: no
        effect, too few precincts, or a scope below the nation, whose effects vary more than those
        of the nations they would stand among.
    """
    effect, _, unit, of = compared(finding)
    if effect is None or finding.underpowered or finding.scope != NATIONAL:
        return ()
    own = _own(finding.provenance.digest, name)
    effects: dict[str, list[float]] = {class_: [] for class_ in CLASSES}
    for row in reference_rows() if rows is None else rows:
        same = (row.method, row.quantity, row.unit) == (finding.method, finding.quantity, unit)
        if same and row.election not in own and row.digest not in own:
            effects[row.class_].append(row.effect)
    return tuple(
        Place(class_, len(effects[class_]), percentile(effect, effects[class_]), of) for class_ in CLASSES
    )


def percentile(value: float, among: Sequence[float]) -> float | None:
    """Percent of values below, equal ones counted half; None among fewer than ``FEWEST`` values."""
    if len(among) < FEWEST:
        return None
    below = sum(other < value for other in among)
    equal = sum(other == value for other in among)
    return 100 * (below + equal / 2) / len(among)


def references(findings: Iterable[Finding], *, name: str = "") -> dict[str, dict[str, Any]]:
    """The objects ``reference`` of ``findings.json`` by the id of the finding, those that there are.

    Each is the place among the clean elections, with the places of all classes under ``classes``.
    """
    found = {}
    for finding in findings:
        places = place(finding, name=name)
        if any(item.n for item in places):
            found[finding.id] = places[0].to_dict() | {"classes": [item.to_dict() for item in places]}
    return found


def _own(digest: str, name: str) -> tuple[str, ...]:
    """What identifies the looked-at election among the reference rows: its name there, its digest."""
    stem = PurePath(name).name.partition(".")[0]
    known = [item.name for item in elections().election if stem in item.names]
    return (*known, digest[:DIGEST_DIGITS]) if digest else tuple(known)


def statistics_of(election: Election) -> tuple[Row, ...] | None:
    """National statistics of a reference election, or None where its data are not at hand.

    Raises
    ------
    ReturnsError, ConfigError
        As :func:`forensics.auditing.surveying.survey`.
    """
    found = survey(election.names, leader=election.leader, where=election.where, seed=SEED)
    if found is None:
        return None
    rows = (row_of(election, finding, found.digest) for finding in found.findings.tested)
    return tuple(row for row in rows if row is not None)


def main(arguments: Sequence[str] | None = None) -> int:
    """Compute the statistics of the reference elections; 0 where they were written, else 1."""
    parser = argparse.ArgumentParser(
        prog="python -m forensics.evidence.references",
        description="Compute the national statistics of the reference elections from the data at hand.",
    )
    parser.add_argument("--out", type=Path, default=OUT, help="CSV to write (default: %(default)s)")
    parser.add_argument(
        "--table", type=Path, help=f"page of tables to write, in Markdown (with the default CSV: {TABLE})"
    )
    given = parser.parse_args(arguments)
    # The page of the documentation never tells of other statistics than those that stand beside it.
    table = TABLE if given.table is None and given.out == OUT else given.table
    try:
        rows = _computed(given.out)
        text = write_rows(rows)
        given.out.write_text(text, encoding="utf-8", newline="\n")
        if table is not None:
            shown = page(read_rows(text, given.out.name), elections())
            table.write_text(shown, encoding="utf-8", newline="\n")
    except (ForensicsError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _computed(out: Path) -> list[Row]:
    """The rows of every election at hand.

    Raises
    ------
    ConfigError
        If none is at hand, or the file already there has an election that is not.
    """
    rows: list[Row] = []
    missing = []
    for election in elections().election:
        found = statistics_of(election)
        if found is None:
            missing.append(election.name)
            print(f"{election.name}: missing", file=sys.stderr)
        else:
            rows += found
            print(f"{election.name}: {len(found)} statistics", file=sys.stderr)
    earlier = read_rows(out.read_text(encoding="utf-8"), out.name) if out.is_file() else ()
    lost = [name for name in missing if name in {row.election for row in earlier}]
    if lost:
        raise ConfigError(
            f"{out.name} was left as it is: it has {', '.join(lost)}, which are not at hand; put them "
            "into a directory that FORENSICS_DATA names, or write to another file with --out"
        )
    if not rows:
        raise ConfigError("no reference election is at hand; name a directory of them in FORENSICS_DATA")
    return rows


if __name__ == "__main__":
    sys.exit(main())
