"""What the page of a comparison says, whatever the elections."""

from __future__ import annotations

from forensics.messages.message import Sentences

HEADINGS = Sentences(
    "report.comparison.heading",
    title="Elections compared: {elections}",
    contents="Contents",
    elections="1. The elections",
    limits="2. What a difference can and cannot bear",
    innocent="Explanations of a difference that need no manipulation",
    overview="3. Turnout and share, election by election",
    tests="4. The same tests in every election",
    nulls="The nulls",
    differing="4.1 Not comparable",
    alone="4.2 Tests that not every election has",
    units="5. Unit by unit",
    unmatched="Units without a counterpart",
    panels="6. Precincts that persist",
    provenance="7. Provenance",
)

SAY = Sentences(
    "report.comparison",
    lead="This page sets the reports of several elections side by side. It tests no difference between "
    "them, names no precinct, gives no score, and is no judgement of any election.",
    ordered="In order of the dates that the reports state.",
    as_given="In the order given, because not every report states the date of its election.",
    parts="The audits are not of the same part of the country ({parts}): no number on this page is "
    "comparable without saying so.",
    kept="{election}: {step}",
    precincts="precincts",
    election="election",
    date="date",
    short="called",
    part="part of the country",
    option="option under study",
    turnout="turnout is",
    step="step of its assessment",
    version="version",
    elections="The elections, one row per report",
    ladder="The step is that of each report by itself, explained there. A higher step in one election "
    "says that more tests depart there; it does not rank the elections.",
    not_drawn="Not set side by side, because the report of some election has no such figure: {names}.",
    family="{family}: effect, p-value and place in each election",
    test="test",
    n="n",
    effect="effect [interval]",
    p="p",
    size="size",
    place="place",
    remark="remark",
    underpowered="underpowered",
    size_note="Size: share of p-values of 0.05 or less in simulated clean elections; in parentheses where "
    "it is too large or not known well enough, so that the report does not lean on the test.",
    place_note="Place: percentile of the effect among real elections held {class_}, and how many there "
    "are; none where they are too few.",
    incomparable="not comparable",
    null="null",
    null_caption="What each test compares with",
    null_note="In the words of the first report that has the test; another report may name another option.",
    differing="Definitions that differ: these effects stand side by side, and are not comparable",
    what="what differs",
    all_same="Every test that two elections have is under one definition in both.",
    alone="What one election has and another has not",
    in_elections="in",
    not_in="not in",
    why="why",
    all_there="Every test that one election has the others have too.",
    units="{test}, by {level} ({unit})",
    unit="unit",
    units_note="Units are matched by all names of the levels that name them, without regard to case and "
    "punctuation. Of many units some change by chance. Every number is in comparison.csv.",
    no_units="No unit has one name in two elections, or no test was run by unit in two of them.",
    matched="Figures follow for tests with p-values that are comparable.",
    unmatched_none="Every unit has a counterpart in another election.",
    unmatched_few="{few:,} more {few:plural:unit has|units have} fewer than {fewest} precincts and "
    "{few:plural:is|are} not named.",
    level="level",
    pairs="How the precincts were paired",
    pair="elections",
    key="matched by",
    rows="precincts (then, now)",
    paired="pairs",
    share="of the smaller table",
    outcome="outcome",
    compared="compared",
    electorate="{refused:,} more were refused because their registered voters changed by too much",
    by_name="By name alone: the reports hold no registered voters by precinct, so a precinct that was "
    "redrawn or renumbered under an old name is taken for the same.",
    panel_note="No precinct is named. The correlation is Spearman's; it has no p-value, because precincts "
    "persist in honest elections too. Again: of the precincts with the highest tenth of scores "
    "then, the share that is in the highest tenth now, beside the share if the two had nothing to do with "
    "each other.",
    scores="Scores of the same precincts, {earlier} and {later}",
    score="score",
    correlation="correlation [interval]",
    clustered="Intervals let precincts of one {level} depend on each other ({clusters:,} of them).",
    not_followed="Scores that could not be followed, {earlier} and {later}",
    all_followed="Every score of either election could be followed.",
    absent="not in this election, see 4.2",
    again="again (chance)",
    change="change [quartiles]",
    no_scores="No score could be followed from one election to the next.",
)
