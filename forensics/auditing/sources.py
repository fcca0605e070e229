"""Which figures there are, and what each is made from: returns, a detector's findings, a roster too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True)
class Source:
    """How a figure comes from returns.

    ``summary`` one line; ``needs`` columns without which a direct figure cannot be made;
    ``detectors`` those whose findings have such a picture, the usual one first; ``command`` draws it
    where returns alone do not suffice.
    """

    summary: str
    needs: tuple[str, ...] = ()
    detectors: tuple[str, ...] = ()
    command: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The entry of ``forensics plot --list --json``."""
        return {
            "summary": self.summary,
            "needs": list(self.needs),
            "detectors": list(self.detectors),
        }


_BOTH = ("registered", "ballots", "votes_<option>")
_COMMISSIONS: Mapping[str, Any] = {"needs": ("a roster",), "command": "commissions"}
_OBSERVERS: Mapping[str, Any] = {"needs": ("observers' sample",), "command": "observers"}
_ELECTIONS: Mapping[str, Any] = {"needs": ("report folders",), "command": "compare"}
#: Every figure that can be made from returns, by the name of its drawing in ``forensics.plots``.
SOURCES: Mapping[str, Source] = MappingProxyType(
    {
        "comet": Source("precincts by turnout and share", _BOTH),
        "fingerprint_comet": Source("the comet with the sawtooth of turnout and of share beside it", _BOTH),
        "sawtooth": Source("histogram in tenths of a point with what chance gives (turnout or share)"),
        "votes_by_turnout": Source("votes of the larger options by turnout", _BOTH, ("reference_bin",)),
        "cumulative_share": Source("share in the precincts counted so far", (), ("turnout_share",)),
        "reference_sweep": Source("votes beyond every reference bin", (), ("reference_bin",)),
        "density_spikes": Source("density of shares against its envelope", (), ("resampled_density",)),
        "edge_bars": Source("precincts at the edge of turnout", (), ("turnout_edge",)),
        "fingerprint": Source("votes among registered voters and the model", (), ("fingerprint",)),
        "posterior_trace": Source("draws of the share without manipulation", (), ("finite_mixture",)),
        "class_comet": Source("the comet by a fitted model's classes", (), ("finite_mixture",)),
        "corners": Source("small precincts against all others", (), ("small_precincts",)),
        "flow_scatter": Source("change of share on change of turnout", (), ("vote_flow",)),
        "transfer_matrix": Source("where the votes went, between two elections", (), ("vote_flow",)),
        "commission_composition": Source("who nominated the members of commissions", **_COMMISSIONS),
        "law_timeline": Source("law, practice and measures of commissions over time", **_COMMISSIONS),
        "certificate_flow": Source("absentee certificates from issue to use", (), ("certificate_ledger",)),
        "concentration_curve": Source(
            "voters from elsewhere in the precincts that have most of them", (), ("absentee_concentration",)
        ),
        "slope_within": Source(
            "share by voters from elsewhere, pooled and within units",
            (),
            ("absentee_link", "early_voting"),
        ),
        "exceedances": Source("precincts that gained at least so many voters", (), ("list_additions",)),
        "intraday_curves": Source("voters by interval of the day, with bursts", (), ("hourly_turnout",)),
        "burst_routes": Source("chains of bursts on the map", (), ("hourly_turnout",)),
        "residual_map": Source("precincts on the map, by their residual", (), ("spatial_clusters",)),
        "moran_scatter": Source("residuals against those of the neighbours", (), ("spatial_clusters",)),
        "matched_pairs": Source("precincts of one building side by side", (), ("contiguous_precincts",)),
        "digit_bars": Source(
            "shares of digits", (), ("last_digit", "second_digit", "digit_pairs", "digit_heaping")
        ),
        "imbalance_bars": Source("protocols that break an identity", (), ("protocol_arithmetic",)),
        "forest": Source("effect and interval of a test in every unit", (), ("integer_percent",)),
        "quick_count": Source("estimates of a sample beside the official result", **_OBSERVERS),
        "effects_over_elections": Source("the same tests in several elections", **_ELECTIONS),
        "unit_series": Source("one test in one unit over several elections", **_ELECTIONS),
        "binned_scatter": Source("an outcome by the composition of commissions", **_COMMISSIONS),
        "shrinkage_forest": Source("an association in every unit, partially pooled", **_COMMISSIONS),
        "specification_curve": Source("an association under every set of choices", **_COMMISSIONS),
        "sensitivity_contour": Source("an association beside unobserved confounders", **_COMMISSIONS),
    }
)


def figure_sources() -> Mapping[str, Source]:
    """Every figure that can be made from returns, with what it shows and what it is made from.

    Returns
    -------
    mapping of str to Source
        By the name of the figure.
    """
    return SOURCES
