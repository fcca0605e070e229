"""Which detectors exist, what each needs, and how they are called.

A detector is one module ``detectors/<family>/<id>.py`` with one function ``<id>`` under the
:func:`detector` decorator; other packages add theirs through the entry-point group
``forensics.detectors``. Nothing lists them: the folders are the list.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias, cast

from forensics.errors import ConfigError, meant
from forensics.finding import Findings, Skipped
from forensics.messages.message import Message, Sentences
from forensics.scope import NATIONAL, Scope
from forensics.tables.roles import VOTES

FAMILIES = ("protocol", "digits", "turnout", "carousel", "neighbours")
GROUP = "forensics.detectors"
#: Where the detectors of this package are.
OURS = "forensics.detectors."
DEFAULTS = ("on", "descriptive", "off")

SAY = Sentences(
    "registry",
    column="The returns have no {what}.",
    positive="No precinct has a positive count of {what}.",
    table="No table of {what} was given.",
    previous="No returns of an earlier round or election were given (previous).",
    options="The returns have no votes by option.",
    nothing="The returns have none of the counts that it looks at.",
)
REFUSED: Mapping[str, Message] = MappingProxyType(
    {
        "first_digit": Message(
            "registry.first_digit",
            "First-digit Benford is not offered: precincts are drawn up to be of similar size, so the "
            "first digits of honest counts do not follow Benford's law, and the test rejects practically "
            "every honest election (100 of 100 simulated ones); second_digit shows what can be shown.",
        ),
        "penultimate_digit": Message(
            "registry.penultimate_digit",
            "The penultimate digit is not offered: under honest counting it is not uniform but decreases, "
            "and a uniform test rejects half of the honest elections with precincts of 150 to 900 voters "
            "and all of them with 100 to 200; last_digit and digit_pairs show what can be shown.",
        ),
    }
)


#: What a run costs, from the returns and the parameters that differ from the default.
Cost: TypeAlias = Callable[..., Message | None]


class Run(Protocol):
    """Call signature of every detector: returns first and positional-only, then keywords."""

    def __call__(self, returns: Any, /, **parameters: Any) -> Findings: ...


@dataclass(frozen=True, slots=True)
class Detector:
    """One entry of the registry, which :func:`detector` makes.

    Parameters
    ----------
    id, family, summary : str
        Name of module and function, its family, and the first line of its docstring.
    needs, tables : tuple of str
        Columns and second tables without which it is ``Skipped``.
    default : {"on", "descriptive", "off"}
        Whether an audit runs it, and whether an assessment leans on it.
    parameters : tuple of str
        Names of its keyword arguments.
    run : callable
        The function.
    first : str
        The second table that it takes first instead of returns; empty for all but few.
    residuals : tuple of str
        Scores of precincts, ``<method>:<quantity>``, that it takes; it is run after them.
    cost : callable, optional
        Of a detector that takes minutes: how long, or nothing.
    apart : bool
        Whether its levels may be run apart, by different workers, for the same findings.
    sampled : bool
        Whether its effects are shares, slopes or shapes, which a sample of precincts estimates.
    """

    id: str
    family: str
    summary: str
    needs: tuple[str, ...]
    tables: tuple[str, ...]
    default: str
    parameters: tuple[str, ...]
    run: Run
    #: The second table that it takes first instead of returns; empty for all but few.
    first: str = ""
    #: Scores of precincts, ``<method>:<quantity>``, that it takes as ``residuals``; it is run after them.
    residuals: tuple[str, ...] = ()
    #: Of a detector that takes minutes: ``cost(returns, **parameters)`` says how long, or nothing of a
    #: run that is skipped; it raises what the run would raise of its parameters.
    cost: Cost | None = None
    #: Whether its levels may be run apart, by different workers, for the same findings.
    apart: bool = False
    #: Whether its effects are shares, slopes or shapes, which a sample of precincts estimates.
    sampled: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The entry of ``forensics detectors --json``."""
        return {
            "id": self.id,
            "family": self.family,
            "summary": self.summary,
            "needs": list(self.needs),
            "tables": list(self.tables),
            "default": self.default,
            "parameters": list(self.parameters),
        }


