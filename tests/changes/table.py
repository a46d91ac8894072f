"""docs/changes.md: the rows in order, and the fingerprint of their inputs."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import jinja2

from gpuecs_tui import templates
from gpuecs_tui.stack.model import KEYS
from tests.changes.declared import CHANGES
from tests.changes.notice import NOTHING
from tests.changes.trial import FAULT, REFUSED_FIRST, WORKS, WORKS_SAID, Row

DOCUMENT = Path(__file__).parents[2] / "docs" / "changes.md"
TEMPLATES = Path(templates.__path__[0])
NOT_YET = "not yet run"
_FINGERPRINT = re.compile(r"^<!-- fingerprint: ([0-9a-f]+) -->$", re.MULTILINE)
_ID = re.compile(r"\b([a-z]+)-[0-9a-f]{17}\b")
"""An id that the account generates each time, such as sg-0123456789abcdef0."""
_LENGTH = 16
"""Hexadecimal digits of a fingerprint: enough to detect a change."""
_TERRAFORM = (".tf.j2", ".tfvars.j2")
"""Suffixes of the templates whose comments only Terraform reads, and ignores."""
_DESCRIBED = ("variables.tf.j2", "outputs.tf.j2")
"""Templates whose descriptions only people read. The description of a resource is stored at AWS."""
_HEREDOC = re.compile(r"<<-?(\w+)\s*$")
_INTRODUCTION = """\
# Changes to a running stack

`make changes` writes this table. For every key of a stack, it changes an applied stack on the demo
account, with the real Terraform and AWS provider: it plans, applies, plans again, changes the value
back and applies that. Unless a row says otherwise, the stack has all defaults. What users notice is
derived from the plan by rules (`tests/changes/notice.py`).

- *{works}*: the change applies, the second plan is empty, and so is the plan after the change back.
- *{said}*: the same, and the plan names what is deleted or replaced before you approve it.
- *{refused}*: the program does not plan the change and says what to do instead.

<!-- fingerprint: {fingerprint} -->

| change | what the plan does | what users notice | outcome |
|---|---|---|---|
"""


def fingerprint(folder: Path = TEMPLATES) -> str:
    """Return a digest of the templates, the keys with their defaults, and the declared changes.

    Only what can change a plan counts: comments and blank lines of the Terraform files don't, and
    neither do error messages and the descriptions of variables and outputs. A comment in the user
    data does, because the launch template contains it.
    """
    digest = hashlib.sha256()
    for file in sorted(folder.glob("*.j2")):
        text = file.read_text("utf-8")
        if file.name.endswith(_TERRAFORM):
            unread = ("error_message = ", *["description = "] * (file.name in _DESCRIBED))
            lines = (it for it in _effective_lines(text) if not it.lstrip().startswith(unread))
            text = "".join(f"{line}\n" for line in lines)
        digest.update(f"{file.name}\0{text}\0".encode())
    for key, declared in KEYS.items():
        digest.update(f"{key}={declared.default!r}\0".encode())
    for change in CHANGES:
        digest.update(f"{change.name}\0".encode())
    return digest.hexdigest()[:_LENGTH]


def _effective_lines(template: str) -> Iterator[str]:
    """Yield the lines of a Terraform file's template without whole-line comments and blank lines.

    Lines of a heredoc are yielded, and so are comments in which a Jinja statement begins or ends.
    """
    tokens = jinja2.Environment().lex(template)
    text = "".join(value for _line, kind, value in tokens if not kind.startswith("comment"))
    marker = ""
    for line in text.split("\n"):
        bare = line.strip()
        if marker:
            marker = "" if bare == marker else marker
        elif not bare or (bare.startswith("#") and "{%" not in bare):
            continue
        elif opened := _HEREDOC.search(line):
            marker = opened[1]
        yield line


def fingerprint_in(text: str) -> str:
    """Return the fingerprint of a table; empty if it has none."""
    found = _FINGERPRINT.search(text)
    return found[1] if found else ""


def document(rows: Mapping[str, Row]) -> str:
    """Return the whole document; changes without a row are marked as not yet run."""
    head = _INTRODUCTION.format(
        works=WORKS, said=WORKS_SAID, refused=REFUSED_FIRST, fingerprint=fingerprint()
    )
    lines = [
        _line(rows.get(change.name) or Row(change.name, change.key, verdict=NOT_YET))
        for change in CHANGES
    ]
    return head + "\n".join(lines) + "\n"


def _line(row: Row) -> str:
    plan = "<br>".join(map(_code, row.plan)) or ("no change" if row.verdict != NOT_YET else "")
    if row.verdict in (REFUSED_FIRST, FAULT) and not row.plan:
        plan = ""
    notices = "<br>".join(row.notices) or (NOTHING if row.plan else "")
    outcome = row.verdict
    if row.problem:
        outcome += f": {row.problem}"
    key, _, value = row.name.partition(" → ")
    line = f"| {_code(key)} → {_cell(value)} | {plan} | {_cell(notices)} | {_cell(outcome)} |"
    return _ID.sub(r"\1-…", line)


def _code(text: str) -> str:
    name, _, rest = text.partition(" ")
    return f"`{name}`" + (f" {rest}" if rest else "")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def ended(text: str) -> Mapping[str, str]:
    """Return the result in each line of a document's table, by its first cell."""
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    cells = [re.split(r"(?<!\\)\|", line) for line in lines]
    return {cell[1].strip(): cell[4].strip() for cell in cells}
