"""docs/changes.md: the rows in order, each with the fingerprint of its stacks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from tests.changes.declared import CHANGES, Change
from tests.changes.notice import NOTHING
from tests.changes.rendered import fingerprint
from tests.changes.trial import FAULT, REFUSED_FIRST, WORKS, WORKS_SAID, Row

DOCUMENT = Path(__file__).parents[2] / "docs" / "changes.md"
NOT_YET = "not yet run"
_FINGERPRINT = re.compile(r"<!-- ([0-9a-f]+) -->")
_ID = re.compile(r"\b([a-z]+)-[0-9a-f]{17}\b")
"""An id that the account generates each time, such as sg-0123456789abcdef0."""
_MIRROR = re.compile(r"(?<=, and )/\S+(?= has \d)")
"""The folder with the AWS provider, which differs between machines."""
_INTRODUCTION = """\
# Changes to a running stack

`make changes` writes this table. For every key of a stack, it changes an applied stack on the demo
account, with the real Terraform and AWS provider: it plans, applies, plans again, changes the value
back and applies that. Unless a row says otherwise, the stack has all defaults, but no tags on
network interfaces (`fleet.tag_network_interfaces` is true by default). What users notice is derived
from the plan by rules (`tests/changes/notice.py`). A row is run again when the files of its stacks
change, not when only the program or the demo account does.

- *{works}*: the change applies, the second plan is empty, and so is the plan after the change back.
- *{said}*: the same, and the plan names what is deleted or replaced before you approve it.
- *{refused}*: the program does not plan the change and says what to do instead.

Changes that need AWS provider 6.4 or later are exempt: `make changes` runs provider 5.100, so the
table shows only that they are refused. With provider 6, none of them was planned or applied.

| change | what the plan does | what users notice | outcome |
|---|---|---|---|
"""


def fingerprints_in(text: str) -> Mapping[str, str]:
    """Return the fingerprint in each line of a document's table, by its first cell."""
    return {
        _cells(line)[1]: found[1]
        for line in _lines(text)
        if (found := _FINGERPRINT.search(line)) is not None
    }


def fresh(text: str) -> Mapping[str, str]:
    """Return the lines of a document that are still true, by the names of their changes."""
    lines = {_cells(line)[1]: line for line in _lines(text)}
    known = fingerprints_in(text)
    return {
        change.name: lines[cell]
        for change in CHANGES
        if (cell := first_cell(change)) in lines and known.get(cell) == fingerprint(change)
    }


def document(rows: Mapping[str, Row], kept: Mapping[str, str] | None = None) -> str:
    """Return the whole document: ``rows``, else ``kept`` lines, by the names of their changes.

    Changes without either are marked as not yet run.
    """
    head = _INTRODUCTION.format(works=WORKS, said=WORKS_SAID, refused=REFUSED_FIRST)
    lines = []
    for change in CHANGES:
        row = rows.get(change.name)
        if row is None and kept and change.name in kept:
            lines.append(kept[change.name])
        else:
            lines.append(_line(change, row or Row(change.name, change.key, verdict=NOT_YET)))
    return head + "\n".join(lines) + "\n"


def first_cell(change: Change) -> str:
    """Return the first cell of the row of ``change``."""
    key, _, value = change.name.partition(" → ")
    return f"{_code(key)} → {_cell(value)}"


def _line(change: Change, row: Row) -> str:
    plan = "<br>".join(map(_code, row.plan)) or ("no change" if row.verdict != NOT_YET else "")
    if row.verdict in (REFUSED_FIRST, FAULT) and not row.plan:
        plan = ""
    notices = "<br>".join(row.notices) or (NOTHING if row.plan else "")
    outcome = row.verdict
    if row.problem:
        outcome += f": {row.problem}"
    cells = (first_cell(change), plan, _cell(notices), _cell(outcome))
    line = _MIRROR.sub("MIRROR", _ID.sub(r"\1-…", f"| {' | '.join(cells)}"))
    known = "" if row.verdict == NOT_YET else f" <!-- {fingerprint(change)} -->"
    return f"{line}{known} |"


def _code(text: str) -> str:
    name, _, rest = text.partition(" ")
    return f"`{name}`" + (f" {rest}" if rest else "")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def ended(text: str) -> Mapping[str, str]:
    """Return the result in each line of a document's table, by its first cell."""
    return {cells[1]: _FINGERPRINT.sub("", cells[4]).strip() for cells in map(_cells, _lines(text))}


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("| `")]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)]
