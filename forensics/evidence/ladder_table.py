"""The ladder over the reference elections, printed by ``python -m forensics.evidence.ladder_table``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from forensics.auditing.surveying import survey
from forensics.errors import ForensicsError
from forensics.evidence.ladder import Assessment, assess
from forensics.evidence.reference_rows import CLASSES, Election, elections
from forensics.evidence.references import SEED
from forensics.evidence.standard import standard

LEAD = """# The ladder over the reference elections

Printed by

    python -m forensics.evidence.ladder_table

from data that the project does not ship. Each line is the national assessment of one election with the
sizes of the standard scenarios ([benchmarks](../benchmarks/README.md)). **No threshold was chosen from this
table**: sizes come from simulation, and the steps were defined before it was first printed.

"held" is what the literature and observers hold of the election as a whole; it is an opinion about an
election, not a measurement of its count. A family stands out where its e-value reaches 20 and the
threshold of e-BH over the families; the tests named are those with an e-value of 20 or more.

"""
SILENT = """
## Where the ladder is silent on an election held manipulated

The columns of these returns are registered voters, ballots and votes. They can show round percentages,
precincts at the edge of turnout, and spikes of the density; they cannot show ballots added without a
target figure, votes counted for another option at a steady rate, pressure before the vote, an inflated or
purged list, or a tabulation that replaced the protocols. Where the tests are silent on such an election,
this is what the silence means, and no more: see the power of each test against each mechanism on the
[standard scenarios](../benchmarks/README.md).
"""


def lines(listed: Sequence[Election]) -> Iterator[tuple[str, ...]]:
    """A row per election at hand: name, held, step, e-value of each family, departing tests."""
    for election in listed:
        found = survey(
            election.names, leader=election.leader, where=election.where, seed=SEED, descriptive=False
        )
        if found is None:
            print(f"{election.name}: missing", file=sys.stderr)
            continue
        nation = assess(found, standard())[0]
        print(f"{election.name}: {nation.ladder}", file=sys.stderr)
        yield election.name, election.class_, nation.ladder, _values(nation), _departing(nation)


def _values(one: Assessment) -> str:
    told = (f"{f.family} {f.value:.3g}" for f in one.families if f.calibrated)
    return ", ".join(told) or "–"


def _departing(one: Assessment) -> str:
    tests = (id.split(":", 2)[:2] for f in one.families if f.stands_out for id in f.departing)
    return ", ".join(f"`{method}` {quantity}" for method, quantity in tests) or "–"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page; 0 where it was written, else 1."""
    parser = argparse.ArgumentParser(
        prog="python -m forensics.evidence.ladder_table",
        description="Assess the reference elections at hand and print the table.",
    )
    parser.add_argument("--table", type=Path, default=Path("docs/ladder.md"), help="page to write")
    given = parser.parse_args(arguments)
    listed = sorted(elections().election, key=lambda one: (CLASSES.index(one.class_), one.name))
    try:
        rows = list(lines(listed))
        header = ("data set", "held", "step", "e-values", "tests that depart")
        table = "\n".join(f"| {' | '.join(cells)} |" for cells in (header, ("---",) * 5, *rows))
        given.table.write_text(LEAD + table + "\n" + SILENT, encoding="utf-8", newline="\n")
    except (ForensicsError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
