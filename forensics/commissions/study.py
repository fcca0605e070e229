"""What will be asked, declared and hashed before anybody looks at an answer."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from forensics.errors import ConfigError

#: The models of the reference design, in the order they are reported.
MODELS = ("M0", "M1", "M2", "M3", "M4", "M5", "M6")
#: Clusters below which the jackknife and the wild bootstrap lead.
FEW_CLUSTERS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """Outcomes, exposures, models and inference of an association.

    Parameters
    ----------
    outcomes, exposures : tuple of str
        The first of each is the primary pair; all others are adjusted for their number.
    models : tuple of str
        Of ``MODELS``; the headline (M1, or M0 where composition does not vary within the appointing
        bodies) is always among them.
    covariates : tuple of str
        Fixed before the vote: never turnout, invalid votes or additions to the list.
    fixed_effects, cluster : str, optional
        Levels; by default those at which the exposure varies.
    support : str, optional
        Score that says how the precinct voted before (M2); by default ``previous:share``.
    pre_appointment : tuple of str
        Scores that were settled before the commissions were formed (placebo outcomes).
    satellites : tuple of str
        Scores that nobody has a reason to manipulate for the option under study (placebo outcomes).
    officers : tuple of str
        Measures that enter jointly in M5; by default those of the officers under the same class.
    venue : str
        Column of the scores that names the building (M6).
    permutations, wild : int
        Permutations of the compositions; draws of the wild bootstrap.
    confidence_level : float
        Of the intervals.
    seed : int
        Of permutations and bootstrap.

    Raises
    ------
    ConfigError
        If there is no outcome or exposure or one is named twice, a model is unknown, or a number is
        out of its range.
    """

    outcomes: tuple[str, ...]
    exposures: tuple[str, ...]
    models: tuple[str, ...] = MODELS
    covariates: tuple[str, ...] = ("log_registered",)
    fixed_effects: str | None = None
    cluster: str | None = None
    support: str | None = None
    pre_appointment: tuple[str, ...] = ("log_registered",)
    satellites: tuple[str, ...] = ()
    officers: tuple[str, ...] = ()
    venue: str = "building"
    permutations: int = 500
    wild: int = 999
    confidence_level: float = 0.95
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("outcomes", "exposures"):
            given = getattr(self, name)
            if not given:
                raise ConfigError(f"no {name}; an association needs at least one")
            if len(given) != len(dict.fromkeys(given)):
                raise ConfigError(f"{name} are named twice: {', '.join(given)}")
        unknown = [model for model in self.models if model not in MODELS]
        if unknown:
            raise ConfigError(f"{unknown[0]!r} is no model; the models are {', '.join(MODELS)}")
        for name in ("permutations", "wild"):
            if getattr(self, name) < 0:
                raise ConfigError(f"{name} is {getattr(self, name)}; it is 0 or more")
        if not 0 < self.confidence_level < 1:
            raise ConfigError(f"confidence level {self.confidence_level} is not in (0, 1)")

    @property
    def primary(self) -> tuple[str, str]:
        """The one pair of outcome and exposure that is not adjusted."""
        return self.outcomes[0], self.exposures[0]

    def to_dict(self) -> dict[str, Any]:
        """The study as JSON-ready values."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(self).items()}

    @property
    def digest(self) -> str:
        """SHA-256 of everything declared."""
        return hashlib.sha256(json.dumps(self.to_dict(), sort_keys=True).encode()).hexdigest()
