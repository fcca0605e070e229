"""Relations of a protocol as formulas: reading, signs, names, the defaults of the contract."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.errors import ConfigError
from forensics.tables.identities import default_identities, parse_identity


@pytest.mark.parametrize(
    ("formula", "terms", "relation"),
    [
        ("valid + invalid = ballots", {"valid": 1, "invalid": 1, "ballots": -1}, "="),
        ("issued >= ballots", {"issued": 1, "ballots": -1}, ">="),
        ("ballots<=issued", {"ballots": 1, "issued": -1}, "<="),
        ("a - b = c - d", {"a": 1, "b": -1, "c": -1, "d": 1}, "="),
        ("-a + b = +c", {"a": -1, "b": 1, "c": -1}, "="),
        ("  выдано = найдено  ", {"выдано": 1, "найдено": -1}, "="),
    ],
)
def test_terms_are_left_minus_right(formula, terms, relation):
    identity = parse_identity(formula)
    assert dict(identity.terms) == terms
    assert identity.columns == tuple(terms)
    assert identity.relation == relation
    assert identity.formula == formula


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ("valid + invalid", "is not a comparison"),
        ("valid > ballots", "is not a comparison"),
        ("valid == ballots", "is not a comparison"),
        ("a = b = c", "is not a comparison"),
        ("a >= b = c", "is not a comparison"),
        ("", "is not a comparison"),
        ("valid + = ballots", "is not a sum"),
        ("valid invalid = ballots", "is not a sum"),
        ("2 * valid = ballots", "is not a sum"),
        ("valid = 100", "is not a sum"),
        ("valid = f(ballots)", "is not a sum"),
        ("valid = a < b", "is not a sum"),
        ("= ballots", "has an empty side"),
        ("valid >=", "has an empty side"),
    ],
)
def test_what_is_no_relation_of_two_sums_is_refused(formula, said):
    with pytest.raises(ConfigError) as error:
        parse_identity(formula)
    assert said in str(error.value)
    assert f"identity {formula!r}" in str(error.value)


def test_names_are_made_of_the_formula_and_tell_signs_apart():
    formulas = ["a + b = c", "a - b = c", "a + b >= c", "a + b <= c", "-a + b = c"]
    names = [parse_identity(formula).id for formula in formulas]
    assert names == ["a_b_is_c", "a_minus_b_is_c", "a_b_at_least_c", "a_b_at_most_c", "minus_a_b_is_c"]
    assert parse_identity("a = b", id="named", surplus=-1, innocent=True).id == "named"


COLUMNS = st.sampled_from(["valid", "invalid", "ballots", "votes", "x1", "box_portable"])
SIDE = st.lists(st.tuples(st.sampled_from([1, -1]), COLUMNS), min_size=1, max_size=4)


def written(side):
    return " ".join(f"{'+' if sign > 0 else '-'} {column}" for sign, column in side)


@given(left=SIDE, right=SIDE, relation=st.sampled_from(["=", ">=", "<="]))
def test_a_formula_reads_back_as_it_was_written(left, right, relation):
    identity = parse_identity(f"{written(left)} {relation} {written(right)}")
    assert identity.relation == relation
    expected = [(column, sign) for sign, column in left] + [(column, -sign) for sign, column in right]
    assert list(identity.terms) == expected


def test_the_defaults_are_those_of_the_contract():
    # CONTRACT section 2, "Identities".
    formulas = {identity.formula for identity in default_identities()}
    assert formulas >= {
        "valid + invalid = ballots",
        "votes = valid",
        "box_portable + box_stationary = ballots",
        "ballots_received = issued + ballots_cancelled + ballots_lost - ballots_unaccounted",
        "absentee_received = absentee_issued + absentee_unused + absentee_lost",
        "issued >= ballots",
        "registered >= issued",
    }
    ids = [identity.id for identity in default_identities()]
    assert len(set(ids)) == len(ids)


def test_more_voters_than_registered_is_exact_only_on_a_closed_list():
    def innocent(**keywords):
        return {identity.id for identity in default_identities(**keywords) if identity.innocent}

    assert innocent() == {"registered_cover_issued", "registered_cover_ballots"}
    assert innocent(closed_list=True) == set()


@pytest.mark.parametrize(
    ("id", "values"),
    # More papers or votes than there can be; the sign of the sum that `surplus` announces.
    [
        ("votes_are_valid", {"votes": 11, "valid": 10}),
        ("boxes_hold_ballots", {"box_portable": 1, "box_stationary": 8, "ballots": 10}),
        ("issued_cover_ballots", {"issued": 9, "ballots": 10}),
        ("registered_cover_issued", {"registered": 9, "issued": 10}),
        ("registered_cover_ballots", {"registered": 9, "ballots": 10}),
        (
            "received_are_accounted",
            {"ballots_received": 9, "issued": 10, "ballots_cancelled": 0, "ballots_lost": 0,
             "ballots_unaccounted": 0},
        ),
    ],
)  # fmt: skip
def test_the_sign_of_a_surplus(id, values):
    (identity,) = [identity for identity in default_identities() if identity.id == id]
    total = sum(sign * values[column] for column, sign in identity.terms)
    assert total * identity.surplus > 0
