"""What the figures of the finite mixture draw: draws of π, classes in the comet, votes by unit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from forensics.kernels.convergence import highest_density
from forensics.kernels.mixture_chain import Chain
from forensics.kernels.mixture_predictive import CLASSES, SIDE, Look
from forensics.messages.message import Sentences
from forensics.picture import Picture
from forensics.scope import Scope

Floats = NDArray[np.float64]

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
    replicated="An election drawn from the fitted mixture: {scope}",
    replicated_caption="Precincts by turnout and share in one draw from the model (n = {n:,}), to be held "
    "beside the observed comet: where they differ, the model is wrong.",
    sawtooth="Turnout observed, and as the fitted mixture would give it: {scope}",
    sawtooth_caption="Precincts by whole points of turnout (n = {n:,}). Line: mean of {draws} elections "
    "drawn from the model; band: their range.",
    added="Votes added by {level}: {scope}",
    moved="Votes moved by {level}: {scope}",
    units_caption="Posterior mean and {level:.0%} highest-density interval in every {unit} (n = {n:,} "
    "precincts), if the model holds. Honest differences among precincts count as added or moved votes too.",
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


def replicated(scope: Scope, n: int, observed: Look, drawn: Sequence[Look]) -> tuple[Picture, ...]:
    """The comet of one replicated election, and turnout observed beside all of them."""
    cells = drawn[0].cells
    there = np.flatnonzero(cells)
    width = 100 / SIDE
    histograms = np.array([one.turnout for one in drawn], dtype=np.float64)
    said = {"scope": str(scope)}
    return (
        Picture(
            figure="comet",
            name="finite_mixture-replicated",
            title=SAY("replicated", **said),
            caption=SAY("replicated_caption", n=n),
            columns={
                "turnout": (there // SIDE) * width,
                "share": (there % SIDE) * width,
                "precincts": cells[there].astype(np.int64),
            },
            options={"width": width},
        ),
        Picture(
            figure="sawtooth",
            name="finite_mixture-turnout",
            title=SAY("sawtooth", **said),
            caption=SAY("sawtooth_caption", n=n, draws=len(drawn)),
            columns={
                "low": np.arange(CLASSES + 1) * 100 / CLASSES,
                "count": observed.turnout.astype(np.int64),
                "expected": histograms.mean(axis=0),
                "expected_low": histograms.min(axis=0),
                "expected_high": histograms.max(axis=0),
            },
            options={"width": 100 / CLASSES, "xlabel": "turnout, %", "ylabel": "precincts"},
        ),
    )


def by_unit(
    scope: Scope,
    level: str,
    names: Sequence[str],
    n: NDArray[np.int64],
    draws: NDArray[np.float32],
    confidence_level: float,
) -> tuple[Picture, ...]:
    """Votes added and moved in every unit; ``draws`` of shape (draws, units, 2 or more)."""
    pictures = []
    for k, what in enumerate(("added", "moved")):
        bounds = np.array(
            [
                highest_density(draws[:, unit, k].astype(np.float64), confidence_level)
                for unit in range(len(names))
            ]
        )
        pictures.append(
            Picture(
                figure="forest",
                name=f"finite_mixture-{what}-by-{level}",
                title=SAY(what, level=level, scope=str(scope)),
                caption=SAY("units_caption", level=confidence_level, unit=level, n=int(n.sum())),
                columns={
                    "unit": np.array(names),
                    "effect": draws[:, :, k].mean(axis=0, dtype=np.float64),
                    "low": bounds[:, 0],
                    "high": bounds[:, 1],
                    "n": n,
                    "underpowered": np.zeros(len(names), dtype=bool),
                },
                options={"xlabel": f"votes {what}"},
            )
        )
    return tuple(pictures)
