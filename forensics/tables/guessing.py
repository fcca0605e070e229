"""What a column is, from the words of its header and from its numbers, with the evidence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forensics.tables import roles
from forensics.tables.header import matches
from forensics.tables.vocabulary import vocabulary

WORDS = vocabulary()
#: Share of the rows in which a sum or an order must hold.
HOLDS = 0.97
#: A block of options makes up this much of the ballots, in this share of the rows.
NEARLY_ALL = 0.8
ORDERED = 0.9
#: With more columns than this the search for sums would be long.
MOST_COLUMNS = 120
NAMES = ("precinct", *roles.LEVELS)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Guess:
    """One column's role, what speaks for it, and whether that is enough."""

    role: str
    column: int
    evidence: str
    sure: bool


@dataclass(slots=True)
class Draft:
    headers: tuple[str, ...]
    counts: dict[int, Floats]
    frame: pd.DataFrame
    rows: int
    named_once: dict[int, int]
    guesses: dict[str, Guess] = field(default_factory=dict)
    votes: list[int] = field(default_factory=list)
    votes_evidence: str = ""

    def free(self, columns: Iterable[int]) -> list[int]:
        taken = {g.column for g in self.guesses.values()} | set(self.votes)
        return [c for c in columns if c not in taken]

    def add(self, role: str, column: int, evidence: str, sure: bool) -> None:
        if role not in self.guesses:
            self.guesses[role] = Guess(role, column, evidence, sure)


def _holds(condition: NDArray[np.bool_], *columns: Floats) -> bool:
    known = np.logical_and.reduce([~np.isnan(c) for c in columns])
    return bool(known.sum() >= 2 and condition[known].mean() >= HOLDS)


def sums(draft: Draft) -> None:
    """The longest run of neighbouring counts whose sum is another count: the options and ``valid``."""
    columns = [c for c in draft.counts if _words_of(draft.headers[c]) not in NAMES][:MOST_COLUMNS]
    if len(columns) < 3:
        return
    matrix = np.nan_to_num(np.column_stack([draft.counts[c] for c in columns]))
    running = np.concatenate([np.zeros((len(matrix), 1)), np.cumsum(matrix, axis=1)], axis=1)
    best: tuple[int, int, int, int] | None = None
    for t, target in enumerate(columns):
        goal = matrix[:, t]
        if goal.sum() == 0 or len(goal) < 2:
            continue
        for start in range(len(columns)):
            agree = (np.abs(running[:, start + 2 :] - running[:, [start]] - goal[:, None]) < 0.5).mean(
                axis=0
            )
            for shift in np.flatnonzero(agree >= HOLDS):
                end = start + 2 + int(shift)
                run = range(start, end)
                inside = [_words_of(draft.headers[columns[k]]) for k in run]
                if t in run or any(role in WORDS.roles and role != "blank" for role in inside):
                    continue
                if (matrix[:, start:end].sum(axis=0) > 0).sum() < 2:
                    continue
                likely = _words_of(draft.headers[target])
                rank = (likely == "valid") - (likely not in ("valid", "ballots", ""))
                if best is None or (rank, end - start) > (best[0], best[3] - best[2]):
                    best = (rank, t, start, end)
    if best is None:
        return
    _, t, start, end = best
    draft.votes = columns[start:end]
    draft.votes_evidence = (
        f"{end - start} neighbouring columns whose sum is column {draft.headers[columns[t]]!r}"
    )
    role = _words_of(draft.headers[columns[t]])
    role = role if role in ("valid", "ballots") else "valid"
    draft.add(role, columns[t], f"it is the sum of the {end - start} columns of votes", True)


def _words_of(header: str) -> str:
    """The role whose words a header has: ``""`` where none or several."""
    found = [role for role, words in WORDS.roles.items() if matches(header, words)]
    return found[0] if found else ""


def by_words(draft: Draft) -> None:
    for role, words in WORDS.roles.items():
        if role in draft.guesses or role in NAMES:
            continue
        among = draft.free(draft.counts if role not in roles.MEASURES else range(len(draft.headers)))
        for word in (w for w in words if not w.startswith("!")):
            barred = [w for w in words if w.startswith("!")]
            hits = [c for c in among if matches(draft.headers[c], [word, *barred])]
            if hits:
                evidence = f"the header has the words {word!r}"
                doubt = _contradiction(draft, role, hits[0])
                several = f"; {len(hits) - 1} other headers have them too" if len(hits) > 1 else ""
                draft.add(role, hits[0], evidence + several + doubt, not doubt and not several)
                break


def _contradiction(draft: Draft, role: str, column: int) -> str:
    """What the numbers say against a role: voters below ballots, a part above the whole."""
    above = {
        "ballots": ["registered"],
        "valid": ["ballots", "registered"],
        "invalid": ["ballots"],
        "issued": ["registered"],
    }
    for upper in above.get(role, []):
        if upper in draft.guesses and draft.guesses[upper].column in draft.counts:
            a, b = draft.counts[column], draft.counts[draft.guesses[upper].column]
            known = ~np.isnan(a) & ~np.isnan(b)
            if known.any() and (a <= b)[known].mean() < HOLDS:
                return f", but it is often above {draft.headers[draft.guesses[upper].column]!r}"
    return ""


