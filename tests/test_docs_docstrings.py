"""Every public name says what it takes, gives and raises; a detector also says where it comes from."""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
import pkgutil
import re
import textwrap
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
    "cite", "datasets.list_datasets", "datasets.profile_of", "figure_sources", "simulation.embedded",
    "simulation.totals_of", "simulation.write_specification",
)  # fmt: skip
#: What may stand under Raises besides the package's own errors.
BUILT_IN = {"LookupError", "KeyError", "OSError", "TypeError", "ValueError"}


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


ERRORS = BUILT_IN | {
    item.__name__ for item in ITEMS.values() if inspect.isclass(item) and issubclass(item, Exception)
}


def promised(item: object) -> set[str]:
    """The errors that a docstring names."""
    listed = NumpyDocString(inspect.getdoc(item) or "")["Raises"]
    return {kind.strip() for one in listed for kind in one.type.split(",")}


def raised(function: object) -> set[str]:
    """The errors that stand in a function's own lines."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(function))))
    calls = (node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise))
    names = (call.func if isinstance(call, ast.Call) else call for call in calls)
    return {name.id for name in names if isinstance(name, ast.Name)} & ERRORS


def own_function(name: str) -> object:
    """The function behind a method, a property or a class method."""
    path, _, key = name.rpartition(".")
    found = inspect.getattr_static(ITEMS[path], key)
    found = getattr(found, "fget", None) or getattr(found, "func", None) or found
    return getattr(found, "__func__", found)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_errors_are_named(name):
    named = promised(ITEMS[name])
    assert bool(named) != (name in RAISE_NOTHING)
    assert named <= ERRORS
    assert raised(ITEMS[name]) <= named


@pytest.mark.parametrize("name", [name for name in ITEMS if inspect.isclass(ITEMS[name])])
def test_errors_of_a_class_are_named_where_it_is_made(name):
    found = set()
    for key in ("__init__", "__post_init__", "__reduce__"):
        made = vars(ITEMS[name]).get(key)
        # What a dataclass makes of itself has no lines to be read.
        if inspect.isfunction(made) and not made.__code__.co_filename.startswith("<"):
            found |= raised(made)
    assert found <= promised(ITEMS[name])


@pytest.mark.parametrize("name", METHODS)
def test_methods_name_their_errors_parameters_and_shapes(name):
    function = own_function(name)
    if not inspect.isfunction(function):
        return
    text = inspect.getdoc(function) or ""
    path = name.rpartition(".")[0]
    assert raised(function) <= promised(function) | promised(ITEMS[path])
    described = {
        part.strip().lstrip("*")
        for item in NumpyDocString(text)["Parameters"]
        for part in item.name.split(",")
    }
    signature = inspect.signature(function)
    given = [p for p in signature.parameters if p not in ("self", "cls", "language")]
    assert [p for p in given if p not in described and f"``{p}``" not in text] == []
    returned = str(signature.return_annotation)
    assert "shape" in text or not re.search(r"Floats|NDArray|ndarray|Flags|Codes", returned)
    assert re.search(r"\brows?\b|``|column", text, re.IGNORECASE) or "DataFrame" not in returned


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
