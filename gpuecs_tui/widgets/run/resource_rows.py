"""The rows of the resource tree: the headings, the resources below them, and their texts.

The rows are the runner's ``ResourceProgress`` values; destroyed resources come first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from rich.cells import cell_len, set_cell_size

from gpuecs_tui.i18n import N_, _
from gpuecs_tui.terraform.engine.progress import ResourceProgress, Status
from gpuecs_tui.terraform.plan.details import PlanTree
from gpuecs_tui.terraform.plan.words import warnings
from gpuecs_tui.widgets.base.clock import duration_text
from gpuecs_tui.widgets.base.glyphs import signs

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
"""The signs that Terraform's plan prints; it has none for imports, moves and forgotten
resources."""

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
"""Minimum cells at which a row has room for words after its address; a narrower row has signs."""


@dataclass(frozen=True, slots=True)
class Heading:
    """The heading of a group."""

    text: str
    count: int
    """Number of its resources that pass the filter."""


ResourceRow = Heading | ResourceProgress


@dataclass(frozen=True, slots=True)
class PlanAdditions:
    """Facts from the plan's details: the order of the resources, and more text to filter by."""

    ranks: Mapping[str, int]
    """Address → its rank among destroyed and replaced resources, the most important first."""
    texts: Mapping[str, str]
    """Address → changed attributes with their old and new values."""


NOTHING_KNOWN = PlanAdditions({}, {})


def known_of(plan: PlanTree | None) -> PlanAdditions:
    """Return the facts that the tree needs from the details of a plan."""
    if plan is None:
        return NOTHING_KNOWN
    ranks = {warning.address: at for at, warning in enumerate(warnings(plan))}
    texts = {
        change.address: "\n".join(
            f"{it.path} = {it.before or ''} → {it.after or ''}" for it in change.attributes
        )
        for change in plan.changes
    }
    return PlanAdditions(ranks, texts)


def arranged(
    resources: Iterable[ResourceProgress], needle: str = "", known: PlanAdditions = NOTHING_KNOWN
) -> list[ResourceRow]:
    """Return headings and resources in display order, the most important destroyed resource first.

    A resource is included if its address, its action or a changed attribute contains ``needle``.
    """
    groups: dict[str, list[ResourceProgress]] = {}
    heading_of = {action: text for text, actions in _GROUPS for action in actions}
    for resource in resources:
        heading = heading_of.get(resource.action, _OTHERS)
        told = (
            resource.address,
            resource.action,
            _(heading),
            known.texts.get(resource.address, ""),
        )
        if resource.action in _HIDDEN or needle.casefold() not in "\n".join(told).casefold():
            continue
        groups.setdefault(heading, []).append(resource)

    def rank(resource: ResourceProgress) -> int:
        return known.ranks.get(resource.address, len(known.ranks))

    rows: list[ResourceRow] = []
    shown = [text for text in (*(text for text, _actions in _GROUPS), _OTHERS) if text in groups]
    # Sorting is stable: without ranks, the order of the groups and of the plan is kept.
    for text in sorted(shown, key=lambda text: min(map(rank, groups[text]))):
        members: list[ResourceProgress] = sorted(groups[text], key=rank)
        rows.append(Heading(_(text), len(members)))
        rows.extend(members)
    return rows


def status_text(resource: ResourceProgress, now: datetime, *, words: bool, applying: bool) -> str:
    """Return the status of ``resource``, with the duration of its current or last step."""
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
    """Return ``address`` in exactly ``width`` cells; a long one is cut at its beginning."""
    if cell_len(address) > width:
        # Every resource type of the provider has this prefix.
        address = address.removeprefix("aws_")
    if cell_len(address) <= width:
        return set_cell_size(address, width)
    kept = address
    while kept and cell_len(kept) > width - 1:
        kept = kept[max(1, (cell_len(kept) - width) // 2) :]
    return set_cell_size("…" + kept, max(width, 0))
