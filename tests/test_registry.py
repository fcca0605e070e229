"""The registry: what a detector needs, how it is named and explained, what is refused, plug-ins."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
import types
from importlib.metadata import EntryPoint
from pathlib import Path

import pandas as pd
import pytest

from forensics.detectors import registry
from forensics.detectors.registry import FAMILIES, all_detectors, detector, detector_ids, find_detector
from forensics.errors import ConfigError
from forensics.finding import Finding, Findings
from forensics.messages.message import Sentences
from forensics.scope import Scope
from forensics.tables.returns import Returns

FOLDER = Path(registry.__file__).parent
FILES = {p.stem: p for p in sorted(FOLDER.glob("*/*.py")) if not p.stem.startswith("_")}
PUBLISHED = re.compile(r"References\n-+\n(?P<author>[^,]+), [^()]*\((?P<year>\d{4})\)")
SAY = Sentences("test", null="Nothing happens.", innocent="Something did.")


def returns(**columns):
    base = {"precinct": ["1", "2"], "registered": [10, 20], "ballots": [5, 6], "votes_red": [1, 2]}
    return Returns(pd.DataFrame(base | columns, index=[1, 2]))


def probe(**needs):
    """A detector that says that it ran."""

    @detector(family="digits", **needs)
    def probe(returns, /, *, minimum=1, totals=None):
        """Probe, after Nobody (2000)."""
        return Findings(
            [
                Finding(
                    method="probe",
                    family="digits",
                    quantity="x",
                    null=SAY("null"),
                    innocent=(SAY("innocent"),),
                    parameters={"minimum": minimum},
                )
            ]
        )

    return probe


def test_a_detector_whose_needs_are_met_runs():
    run = probe(needs=("registered", "votes", "issued|ballots"))
    assert run(returns(), minimum=7).only().parameters == {"minimum": 7}


@pytest.mark.parametrize(
    ("needs", "columns", "reason"),
    [
        (("issued",), {}, "The returns have no issued."),
        (("issued|valid",), {}, "The returns have no issued or valid."),
        (("ballots",), {"ballots": [None, None]}, "The returns have no ballots."),
        (("ballots",), {"ballots": [0, -3]}, "No precinct has a positive count of ballots."),
        (("votes",), {"votes_red": [0, 0]}, "No precinct has a positive count of votes."),
        (("registered", "hour_08"), {}, "The returns have no hour_08."),
    ],
)
def test_what_is_missing_is_said_and_not_raised(needs, columns, reason):
    found = probe(needs=needs)(returns(**columns))
    (skipped,) = found.skipped
    assert (skipped.method, str(skipped.reason)) == ("probe", reason)
    assert found.tested == ()


def test_votes_are_a_need_of_any_option():
    bare = Returns(pd.DataFrame({"precinct": ["1"], "ballots": [5]}))
    assert str(probe(needs=("votes",))(bare).skipped[0].reason) == "The returns have no votes by option."
    assert probe(needs=("ballots|votes",))(bare).tested
    only_votes = Returns(pd.DataFrame({"precinct": ["1"], "votes_red": [5]}))
    assert probe(needs=("ballots|votes",))(only_votes).tested


def test_a_second_table_is_a_need():
    run = probe(tables=("totals",))
    assert str(run(returns()).skipped[0].reason) == "No table of totals was given."
    assert run(returns(), totals=pd.DataFrame()).tested


def test_a_skip_names_the_scope_of_the_returns():
    north = Scope("region", (("region", "North"),))
    part = Returns(returns().table, scope=north)
    assert probe(needs=("issued",))(part).skipped[0].scope == north


def test_a_detector_that_finds_nothing_to_look_at_is_skipped():
    @detector(family="digits")
    def silent(returns, /):
        return Findings()

    (skipped,) = silent(returns())
    assert str(skipped) == (
        "silent (national): skipped. The returns have none of the counts that it looks at."
    )


def test_an_unknown_parameter_is_named_with_those_there_are():
    said = r"probe has no parameter 'minimun' \(did you mean minimum\?\); its parameters are minimum"
    with pytest.raises(ConfigError, match=said):
        probe()(returns(), minimun=3)


@pytest.mark.parametrize("given", ["x.csv", None, 3])
def test_something_that_is_no_returns_is_refused_with_the_way_to_make_them(given):
    with pytest.raises(ConfigError, match=r"Returns are needed first, or a table .*read_returns"):
        probe()(given)


def test_a_default_that_is_none_is_refused():
    with pytest.raises(ConfigError, match="on, descriptive, off by default, not 'sometimes'"):
        probe(default="sometimes")


@pytest.mark.parametrize(
    ("id", "why"),
    [("first_digit", "precincts are drawn up to be of similar size"), ("penultimate_digit", "decreases")],
)
def test_tests_that_reject_honest_elections_are_refused_with_the_reason(id, why):
    with pytest.raises(ConfigError) as error:
        find_detector(id)
    text = str(error.value)
    assert "is not offered" in text
    assert why in text
    assert "second_digit" in text or "last_digit" in text
    assert id not in detector_ids()


def test_an_unknown_detector_is_named_with_those_there_are():
    with pytest.raises(ConfigError, match=r"'benford' is no detector; the detectors are .*last_digit"):
        find_detector("benford")


def test_the_folders_are_the_list():
    assert set(FILES) <= set(detector_ids())
    families = [entry.family for entry in all_detectors() if entry.id in FILES]
    assert families == sorted(families, key=FAMILIES.index)


@pytest.mark.parametrize("id", sorted(FILES))
def test_a_module_a_function_and_a_family_go_by_one_name(id):
    entry = find_detector(id)
    module = importlib.import_module(f"forensics.detectors.{entry.family}.{id}")
    assert entry.family == FILES[id].parent.name
    assert entry.family in FAMILIES
    assert entry.id == id == entry.run.__name__
    assert getattr(module, id) is entry.run
    kinds = [p.kind for p in inspect.signature(entry.run).parameters.values()]
    assert kinds[0] is inspect.Parameter.POSITIONAL_ONLY
    assert set(kinds[1:]) <= {inspect.Parameter.KEYWORD_ONLY}
    assert set(entry.to_dict()) == {
        "id", "family", "summary", "needs", "tables", "default", "parameters",
    }  # fmt: skip


@pytest.mark.parametrize("id", sorted(FILES))
def test_a_docstring_states_the_null_and_what_else_may_explain_it(id):
    text = inspect.getdoc(find_detector(id).run)
    first = text.partition("\n")[0]
    assert first == find_detector(id).summary
    assert first.endswith(".")
    assert re.search(r"\bNull\b", text)
    assert "Innocent explanations" in text
    # The first line says whose method it is and since when, if its first reference is dated.
    if published := PUBLISHED.search(text):
        assert published["author"] in first
        assert published["year"] in first


@pytest.mark.parametrize("id", sorted(FILES))
def test_every_parameter_is_described(id):
    entry = find_detector(id)
    described = inspect.getdoc(entry.run)
    absent = [
        p for p in entry.parameters if not re.search(rf"^(\w+, )*{p}\b(, \w+)*( :|$)", described, re.M)
    ]
    assert absent == []


@pytest.fixture
def plugged(monkeypatch):
    """Entry points of other packages; the registry looks again afterwards."""

    def plug(**places):
        points = [EntryPoint(name, value, registry.GROUP) for name, value in places.items()]
        monkeypatch.setattr(registry, "entry_points", lambda group: points)
        registry._modules.cache_clear()

    module = types.ModuleType("elsewhere")
    module.probe = probe(default="off")
    module.plain = lambda returns: None
    monkeypatch.setitem(sys.modules, "elsewhere", module)
    yield plug
    registry._modules.cache_clear()


def test_a_plug_in_is_a_detector_like_any_other(plugged):
    plugged(probe="elsewhere:probe")
    assert detector_ids()[-1] == "probe"
    entry = find_detector("probe")
    assert (entry.default, entry.summary) == ("off", "Probe, after Nobody (2000).")
    assert entry.run(returns()).tested
    assert all_detectors()[-1] == entry


def test_a_plug_in_without_an_attribute_is_the_function_of_its_name(plugged):
    plugged(probe="elsewhere")
    assert find_detector("probe").id == "probe"


def test_a_plug_in_does_not_replace_a_detector(plugged):
    plugged(last_digit="elsewhere:probe")
    said = r"adds a detector 'last_digit' \(elsewhere:probe\), but that is forensics.detectors.digits"
    with pytest.warns(UserWarning, match=said):
        assert detector_ids().count("last_digit") == 1
    assert find_detector("last_digit").family == "digits"
    assert find_detector("last_digit").run.__module__ == "forensics.detectors.digits.last_digit"


def test_a_plug_in_cannot_bring_back_a_test_that_is_refused(plugged):
    plugged(first_digit="elsewhere:probe")
    with pytest.warns(UserWarning, match="'first_digit'.* a test that is not offered"):
        assert "first_digit" not in detector_ids()


def test_a_plug_in_that_raises_while_it_is_imported_is_one_sentence(plugged, tmp_path, monkeypatch):
    (tmp_path / "raising.py").write_text("raise ZeroDivisionError('no divisor')\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    plugged(other="raising:other")
    with pytest.raises(ConfigError) as error:
        all_detectors()
    assert str(error.value) == (
        "detector 'other' cannot be loaded from raising:other: ZeroDivisionError: no divisor"
    )


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("nowhere_at_all:probe", "cannot be loaded from nowhere_at_all:probe"),
        ("elsewhere:absent", "cannot be loaded from elsewhere:absent"),
        ("elsewhere:plain", "cannot be loaded from elsewhere:plain"),
        ("elsewhere:probe", "elsewhere:probe is no function 'other' under"),
    ],
)
def test_a_plug_in_that_is_no_detector_is_an_error_sentence(plugged, place, said):
    plugged(other=place)
    with pytest.raises(ConfigError, match=said):
        find_detector("other")