def by_order(draft: Draft) -> None:
    """Roles that follow from sums and orders where the words said nothing."""
    known = {role: draft.counts[g.column] for role, g in draft.guesses.items() if g.column in draft.counts}
    if "valid" in known and "ballots" not in known:
        for whole in draft.free(draft.counts):
            for rest in draft.free(draft.counts):
                a, b, c = draft.counts[whole], draft.counts[rest], known["valid"]
                if whole != rest and np.nansum(b) > 0 and _holds(a == b + c, a, b, c):
                    draft.add(
                        "ballots",
                        whole,
                        f"it is {draft.headers[rest]!r} and the valid votes together",
                        True,
                    )
                    draft.add(
                        "invalid", rest, f"with the valid votes it makes up {draft.headers[whole]!r}", True
                    )
                    known["ballots"] = a
                    break
            if "ballots" in known:
                break
    inner = known.get("ballots", known.get("valid"))
    if "registered" not in draft.guesses and inner is not None:
        upper = [
            c for c in draft.free(draft.counts) if _holds(draft.counts[c] >= inner, draft.counts[c], inner)
        ]
        if upper:
            most = max(upper, key=lambda c: float(np.nansum(draft.counts[c])))
            draft.add(
                "registered", most, "it is never below the ballots, and the largest such column", False
            )


def options_by_block(draft: Draft) -> None:
    """The longest block of neighbouring counts that together stay just below the ballots."""
    inner = next((draft.guesses[r] for r in ("valid", "ballots") if r in draft.guesses), None)
    if draft.votes or inner is None or inner.column not in draft.counts:
        return
    free = set(draft.free(draft.counts))
    blocks: list[list[int]] = [[]]
    for column in range(len(draft.headers)):
        if column in free:
            blocks[-1].append(column)
        elif blocks[-1]:
            blocks.append([])
    whole = draft.counts[inner.column]
    for block in sorted(blocks, key=len, reverse=True):
        total = np.nansum([draft.counts[c] for c in block], axis=0) if block else whole * 0
        within = (total <= whole) & (total >= NEARLY_ALL * whole)
        known = ~np.isnan(whole) & (whole > 0)
        if len(block) > 1 and known.any() and within[known].mean() >= ORDERED:
            draft.votes = block
            beside = draft.headers[inner.column]
            draft.votes_evidence = (
                f"{len(block)} neighbouring columns that make up nearly all of {beside!r}"
            )
            return


def options_by_words(draft: Draft) -> None:
    if draft.votes:
        return
    draft.votes = [c for c in draft.free(draft.counts) if matches(draft.headers[c], WORDS.party)]
    draft.votes_evidence = "their headers speak of parties, candidates or votes" if draft.votes else ""


def _grows(values: Floats) -> bool:
    known = values[~np.isnan(values)]
    return len(known) > 2 and len(known) >= HOLDS * len(values) and bool((np.diff(known) > 0).all())


def names(draft: Draft) -> None:
    """The precinct and the levels: by words, else by how many different values a column has."""
    every = draft.free(range(len(draft.headers)))
    # The precinct comes last, so that a level's header is not taken for it.
    for role in (*roles.LEVELS, "precinct"):
        hits = [c for c in draft.free(every) if matches(draft.headers[c], WORDS.roles[role])]
        if hits:
            # Of a unit's name and its code, the name is the better label.
            best = (
                next((c for c in hits if c not in draft.counts), hits[0]) if role != "precinct" else hits[0]
            )
            draft.add(role, best, f"the header reads {draft.headers[best]!r}", True)
    different = {c: draft.frame[c].nunique() for c in draft.free(every)}
    if "precinct" not in draft.guesses:
        names = (
            [c for c in different if not matches(draft.headers[c], WORDS.no_names)]
            or list(different)
            or [0]
        )
        texts = [c for c in names if c not in draft.counts] or names
        best = max(texts, key=lambda c: (different.get(c, 0), -c))
        found = f"of the names this column has most different values ({different.get(best, 0)} in "
        # Names that stand in many rows are those of units; a number that only grows counts the rows.
        growing = [c for c in names if c in draft.counts and _grows(draft.counts[c])]
        if growing and 2 * different.get(best, 0) < len(draft.frame):
            best, found = growing[0], "this column's number grows from row to row (all different in "
        draft.guesses = {role: g for role, g in draft.guesses.items() if g.column != best}
        evidence = f"no header names the precinct; {found}{len(draft.frame)} rows)"
        draft.add("precinct", best, evidence, False)
    for column in [
        c for c in draft.free(every) if c not in draft.counts and c < draft.guesses["precinct"].column
    ]:
        level = next((name for name in roles.LEVELS if name not in draft.guesses), None)
        few = 1 < different.get(column, 0) <= len(draft.frame) // 3
        if level and few and not matches(draft.headers[column], WORDS.no_names):
            draft.add(
                level,
                column,
                f"text with {different[column]} different values in {len(draft.frame)} rows",
                False,
            )
