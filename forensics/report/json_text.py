"""JSON as this project writes it: stable order, shortest exact floats, no NaN, and the findings' object."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from forensics.finding import Finding, Findings
from forensics.messages.message import Message
from forensics.picture import csv_text

SCHEMA_VERSION = 1


def dumps(content: object) -> str:
    """JSON text of mappings, sequences, texts and numbers (numpy's too), with a newline at the end.

    The order of mappings is kept, floats are written so that they read back exactly, and letters of
    every script are written as they are.

    Raises
    ------
    ValueError
        For NaN or an infinity, naming where it stands: JSON has no such numbers.
    TypeError
        For anything that has no JSON form.
    """
    return json.dumps(plain(content), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def line(content: object) -> str:
    """The same as :func:`dumps` on one line: what a cell of a CSV holds."""
    return json.dumps(plain(content), ensure_ascii=False, allow_nan=False)


def embedded(content: object) -> str:
    """JSON for inside a page: in its shortest form, and without a letter that could end the element.

    Parameters
    ----------
    content : object
        Of Python's own types: tables of a page are long, and are not walked through twice.
    """
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    # "</script>" and "<!--" end or change the element that holds the text.
    return text.translate({ord(letter): f"\\u{ord(letter):04x}" for letter in "<>&\u2028\u2029"})


def plain(content: object, place: str = "$") -> Any:
    """The content with Python's own types only; raises as :func:`dumps` does."""
    if content is None or isinstance(content, (str, bool, int)):
        return content
    if isinstance(content, (float, np.floating)):
        if not math.isfinite(content):
            raise ValueError(
                f"{place} is {content}, and JSON has no such number; use None where there is none"
            )
        return float(content)
    if isinstance(content, (np.bool_, np.integer)):
        return content.item()
    if isinstance(content, Message):
        return content.text()
    if isinstance(content, Mapping):
        return {str(key): plain(value, f"{place}.{key}") for key, value in content.items()}
    if isinstance(content, np.ndarray):
        return plain(content.tolist(), place)
    if isinstance(content, Sequence) and not isinstance(content, bytes):
        return [plain(value, f"{place}[{i}]") for i, value in enumerate(content)]
    raise TypeError(f"{place} is a {type(content).__name__}, which has no JSON form")


def findings_document(
    findings: Findings,
    provenance: Mapping[str, Any],
    assessment: Sequence[Mapping[str, Any]] | None = None,
    *,
    visibility: Sequence[Mapping[str, Any]] | None = None,
    estimates: Sequence[Mapping[str, Any]] | None = None,
    annotations: Callable[[Finding], Mapping[str, Any]] | None = None,
    language: str = "en",
) -> dict[str, Any]:
    """The object of ``findings.json``; without an assessment, that of ``run --json``.

    ``annotations`` gives the keys ``calibration`` and ``reference`` of a finding, which are null
    where it is not given; ``visibility`` what these columns can show of each mechanism; ``estimates``
    what several methods say on the same precincts.
    """
    unknown = {"calibration": None, "reference": None}
    document: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "provenance": dict(provenance),
        "findings": [
            item.to_dict(language) | (unknown if annotations is None else dict(annotations(item)))
            for item in findings.tested
        ],
        "skipped": [item.to_dict(language) for item in findings.skipped],
    }
    if assessment is not None:
        document["assessment"] = list(assessment)
    if visibility is not None:
        document["visibility"] = list(visibility)
    if estimates is not None:
        document["estimates"] = list(estimates)
    return document


def findings_table(findings: Findings, language: str = "en") -> str:
    """``findings.csv``: a row per finding, lists and mappings as JSON text."""
    frame = findings.to_frame(language)
    for column in frame.columns:
        if frame[column].dtype == object:
            frame[column] = [line(v) if isinstance(v, (list, dict, tuple)) else v for v in frame[column]]
    return csv_text(frame)
