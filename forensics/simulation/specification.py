"""Specifications as TOML, and what keeps one from being drawn."""

from __future__ import annotations

import tomllib

import msgspec
import tomli_w

from forensics.errors import ConfigError
from forensics.simulation.manipulations.registry import MANIPULATIONS, TABULATION
from forensics.simulation.parameters import Specification


def read_specification(text: str) -> Specification:
    """The specification in a TOML text.

    Parameters
    ----------
    text : str
        TOML.

    Returns
    -------
    Specification
        Checked.

    Raises
    ------
    ConfigError
        If the text is not TOML; a key is unknown, missing, of the wrong type or out of its range;
        the units do not fit into each other; or a manipulation is unknown.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _unusable(error) from error
    return _converted(content)


def write_specification(specification: Specification) -> str:
    """The TOML text that :func:`read_specification` reads back.

    Parameters
    ----------
    specification : Specification
        What to write.

    Returns
    -------
    str
        TOML.
    """
    content: dict[str, object] = msgspec.to_builtins(specification)
    return tomli_w.dumps({key: _without_none(item) for key, item in content.items() if item is not None})


def checked(specification: Specification) -> Specification:
    """The specification, its ranges checked again: a struct made in Python is not checked by itself.

    Raises
    ------
    ConfigError
        As :func:`read_specification`.
    """
    return _converted(msgspec.to_builtins(specification))


def _converted(content: object) -> Specification:
    try:
        specification = msgspec.convert(content, Specification)
    except msgspec.ValidationError as error:
        raise _unusable(error) from error
    fault = _fault(specification)
    if fault:
        raise _unusable(fault)
    return specification


def _unusable(reason: object) -> ConfigError:
    return ConfigError(f"the specification of the election cannot be used: {reason}")


def _fault(specification: Specification) -> str:
    """What keeps a specification from being drawn, empty where nothing does."""
    shape, options, hours = specification.shape, specification.options, specification.hours
    sizes = (*shape.units, shape.precincts)
    if len(shape.units) != len(shape.levels):
        return f"units are {shape.units} for the levels {shape.levels}; each level has one number"
    if list(sizes) != sorted(sizes):
        return f"units and precincts are {sizes}, and each holds at least one of the next"
    if shape.smallest > shape.largest:
        return f"the smallest precinct has {shape.smallest} voters and the largest {shape.largest}"
    if len(set(options.names)) < max(2, len(options.names)):
        return f"the options are {options.names}; there are at least two, each of its own name"
    if len(options.others) != len(options.names) - 1:
        return f"others are {len(options.others)} shares for {len(options.names) - 1} other options"
    if hours and (len(hours.hours) != len(hours.profile) or list(hours.hours) != sorted(set(hours.hours))):
        return f"hours are {hours.hours}; they rise, and each has a share of the profile"
    if hours and any(round(60 * hour, 6) % 1 for hour in hours.hours):
        return f"hours are {hours.hours}; each is a whole minute, as half past eight is 8.5"
    for planted in specification.planted:
        if planted.kind not in MANIPULATIONS and planted.kind != TABULATION:
            return f"planted {planted.kind!r}; the kinds are {', '.join((*MANIPULATIONS, TABULATION))}"
        if planted.coefficient and specification.roster is None:
            return f"planted {planted.kind!r} with a coefficient, and there is no roster to depend on"
    return ""


def _without_none(value: object) -> object:
    """TOML has no word for nothing: a block that is none is left out."""
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    if isinstance(value, (list, tuple)):
        return [_without_none(item) for item in value]
    return value
