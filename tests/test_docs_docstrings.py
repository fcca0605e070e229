"""Every public name says what it takes, gives and raises; a detector also says where it comes from."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import re
import types
from collections.abc import Iterator
from pathlib import Path

import pytest
from numpydoc.docscrape import NumpyDocString
from numpydoc.validate import validate

import forensics
from forensics.detectors.registry import all_detectors

#: What is asked of numpydoc's own checks: every parameter is described, with a type, and none that is not
#: there; what is returned is described.
CODES = {
    "GL08": "has no docstring",
    "PR01": "leaves parameters out",
    "PR02": "describes parameters that are not there",
    "PR04": "has a parameter without a type",
    "PR07": "has a parameter without a description",
    "RT01": "does not say what it returns",
    "RT03": "does not describe what it returns",
}
#: Their first line is the name of what they return.
NAMED_IN_THE_SUMMARY = ("demo_election", "demo_returns", "findings_json", "to_json")
#: Nothing that a caller can give them is wrong.
RAISE_NOTHING = (
    "cite", "datasets.list_datasets", "datasets.profile_of", "demo_election", "demo_returns",
    "figure_sources", "simulation.embedded", "simulation.tamper", "simulation.totals_of",
    "simulation.write_specification", "testing.clean_election", "to_json",
)  # fmt: skip


def public() -> Iterator[tuple[str, object]]:
    """Functions and classes of the package and of its public modules, by their names in ``forensics``."""
    for name in forensics.__all__:
        item = getattr(forensics, name)
        if not isinstance(item, types.ModuleType):
            yield name, item
            continue
        own = getattr(item, "__all__", None) or [
            key
            for key, each in vars(item).items()
            if not key.startswith("_") and getattr(each, "__module__", "") == item.__name__
        ]
        yield from ((f"{name}.{key}", getattr(item, key)) for key in own)


ITEMS = {name: item for name, item in public() if inspect.isroutine(item) or inspect.isclass(item)}
METHODS = [
    f"{name}.{key}"
    for name, item in ITEMS.items()
    if inspect.isclass(item)
    for key, each in vars(item).items()
    if not key.startswith("_") and (inspect.isfunction(each) or isinstance(each, (property, classmethod)))
]
FUNCTIONS = [name for name, item in ITEMS.items() if not inspect.isclass(item)]
SMALL = forensics.simulation.clean(n=30, rng=1)
DETECTORS = [entry.id for entry in all_detectors() if entry.run.__module__.startswith("forensics.")]


def sections(name: str) -> NumpyDocString:
    return NumpyDocString(inspect.getdoc(ITEMS[name]) or "")


@pytest.mark.parametrize("name", ITEMS)
def test_parameters_and_results_are_described_with_their_types(name):
    faults = [
        f"{code}: {CODES[code]} ({text})"
        for code, text in validate(f"forensics.{name}")["errors"]
        if code in CODES and not (code == "RT01" and name in NAMED_IN_THE_SUMMARY)
    ]
    assert faults == []


@pytest.mark.parametrize("name", METHODS)
def test_methods_explain_themselves(name):
    path, _, key = name.rpartition(".")
    assert (inspect.getdoc(inspect.getattr_static(ITEMS[path], key)) or "").strip()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_errors_are_named(name):
    raised = {kind.strip() for item in sections(name)["Raises"] for kind in item.type.split(",")}
    errors = (item for item in ITEMS.values() if inspect.isclass(item) and issubclass(item, Exception))
    known = {item.__name__ for item in errors}
    assert bool(raised) != (name in RAISE_NOTHING)
    assert raised <= known | {"ValueError", "OSError"}


@pytest.mark.parametrize("name", ITEMS)
def test_arrays_have_a_shape(name):
    described = (*sections(name)["Parameters"], *sections(name)["Returns"])
    arrays = [item for item in described if re.search(r"\b(nd)?array", item.type)]
    assert [item.name for item in arrays if "shape" not in item.type] == []


@pytest.mark.parametrize("name", DETECTORS)
def test_a_detector_gives_null_innocent_explanations_limits_unit_and_source(name):
    doc = sections(name)
    text = " ".join([*doc["Summary"], *doc["Extended Summary"]])
    notes = " ".join(doc["Notes"])
    results = " ".join(line for item in doc["Returns"] for line in item.desc)
    assert re.search(r"\bNull( of the \w+)?(,[^:]*)?:", text), "no null"
    assert "nnocent explanations" in notes
    assert re.search(r"\b[Bb](reaks|lind)\b", notes), "no word of where it breaks"
    assert "effect" in results, "no unit of the effect"
    assert doc["References"], "no source"


@pytest.mark.parametrize("name", DETECTORS)
def test_an_unknown_parameter_is_the_error_that_is_promised(name):
    with pytest.raises(forensics.ConfigError, match="no parameter"):
        forensics.find_detector(name).run(SMALL, no_such_parameter=1)


def modules_with_examples() -> Iterator[str]:
    for module in pkgutil.walk_packages(forensics.__path__, "forensics."):
        found = importlib.util.find_spec(module.name)
        if found and found.origin and ">>> " in Path(found.origin).read_text(encoding="utf-8"):
            yield module.name


@pytest.mark.parametrize("name", list(modules_with_examples()))
def test_examples_in_docstrings_run(name):
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted
    assert not result.failed
