"""Relations that the columns of a protocol must satisfy, written as formulas of a profile."""

from __future__ import annotations

import re
from dataclasses import dataclass

from forensics.errors import ConfigError

# The longer signs first: each of them contains the shorter one.
_RELATIONS = (">=", "<=", "=")
_TERM = re.compile(r"\s*([+-]?)\s*([^\W\d]\w*)\s*")


@dataclass(frozen=True, slots=True)
class Identity:
    """``left relation right``: sums of columns, compared row by row.

    Parameters
    ----------
    id : str
        Stable name of the relation in ``check --json`` and in findings.
    formula : str
        As written, for example ``"valid + invalid = ballots"``; ``votes`` stands for the sum over
        all options.
    terms : tuple of (column, sign)
        The relation brought to one side: left minus right.
    relation : str
        ``"="``, ``">="`` or ``"<="``, of that sum to zero.
    surplus : int
        +1 where a positive sum means more ballots or votes than papers or voters, −1 where a
        negative one does, 0 where neither side is a surplus.
    innocent : bool
        Whether honest bookkeeping is known to break the relation (open lists, envelopes, blank
        votes counted on either side).
    """

    id: str
    formula: str
    terms: tuple[tuple[str, int], ...]
    relation: str
    surplus: int = 0
    innocent: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns the relation needs, in the order written."""
        return tuple(column for column, _ in self.terms)


def parse_identity(
    formula: str, *, id: str | None = None, surplus: int = 0, innocent: bool = False
) -> Identity:
    """Read ``"a + b = c - d"`` (or ``>=``, ``<=``) into an :class:`Identity`.

    Raises
    ------
    ConfigError
        If the formula is not a comparison of two sums of column names.

    Examples
    --------
    >>> parse_identity("valid + invalid = ballots").terms
    (('valid', 1), ('invalid', 1), ('ballots', -1))
    """
    relation = next((sign for sign in _RELATIONS if sign in formula), None)
    if relation is None or formula.count("=") != 1:
        raise ConfigError(
            f"identity {formula!r} is not a comparison; write two sums of columns joined by one of "
            f"{', '.join(_RELATIONS)}"
        )
    left, right = formula.split(relation)
    terms = (*_sum(left, 1, formula), *_sum(right, -1, formula))
    return Identity(id or _id(formula), formula, terms, relation, surplus, innocent)


def _id(formula: str) -> str:
    """A name made of the formula's own words, different for different signs and relations."""
    words = {">=": " at_least ", "<=": " at_most ", "=": " is ", "-": " minus "}
    for sign, word in words.items():
        formula = formula.replace(sign, word)
    return re.sub(r"\W+", "_", formula).strip("_")


def _sum(side: str, sign: int, formula: str) -> list[tuple[str, int]]:
    terms: list[tuple[str, int]] = []
    position = 0
    while position < len(side):
        match = _TERM.match(side, position)
        if match is None or (terms and not match[1]):
            raise ConfigError(
                f"identity {formula!r}: {side.strip()!r} is not a sum of column names with + and -"
            )
        terms.append((match[2], -sign if match[1] == "-" else sign))
        position = match.end()
    if not terms:
        raise ConfigError(f"identity {formula!r} has an empty side; write a column name there")
    return terms


def default_identities(*, closed_list: bool = False) -> tuple[Identity, ...]:
    """The relations of CONTRACT section 2, checked where their columns exist.

    ``registered >= issued`` is an exact contradiction only where the list is closed on the day;
    elsewhere additions on the day break it honestly and it is marked innocent.
    """
    return (
        parse_identity("valid + invalid = ballots", id="ballots_are_valid_and_invalid"),
        parse_identity("votes = valid", id="votes_are_valid", surplus=1),
        parse_identity("box_portable + box_stationary = ballots", id="boxes_hold_ballots", surplus=-1),
        parse_identity(
            "ballots_received = issued + ballots_cancelled + ballots_lost - ballots_unaccounted",
            id="received_are_accounted",
            surplus=-1,
        ),
        parse_identity(
            "absentee_received = absentee_issued + absentee_unused + absentee_lost",
            id="certificates_are_accounted",
        ),
        parse_identity("issued >= ballots", id="issued_cover_ballots", surplus=-1),
        parse_identity(
            "registered >= issued",
            id="registered_cover_issued",
            surplus=-1,
            innocent=not closed_list,
        ),
        parse_identity(
            "registered >= ballots",
            id="registered_cover_ballots",
            surplus=-1,
            innocent=not closed_list,
        ),
    )
