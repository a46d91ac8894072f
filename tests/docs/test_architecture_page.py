"""docs/architecture.md lists every folder of the product, and every module that it names exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "architecture.md"
GUIDE = ROOT / "CONTRIBUTING.md"
_ROW = re.compile(r"^\| `([\w/]+/)` \|", re.MULTILINE)
_MODULE = re.compile(r"`((?:[\w-]+/)+[\w-]+\.(?:py|j2|md|toml|tcss))\b")
PLACES = ("", "gpuecs_tui/", "docs/")
"""What a path may leave out where the room is clear."""


def folders() -> set[str]:
    """Return every folder that holds modules or templates, with a slash at its end."""
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


@pytest.mark.parametrize(
    "page", [PAGE, GUIDE, *sorted((ROOT / "docs").glob("*.md"))], ids=lambda it: it.name
)
def test_every_file_that_is_named_exists(page: Path) -> None:
    named = set(_MODULE.findall(page.read_text(encoding="utf-8")))
    missing = {
        it for it in named if not any((ROOT / place / it).exists() for place in (*PLACES, "tests/"))
    }
    assert missing == set()


def test_the_floors_are_those_of_the_linter() -> None:
    """Each line of floors names the layers of pyproject.toml in their order."""
    contracts = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    text = PAGE.read_text(encoding="utf-8")
    floors = text[text.index("Floors inside the rooms") :].split("```")[1]
    for room in ("terraform", "widgets", "checks", "aws"):
        start = contracts.index(f'containers = ["gpuecs_tui.{room}"]')
        layers = re.findall(r'^    "([^"]+)",$', contracts[start:].split("\n]")[0], re.MULTILINE)
        line = re.search(rf"^{room}/((?:.*\n)(?:^  .*\n)*)", floors, re.MULTILINE)
        assert line is not None
        shown = [part.strip() for part in re.sub(r"\s+", " ", line[1]).split("<")]
        assert shown == [*reversed(layers)], room
