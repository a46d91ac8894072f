"""The keys in the help, under the titles of their groups."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rich.cells import cell_len
from textual.content import Content

from gpuecs_tui.i18n import _
from gpuecs_tui.widgets.base.styles import MUTED
from gpuecs_tui.widgets.keys.binding import Entry, long_name
from gpuecs_tui.widgets.keys.groups import ORDER, Group

KEY_WIDTH = 11
"""Width of the column of keys in cells; longer keys shift their text."""


class HelpRow(NamedTuple):
    """Keys, what they do, and whether they are available now."""

    keys: tuple[str, ...]
    """The keys as they are displayed."""
    text: str
    enabled: bool


HelpSections = Sequence[tuple[str, Sequence[HelpRow]]]
"""Translated titles with the keys below each."""


def help_sections(entries: Iterable[Entry]) -> HelpSections:
    """Return ``entries`` by their groups; keys that do the same share a line."""
    found: dict[Group, dict[str, HelpRow]] = {}
    for entry in entries:
        rows = found.setdefault(entry.group, {})
        known = rows.get(entry.text)
        keys = known.keys if known is not None else ()
        keys = (*keys, *(it for it in map(long_name, entry.keys) if it not in keys))
        enabled = entry.enabled or (known is not None and known.enabled)
        rows[entry.text] = HelpRow(keys, entry.text, enabled)
    titles = [*ORDER, *(group for group in found if group not in ORDER)]
    return [
        (_(group.description), tuple(found[group].values())) for group in titles if group in found
    ]


def help_parts(sections: HelpSections) -> list[Content]:
    """Return ``sections`` as paragraphs; unavailable keys are grey, and a last line says so."""
    parts = []
    for title, rows in sections:
        parts.append(Content.styled(title, "bold $text-accent"))
        parts.append(Content("\n").join(_row(row) for row in rows))
    if any(not row.enabled for _title, rows in sections for row in rows):
        parts.append(Content.styled(_("Keys in grey are not available now."), MUTED))
    return parts


def _row(row: HelpRow) -> Content:
    keys = " ".join(row.keys)
    keys += " " * max(KEY_WIDTH - cell_len(keys), 0)
    if not row.enabled:
        return Content.styled(f"{keys} {row.text}", MUTED)
    return Content.assemble((f"{keys} ", "bold"), row.text)
