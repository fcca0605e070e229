"""What every report says, whatever the election: headings, what the data cannot show, the glossary."""

from __future__ import annotations

from forensics.messages.message import Message, Sentences

HEADINGS = Sentences(
    "report.heading",
    contents="Contents",
    coverage="1. What the data cover",
    overview="1.1 Turnout and share as they are",
    standing="2. What the tests bear together",
    tested="2.1 What was tested",
    findings="3. Findings, family by family",
    observers="Observers' sample",
    commissions="4. Commissions",
    models="Every model",
    warning="Before this number is read",
    methods_compared="5. Several methods, and what the numbers are beside the margin",
    limits="6. What these data cannot show",
    explanations="7. Explanations that need no manipulation",
    ledger="8. Commitments",
    recommendations="9. Recommendations",
    written="Notes of those who hand this report in",
    annex="10. Methods, glossary, data dictionary, provenance",
    methods="Methods, nulls and references",
    glossary="Glossary",
    dictionary="Data dictionary",
    provenance="Provenance",
    citation="How to cite this report",
    null="Null",
    assumptions="What the null rests on",
    innocent="Explanations that need no manipulation",
    title="Election returns examined: {source}",
    holds="holds",
    fails="fails",
    unknown="unknown",
)

FAMILIES = Sentences(
    "report.family",
    protocol="Protocol arithmetic",
    digits="Digits of counts",
    turnout="Turnout and share",
    carousel="Movements of voters and ballots",
    neighbours="Neighbouring precincts",
)

SAY = Sentences(
    "report",
    lead="This report describes how published returns depart from stated expectations. It says nothing "
    "about intent, names no precinct, and is no judgement of the election.",
    tested="Everything that was run is listed, in the order of the plan (hash {hash}, seed {seed}), "
    "whether or not it departs from its null. The effect and its interval stand before the p-value.",
    many="{tests:,} p-values were computed: about {chance:,.1f} of them would be below 0.05 if every null "
    "were true and every p-value exact. q is the Benjamini–Hochberg adjusted p-value within one test "
    "and level.",
    units="Units are in alphabetical order. The order says nothing about them, and intervals of "
    "neighbouring rows overlap more often than not.",
    many_units="The {units:,} units of level {level} are in findings.csv; a table of that length is not "
    "printed.",
    few="{units:,} {units:plural:unit|units} with fewer than {fewest} usable precincts "
    "{units:plural:is|are} not listed, so that no single precinct is named.",
    underpowered="There are too few usable counts for this test: no p-value is given, and nothing follows "
    "from its absence.",
    descriptive="Described; this quantity has no p-value.",
    compared="Compared with its null.",
    national_only="Tested by unit only.",
    restricted="Scores of precincts and the rows with the largest contradictions are in the folder "
    "restricted, which is not for publication.",
    draws="Posterior draws of the nation and of units are in the folder draws (parquet: level, unit, "
    "draw); those of precincts, and what they come to with intervals, are in the folder restricted.",
    no_roster="No roster of commission members was given, so nothing is said of commissions. forensics "
    "audit --roster FILE --coding FILE adds this section.",
    no_observers="No quick count and no observers' sample was given. forensics audit --observers FILE "
    "adds this section.",
    no_ledger="No ledger of commitments was given, so nothing is set beside the law. forensics audit "
    "--ledger FILE adds this section.",
    no_votes_beside_margin="No method gave a number of votes with an interval, or there is no margin "
    "between two options, so nothing is set beside it.",
    reading_notes="These notes paraphrase the European Commission for Democracy through Law (Venice "
    "Commission), Report on the Identification of Electoral Irregularities by Statistical Methods, "
    "CDL-AD(2018)009, paragraphs 14, 35, 67 and 73:",
)

LIMITS = Sentences(
    "report.limit",
    intent="Returns are counts. They do not show who did what, why, or whether anybody intended it.",
    votes="Nothing here says how many votes any option would otherwise have had, and no result "
    "is corrected.",
    causes="A departure from a null has several possible causes: bookkeeping habits, the sizes of "
    "precincts, differences between regions, errors of the file. The data alone do not tell them apart.",
    silence="A manipulation that leaves the distribution of the counts as it was, or that happens before "
    "the count (pressure, exclusion from the list, unequal campaigning), is invisible to these tests.",
    missing="What the file does not contain was not tested: see the list of what was skipped, and why.",
    nulls="Each p-value refers to its own null. Where the null is a poor description of honest counting "
    "here, a small p-value says only that. What each null rests on is written beside it.",
)

NOTES = Sentences(
    "report.note",
    direct="A departure found by a test is never by itself direct proof; it can only add to observation "
    "and to an audit of the papers.",
    legitimate="Tests can single out results that are legitimate, and the risk of misjudging them is high.",
    invisible="Some malpractice cannot be seen by any statistical test.",
    absence="That tests find nothing is no evidence that the returns are accurate.",
)

GLOSSARY = Sentences(
    "report.glossary",
    precinct="Precinct: the smallest unit for which counts are published; one row of the data.",
    turnout="Turnout: ballots issued divided by registered voters; ballots found in the boxes where issued "
    "ones are not published.",
    share="Share: votes for an option divided by ballots found in the boxes, unless stated otherwise.",
    null="Null: what would be true of the counts if nothing but the stated chance process were at work.",
    effect="Effect: the size of the departure from the null, in the unit named beside it.",
    interval="Interval: the range of effects compatible with the data at the confidence level named "
    "(95 % unless stated).",
    pvalue="p-value: the probability, under the null, of a departure at least as large as the one "
    "observed. It is not the probability that the null is true. Most tests ask whether there is more than "
    "the null gives (one side), while intervals have two sides: an interval may hold the null's value "
    "although p is below 0.05.",
    underpowered="Underpowered: too few usable counts for the test to say anything, which is not the same "
    "as finding nothing.",
    unit="Unit: a region, district or other part of the country above the precinct.",
)


def all_of(sentences: Sentences) -> tuple[Message, ...]:
    """Every sentence of a group, in the order written; for groups without parameters."""
    return sentences.all(*sentences.sources)
