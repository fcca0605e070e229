"""Figures of the detector pages from real elections: aggregates only, no row of a precinct.

``FORENSICS_DATA=… python docs/detector_figures.py [id …]`` runs each detector on the elections that
``docs/detectors/detectors.toml`` names and writes ``docs/detectors/figures/<id>-<data set>.svg`` (a PNG
where the SVG is larger than 60 KB) and the numbers of each finding in ``readings.json`` beside them.
Elections that are not at hand are left as they were.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

import forensics
from forensics.evidence.reference_rows import elections
from forensics.plots.drawing import few_colours, images
from forensics.tables.at_hand import read_at_hand

PLACE = Path(__file__).parent / "detectors"
FIGURES = PLACE / "figures"
READINGS = FIGURES / "readings.json"
#: Bytes above which an SVG is written as a PNG instead.
LARGEST = 60_000
#: Dots per inch of such a PNG.
DOTS = 90
#: Inches, as wide as the text of a page.
SIZE = (6.3, 3.9)
SEED = 1
#: The announcement of 29 July 2024, votes per candidate.
ANNOUNCED = {"maduro": 5_150_092, "gonzalez": 4_445_978, "others": 462_704}


def main(asked: list[str]) -> int:
    """Draw the figures of the detectors asked for, or of all."""
    pages = tomllib.loads((PLACE / "detectors.toml").read_text(encoding="utf-8"))
    pages.pop("elections")
    unknown = [id for id in asked if id not in pages]
    if unknown:
        print(f"{unknown[0]!r} is no detector with a page", file=sys.stderr)
        return 1
    FIGURES.mkdir(exist_ok=True)
    there: dict[str, Any] = json.loads(READINGS.read_text(encoding="utf-8")) if READINGS.is_file() else {}
    for id in asked or pages:
        there[id] = there.get(id, {}) | dict(_shown(id, pages[id]))
        text = json.dumps({key: there[key] for key in pages if key in there}, indent=1, ensure_ascii=False)
        READINGS.write_text(text + "\n", encoding="utf-8", newline="\n")
    return 0


def _shown(id: str, page: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The reading of each of the page's elections that is at hand, its figure written."""
    for name in (page[role] for role in ("clean", "manipulated") if role in page):
        opened = _open(name, page)
        if opened is None:
            print(f"{id}: {name} is not at hand", file=sys.stderr)
            continue
        returns, tables = opened
        if "residual" in page:
            method, quantity = page["residual"].split(":")
            found = forensics.run_detector(method, returns, seed=SEED, quantity=quantity)
            tables["residuals"] = {page["residual"]: found.only(quantity=quantity).precincts}
        settings = page.get("set", {}).get(name, {})
        findings = forensics.run_detector(id, returns, seed=SEED, **tables, **settings)
        national = [item for item in findings.tested if item.scope == forensics.NATIONAL]
        wanted = [item for item in national if item.quantity == page.get("quantity", item.quantity)]
        if not wanted:
            print(f"{id}: {name}: {findings}", file=sys.stderr)
            continue
        finding = wanted[0]
        print(finding, file=sys.stderr)
        yield name, _reading(finding) | _draw(id, name, _picture(finding, returns, page))


def _open(name: str, page: Mapping[str, Any]) -> tuple[Any, dict[str, Any]] | None:
    """Returns and second tables by the name of the election; None where they are not at hand."""
    if name.startswith("demo"):
        return _demonstration(name)
    if name == "ve2024_announced":
        returns = forensics.demo_returns()
        return returns, {"totals": pd.DataFrame([{f"votes_{k}": v for k, v in ANNOUNCED.items()}])}
    returns = _read(name.replace("se2018_totals", "se2018_riksdag"))
    if returns is None:
        return None
    if name == "se2018_totals":
        sums = {
            f"votes_{option}": int(returns.counts(f"votes_{option}").sum()) for option in returns.options
        }
        return returns, {"totals": pd.DataFrame([sums])}
    if "previous" not in page:
        return returns, {}
    previous = _read(page["previous"])
    return None if previous is None else (returns, {"previous": previous})


def _demonstration(name: str) -> tuple[Any, dict[str, Any]]:
    election = forensics.demo_election()
    if name == "demo":
        return election.returns, {"totals": election.totals}
    clean = forensics.simulation.draw(forensics.simulation.embedded().replaced(planted=()), rng=SEED)
    return clean.returns, {"totals": clean.totals}


def _read(name: str) -> Any:
    listed = {item.name: item for item in elections().election}
    if name not in listed:
        return read_at_hand([name], leader=None, where=None)
    item = listed[name]
    return read_at_hand(item.names, leader=item.leader, where=item.where)


def _reading(finding: forensics.Finding) -> dict[str, Any]:
    interval = finding.interval
    return {
        "quantity": finding.quantity,
        "effect": finding.effect,
        "unit": finding.unit,
        "interval": None if interval is None else [interval.low, interval.high],
        "pvalue": finding.pvalue,
        "n": finding.n,
        "underpowered": finding.underpowered,
        "option": finding.parameters.get("option"),
    }


def _picture(finding: forensics.Finding, returns: Any, page: Mapping[str, Any]) -> Any:
    """The finding's first public picture, or the figure of the returns that the page names."""
    if "drawn" in page:
        source = {"detector": "last_digit"} if page["drawn"] == "digit_bars" else {}
        quantity = page.get("quantity") if page["drawn"] != "votes_by_turnout" else None
        return forensics.make_picture(page["drawn"], returns, quantity=quantity, **source)
    return next((item for item in finding.pictures if not item.restricted), None)


def _draw(id: str, name: str, picture: Any) -> dict[str, Any]:
    """Write the picture; what its file is called, and its title."""
    for old in FIGURES.glob(f"{id}-{name}.*"):
        old.unlink()
    if picture is None:
        return {}
    content, suffix = images(picture, ("svg",), size=SIZE, letters="text")["svg"], "svg"
    if len(content) > LARGEST:
        content, suffix = images(picture, ("png",), size=SIZE, dpi=DOTS)["png"], "png"
    if len(content) > LARGEST:
        content = few_colours(content)
    file = FIGURES / f"{id}-{name}.{suffix}"
    file.write_bytes(content)
    return {"file": file.name, "title": picture.title.text("en")}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
