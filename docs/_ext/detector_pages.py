"""One page for each detector, from its docstring, the registry, and what was measured of it."""

from __future__ import annotations

import csv
import inspect
import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import Any

from numpydoc.docscrape import NumpyDocString
from numpydoc.docscrape_sphinx import SphinxDocString
from rst import heading, indented, number, probability, table

from forensics.detectors.registry import FAMILIES, Detector, all_detectors
from forensics.evidence.standard import SCENARIOS
from forensics.evidence.standard import standard as standard_readings

FOLDER = "generated/detectors"
CLASSES = ("clean", "contested", "manipulated")
DEFAULTS = {
    "on": "part of every audit",
    "descriptive": "part of every audit, but no assessment leans on its p-value",
    "off": "off, only when asked for",
}
ABOUT = {
    "protocol": "Relations between the numbers of one protocol, and between protocols and totals.",
    "digits": "Digits of counts, against what the precincts' own sizes and rates give.",
    "turnout": "Turnout and support: how they are distributed, and how they go together.",
    "carousel": "Columns that repeat voting leaves traces in: certificates, lists, hours, second contests.",
    "neighbours": "Precincts held against those beside them.",
}
#: Power from which on a mechanism is listed as seen.
SEEN = 0.2


def pages(root: Path) -> dict[str, str]:
    """The index and the page of each detector of this package, by path."""
    data = root.parent / "data"
    shown = tomllib.loads((root / "detectors" / "detectors.toml").read_text(encoding="utf-8"))
    readings = json.loads((root / "detectors" / "figures" / "readings.json").read_text(encoding="utf-8"))
    standard = json.loads((data / "standard_readings.json").read_text(encoding="utf-8"))
    with (data / "reference_elections.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    listed = tomllib.loads((data / "reference_elections.toml").read_text(encoding="utf-8"))
    titles = _titles(listed, shown.pop("elections"))
    own = [entry for entry in all_detectors() if entry.id in shown]
    made = {f"{FOLDER}/index.rst": _index(own)}
    for entry in own:
        parts = (
            heading(entry.id),
            *_what(entry, shown[entry.id]),
            *_elections(entry.id, shown[entry.id], readings.get(entry.id, {}), titles),
            *_size_and_power(entry.id, standard),
            *_place(entry.id, rows),
            *_call(entry),
        )
        made[f"{FOLDER}/{entry.id}.rst"] = "\n".join(parts)
    return made


def _titles(listed: Mapping[str, Any], others: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """What each data set is called, and what is held of it."""
    found = {
        item["name"]: (f"{item['country']} {item['year']}", item["class"]) for item in listed["election"]
    }
    return found | {name: (item["title"], item["held"]) for name, item in others.items()}


def _index(entries: list[Detector]) -> str:
    lines = [
        heading("Detectors"),
        "Each detector measures one departure from one stated null. Its page gives the null, the formula,",
        "the innocent explanations, the source, two real elections, how often it fires on clean elections,",
        "what it sees of each planted mechanism, and where real elections stand.",
        "",
    ]
    for family in dict.fromkeys((*FAMILIES, *(entry.family for entry in entries))):
        own = [entry for entry in entries if entry.family == family]
        if not own:
            continue
        lines += [heading(f"Family: {family}", 1), ABOUT.get(family, ""), ""]
        lines.append(
            table(
                ("detector", "by default", "what it looks at"),
                ((f":doc:`{e.id}`", e.default, e.summary.rstrip(".")) for e in own),
            )
        )
    lines += [".. toctree::", "   :hidden:", "", *(f"   {entry.id}" for entry in entries), ""]
    return "\n".join(lines)


def _doc(entry: Detector) -> NumpyDocString:
    return NumpyDocString(inspect.getdoc(entry.run) or "")


def _what(entry: Detector, page: Mapping[str, Any]) -> Iterator[str]:
    doc = _doc(entry)
    yield "\n".join(doc["Summary"]) + "\n"
    needs = ", ".join(f"``{need.replace('|', '`` or ``')}``" for need in entry.needs) or "any counts"
    tables = ", ".join(f"``{name}``" for name in entry.tables) or "none"
    yield table(
        ("family", "by default", "columns it needs", "second tables it needs"),
        [(entry.family, DEFAULTS[entry.default], needs, tables)],
    )
    yield heading("The null", 1)
    null = "\n".join(doc["Extended Summary"]).removeprefix("Null: ")
    yield null[:1].upper() + null[1:] + "\n"
    yield heading("Formula", 1)
    yield f".. math::\n\n{indented(page['formula'])}\n\n{page['where']}\n"
    yield heading("Innocent explanations, and where it breaks", 1)
    yield "\n".join(doc["Notes"]) + "\n"
    yield heading("Source", 1)
    yield "\n".join(doc["References"]) + "\n"


def _elections(
    id: str, page: Mapping[str, Any], readings: Mapping[str, Any], titles: Mapping[str, tuple[str, str]]
) -> Iterator[str]:
    yield heading("What it looks like", 1)
    shown = [page[role] for role in ("clean", "manipulated") if page.get(role) in readings]
    if "no_clean" in page:
        yield _linked(page["no_clean"]) + "\n"
    if shown:
        yield (
            "The figures hold aggregates only. What is held of an election is the opinion of observers and "
            "of the literature about the election as a whole; it is not a measurement of its count.\n"
        )
    for name in shown:
        reading, (title, held) = readings[name], titles[name]
        caption = f"**{title[0].upper()}{title[1:]}** (held {held}). {_sentence(reading)}"
        if "file" in reading:
            alt = reading["title"].replace("\n", " ")
            yield f".. figure:: /detectors/figures/{reading['file']}\n   :alt: {alt}\n   :width: 100%\n"
            yield f"   {caption}\n"
        else:
            yield f"{caption} It has no figure for publication.\n"


def _linked(text: str) -> str:
    """A Markdown link to a page of the documentation, as reStructuredText."""
    before, sign, rest = text.partition("[")
    if not sign:
        return text
    words, _, rest = rest.partition("](../")
    target, _, after = rest.partition(".md)")
    return f"{before}:doc:`{words} </{target}>`{after}"


def _sentence(reading: Mapping[str, Any]) -> str:
    parts = [f"``{reading['quantity']}``, n {reading['n']:,}"]
    if reading["effect"] is not None:
        text = f"effect {number(reading['effect'])} {reading['unit']}".rstrip()
        if reading["interval"]:
            text += f" [{', '.join(number(end) for end in reading['interval'])}]"
        parts.append(text)
    parts.append(probability(reading["pvalue"]))
    if reading["underpowered"]:
        parts.append("underpowered")
    return "; ".join(parts) + "."


def _size_and_power(id: str, standard: Mapping[str, Any]) -> Iterator[str]:
    yield heading("Size and power", 1)
    sizes, seen, unseen = [], [], {}
    for scenario, found in standard.items():
        for reading in found["detectors"]:
            if reading["method"] != id:
                continue
            low, high = reading["size_interval"]
            size = f"{reading['size']:.3f} [{low:.3f}, {high:.3f}]"
            sizes.append((scenario, f"``{reading['quantity']}``", size, f"{reading['simulations']:,}"))
            for kind, powers in reading["power"].items():
                largest = max(power for _, power in powers)
                if largest >= SEEN:
                    text = ", ".join(f"{power:.2f} at {intensity:g}" for intensity, power in powers)
                    seen.append((scenario, f"``{reading['quantity']}``", kind.replace("_", " "), text))
                else:
                    unseen[kind.replace("_", " ")] = None
    if not sizes:
        yield (
            "It gives no p-value on the :doc:`standard scenarios </benchmarks>`: it counts or describes, "
            "or they lack what it needs. No size was measured there; what is known stands above.\n"
        )
        return
    yield (
        "Size is the share of clean simulated elections in which the national test has p ≤ .05; a test is "
        "calibrated where this is surely below .08. Power is the same share where a mechanism was planted, "
        "at each strength. See :doc:`/benchmarks`.\n"
    )
    described = "; ".join(f"*{item.name}*: {item.summary}" for item in SCENARIOS if item.name in standard)
    yield f"Scenarios: {described}.\n"
    yield table(("scenario", "quantity", "size [95 % interval]", "elections"), sizes)
    yield from _calibrated(id, dict.fromkeys(row[1] for row in sizes))
    if seen:
        yield f"Mechanisms that it sees in at least {SEEN:.0%} of the elections at some strength:\n"
        yield table(("scenario", "quantity", "planted", "power"), seen)
    hidden = [kind for kind in unseen if kind not in {row[2] for row in seen}]
    if hidden:
        yield f"Mechanisms that it does not see: {', '.join(hidden)}. Silence says nothing about these.\n"


def _calibrated(id: str, quantities: Iterable[str]) -> Iterator[str]:
    """Which of the tests an assessment may lean on, both scenarios taken together."""
    answers: dict[bool, list[str]] = {True: [], False: []}
    for quantity in quantities:
        reading = standard_readings().reading(id, quantity.strip("`"))
        answers[reading is not None and reading.calibrated].append(quantity)
    said = {True: "Calibrated", False: "Not calibrated, and not leaned on"}
    yield " ".join(f"{said[key]}: {', '.join(names)}." for key, names in answers.items() if names) + "\n"


def _place(id: str, rows: list[dict[str, str]]) -> Iterator[str]:
    yield heading("Among real elections", 1)
    groups: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in rows:
        if row["method"] == id and row["effect"]:
            groups.setdefault((row["quantity"], row["unit"]), []).append(row)
    body = [
        (f"``{quantity}``", unit, *(_summary(group, name) for name in CLASSES))
        for (quantity, unit), group in sorted(groups.items())
        if len(group) > 1
    ]
    if not body:
        yield "Fewer than two of the reference elections have the columns that it needs.\n"
        return
    yield (
        "Effects of the reference elections by what is held of them: median [smallest, largest] and their "
        "number. No threshold is chosen from them. See :doc:`/reference-elections`.\n"
    )
    yield table(("quantity", "unit", *(f"held {name}" for name in CLASSES)), body)


def _summary(group: list[dict[str, str]], held: str) -> str:
    effects = [float(row["effect"]) for row in group if row["class"] == held]
    if not effects:
        return "–"
    low, high = number(min(effects)), number(max(effects))
    return f"{number(median(effects))} [{low}, {high}], {len(effects)}"


def _call(entry: Detector) -> Iterator[str]:
    yield heading("Call", 1)
    doc = SphinxDocString(inspect.getdoc(entry.run) or "")
    for section in ("Summary", "Extended Summary", "Notes", "References"):
        doc[section] = []
    parameters = [
        item.replace(annotation=inspect.Parameter.empty)
        for item in inspect.signature(inspect.unwrap(entry.run)).parameters.values()
    ]
    signature = inspect.Signature(parameters)
    yield f".. py:function:: forensics.{entry.id}{signature}\n"
    yield indented(str(doc)) + "\n"
    command = f"forensics run {entry.id} returns.csv"
    if entry.first:
        command = f"forensics run {entry.id} {entry.first}.csv"
    for name in entry.tables:
        if name != entry.first:
            command += " --previous earlier.csv" if name == "previous" else f" --with {name}={name}.csv"
    yield f"On the command line:\n\n.. code-block:: console\n\n   $ {command}\n"
