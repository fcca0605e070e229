"""The commission of seven members of the reference design (section 1.3), as tables."""

from __future__ import annotations

import pandas as pd

#: The incumbent's, four satellites', one opposition party's, and the state's nominee.
NOMINATORS = ["inc", "sat1", "sat2", "sat3", "sat4", "opp", "state"]


def seven(**changes: object) -> pd.DataFrame:
    """The long roster of the vector: chair INC at S12, which it heads; S12 also has three SAT."""
    columns = {
        "commission_id": "c1",
        "level": 3,
        "precinct": "1",
        "member_id": [f"person {i}" for i in range(7)],
        "role": ["chair", "secretary", "member", "member", "deputy", "member", "member"],
        "vote_right": "decisive",
        "nominated_by": NOMINATORS,
        "nominator_type": ["party"] * 6 + ["executive"],
        "employer_id": ["S12"] * 4 + ["clinic", "private", "akimat"],
        "employer_type": ["school"] * 4 + ["health", "private", "executive"],
        "employer_role": ["head"] + ["subordinate"] * 6,
        "venue_type": "school",
        "venue_id": "S12",
    }
    return pd.DataFrame({**columns, **changes}, index=range(2, 9))


def coding_of_seven() -> pd.DataFrame:
    """Blocs of the seven nominators; everybody but the opposition's is aligned."""
    return pd.DataFrame({
        "nominator": NOMINATORS,
        "bloc": ["INC", "SAT", "SAT", "SAT", "SAT", "OPP", "STATE"],
        "p_aligned": [1, 1, 1, 1, 1, 0, 1],
        "source": "invented",
    })  # fmt: skip
