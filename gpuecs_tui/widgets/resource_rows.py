"""The rows of the resource tree: which resource under which heading, in which words.

The rows are the runner's ``ResourceProgress`` values; what is destroyed stands first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from rich.cells import cell_len, set_cell_size

from gpuecs_tui.i18n import N_, _
from gpuecs_tui.terraform.progress import ResourceProgress, Status
from gpuecs_tui.widgets.clock import duration_text
from gpuecs_tui.widgets.signs import signs

SYMBOLS: Mapping[str, str] = {
    "create": "+",
    "update": "~",
    "delete": "-",
    "replace": "-/+",
    "read": "<=",
    "import": "←",
    "move": "→",
    "remove": "x",
    "forget": "x",
}
"""As Terraform's plan prints them; it has none for imports, moves and what is only forgotten."""

_GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (N_("Destroy"), ("delete",)),
    (N_("Replace"), ("replace",)),
    (N_("Change"), ("update",)),
    (N_("Create"), ("create",)),
    (N_("Import"), ("import",)),
    (N_("Move or forget"), ("move", "remove", "forget")),
    (N_("Read"), ("read",)),
)
_OTHERS = N_("Other")
_HIDDEN = frozenset({"no-op", "noop"})
_RUNNING = {
    "create": N_("creating"),
    "update": N_("updating"),
    "delete": N_("destroying"),
    "read": N_("reading"),
    "import": N_("importing"),
}
WORD_WIDTH = 48
"""Cells from which on a row has room for words beside its address; below, signs stand for them."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A row that begins a group."""

    text: str
    count: int
    """Resources under it that pass the filter."""


Row = Heading | ResourceProgress


def arranged(resources: Iterable[ResourceProgress], needle: str = "") -> list[Row]:
    """Return headings and resources in the order shown; only addresses that contain ``needle``."""
    groups: dict[str, list[ResourceProgress]] = {}
    heading_of = {action: text for text, actions in _GROUPS for action in actions}
    for resource in resources:
        if resource.action in _HIDDEN or needle.lower() not in resource.address.lower():
            continue
        groups.setdefault(heading_of.get(resource.action, _OTHERS), []).append(resource)
    rows: list[Row] = []
    for text in (*(text for text, _actions in _GROUPS), _OTHERS):
        if members := groups.get(text):
            rows.append(Heading(_(text), len(members)))
            rows.extend(members)
    return rows


def status_text(resource: ResourceProgress, now: datetime, *, words: bool, applying: bool) -> str:
    """Return where ``resource`` stands, with the seconds of its present or last step."""
    elapsed = resource.elapsed(now)
    sign = signs()
    took = duration_text(elapsed) if elapsed is not None else ""
    if resource.status is Status.RUNNING:
        word = _(_RUNNING.get(resource.step, resource.step)) if words else ""
        return f"{word} {took}".strip()
    if resource.status is Status.DONE:
        return f"{took} {sign.done}".strip()
    if resource.status is Status.FAILED:
        word = _("failed") if words else ""
        return " ".join(part for part in (word, took, sign.failed) if part)
    if not applying:
        return ""
    return _("waiting") if words else sign.waiting


def fitted_address(address: str, width: int) -> str:
    """Return ``address`` in exactly ``width`` cells; of a long one its end, which tells most."""
    if cell_len(address) > width:
        # Every type of the provider begins with it, so it tells nothing.
        address = address.removeprefix("aws_")
    if cell_len(address) <= width:
        return set_cell_size(address, width)
    kept = address
    while kept and cell_len(kept) > width - 1:
        kept = kept[max(1, (cell_len(kept) - width) // 2) :]
    return set_cell_size("…" + kept, max(width, 0))
