"""Small tables as files, for the tests of the readers."""

from __future__ import annotations

from pathlib import Path

#: Five precincts of two regions; every count is consistent.
CANONICAL = """region,precinct,registered,ballots,valid,invalid,votes_a,votes_b
North,1,1000,610,600,10,400,200
North,2,800,405,400,5,100,300
North,3,500,251,250,1,125,125
South,1,900,450,440,10,300,140
South,2,700,301,300,1,150,150
"""


def save(folder: Path, text: str | bytes, name: str = "returns.csv", encoding: str = "utf-8") -> Path:
    """A file in a folder, its path handed back."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


def said(returns: object) -> str:
    """Every step of a table's source as one text."""
    return "\n".join(str(step) for step in returns.source.steps)  # type: ignore[attr-defined]
