"""Which mechanisms these columns can show: the signatures of each beside the tests that ran."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from forensics.evidence.reading import POWER, Readings, where_measured
from forensics.finding import Findings
from forensics.messages.message import Message, Sentences
from forensics.simulation.manipulations.registry import MANIPULATIONS, TABULATION

NAMES = Sentences(
    "mechanism",
    stuffing="Ballots for people who did not come",
    stuffing_knowing_the_tests="The same, arranged so that no round number appears",
    switching="Votes of one option counted for another",
    rewritten_totals="Totals written without counting",
    wrong_pile="Papers laid on the wrong pile",
    turnout_quota="Turnout reported as a round number",
    share_quota="Share reported as a round number",
    full_turnout="A turnout of 100 % by order",
    carousel_certificates="Carousel with absentee certificates",
    carousel_lists="Carousel through additions to the list",
    carousel_impersonation="Carousel in the names of absent voters",
    ballot_chain="Chain of ballots that were marked in advance",
    pressure_institutions="Pressure in closed institutions",
    pressure_at_home="Pressure on people who vote at home",
    roll_padding="Lists padded with people who do not live there",
    tabulation="Totals changed between two levels",
)
SAY = Sentences(
    "visibility",
    no_trace="Not detectable with these data: {needs}.",
    looked="Looked at by {tests}; their power was not measured.",
    powerless="Not reliably detectable with these data: looked at by {tests}, but no calibrated test finds "
    "it in more than {power:.0%} of simulated elections ({on}; strongest intensity).",
    power="{best} finds it in {power:.0%} of simulated elections ({on}; strongest intensity).",
    unseen="Not detectable with these data: no calibrated test finds it in more than {power:.0%} of "
    "simulated elections ({on}; strongest intensity); {needs}.",
    partly="Not reliably detectable with these data: no calibrated test finds it in more than {power:.0%} "
    "of simulated elections ({on}; strongest intensity); {needs}.",
    totals="a second table of totals is needed",
    copies="copies of protocols or a second count are needed",
    registered="registered voters, ballots and votes are needed",
    certificates="numbers of absentee certificates are needed",
    lists="additions to the list, or the first and the last list, are needed",
    people="hourly turnout, observers' head-counts or the voters' lists are needed",
    boxes="ballots issued and ballots found are needed",
    venues="kinds of venues are needed",
    channels="votes cast outside the polling room are needed",
    earlier="an earlier election of the same precincts, or the first list, is needed",
)
#: What is found more often than this, though by no test made for it, is not called undetectable.
AT_TIMES = 0.25
#: Detectors whose signature a mechanism is, and what is needed where none of them could run.
SIGNATURES: dict[str, tuple[tuple[str, ...], str]] = {
    "stuffing": (
        (
            "turnout_edge",
            "distribution_shape",
            "reference_bin",
            "turnout_share",
            "fingerprint",
            "finite_mixture",
            "hourly_turnout",
            "throughput",
        ),
        "registered",
    ),
    "stuffing_knowing_the_tests": (
        ("turnout_edge", "distribution_shape", "reference_bin", "turnout_share", "finite_mixture"),
        "registered",
    ),
    "switching": (("protocol_copies", "vote_flow", "finite_mixture"), "copies"),
    "rewritten_totals": (
        ("protocol_copies", "protocol_arithmetic", "last_digit", "turnout_edge", "distribution_shape"),
        "registered",
    ),
    "wrong_pile": (("protocol_copies",), "copies"),
    "turnout_quota": (
        ("integer_percent", "percent_heaping", "resampled_density", "spatial_clusters"),
        "registered",
    ),
    "share_quota": (
        ("integer_percent", "percent_heaping", "resampled_density", "spatial_clusters"),
        "registered",
    ),
    "full_turnout": (("turnout_edge", "distribution_shape", "throughput"), "registered"),
    "carousel_certificates": (
        ("certificate_ledger", "absentee_concentration", "absentee_link"),
        "certificates",
    ),
    "carousel_lists": (("list_additions", "duplicate_voters"), "lists"),
    "carousel_impersonation": (("hourly_turnout", "throughput", "duplicate_voters"), "people"),
    "ballot_chain": (("ballot_chain",), "boxes"),
    "pressure_institutions": (("turnout_edge",), "venues"),
    "pressure_at_home": (("early_voting",), "channels"),
    "roll_padding": (("list_additions", "vote_flow", "duplicate_voters"), "earlier"),
    TABULATION: (("tabulation_sums", "protocol_copies"), "totals"),
}


@dataclass(frozen=True, slots=True)
class Visibility:
    """Whether one mechanism can be seen in these returns.

    Parameters
    ----------
    mechanism : str
        Its name among ``forensics.simulation.MANIPULATIONS``, or ``"tabulation"``.
    name : Message
    tests : tuple of str
        Detectors that ran and whose signature it is.
    power : float or None
        Largest power of any calibrated test at the strongest intensity tried; None where it was
        not simulated.
    sentence : Message
    needs : str
        What has to be published so that it can be looked for, a key of ``SIGNATURES``.
    """

    mechanism: str
    name: Message
    tests: tuple[str, ...]
    power: float | None
    sentence: Message
    needs: str

    @property
    def visible(self) -> bool:
        """Whether a calibrated test finds it; where that was not measured, whether one is about it."""
        return bool(self.tests) if self.power is None else self.power >= POWER

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """JSON-ready."""
        return {
            "mechanism": self.mechanism,
            "tests": list(self.tests),
            "power": self.power,
            "visible": self.visible,
            "sentence": self.sentence.text(language),
        }


def visibility(
    findings: Findings, readings: Readings, kinds: Iterable[str] = (*MANIPULATIONS, TABULATION)
) -> tuple[Visibility, ...]:
    """Every mechanism beside the tests that ran here and the power they were measured to have."""
    ran = dict.fromkeys(item.method for item in findings.tested if not item.underpowered)
    return tuple(_visibility(kind, findings, tuple(ran), readings) for kind in kinds)


def _visibility(kind: str, findings: Findings, ran: tuple[str, ...], readings: Readings) -> Visibility:
    signature, needs = SIGNATURES[kind]
    tests = tuple(id for id in signature if id in ran)
    power, best = _power(kind, findings, readings)
    on = where_measured(readings)
    if power is None and tests:
        sentence = SAY("looked", tests=", ".join(tests))
    elif power is None:
        sentence = SAY("no_trace", needs=SAY(needs))
    elif power >= POWER:
        sentence = SAY("power", best=best, power=power, on=on)
    elif not tests:
        sentence = SAY("partly" if power > AT_TIMES else "unseen", power=power, on=on, needs=SAY(needs))
    else:
        sentence = SAY("powerless", tests=", ".join(tests), power=power, on=on)
    return Visibility(kind, NAMES(kind), tests, power, sentence, needs)


def _power(kind: str, findings: Findings, readings: Readings) -> tuple[float | None, str]:
    """Largest power at the strongest intensity of the national tests with a p-value, and whose it is."""
    known = [
        (reading.power[kind][-1][1], item.method)
        for item in findings.tested
        if item.pvalue is not None
        and (reading := readings.reading(item.method, item.quantity)) is not None
        and reading.calibrated
        and reading.power.get(kind)
    ]
    # The first of equals, in the order of the findings.
    return max(known, key=lambda pair: pair[0], default=(None, ""))
