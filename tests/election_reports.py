"""Small election reports of NIST SP 1500-100, written from plain tables with the published field names."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

import pandas as pd

V1 = "http://itl.nist.gov/ns/voting/1500-100/v1"
V2 = "http://itl.nist.gov/ns/voting/1500-100/v2"
XSI = "http://www.w3.org/2001/XMLSchema-instance"


def report(frame: pd.DataFrame, *, contest: str = "Governor", parts: Sequence[float] = ()) -> dict:
    """The JSON form of version 2: a county per region, a precinct per row, counts in ``parts`` and in all.

    ``parts`` are shares of each count that are written as types of their own (early, election-day …)
    beside the total; without any the total stands alone.
    """
    options = [c.removeprefix("votes_") for c in frame.columns if c.startswith("votes_")]
    regions = list(dict.fromkeys(frame["region"]))
    units = [
        {
            "@type": "ElectionResults.ReportingUnit",
            "@id": f"u{i}",
            "Name": text(row.precinct),
            "Type": "precinct",
            "VotersRegistered": int(row.registered),
        }
        for i, row in enumerate(frame.itertuples())
    ]
    units += [
        {
            "@type": "ElectionResults.ReportingUnit",
            "@id": f"c{k}",
            "Name": text(region),
            "Type": "county",
            "ComposingGpUnitIds": [f"u{i}" for i, own in enumerate(frame["region"]) if own == region],
        }
        for k, region in enumerate(regions)
    ]
    selections = [
        {
            "@type": "ElectionResults.CandidateSelection",
            "@id": f"s{k}",
            "CandidateIds": [f"k{k}"],
            "VoteCounts": [
                one
                for i, votes in enumerate(frame[f"votes_{option}"])
                for one in counts(f"u{i}", int(votes), parts)
            ],
        }
        for k, option in enumerate(options)
    ]
    cast = [
        {
            "@type": "ElectionResults.BallotCounts",
            "GpUnitId": f"u{i}",
            "Type": "total",
            "BallotsCast": int(n),
        }
        for i, n in enumerate(frame["ballots"])
    ]
    election = {
        "@type": "ElectionResults.Election",
        "Name": text("General election"),
        "BallotCounts": cast,
        "Candidate": [
            {
                "@type": "ElectionResults.Candidate",
                "@id": f"k{k}",
                "BallotName": text(o),
                "PartyId": f"p{k}",
            }
            for k, o in enumerate(options)
        ],
        "Contest": [
            {
                "@type": "ElectionResults.CandidateContest",
                "@id": "g",
                "Name": contest,
                "ElectionDistrictId": "c0",
                "ContestSelection": selections,
            }
        ],
    }
    return {
        "@type": "ElectionResults.ElectionReport",
        "Format": "precinct-level",
        "Election": [election],
        "GpUnit": units,
        "Party": [
            {"@type": "ElectionResults.Party", "@id": f"p{k}", "Name": text(f"party of {option}")}
            for k, option in enumerate(options)
        ],
    }


def text(words: str) -> dict:
    """An internationalised text."""
    return {"Text": [{"Content": words, "Language": "en"}]}


def counts(unit: str, votes: int, parts: Sequence[float]) -> list[dict]:
    """The vote counts of a unit: its total, and the parts beside it."""
    kinds = ("election-day", "early", "absentee-mail")[: len(parts)]
    split = [int(votes * share) for share in parts]
    if split:
        split[0] += votes - sum(split)
    every = [("total", votes), *zip(kinds, split, strict=True)]
    return [
        {"@type": "ElectionResults.VoteCounts", "GpUnitId": unit, "Type": kind, "Count": n}
        for kind, n in every
    ]


def as_json(root: Mapping) -> bytes:
    return json.dumps(root).encode()


def as_xml(root: Mapping, version: int = 2) -> bytes:
    """The same report in XML; version 1 has collections, other names and small letters."""
    space = V1 if version == 1 else V2
    body = "".join(children(root, version))
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<ElectionReport xmlns="{space}" xmlns:xsi="{XSI}">'
        f"{body}</ElectionReport>"
    ).encode()


#: What version 1 calls things, and what it puts into collections.
OLD_NAMES = {"ContestSelection": "BallotSelection", "ElectionDistrictId": "ElectoralDistrictId"}
COLLECTED = ("Candidate", "Contest", "GpUnit", "Party", "VoteCounts")


def children(node: Mapping, version: int) -> list[str]:
    parts = []
    for name, value in node.items():
        if name.startswith("@") or (version == 1 and name == "BallotCounts"):
            continue
        tag = OLD_NAMES.get(name, name) if version == 1 else name
        several = value if isinstance(value, list) else [value]
        if several and all(isinstance(one, str) for one in several):
            inside = f"<{tag}>{escape(' '.join(several))}</{tag}>"
        else:
            inside = "".join(element(tag, one, version) for one in several)
        if version == 1 and name in COLLECTED:
            inside = f"<{tag}Collection>{inside}</{tag}Collection>"
        parts.append(inside)
    return parts


def element(tag: str, value: object, version: int) -> str:
    if not isinstance(value, Mapping):
        return f"<{tag}>{escape(str(value))}</{tag}>"
    if tag == "Text":
        key = "language" if version == 1 else "Language"
        return f"<Text {key}={quoteattr(value['Language'])}>{escape(value['Content'])}</Text>"
    # Names of units and contests are plain in XML.
    if tag == "Name" and version == 1:
        return f"<Name>{escape(value['Text'][0]['Content'])}</Name>"
    attributes = ""
    if "@id" in value:
        attributes += f" {'objectId' if version == 1 else 'ObjectId'}={quoteattr(value['@id'])}"
    if "@type" in value:
        attributes += f" xsi:type={quoteattr(value['@type'].rpartition('.')[2])}"
    return f"<{tag}{attributes}>{''.join(children(value, version))}</{tag}>"
