"""Precincts without a roster: coverage, whether they differ, weights and worst cases."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.commissions.inference import Inference, infer
from forensics.commissions.material import Material
from forensics.commissions.models import Question
from forensics.commissions.regression import regression
from forensics.kernels.fixed_effects import demean
from forensics.kernels.randomisation import bands
from forensics.kernels.unknown_rows import difference_bounds
from forensics.messages.message import Message

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Flags = NDArray[np.bool_]


def missing_of(
    material: Material, found: Inference, asked: Question, *, confidence_level: float
) -> dict[str, Any]:
    """What is known of the precincts whose composition is not.

    Returns
    -------
    dict
        ``coverage`` (share of precincts with outcome whose composition is known), ``unknown``
        their number; ``bodies_without`` appointing bodies with none known; ``difference`` of the
        outcome between unknown and known within bodies, with ``difference_interval`` and
        ``difference_p``; ``reweighted``, the headline with known rows standing for the unknown ones
        of their body and size; ``bounds`` of the difference between commissions above and not above
        the median, whatever the unknown ones are, beside ``contrast``, that of the known.
    """
    y, exposure = material.column(asked.outcome), material.exposure(asked.exposure, asked.coding)
    body = material.codes[material.body]
    counted = np.isfinite(y) & (body >= 0)
    known = counted & np.isfinite(exposure)
    unknown = int((counted & ~known).sum())
    result: dict[str, Any] = {
        "coverage": float(known.sum() / max(int(counted.sum()), 1)),
        "unknown": unknown,
        "bodies_without": len(np.setdiff1d(body[counted], body[known])),
        "difference": None,
        "difference_interval": None,
        "difference_p": None,
        "reweighted": None,
        "bounds": None,
        "contrast": None,
    }
    if not unknown:
        return result
    result |= _difference(material, asked, known, counted, confidence_level)
    result["reweighted"] = _reweighted(material, found, known, counted, confidence_level)
    return result | _bounds(y, exposure, body, known, counted)


def _difference(
    material: Material, asked: Question, known: Flags, counted: Flags, confidence_level: float
) -> dict[str, Any]:
    own = regression(
        material,
        np.where(counted, material.column(asked.outcome), np.nan),
        [("without a roster", (~known).astype(np.float64))],
        fixed_effects=material.body,
        cluster=material.body,
        outcome=asked.outcome,
    )
    if isinstance(own, Message):
        return {}
    found = infer(material, own, confidence_level=confidence_level)
    return {
        "difference": found.coefficient,
        "difference_interval": None if found.interval is None else list(found.interval),
        "difference_p": found.p_cluster,
    }


def _reweighted(
    material: Material, found: Inference, known: Flags, counted: Flags, confidence_level: float
) -> dict[str, Any] | None:
    """Inverse of the share with a roster among the precincts of the same body and size."""
    rows = np.flatnonzero(counted)
    _, body = np.unique(material.codes[material.body][rows], return_inverse=True)
    name = "log_registered"
    size = material.column(name)[rows] if material.has(name) else np.zeros(len(rows))
    cell = bands(np.nan_to_num(size), body.astype(np.intp))
    share = np.bincount(cell, known[rows].astype(np.float64)) / np.bincount(cell)
    weight = np.full(len(material), np.nan)
    with np.errstate(divide="ignore"):
        weight[rows] = 1 / share[cell]
    asked = found.regression
    own = weight[asked.rows]
    if not np.isfinite(own).all():
        return None
    again = infer(material, replace(asked, weight=own), confidence_level=confidence_level)
    return {
        "coefficient": again.coefficient,
        "interval": None if again.interval is None else list(again.interval),
        "largest_weight": float(own.max()),
    }


def _bounds(y: Floats, exposure: Floats, body: Codes, known: Flags, counted: Flags) -> dict[str, Any]:
    """Difference of outcomes, each less the mean of its body, above the median against the others."""
    rows = np.flatnonzero(counted)
    _, codes = np.unique(body[rows], return_inverse=True)
    centred = demean(y[rows], codes.astype(np.intp))
    seen = known[rows]
    above = np.zeros(len(rows), dtype=bool)
    above[seen] = exposure[rows][seen] > np.median(exposure[rows][seen])
    bounds = difference_bounds(centred, above, seen)
    if bounds is None:
        return {}
    contrast = float(centred[seen & above].mean() - centred[seen & ~above].mean())
    return {"bounds": list(bounds), "contrast": contrast}
