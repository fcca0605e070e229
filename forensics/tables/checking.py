"""The first look at a table: structure, coverage and the arithmetic of its protocols."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forensics.tables import roles
from forensics.tables.imbalance import Imbalance, blank_place, imbalances, leader_above, worst_rows
from forensics.tables.keys import listed_keys, nesting, repeated_keys
from forensics.tables.returns import Returns, as_returns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forensics.tables.accepting import Table

#: Columns whose gaps are always told, where they are there.
TOLD = ("registered", "issued", "ballots", "valid", "invalid", "blank")


@dataclass(frozen=True)
class Check:
    """What ``forensics check`` says of a table; every part is plain numbers, texts and lists.

    Parameters
    ----------
    rows, kept : int
        Rows found below the header, and rows that are precincts.
    refused : tuple of dict
        ``{"row", "reason"}`` of each row left out.
    coverage : dict
        ``levels`` (units of each level and precincts in them), ``missing`` (cells without a value
        by column), ``registered_zero``, ``registered_missing``, ``without_ballots`` and
        ``without_votes`` (none, or not reported), ``without_name`` (rows without a precinct or
        level name), ``not_reported``.
    identities : tuple of dict
        ``{"id", "formula", "checked", "unchecked", "violations", "favour_leader", "compared",
        "innocent", "readings", "worst"}`` of each relation; ``readings`` are [column, checked,
        violations].
    unchecked : tuple of dict
        Relations whose columns are absent or made from each other.
    duplicates : dict
        Repeated keys, and rows without a precinct name with the collisions they cause.
    nesting : tuple of dict
        For each pair of levels, units of the lower that lie in several of the upper.
    blank_in : dict
        Where blank ballots are counted and how that is known.
    steps : tuple of str
        What reading did to the table, and what it may have misunderstood.
    """

    rows: int
    kept: int
    refused: tuple[dict[str, Any], ...]
    coverage: dict[str, Any]
    identities: tuple[dict[str, Any], ...]
    unchecked: tuple[dict[str, Any], ...]
    duplicates: dict[str, Any]
    nesting: tuple[dict[str, Any], ...]
    blank_in: dict[str, Any]
    steps: tuple[str, ...] = ()

    @property
    def contradictions(self) -> int:
        """Violations that no honest bookkeeping explains, and keys that occur twice."""
        exact = sum(item["violations"] for item in self.identities if not item["innocent"])
        return int(exact) + int(self.duplicates["keys"])

    def identity(self, id: str) -> dict[str, Any]:
        """The entry of the relation ``id``.

        Raises
        ------
        KeyError
            If it was not checked; the text lists what was.
        """
        for item in self.identities:
            if item["id"] == id:
                return item
        raise KeyError(f"{id!r} was not checked; there are {', '.join(i['id'] for i in self.identities)}")

    def to_dict(self) -> dict[str, Any]:
        """The object that ``check --json`` prints, in stable order."""
        return {
            "rows": self.rows,
            "kept": self.kept,
            "refused": list(self.refused),
            "coverage": self.coverage,
            "identities": list(self.identities),
            "unchecked": list(self.unchecked),
            "duplicates": self.duplicates,
            "nesting": list(self.nesting),
            "blank_in": self.blank_in,
            "steps": list(self.steps),
            "contradictions": self.contradictions,
        }


def check(returns: Returns | Table, *, worst: int = 5) -> Check:
    """Structure, coverage and protocol arithmetic of a table of returns.

    Parameters
    ----------
    returns : Returns or table
        Precinct returns.
    worst : int
        Rows listed for each relation that fails.

    Returns
    -------
    Check
        Rows, coverage, relations with their violations, keys that occur twice.

    Raises
    ------
    ReturnsError
        If the table cannot be read as returns.
    """
    returns = as_returns(returns)
    found, unchecked = imbalances(returns)
    above = leader_above(returns)
    blank = blank_place(returns)
    source = returns.source
    return Check(
        rows=source.rows or len(returns),
        kept=len(returns),
        refused=tuple({"row": item.row, "reason": str(item.reason)} for item in source.refused),
        coverage=_coverage(returns),
        identities=tuple(_entry(returns, item, above, worst) for item in found),
        unchecked=tuple(
            {
                "id": item.identity.id,
                "formula": item.identity.formula,
                "missing": list(item.missing),
                "derived": item.derived,
            }
            for item in unchecked
        ),
        duplicates=_duplicates(returns, worst),
        steps=tuple(step.text() for step in source.steps),
        nesting=tuple(nesting(returns)),
        blank_in={
            "place": blank.place,
            "stated": blank.stated,
            "with_blank": blank.with_blank,
            "without_blank": blank.without_blank,
        },
    )


def _entry(returns: Returns, item: Imbalance, above: NDArray[np.float64], worst: int) -> dict[str, Any]:
    checked, violated = int(item.checked.sum()), item.violated
    return {
        "id": item.id,
        "formula": item.formula,
        "checked": checked,
        "unchecked": len(returns) - checked,
        "violations": int(violated.sum()),
        "favour_leader": int((above[violated] > 0).sum()),
        "compared": int((np.abs(above[violated]) == 1).sum()),
        "innocent": item.innocent,
        "readings": [
            [column, int((~np.isnan(part)).sum()), int((np.nan_to_num(part) != 0).sum())]
            for column, part in item.parts.items()
        ],
        "worst": worst_rows(returns, item, worst),
    }


def _coverage(returns: Returns) -> dict[str, Any]:
    table = returns.table
    names = ["precinct", *(returns.levels or ())]
    told = [c for c in table.columns if c in TOLD or roles.is_option(c)]
    missing = {c: int(table[c].isna().sum()) for c in table.columns if c in told or table[c].isna().any()}
    registered = returns.counts("registered") if "registered" in table else np.full(len(table), np.nan)
    return {
        "levels": [_level(returns, level) for level in returns.levels or ()],
        "missing": missing,
        "registered_zero": int((registered == 0).sum()),
        "registered_missing": int(np.isnan(registered).sum()),
        "without_ballots": _none(returns.counts("ballots")) if "ballots" in table else None,
        "without_votes": _none(_votes(returns)),
        "without_name": {c: int(table[c].isna().sum()) for c in names},
        "not_reported": int(_not_reported(returns).sum()),
    }


def _level(returns: Returns, level: str) -> dict[str, Any]:
    """Number of units, and how many precincts they hold; unit by unit for the top level."""
    units = returns.units(level)
    sizes = np.bincount(units.codes[units.codes >= 0], minlength=len(units.scopes))
    top = level == (returns.levels or ("",))[0]
    few = (int(sizes.min()), float(np.median(sizes)), int(sizes.max())) if sizes.size else (0, 0.0, 0)
    return {
        "level": level,
        "units": len(units.scopes),
        "precincts": dict(zip(("fewest", "median", "most"), few, strict=True)),
        "by_unit": [[str(s), int(n)] for s, n in zip(units.scopes, sizes, strict=True)] if top else [],
    }


def _none(counts: NDArray[np.float64]) -> int:
    return int((~(np.nan_to_num(counts) > 0)).sum())


def _votes(returns: Returns) -> NDArray[np.float64]:
    if returns.options:
        return returns.total_votes
    return returns.counts("valid" if "valid" in returns.table else "ballots")


def _not_reported(returns: Returns) -> NDArray[np.bool_]:
    """Rows that the source itself marks as not reported, and rows without any count of the outcome."""
    table = returns.table
    outcome = [c for c in table.columns if c in ("ballots", "valid") or roles.is_option(c)]
    silent = table[outcome].isna().all(axis=1).to_numpy()
    if "not_reported" in table:
        marked = table["not_reported"].astype("str").str.casefold().isin(("1", "1.0", "true", "yes"))
        silent = silent | marked.to_numpy()
    return np.asarray(silent, dtype=bool)


def _duplicates(returns: Returns, k: int) -> dict[str, Any]:
    repeated = repeated_keys(returns)
    levels = tuple(returns.levels or ())
    without = returns.table["precinct"].isna().to_numpy()
    entry = {
        "key": list(repeated.columns),
        "keys": repeated.keys,
        "rows": int((repeated.codes >= 0).sum()),
        "identical": repeated.identical,
        "listed": listed_keys(returns, repeated, k),
        "rows_without_precinct": int(without.sum()),
    }
    # A unit is (top level, its own name): the shorter key that a join or a map would use.
    shorter = tuple(dict.fromkeys((*levels[:1], *levels[-1:], "precinct")))
    short = repeated_keys(returns, shorter)
    unnamed = short.codes[without & (short.codes >= 0)]
    entry["short_key"] = {
        "key": list(shorter),
        "keys": short.keys,
        "rows": int((short.codes >= 0).sum()),
        "without_precinct": len(unnamed),
        "without_precinct_beyond_first": len(unnamed) - len(np.unique(unnamed)),
    }
    return entry
