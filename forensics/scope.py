"""The part of a country that a number speaks of: the nation, or one unit of one level."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Scope:
    """The nation, or a unit named by its top level, its own level and its name.

    Levels need not nest (an electoral district may cross territories), so a unit is identified by
    the top level and its own level only.

    Parameters
    ----------
    level : str
        ``"national"`` or the column that the unit is a value of.
    names : tuple of (column, name)
        Every level that names the unit, from the top down; empty for the nation.
    """

    level: str = "national"
    names: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return " / ".join(name for _, name in self.names) if self.names else "national"

    @property
    def key(self) -> str:
        """Stable identifier: ``national`` or ``region=Moscow;territory=12``."""
        return ";".join(f"{column}={name}" for column, name in self.names) or "national"

    def to_dict(self) -> dict[str, str]:
        """The scope as ``findings.json`` writes it."""
        return {"level": self.level, **dict(self.names)}


NATIONAL = Scope()
