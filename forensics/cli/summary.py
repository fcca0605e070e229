"""What the commands print for a person: nulls first, effects before p-values."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from forensics.messages.typesetting import plain

#: Lines of one kind shown before the rest is only counted.
MOST = 8
SAID = {
    "registered_zero": "with 0 registered voters",
    "registered_missing": "without a number of registered voters",
    "without_ballots": "without ballots (0 or not reported)",
    "without_votes": "without votes (0 or not reported)",
    "not_reported": "not reported at all",
}


def _console() -> Console:
    """The terminal's width; a fixed one where lines go to a file or a pipe."""
    return Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 120)


def print_audit(audit: Any) -> None:
    """National findings of an audit, one line each, and what they bear together."""
    console = _console()
    returns = audit.returns
    registered = int(returns.frame["registered"].sum()) if returns.has("registered") else None
    voters = f", {registered:,} registered" if registered is not None else ""
    console.print(f"{returns.source.name}: {len(returns):,} precincts{voters}; leader {returns.leader}")
    table = Table("detector", "quantity", "n", "effect [95 %]", "p", box=None, pad_edge=False)
    for alike in _alike(audit.findings.select(scope="national").tested):
        finding = alike[0]
        effect = "" if finding.effect is None else f"{_effect(finding)} {finding.unit}"
        p = "underpowered" if finding.underpowered else _p(finding.pvalue)
        fewest, largest = min(item.n for item in alike), max(item.n for item in alike)
        n = f"{fewest:,}" if fewest == largest else f"{fewest:,}–{largest:,}"
        quantity = finding.quantity if len(alike) == 1 else f"{len(alike)} quantities"
        table.add_row(finding.method, quantity, n, effect, p)
    console.print(table)
    for skipped in audit.findings.skipped:
        console.print(f"skipped {skipped.method}: {skipped.reason}")
    console.print(
        f"{len(audit.findings.tested):,} findings over all levels; each departs from a stated null or "
        "not, none is a verdict."
    )
    for one in audit.evidence.assessment[:1]:
        console.print(f"{one.ladder}: {one.sentence}")


def _effect(finding: Any) -> str:
    """Effect with its interval, if it has one."""
    interval = finding.interval
    span = f" [{plain(interval.low, 3)}, {plain(interval.high, 3)}]" if interval else ""
    return f"{plain(finding.effect, 3)}{span}"


def print_report(out: Path) -> None:
    """Where the report lies: the last line of a command that writes one."""
    _console().print(f"report: {out / 'index.html'}", soft_wrap=True)


def _alike(findings: Any) -> list[list[Any]]:
    """Findings in their order, those of a detector that say the same "none departs" in one place."""
    groups: dict[tuple[str, ...], list[Any]] = {}
    for finding in findings:
        silent = not (finding.effect or finding.interval or finding.underpowered) and finding.pvalue is None
        own = str(finding.effect) if silent else finding.quantity
        groups.setdefault((finding.method, finding.unit, own), []).append(finding)
    return [
        part
        for group in groups.values()
        for part in ([group] if len(group) > MOST else [[finding] for finding in group])
    ]


def print_reasons(findings: Any) -> None:
    """Why findings without an effect have none, where assumptions of theirs are known to fail."""
    silent = [item for item in findings.tested if item.underpowered and item.effect is None]
    reasons = (str(one.text) for item in silent for one in item.assumptions if one.holds is False)
    for reason in dict.fromkeys(reasons):
        _console().print(f"does not hold: {reason}")


def _p(value: float | None) -> str:
    if value is None:
        return "none"
    return "< 0.0001" if value < 1e-4 else f"{value:.4f}"


