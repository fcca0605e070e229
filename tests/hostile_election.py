"""Files whose every text tries to run, to lead somewhere, to hide or to be taken for something else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

#: What must never be seen of single precincts and of persons on a page that is published.
PRECINCT = "Qprecinct"
PERSON = "Qperson"

#: Texts that do harm where they are not taken for texts.
HARMFUL = (
    "<script>window.ran = 1</script>",
    "</script><script>window.ran = 2</script>",
    '"><img src=x onerror="window.ran = 3">',
    "' onmouseover='window.ran = 4",
    "javascript:alert(5)",
    "{{ 7 * 191 }}{% for x in range(9) %}{{ x }}{% endfor %}",
    "</style><style>main { display: none }</style>",
    "<!-- --><svg onload='window.ran = 6'></svg>",
    "&lt;script&gt;window.ran = 7&lt;/script&gt;",
    "$\\frac{1}{2}$ \\href{http://harm.invalid}{x}",
    "http://harm.invalid/?q=1",
    "../../../../etc/harm",
    "..\\..\\harm",
    "/etc/harm",
    "C:\\harm",
    "%s %n {0} {name!r:>9999}",
    "[link](http://harm.invalid) ![x](http://harm.invalid/x.png)",
)
#: Cells that a spreadsheet would work out.
FORMULAS = (
    '=HYPERLINK("http://harm.invalid","open")',
    "=cmd|' /C calc'!A0",
    "+1+HYPERLINK(1)",
    "-1+HYPERLINK(1)",
    "@SUM(1+1)",
)
#: Letters that turn the rest of a line round, or cannot be shown at all.
UNSEEN = (
    "abc\u202etxt.exe",
    "\u2066hidden\u2069",
    "a\u200bb",
    "bell\x07",
    "escape\x1b[31m",
    "line\u2028end",
)
TEXTS = (*HARMFUL, *FORMULAS, *UNSEEN, "long " * 180)

REGIONS = (
    "<script>window.ran = 8</script>",
    *FORMULAS[:1],
    "{{ 6 * 191 }}",
    "North\u202ehtroN",
    "../../Few",
)
#: Precincts of the last region: so few that a commission could be told from them.
FEW = 4
EACH = 60


def returns() -> pd.DataFrame:
    """Five regions of sixty precincts, the last of four; a third of the precincts break a relation."""
    rng = np.random.default_rng(5)
    sizes = [EACH] * (len(REGIONS) - 1) + [FEW]
    region = np.repeat(REGIONS, sizes)
    n = len(region)
    registered = rng.integers(300, 2400, n)
    ballots = rng.binomial(registered, rng.uniform(0.4, 0.9, n))
    first = rng.binomial(ballots, 0.6)
    invalid = rng.binomial(ballots - first, 0.05)
    return pd.DataFrame({
        "region": region,
        "district": [f"{TEXTS[i // 20 % len(TEXTS)]} d{i // 20}" for i in range(n)],
        "precinct": [f"{TEXTS[i % len(TEXTS)]} {PRECINCT} {i}" for i in range(n)],
        "registered": registered,
        "ballots": ballots,
        "valid": ballots - invalid + (np.arange(n) % 3 == 0),
        "invalid": invalid,
        f"votes_{HARMFUL[0]}": first,
        f"votes_{FORMULAS[0]}": ballots - first - invalid,
    })  # fmt: skip


def roster() -> pd.DataFrame:
    """Three members of each precinct's commission, their names in every column of free text."""
    precincts = returns()
    rows = []
    for i, (region, district, precinct) in enumerate(
        zip(precincts["region"], precincts["district"], precincts["precinct"], strict=True)
    ):
        for j, role in enumerate(("chair", "secretary", "member")):
            person = f"{PERSON} {i}-{j}"
            # A nominator column that holds a name, as where someone stood for himself.
            nominator = ("ruling", "state", "rival")[(i + j) % 3]
            rows.append({
                "commission_id": f"{TEXTS[i % len(TEXTS)]} c{i}",
                "level": 3,
                "region": region,
                "district": district,
                "precinct": precinct,
                "member_id": person,
                "role": role,
                "nominated_by": person if i % 97 == 0 and j == 2 else nominator,
                "employer_id": f"office of {person}",
                "remarks": f"telephone of {person}",
            })  # fmt: skip
    return pd.DataFrame(rows)


def coding() -> pd.DataFrame:
    """Blocs of the nominators that are no persons."""
    return pd.DataFrame({
        "nominator": ["ruling", "state", "rival"],
        "bloc": ["INC", "STATE", "OPP"],
        "p_aligned": [1, 1, 0],
        "source": [HARMFUL[2], FORMULAS[0], "=1+1"],
    })  # fmt: skip


LEDGER = """\
name = "<script>window.ran = 9</script>"
source = "=HYPERLINK(1)"
instruments = ["copenhagen-1990"]

[[entry]]
id = "count"
norm = "<img src=x onerror='window.ran = 10'>"
topic = "{{ 5 * 191 }}"
instrument = "copenhagen-1990"
paragraphs = ["7.4"]
state = "contestation"
evidence_level = "L1"
linked = ["last_digit"]
official_response = "none found"

[[entry.diffusion]]
what = "</script><script>window.ran = 11</script>"
by = "participating States"
date = 1990-06-29
source = "javascript:alert(12)"
read = true

[[entry.law]]
article = "43"
what = "Ballots are shown."
valid_from = 1995
valid_to = "2004-04"
source = "a gazette"
read = true

[[entry.reconstitution]]
channel = "practice"
actor = "commissions"
date = 2011
what = "Observers are kept at a distance."
source = "a report"
read = true

[[entry.contestation]]
event = "A party complains."
claimant = "a party"
date = 2011-04-15
source = "http://harm.invalid"
read = true
"""
NOTES = """\
# <script>window.ran = document</script>

<img src=x onerror="window.ran = document"> [open](javascript:x) {finding:last_digit:leader_votes#n} here.
"""


def written(folder: Path) -> dict[str, Path]:
    """All of it as files, by what each is."""
    files = {name: folder / f"{name}.csv" for name in ("returns", "roster", "coding")}
    returns().to_csv(files["returns"], index=False, encoding="utf-8")
    roster().to_csv(files["roster"], index=False, encoding="utf-8")
    coding().to_csv(files["coding"], index=False, encoding="utf-8")
    for name, suffix, text in (("ledger", "toml", LEDGER), ("notes", "md", NOTES)):
        files[name] = folder / f"{name}.{suffix}"
        files[name].write_text(text, encoding="utf-8")
    return files