def detector(
    *,
    family: str,
    needs: tuple[str, ...] = (),
    tables: tuple[str, ...] = (),
    default: str = "on",
    first: str = "",
    residuals: tuple[str, ...] = (),
    cost: Cost | None = None,
    apart: bool = False,
    sampled: bool = False,
) -> Callable[[Callable[..., Findings]], Run]:
    """Register a function as a detector and check its needs before each call.

    Parameters
    ----------
    family : str
        One of ``FAMILIES`` (a plug-in may name its own).
    needs : tuple of str
        Columns of the returns without which the detector is ``Skipped``; ``"votes"`` means at
        least one option, ``"a|b"`` either of two.
    tables : tuple of str
        Second tables (keyword arguments) without which the detector is ``Skipped``.
    default : {"on", "descriptive", "off"}
        ``on``: part of every audit. ``descriptive``: part of every audit, but its p-value is not
        leant on. ``off``: only when asked for.
    first : str
        A second table that the function takes first, in place of returns. Called with returns (as
        every audit does) it takes that table from the keyword of this name, and is given the
        returns as the keyword ``returns``.
    residuals : tuple of str
        National scores of precincts, ``<method>:<quantity>``, that an audit hands over as the keyword
        ``residuals``, a mapping of these names to arrays aligned with the returns.
    cost : callable, optional
        ``cost(returns, **parameters)`` says in a sentence what a run of minutes will take, before it
        starts.
    apart : bool
        Whether the levels of ``by`` may be run apart: quantity by quantity, the findings are then
        those of all levels together. Worth it where most of the work is done level by level.
    sampled : bool
        Whether its effects are shares, slopes or shapes, which a sample of precincts estimates; totals
        are not. It is then run on a sample where returns are too large to be read as a whole.

    Returns
    -------
    callable
        A decorator; what it returns has the signature of the function and its entry as ``entry``.

    Raises
    ------
    ConfigError
        If ``default`` is none of the three.
    """
    if default not in DEFAULTS:
        raise ConfigError(f"a detector is {', '.join(DEFAULTS)} by default, not {default!r}")

    def register(function: Callable[..., Findings]) -> Run:
        name = function.__name__
        described = inspect.signature(function).parameters
        own = tuple(described)[1:]
        numbers = {key: item.default for key, item in described.items() if _is_number(item.default)}
        accepted = (first, *(p for p in own if p != "returns")) if first else own
        wanted = (first, *tables) if first else tables

        @functools.wraps(function)
        def run(returns: Any, /, **parameters: Any) -> Findings:
            _check_numbers(name, numbers, parameters)
            if first and not hasattr(returns, "unit_columns"):
                _check_parameters(name, own, parameters)
                return function(returns, **parameters) or _silent(name, NATIONAL)
            _check_parameters(name, accepted, parameters)
            # Not at the top: the list of detectors is asked for without any table.
            from forensics.tables.returns import as_returns

            returns = as_returns(returns)
            reason = _missing(returns, needs, wanted, parameters)
            if reason is not None:
                return Findings([Skipped(name, returns.scope, reason)])
            if first:
                table = parameters.pop(first)
                return function(table, returns=returns, **parameters) or _silent(name, returns.scope)
            return function(returns, **parameters) or _silent(name, returns.scope)

        def told(returns: Any, /, **parameters: Any) -> Message | None:
            _check_numbers(name, numbers, parameters)
            _check_parameters(name, accepted, parameters)
            if cost is None or _missing(returns, needs, wanted, parameters) is not None:
                return None
            return cost(returns, **parameters)

        summary = (inspect.getdoc(function) or "").partition("\n")[0]
        entry = Detector(
            name,
            family,
            summary,
            needs,
            wanted,
            default,
            accepted,
            cast(Run, run),
            first,
            residuals,
            None if cost is None else told,
            apart,
            sampled,
        )
        run.entry = entry  # type: ignore[attr-defined]
        return cast(Run, run)

    return register


def _silent(name: str, scope: Scope) -> Findings:
    """A detector that is silent would look like one that found nothing."""
    return Findings([Skipped(name, scope, SAY("nothing"))])


def _check_parameters(name: str, accepted: tuple[str, ...], parameters: Mapping[str, Any]) -> None:
    unknown = [key for key in parameters if key not in accepted]
    if unknown:
        raise ConfigError(
            f"{name} has no parameter {unknown[0]!r}{meant(unknown[0], accepted)}; its parameters "
            f"are {', '.join(accepted) or 'none'}"
        )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _check_numbers(name: str, numbers: Mapping[str, Any], parameters: Mapping[str, Any]) -> None:
    """A text where a number belongs would fail somewhere inside the detector."""
    for key, value in parameters.items():
        if key in numbers and isinstance(value, str):
            raise ConfigError(f"{name}: {key} is a number (by default {numbers[key]}), not {value!r}")
        if key == "confidence_level" and not 0 < value < 1:
            raise ConfigError(f"{name}: confidence_level is a share between 0 and 1, not {value!r}")


