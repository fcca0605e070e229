"""What the figures of the finite mixture draw: draws of π, classes in the comet, votes by unit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.kernels.convergence import highest_density
from forensics.kernels.mixture.chain import Chain
from forensics.kernels.mixture.predictive import SIDE, Look
from forensics.messages.message import Sentences
from forensics.picture import Picture
from forensics.scope import Scope

Floats = NDArray[np.float64]

#: Units beyond this number are not drawn: nobody can read them.
MOST_UNITS = 200

SAY = Sentences(
    "mixture_pictures",
    trace="Draws of the share of precincts without manipulation: {scope}",
    trace_caption="Posterior draws of π₁ by chain (n = {n:,} precincts), every second chain started with "
    "half of the precincts in the manipulated classes; chains that disagree are different modes or "
    "have not converged. Heterogeneity among honest precincts lowers π₁ too.",
    classes="Cells of turnout and share by the model's class: {scope}",
    classes_caption="Mean posterior probability of the incremental and extreme classes among the "
    "precincts of a cell of {width:g} × {width:g} points (n = {n:,} precincts). A probability under the "
    "model, not a finding about a precinct.",
    observed="The election that the mixture was fitted to: {scope}",
    observed_caption="Observed precincts in cells of turnout and share of {width:g} × {width:g} points "
    "(n = {n:,}), on the scale of the next figure.",
    replicated="An election drawn from the fitted mixture: {scope}",
    replicated_caption="Precincts of one draw from the model in cells of {width:g} × {width:g} points "
    "(n = {n:,}), to be held beside the observed comet: where they differ, the model is wrong.",
    turnout="Turnout observed, and as the fitted mixture would give it: {scope}",
    turnout_caption="Precincts in classes of {width:g} {width:plural:point|points} of turnout "
    "(n = {n:,}). Line: mean of {draws} elections drawn from the model; band: their range.",
    share="Share observed, and as the fitted mixture would give it: {scope}",
    share_caption="Precincts in classes of {width:g} {width:plural:point|points} of the share of votes "
    "(n = {n:,}). Line: mean of {draws} elections drawn from the model; band: their range.",
    added="Votes added by {level}: {scope}",
    moved="Votes moved by {level}: {scope}",
    units_caption="Posterior mean and {level:.0%} highest-density interval in every {unit} (n = {n:,} "
    "precincts), if the model holds. Honest differences among precincts count as added or moved votes "
    "too. Units with fewer than {fewest} precincts are not drawn.",
    replicates_label="drawn from the model: mean and range",
    added_label="votes added",
    moved_label="votes moved",
)


def trace(scope: Scope, n: int, chains: Sequence[Chain]) -> Picture:
    """Every draw of π₁ by chain."""
    return Picture(
        figure="posterior_trace",
        name="finite_mixture-trace",
        title=SAY("trace", scope=str(scope)),
        caption=SAY("trace_caption", n=n),
        columns={
            "chain": np.repeat(np.arange(1, len(chains) + 1), [len(one.pi) for one in chains]),
            "draw": np.concatenate([np.arange(1, len(one.pi) + 1) for one in chains]),
            "value": np.concatenate([one.pi[:, 0] for one in chains]),
            "contaminated": np.concatenate([np.full(len(one.pi), int(one.contaminated)) for one in chains]),
        },
        options={"ylabel": "share without manipulation"},
    )


def classes(scope: Scope, turnout: Floats, share: Floats, probability: Floats) -> Picture:
    """Mean probability of the manipulated classes by cell."""
    place = [np.minimum((values * SIDE).astype(np.intp), SIDE - 1) for values in (turnout, share)]
    cell, index, number = np.unique(place[0] * SIDE + place[1], return_inverse=True, return_counts=True)
    width = 100 / SIDE
    return Picture(
        figure="class_comet",
        name="finite_mixture-classes",
        title=SAY("classes", scope=str(scope)),
        caption=SAY("classes_caption", n=len(turnout), width=width),
        columns={
            "turnout": (cell // SIDE) * width,
            "share": (cell % SIDE) * width,
            "probability": np.bincount(index, probability) / number,
            "precincts": number.astype(np.int64),
        },
        options={"width": width},
    )


def predictive(scope: Scope, n: int, observed: Look, drawn: Sequence[Look]) -> tuple[Picture, ...]:
    """The comet observed and one replicated, on one scale; turnout and share beside all replicates."""
    said = {"scope": str(scope)}
    side = round(np.sqrt(len(observed.comet)))
    most = float(max(2, observed.comet.max(), drawn[0].comet.max()))
    words = {"n": n, "width": 100 / side}
    return (
        _comet("observed", said, words, observed.comet, side, most),
        _comet("replicated", said, words, drawn[0].comet, side, most),
        *(
            _histogram(name, said, n, getattr(observed, name), [getattr(one, name) for one in drawn])
            for name in ("turnout", "share")
        ),
    )


def _comet(
    name: str, said: dict[str, Any], words: dict[str, Any], cells: NDArray[np.int64], side: int, most: float
) -> Picture:
    there = np.flatnonzero(cells)
    width = 100 / side
    return Picture(
        figure="comet",
        name=f"finite_mixture-{name}",
        title=SAY(name, **said),
        caption=SAY(f"{name}_caption", **words),
        columns={
            "turnout": (there // side) * width,
            "share": (there % side) * width,
            "precincts": cells[there].astype(np.int64),
        },
        options={"width": width, "most": most},
    )


def _histogram(
    name: str, said: dict[str, Any], n: int, observed: NDArray[np.int64], drawn: list[NDArray[np.int64]]
) -> Picture:
    histograms = np.array(drawn, dtype=np.float64)
    classes = len(observed) - 1
    return Picture(
        figure="sawtooth",
        name=f"finite_mixture-{name}",
        title=SAY(name, **said),
        caption=SAY(f"{name}_caption", n=n, draws=len(drawn), width=100 / classes),
        columns={
            "low": np.arange(classes + 1) * 100 / classes,
            "count": observed.astype(np.int64),
            "expected": histograms.mean(axis=0),
            "expected_low": histograms.min(axis=0),
            "expected_high": histograms.max(axis=0),
        },
        options={"width": 100 / classes, "xlabel": f"{name}, %", "ylabel": "precincts"},
        labels={"expected": SAY("replicates_label")},
    )


def by_unit(
    scope: Scope,
    level: str,
    names: Sequence[str],
    n: NDArray[np.int64],
    draws: NDArray[np.float32],
    confidence_level: float,
    fewest: int,
) -> tuple[Picture, ...]:
    """Votes added and moved in every unit of enough precincts; ``draws`` (draws, units, 2 or more)."""
    shown = np.flatnonzero(n >= fewest)
    if not 1 < len(shown) <= MOST_UNITS:
        return ()
    pictures = []
    for k, what in enumerate(("added", "moved")):
        bounds = np.array(
            [highest_density(draws[:, unit, k].astype(np.float64), confidence_level) for unit in shown]
        )
        pictures.append(
            Picture(
                figure="forest",
                name=f"finite_mixture-{what}-by-{level}",
                title=SAY(what, level=level, scope=str(scope)),
                caption=SAY(
                    "units_caption",
                    level=confidence_level,
                    unit=level,
                    n=int(n[shown].sum()),
                    fewest=fewest,
                ),
                columns={
                    "unit": np.array([names[int(unit)] for unit in shown]),
                    "effect": draws[:, shown, k].mean(axis=0, dtype=np.float64),
                    "low": bounds[:, 0],
                    "high": bounds[:, 1],
                    "n": n[shown],
                    "underpowered": np.zeros(len(shown), dtype=bool),
                },
                labels={"xlabel": SAY(f"{what}_label")},
            )
        )
    return tuple(pictures)
