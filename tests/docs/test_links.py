"""Every relative link in the documentation leads to a file and, if it names one, to a heading.

Code refers to headings as ``docs/aws.md, "Prices"``: these must exist too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_REFERENCE = re.compile(r'docs/([a-z-]+\.md), ?\n? *"([^"]+)"')
_PAGE = re.compile(r"(?<![\w/])(?:docs/)?([\w-]+\.md)\b")


@cache
def headings(page: Path) -> tuple[str, ...]:
    """Return the headings of a page."""
    return tuple(_HEADING.findall(_FENCE.sub("", page.read_text(encoding="utf-8"))))


def anchor(heading: str) -> str:
    """Return the anchor that GitHub creates for a heading."""
    words = re.sub(r"[^\w\- ]", "", heading.lower())
    return words.replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda it: it.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in _LINK.findall(page.read_text(encoding="utf-8")):
        if link.startswith(("https://", "mailto:")):
            continue
        path, _hash, fragment = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if fragment:
            assert fragment in map(anchor, headings(target)), link


def sources() -> Iterator[tuple[str, str]]:
    """Yield name and text of every module and template of the product, and of every test."""
    for folder in ("gpuecs_tui", "screens", "templates", "tests"):
        for kind in ("*.py", "*.j2"):
            for path in sorted((ROOT / folder).rglob(kind)):
                yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


def test_code_refers_to_headings_that_exist() -> None:
    found = 0
    for name, text in sources():
        for page, heading in _REFERENCE.findall(text):
            found += 1
            assert heading in headings(ROOT / "docs" / page), f"{name}: {page}, {heading}"
    assert found > 10


def test_code_refers_to_no_page_outside_the_repository() -> None:
    known = {page.name for page in PAGES} | {"CHANGELOG.md"}
    for name, text in sources():
        if not name.startswith("tests/"):
            assert {*_PAGE.findall(text)} <= known, name
