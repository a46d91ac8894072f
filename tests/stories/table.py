"""docs/stories.md: the stories with their commands, and the fingerprint of each."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from gpuecs_tui.terraform.render.stack_files import render
from tests.changes.rendered import read_by_terraform, stack
from tests.stories.place import BASE, Step
from tests.stories.tales import STORIES, Story

DOCUMENT = Path(__file__).parents[2] / "docs" / "stories.md"
NOT_YET = "not yet run"
WORKS, FAULT = "works", "FAULT"
_SOURCES = ("place.py", "tales.py")
"""Modules that decide what a story does."""
_FINGERPRINT = re.compile(r"^<!-- fingerprint of (.+): ([0-9a-f]+) -->$", re.MULTILINE)
_LENGTH = 16
"""Hexadecimal digits of a fingerprint: enough to detect a change."""
_TIME = re.compile(r"^\d\d:\d\d:\d\d ")
_AGE = re.compile(r"\b\d+ launches failed in \d+ \w+")
INTRODUCTION = """\
# Stories

`make stories` writes this page. It carries out whole stories with the program's own commands, the
real Terraform and AWS provider, and a demo account for each. Behind each command are its exit code
and the sentence of its output that the story requires. A story is run again when its commands or
the files of its stack change, not when only the program or the demo account does.
"""


@dataclass
class Row:
    """The result of one story."""

    name: str
    verdict: str = NOT_YET
    problem: str = ""
    """Why the verdict is FAULT."""
    seconds: float = 0.0
    steps: list[Step] = field(default_factory=list)

    def as_json(self) -> str:
        """Return the row as one line."""
        return json.dumps(asdict(self), ensure_ascii=False)


def read_row(file: Path) -> Row:
    """Return the row in ``file``."""
    tree = json.loads(file.read_text("utf-8"))
    return Row(**(tree | {"steps": [Step(**it) for it in tree["steps"]]}))


def fingerprint(story: Story) -> str:
    """Return a digest of what a story depends on: the files of its stack, and its commands."""
    digest = hashlib.sha256(f"{story.name}\0".encode())
    for text in read_by_terraform(render(stack(BASE))):
        digest.update(text.encode())
    for name in _SOURCES:
        digest.update(Path(__file__).with_name(name).read_bytes())
    return digest.hexdigest()[:_LENGTH]


def fingerprints_in(text: str) -> dict[str, str]:
    """Return the fingerprints of a page by the names of the stories."""
    return dict(_FINGERPRINT.findall(text))


def document(rows: Mapping[str, Row]) -> str:
    """Return the page; stories without a row are marked as not yet run."""
    return INTRODUCTION + "".join(
        _section(story, rows.get(story.name) or Row(story.name)) for story in STORIES
    )


def verdicts_in(text: str) -> list[str]:
    """Return the verdicts of a page, in order."""
    return re.findall(r"^Result: (.+?)\.?$", text, re.MULTILINE)


def _section(story: Story, row: Row) -> str:
    told = (story.tell.__doc__ or "").strip()
    result = f"{row.verdict}: {row.problem}" if row.problem else row.verdict
    lines = [
        f"\n## {story.name}\n",
        f"<!-- fingerprint of {story.name}: {fingerprint(story)} -->\n",
        f"{told}\n",
        f"Result: {' '.join(result.split())}.\n",
    ]
    if row.steps:
        lines += ["| command | exit code | output |", "|---|---|---|"]
        lines += [f"| `{it.words}` | {it.code} | {_plain(it.shown)} |" for it in row.steps] + [""]
    return "\n".join(lines)


def _plain(shown: str) -> str:
    """Return a sentence without what differs each time, as a cell."""
    text = _AGE.sub("… launches failed in …", _TIME.sub("", shown))
    return text.replace("|", "\\|")
