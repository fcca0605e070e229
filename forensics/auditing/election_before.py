"""The headline figures of an election beside those of the one before: a placebo for the eye."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from forensics.auditing.curves import votes_by_turnout
from forensics.auditing.overview import comet, points, tenths
from forensics.auditing.ratios import share_ratio, turnout_ratio
from forensics.auditing.result import election_of
from forensics.detectors.registry import find_detector
from forensics.messages.message import Message, Sentences
from forensics.picture import Picture, Sheet
from forensics.tables.returns import Returns

SAY = Sentences(
    "election_before",
    comet="Turnout and share, beside the election before",
    turnout="Turnout in classes of {width:g} {width:plural:point|points}, beside the election before",
    share="Share of the option under study in classes of {width:g} {width:plural:point|points}, beside "
    "the election before",
    curves="Votes by turnout, beside the election before",
    digits="Last digits of {quantity}, beside the election before",
    caption="On common axes: {now}, and the election before it, {then}. A description, no test: what was "
    "there in the earlier election too is not new, and what is new may be another electorate, another "
    "option or another rule. Where an axis speaks of a unit, it is an election.",
    xlabel="share of the option under study, %",
)
#: Detector whose figure is drawn for both.
DIGITS = "last_digit"


def beside_the_one_before(returns: Returns, previous: Returns) -> tuple[Sheet, ...]:
    """Comet, histograms, votes by turnout and last digits of two elections, panel beside panel.

    Parameters
    ----------
    returns, previous : Returns
        This election and the one before; each with its own option under study.

    Returns
    -------
    tuple of Sheet
        Of the figures that both elections have the counts for; this election stands first.
    """
    now, then = _pictures(returns), _pictures(previous)
    names = _names(returns, previous)
    found = []
    for name, picture in now.items():
        if name not in then:
            continue
        both = (picture, then[name])
        found.append(
            Sheet(
                name=f"before-{name}",
                title=_title(name, picture),
                caption=SAY("caption", now=names[0], then=names[1]),
                units=names,
                n=tuple(_precincts(one, of) for one, of in zip(both, (returns, previous), strict=True)),
                pictures=both,
            )
        )
    return tuple(found)


def _pictures(returns: Returns) -> Mapping[str, Picture]:
    """The figures of one election by name, with columns and cells that any other election has too."""
    found = [comet(returns, cells=100)]
    for ratio in (turnout_ratio(returns), share_ratio(returns)):
        if ratio is not None:
            found += [tenths(returns, ratio), points(returns, ratio)]
    curves = votes_by_turnout(returns)
    if curves is not None:
        columns = dict(curves.columns)
        first, second = columns.pop("turnout_bin"), columns.pop("leader")
        rest = np.sum(list(columns.values()), axis=0)
        found.append(replace(curves, columns={"turnout_bin": first, "leader": second, "others": rest}))
    for finding in find_detector(DIGITS).run(returns).tested:
        found += finding.pictures
    return {one.name: _neutral(one) for one in found if one is not None}


def _neutral(picture: Picture) -> Picture:
    """Labels that name no option: the two elections may have different ones."""
    options = {key: value for key, value in picture.options.items() if key != "leader_label"}
    labels = dict(picture.labels)
    for name, axis in (("comet", "ylabel"), ("share-tenths", "xlabel"), ("share-points", "xlabel")):
        if picture.name == name:
            labels[axis] = SAY("xlabel")
    return replace(picture, options=options, labels=labels)


def _title(name: str, picture: Picture) -> Message:
    kind = {"votes-by-turnout": "curves", "comet": "comet"}.get(name, name.partition("-")[0])
    if kind in ("turnout", "share"):
        return SAY(kind, width=float(picture.options["width"]))
    return SAY("digits", quantity=name.partition("-")[2]) if kind == DIGITS else SAY(kind)


def _names(returns: Returns, previous: Returns) -> tuple[str, str]:
    """How the two elections are called, by what they state of themselves, else by their files."""
    names = [election_of(one) or one.source.name for one in (returns, previous)]
    return (names[0], names[1]) if names[0] != names[1] else (f"{names[0]} (1)", f"{names[1]} (2)")


def _precincts(picture: Picture, returns: Returns) -> int:
    """Precincts that a panel counts, where it does; else those of the returns."""
    for column in ("precincts", "count"):
        if column in picture.columns:
            return int(picture.columns[column].sum())
    return len(returns)
