"""docs/architecture.md lists every folder of the product, and every module in it exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "architecture.md"
GUIDE = ROOT / "CONTRIBUTING.md"
README = ROOT / "README.md"
PAGES = [README, GUIDE, *sorted((ROOT / "docs").glob("*.md"))]
_ROW = re.compile(r"^\| `([\w/]+/)` \|", re.MULTILINE)
_MODULE = re.compile(r"`((?:[\w-]+/)+[\w-]+\.(?:py|j2|md|toml|tcss))\b")
_BARE = re.compile(r"`([\w-]+(?:\.\w+)*\.(?:py|j2))\b")
_WITH_NAME = re.compile(r"`([\w/-]+\.py): (\w+)`")
_NAME_IN = re.compile(r"`(\w+)` in\s+`([\w-]+/[\w/-]+\.py)`")
PLACES = ("", "gpuecs_tui/", "docs/")
"""Prefixes that a path may leave out if its room is clear."""


def folders() -> set[str]:
    """Return every folder with modules or templates, with a slash at its end."""
    found = {
        path.parent.relative_to(ROOT)
        for top in ("gpuecs_tui", "screens", "templates")
        for kind in ("*.py", "*.j2")
        for path in (ROOT / top).rglob(kind)
    }
    linked = {Path("gpuecs_tui/screens"), Path("gpuecs_tui/templates")}
    return {f"{it}/" for it in found if not linked & {it, *it.parents}}


def test_the_table_lists_every_folder() -> None:
    text = PAGE.read_text(encoding="utf-8")
    table = text[text.index("## Folders") :]
    assert sorted(_ROW.findall(table)) == sorted(folders())


def place_of(name: str) -> Path | None:
    """Return the file that a page names, None if it doesn't exist."""
    paths = (ROOT / place / name for place in (*PLACES, "tests/"))
    return next((path for path in paths if path.exists()), None)


@pytest.mark.parametrize("page", PAGES, ids=lambda it: it.name)
def test_every_file_that_is_named_exists(page: Path) -> None:
    named = set(_MODULE.findall(page.read_text(encoding="utf-8")))
    assert {it for it in named if place_of(it) is None} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda it: it.name)
def test_every_file_that_is_named_without_a_folder_exists(page: Path) -> None:
    """In a row of the table of folders, a file is in that folder; elsewhere it may be in any
    folder."""
    everywhere = {
        path.name
        for top in ("gpuecs_tui", "screens", "templates", "tests")
        for kind in ("*.py", "*.j2")
        for path in (ROOT / top).rglob(kind)
    }
    for line in page.read_text(encoding="utf-8").splitlines():
        row = _ROW.match(line)
        for name in _BARE.findall(line):
            found = (ROOT / row[1] / name).exists() if row else name in everywhere
            assert found, (name, line)


@pytest.mark.parametrize("page", PAGES, ids=lambda it: it.name)
def test_every_function_and_class_that_is_named_with_its_file_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = [*_WITH_NAME.findall(text), *((path, name) for name, path in _NAME_IN.findall(text))]
    assert named or page not in (PAGE, README)
    for path, name in named:
        found = place_of(path)
        assert found is not None, path
        source = found.read_text(encoding="utf-8")
        assert re.search(rf"^ *(?:(?:async )?def|class) {name}\b|^{name}\b", source, re.M), name


def test_the_base_modules_are_those_of_the_linter() -> None:
    """These modules are the layers below all rooms; the entry points are modules too."""
    text = PAGE.read_text(encoding="utf-8")
    table = text.partition("### Base modules")[2].partition("\n## ")[0]
    contracts = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    layers = contracts.partition('    "stack",\n')[2].partition("\n]")[0]
    modules = re.findall(r"\w+", layers)
    assert re.findall(r"^\| `(\w+)\.py` \|", table, re.MULTILINE) == sorted(modules)
    entries = {"__init__", "__main__", "app", "cli", "opening"}
    assert {path.stem for path in (ROOT / "gpuecs_tui").glob("*.py")} == {*modules} | entries


def test_the_tour_of_the_readme_is_that_of_the_command() -> None:
    tree = ast.parse((ROOT / "gpuecs_tui" / "commands" / "demo.py").read_text(encoding="utf-8"))
    steps = next(
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "steps"
    )
    assert isinstance(steps, ast.Tuple)
    firsts = [ast.unparse(step).partition("'")[2].partition("'")[0] for step in steps.elts]
    text = README.read_text(encoding="utf-8").partition("gpuecs-tui demo tour`: nine")[2]
    listed = re.findall(r"\b(?:render|check|plan|apply|destroy)\b", text.partition("because")[0])
    assert listed == firsts
    assert len(firsts) == 9
    tutorial = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    used = re.findall(r"^gpuecs-tui (?:--demo )?(\w+)", tutorial, re.MULTILINE)
    assert {*firsts} <= {*used}, "the README says that the tutorial explains each step"


def test_the_floors_are_those_of_the_linter() -> None:
    """Each line of floors names the layers of pyproject.toml in their order."""
    contracts = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    text = PAGE.read_text(encoding="utf-8")
    floors = text[text.index("Layers inside the rooms") :].split("```")[1]
    for room in ("terraform", "widgets", "checks", "aws", "demo", "deployment"):
        start = contracts.index(f'containers = ["gpuecs_tui.{room}"]')
        layers = re.findall(r'^    "([^"]+)",$', contracts[start:].split("\n]")[0], re.MULTILINE)
        line = re.search(rf"^{room}/((?:.*\n)(?:^  .*\n)*)", floors, re.MULTILINE)
        assert line is not None
        shown = [part.strip() for part in re.sub(r"\s+", " ", line[1]).split("<")]
        assert shown == [*reversed(layers)], room
