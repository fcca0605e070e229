"""Tables in memory: every kind gives the same returns, and nobody's table is written to."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import forensics
from forensics import simulation
from forensics.errors import ConfigError, ReturnsError

COLUMNS = ("region", "district", "precinct", "registered", "ballots", "valid", "invalid")


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """200 clean precincts, two of them with a count that was not reported."""
    table = simulation.clean(n=200, rng=9).frame.reset_index(drop=True)
    table.loc[[3, 77], "invalid"] = pd.NA
    return table


@pytest.fixture(scope="module")
def plain(frame: pd.DataFrame) -> forensics.Returns:
    return forensics.Returns(frame)


def polars_frame(frame: pd.DataFrame):
    polars = pytest.importorskip("polars", reason="polars is not installed")
    return polars.from_pandas(frame.astype({"region": "str", "district": "str"}))


def polars_categories(frame: pd.DataFrame):
    import polars

    return polars_frame(frame).with_columns(polars.col("region").cast(polars.Categorical))


def structured(frame: pd.DataFrame) -> np.ndarray:
    """An array as instruments write it: bytes, big-endian numbers, NaN for what is missing."""
    kinds = [
        (c, "S24" if c in ("region", "district", "precinct") else ">f8" if c == "invalid" else ">i4")
        for c in frame.columns
    ]
    array = np.zeros(len(frame), dtype=kinds)
    for column, kind in kinds:
        values = frame[column]
        array[column] = (
            values.to_numpy(np.float64, na_value=np.nan)
            if kind == ">f8"
            else values.astype("str").to_numpy(object).astype("S24")
            if kind == "S24"
            else values.to_numpy(np.int64)
        )
    return array


KINDS = {
    "polars": polars_frame,
    "polars categories": polars_categories,
    "arrow": lambda frame: pa.Table.from_pandas(frame, preserve_index=False),
    "dictionaries": lambda frame: pa.table(
        {
            c: pa.array(frame[c].astype("str")).dictionary_encode()
            if c in ("region", "district")
            else pa.array(frame[c])
            for c in frame.columns
        }
    ),
    "arrays by name": lambda frame: {c: frame[c].array for c in frame.columns},
    "masked arrays by name": lambda frame: {
        c: np.ma.MaskedArray(frame[c].fillna(0).to_numpy(np.int64), frame[c].isna().to_numpy())
        if c not in ("region", "district", "precinct")
        else frame[c].astype("str").to_numpy(object)
        for c in frame.columns
    },
    "structured": structured,
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_table_gives_the_same_returns(kind, frame, plain):
    table = KINDS[kind](frame)
    for made in (forensics.Returns(table), forensics.read_returns(table)):
        assert made.digest == plain.digest
        assert (made.levels, made.options, made.leader) == (plain.levels, plain.options, plain.leader)
        assert made.table["invalid"].isna().sum() == 2


@pytest.mark.parametrize("kind", ["polars", "structured"])
def test_the_door_of_a_detector_and_of_an_audit_is_the_same(kind, frame, plain):
    table = KINDS[kind](frame)
    assert forensics.last_digit(table).to_frame().equals(forensics.last_digit(plain).to_frame())
    assert forensics.run_detector("turnout_edge", table, seed=1).only().n > 190
    assert forensics.check(table).kept == len(plain)
    plan = forensics.make_plan(plain, levels=(), only=["last_digit"])
    assert forensics.audit(table, plan=plan).returns.digest == plain.digest


def test_rows_of_a_table_without_an_index_are_numbered_like_those_of_a_file(frame):
    table = {"precinct": ["1", "2"], "ballots": ["5", "five"]}
    with pytest.raises(ReturnsError, match="row 2, column 'ballots'"):
        forensics.Returns(table)


def test_a_profile_maps_the_columns_of_a_frame(tmp_path, frame, plain):
    profile = tmp_path / "own.toml"
    names = "\n".join(f'{column} = "x {column}"' for column in COLUMNS)
    text = f'levels = ["region", "district"]\n[columns]\n{names}\n[votes]\ncolumns = "*"\n'
    profile.write_text(text, encoding="utf-8")
    table = polars_frame(frame)
    made = forensics.read_returns(table.rename({c: f"x {c}" for c in COLUMNS}), profile=profile)
    for column in COLUMNS[3:]:
        np.testing.assert_array_equal(made.counts(column), plain.counts(column))
    assert made.levels == plain.levels


def test_second_tables_may_be_of_any_kind(frame):
    totals = {"region": np.array(["R1"]), "ballots": np.array([5])}
    table = forensics.read_table("totals", pa.table(totals))
    assert len(table.table) == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (np.zeros((3, 2)), r"an array of float64 of shape \(3, 2\) has no names of columns"),
        ({"precinct": ["1"], "ballots": [1, 2]}, "have one length, not 'precinct' 1, 'ballots' 2"),
        ({"precinct": np.zeros((2, 2))}, r"column 'precinct' has shape \(2, 2\)"),
        ({"precinct": np.array([b"\xff\xfe"]), "ballots": [1]}, "bytes that are no UTF-8 text"),
    ],
)
def test_what_is_no_table_is_one_sentence(given, said):
    with pytest.raises(ConfigError, match=said) as error:
        forensics.read_returns(given)
    assert "\n" not in str(error.value)


def test_a_query_that_has_not_run_is_refused():
    polars = pytest.importorskip("polars", reason="polars is not installed")
    with pytest.raises(ConfigError, match="LazyFrame holds no rows yet; collect it first"):
        forensics.read_returns(polars.LazyFrame({"precinct": ["1"], "ballots": [1]}))


def numbers(returns: forensics.Returns) -> list[tuple[object, ...]]:
    findings = forensics.last_digit(returns) + forensics.protocol_arithmetic(returns)
    return [(item.id, item.statistic, item.effect, item.n) for item in findings.tested]


def test_what_is_handed_out_cannot_change_the_returns(frame):
    returns = forensics.Returns(frame.copy())
    before, digest = numbers(returns), returns.digest
    handed = returns.frame
    handed["ballots"] = 0
    handed.loc[handed.index[:50], "votes_leader"] = 999_999
    handed.iloc[0, list(handed.columns).index("registered")] = 1
    handed["registered"] += 1
    handed["region"] = handed["region"].cat.rename_categories(lambda name: name + "!")
    del handed["invalid"]
    handed.columns = [f"x{i}" for i in range(handed.shape[1])]
    handed.index = handed.index + 5
    fresh = forensics.Returns(returns.frame)
    assert (returns.digest, fresh.digest) == (digest, digest)
    assert numbers(returns) == numbers(fresh) == before


def test_arrays_that_are_handed_out_cannot_be_written_to_the_returns(frame):
    returns = forensics.Returns(frame.copy())
    before = numbers(returns)
    for column in ("ballots", "registered"):
        counted = returns.counts(column)
        counted[:] = 0
        array = returns.frame[column].to_numpy()
        # pandas hands out the array inside a nullable column, and it may be written to.
        if array.flags.writeable:
            array[:] = 0
        returns.frame[column].array[0] = 0
    with pytest.raises(ValueError, match="read-only"):
        returns.turnout[0] = 2
    assert numbers(returns) == before


def test_changing_the_table_afterwards_does_not_change_the_returns(frame):
    own = frame.copy()
    arrays = {c: own[c].to_numpy(np.int64) for c in ("registered", "ballots")}
    arrays |= {"precinct": own["precinct"].to_numpy(object)}
    of_frame, of_arrays = forensics.Returns(own), forensics.Returns(arrays)
    digests = of_frame.digest, of_arrays.digest
    own["ballots"] = 0
    own.loc[:, "registered"] = 7
    arrays["ballots"][:] = 0
    arrays["precinct"][:] = "x"
    again = forensics.Returns(of_frame.frame), forensics.Returns(of_arrays.frame)
    assert tuple(one.digest for one in again) == digests


def test_an_audit_does_not_change_the_table_it_is_given(frame):
    own = frame.copy()
    plan = forensics.make_plan(forensics.Returns(own), only=["last_digit", "protocol_arithmetic"])
    forensics.audit(own, plan=plan)
    pd.testing.assert_frame_equal(own, frame)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda _: forensics.last_digits, "did you mean last_digit"),
        (lambda r: r.leadr, "did you mean leader"),
        (lambda r: r.registered, r"returns.frame\['registered'\]"),
        (lambda r: r.option("leadr"), "did you mean leader"),
        (lambda r: r.units("regio"), "did you mean region"),
        (lambda r: r.counts("balots"), "did you mean ballots"),
        (lambda r: forensics.run_detector("last_digits", r), "did you mean last_digit"),
        (lambda r: forensics.last_digit(r, minimun=3), "did you mean minimum"),
        (lambda r: forensics.plot("comets", r), "did you mean comet"),
        (lambda _: forensics.plots.comets, "did you mean comet"),
        (lambda r: simulation.manipulate(r, "stufing"), "did you mean stuffing"),
        (lambda _: simulation.clen, "did you mean clean"),
    ],
)
def test_a_misspelt_name_gets_the_nearest_one(call, said, plain):
    with pytest.raises((AttributeError, ConfigError), match=said):
        call(plain)


def test_what_is_like_nothing_gets_no_guess(plain):
    with pytest.raises(ConfigError, match="'zzz' is no option; the options are"):
        plain.option("zzz")