def _missing(
    returns: Any, needs: tuple[str, ...], tables: tuple[str, ...], parameters: Mapping[str, Any]
) -> Message | None:
    for table in tables:
        if parameters.get(table) is None:
            return SAY("previous") if table == "previous" else SAY("table", what=table)
    for need in needs:
        if need == "votes" and not returns.options:
            return SAY("options")
        either = need.split("|")
        there = [column for name in either for column in _columns(returns, name)]
        if not there:
            return SAY("column", what=" or ".join(either))
        if not any((returns.counts(column) > 0).any() for column in there):
            return SAY("positive", what=" or ".join(either))
    return None


def lacking(entry: Detector, returns: Any, /) -> Message | None:
    """What a detector needs and these returns have not; ``None`` where it can run."""
    return _missing(returns, entry.needs, entry.tables, {})


def _columns(returns: Any, name: str) -> list[str]:
    """Columns that a need speaks of, those with a value: one, or those of all options."""
    columns = [VOTES + option for option in returns.options] if name == "votes" else [name]
    return [column for column in columns if returns.has(column)]


@functools.cache
def _modules() -> Mapping[str, str]:
    """Module of each detector by id, from the folders and the entry points; nothing is imported."""
    found = {}
    package = importlib.import_module("forensics.detectors")
    for family in FAMILIES:
        folder = [f"{path}/{family}" for path in package.__path__]
        for module in pkgutil.iter_modules(folder):
            if not module.name.startswith("_"):
                found[module.name] = f"forensics.detectors.{family}.{module.name}"
    # A plug-in adds detectors; it does not replace one that audits elsewhere know by that name.
    for point in sorted(entry_points(group=GROUP)):
        if point.name in found or point.name in REFUSED:
            there = found.get(point.name, "a test that is not offered")
            warnings.warn(
                f"{_package(point)} adds a detector {point.name!r} ({point.value}), but that is {there}; "
                "it is left out until it has a name of its own",
                stacklevel=2,
            )
        else:
            found[point.name] = point.value
    return MappingProxyType(found)


def _package(point: EntryPoint) -> str:
    return f"the package {point.dist.name}" if point.dist is not None else "an installed package"


def detector_ids() -> tuple[str, ...]:
    """Identifiers of all detectors, family by family; cheap, nothing is imported."""
    return tuple(_modules())


def find_detector(id: str) -> Detector:
    """The registry's entry for an identifier.

    Parameters
    ----------
    id : str
        Identifier of a detector.

    Returns
    -------
    Detector
        Its entry, the function as ``run``.

    Raises
    ------
    ConfigError
        If there is none, or if the test is refused on principle; the text says why.
    """
    if id in REFUSED:
        raise ConfigError(str(REFUSED[id]))
    if id not in _modules():
        near = meant(id, _modules())
        raise ConfigError(f"{id!r} is no detector{near}; the detectors are {', '.join(_modules())}")
    place = _modules()[id]
    module, _, attribute = place.partition(":")
    try:
        entry = getattr(importlib.import_module(module), attribute or id).entry
    except Exception as error:
        if place.startswith(OURS) and not isinstance(error, (ImportError, AttributeError)):
            raise
        # What another author's file raises while it is imported is not for a traceback of ours.
        what = "" if isinstance(error, (ImportError, AttributeError)) else f"{type(error).__name__}: "
        raise ConfigError(f"detector {id!r} cannot be loaded from {place}: {what}{error}") from error
    if not isinstance(entry, Detector) or entry.id != id:
        raise ConfigError(f"{place} is no function {id!r} under forensics.detectors.registry.detector")
    return entry


def all_detectors() -> tuple[Detector, ...]:
    """Every detector, family by family in the order of ``FAMILIES``, then plug-ins.

    Returns
    -------
    tuple of Detector
        Their entries.

    Raises
    ------
    ConfigError
        If a plug-in cannot be loaded.
    """
    return tuple(find_detector(id) for id in _modules())