def print_check(check: Any) -> None:
    """Coverage, relations between columns, keys and levels, as lines a person reads."""
    console = _console()
    say = console.print
    say(f"{check.rows:,} rows, {check.kept:,} precincts, {len(check.refused):,} rows refused")
    for item in check.refused[:MOST]:
        say(f"  row {item['row']}: {item['reason']}")
    if len(check.refused) > MOST:
        say(f"  and {len(check.refused) - MOST:,} more (--json lists all)")
    for step in check.steps:
        say(f"read: {step}")
    _coverage(say, check.coverage)
    table = Table("relation", "checked", "violations", "leader above", box=None, pad_edge=False)
    for entry in check.identities:
        innocent = " (honest bookkeeping may break it)" if entry["innocent"] else ""
        table.add_row(
            f"{entry['formula']}{innocent}",
            f"{entry['checked']:,}",
            f"{entry['violations']:,}",
            f"{entry['favour_leader']:,} of {entry['compared']:,}" if entry["violations"] else "",
        )
    say(table)
    for entry in check.unchecked:
        why = (
            f"no column {', '.join(entry['missing'])}"
            if entry["missing"]
            else f"{entry['derived']} is derived"
        )
        say(f"not checked: {entry['formula']} ({why})")
    duplicates = check.duplicates
    keys, rows = duplicates["keys"], duplicates["rows"]
    if keys:
        say(f"{keys:,} keys ({', '.join(duplicates['key'])}) stand in {rows:,} rows")
    if duplicates["rows_without_precinct"]:
        say(f"{duplicates['rows_without_precinct']:,} rows without a precinct name")
    for pair in check.nesting:
        if pair["in_several"]:
            say(f"{pair['in_several']:,} names of a {pair['lower']} stand in more than one {pair['upper']}")
    say("Contradictions are reported as found; which of them honest bookkeeping explains is said above.")


def _coverage(say: Any, coverage: dict[str, Any]) -> None:
    for level in coverage["levels"]:
        per = level["precincts"]
        say(f"{level['level']}: {level['units']:,} units of {per['fewest']:,} to {per['most']:,} precincts")
    for key, text in SAID.items():
        if coverage[key]:
            say(f"{coverage[key]:,} rows {text}")
    unnamed = {c: n for c, n in coverage["without_name"].items() if n and c != "precinct"}
    for column, n in unnamed.items():
        say(f"{n:,} rows without a {column}")
    gaps = [f"{column} {n:,}" for column, n in coverage["missing"].items() if n]
    if gaps:
        more = f" and {len(gaps) - MOST} more columns" if len(gaps) > MOST else ""
        say(f"cells without a value: {', '.join(gaps[:MOST])}{more}")


def print_link(link: Any) -> None:
    """Coverage, measures by level of commissions, and the headlines of the study."""
    say = _console().print
    for step in link.steps:
        say(str(step))
    table = Table("commissions", "measure", "n", "mean", "bounds", "coding", box=None, pad_edge=False)
    measures = link.to_dict()["measures"]
    vague = False
    for row in measures:
        listed = row["symbol"] or row["measure"].startswith("bloc:")
        if row["unit"] or row["withheld"] or row["low"] is None or not listed:
            continue
        mean = "" if row["mean"] is None else plain(row["mean"], 3)
        vague |= row["mean"] == row["low"] < row["high"]
        bounds = f"[{plain(row['low'], 3)}, {plain(row['high'], 3)}]"
        table.add_row(row["level"], row["measure"], f"{row['commissions']:,}", mean, bounds, row["coding"])
    say(table)
    if vague:
        say("Means of shares count members of whom nothing is known as not of the class: the lower bound.")
    say(f"{len(measures):,} measures in all, by nominator, officer and unit too (--json, or the report)")
    for sentence in link.retention:
        say(str(sentence))
    for headline in link.associations.headlines:
        say("")
        say(str(headline))
    skipped = link.associations.skipped
    if skipped:
        say("")
        say(f"{len(skipped):,} further models could not be estimated (--json lists the reasons)")
    say(f"study declared beforehand: sha256 {link.associations.digest[:12]}")


def print_observation(found: Any) -> None:
    """What an observers' sample says, a null per method first, and what could not be said."""
    console = _console()
    for sentence in (*found.because, found.coverage, *found.sentences):
        console.print(str(sentence))
    methods = dict.fromkeys(finding.method for finding in found.findings.tested)
    for method in methods:
        findings = found.findings.select(method=method).tested
        nulls = dict.fromkeys(str(finding.null) for finding in findings[:1])
        console.print(f"\n{method}. Null: {' '.join(nulls)}")
        table = Table(
            "quantity", "n", "effect [interval]", "unit", "p", "p (Holm)", box=None, pad_edge=False
        )
        for finding in findings:
            p = "none" if finding.pvalue is None else f"{finding.pvalue:.4f}"
            adjusted = finding.detail.get("p_holm")
            holm = "" if adjusted is None else f"{adjusted:.4f}"
            table.add_row(finding.quantity, f"{finding.n:,}", _effect(finding), finding.unit, p, holm)
        console.print(table)
        console.print(f"Innocent explanations: {' '.join(map(str, findings[0].innocent))}")
    for skipped in found.findings.skipped:
        console.print(f"\nskipped {skipped.method}: {skipped.reason}")
    if len(found.items):
        console.print("\nAnswers to the form:")
        console.print(found.items.to_string(index=False, na_rep=""))
