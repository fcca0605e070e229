"""The house is as CONTRIBUTING.md draws it: who imports whom, how long files are, what names say."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "forensics"
MAX_LINES = 400  # CONTRIBUTING.md, "Who may import whom"

FACE = "the public names"  # `import forensics` itself
BOTTOM = {"errors", "messages", "notebook", "scope"}
# Rooms under the road's embedded inputs: data/ is read through `resources`.
READS_RESOURCES = {
    "datasets", "tables", "simulation", "auditing", "evidence", "commissions", "commitments",
    "observers", "report", "_api",
}  # fmt: skip
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "messages": {"errors"},
    "scope": set(),
    "notebook": set(),
    "resources": set(),
    "datasets": set(),
    "picture": set(),
    "posterior": set(),
    "finding": {"picture", "posterior"},
    "kernels": set(),
    "tables": {"datasets"},
    "detectors": {"tables", "finding", "kernels"},
    "simulation": {"tables", "kernels"},
    "auditing": {"detectors", "tables", "finding", "kernels"},
    "evidence": {"auditing", "simulation", "finding"},
    "commissions": {"tables", "finding", "kernels"},
    "commitments": {"finding"},
    "observers": {"tables", "finding", "kernels"},
    "comparing": {"auditing", "tables", "finding", "kernels"},
    "plots": {"finding", "kernels"},
    "testing": {"detectors", "tables", "finding", "simulation", "evidence"},
    "cli": {FACE},
    "__main__": {"cli"},
    "__init__": set(),
}
_ROAD = set(MAY_IMPORT) - {"cli", "testing", "__main__", "__init__"}
MAY_IMPORT["report"] = _ROAD
MAY_IMPORT["_api"] = _ROAD | {"report", "_linking"}
# The part of the face that computes.
MAY_IMPORT["_running"] = _ROAD
# The part of the face that speaks of commissions.
MAY_IMPORT["_linking"] = _ROAD
# The part that speaks of several elections.
MAY_IMPORT["_verifying"] = _ROAD | {"report", "_linking", "_observing", "_api", "_running"}
MAY_IMPORT["_comparing"] = _ROAD | {"report"}
# The part that speaks of observers.
MAY_IMPORT["_observing"] = _ROAD
# Pictures and posterior draws are parts of a finding, in files of their own.
for _allowed in MAY_IMPORT.values():
    _allowed |= {"picture", "posterior"} if "finding" in _allowed else set()
# A picture draws itself: the one upward import, inside the function that draws.
UPWARD = {("picture", "plots")}


class Import(NamedTuple):
    """One imported module: where, whether inside a function, whether for the type checker only."""

    file: Path
    line: int
    module: str
    in_function: bool
    for_types: bool

    def __str__(self) -> str:
        return f"{self.file.relative_to(ROOT)}:{self.line} imports {self.module}"


def sources(folder: Path = PACKAGE) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def imports_of(file: Path) -> Iterator[Import]:
    def visit(node: ast.AST, in_function: bool, for_types: bool) -> Iterator[Import]:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(file, node.lineno, alias.name, in_function, for_types)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file.relative_to(ROOT)}:{node.lineno}: imports are absolute"
            for alias in node.names:
                yield Import(file, node.lineno, f"{node.module}.{alias.name}", in_function, for_types)
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            for child in node.body:
                yield from visit(child, in_function, True)
        else:
            inside = in_function or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
            for child in ast.iter_child_nodes(node):
                yield from visit(child, inside, for_types)

    yield from visit(ast.parse(file.read_text(encoding="utf-8")), False, False)


ALL_IMPORTS = [found for file in sources() for found in imports_of(file)]


def room(file: Path) -> str:
    first = file.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def target(module: str) -> str | None:
    """The room that an imported name belongs to; None for other packages and for the version."""
    parts = module.split(".")
    if parts[0] != "forensics" or parts[1:] == ["__version__"]:
        return None
    if len(parts) > 1 and ((PACKAGE / parts[1]).is_dir() or (PACKAGE / f"{parts[1]}.py").is_file()):
        return parts[1]
    return FACE


def ours(module: str) -> str:
    """An imported name without the attribute: the module of this package that is meant."""
    parts = module.split(".")
    while parts and not (
        ROOT.joinpath(*parts).is_dir() or ROOT.joinpath(*parts).with_suffix(".py").is_file()
    ):
        parts.pop()
    return ".".join(parts)


def test_the_scan_sees_the_package() -> None:
    assert {"errors", "tables", "detectors", "kernels"} <= {room(file) for file in sources()}
    assert any(target(found.module) == "errors" for found in ALL_IMPORTS)


def test_every_room_is_drawn() -> None:
    assert sorted({room(file) for file in sources()} - set(MAY_IMPORT)) == []


@pytest.mark.parametrize("name", sorted(MAY_IMPORT))
def test_who_may_import_whom(name: str) -> None:
    allowed = MAY_IMPORT[name] | (set() if name in BOTTOM else BOTTOM) | {name}
    if name in READS_RESOURCES:
        allowed = allowed | {"resources"}
    wrong = []
    for found in ALL_IMPORTS:
        to = target(found.module)
        if room(found.file) != name or to is None or to in allowed:
            continue
        if (name, to) in UPWARD and found.in_function:
            continue
        if name == "__init__" and (found.for_types or found.in_function):
            continue  # the face names every room and loads none: tests/test_public_names.py measures it
        wrong.append(str(found))
    assert wrong == []


def test_detectors_do_not_import_each_other() -> None:
    wrong = []
    for found in ALL_IMPORTS:
        parts = found.file.relative_to(PACKAGE).parts
        module = ours(found.module).split(".")
        if parts[0] != "detectors" or module[:2] != ["forensics", "detectors"] or len(module) < 3:
            continue
        is_family = (PACKAGE / "detectors" / module[2]).is_dir()
        own_helper = (
            len(parts) == 3 and module[2] == parts[1] and len(module) == 4 and module[3].startswith("_")
        )
        if is_family and not own_helper:
            wrong.append(str(found))
    assert wrong == []


def test_no_file_imports_itself_round_others() -> None:
    """Files in a circle can only be read together: types for the checker count, and so do functions."""
    graph: dict[str, set[str]] = {}
    for found in ALL_IMPORTS:
        own = ".".join(found.file.relative_to(ROOT).with_suffix("").parts)
        to = ours(found.module)
        upward = (room(found.file), target(found.module)) in UPWARD and found.in_function
        # The face of a package names what is in it, and loads it when it is asked for.
        if found.file.name != "__init__.py" and own != to and not upward:
            graph.setdefault(own, set()).add(to)
    # Raises CycleError, which names the circle.
    list(TopologicalSorter(graph).static_order())


def test_only_the_entry_point_imports_the_command_line() -> None:
    importers = {room(found.file) for found in ALL_IMPORTS if target(found.module) == "cli"}
    assert importers <= {"cli", "__main__"}


def test_a_package_init_imports_no_sibling_room() -> None:
    wrong = [
        str(found)
        for found in ALL_IMPORTS
        if found.file.name == "__init__.py"
        and found.file.parent != PACKAGE
        and target(found.module) not in (None, room(found.file))
        and not (found.in_function and target(found.module) == "errors")
    ]
    assert wrong == []


def test_the_init_of_a_detector_family_is_empty() -> None:
    inits = sorted((PACKAGE / "detectors").glob("*/__init__.py"))
    assert inits
    for file in inits:
        body = ast.parse(file.read_text(encoding="utf-8")).body
        assert all(isinstance(node, ast.Expr) for node in body), (
            f"{file.relative_to(ROOT)} holds more than text"
        )


def test_no_module_has_the_name_of_a_public_attribute_of_its_package() -> None:
    wrong = []
    for file in sources():
        if file.name != "__init__.py":
            continue
        modules = {path.stem for path in file.parent.iterdir() if path.suffix == ".py" or path.is_dir()}
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            bound: list[str] = []
            if isinstance(node, ast.ImportFrom):
                # `from package import module` binds the module itself, which is what a second access gives.
                bound = [
                    a.asname or a.name for a in node.names if ours(f"{node.module}.{a.name}") == node.module
                ]
            elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                bound = [node.name]
            elif isinstance(node, (ast.Assign, ast.AnnAssign)):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                bound = [name.id for name in targets if isinstance(name, ast.Name)]
            wrong += [f"{file.relative_to(ROOT)}: {name}" for name in bound if name in modules]
    assert wrong == []


def test_kernels_know_no_tables() -> None:
    wrong = [
        str(found)
        for found in ALL_IMPORTS
        if room(found.file) == "kernels" and found.module.split(".")[0] in ("pandas", "pyarrow")
    ]
    assert wrong == []


def test_matplotlib_is_imported_inside_functions_of_plots_only() -> None:
    wrong = [
        str(found)
        for found in ALL_IMPORTS
        if found.module.split(".")[0] == "matplotlib"
        and not found.for_types
        and not (room(found.file) == "plots" and found.in_function)
    ]
    assert wrong == []


def test_the_network_is_reached_from_datasets_only() -> None:
    network = {"requests", "urllib3", "http", "socket", "pooch", "ftplib"}
    wrong = [
        str(found)
        for found in ALL_IMPORTS
        if (found.module.split(".")[0] in network or found.module.startswith("urllib.request"))
        and not (room(found.file) == "datasets" and found.in_function)
    ]
    assert wrong == []


def test_files_are_short() -> None:
    folders = [
        PACKAGE,
        *(ROOT / name for name in ("tests", "examples", "benchmarks") if (ROOT / name).is_dir()),
    ]
    long = {
        str(file.relative_to(ROOT)): lines
        for folder in folders
        for file in sources(folder)
        if (lines := len(file.read_text(encoding="utf-8").splitlines())) > MAX_LINES
    }
    assert long == {}


def identifiers(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        for attribute in ("name", "id", "attr", "arg", "asname", "rest"):
            value = getattr(node, attribute, None)
            if isinstance(value, str):
                yield line, value


def test_no_name_is_a_verdict() -> None:
    verdict = re.compile("fraud|suspicious|stolen|guilty", re.IGNORECASE)
    wrong = []
    for file in sources():
        if verdict.search(file.stem):
            wrong.append(str(file.relative_to(ROOT)))
        for line, name in identifiers(ast.parse(file.read_text(encoding="utf-8"))):
            if verdict.search(name):
                wrong.append(f"{file.relative_to(ROOT)}:{line} {name}")
    assert wrong == []


def test_there_is_no_drawer_for_odds_and_ends() -> None:
    drawers = {"utils", "util", "helpers", "misc", "common"}
    assert [str(file.relative_to(ROOT)) for file in sources() if file.stem.strip("_") in drawers] == []
