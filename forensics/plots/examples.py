"""A small invented picture of every figure: what the figure looks like, not what any election did."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from forensics.errors import ConfigError
from forensics.messages.message import Sentences
from forensics.picture import Picture
from forensics.plots.association_examples import ASSOCIATIONS
from forensics.plots.commission_examples import COMMISSIONS
from forensics.plots.election_examples import ELECTIONS
from forensics.plots.hours_examples import HOURS
from forensics.plots.mixture_examples import MIXTURES
from forensics.plots.observer_examples import OBSERVERS
from forensics.plots.registry import figure_names

SAY = Sentences("example", title="{figure}: an example", caption="Invented data.")

Columns = dict[str, Any]


def example(figure: str) -> Picture:
    """The example of one figure; the same every time.

    Raises
    ------
    ConfigError
        If there is no such figure.
    """
    if figure not in _EXAMPLES:
        raise ConfigError(f"{figure!r} is no figure; the figures are {', '.join(figure_names())}")
    columns, options = _EXAMPLES[figure]()
    return Picture(
        figure=figure,
        name=f"{figure}-example",
        title=SAY("title", figure=figure.replace("_", " ")),
        caption=SAY("caption"),
        columns=columns,
        options=options,
    )


def _bell(x: np.ndarray, middle: float, spread: float) -> np.ndarray:
    return np.asarray(np.exp(-(((x - middle) / spread) ** 2) / 2))


def _cells() -> Columns:
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(0, 101, 2.0), np.arange(0, 101, 2.0)))
    precincts = np.rint(120 * _bell(x, 58, 9) * _bell(y, 40 + 0.4 * (x - 58), 8) + 6 * _bell(x + y, 190, 9))
    return {"turnout": x[precincts > 0], "share": y[precincts > 0], "precincts": precincts[precincts > 0]}


def _comet() -> tuple[Columns, Columns]:
    return _cells(), {"width": 2.0}


def _fingerprint_comet() -> tuple[Columns, Columns]:
    cells, low, count = _cells(), *_teeth(1.0)
    none = np.full(len(low), np.nan)
    return {
        "turnout": np.concatenate([cells["turnout"], low, none]),
        "share": np.concatenate([cells["share"], none, low]),
        "precincts": np.concatenate([cells["precincts"], count, count[::-1]]),
    }, {"width": 2.0, "margin": 1.0}


def _teeth(width: float) -> tuple[np.ndarray, np.ndarray]:
    low = np.arange(round(100 / width) + 1) * width
    count = 100 * _bell(low, 58, 12) * (1 + 0.5 * (np.rint(low * 10) % 50 == 0))
    return low, np.rint(count + 4 * np.sin(7 * low) ** 2)


def _sawtooth() -> tuple[Columns, Columns]:
    low, count = _teeth(0.1)
    expected = 100 * _bell(low, 58, 12) + 2
    half = 1.96 * np.sqrt(expected)
    return {
        "low": low,
        "count": count,
        "expected": expected,
        "expected_low": np.maximum(expected - half, 0),
        "expected_high": expected + half,
    }, {"width": 0.1, "xlabel": "turnout, %"}


def _votes_by_turnout() -> tuple[Columns, Columns]:
    at = np.arange(100)
    others = 40_000 * _bell(at, 52, 9)
    return {
        "turnout_bin": at,
        "leader": 1.3 * others + 12_000 * _bell(at, 85, 9),
        "others": others,
        "expected_leader": 1.3 * others,
    }, {"reference": 52.0}


def _cumulative_share() -> tuple[Columns, Columns]:
    turnout = np.linspace(25, 100, 60)
    return {"turnout": turnout, "share": 38 + 14 * ((turnout - 25) / 75) ** 2}, {}


def _reference_sweep() -> tuple[Columns, Columns]:
    reference = np.arange(30, 90)
    votes = 4e5 * np.tanh((62 - reference) / 14) + 3e5
    return {"reference": reference, "votes": votes, "share_of_ballots": votes / 6e6}, {
        "reference": 55.0,
        "range_bins": 5.0,
    }


def _density_spikes() -> tuple[Columns, Columns]:
    share = np.linspace(0, 1, 201)
    expected = 200 * _bell(share, 0.55, 0.14)
    observed = expected + 9 * np.sin(40 * share) + 90 * np.isin(np.arange(201), (140, 150, 160))
    envelope = expected + 3 * np.sqrt(expected + 4)
    return {
        "share": share,
        "observed": np.maximum(observed, 0),
        "expected": expected,
        "envelope": envelope,
        "flagged": (observed > envelope) & (expected > 9),
    }, {"ylabel": "precincts"}


def _edge_bars() -> tuple[Columns, Columns]:
    percent = np.arange(85, 101)
    expected = 200.0 * 0.85 ** (percent - 85)
    seen = np.rint(expected * np.where(np.isin(percent, (90, 95, 100)), 1.9, 1.02))
    half = 1.96 * np.sqrt(expected)
    return {
        "percent": percent,
        "observed": seen,
        "expected": expected,
        "low": np.maximum(expected - half, 0),
        "high": expected + half,
    }, {}


def _fingerprint() -> tuple[Columns, Columns]:
    low = np.arange(100.0)
    model = 300 * _bell(low, 34, 9)
    return {"share_bin": low, "observed": np.rint(model + 25 * _bell(low, 70, 13)), "model": model}, {
        "width": 1.0
    }


def _corners() -> tuple[Columns, Columns]:
    return {
        "corner": np.array(["upper right", "lower left", "upper left", "lower right"]),
        "small": np.array([0.09, 0.04, 0.02, 0.02]),
        "large": np.array([0.04, 0.04, 0.01, 0.02]),
    }, {}


def _flow_scatter() -> tuple[Columns, Columns]:
    rng = np.random.default_rng(1)
    added = rng.normal(0, 0.06, 700)
    gained = 0.5 * added + rng.normal(0, 0.04, 700)
    return {"delta_turnout": added, "delta_share": gained, "weight": rng.integers(100, 2500, 700)}, {
        "slope": 0.5
    }


def _transfer_matrix() -> tuple[Columns, Columns]:
    rows, columns = ("red", "blue", "green", "stayed at home"), ("red", "blue", "stayed at home")
    share = np.array([0.85, 0.05, 0.10, 0.04, 0.90, 0.06, 0.30, 0.45, 0.25, 0.08, 0.07, 0.85])
    return {
        "from": np.repeat(rows, 3),
        "to": np.tile(columns, 4),
        "share": share,
        "low": np.maximum(share - 0.04, 0),
        "high": np.minimum(share + 0.04, 1),
    }, {}


def _digit_bars() -> tuple[Columns, Columns]:
    observed = np.array([0.118, 0.099, 0.097, 0.098, 0.1, 0.104, 0.097, 0.096, 0.095, 0.096])
    ends = {"low": np.full(10, 0.094), "high": np.full(10, 0.106)}
    return {"digit": np.arange(10), "observed": observed, "expected": np.full(10, 0.1), **ends}, {}


def _imbalance_bars() -> tuple[Columns, Columns]:
    broken = np.array([0, 31, 4])
    return {
        "identity": np.array(["votes_are_valid", "issued_are_found", "received_are_used"]),
        "checked": np.full(3, 900),
        "violations": broken,
        "share": broken / 900,
        "surplus": np.array([0, 410, 3]),
        "deficit": np.array([0, 55, 9]),
    }, {}


def _forest() -> tuple[Columns, Columns]:
    names = ["Alder", "Birch", "Cedar", "Elm", "Fir", "Hazel", "Larch", "Maple", "Oak", "Pine", "Rowan"]
    names.append("Willow, whose name is longer")
    effect = 0.02 * np.sin(np.arange(12.0) ** 2)
    half = 0.012 + 0.01 * np.cos(np.arange(12.0)) ** 2
    return {
        "unit": np.array(names),
        "effect": effect,
        "low": effect - half,
        "high": effect + half,
        "n": 300 + 90 * np.arange(12),
        "underpowered": np.arange(12) == 3,
    }, {"xlabel": "share of precincts", "nation": 0.004}


def _certificate_flow() -> tuple[Columns, Columns]:
    stages = {"issued": 2, "used": 2, "used, by region": 2, "used, by district": 2, "used, by precinct": 2}
    parts = ["by precincts", "by territories", "covered", "not used", *["covered", "beyond"] * 3]
    return {
        "stage": np.repeat(list(stages), list(stages.values())),
        "part": np.array(parts),
        "certificates": np.array([1650, 150, 1260, 540, 1220, 40, 1100, 160, 700, 560]),
    }, {}


def _concentration_curve() -> tuple[Columns, Columns]:
    held = np.linspace(0, 100, 101)
    curves = {"observed": 0.18, "evenly": 0.7, "expected": 0.35}
    return {"registered": held} | {name: 100 * (held / 100) ** power for name, power in curves.items()}, {}


def _slope_within() -> tuple[Columns, Columns]:
    x = np.tile(np.linspace(0.2, 6, 15), 2)
    slope = np.repeat([-1.1, 0.3], 15)
    return {
        "series": np.repeat(["pooled", "within"], 15),
        "voters": x,
        "share": 48 + slope * (x - 1.5) + np.sin(9 * x),
        "weight": np.full(30, 4e4),
    }, {"mean_voters": 1.5, "mean_share": 48, "slope_pooled": -1.1, "slope_within": 0.3, "home": "district"}


def _exceedances() -> tuple[Columns, Columns]:
    at = np.unique(np.rint(np.geomspace(1, 300, 30)))
    expected = 2000 * np.exp(-at / 14)
    half = 1.96 * np.sqrt(expected)
    ends = {"low": np.maximum(expected - half, 0), "high": expected + half}
    observed = np.rint(expected + 60 * np.exp(-at / 80))
    return {"at_least": at, "observed": observed, "expected": expected, **ends}, {
        "xlabel": "voters added, at least"
    }


def _residual_map() -> tuple[Columns, Columns]:
    rng = np.random.default_rng(3)
    lon, lat = rng.normal(20, 2, 400), rng.normal(48, 1, 400)
    high = np.exp(-((lon - 21) ** 2) - 2 * (lat - 48.5) ** 2)
    residual = rng.normal(0, 0.9, 400) + 2.2 * high
    return {
        "lat": lat,
        "lon": lon,
        "residual": residual,
        "flagged": high > 0.55,
        "precincts": np.full(400, 5),
    }, {}


def _moran_scatter() -> tuple[Columns, Columns]:
    rng = np.random.default_rng(4)
    residual = rng.normal(0, 1, 500)
    near = 0.3 * residual + rng.normal(0, 0.3, 500)
    columns = {"residual": residual, "neighbours": near, "flagged": residual * near > 1.1}
    return columns | {"precincts": np.full(500, 5)}, {"slope": 0.3}


def _matched_pairs() -> tuple[Columns, Columns]:
    rng = np.random.default_rng(6)
    others = rng.normal(52, 7, 300)
    far = np.arange(300) % 40 == 0
    own = others + rng.normal(0, 2.5, 300) + 17 * far
    held = {"precincts": np.full(300, 2), "beyond": 2 * far}
    return {"others": others, "own": own, "half": np.full(300, 5.0), "flagged": far, **held}, {
        "xlabel": "the others of the building, %",
        "ylabel": "turnout of the precinct, %",
    }


_EXAMPLES: Mapping[str, Callable[[], tuple[Columns, Columns]]] = MappingProxyType(
    {
        **ASSOCIATIONS,
        **COMMISSIONS,
        **ELECTIONS,
        **HOURS,
        **MIXTURES,
        **OBSERVERS,
        "certificate_flow": _certificate_flow,
        "comet": _comet,
        "concentration_curve": _concentration_curve,
        "corners": _corners,
        "cumulative_share": _cumulative_share,
        "density_spikes": _density_spikes,
        "digit_bars": _digit_bars,
        "edge_bars": _edge_bars,
        "exceedances": _exceedances,
        "fingerprint": _fingerprint,
        "fingerprint_comet": _fingerprint_comet,
        "flow_scatter": _flow_scatter,
        "forest": _forest,
        "imbalance_bars": _imbalance_bars,
        "matched_pairs": _matched_pairs,
        "moran_scatter": _moran_scatter,
        "reference_sweep": _reference_sweep,
        "residual_map": _residual_map,
        "sawtooth": _sawtooth,
        "slope_within": _slope_within,
        "transfer_matrix": _transfer_matrix,
        "votes_by_turnout": _votes_by_turnout,
    }
)
