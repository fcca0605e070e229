"""Texts of a figure in the reader's language: labels of axes, legends, notes, the marks of numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from forensics.messages.known import Known
from forensics.messages.message import Sentences
from forensics.messages.units import UNITS
from forensics.plots import legend, theme
from forensics.plots.lettering import legend_shape

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from forensics.picture import Picture

SAY = Sentences(
    "plots.label",
    turnout="turnout, %",
    turnout_to="turnout up to, %",
    turnout_change="change of turnout, points",
    turnout_own="turnout of the precinct, %",
    share="share, %",
    share_to="share so far, %",
    share_change="change of share, points",
    share_studied="share of the option under study, %",
    percent="percent",
    precincts="precincts",
    precincts_share="share of precincts, %",
    unit_precincts="% of the unit's precincts",
    cell="precincts per cell of {width} × {high} points",
    votes="votes per point of turnout",
    votes_registered="votes, % of registered voters",
    ballots_point="ballots per point of turnout",
    turnout_of="turnout (ballots / registered), %",
    pairs="pairs",
    relation="relation",
    protocols_fail="share of protocols that fail",
    protocols_fail_percent="share of protocols that fail, %",
    without="share without manipulation",
    counts_percent="share of counts, %",
    unit_ballots="% of the unit's ballots",
    ballots="% of all ballots",
    observed="observed",
    expected="expected",
    chance="expected by chance",
    chance_95="expected by chance, 95 %",
    smooth_95="expected, smooth, 95 %",
    each_95="95 % of each point",
    other_classes="other classes",
    whole="whole percents",
    fives="multiples of 5 %",
    envelope="upper envelope",
    above="above the envelope",
    density="density",
    model="fitted model",
    fitted="fitted",
    mean_95="mean of a bin, 95 %",
    no_association="null: no association",
    composition="composition",
    outcome="outcome",
    lon="longitude, degrees",
    lat="latitude, degrees",
    certificates="certificates",
    issued="issued",
    used="used",
    used_by="used, by {name}",
    by_precincts="issued by precincts",
    by_territories="issued by territories",
    covered="used, covered by the unit's own",
    beyond="used beyond them",
    not_used="not used",
    manipulated="probability of a manipulated class",
    members="share of voting members, %",
    aligned_bounds="bounds of the aligned share",
    unknown="unknown",
    withheld="withheld: too few commissions",
    half="half of them: {share} % of the registered",
    registered="share of registered voters, %",
    of_count="share of the count, %",
    reported="as reported",
    binomial="negative binomial",
    evenly="evenly within each unit",
    upper_right="upper right",
    upper_left="upper left",
    lower_right="lower right",
    lower_left="lower left",
    small="small precincts",
    others="all others",
    all="all: {share} %",
    digit="digit",
    last_digit="last digit",
    second_digit="second digit",
    difference="difference, points",
    at_least="at least",
    slope="slope {slope}",
    pooled="pooled: slope {slope}",
    within="within {name}: slope {slope}",
    broken="broken",
    of="{k} of {n}",
    surplus="surplus",
    deficit="deficit",
    protocols="share of protocols, %",
    until="interval until",
    interval_voters="voters of the interval, %",
    other_precincts="the others of the building, %",
    others_percent="others, %",
    precinct_percent="precinct, %",
    residual="residual",
    residual_sd="residual, standard deviations",
    neighbours="mean of the neighbours",
    draw="draw",
    chain_started="chain {k}, started manipulated",
    chain="chain {k}",
    value="value",
    reference="reference bin: turnout, %",
    beyond_reference="votes beyond the reference",
    at_reference="{votes} at {bin} % {low} to {high} in the shaded range",
    left_composition="of what is left of composition, the confounder explains, %",
    left_outcome="of what is left of the outcome, %",
    alone="the unit alone",
    after_pooling="after partial pooling, 95 %",
    coefficient="coefficient",
    cells="{n} precincts in {cells} cells; coloured: cells with some that stand out",
    cells_beyond="{n} precincts in {cells} cells; coloured: cells with some that stand out; {out} cells "
    "beyond the axes",
    elsewhere="voters from elsewhere, %",
    headline="declared headline",
    specifications="specifications, in order of the coefficient",
    first_ballot="first ballot",
    second_ballot="second ballot",
    at_home="stayed at home",
    studied="option under study",
    proportion="others, in proportion to the reference bin",
    rank="rank correlation of the scores",
    promised="promised",
    law="law",
    practice="practice",
    contested="contested",
    answered="answered",
    measure="measure",
    sampled="estimated from the sample",
    official="official result",
)
LABELS = Known(SAY)


def word(text: str, language: str) -> str:
    """A text of a figure in a language; as it is where it is no label that is known here."""
    said = LABELS.text(text, language)
    return said if said != text else UNITS.text(text, language)


def resolved(picture: Picture, language: str) -> Picture:
    """The picture with its labels among its options, said in a language."""
    said = {name: label.text(language) for name, label in picture.labels.items()}
    return replace(picture, options={**picture.options, **said}, labels={})


def speak(page: Figure, places: Iterable[Axes], language: str) -> float:
    """Say the texts of some axes, and of the legends of their page, in a language.

    Returns
    -------
    float
        Inches that a legend with longer words needs above what was left for it; its page is then
        drawn again with that much more room.
    """
    if language == "en":
        return 0.0
    width = float(page.get_size_inches()[0])
    needed = 0.0
    for ax in places:
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_formatter(_spoken(axis.get_major_formatter(), language))
        for text in (*ax.texts, ax.xaxis.label, ax.yaxis.label):
            text.set_text(word(text.get_text(), language))
        found = ax.get_legend()
        if found is not None:
            needed = max(needed, _reworded(ax, found, width, language))
    for found in page.legends:
        needed = max(needed, _rows(_renamed(found, language), width)[0])
    return needed


def _rows(changed: tuple[list[str], list[str]], width: float) -> tuple[float, int]:
    """Inches of the rows that a legend has more of with its new words, and its columns."""
    before, after = changed
    rows, _ = legend_shape(before, width - legend.BESIDE, theme.SMALL)
    more, columns = legend_shape(after, width - legend.BESIDE, theme.SMALL)
    return legend.ROW * max(0, more - rows), columns


def _renamed(found: Any, language: str) -> tuple[list[str], list[str]]:
    before = [text.get_text() for text in found.get_texts()]
    after = [word(text, language) for text in before]
    for text, said in zip(found.get_texts(), after, strict=True):
        text.set_text(said)
    return before, after


def _reworded(ax: Axes, found: Any, width: float, language: str) -> float:
    changed = _renamed(found, language)
    more, columns = _rows(changed, width)
    if not more:
        return 0.0
    # A legend's columns are laid out when it is made.
    handles = dict(zip(*reversed(ax.get_legend_handles_labels()), strict=True))
    legend.place(ax, [handles[label] for label in changed[0]], changed[1], columns, found.borderaxespad)
    return more


def _spoken(formatter: Any, language: str) -> Any:
    """A formatter whose labels are said in a language."""
    from matplotlib.ticker import Formatter

    class Spoken(Formatter):
        def __call__(self, x: float, pos: int | None = None) -> str:
            return word(formatter(x, pos), language)

        def format_ticks(self, values: Any) -> list[str]:
            return [word(text, language) for text in formatter.format_ticks(values)]

        def get_offset(self) -> str:
            return str(formatter.get_offset())

        def set_locs(self, locs: Any) -> None:
            formatter.set_locs(locs)

    return Spoken()
