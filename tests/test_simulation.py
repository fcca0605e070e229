"""Clean elections and the demonstration: reproducible, arithmetically sound, planted as specified."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from forensics import resources, simulation
from forensics.errors import ConfigError
from forensics.simulation import clean, demonstration, read_specification
from forensics.tables.returns import Returns
from forensics.tables.where import compile_where

#: Draws of 2,000 precincts put a median within this of the one asked for (logit effects of 12 regions
#: with standard deviation .35 move the median by about .35 / sqrt(12) / 4 = .025).
MEDIAN = 0.08
#: Spearman correlations of 2,000 independent pairs have a standard deviation of .022.
CORRELATED, UNCORRELATED = 0.5, 0.15

DEMO = resources.resource("demo.toml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def demo():
    return demonstration(read_specification(DEMO))


def relations_that_fail(returns):
    """Rows that break each relation whose columns are there; ``votes`` is the sum over options."""
    broken = {}
    for identity in returns.identities:
        terms = [(returns.total_votes if c == "votes" else c, sign) for c, sign in identity.terms]
        if not all(isinstance(c, np.ndarray) or returns.has(c) for c, _ in terms):
            continue
        total = sum(sign * (c if isinstance(c, np.ndarray) else returns.counts(c)) for c, sign in terms)
        kept = {"=": total == 0, ">=": total >= 0, "<=": total <= 0}[identity.relation]
        broken[identity.id] = int((~kept).sum())
    return broken


@pytest.mark.parametrize("structure", ["regions", "gradient"])
def test_the_same_seed_gives_the_same_bytes(structure):
    one, other = (clean(n=300, structure=structure, rng=5) for _ in range(2))
    pd.testing.assert_frame_equal(one.table, other.table)
    assert one.digest == other.digest
    assert clean(n=300, structure=structure, rng=6).digest != one.digest
    assert clean(n=300, structure=structure, rng=np.random.default_rng(5)).digest == one.digest


@pytest.mark.parametrize("structure", ["regions", "gradient"])
@pytest.mark.parametrize("options", [("yes", "no"), ("a", "b", "c", "d", "e", "f", "g")])
def test_every_relation_holds_in_a_clean_election(structure, options):
    returns = clean(n=500, structure=structure, options=options, rng=2)
    broken = relations_that_fail(returns)
    assert {"ballots_are_valid_and_invalid", "votes_are_valid", "issued_cover_ballots"} < set(broken)
    assert set(broken.values()) == {0}
    assert returns.options == options
    assert returns.leader == options[0]
    counts = returns.table.drop(columns=["precinct", "region", "district"])
    assert (counts >= 0).all(axis=None)
    assert not counts.isna().any(axis=None)


def test_medians_are_those_asked_for():
    returns = clean(n=2000, turnout=0.7, support=0.4, rng=1)
    assert np.median(returns.turnout) == pytest.approx(0.7, abs=MEDIAN)
    assert np.median(returns.share(of="valid")) == pytest.approx(0.4, abs=MEDIAN)


def test_sizes_that_are_given_are_taken_over():
    sizes = pd.array([900, 0, 35, None, 1200], dtype="Int64")
    names = pd.DataFrame(
        {"precinct": list("abcde"), "oblast": list("NNSSS"), "registered": sizes, "ballots": 0},
        index=range(2, 7),
    )
    returns = clean(Returns(names, levels=("oblast",)), rng=1)
    # Rows without registered voters have nobody who could vote.
    assert returns.table.index.tolist() == [2, 4, 6]
    assert returns.table["precinct"].tolist() == ["a", "c", "e"]
    assert returns.counts("registered").tolist() == [900, 35, 1200]
    assert returns.levels == ("oblast",)


@pytest.mark.shared
def test_real_sizes_are_taken_over(shared_data):
    frame = pd.read_parquet(shared_data / "returns" / "se2018_riksdag.parquet")
    real = Returns(frame)
    returns = clean(real, rng=1)
    # 321 of 6,325 rows are late postal votes with nobody registered (the data's own description).
    assert len(real) - len(returns) == 321
    kept = real.counts("registered") > 0
    np.testing.assert_array_equal(returns.counts("registered"), real.counts("registered")[kept])
    assert returns.levels == real.levels


def test_rows_without_a_unit_are_drawn_too():
    table = pd.DataFrame(
        {"precinct": ["1", "2", "3"], "region": ["A", None, "A"], "registered": 500, "ballots": 0}
    )
    assert len(clean(Returns(table), rng=1)) == 3


def test_units_of_one_name_in_two_regions_have_effects_of_their_own():
    n = 400
    table = pd.DataFrame(
        {
            "precinct": [str(i) for i in range(2 * n)],
            "region": ["A"] * n + ["B"] * n,
            "district": ["1"] * (2 * n),
            "registered": 2000,
            "ballots": 0,
        }
    )
    # Only districts vary, by 2 on the logit scale: the two of one name must not move together.
    returns = clean(Returns(table), spread=(0.0, 2.0, 0.0), concentration=1e6, rng=4)
    rates = np.array([part.turnout.mean() for _, part in returns.by("district")])
    # Binomial means of 400 × 2,000 voters vary by .0006.
    assert abs(rates[0] - rates[1]) > 0.01


def test_a_gradient_lowers_turnout_and_support_in_large_precincts():
    def correlations(structure):
        returns = clean(n=2000, structure=structure, rng=8)
        size = returns.counts("registered")
        return [spearmanr(size, x).statistic for x in (returns.turnout, returns.share(of="valid"))]

    assert max(correlations("gradient")) < -CORRELATED
    assert np.abs(correlations("regions")).max() < UNCORRELATED


def test_a_gradient_over_precincts_of_one_size_is_flat():
    table = pd.DataFrame({"precinct": ["1", "2"], "registered": 500, "ballots": 0})
    assert len(clean(Returns(table), structure="gradient", rng=1)) == 2


@pytest.mark.parametrize(
    ("keywords", "said"),
    [
        ({"structure": "flat"}, "structure is regions or gradient, not 'flat'"),
        ({"turnout": 1}, "turnout is a median between 0 and 1"),
        ({"support": 0.0}, "support is a median between 0 and 1"),
        ({"options": ("only",)}, "at least two options"),
        ({"options": ("a", "a")}, "each of its own name"),
        ({"n": 0}, "at least 1, not 0"),
    ],
)
def test_what_cannot_be_drawn_is_refused(keywords, said):
    with pytest.raises(ConfigError, match=said):
        clean(**({"n": 10, "rng": 1} | keywords))


@pytest.mark.parametrize("registered", [[0, 0], [None, None]])
def test_returns_without_voters_have_no_sizes_to_take(registered):
    table = pd.DataFrame({"precinct": ["1", "2"], "registered": registered, "ballots": 0})
    with pytest.raises(ConfigError, match="frame has no registered voters to take over"):
        clean(Returns(table), rng=1)


def test_the_demonstration_has_the_shape_it_says(demo):
    # data/demo.toml; data/SOURCES.md names the source of the three numbers.
    assert [len(demo.units(level).scopes) for level in ("region", "district")] == [16, 208]
    assert len(demo) == 9_840
    assert demo.levels == ("region", "district")
    assert demo.leader == "ruling"
    assert demo.source.name == "demonstration"


def test_the_demonstration_is_always_the_same(demo):
    again = demonstration(read_specification(DEMO))
    assert again.digest == demo.digest
    assert demonstration(read_specification(DEMO), rng=1).digest != demo.digest


def test_what_is_planted_is_planted_where_the_specification_says(demo):
    specification = read_specification(DEMO)
    untouched = demonstration(specification.replaced(planted=()))
    changed = (demo.table != untouched.table).any(axis=1).to_numpy()
    allowed = np.zeros(len(demo), dtype=bool)
    for planted in specification.planted:
        allowed |= compile_where(planted.where, demo.table) & (planted.kind != "tabulation")
    assert (changed & ~allowed).sum() == 0
    stuffed, quota = specification.planted[:2]
    assert (stuffed.kind, quota.kind) == ("stuffing", "turnout_quota")
    for planted in (stuffed, quota):
        inside = compile_where(planted.where, demo.table)
        # The number of precincts is fixed; some of them have nobody left who stayed away.
        assert changed[inside].mean() == pytest.approx(planted.share, rel=0.1)
    quoted = changed & compile_where(quota.where, demo.table)
    percent = 100 * demo.counts("issued")[quoted] / demo.counts("registered")[quoted]
    nearest = np.rint(percent / 5) * 5 / 100 * demo.counts("registered")[quoted]
    assert (np.abs(nearest - demo.counts("issued")[quoted]) <= 0.5).all()


def test_the_demonstration_breaks_only_what_clerks_and_chance_break(demo):
    # data/demo.toml: slips at a rate of .003; a slip breaks at most a few identities of one protocol.
    specification = read_specification(DEMO)
    broken = relations_that_fail(demo)
    assert 0 < max(broken.values()) <= 0.003 * len(demo) * 2
    without = demonstration(specification.replaced(clerical=None))
    assert set(relations_that_fail(without).values()) == {0}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("seed = 2016", "sed = 2016", "unknown field `sed`"),
        ("seed = 2016", "seed = 'x'", "Expected `int`, got `str` - at `$.seed`"),
        ("median = 0.58", "median = 1.2", "`float` < 1.0 - at `$.turnout.median`"),
        ("units = [16, 208]", "units = [0, 208]", "`int` >= 1 - at `$.shape.units"),
        ("units = [16, 208]", "units = [300, 208]", "each holds at least one of the next"),
        ("units = [16, 208]", "units = [16]", "each level has one number"),
        ("largest = 3000", "largest = 10", "the smallest precinct has 15 voters and the largest 10"),
        ('"ruling", "second"', '"second", "second"', "each of its own name"),
        ('"ruling", "second", ', '"ruling", ', "others are 5 shares for 4 other options"),
        ("[hours]", "[hours]\nhours = [8, 10]", "each has a share of the profile"),
        ('kind = "stuffing"', 'kind = "magic"', "planted 'magic'; the kinds are stuffing, "),
        ("[roster]", "", "there is no roster to depend on"),
        ("share = 0.3", "share = 30", "`float` <= 1.0"),
        ("seed = 2016", "seed = ", "Invalid value"),
    ],
)
def test_a_specification_that_cannot_be_drawn_is_refused(old, new, said):
    assert old in DEMO
    with pytest.raises(ConfigError) as error:
        read_specification(DEMO.replace(old, new, 1))
    assert said in str(error.value)


def test_the_room_lists_its_names_and_no_others():
    for _ in range(2):
        assert [bool(getattr(simulation, name)) for name in dir(simulation)] == [True] * 15
    with pytest.raises(AttributeError, match="has no attribute 'dirty'"):
        _ = simulation.dirty
