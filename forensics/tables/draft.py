"""A first profile for a file nobody has seen: every guess with what speaks for it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence

import numpy as np

from forensics.tables import files, guessing, roles
from forensics.tables.counts import is_text, parse_counts
from forensics.tables.guessing import NAMES, WORDS, Draft
from forensics.tables.header import Record, matches, normalise
from forensics.tables.parquet import read_parquet
from forensics.tables.profiles import parse_profile
from forensics.tables.raw import RawTable
from forensics.tables.sheets import read_sheet
from forensics.tables.text import read_text
from forensics.tables.workbooks import alike

#: Rows looked at for what the numbers say.
SAMPLE = 400


def draft_profile(path: str | os.PathLike[str]) -> str:
    """Propose a profile for a file, as TOML text with a comment of evidence for every guess.

    Roles are guessed from the words of the headers in several languages and from the numbers: a
    column that is the sum of others, a column that is never below another. Guesses that rest on
    too little are commented out. The text can be read as a profile as it is.

    Parameters
    ----------
    path : path
        A file that :func:`read_returns` could read with the right profile.

    Returns
    -------
    str
        TOML.

    Raises
    ------
    ReturnsError
        If the file cannot be read.
    """
    opened = files.open_table(path, documents=True)
    part = opened.parts[0]
    sheets: tuple[str, ...] = ()
    if opened.kind == "parquet":
        raw = read_parquet(part)
    elif opened.kind == files.DOCUMENT:
        raise files.refuse(
            opened.name,
            "a document of results has no headers to map",
            "it is read as it is, without a profile",
        )
    elif opened.kind == "xlsx":
        raw, sheets = read_sheet(part, _score), alike(part, _score)
    else:
        raw = read_text(part, _score)
    if not len(raw.headers):
        raise files.refuse(
            opened.name, "the table has no columns", "a header and a row per precinct are needed"
        )
    draft = _start(raw)
    long = _long_columns(draft)
    if long is None:
        guessing.sums(draft)
        guessing.by_words(draft)
        guessing.by_order(draft)
        guessing.options_by_block(draft)
        guessing.options_by_words(draft)
    else:
        guessing.by_words(draft)
    guessing.names(draft)
    text = _write(opened.name, draft, long) + _of_sheets(sheets)
    parse_profile(text, "draft")
    return text


def _score(record: Record) -> int:
    return sum(
        any(matches(cell, words) for words in WORDS.roles.values()) for cell in record if cell.strip()
    )


def _start(raw: RawTable) -> Draft:
    """Columns whose sampled cells are whole numbers are counts; the others are names."""
    counts = {}
    step = max(1, len(raw.cells) // SAMPLE)
    frame = raw.cells.iloc[::step].head(SAMPLE)
    for column in frame.columns:
        cells = frame[column].rename("x")
        parsed = parse_counts(cells)
        if not parsed.values.notna().any():
            # A small party may have no votes in the rows looked at.
            whole = raw.cells[column]
            filled = whole[whole.notna() & (whole.astype("str").str.strip() != "")].head(SAMPLE)
            if not len(filled) or parse_counts(filled.rename("x")).faults:
                continue
        if parsed.faults:
            continue
        # Codes with leading zeros are names.
        if is_text(frame[column]) and frame[column].astype("str").str.fullmatch(r"0\d+").any():
            continue
        counts[int(column)] = parsed.values.to_numpy(dtype=np.float64, na_value=np.nan)
    return Draft(raw.headers, counts, frame, len(raw.cells), _named_once(raw, counts))


def _named_once(raw: RawTable, counts: Mapping[int, object]) -> dict[int, int]:
    """Columns of names that are empty in most rows but not in the first, and in how many."""
    found = {}
    for column in raw.cells.columns:
        if int(column) in counts:
            continue
        cells = raw.cells[column]
        empty = (cells.isna() | (cells.astype("str").str.strip() == "")).to_numpy(dtype=bool)
        if len(empty) and 2 * empty.sum() > len(empty) and not empty[0]:
            found[int(column)] = int(empty.sum())
    return found


def _long_columns(draft: Draft) -> dict[str, int] | None:
    """Option, votes and contest columns where there is a row per precinct and option."""
    text = [i for i in range(len(draft.headers)) if i not in draft.counts]
    option = next((i for w in WORDS.option for i in text if matches(draft.headers[i], [w])), None)
    votes = next((i for w in WORDS.votes for i in draft.counts if matches(draft.headers[i], [w])), None)
    if option is None or votes is None:
        return None
    contest = next((i for w in WORDS.contest for i in text if matches(draft.headers[i], [w])), None)
    found = {"option": option, "votes": votes}
    return found | ({"office": contest} if contest is not None else {})


def _write(name: str, draft: Draft, long: dict[str, int] | None) -> str:
    unique = [normalise(h) for h in draft.headers]

    def alone(role: str) -> bool:
        header = unique[draft.guesses[role].column]
        return bool(header) and unique.count(header) == 1

    levels = [r for r in roles.LEVELS if r in draft.guesses and draft.guesses[r].sure and alone(r)]
    lines = [
        f"# Proposed for {_comment(name)}; check every line against the file before using it.",
        f"levels = [{', '.join(map(_quoted, levels))}]",
        *_write_merged(draft, levels),
        "",
        "[columns]",
    ]
    order = [*roles.LEVELS, "precinct", *(r for r in WORDS.roles if r not in NAMES)]
    for role in [r for r in order if r in draft.guesses]:
        guess = draft.guesses[role]
        usable = (guess.sure and alone(role)) or role == "precinct"
        doubt = "" if guess.sure else " (unsure)"
        shared = "" if alone(role) else "; other columns have this header too"
        lines.append(f"# {role}{doubt}: {_comment(guess.evidence)}{shared}")
        lines.append(f"{'' if usable else '# '}{role} = {_glob(draft.headers[guess.column])}")
    if long is not None:
        lines += _write_long(draft, long)
    elif draft.votes:
        listed = [_glob(draft.headers[c]) for c in draft.votes if unique[c]]
        lines += ["", f"# Options: {_comment(draft.votes_evidence)}", "[votes]", "columns = ["]
        lines += [f"    {text}," for text in listed] + ["]"]
    else:
        lines += [
            "",
            "# No columns of votes were recognised; list their headers here.",
            "# [votes]",
            "# columns = []",
        ]
    used = [g.column for g in draft.guesses.values()] + draft.votes + list((long or {}).values())
    rest = [draft.headers[c] for c in range(len(draft.headers)) if c not in used]
    if rest:
        lines += ["", "# Columns without a role are kept under their own names:"]
        lines += [f"#   {_comment(header)}" for header in rest]
    return "\n".join(lines) + "\n"


def _write_merged(draft: Draft, levels: Sequence[str]) -> list[str]:
    """Levels whose names stand in the first row of a unit only, as merged cells leave them."""
    columns = {level: draft.guesses[level].column for level in levels}
    merged = {level: draft.named_once[c] for level, c in columns.items() if c in draft.named_once}
    return [
        *(
            f"# {level} is empty in {n:,} of {draft.rows:,} rows, as where cells were merged: an empty cell"
            " takes the name above"
            for level, n in merged.items()
        ),
        *([f"fill_down = [{', '.join(map(_quoted, merged))}]"] if merged else []),
    ]


def _write_long(draft: Draft, long: dict[str, int]) -> list[str]:
    lines = [
        "# The file has a row per precinct and option: its option, its votes"
        + (" and its contest." if "office" in long else ".")
    ]
    lines += [f"{role} = {_glob(draft.headers[column])}" for role, column in long.items()]
    lines += ["", "[long]", 'option = "option"', 'votes = "votes"']
    return lines + (['contest = ["office"]'] if "office" in long else [])


def _of_sheets(sheets: tuple[str, ...]) -> str:
    """How a workbook is read whole, where several sheets have the same columns: a guess for a person."""
    if len(sheets) < 2:
        return ""
    return (
        f"\n# {len(sheets):,} sheets have these columns: {_comment(', '.join(sheets))}. Only the first is "
        "read. If each\n# holds the precincts of a region, put these lines in their places above:\n"
        '#   levels = ["region"]\n#   sheets = "*"\n#   [columns]\n#   region = "sheet"\n'
    )


def _quoted(text: str) -> str:
    """A TOML basic string."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _glob(header: str) -> str:
    """A header as a pattern that fits it; what would be read as a sign of patterns becomes ``*``."""
    return _quoted("*" + header[1:] if header.startswith(("!", "re:")) else header or "column *")


def _comment(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", " ", text)
