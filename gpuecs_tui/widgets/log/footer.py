"""The last line of the log panel: keys on the left if there is room, the state on the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.terraform.engine.log_line import Level
from gpuecs_tui.widgets.keys.binding import KeyHint, entries_of, line_of_keys
from gpuecs_tui.widgets.keys.groups import MARKING
from gpuecs_tui.widgets.log.keys import InteractiveLogView

GAP = 2
"""Minimum number of cells between two keys, and between the keys and the state."""

KEYS_SHARE = 3
"""The keys get one third of the line before the further parts of the state."""


@dataclass(frozen=True, slots=True)
class FooterText:
    """The content of the line: keys and words."""

    keys: Sequence[KeyHint]
    """(key, translated word), most useful first; those that don't fit are left out."""
    state: tuple[str, ...]
    """Parts of the state, the most important first; at least one."""

    def fit(self, width: int) -> Content:
        """Return the line, exactly ``width`` cells; its first state takes precedence over keys."""
        state = set_cell_size(self.state[0], width) if cell_len(self.state[0]) > width else ""
        for part in self.state if not state else ():
            longer = f"{state} · {part}" if state else part
            if cell_len(longer) <= (width - width // KEYS_SHARE if state else width):
                state = longer
        room = width - cell_len(state) - GAP
        line = Content("")
        for key, word in self.keys:
            entry = Content.assemble((key, "bold $text-accent"), (f" {word}", "$text-muted"))
            if line.cell_length + GAP * bool(line) + entry.cell_length > room:
                break
            line = line + Content(" " * GAP) + entry if line else entry
        padding = max(width - line.cell_length - cell_len(state), 0)
        return line + Content(" " * padding) + Content(state)


def footer_text(view: InteractiveLogView) -> FooterText:
    """Return the footer for ``view``."""
    entries = entries_of(view)
    # While lines are marked, there is no room for the other keys.
    marking = [it for it in entries if it.group == MARKING and it.enabled]
    return FooterText(line_of_keys(marking or entries), tuple(_state(view)))


def _state(view: InteractiveLogView) -> Sequence[str]:
    parts = []
    if view.marked is not None:
        low, high = sorted(view.marked)
        marked = ngettext("{count} line marked", "{count} lines marked", high - low + 1)
        parts.append(marked.format(count=f"{high - low + 1:,}"))
    if view.contents.pattern is not None and view.contents.matches is not None:
        total = len(view.contents.matches)
        at = view.contents.matches.index(view.current) + 1 if view.current is not None else 0
        more = "" if view.contents.matches.complete else "+"
        found = _("match {at}/{total}").format(at=f"{at:,}", total=f"{total:,}{more}")
        parts.append(found if total or more else _("no matches"))
    if not view.following:
        below = view.rows_below
        parts.append(_("▼ {count} below").format(count=f"{below:,}") if below else _("at the end"))
    if view.contents.filter.level == Level.ERROR:
        parts.append(_("errors only"))
    elif view.contents.filter.level == Level.WARNING:
        parts.append(_("warnings and errors"))
    if view.contents.filter.text:
        parts.append(_("filter: {resource}").format(resource=view.contents.filter.text))
    if errors := len(view.contents.errors):
        parts.append(
            ngettext("{count} error", "{count} errors", errors).format(count=f"{errors:,}")
        )
    lines = len(view.contents.shown)
    parts.append(ngettext("{count} line", "{count} lines", lines).format(count=f"{lines:,}"))
    if view.following:
        parts.append(_("following"))
    return parts
