"""The floor plan: no import circle, no folder too full or nearly empty, no test that imports a
test.

import-linter checks which floor may import which (pyproject.toml).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "gpuecs_tui"
TESTS = ROOT / "tests"
MODULES_MAX = 28
"""Maximum number of modules in a folder, so that a reader can survey it."""


def module_name(path: Path) -> str:
    """Return the dotted name of a file of the package."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules() -> dict[str, Path]:
    """Return dotted name → file of the package; screens and templates are reached by links."""
    folders = (PACKAGE, PACKAGE / "screens", PACKAGE / "templates")
    paths = {path for folder in folders for path in folder.rglob("*.py")}
    return {module_name(path): path for path in sorted(paths)}


def imported(path: Path, known: dict[str, Path]) -> Iterator[str]:
    """Yield the modules that a file imports: at its top, in functions and for types only."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield name if name in known else node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def all_imported(path: Path) -> Iterator[str]:
    """Yield every name that a file imports with its module, relative ones with their dots."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield from (f"{module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_no_two_modules_import_each_other() -> None:
    known = modules()
    graph = {
        name: {it for it in imported(path, known) if it in known and it != name}
        for name, path in known.items()
    }
    assert sum(map(len, graph.values())) > len(graph), "the imports were not found"
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"import circle: {' → '.join(error.args[1])}")


def test_folders_are_neither_full_nor_nearly_empty() -> None:
    """Packages of resources, which hold no module, are apart."""
    counts: dict[Path, int] = {}
    for path in modules().values():
        if path.name != "__init__.py":
            counts[path.parent] = counts.get(path.parent, 0) + 1
    sizes = {str(folder.relative_to(ROOT)): count for folder, count in counts.items()}
    assert {name: count for name, count in sizes.items() if not 2 <= count <= MODULES_MAX} == {}


def test_no_folder_of_tests_is_full() -> None:
    counts: dict[Path, int] = {}
    for path in TESTS.rglob("*.py"):
        counts[path.parent] = counts.get(path.parent, 0) + (path.name != "__init__.py")
    sizes = {str(folder.relative_to(ROOT)): count for folder, count in counts.items()}
    assert {name: count for name, count in sizes.items() if count > MODULES_MAX} == {}


def test_no_module_imports_a_test_module_or_a_conftest() -> None:
    """Helpers of several test modules are in tests/support; only pytest reads the other two."""
    used = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sorted(TESTS.rglob("*.py"))
        for name in all_imported(path)
        if name.startswith(("tests.", "."))
        and any(part.startswith("test_") or part == "conftest" for part in name.split("."))
    ]
    assert used == []


def test_the_look_at_imports_sees_each_kind(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(
        "import tests.a.test_one\n"
        "from tests.a import test_two\n"
        "from tests.a.conftest import three\n"
        "def late():\n"
        "    from .test_four import four\n"
        "    from . import test_five\n"
    )
    assert sorted(all_imported(module)) == [
        "..test_five",
        ".test_four.four",
        "tests.a.conftest.three",
        "tests.a.test_one",
        "tests.a.test_two",
    ]
