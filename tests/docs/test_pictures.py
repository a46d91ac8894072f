"""Every picture is small, is shown on a page, and contains nothing that differs from run to run.

``make pictures`` creates them; that takes minutes, so it is not a test.
"""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.pictures.settled import NOON, PLANNED, settled, sort_plan

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "pictures"
PICTURES = sorted(FOLDER.glob("*.svg"))
STATIONS = {"network", "fleet", "fit", "review", "run", "deployment"}
"""Pictures that the README must have."""
BYTES_MAX = 150_000
"""Maximum bytes of all pictures of a page, so that it opens fast on a slow link."""
_IMAGE = re.compile(r"!\[[^\]]+\]\(([^)]+\.svg)\)")


def shown_by(page: Path) -> set[Path]:
    """Return the pictures of a page."""
    text = page.read_text(encoding="utf-8")
    return {(page.parent / link).resolve() for link in _IMAGE.findall(text)}


def test_the_readme_shows_every_station() -> None:
    shown = shown_by(ROOT / "README.md")
    assert {FOLDER / f"{name}.svg" for name in STATIONS} <= shown


def test_every_picture_is_shown_and_every_shown_one_exists() -> None:
    pages = (ROOT / "README.md", *(ROOT / "docs").glob("*.md"))
    assert {it for page in pages for it in shown_by(page)} == {*PICTURES}


@pytest.mark.parametrize("picture", PICTURES, ids=lambda it: it.stem)
def test_a_picture_is_small_and_settled(picture: Path) -> None:
    text = picture.read_text(encoding="utf-8")
    assert len(text.encode()) < BYTES_MAX
    assert ET.fromstring(text).tag.endswith("svg")
    assert set(re.findall(r"\b\d\d:\d\d:\d\d\b", text)) <= {NOON}


def test_ids_and_times_are_settled() -> None:
    def svg(task: str, at: str) -> str:
        return f'<svg class="terminal-17-x"><text>i-{task} {at} {task}</text></svg>'

    first = settled(svg("0123456789abcdef0", "08:15:02"))
    assert settled(svg("fedcba9876543210f", "23:59:59")) == first
    assert first.count(NOON) == 1
    (shown,) = set(re.findall(r"[0-9a-f]{17}", first))
    assert first.count(shown) == 2


def test_a_bar_of_one_digit_is_no_id() -> None:
    bar = f"<text>{'1' * 32}</text>"
    assert bar in settled(bar)


def test_only_the_changes_of_a_plan_are_sorted(tmp_path: Path) -> None:
    def event(kind: str, address: str) -> str:
        return json.dumps({"type": kind, "change": {"resource": {"addr": address}}})

    journal = tmp_path / "journal.jsonl"
    lines = [event("log", "z"), event(PLANNED, "b"), "plain text", event(PLANNED, "a")]
    journal.write_text("".join(f"{line}\n" for line in lines))
    sort_plan(journal)
    assert journal.read_text().splitlines() == [lines[0], lines[3], lines[2], lines[1]]
