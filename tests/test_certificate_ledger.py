"""The ledger of certificates: published sums, broken identities, serial numbers used twice."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tables_of import save

import forensics
from forensics.detectors.carousel.certificate_ledger import certificate_ledger
from forensics.errors import ConfigError, ReturnsError
from forensics.finding import Finding
from forensics.kernels.ledger import crossing, uses
from forensics.simulation import draw, manipulate
from forensics.tables.certificates import Certificates
from forensics.tables.returns import Returns


def frame() -> pd.DataFrame:
    """Two regions of two territories of three precincts, every certificate accounted for."""
    m = 12
    issued = np.array([10, 4, 6, 20, 0, 5, 8, 8, 8, 30, 1, 2])
    return pd.DataFrame(
        {
            "region": ["north"] * 6 + ["south"] * 6,
            "territory": np.repeat(["a", "b", "c", "d"], 3),
            "precinct": np.arange(1, m + 1),
            "registered": 1000,
            "ballots": 500,
            "votes_x": 300,
            "votes_y": 200,
            "absentee_received": issued + 5,
            "absentee_issued": issued,
            "absentee_issued_territory": [1] * m,
            "absentee_unused": 5,
            "absentee_lost": 0,
            "absentee_voted": [2, 2, 2, 3, 3, 3, 40, 1, 1, 2, 2, 2],
        }
    )


def national(returns: Returns) -> Finding:
    return certificate_ledger(returns).only(quantity="certificates", scope="national")


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "issued", "territory", "voted", "beyond"),
    # methods.md, C1: issued by precincts, by territories, voted; and counted from the files:
    # certificates that regions used beyond those they issued.
    [
        ("ru2011_duma", 1_647_223, 149_716, 1_257_966, 4_118),
        ("ru2016_duma", 1_030_295, 216_029, 809_157, 37_947),
    ],
)
def test_published_sums(
    shared_data: Path, name: str, issued: int, territory: int, voted: int, beyond: int
) -> None:
    found = national(forensics.read_returns(shared_data / "returns" / f"{name}.parquet"))
    detail = found.detail
    assert (detail["issued"], detail["issued_territory"], detail["voted"]) == (issued, territory, voted)
    assert detail["violations"] == 0
    assert detail["balance"] == found.statistic == issued + territory - voted
    assert detail["capacity"] == voted
    assert f"at most {voted:,} of" in str(found).splitlines()[0]
    assert detail["levels"][0][3] == beyond
    assert (found.excluded, found.pvalue) == (0, None)


@pytest.mark.shared
def test_a_file_without_certificates_is_skipped(shared_data: Path) -> None:
    returns = forensics.read_returns(shared_data / "returns" / "ru2018_president.parquet")
    assert "no absentee_voted" in str(certificate_ledger(returns).skipped[0].reason)


def test_sums_by_hand() -> None:
    found = certificate_ledger(Returns(frame()), by=(None, "region", "territory"))
    nation = found.only(scope="national")
    # 102 issued, 12 by territories, 63 used; 12 × 500 ballots; lead 12 × 100; 12 × 500 stayed away.
    assert (nation.detail["issued"], nation.detail["issued_territory"], nation.detail["voted"]) == (
        102,
        12,
        63,
    )
    assert nation.statistic == nation.detail["balance"] == 51
    assert nation.effect == pytest.approx(63 / 114)
    shares = [nation.detail[f"capacity_{name}"] for name in ("share", "margin", "absent")]
    assert shares == pytest.approx([63 / 6000, 63 / 1200, 63 / 6000])
    assert nation.detail["reuse"][-1] == [10, 1140, pytest.approx(0.19)]
    # Territory c used 42 and issued 24 + 3; precincts 5 (3 over 1), 7 (40 over 9) used more too.
    assert nation.detail["levels"] == [
        ["region", 2, 0, 0],
        ["territory", 4, 1, 15],
        ["precinct", 12, 2, 33],
    ]
    c = found.only(scope="region=south;territory=c")
    assert (c.detail["used_over_issued"], c.detail["violations"]) == (True, 0)
    assert c.assumptions[1].holds is False
    assert sum(item.detail["voted"] for item in found.select(scope="territory").tested) == 63


def test_a_nation_that_used_more_than_it_issued() -> None:
    table = frame().assign(absentee_voted=30)
    found = certificate_ledger(Returns(table), by=(None, "region"))
    assert found.only(scope="national").detail["violations"] == 1
    regions = found.select(scope="region").tested
    assert [item.detail["violations"] for item in regions] == [0, 0]
    assert all(item.detail["used_over_issued"] for item in regions)


def test_a_ledger_that_does_not_balance() -> None:
    table = frame()
    table.loc[3, "absentee_unused"] -= 2
    table.loc[5, "absentee_received"] -= 7
    table.loc[8, "absentee_voted"] = 520
    found = national(Returns(table))
    assert found.detail["violations"] == 2  # received, and 582 used of 114 issued
    assert found.detail["precincts"] == {"checked": 12, "received": 2, "voters": 1}
    assert found.precincts is not None
    assert found.precincts.tolist() == [0, 0, 0, 2, 0, 7, 0, 0, 20, 0, 0, 0]


def test_what_was_not_reported_is_told() -> None:
    table = frame().astype({"absentee_voted": "Int64", "absentee_unused": "Int64"})
    table.loc[0, "absentee_voted"] = pd.NA
    table.loc[1, "absentee_unused"] = pd.NA
    found = national(Returns(table))
    assert (found.n, found.excluded) == (11, 1)
    assert found.detail["precincts"]["checked"] == 11
    assert found.assumptions[1].holds is False
    bare = frame().drop(columns=["absentee_received", "absentee_unused", "absentee_lost", "registered"])
    detail = national(Returns(bare)).detail
    assert (detail["received"], detail["violations"], detail["capacity_absent"]) == (None, 0, None)


def test_a_simulated_election_balances_and_buses_hide_in_the_sums() -> None:
    from test_absentee_link import standard

    honest = draw(standard(2400, (8, 60)), rng=3).returns
    full, truth = manipulate(honest, "carousel_certificates", share=0.05, rng=3)
    for returns in (honest, full):
        found = national(returns)
        assert found.detail["violations"] == 0
        assert found.detail["precincts"]["received"] == 0
    assert found.detail["voted"] == national(honest).detail["voted"] + int(truth["added"].sum())


def test_the_picture_adds_up() -> None:
    picture = national(Returns(frame())).pictures[0].to_frame()
    sums = picture.groupby("stage", sort=False)["certificates"].sum()
    assert sums.to_dict() == {
        "issued": 114,
        "used": 114,
        "used, by region": 63,
        "used, by territory": 63,
        "used, by precinct": 63,
    }


LEDGER = """serial;issued_by;used_at
0001;1;2
0002;1;
0001;;3
0003;2;3
0003;2;3
0004;;5
;4;5
a 5;1;
A  5;2;
"""


def ledger(tmp_path: Path) -> Finding:
    path = save(tmp_path, LEDGER, "certificates.csv")
    table = frame()
    returns = Returns(table)
    return certificate_ledger(returns, certificates=path).only(quantity="serials")


def test_serial_numbers_used_twice(tmp_path: Path) -> None:
    found = ledger(tmp_path)
    expected = {
        "serials": 5,
        "used": 3,
        "used_twice": 2,
        "extra": 2,
        "two_places": 1,
        "most": 2,
        "issued_twice": 1,
        "never_issued": 1,
    }
    assert {name: found.detail[name] for name in expected} == expected
    assert (found.statistic, found.n, found.excluded) == (2.0, 8, 1)
    assert found.effect == pytest.approx(1000 * 2 / 3)
    assert sorted(row[1:] for row in found.detail["repeated"]) == [[2, 1], [2, 2]]
    assert found.precincts is not None
    # Certificate 0001 at precincts 2 and 3, certificate 0003 twice at 3.
    assert found.precincts[:5].tolist() == [0, 1, 3, 0, 0]


def test_serial_numbers_stay_hidden_and_digests_repeat(tmp_path: Path) -> None:
    found = ledger(tmp_path)
    written = json.dumps(found.to_dict(), ensure_ascii=False)
    assert not any(serial in written for serial in ("0001", "0003", "a 5"))
    cells = pd.read_csv(tmp_path / "certificates.csv", sep=";", dtype=str)
    one, two = Certificates.read(cells), Certificates.read(cells.iloc[::-1])
    assert (
        one.hashes.tolist()
        == two.hashes.tolist()
        == forensics.read_table("certificates", tmp_path / "certificates.csv").hashes.tolist()
    )
    other = Certificates.read(cells.iloc[1:])
    assert not set(one.hashes) & set(other.hashes)  # the key is made from the whole ledger


def test_an_audit_takes_the_ledger(tmp_path: Path) -> None:
    path = save(tmp_path, LEDGER, "certificates.csv")
    audit = forensics.audit(Returns(frame()), certificates=path, rng=1)
    assert audit.findings.only(method="certificate_ledger", quantity="serials").statistic == 2


@pytest.mark.parametrize(
    ("table", "error", "message"),
    [
        (pd.DataFrame({"serial": ["1"]}), ReturnsError, "used_at"),
        (pd.DataFrame({"serial": [None], "used_at": ["1"]}), ReturnsError, "no serial number"),
        (pd.DataFrame([["1", "2", "3"]], columns=["serial", "serial", "used_at"]), ReturnsError, "twice"),
        (7, ConfigError, "from a path or a DataFrame, not from int"),
    ],
)
def test_what_is_no_ledger_of_serials(table: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        certificate_ledger(Returns(frame()), certificates=table)


def test_a_ledger_made_already_is_taken_as_it_is() -> None:
    made = Certificates.read(pd.DataFrame({"serial": [1, 2], "used_at": [4, 4]}))
    found = certificate_ledger(Returns(frame()), certificates=made).only(quantity="serials")
    assert (found.statistic, found.detail["never_issued"]) == (0.0, None)
    assert repr(made) == "<Certificates frame: 2 entries>"


def test_kernels_against_counting() -> None:
    rng = np.random.default_rng(1)
    unit, issued, used = rng.integers(-1, 6, 200), rng.poisson(3.0, 200), rng.poisson(3.0, 200)
    known = pd.DataFrame({"unit": unit, "gap": used - issued})[unit >= 0].groupby("unit")["gap"].sum()
    assert crossing(issued.astype(float), used.astype(float), unit, 6) == (
        int((known > 0).sum()),
        int(known[known > 0].sum()),
    )
    serial = rng.integers(0, 40, 150)
    places = np.array([f"p{i}" if i else "" for i in rng.integers(0, 4, 150)], dtype=object)
    found = uses(serial, places, places, 41)
    table = pd.DataFrame({"serial": serial, "place": places})[places != ""].groupby("serial")["place"]
    assert found.times.tolist() == table.size().reindex(range(41), fill_value=0).tolist()
    assert found.places.tolist() == table.nunique().reindex(range(41), fill_value=0).tolist()
    assert not found.known[40]
