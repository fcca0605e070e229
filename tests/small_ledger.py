"""An invented ledger of one entry that is complete, to be spoilt by tests."""

from __future__ import annotations

from pathlib import Path

ENTRY = """\
name = "Nowhere"
source = "invented"
instruments = ["copenhagen-1990"]

[[entry]]
id = "count"
norm = "honest count"
topic = "ballots are counted in view of those present"
instrument = "copenhagen-1990"
paragraphs = ["7.4"]
state = "contestation"
evidence_level = "L1"
linked = ["demo_digits"]
official_response = "none found"

[[entry.diffusion]]
what = "The document was signed."
by = "participating States"
date = 1990-06-29
source = "a treaty series"
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
measured = ["protocol_copies"]

[[entry.contestation]]
event = "A party complains."
claimant = "a party"
date = 2011-04-15
source = "a newspaper"
read = true
"""

RECOMMENDATION = """
[[entry.recommendation]]
id = "r1"
what = "Publish results by precinct."
by = "a mission"
source = "its final report"
issued = 2016-06-01
change_of_law = true

[[entry.recommendation.status]]
election = 2019-06-09
status = "not implemented"
source = "the next mission's report"
assessor = "A. Assessor"

[[entry.recommendation.status]]
election = 2021-01-10
status = "partly"
source = "the third mission's report"
assessor = "A. Assessor"
"""

TRAJECTORY = """
[[trajectory]]
id = "spiral"
norm = "honest count"
framework = "spiral model"
coder = "A. Coder"

[[trajectory.phase]]
phase = "denial"
start = 1995
end = 2004
rationale = "Officials held that the commitment did not apply."
source = "statements of the ministry"

[[trajectory.phase]]
phase = "tactical concessions"
start = 2004
rationale = "The law was amended."
source = "a gazette"
"""

EVIDENCE = """
[entry.assessed]
wording = "inconsistent with"
assessor = "A. Assessor"
date = 2021-03-01
rationale = "Copies differ from what was published, and observers saw them altered."

[[entry.evidence]]
kind = "returns"
what = "Published rows differ from the copies."
source = "the returns"
finding = "protocol_copies:difference:national"

[[entry.evidence]]
kind = "observation"
what = "Observers report rewritten copies."
source = "forms of the mission"
"""


def written(folder: Path, text: str = ENTRY) -> Path:
    """The ledger as a file."""
    file = folder / "ledger.toml"
    file.write_text(text, encoding="utf-8")
    return file


def spoilt(folder: Path, old: str, new: str, text: str = ENTRY) -> Path:
    """The ledger with one text replaced, which has to stand there once."""
    assert text.count(old) == 1, old
    return written(folder, text.replace(old, new))
